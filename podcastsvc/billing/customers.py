"""Members as Stripe's customers: making them once, keeping their address right, noticing that one is gone."""

from datetime import datetime

from sqlalchemy import ColumnElement, exists, func, select, update
from sqlalchemy.orm import Session

from podcastsvc.billing.account import require_account
from podcastsvc.billing.desk import Desk
from podcastsvc.billing.facts import Payer
from podcastsvc.billing.gateway import Missing
from podcastsvc.errors import NotFound
from podcastsvc.kit import clock
from podcastsvc.kit.language import N_
from podcastsvc.members import accounts
from podcastsvc.members.subscriptions import Account, find_account, is_of_account
from podcastsvc.storage.inserts import insert_if_absent
from podcastsvc.storage.tables.billing import BillingCustomer, Subscription


def ensure_customer(desk: Desk, member_id: int, currency: str) -> str:
    """Stripe's id of the member's customer for a currency in the bound account; made where there is none. Raises NotFound.

    Stripe takes one currency from each customer, so whoever has had a subscription in another one gets a new customer.
    """
    account = require_account(desk)
    with desk.db.reading() as session:
        member = accounts.get(session, member_id)
        found = find_customer(session, member_id, currency)
        earlier = session.scalar(
            select(func.count()).select_from(BillingCustomer).where(BillingCustomer.member_id == member_id)
        )
    if found is not None:
        return found.stripe_id
    payer = Payer(member_id, member.email or "", member.name, member.language, earlier or 0)
    facts = desk.gateway.ensure_customer(payer)
    with desk.db.transaction() as session:
        save_customer(session, account, facts.id, member_id, clock.now())
    return facts.id


def find_customer(session: Session, member_id: int, currency: str | None = None) -> BillingCustomer | None:
    """The member's newest customer that is not known to be gone; with ``currency`` the newest that can pay in it."""
    query = select(BillingCustomer).where(
        BillingCustomer.member_id == member_id, BillingCustomer.deleted_at.is_(None), _is_ours()
    )
    if currency is not None:
        other = exists().where(Subscription.customer_id == BillingCustomer.stripe_id, Subscription.currency != currency)
        query = query.where(~other)
    return session.scalars(query.order_by(BillingCustomer.id.desc()).limit(1)).first()


def find_member_of(session: Session, stripe_id: str) -> int | None:
    """Whose customer this is; None where it is nobody's that we know."""
    return session.scalar(select(BillingCustomer.member_id).where(BillingCustomer.stripe_id == stripe_id, _is_ours()))


def save_customer(session: Session, account: Account, stripe_id: str, member_id: int, now: datetime) -> None:
    """Notes whose customer this is; one that is noted already stays as it is."""
    row = {
        "stripe_id": stripe_id,
        "member_id": member_id,
        "account": account.id,
        "livemode": account.livemode,
        "created_at": now,
    }
    insert_if_absent(session, BillingCustomer, row)


def mark_deleted(desk: Desk, stripe_id: str) -> None:
    """Notes that Stripe has this customer no longer, so that the next checkout makes another."""
    with desk.db.transaction() as session:
        session.execute(
            update(BillingCustomer)
            .where(BillingCustomer.stripe_id == stripe_id, BillingCustomer.deleted_at.is_(None))
            .values(deleted_at=clock.now())
        )


def sync_customer(desk: Desk, stripe_id: str) -> list[str]:
    """Notes what became of a customer of ours. Returns the subscriptions that may have ended with it.

    Raises NotFound for a customer that is not ours.
    """
    with desk.db.reading() as session:
        row = session.scalar(select(BillingCustomer).where(BillingCustomer.stripe_id == stripe_id, _is_ours()))
    if row is None:
        raise NotFound(N_("This customer is not ours."))
    try:
        facts = desk.gateway.fetch_customer(stripe_id)
        is_gone, currency = facts.is_deleted, facts.currency
    except Missing:
        is_gone, currency = True, None
    if not is_gone:
        with desk.db.transaction() as session:
            session.execute(
                update(BillingCustomer).where(BillingCustomer.stripe_id == stripe_id).values(currency=currency)
            )
        return []
    mark_deleted(desk, stripe_id)
    with desk.db.reading() as session:
        query = select(Subscription.stripe_id).where(Subscription.customer_id == stripe_id)
        return list(session.scalars(query.where(Subscription.ended_at.is_(None))))


def update_addresses(desk: Desk, member_id: int) -> None:
    """Gives all of a member's customers the member's present address. The handler of ``member.email_changed``.

    Raises Unavailable where Stripe is away; the job then tries again, and signing in never waits for it.
    """
    with desk.db.reading() as session:
        if find_account(session) is None:
            return
        member = accounts.find(session, member_id)
        query = select(BillingCustomer.stripe_id).where(
            BillingCustomer.member_id == member_id, BillingCustomer.deleted_at.is_(None), _is_ours()
        )
        stripe_ids = list(session.scalars(query))
    if member is None or not stripe_ids:
        return
    require_account(desk)
    for stripe_id in stripe_ids:
        try:
            desk.gateway.update_customer(stripe_id, Payer(member_id, member.email or "", member.name, member.language))
        except Missing:
            mark_deleted(desk, stripe_id)


def _is_ours() -> ColumnElement[bool]:
    return is_of_account(BillingCustomer.account, BillingCustomer.livemode)
