"""Gifts: made once by a paid order, accepted once, ended by a refund."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal
from zoneinfo import ZoneInfo

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from podcastsvc.billing import orders
from podcastsvc.billing.desk import Desk
from podcastsvc.billing.facts import CheckoutFacts
from podcastsvc.billing.kinds.gift_codes import make_code, read_code
from podcastsvc.billing.kinds.gift_offers import GiftWish, find_delivery, read_details
from podcastsvc.errors import Conflict, Misconfigured, NotFound
from podcastsvc.kit import clock
from podcastsvc.kit.keys import Keys
from podcastsvc.kit.language import N_
from podcastsvc.kit.secrets import hash_secret
from podcastsvc.members import accounts, grants, subscriptions
from podcastsvc.members.entitlements import Standing, get_entitlement
from podcastsvc.members.subscriptions import Account
from podcastsvc.storage import jobs
from podcastsvc.storage.inserts import change_rows, insert_if_absent
from podcastsvc.storage.tables.billing import Grant, Order
from podcastsvc.storage.tables.member import Member
from podcastsvc.storage.tables.offer import Gift

LETTER_JOB = "gift.letter"
NO_GIFT = N_("There is no such gift.")
NOT_OPEN = N_("This gift was accepted or refunded already, so nothing was changed.")

LetterKind = Literal["gift_bought", "gift_given", "gift_started"]
Outcome = Literal["taken", "used", "refunded", "running"]


@dataclass(frozen=True, slots=True)
class Redeemed:
    """What became of an acceptance.

    ``used``: somebody was first, at ``used_at``. ``running``: it would be lost on the member, so it stays unused.
    """

    outcome: Outcome
    gift: Gift
    used_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class OpenWish:
    """An open order of a browser that came back without paying, to fill the form again."""

    order_id: str
    wish: GiftWish
    email: str | None


def take_in(session: Session, desk: Desk, _account: Account, order: Order, facts: CheckoutFacts, now: datetime) -> None:
    """Makes the gift of a paid order, once, and owes its letters. Whose order it is stays as it was: givers need no account."""
    order.state = "paid"
    wish = read_details(order.details)
    code = _make_code(desk.keys, order.id, 1)
    values = {
        "order_id": order.id,
        "code_hash": hash_secret(code),
        "code_number": 1,
        "code_key_id": desk.keys.current_id,
        "plan": wish.plan,
        "months": wish.months,
        "buyer_email": _find_buyer_email(session, order) or facts.email or "",
        "buyer_name": wish.buyer_name,
        "recipient_email": wish.recipient_email,
        "recipient_name": wish.recipient_name,
        "message": wish.message,
        "language": order.language,
        "deliver_on": wish.deliver_on,
        "state": "paid",
        "created_at": now,
    }
    if not insert_if_absent(session, Gift, values):
        return
    gift = session.scalars(select(Gift).where(Gift.order_id == order.id)).one()
    owe_letter(session, gift, "gift_bought")
    if gift.recipient_email is not None:
        owe_letter(session, gift, "gift_given", run_at=find_delivery(gift.deliver_on, desk.zone, now))


def _find_buyer_email(session: Session, order: Order) -> str | None:
    member = accounts.find(session, order.member_id) if order.member_id is not None else None
    return member.email if member is not None else order.email


def _make_code(keys: Keys, order_id: str, number: int) -> str:
    code = make_code(keys, order_id, number)
    if code is None:
        raise Misconfigured("The key file holds no key.")
    return code


def owe_letter(
    session: Session, gift: Gift, kind: LetterKind, *, run_at: datetime | None = None, period: str = ""
) -> None:
    """Has one of a gift's letters written. ``period`` tells one that is sent again from those before it."""
    payload = {"gift": gift.id, "kind": kind, "period": period}
    key = f"{LETTER_JOB}:{kind}:{gift.id}:{period}"
    jobs.enqueue(session, LETTER_JOB, payload, run_at=run_at, unique_key=key)


