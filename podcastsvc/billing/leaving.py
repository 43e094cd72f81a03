"""Removing an account for good: what could still be charged ends at Stripe first, or nothing happens (rule T-P7)."""

from collections.abc import Collection
from contextlib import suppress
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from podcastsvc.billing import orders
from podcastsvc.billing.account import check_account
from podcastsvc.billing.gateway import Gateway, Missing
from podcastsvc.billing.groups import seating
from podcastsvc.billing.owing import enqueue_end, enqueue_give_back
from podcastsvc.errors import Misconfigured, NotFound
from podcastsvc.kit.language import N_
from podcastsvc.members import accounts, subscriptions
from podcastsvc.storage.db import Database
from podcastsvc.storage.tables.billing import Order

PAYMENTS_OFF = N_("Payments are off, so the running membership cannot be ended at Stripe. Open them and try again.")


def remove_member(db: Database, gateway: Gateway | None, member_id: int, now: datetime) -> None:
    """Ends everything that a member could be charged for, then removes the account.

    Raises NotFound without such a member, Unavailable while Stripe is away and Misconfigured while payments are off:
    the account is then as it was. ``gateway`` is None while payments are off.
    """
    with db.reading() as session:
        accounts.get(session, member_id)
    ended = end_all(db, gateway, member_id)
    with db.transaction() as session:
        if accounts.find_held(session, member_id) is None:
            raise NotFound(accounts.NO_MEMBER)
        _end_new(session, member_id, ended, now)
        seating.owe_ended(session, member_id, "removed")
        accounts.remove(session, accounts.get(session, member_id), now)
        for stripe_id in ended:
            enqueue_end(session, stripe_id)


def _end_new(session: Session, member_id: int, ended: Collection[str], now: datetime) -> None:
    """Ends what was taken in after we asked Stripe; what was paid for just now is given back (situation 47)."""
    for order in orders.list_unlinked(session, member_id, now):
        enqueue_give_back(session, order)
    for row in subscriptions.list_of_member(session, member_id):
        if row.ended_at is not None or row.stripe_id in ended:
            continue
        bought_by = session.get(Order, row.order_id) if row.order_id is not None else None
        if bought_by is not None and bought_by.state == "paid":
            enqueue_give_back(session, bought_by)
        else:
            enqueue_end(session, row.stripe_id)


def end_all(db: Database, gateway: Gateway | None, member_id: int) -> list[str]:
    """Ends a member's subscriptions and open checkouts at Stripe; the ids of the subscriptions. Can be repeated."""
    with db.reading() as session:
        running = [row.stripe_id for row in subscriptions.list_of_member(session, member_id) if row.ended_at is None]
        checkouts = _list_open_checkouts(session, member_id)
    if not running and not checkouts:
        return []
    if gateway is None:
        raise Misconfigured(PAYMENTS_OFF)
    check_account(db, gateway)
    for checkout_id in checkouts:
        with suppress(Missing):
            gateway.expire_checkout(checkout_id)
    for stripe_id in running:
        with suppress(Missing):
            gateway.cancel_now(stripe_id)
    return running


def _list_open_checkouts(session: Session, member_id: int) -> list[str]:
    query = select(Order.checkout_id).where(Order.member_id == member_id, Order.state == "open")
    return [checkout_id for checkout_id in session.scalars(query) if checkout_id is not None]
