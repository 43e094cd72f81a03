"""Letters about money. Each is owed by a change that was written, and says what is true when it is written."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from podcastsvc.billing import plans
from podcastsvc.billing.changing import price_moves
from podcastsvc.billing.desk import Desk
from podcastsvc.billing.following.rules import write_stamp
from podcastsvc.billing.kinds import donations
from podcastsvc.billing.letters import consulting, donating, grouping, joining, links, moved_accounts, returning, trial
from podcastsvc.billing.letters.texts import write_price
from podcastsvc.kit import clock
from podcastsvc.kit.money import Money
from podcastsvc.mail.addresses import read_address
from podcastsvc.mail.letters import write_letter
from podcastsvc.members import accounts, subscriptions
from podcastsvc.members.entitlements import get_entitlement
from podcastsvc.storage.tables.billing import Order, Subscription
from podcastsvc.storage.tables.member import Member

Values = dict[str, Any]


def write(desk: Desk, payload: Mapping[str, Any]) -> None:
    """Writes one owed letter, once. What is no longer true is not written. The handler of ``billing.letter``.

    ``payload`` names a kind, with a subscription and a period, with an order, with a payment and a period, with a member, or
    with a consultation.
    """
    with desk.db.transaction() as session:
        if "member" in payload:
            _OF_MEMBERS[str(payload["kind"])](session, desk, payload)
        elif "consultation" in payload:
            consulting.write(session, desk, payload)
        elif "payment" in payload:
            returning.write_of_payment(session, desk, payload)
        elif "order" in payload:
            _write_of_order(session, desk, str(payload["kind"]), str(payload["order"]))
        else:
            _write_of_subscription(
                session, desk, str(payload["kind"]), str(payload["subscription"]), str(payload.get("period") or "")
            )


_OF_MEMBERS = {**moved_accounts.WRITERS, **grouping.WRITERS}


def _write_of_subscription(session: Session, desk: Desk, kind: str, stripe_id: str, period: str) -> None:
    row = subscriptions.find_subscription(session, stripe_id)
    member = accounts.find(session, row.member_id) if row is not None and row.member_id is not None else None
    if row is None or member is None or member.email is None:
        return
    values = _VALUES[kind](session, desk, row, member, period)
    if values is None:
        return
    write_letter(
        session,
        desk.sender,
        kind=kind,
        to=member.email,
        language=member.language,
        values=values,
        object_id=stripe_id,
        period=period,
        member_id=member.id,
    )


def _write_welcome(session: Session, desk: Desk, row: Subscription, member: Member, _period: str) -> Values | None:
    ways = joining.write_ways_in(session, desk, member)
    if ways is None:
        return None
    price = plans.find_price(session, row.price_id, member.language) if row.price_id is not None else None
    return ways | {
        "plan": price.title if price is not None else "",
        "price": _price_of(row, member.language),
        "renews_on": desk.local(row.period_end) if row.cancel_at is None else None,
        "is_trial": row.status == "trialing",
        "seats": row.quantity,
        "group_link": desk.sender.link("/account/group", member.language),
    }


def _write_overdue(session: Session, desk: Desk, row: Subscription, member: Member, period: str) -> Values | None:
    """The values of all letters while a payment is missing; none once it is paid or the grace is over."""
    since = period.partition("|")[0]
    kept_until = row.access_kept_until
    if row.status != "past_due" or write_stamp(row.past_due_since) != since or kept_until is None:
        return None
    if kept_until <= clock.now():
        return None
    return {
        "last4": row.card_last4 or "",
        "price": Money(row.amount_minor, row.currency).format(member.language),
        "failed_on": desk.local(row.past_due_since),
        "grace": desk.local(kept_until),
        "retry_on": desk.local(row.next_try_at),
        "fix_link": links.write_link(desk, "fix", row.stripe_id, member.language),
        "confirm_link": links.write_link(desk, "confirm", row.stripe_id, member.language),
    }


def _write_thanks(session: Session, desk: Desk, row: Subscription, member: Member, _period: str) -> Values | None:
    if row.status not in subscriptions.GOOD:
        return None
    return {
        "price": Money(row.amount_minor, row.currency).format(member.language),
        "renews_on": desk.local(row.period_end) if row.cancel_at is None else None,
        "account_link": desk.sender.link("/account", member.language),
    }


def _write_cancelled(session: Session, desk: Desk, row: Subscription, member: Member, period: str) -> Values | None:
    if row.cancel_at is None or write_stamp(row.cancel_at) != period or row.ended_at is not None:
        return None
    return {
        "ends_on": desk.local(row.cancel_at),
        "keep_link": desk.sender.link("/account", member.language),
        "months": _count_months(row.started_at, row.cancel_at),
    }


def _write_ended(session: Session, desk: Desk, row: Subscription, member: Member, _period: str) -> Values | None:
    if get_entitlement(session, member.id, clock.now()).has_access:
        return None
    interval = row.interval or "year"
    return {
        "is_trial": row.trial_end is not None and row.ended_at is not None and row.ended_at <= row.trial_end,
        "is_unpaid": row.status in {"past_due", "unpaid"} or row.cancel_reason == "payment_failed",
        "price": _price_of(row, member.language),
        "join_link": desk.sender.link(f"/join?plan={interval}", member.language),
    }


_VALUES: dict[str, Callable[[Session, Desk, Subscription, Member, str], Values | None]] = {
    "welcome": _write_welcome,
    "payment_failed": _write_overdue,
    "payment_confirm": _write_overdue,
    "payment_reminder": _write_overdue,
    "payment_thanks": _write_thanks,
    "cancelled": _write_cancelled,
    "ended": _write_ended,
    "trial_ending": trial.write_ending,
    "price_moves": price_moves.write_moving,
}


# Where an order can be tried again.
_FORMS = {"membership": "/join", "gift": "/gift", "donation": "/support", "consultation": "/consultation"}


def _write_of_order(session: Session, desk: Desk, kind: str, order_id: str) -> None:
    order = session.get(Order, order_id)
    if order is None:
        return
    if kind == donations.TO_HOST:
        donating.write_news(session, desk, order)
        return
    member = accounts.find(session, order.member_id) if order.member_id is not None else None
    to = member.email if member is not None else order.email
    values = _write_order(session, desk, kind, order, member)
    if to is None or values is None:
        return
    write_letter(
        session,
        desk.sender,
        kind=kind,
        to=to,
        language=order.language,
        values=values,
        object_id=order.id,
        member_id=order.member_id,
    )


def _write_order(session: Session, desk: Desk, kind: str, order: Order, member: Member | None) -> Values | None:
    if kind == "welcome_once":
        return joining.write_bought(session, desk, order, member) if member is not None else None
    if kind == donations.THANKS:
        return donating.write_thanks(desk, order, order.language)
    return {
        "price": Money(order.total_minor, order.currency).format(order.language),
        "account_link": desk.sender.link("/account", order.language),
        "sign_in_link": desk.sender.link("/sign-in", order.language),
        "join_link": desk.sender.link(_FORMS[order.kind], order.language),
    }


def greet(desk: Desk, order_id: str) -> None:
    """Tells the address of an order that it is a member's already, where it is. The handler of ``order.opened``.

    The page has said nothing about it: it goes on to payment like any other (rule T-A6). Who pays all the same gets the
    money back.
    """
    now = clock.now()
    with desk.db.transaction() as session:
        order = session.get(Order, order_id)
        if order is None or order.email is None or order.state != "open":
            return
        member = accounts.find_by_email(session, read_address(order.email).email_key)
        if member is not None and subscriptions.find_running(session, member.id, now) is not None:
            _write_of_order(session, desk, "already_member", order_id)


def _price_of(row: Subscription, language: str) -> str:
    return write_price(Money(row.amount_minor, row.currency), row.interval, language)


def _count_months(start: datetime, end: datetime) -> int:
    return max(1, round((end - start).days / 30.44))
