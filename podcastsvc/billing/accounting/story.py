"""One member's whole story: everything that is known to have happened, with its instant. Reads, and puts in order.

No network address, no browser and no link's address is part of it.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from podcastsvc.kit.money import Money
from podcastsvc.members import feed_tokens, grants, seats, subscriptions
from podcastsvc.storage.tables.billing import Order, Payment, Subscription
from podcastsvc.storage.tables.letter import Letter
from podcastsvc.storage.tables.member import Member, MemberSession
from podcastsvc.storage.tables.refund import RefundRequest


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened. ``kind`` is a word of ``KINDS``; ``about`` holds what its sentence needs."""

    at: datetime
    kind: str
    about: dict[str, Any] = field(default_factory=dict)


KINDS = (
    "account",
    "proved",
    "signed_in",
    "ordered",
    "subscribed",
    "leaves",
    "ended",
    "unpaid",
    "paid",
    "asked_back",
    "declined",
    "given",
    "given_ends",
    "seated",
    "shares",
    "letter",
    "link_made",
    "link_opened",
    "link_replaced",
    "link_revoked",
    "first_heard",
    "heard",
)


def read_story(session: Session, member: Member) -> list[Event]:
    """All of it, newest first."""
    events = [
        *_of_account(session, member),
        *_of_money(session, member.id),
        *_of_subscriptions(session, member.id),
        *_of_grants(session, member.id),
        *_of_seats(session, member.id),
        *_of_letters(session, member.id),
        *_of_links(session, member.id),
    ]
    # Of what happened in one instant, what comes later in the list above is newer.
    return [event for _, event in sorted(enumerate(events), key=lambda each: (each[1].at, each[0]), reverse=True)]


def _of_account(session: Session, member: Member) -> Iterator[Event]:
    yield Event(member.created_at, "account")
    if member.confirmed_at is not None:
        yield Event(member.confirmed_at, "proved")
    query = select(MemberSession.created_at).where(MemberSession.member_id == member.id)
    yield from (Event(at, "signed_in") for at in session.scalars(query.order_by(MemberSession.created_at)))


def _of_money(session: Session, member_id: int) -> Iterator[Event]:
    ours = select(Order).where(Order.member_id == member_id, subscriptions.is_of_account(Order.account, Order.livemode))
    for order in session.scalars(ours.order_by(Order.created_at)):
        money = Money(order.total_minor, order.currency)
        yield Event(order.created_at, "ordered", {"what": order.kind, "money": money, "state": order.state})
    query = select(Payment).where(
        Payment.member_id == member_id,
        Payment.paid_at.is_not(None),
        subscriptions.is_of_account(Payment.account, Payment.livemode),
    )
    for row in session.scalars(query.order_by(Payment.paid_at)):
        if row.paid_at is not None:
            about = {
                "what": row.kind,
                "money": Money(row.amount_minor, row.currency),
                "refunded": Money(row.refunded_minor, row.currency),
                "payment": row.stripe_id,
            }
            yield Event(row.paid_at, "paid", about)
    for asked in session.scalars(select(RefundRequest).where(RefundRequest.member_id == member_id)):
        yield Event(asked.created_at, "asked_back", {"payment": asked.payment_id, "text": asked.reason})
        if asked.state == "declined" and asked.closed_at is not None:
            yield Event(asked.closed_at, "declined", {"payment": asked.payment_id, "text": asked.answer})


def _of_subscriptions(session: Session, member_id: int) -> Iterator[Event]:
    for row in subscriptions.list_of_member(session, member_id):
        about = _describe(row)
        yield Event(row.started_at, "subscribed", about)
        if row.past_due_since is not None:
            yield Event(row.past_due_since, "unpaid", about)
        if row.canceled_at is not None:
            yield Event(row.canceled_at, "leaves", {**about, "reason": row.cancel_reason or "", "until": row.cancel_at})
        if row.ended_at is not None:
            yield Event(row.ended_at, "ended", about)


def _describe(row: Subscription) -> dict[str, Any]:
    return {"what": row.kind, "money": Money(row.amount_minor, row.currency), "interval": row.interval}


def _of_grants(session: Session, member_id: int) -> Iterator[Event]:
    for row in grants.list_grants(session, member_id):
        about = {"plan": row.plan, "reason": row.reason, "until": row.ends_at}
        yield Event(row.created_at, "given", about)
        if row.ends_at is not None:
            yield Event(row.ends_at, "given_ends", about)


def _of_seats(session: Session, member_id: int) -> Iterator[Event]:
    """Seats that are still taken: by the member, and in their own group."""
    for row in seats.list_of_member(session, member_id):
        yield Event(row.seat.taken_at, "seated", {"text": row.member.email})
    for row in seats.list_seats(session, member_id):
        yield Event(row.seat.taken_at, "shares", {"text": row.member.email})


def _of_letters(session: Session, member_id: int) -> Iterator[Event]:
    """What was written to the member."""
    for row in session.scalars(select(Letter).where(Letter.member_id == member_id).order_by(Letter.created_at)):
        yield Event(row.created_at, "letter", {"letter": row.kind, "text": row.subject, "state": row.state})


def _of_links(session: Session, member_id: int) -> Iterator[Event]:
    for link in feed_tokens.list_links_ever(session, member_id):
        about = {"label": link.label, "app": link.fetched_by}
        for at, kind in (
            (link.created_at, "link_made"),
            (link.opened_at, "link_opened"),
            (link.first_heard_at, "first_heard"),
            (link.heard_at, "heard"),
            (link.replaced_at, "link_replaced"),
            (link.revoked_at, "link_revoked"),
        ):
            if at is not None and not (kind == "heard" and at == link.first_heard_at):
                yield Event(at, kind, about)