def find_open_wish(session: Session, keys: Keys, cookie: str | None) -> OpenWish | None:
    """What the browser with this order cookie wanted to give and has not paid for."""
    order_id = orders.read_cookie(keys, cookie)
    order = session.get(Order, order_id) if order_id is not None else None
    if order is None or order.kind != "gift" or order.state != "open":
        return None
    return OpenWish(order.id, read_details(order.details), order.email)


def claim_shown(session: Session, keys: Keys, cookie: str | None, checkout_id: str, now: datetime) -> Gift | None:
    """The gift whose code may be shown to this browser, once: it set out to buy it, and has just paid."""
    order_id = orders.read_cookie(keys, cookie)
    order = session.get(Order, order_id, with_for_update=True) if order_id is not None else None
    if order is None or order.kind != "gift" or order.checkout_id != checkout_id or order.state != "paid":
        return None
    if order.browser_hash != orders.hash_browser(keys, order.id) or now - order.created_at > orders.BROWSER_LIFETIME:
        return None
    order.browser_hash = None
    return find_of_order(session, order.id)


def find_of_order(session: Session, order_id: str) -> Gift | None:
    return session.scalar(select(Gift).where(Gift.order_id == order_id))


def find_by_code(session: Session, typed: str) -> Gift | None:
    """The gift that a code opens, in whatever state."""
    code = read_code(typed)
    return session.scalar(select(Gift).where(Gift.code_hash == hash_secret(code))) if code is not None else None


def get_gift(session: Session, gift_id: int) -> Gift:
    """One gift as it stands, held until the transaction ends. Raises NotFound."""
    gift = session.get(Gift, gift_id, with_for_update=True)
    if gift is None:
        raise NotFound(NO_GIFT)
    return gift


def has_more(session: Session, member_id: int, plan: str, now: datetime) -> bool:
    """Whether a gift of a plan would be lost on a member: a subscription goes on, somebody else pays for their seat, or the
    plan was given for good."""
    if subscriptions.find_running(session, member_id, now) is not None:
        return True
    if orders.list_unlinked(session, member_id, now):
        return True
    if get_entitlement(session, member_id, now).standing is Standing.SEAT:
        return True
    endless = (Grant.member_id == member_id, Grant.plan == plan, Grant.starts_at <= now, Grant.ends_at.is_(None))
    return session.scalar(select(Grant.id).where(*endless).limit(1)) is not None


def redeem(session: Session, typed: str, member_id: int, now: datetime) -> Redeemed:
    """Gives a member what a code holds, once, however many try at the same time. Raises NotFound for an unknown code.

    The member is held, so that a payment that arrives in this moment comes before or after. A gift that is accepted
    while another runs begins where that one ends.
    """
    member = accounts.find_held(session, member_id)
    gift = find_by_code(session, typed)
    if gift is None or member is None:
        raise NotFound(NO_GIFT)
    if gift.state == "paid" and has_more(session, member_id, gift.plan, now):
        return Redeemed("running", gift)
    unused = (Gift.id == gift.id, Gift.state == "paid", Gift.code_hash == gift.code_hash)
    is_taken = change_rows(
        session, update(Gift).where(*unused).values(state="redeemed", redeemed_by=member_id, redeemed_at=now)
    )
    session.refresh(gift)
    if not is_taken:
        return Redeemed("used" if gift.redeemed_at is not None else "refunded", gift, gift.redeemed_at)
    starts_at = find_given_end(session, member_id, gift.plan, now) or now
    _save_grant(session, gift, member_id, starts_at, clock.add_months(starts_at, gift.months), now)
    owe_letter(session, gift, "gift_started")
    return Redeemed("taken", gift)


