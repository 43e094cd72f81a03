"""Orders as the studio lists them: searched by address or number, narrowed by state and kind; and one alone."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, func, or_, select
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


def list_orders(
    session: Session, *, words: str, state: str, kind: str = "", limit: int, offset: int = 0
) -> list[OrderRow]:
    """Newest first."""
    query = _select().where(*_narrow(words, kind), *((Order.state == state,) if state else ()))
    query = query.order_by(Order.created_at.desc(), Order.id.desc()).limit(limit).offset(offset)
    return [_make_row(row) for row in session.execute(query)]


def find_order(session: Session, order_id: str) -> OrderRow | None:
    """One order of the bound account."""
    row = session.execute(_select().where(*_narrow("", ""), Order.id == order_id)).one_or_none()
    return _make_row(row) if row is not None else None


def list_payment_ids(session: Session, order_id: str) -> list[str]:
    """Everything that was paid for an order, newest first: more than one for what renews."""
    query = select(Payment.stripe_id).where(Payment.order_id == order_id, Payment.paid_at.is_not(None))
    return list(session.scalars(query.order_by(Payment.paid_at.desc(), Payment.stripe_id)))


def list_kinds(session: Session) -> list[str]:
    """The kinds of which there are orders."""
    found = session.scalars(select(Order.kind).where(*_narrow("", "")).distinct())
    return sorted(found)


def _select() -> Select[Any]:
    newest = select(Payment.stripe_id).where(Payment.order_id == Order.id, Payment.paid_at.is_not(None))
    payment_id = newest.order_by(Payment.paid_at.desc(), Payment.stripe_id).limit(1).correlate(Order).scalar_subquery()
    return select(Order, Member.email, Member.id, payment_id).outerjoin(Member, Member.id == Order.member_id)


def _make_row(row: Any) -> OrderRow:
    return OrderRow(row[0], row[1] or row[0].email or "", row[2], row[3])


def count_states(session: Session, words: str, kind: str = "") -> dict[str, int]:
    """How many of those that are searched for are in each state."""
    query = (
        select(Order.state, func.count())
        .outerjoin(Member, Member.id == Order.member_id)
        .where(*_narrow(words, kind))
        .group_by(Order.state)
    )
    found = {state: int(count) for state, count in session.execute(query)}
    return {state: found.get(state, 0) for state in STATES}


def _narrow(words: str, kind: str) -> list[ColumnElement[bool]]:
    narrowed = [is_of_account(Order.account, Order.livemode), *((Order.kind == kind,) if kind else ())]
    if not words:
        return narrowed
    part = words.lower()
    return [
        *narrowed,
        or_(
            Order.id == words.upper(),
            func.lower(Order.email).contains(part, autoescape=True),
            func.lower(Member.email).contains(part, autoescape=True),
        ),
    ]
