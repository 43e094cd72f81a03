"""Two accounts of one person become one: all of the second moves to the first, and its address is forgotten (situation 26)."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select, update
from sqlalchemy.orm import InstrumentedAttribute, Session

from podcastsvc.billing import owing
from podcastsvc.errors import Conflict, NotFound
from podcastsvc.kit.language import N_
from podcastsvc.members import accounts, seats, subscriptions
from podcastsvc.storage import jobs
from podcastsvc.storage.tables.billing import BillingCustomer, Grant, Order, Payment, Subscription
from podcastsvc.storage.tables.letter import Letter
from podcastsvc.storage.tables.member import FeedLink, Member
from podcastsvc.storage.tables.offer import Gift, Trial
from podcastsvc.storage.tables.refund import RefundRequest

ITSELF = N_("This is the same account.")
HOSTS = N_("An account of a host cannot be merged into another.")
LETTER = "merged"
# All that belongs to a member, by the column that says so.
_MOVING = (
    BillingCustomer.member_id,
    Order.member_id,
    Subscription.member_id,
    Payment.member_id,
    Grant.member_id,
    Gift.redeemed_by,
    Trial.member_id,
    RefundRequest.member_id,
    FeedLink.member_id,
    Letter.member_id,
)


@dataclass(frozen=True, slots=True)
class MergePlan:
    """What a merge would do. ``ends`` is the second membership, which is ended at Stripe so that nobody pays twice."""

    kept: Member
    folded: Member
    payments: int
    links: int
    ends: Subscription | None


def plan_merge(session: Session, kept_id: int, folded_id: int, now: datetime) -> MergePlan:
    """Looks before anything is done. Raises NotFound for an account that is gone, Conflict for one that cannot be merged."""
    kept, folded = accounts.find(session, kept_id), accounts.find(session, folded_id)
    if kept is None or folded is None:
        raise NotFound(accounts.NO_MEMBER)
    if kept.id == folded.id:
        raise Conflict(ITSELF)
    if folded.role == "host":
        raise Conflict(HOSTS)
    first = subscriptions.find_running(session, kept.id, now)
    second = subscriptions.find_running(session, folded.id, now)
    return MergePlan(
        kept=kept,
        folded=folded,
        payments=_count(session, Payment.member_id, folded.id),
        links=_count(session, FeedLink.member_id, folded.id),
        ends=second if first is not None else None,
    )


def merge(session: Session, kept_id: int, folded_id: int, now: datetime) -> MergePlan:
    """Moves everything in one transaction. All feed links of both go on working; the folded account's browsers are signed out.

    Raises as ``plan_merge``.
    """
    # Always the lower first, so that two merges at once wait for each other instead of for ever.
    for member_id in sorted((kept_id, folded_id)):
        accounts.find_held(session, member_id)
    plan = plan_merge(session, kept_id, folded_id, now)
    old_address = plan.folded.email
    for column in _MOVING:
        session.execute(update(column.class_).where(column == folded_id).values({column.key: kept_id}))
    seats.move(session, folded_id, kept_id)
    accounts.remove(session, plan.folded, now)
    if plan.ends is not None:
        owing.enqueue_end(session, plan.ends.stripe_id)
    # The customers that came along carry the old address at Stripe.
    jobs.enqueue(session, accounts.EMAIL_CHANGED_JOB, {"member": kept_id})
    owing.owe_member_letter(session, LETTER, kept_id, folded=str(folded_id), old_address=old_address or "")
    return plan


def _count(
    session: Session, column: InstrumentedAttribute[int] | InstrumentedAttribute[int | None], member_id: int
) -> int:
    return session.scalar(select(func.count()).where(column == member_id)) or 0
