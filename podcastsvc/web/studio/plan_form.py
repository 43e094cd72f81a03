"""The form of a plan: its words, its prices, its trial; read into plain values, and filled from what is saved."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from podcastsvc.billing import plans as selling
from podcastsvc.billing.facts import Interval
from podcastsvc.billing.plans import Bounds, PriceView
from podcastsvc.kit.money import Money, is_currency, read_money
from podcastsvc.storage.tables.billing import Plan
from podcastsvc.web.pages import gettext
from podcastsvc.web.studio.forms import FormReader

INTERVALS: tuple[Interval, ...] = ("month", "year", "once")
_MOST_MONTHS = 120
BOUNDS = tuple(f"{interval}_{end}" for interval in INTERVALS for end in ("least", "most"))
EMPTY = {
    "is_open": "",
    "currency": "",
    "once_months": "",
    "trial_days": "",
    "trial_needs_card": "",
    "most_seats": "",
    **dict.fromkeys((*INTERVALS, *BOUNDS), ""),
}
NEW = {**EMPTY, "is_open": "1", "currency": "EUR", "trial_needs_card": "1"}


@dataclass(frozen=True, slots=True)
class PriceWish:
    """One price as the host wants it; see ``plans.set_price``."""

    money: Money
    bounds: Bounds | None
    months: int | None


@dataclass(frozen=True, slots=True)
class PlanWish:
    """A plan as the host wants it. ``prices`` has None for what is not on sale; ``texts`` is language to words."""

    texts: Mapping[str, dict[str, Any]]
    currency: str
    prices: Mapping[Interval, PriceWish | None]
    is_open: bool
    trial_days: int
    trial_needs_card: bool
    most_seats: int


def read_plan(form: FormReader, languages: Sequence[str], first_language: str) -> PlanWish:
    """The whole form; what cannot be used is in ``form.errors``."""
    currency = form.line("currency").upper()
    if not is_currency(currency):
        form.errors["currency"] = gettext(selling.BAD_CURRENCY)
    return PlanWish(
        texts={code: _read_texts(form, code, is_first=code == first_language) for code in languages},
        currency=currency,
        prices={interval: _read_price(form, interval, currency) for interval in INTERVALS},
        is_open=form.flag("is_open"),
        trial_days=form.whole("trial_days", least=0, most=selling.MOST_TRIAL_DAYS) or 0,
        trial_needs_card=form.flag("trial_needs_card"),
        most_seats=form.whole("most_seats", most=selling.MOST_SEATS) or 1,
    )


def _read_texts(form: FormReader, code: str, *, is_first: bool) -> dict[str, Any]:
    """The words in one language; only the site's first language must have a title."""
    found = {
        "title": form.line(f"title_{code}", limit_chars=80, needed=gettext("Enter a title.") if is_first else ""),
        "summary": form.text(f"summary_{code}", limit_chars=300),
        "benefits": form.lines(f"benefits_{code}"),
    }
    if not found["title"] and (found["summary"] or found["benefits"]):
        form.errors[f"title_{code}"] = gettext("Enter a title.")
    return found


def _read_price(form: FormReader, interval: Interval, currency: str) -> PriceWish | None:
    money = _read_amount(form, interval, currency)
    least = _read_amount(form, f"{interval}_least", currency)
    most = _read_amount(form, f"{interval}_most", currency)
    months = form.whole("once_months", most=_MOST_MONTHS) if interval == "once" else None
    if money is None:
        if (least or most) and interval not in form.errors:
            form.errors[interval] = gettext("Enter the amount that you suggest.")
        return None
    if most is not None and least is None and f"{interval}_least" not in form.errors:
        form.errors[f"{interval}_least"] = gettext("Enter the lowest amount.")
    return PriceWish(money, Bounds(least, most) if least is not None else None, months)


def _read_amount(form: FormReader, name: str, currency: str) -> Money | None:
    """An amount in whole units; None where the field is empty."""
    raw = form.line(name)
    found = read_money(raw, currency)
    if raw and found is None:
        form.errors[name] = gettext("Enter an amount such as 6 or 6.50.")
    return found


def fill(row: Plan, prices: Sequence[PriceView]) -> dict[str, str]:
    """The fields of a saved plan; its prices in the currency of the first one."""
    currency = prices[0].money.currency if prices else "EUR"
    values = {
        **EMPTY,
        "is_open": "1" if row.is_open else "",
        "currency": currency,
        "trial_days": str(row.trial_days or ""),
        "trial_needs_card": "1" if row.trial_needs_card else "",
        "most_seats": str(row.most_seats) if row.most_seats > 1 else "",
    }
    for price in prices:
        if price.money.currency == currency:
            values |= _fill_price(price)
    for code, texts in row.texts.items():
        values[f"title_{code}"] = texts.get("title", "")
        values[f"summary_{code}"] = texts.get("summary", "")
        values[f"benefits_{code}"] = "\n".join(texts.get("benefits", ()))
    return values


def _fill_price(price: PriceView) -> dict[str, str]:
    bounds = price.bounds
    values = {
        price.interval: _write_amount(price.money),
        f"{price.interval}_least": _write_amount(bounds.least) if bounds is not None else "",
        f"{price.interval}_most": _write_amount(bounds.most) if bounds is not None and bounds.most is not None else "",
    }
    return values | ({"once_months": str(price.months or "")} if price.interval == "once" else {})


def _write_amount(money: Money) -> str:
    return f"{money.decimal:f}".removesuffix(".00")
