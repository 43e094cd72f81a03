"""Orders: what somebody set out to buy, and the browser that set out."""

import hmac
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import and_, exists, or_, select, update
from sqlalchemy.orm import Session

from podcastsvc.kit.keys import Keys
from podcastsvc.kit.secrets import derive_token, hash_secret, make_ulid
from podcastsvc.members import accounts
from podcastsvc.members.subscriptions import is_of_account
from podcastsvc.storage.inserts import change_rows
from podcastsvc.storage.tables.billing import Order, Payment, Subscription

KEY_PURPOSE = "order-browser"
ID_CHARS = 26
# How long the browser that ordered may be signed in by having paid.
BROWSER_LIFETIME = timedelta(days=1)
_LINKED_AFTER = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Wish:
    """What an open order asks for, to fill the form again."""

    order_id: str
    price_id: int | None
    email: str | None
    seats: int


def make_order_id() -> str:
    """A fresh id. The form carries it, so that two clicks are one order."""
    return make_ulid()


def read_order_id(raw: str) -> str:
    """The id that a form sent back; a fresh one where that cannot be one of ours."""
    text = raw.strip().upper()
    return text if len(text) == ID_CHARS and text.isascii() and text.isalnum() else make_order_id()


def write_cookie(keys: Keys, order_id: str) -> str:
    """The value that binds an order to a browser. Made from the order's id, so that two clicks get the same."""
    return f"{order_id}.{_sign(keys, order_id)}"


def read_cookie(keys: Keys, cookie: str | None) -> str | None:
    """The order that a browser is bound to; None for no cookie and for one that we did not make."""
    order_id, _, token = (cookie or "").partition(".")
    if len(order_id) != ID_CHARS or not token.isascii():
        return None
    return order_id if hmac.compare_digest(_sign(keys, order_id), token) else None


def hash_browser(keys: Keys, order_id: str) -> str:
    """What the order's row keeps of its browser."""
    return hash_secret(_sign(keys, order_id))


def _sign(keys: Keys, order_id: str) -> str:
    return derive_token(keys.sign_with(KEY_PURPOSE)[-1], "order", order_id.encode())


def find_wish(session: Session, keys: Keys, cookie: str | None) -> Wish | None:
    """The open order for a membership of a browser that came back without paying."""
    order_id = read_cookie(keys, cookie)
    order = session.get(Order, order_id) if order_id is not None else None
    if order is None or order.kind != "membership" or order.state != "open":
        return None
    return Wish(order.id, order.price_id, order.email, order.quantity)


def claim_browser(session: Session, keys: Keys, cookie: str | None, checkout_id: str, now: datetime) -> int | None:
    """The member to sign this browser in as, once: it set out to buy, it was paid, and the address was new to us.

    None otherwise, also where somebody else's session id was opened (the order behind it has another browser), where
    its owner has proved the address meanwhile, where it became a host's, and where the order was a signed-in member's:
    signing out would not last otherwise (rule T-A1).
    """
    order_id = read_cookie(keys, cookie)
    order = session.get(Order, order_id, with_for_update=True) if order_id is not None else None
    if order is None or order.checkout_id != checkout_id or order.state != "paid" or order.member_id is None:
        return None
    if order.browser_hash != hash_browser(keys, order.id) or now - order.created_at > BROWSER_LIFETIME:
        return None
    # The row is locked, so of two tabs only one is signed in.
    order.browser_hash = None
    member = accounts.find(session, order.member_id)
    is_new = member is not None and member.confirmed_at is None and member.role == "member"
    return order.member_id if is_new and order.email is not None else None


def expire(session: Session, order_id: str, checkout_id: str | None) -> bool:
    """Closes an open order whose checkout is over; one that went on with another checkout stays open."""
    is_same = Order.checkout_id.is_(None) if checkout_id is None else Order.checkout_id == checkout_id
    where = (Order.id == order_id, Order.state == "open", is_same)
    return bool(change_rows(session, update(Order).where(*where).values(state="expired", browser_hash=None)))


def list_unlinked(session: Session, member_id: int, now: datetime, *, but: str = "") -> list[Order]:
    """The member's paid memberships, other than the order named, whose subscription is not in the mirror as theirs yet.

    It runs all the same. After a week something else is wrong, and the member may join anew.
    """
    linked = exists().where(Subscription.order_id == Order.id, Subscription.member_id == Order.member_id)
    theirs = (Order.member_id == member_id, Order.kind == "membership", Order.interval != "once", Order.state == "paid")
    ours = is_of_account(Order.account, Order.livemode)
    query = select(Order).where(*theirs, Order.id != but, Order.paid_at > now - _LINKED_AFTER, ours, ~linked)
    return list(session.scalars(query.order_by(Order.id)))


def list_owing(session: Session) -> list[str]:
    """Ids of memberships and consultations whose money goes back and where that is not known to be done: what was bought
    runs on, is not in the mirror, or has a payment that is not given back whole. One that the bank disputes is not ours to
    return.
    """
    mirrored = exists().where(Subscription.order_id == Order.id)
    runs = exists().where(Subscription.order_id == Order.id, Subscription.ended_at.is_(None))
    unreturned = exists().where(
        Payment.order_id == Order.id, Payment.refunded_minor < Payment.amount_minor, Payment.dispute_state.is_(None)
    )
    query = select(Order.id).where(
        Order.state == "refunded",
        Order.kind.in_(("membership", "consultation")),
        is_of_account(Order.account, Order.livemode),
        or_(and_(Order.interval != "once", ~mirrored), runs, unreturned),
    )
    return list(session.scalars(query.order_by(Order.id)))


def list_overdue(session: Session, before: datetime) -> list[Order]:
    """Orders that are open since before an instant, oldest first."""
    query = select(Order).where(Order.state == "open", Order.created_at < before)
    return list(session.scalars(query.order_by(Order.created_at)))
