"""After a dispute that was won: what was paid for can be heard again, by the host's decision (situation 33)."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from podcastsvc.errors import Conflict
from podcastsvc.kit.language import N_
from podcastsvc.members import grants, subscriptions
from podcastsvc.storage.tables.billing import Payment

NOTHING_LEFT = N_("What was paid for is over by now, or was never ended.")


@dataclass(frozen=True, slots=True)
class Rest:
    """What is left of a period that was paid for: its plans, and until when."""

    plans: tuple[str, ...]
    until: datetime


def find_rest(session: Session, payment: Payment, now: datetime) -> Rest | None:
    """What a won payment paid for and does not give any more; None where there is nothing to restore."""
    if payment.dispute_state != "won" or payment.subscription_id is None or payment.member_id is None:
        return None
    row = subscriptions.find_subscription(session, payment.subscription_id)
    if row is None or row.ended_at is None or row.period_end is None or row.period_end <= now:
        return None
    if grants.find_of_source(session, "comp", _name(payment, row.plans[0] if row.plans else "")) is not None:
        return None
    return Rest(tuple(row.plans), row.period_end)


def restore(session: Session, payment_id: str, now: datetime) -> Rest:
    """Gives the plans until the end of what was paid for. Raises Conflict where nothing is left, or it was done before."""
    payment = session.get(Payment, payment_id, with_for_update=True)
    rest = find_rest(session, payment, now) if payment is not None else None
    if payment is None or payment.member_id is None or rest is None:
        raise Conflict(NOTHING_LEFT)
    for plan in rest.plans:
        grants.save_grant(
            session,
            payment.member_id,
            plan,
            reason="comp",
            source_id=_name(payment, plan),
            starts_at=now,
            ends_at=rest.until,
            now=now,
        )
    return rest


def _name(payment: Payment, plan: str) -> str:
    return f"dispute:{payment.dispute_id}:{plan}"
