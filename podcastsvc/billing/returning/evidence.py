"""What a host can hand in when a payment is disputed: what we know of its member and how the show was used, as plain text.

No network address, no private link and nobody else's data is in it.
"""

from collections.abc import Iterator
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from podcastsvc.billing.returning.refunds import NO_PAYMENT
from podcastsvc.errors import NotFound
from podcastsvc.kit.money import Money
from podcastsvc.members import accounts, feed_tokens, link_use
from podcastsvc.storage.tables.billing import Order, Payment, Subscription
from podcastsvc.storage.tables.letter import Letter
from podcastsvc.storage.tables.member import Member, MemberSession


def write_evidence(session: Session, payment_id: str, zone: str) -> str:
    """The file's text, in English, which banks read; times in a zone (IANA). Raises NotFound."""
    payment = session.get(Payment, payment_id)
    if payment is None:
        raise NotFound(NO_PAYMENT)
    order = session.get(Order, payment.order_id) if payment.order_id is not None else None
    member = accounts.find(session, payment.member_id) if payment.member_id is not None else None
    pen = _Pen(zone)
    parts = [
        ("Payment", _write_payment(session, payment, order, pen)),
        ("Customer", _write_member(member, order, pen)),
        ("Signed in with a code or link sent to that address", _write_sign_ins(session, member, pen)),
        ("Episodes fetched with the customer's private feed", _write_use(session, member, pen)),
        ("E-mails to the customer", _write_letters(session, payment, member, pen)),
    ]
    blocks = ["\n".join([title, "-" * len(title), *(list(lines) or ["Nothing is known."])]) for title, lines in parts]
    return "\n\n".join(blocks) + "\n"


class _Pen:
    """Writes instants in one zone."""

    def __init__(self, zone: str) -> None:
        self._zone = ZoneInfo(zone)

    def at(self, at: datetime | None) -> str:
        return f"{at.astimezone(self._zone):%Y-%m-%d %H:%M %Z}" if at is not None else "unknown"


def _write_payment(session: Session, payment: Payment, order: Order | None, pen: _Pen) -> Iterator[str]:
    yield f"Payment at Stripe: {payment.stripe_id}"
    yield f"Paid: {Money(payment.amount_minor, payment.currency).format('en')} on {pen.at(payment.paid_at)}"
    yield f"For: {payment.kind}"
    if payment.refunded_minor:
        yield f"Refunded: {Money(payment.refunded_minor, payment.currency).format('en')}"
    if order is not None:
        yield f"Ordered on this site: {pen.at(order.created_at)} (order {order.id})"
    row = session.get(Subscription, payment.subscription_id) if payment.subscription_id is not None else None
    if row is not None:
        yield f"Subscription: {row.stripe_id}, begun {pen.at(row.started_at)}"
        yield f"Period paid for: {pen.at(row.period_start)} to {pen.at(row.period_end)}"
        yield "It could be cancelled at any time in two clicks on the customer's account page."


def _write_member(member: Member | None, order: Order | None, pen: _Pen) -> Iterator[str]:
    if member is not None:
        yield f"E-mail address: {member.email}"
        if member.name:
            yield f"Name: {member.name}"
        yield f"Account made: {pen.at(member.created_at)}"
        if member.confirmed_at is not None:
            yield f"Address proved by a code or link: {pen.at(member.confirmed_at)}"
    elif order is not None and order.email is not None:
        yield f"E-mail address: {order.email}"


def _write_sign_ins(session: Session, member: Member | None, pen: _Pen) -> Iterator[str]:
    if member is None:
        return
    query = select(MemberSession).where(MemberSession.member_id == member.id).order_by(MemberSession.created_at)
    for row in session.scalars(query):
        yield f"{pen.at(row.created_at)}, last used {pen.at(row.last_seen_at)}"


def _write_use(session: Session, member: Member | None, pen: _Pen) -> Iterator[str]:
    if member is None:
        return
    links = feed_tokens.list_links_ever(session, member.id)
    readers = link_use.list_readers(session, [link.id for link in links])
    for link in links:
        yield f"Private feed made {pen.at(link.created_at)}"
        if link.opened_at is not None:
            yield f"  opened in an app from the site: {pen.at(link.opened_at)}"
        for reader in readers.get(link.id, []):
            yield f"  fetched by {reader.name}, last {pen.at(reader.last_at)}"
        if link.first_heard_at is not None:
            yield f"  audio fetched from {pen.at(link.first_heard_at)} to {pen.at(link.heard_at)}"


def _write_letters(session: Session, payment: Payment, member: Member | None, pen: _Pen) -> Iterator[str]:
    about = Letter.object_id.in_([name for name in (payment.order_id, payment.subscription_id) if name is not None])
    mine = or_(about, Letter.member_id == member.id) if member is not None else about
    for row in session.scalars(select(Letter).where(mine).order_by(Letter.created_at, Letter.id)):
        yield f"{pen.at(row.sent_at or row.created_at)}: {row.subject} ({row.kind}, {row.state})"
