"""Members who may be lost: a payment is missing, a trial ends without a card, an end is planned."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from sqlalchemy import and_, func, or_, select
from sqlalchemy.orm import Session

from podcastsvc.kit.money import Money
from podcastsvc.members.subscriptions import is_of_account
from podcastsvc.storage.tables.billing import Subscription
from podcastsvc.storage.tables.letter import Letter
from podcastsvc.storage.tables.member import Member

BEFORE_TRIAL_ENDS = timedelta(days=7)
Why = Literal["unpaid", "trial", "leaving"]
_LETTERS = ("payment_failed", "payment_confirm", "payment_reminder", "trial_ending")


@dataclass(frozen=True, slots=True)
class RiskRow:
    """One member at risk. ``until`` is when access ends; ``reason`` is Stripe's word for why somebody leaves; ``letters``
    how many they got about it."""

    member_id: int
    email: str
    why: Why
    until: datetime | None
    money: Money
    interval: str | None
    reason: str
    letters: int


def list_at_risk(session: Session, now: datetime) -> list[RiskRow]:
    """Whose access ends soonest comes first."""
    unpaid = and_(Subscription.status == "past_due", Subscription.access_kept_until > now)
    trial = and_(
        Subscription.status == "trialing",
        Subscription.card_last4.is_(None),
        Subscription.trial_end <= now + BEFORE_TRIAL_ENDS,
    )
    leaving = and_(Subscription.cancel_at.is_not(None), Subscription.status.in_(("active", "trialing")))
    written = (
        select(func.count())
        .where(Letter.object_id == Subscription.stripe_id, Letter.kind.in_(_LETTERS))
        .correlate(Subscription)
        .scalar_subquery()
    )
    query = (
        select(Subscription, Member.email, written)
        .join(Member, Member.id == Subscription.member_id)
        .where(
            is_of_account(Subscription.account, Subscription.livemode),
            Subscription.kind == "membership",
            Subscription.ended_at.is_(None),
            or_(unpaid, trial, leaving),
        )
    )
    rows = [_make_row(row[0], row[1] or "", row[2]) for row in session.execute(query)]
    return sorted(rows, key=lambda each: (each.until is None, each.until, each.member_id))


def _make_row(row: Subscription, email: str, letters: int) -> RiskRow:
    why: Why = "unpaid" if row.status == "past_due" else "leaving" if row.cancel_at is not None else "trial"
    until = {"unpaid": row.access_kept_until, "leaving": row.cancel_at, "trial": row.trial_end}[why]
    assert row.member_id is not None  # noqa: S101 -- the query joins the member
    return RiskRow(
        member_id=row.member_id,
        email=email,
        why=why,
        until=until,
        money=Money(row.amount_minor, row.currency),
        interval=row.interval,
        reason=row.cancel_reason or "",
        letters=letters,
    )
