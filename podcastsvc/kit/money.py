"""Money: integers of a currency's smallest unit."""

import re
from dataclasses import dataclass
from decimal import Decimal
from functools import cache

from babel import Locale
from babel.numbers import format_currency, get_territory_currencies

_NO_DIGITS = frozenset("BIF CLP DJF GNF JPY KMF KRW MGA PYG RWF UGX VND VUV XAF XOF XPF".split())
_THREE_DIGITS = frozenset("BHD JOD KWD OMR TND".split())


def count_digits(currency: str) -> int:
    """Decimal digits of a currency's smallest unit, as Stripe counts them: 0, 2 or 3."""
    code = currency.upper()
    return 0 if code in _NO_DIGITS else 3 if code in _THREE_DIGITS else 2


def is_currency(code: str) -> bool:
    """Whether people pay with it somewhere today (ISO 4217, upper case); not for metals, tests and past currencies."""
    return code in _list_currencies()


@cache
def _list_currencies() -> frozenset[str]:
    places = (str(code) for code in Locale("en").territories if len(str(code)) == 2)
    return frozenset(currency for place in places for currency in get_territory_currencies(place))


def read_money(raw: str, currency: str) -> "Money | None":
    """An amount in whole units as people type it, ``6`` or ``6.50`` or ``6,50``; None for anything else, and for nothing."""
    text = raw.strip().replace(",", ".").replace(" ", "")
    if not re.fullmatch(r"\d{1,7}(\.\d{1,3})?", text, re.ASCII):
        return None
    minor = Decimal(text).scaleb(count_digits(currency))
    return Money(int(minor), currency) if minor and minor == int(minor) else None


@dataclass(frozen=True, slots=True)
class Money:
    """An amount in the smallest unit of ``currency`` (ISO 4217, upper case)."""

    amount_minor: int
    currency: str

    def __post_init__(self) -> None:
        object.__setattr__(self, "currency", self.currency.upper())

    @property
    def decimal(self) -> Decimal:
        """The amount in whole units, exact."""
        return Decimal(self.amount_minor).scaleb(-count_digits(self.currency))

    def times(self, count: int) -> "Money":
        """The price of several at this price each."""
        return Money(self.amount_minor * count, self.currency)

    def format(self, locale: str) -> str:
        """As people write it: ``€60``, ``€6.50``, ``60 €``; no digits after the point where they would be zeros."""
        digits = count_digits(self.currency)
        is_whole = self.amount_minor % 10**digits == 0
        decimals = "" if is_whole else "." + "0" * digits
        there = Locale.parse(locale.replace("-", "_"))
        pattern = there.currency_formats["standard"].pattern.replace(".00", decimals)
        return str(format_currency(self.decimal, self.currency, pattern, locale=there, currency_digits=False))
