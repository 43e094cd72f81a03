"""Donations: money without anything in return, once or each month."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from podcastsvc.billing import customers, orders, owing
from podcastsvc.billing.desk import Desk
from podcastsvc.billing.facts import CheckoutFacts
from podcastsvc.errors import Invalid
from podcastsvc.kit.keys import Keys
from podcastsvc.mail.addresses import read_address
from podcastsvc.members import accounts, subscriptions
from podcastsvc.members.subscriptions import Account
from podcastsvc.storage.tables.billing import Order, Subscription
from podcastsvc.storage.tables.member import Member

THANKS = "donation_thanks"
TO_HOST = "host_donation"


@dataclass(frozen=True, slots=True)
class DonationRow:
    """A paid donation, with who gave it, where that is known, and its subscription, where it is monthly."""

    order: Order
    member: Member | None
    subscription: Subscription | None

    @property
    def email(self) -> str:
        """The giver's address; empty where there is none."""
        if self.member is not None and self.member.email is not None:
            return self.member.email
        return self.order.email or ""


def take_in(session: Session, _desk: Desk, account: Account, order: Order, facts: CheckoutFacts, now: datetime) -> None:
    """Thanks for a paid donation, once. The address typed at Stripe is where the thanks go, and says nothing about who it is."""
    order.state = "paid"
    if facts.subscription_id is not None:
        order.details = {**order.details, "subscription": facts.subscription_id}
    member = accounts.find(session, order.member_id) if order.member_id is not None else None
    if member is None:
        order.email = _read_email(facts.email) or order.email
    elif facts.customer_id is not None:
        customers.save_customer(session, account, facts.customer_id, member.id, now)
    owing.owe_order_letter(session, THANKS, order.id)
    owing.owe_order_letter(session, TO_HOST, order.id)


def _read_email(typed: str | None) -> str | None:
    try:
        return read_address(typed or "").email
    except Invalid:
        return None


def find_open(session: Session, keys: Keys, cookie: str | None) -> Order | None:
    """The donation that the browser with this order cookie has not paid for."""
    order_id = orders.read_cookie(keys, cookie)
    order = session.get(Order, order_id) if order_id is not None else None
    return order if order is not None and order.kind == "donation" and order.state == "open" else None


def list_donations(session: Session, *, limit: int, offset: int = 0) -> list[DonationRow]:
    """What was given, newest first."""
    query = _select().order_by(Order.paid_at.desc(), Order.id.desc()).limit(limit).offset(offset)
    return [DonationRow(row[0], row[1], row[2]) for row in session.execute(query)]


def count_donations(session: Session) -> int:
    """How many were given in all."""
    return session.scalar(select(func.count()).select_from(_select().subquery())) or 0


def list_monthly(session: Session, member_id: int) -> list[Subscription]:
    """What a member gives each month and has not stopped."""
    rows = subscriptions.list_of_member(session, member_id)
    return [row for row in rows if row.kind == "donation" and row.ended_at is None]


def _select() -> Select[Order, Member, Subscription]:
    return (
        select(Order, Member, Subscription)
        .outerjoin(Member, Member.id == Order.member_id)
        .outerjoin(Subscription, Subscription.order_id == Order.id)
        .where(
            Order.kind == "donation",
            Order.state == "paid",
            subscriptions.is_of_account(Order.account, Order.livemode),
        )
    )