def find_given_end(session: Session, member_id: int, plan: str, now: datetime) -> datetime | None:
    """When the member's last gift of a plan ends, where that is still to come."""
    theirs = (Grant.member_id == member_id, Grant.plan == plan, Grant.reason == "gift", Grant.ends_at > now)
    return session.scalar(select(func.max(Grant.ends_at)).where(*theirs))


def _save_grant(
    session: Session, gift: Gift, member_id: int, starts_at: datetime, ends_at: datetime, now: datetime
) -> None:
    grants.save_grant(
        session,
        member_id,
        gift.plan,
        reason="gift",
        source_id=str(gift.id),
        starts_at=starts_at,
        ends_at=ends_at,
        now=now,
    )


def find_grant(session: Session, gift: Gift) -> Grant | None:
    """What the acceptance of a gift gave."""
    return session.scalar(select(Grant).where(Grant.reason == "gift", Grant.source_id == str(gift.id)))


def end_refunded(session: Session, order_id: str, now: datetime, *, end_access: bool | None = None) -> None:
    """Follows a full refund of a gift's payment: an unused code is void, and what was accepted ends.

    ``end_access`` is the host's word on what was accepted, and may come before or after the refund is mirrored. None,
    for a refund that was only seen, ends it, and changes nothing once the gift counts as refunded.
    """
    gift = session.scalar(select(Gift).where(Gift.order_id == order_id).with_for_update())
    if gift is None or (gift.state == "refunded" and end_access is None):
        return
    gift.state = "refunded"
    given = find_grant(session, gift)
    if given is None:
        return
    whole = clock.add_months(given.starts_at, gift.months)
    if end_access is False:
        given.ends_at = whole
    elif whole > now:
        # One that had not begun yet never does.
        given.ends_at = min(given.ends_at or whole, max(now, given.starts_at))


def revive(session: Session, order_id: str) -> None:
    """Makes an unused gift good again whose money did not go back after all."""
    unused = (Gift.order_id == order_id, Gift.state == "refunded", Gift.redeemed_at.is_(None))
    session.execute(update(Gift).where(*unused).values(state="paid"))


def issue_new_code(session: Session, keys: Keys, gift: Gift) -> None:
    """Makes the old code of an unused gift worthless, and sends the new one to the giver, and to whom has the old one.

    Raises Conflict where it was accepted or refunded.
    """
    if gift.state != "paid":
        raise Conflict(NOT_OPEN)
    gift.code_number += 1
    gift.code_key_id = keys.current_id
    gift.code_hash = hash_secret(_make_code(keys, gift.order_id, gift.code_number))
    period = str(gift.code_number)
    owe_letter(session, gift, "gift_bought", period=period)
    if gift.delivered_at is not None:
        owe_letter(session, gift, "gift_given", period=period)


def send_again(session: Session, gift: Gift, now: datetime) -> None:
    """Sends an unused gift's letters once more: to the recipient, at once, where there is one; else to the giver.

    Raises Conflict where it was accepted or refunded.
    """
    if gift.state != "paid":
        raise Conflict(NOT_OPEN)
    kind: LetterKind = "gift_given" if gift.recipient_email is not None else "gift_bought"
    owe_letter(session, gift, kind, period=f"{now:%Y%m%dT%H%M%S}")


def count_gifts(session: Session) -> int:
    return session.scalar(select(func.count()).select_from(Gift)) or 0


def list_gifts(session: Session, *, limit: int, offset: int = 0) -> list[tuple[Gift, Member | None]]:
    """Gifts for the studio, newest first, each with the member who accepted it, where that one is still there."""
    taker = (Member.id == Gift.redeemed_by) & Member.removed_at.is_(None)
    query = select(Gift, Member).outerjoin(Member, taker).order_by(Gift.created_at.desc(), Gift.id.desc())
    return [(row[0], row[1]) for row in session.execute(query.limit(limit).offset(offset))]


def find_today(zone: str, now: datetime) -> date:
    """The day it is where the show is made."""
    return now.astimezone(ZoneInfo(zone)).date()
