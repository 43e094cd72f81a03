"""Proof that Stripe reaches us: a customer is made there and deleted at once, and the notice of its end has to come in.

Nothing is left of it: the customer is gone at Stripe, and of ours nothing changes, for no member is behind it.
"""

from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from podcastsvc.billing.account import require_account
from podcastsvc.billing.calls.probing import delete_customer, make_passing_customer
from podcastsvc.billing.desk import Desk
from podcastsvc.billing.gateway import Missing
from podcastsvc.storage.db import Database
from podcastsvc.storage.facts import find_fact, save_fact
from podcastsvc.storage.tables.billing import Notice

FACT = "webhook_proof"
PATIENCE = timedelta(minutes=1)
# A refused notice says something about a proof only for as long as Stripe may still try it the first times.
_WATCHED_FOR = timedelta(minutes=10)

State = Literal["none", "waiting", "proven", "late"]


@dataclass(frozen=True, slots=True)
class Proof:
    """How the newest proof stands. ``late``: nothing has come within a minute; ``was_refused``: something came that was
    not signed with a secret of ours, or too long ago."""

    state: State
    begun_at: datetime | None = None
    came_at: datetime | None = None
    was_refused: bool = False


def begin(desk: Desk, now: datetime) -> None:
    """Has Stripe send a notice. Can be repeated any day. Raises Unavailable, and Misconfigured for a key without the right."""
    require_account(desk)
    with desk.db.reading() as session:
        earlier = find_fact(session, FACT)
    if earlier is not None:
        # Left over where the process ended between the two calls.
        with suppress(Missing):
            delete_customer(desk.gateway, str(earlier["customer"]))
    customer_id = make_passing_customer(desk.gateway)
    with desk.db.transaction() as session:
        save_fact(session, FACT, {"customer": customer_id, "begun_at": now.isoformat()})
    delete_customer(desk.gateway, customer_id)


def look(session: Session, now: datetime) -> Proof:
    """How the proof stands. Asks nobody."""
    found = find_fact(session, FACT)
    if found is None:
        return Proof("none")
    begun_at = datetime.fromisoformat(found["begun_at"])
    came_at = session.scalar(
        select(func.min(Notice.received_at)).where(
            Notice.object_id == found["customer"], Notice.type == "customer.deleted"
        )
    )
    if came_at is not None:
        return Proof("proven", begun_at, came_at)
    state: State = "waiting" if now - begun_at < PATIENCE else "late"
    return Proof(state, begun_at, was_refused=bool(found.get("refused")))


def note_refused(db: Database, now: datetime) -> None:
    """Remembers that a notice was refused while a proof was waited for, so that the page can tell a wrong secret from a
    wrong address. One write for each proof, whoever sends what."""
    with db.reading() as session:
        found = find_fact(session, FACT)
    if found is None or not _is_watched(found, now):
        return
    with db.transaction() as session:
        save_fact(session, FACT, {**found, "refused": True})


def _is_watched(found: dict[str, Any], now: datetime) -> bool:
    return not found.get("refused") and now - datetime.fromisoformat(found["begun_at"]) < _WATCHED_FOR
