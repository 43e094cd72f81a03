"""How the studio speaks of a payment: what it was for, and how it stands."""

from typing import TYPE_CHECKING, cast

from podcastsvc.billing.kinds import names
from podcastsvc.billing.returning.rules import ASKING, TAKEN
from podcastsvc.storage.tables.billing import Payment
from podcastsvc.web.context import language
from podcastsvc.web.pages import gettext

if TYPE_CHECKING:
    from podcastsvc.billing.facts import OrderKind


def name_kind(kind: str) -> str:
    """What was bought, in the language of this page."""
    return names.name_kind(cast("OrderKind", kind), language())


def name_state(row: Payment) -> tuple[str, str]:
    """The words of a payment's chip, and its kind."""
    state = row.dispute_state
    if state in TAKEN:
        return gettext("Disputed"), "danger"
    if state in ASKING:
        return gettext("The bank asks"), "warn"
    if state == "lost":
        return gettext("Dispute lost"), "danger"
    if row.refunded_minor >= row.amount_minor:
        return gettext("Given back"), "plain"
    if row.refunded_minor:
        return gettext("Partly given back"), "plain"
    return (gettext("Dispute won"), "ok") if state == "won" else (gettext("Paid"), "ok")
