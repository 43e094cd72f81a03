"""The card fields that checkout, portal and invoice share: what was typed, what is wrong with it, where."""

from dataclasses import dataclass, field

from podcastsvc.billing.standin.cards import CARDS, SENTENCES, TypedCard, read_card
from podcastsvc.billing.standin.pages.view import View
from podcastsvc.billing.standin.refusals import Refusal
from podcastsvc.kit.language import N_

FIELDS = {
    "incorrect_number": "number",
    "invalid_expiry_month": "expiry",
    "invalid_expiry_year": "expiry",
    "incorrect_cvc": "cvc",
    "invalid_cvc": "cvc",
}
"""Which field an error code belongs to; anything else is said at the number."""


@dataclass(frozen=True, slots=True)
class CardForm:
    """What the card fields show. The number is shown again only where it is one of the test cards."""

    number: str = ""
    expiry: str = ""
    cvc: str = ""
    name: str = ""
    errors: dict[str, str] = field(default_factory=dict)

    @property
    def cards(self) -> list[dict[str, str]]:
        return [{"number": card.number, "spaced": card.spaced, "note": card.note} for card in CARDS.values()]


def empty_form(view: View) -> CardForm:
    """Empty fields, or those of the test card the address asks for (``?card=4242…``)."""
    card = CARDS.get(view.request.args.get("card", ""))
    return CardForm(card.spaced, "12 / 34", "123") if card else CardForm()


def read_form(view: View, now: int) -> tuple[TypedCard | None, CardForm]:
    """The card that was typed, or None with the fields saying what is wrong."""
    number, expiry, cvc = view.field("number", 30), view.field("expiry", 10), view.field("cvc", 6)
    name = view.field("name", 120)
    known = "".join(digit for digit in number if digit.isdigit()) in CARDS
    form = CardForm(number if known else "", expiry, cvc if known else "", name)
    try:
        return read_card(number, expiry, cvc, now, name), form
    except Refusal as refusal:
        return None, with_error(view, form, refusal)


def with_error(view: View, form: CardForm, refusal: Refusal) -> CardForm:
    """The same fields with a sentence at the one that is to blame."""
    errors = {FIELDS.get(refusal.code, "number"): explain(view, refusal)}
    return CardForm(form.number, form.expiry, form.cvc, form.name, errors)


def explain(view: View, refusal: Refusal) -> str:
    """Why a card did not pay, in the page's language."""
    sentence = SENTENCES.get(refusal.decline_code) or SENTENCES.get(refusal.code)
    return view.gettext(sentence or N_("Your card was declined."))
