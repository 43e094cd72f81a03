"""Test cards: the numbers the stand-in knows, and what each does when it is charged.

A number that is not in this table is refused and never kept, so a real card typed here by mistake leaves no trace.
Source of numbers and codes: Stripe's published test cards.
"""

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

from podcastsvc.billing.standin.refusals import Refusal, declined
from podcastsvc.kit.language import N_

Moment = Literal["first", "member-present", "renewal"]


@dataclass(frozen=True, slots=True)
class Card:
    """One test card. ``note`` is for the list on the checkout page."""

    number: str
    note: str
    brand: str = "visa"
    code: str = ""
    decline_code: str = ""
    confirm: Literal["never", "once", "always"] = "never"
    fails_later: bool = False
    dispute: Literal["", "needs_response", "warning_needs_response"] = ""

    @property
    def last4(self) -> str:
        return self.number[-4:]

    @property
    def spaced(self) -> str:
        return re.sub(r"(\d{4})(?=\d)", r"\1 ", self.number)


CARDS: dict[str, Card] = {
    card.number: card
    for card in (
        Card("4242424242424242", N_("pays")),
        Card("5555555555554444", N_("pays"), brand="mastercard"),
        Card("378282246310005", N_("pays"), brand="amex"),
        Card("4000000000000002", N_("is declined"), code="card_declined", decline_code="generic_decline"),
        Card("4000000000009995", N_("has too little money"), code="card_declined", decline_code="insufficient_funds"),
        Card("4000000000000069", N_("has expired"), code="expired_card"),
        Card("4000000000000127", N_("has a wrong security code"), code="incorrect_cvc"),
        Card("4000000000000341", N_("pays once, fails at each renewal"), fails_later=True),
        Card("4000002500003155", N_("asks the bank once, then renews"), confirm="once"),
        Card("4000002760003184", N_("asks the bank each time"), confirm="always"),
        Card("4000000000000259", N_("pays, then a dispute opens"), dispute="needs_response"),
        Card("4000000000001976", N_("pays, then the bank only asks about it"), dispute="warning_needs_response"),
    )
}

SENTENCES = {
    "generic_decline": N_("Your card was declined."),
    "insufficient_funds": N_("Your card has insufficient funds."),
    "expired_card": N_("Your card has expired."),
    "incorrect_cvc": N_("Your card's security code is incorrect."),
    "test_mode_live_card": N_("This is no test card, and nothing was kept. No real card works here."),
    "incorrect_number": N_("Your card number is incorrect."),
    "invalid_expiry": N_("Your card's expiration date is incomplete or in the past."),
    "authentication_required": N_("Your bank did not confirm this payment."),
}
"""What the person is told, by decline code or code; English, for translation where it is shown."""


@dataclass(frozen=True, slots=True)
class TypedCard:
    """What was typed on a page, found good: a known number, an expiry that is not past, a security code."""

    card: Card
    exp_month: int
    exp_year: int
    name: str = ""


def read_card(number: str, expiry: str, cvc: str, now: int, name: str = "") -> TypedCard:
    """A typed card. Raises Refusal (``card_error``) with the code and sentence of what is wrong with it."""
    digits = re.sub(r"[\s-]", "", number)
    if not re.fullmatch(r"\d{12,19}", digits, re.ASCII) or not _passes_luhn(digits):
        raise declined(SENTENCES["incorrect_number"], "incorrect_number")
    card = CARDS.get(digits)
    if card is None:
        raise declined(SENTENCES["test_mode_live_card"], "card_declined", "test_mode_live_card")
    month, year = _read_expiry(expiry, now)
    if not re.fullmatch(r"\d{3,4}", cvc.strip(), re.ASCII):
        raise declined(SENTENCES["incorrect_cvc"], "invalid_cvc")
    return TypedCard(card, month, year, name)


def _read_expiry(expiry: str, now: int) -> tuple[int, int]:
    match = re.fullmatch(r"(\d{1,2})\s*[/-]?\s*(\d{2}|\d{4})", expiry.strip(), re.ASCII)
    month, year = (int(match[1]), int(match[2]) % 100 + 2000) if match else (0, 0)
    today = datetime.fromtimestamp(now, UTC)
    if not 1 <= month <= 12 or (year, month) < (today.year, today.month):
        raise declined(
            SENTENCES["invalid_expiry"], "invalid_expiry_year" if 1 <= month <= 12 else "invalid_expiry_month"
        )
    return month, year


def _passes_luhn(digits: str) -> bool:
    total = 0
    for place, digit in enumerate(reversed(digits)):
        value = int(digit) * (2 if place % 2 else 1)
        total += value - 9 if value > 9 else value
    return total % 10 == 0


def refuse(card: Card, moment: Moment) -> Refusal | None:
    """Why a card does not pay at a moment; None where it does."""
    if card.code:
        return declined(SENTENCES[card.decline_code or card.code], card.code, card.decline_code)
    if card.fails_later and moment != "first":
        return declined(SENTENCES["generic_decline"], "card_declined", "generic_decline")
    return None


def asks_bank(card: Card, *, confirmed_before: bool) -> bool:
    """Whether the bank wants the person to confirm this payment."""
    return card.confirm == "always" or (card.confirm == "once" and not confirmed_before)
