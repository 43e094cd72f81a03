"""Payments as the studio lists them: newest first, by kind, or those of one person."""

from dataclasses import dataclass

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from podcastsvc.members import subscriptions
from podcastsvc.storage.tables.billing import Order, Payment
from podcastsvc.storage.tables.member import Member


@dataclass(frozen=True, slots=True)
class PaymentRow:
    """A payment with who made it. ``member`` is None where the account is gone, or never was: then the order may have an
    address."""

    payment: Payment
    member: Member | None
    order: Order | None

    @property
    def email(self) -> str:
        """The payer's address, where one is known."""
        if self.member is not None and self.member.email is not None:
            return self.member.email
        return (self.order.email or "") if self.order is not None else ""


def list_payments(
    session: Session, *, kind: str = "", member_id: int | None = None, limit: int, offset: int = 0
) -> list[PaymentRow]:
    """What was paid on the bound account, newest first."""
    query = _select(kind, member_id).order_by(Payment.paid_at.desc(), Payment.stripe_id).limit(limit).offset(offset)
    return [PaymentRow(row[0], row[1], row[2]) for row in session.execute(query)]


def count_payments(session: Session, *, kind: str = "") -> int:
    """How many there are in all."""
    return session.scalar(select(func.count()).select_from(_select(kind, None).subquery())) or 0


def find_payment(session: Session, payment_id: str) -> PaymentRow | None:
    """One payment of the bound account."""
    row = session.execute(_select("", None).where(Payment.stripe_id == payment_id)).one_or_none()
    return PaymentRow(row[0], row[1], row[2]) if row is not None else None


def find_of_order(session: Session, order_id: str) -> str | None:
    """The id of an order's newest payment."""
    query = _select("", None).where(Payment.order_id == order_id).order_by(Payment.paid_at.desc())
    found = session.scalars(query.limit(1)).first()
    return found.stripe_id if found is not None else None


def _select(kind: str, member_id: int | None) -> Select[Payment, Member, Order]:
    query = (
        select(Payment, Member, Order)
        .outerjoin(Member, Member.id == Payment.member_id)
        .outerjoin(Order, Order.id == Payment.order_id)
        .where(Payment.paid_at.is_not(None), subscriptions.is_of_account(Payment.account, Payment.livemode))
    )
    if kind:
        query = query.where(Payment.kind == kind)
    return query.where(Payment.member_id == member_id) if member_id is not None else query
