"""Members, orders, payments and who is at risk as rows for a spreadsheet. Nothing secret is among them, nor private links."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from podcastsvc.billing.accounting.risk import list_at_risk
from podcastsvc.kit.money import Money
from podcastsvc.kit.spreadsheets import Cell
from podcastsvc.members import directory
from podcastsvc.members.subscriptions import is_of_account
from podcastsvc.storage.tables.billing import Order, Payment
from podcastsvc.storage.tables.member import Member

Rows = tuple[Sequence[str], Iterator[Sequence[Cell]]]
_BATCH = 500


def list_members(session: Session, now: datetime) -> Rows:
    """Everybody with an account: standing, plans, and until when they have them."""
    head = ("member", "email", "name", "language", "since", "standing", "plans", "until")
    return head, (
        (
            row.member.id,
            row.member.email,
            row.member.name,
            row.member.language,
            row.member.created_at,
            row.entitlement.standing.value,
            " ".join(sorted(row.entitlement.audience.plans)),
            row.entitlement.until,
        )
        for row in directory.list_members(session, now)
    )


def list_payments(session: Session, _now: datetime) -> Rows:
    """What was paid and given back, newest first; amounts in whole units of their currency."""
    head = ("payment", "paid", "kind", "amount", "returned", "currency", "dispute", "member", "email", "order")
    query = (
        select(Payment, Member.email, Order.email)
        .outerjoin(Member, Member.id == Payment.member_id)
        .outerjoin(Order, Order.id == Payment.order_id)
        .where(Payment.paid_at.is_not(None), is_of_account(Payment.account, Payment.livemode))
        .order_by(Payment.paid_at.desc(), Payment.stripe_id)
    )
    return head, (
        (
            row.stripe_id,
            row.paid_at,
            row.kind,
            Money(row.amount_minor, row.currency).decimal,
            Money(row.refunded_minor, row.currency).decimal,
            row.currency,
            row.dispute_state,
            row.member_id,
            member_email or order_email,
            row.order_id,
        )
        for row, member_email, order_email in session.execute(query).yield_per(_BATCH)
    )


def list_orders(session: Session, _now: datetime) -> Rows:
    """Every way to payment that was begun, newest first, also those that were not gone to the end."""
    head = ("order", "begun", "paid", "kind", "state", "amount", "currency", "interval", "quantity", "member", "email")
    query = (
        select(Order, Member.email)
        .outerjoin(Member, Member.id == Order.member_id)
        .where(is_of_account(Order.account, Order.livemode))
        .order_by(Order.created_at.desc(), Order.id)
    )
    return head, (
        (
            row.id,
            row.created_at,
            row.paid_at,
            row.kind,
            row.state,
            Money(row.amount_minor, row.currency).decimal,
            row.currency,
            row.interval,
            row.quantity,
            row.member_id,
            email or row.email,
        )
        for row, email in session.execute(query).yield_per(_BATCH)
    )


def list_risk(session: Session, now: datetime) -> Rows:
    """Members who may be lost, with why, and when their access ends; whoever's ends soonest first."""
    head = ("member", "email", "why", "until", "amount", "currency", "interval", "reason", "letters")
    return head, (
        (
            row.member_id,
            row.email,
            row.why,
            row.until,
            row.money.decimal,
            row.money.currency,
            row.interval,
            row.reason,
            row.letters,
        )
        for row in list_at_risk(session, now)
    )


EXPORTS = {"members": list_members, "payments": list_payments, "orders": list_orders, "at-risk": list_risk}
"""What can be downloaded, by name."""
