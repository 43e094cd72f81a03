"""The letter before a trial ends: what is charged when, or that a card is missing."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from podcastsvc.billing import owing
from podcastsvc.billing.desk import Desk
from podcastsvc.billing.following.rules import write_stamp
from podcastsvc.billing.letters import links
from podcastsvc.billing.letters.texts import write_price
from podcastsvc.kit import clock
from podcastsvc.kit.money import Money
from podcastsvc.members.subscriptions import is_of_account
from podcastsvc.storage.tables.billing import Subscription
from podcastsvc.storage.tables.letter import Letter
from podcastsvc.storage.tables.member import Member

KIND = "trial_ending"
BEFORE = timedelta(days=3)
# In a short trial: no letter on the heels of the welcome.
_APART = timedelta(days=1)


def is_due(begun_at: datetime, ends_at: datetime, now: datetime) -> bool:
    """Whether the letter's time has come: three days before the end, and a day after the beginning. Pure."""
    return max(ends_at - BEFORE, begun_at + _APART) <= now < ends_at


def remind(desk: Desk, now: datetime) -> int:
    """Owes the letter to all whose trial ends soon; how many. Run hourly; each is owed once."""
    written = exists().where(Letter.kind == KIND, Letter.object_id == Subscription.stripe_id)
    query = select(Subscription).where(
        Subscription.status == "trialing",
        Subscription.kind == "membership",
        Subscription.member_id.is_not(None),
        Subscription.cancel_at.is_(None),
        Subscription.trial_end > now,
        Subscription.trial_end <= now + BEFORE,
        is_of_account(Subscription.account, Subscription.livemode),
        ~written,
    )
    with desk.db.transaction() as session:
        rows = [
            row
            for row in session.scalars(query.order_by(Subscription.stripe_id))
            if row.trial_end is not None and is_due(row.started_at, row.trial_end, now)
        ]
        for row in rows:
            period = write_stamp(row.trial_end)
            owing.owe_letter(session, KIND, row.stripe_id, period)
    return len(rows)


def write_ending(
    _session: Session, desk: Desk, row: Subscription, member: Member, period: str
) -> dict[str, Any] | None:
    """The letter's values; None for a trial that is over, was ended by its member, or was moved."""
    if row.status != "trialing" or row.cancel_at is not None or write_stamp(row.trial_end) != period:
        return None
    if row.trial_end is None or row.trial_end <= clock.now():
        return None
    return {
        "ends_on": desk.local(row.trial_end),
        "price": write_price(Money(row.amount_minor, row.currency), row.interval, member.language),
        "last4": row.card_last4 or "",
        "fix_link": links.write_link(desk, "fix", row.stripe_id, member.language),
        "cancel_link": desk.sender.link("/account/cancel", member.language),
    }
