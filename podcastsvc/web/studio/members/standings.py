"""The words and colours in which the studio shows a member's standing."""

from dataclasses import dataclass

from podcastsvc.kit.language import N_
from podcastsvc.members.entitlements import Standing
from podcastsvc.web.pages import gettext

_WORDS: dict[Standing, tuple[str, str]] = {
    Standing.ACTIVE: (N_("Active"), "ok"),
    Standing.TRIAL: (N_("Trial"), "ok"),
    Standing.BOUGHT: (N_("Paid once"), "ok"),
    Standing.SEAT: (N_("In a group"), "ok"),
    Standing.HELD: (N_("Payments on hold"), "ok"),
    Standing.PAST_DUE: (N_("Payment failed"), "warn"),
    Standing.ENDING: (N_("Ending"), "plain"),
    Standing.GIFT: (N_("Gift"), "gold"),
    Standing.COMP: (N_("Given by you"), "gold"),
    Standing.CONFIRMING: (N_("Confirming payment"), "plain"),
    Standing.PAUSED: (N_("Paused"), "plain"),
    Standing.ENDED: (N_("Ended"), "plain"),
    Standing.NONE: (N_("No plan"), "plain"),
}
ORDER = tuple(_WORDS)


@dataclass(frozen=True, slots=True)
class StandingChip:
    """A standing for the macro ``chip``."""

    words: str
    kind: str


def make_chip(standing: Standing) -> StandingChip:
    """A standing in the language of this page."""
    words, kind = _WORDS[standing]
    return StandingChip(gettext(words), kind)


def find_standing(raw: str) -> Standing | None:
    """The standing that a query names; None for any other word."""
    return next((standing for standing in Standing if standing == raw), None)
