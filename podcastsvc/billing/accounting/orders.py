"""Orders as the studio lists them: searched by address or number, narrowed by state."""

from dataclasses import dataclass

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import Session

from podcastsvc.members.subscriptions import is_of_account
from podcastsvc.storage.tables.billing import Order, Payment
from podcastsvc.storage.tables.member import Member

STATES = ("open", "paid", "failed", "expired", "refunded")


@dataclass(frozen=True, slots=True)
class OrderRow:
    """One order, whose it is, and its newest payment."""

    order: Order
    email: str
    member_id: int | None
    payment_id: str | None


def list_orders(session: Session, *, words: str, state: str, limit: int, offset: int = 0) -> list[OrderRow]:
    """Newest first."""
    newest = select(Payment.stripe_id).where(Payment.order_id == Order.id, Payment.paid_at.is_not(None))
    payment_id = newest.order_by(Payment.paid_at.desc(), Payment.stripe_id).limit(1).correlate(Order).scalar_subquery()
    query = (
        select(Order, Member.email, Member.id, payment_id)
        .outerjoin(Member, Member.id == Order.member_id)
        .where(*_narrow(words), *((Order.state == state,) if state else ()))
        .order_by(Order.created_at.desc(), Order.id.desc())
        .limit(limit)
        .offset(offset)
    )
    return [OrderRow(row[0], row[1] or row[0].email or "", row[2], row[3]) for row in session.execute(query)]


def count_states(session: Session, words: str) -> dict[str, int]:
    """How many of those that are searched for are in each state."""
    query = (
        select(Order.state, func.count())
        .outerjoin(Member, Member.id == Order.member_id)
        .where(*_narrow(words))
        .group_by(Order.state)
    )
    found = {state: int(count) for state, count in session.execute(query)}
    return {state: found.get(state, 0) for state in STATES}


def _narrow(words: str) -> list[ColumnElement[bool]]:
    ours = is_of_account(Order.account, Order.livemode)
    if not words:
        return [ours]
    part = words.lower()
    return [
        ours,
        or_(
            Order.id == words.upper(),
            func.lower(Order.email).contains(part, autoescape=True),
            func.lower(Member.email).contains(part, autoescape=True),
        ),
    ]
