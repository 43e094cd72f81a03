"""What Stripe's pages call the things that are no plan: gifts, donations, consultations."""

from podcastsvc.billing.facts import OrderKind
from podcastsvc.kit import language as languages
from podcastsvc.kit.language import N_

_NAMES: dict[OrderKind, str] = {
    "membership": N_("Membership"),
    "donation": N_("Donation"),
    "gift": N_("Gift membership"),
    "consultation": N_("Consultation"),
}


def name_kind(kind: OrderKind, language: str) -> str:
    """In the words of a language."""
    return languages.gettext(language).gettext(_NAMES[kind])
