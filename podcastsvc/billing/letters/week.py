"""The host's weekly letter: who came, who left and why, whose payment is missing."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from podcastsvc.billing.desk import Desk
from podcastsvc.billing.letters.texts import list_reasons
from podcastsvc.kit.language import gettext
from podcastsvc.members.subscriptions import is_of_account
from podcastsvc.members.to_hosts import write_to_hosts
from podcastsvc.storage.tables.billing import Subscription

WEEK = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Week:
    """Seven days in figures. ``reasons`` are Stripe's words for why memberships ended, with how often each was given."""

    joined: int
    ended: int
    leaving: int
    at_risk: int
    reasons: tuple[tuple[str, int], ...]

    @property
    def is_empty(self) -> bool:
        return not (self.joined or self.ended or self.leaving or self.at_risk)


def count_week(session: Session, until: datetime) -> Week:
    """The figures of the seven days before an instant; ``at_risk`` and ``leaving`` are those of the instant itself."""
    ours = (
        is_of_account(Subscription.account, Subscription.livemode),
        Subscription.member_id.is_not(None),
        Subscription.kind == "membership",
    )
    span = (until - WEEK, until)
    ended = session.scalars(
        select(Subscription.cancel_reason).where(
            *ours, Subscription.ended_at >= span[0], Subscription.ended_at < span[1]
        )
    ).all()

    def count(*where: object) -> int:
        return session.scalar(select(func.count()).select_from(Subscription).where(*ours, *where)) or 0  # type: ignore[arg-type]

    return Week(
        joined=count(Subscription.started_at >= span[0], Subscription.started_at < span[1]),
        ended=len(ended),
        leaving=count(Subscription.cancel_at.is_not(None), Subscription.ended_at.is_(None)),
        at_risk=count(Subscription.status == "past_due"),
        reasons=tuple(Counter(reason or "" for reason in ended).most_common()),
    )


def write_reason(reason: str, language: str) -> str:
    """A reason in people's words; Stripe's own reasons and none have words too."""
    _ = gettext(language).gettext
    known = dict(list_reasons(language)) | {
        "payment_failed": _("The payment did not come through"),
        "payment_disputed": _("The payment was disputed"),
        "cancellation_requested": _("No reason given"),
        "missing": _("Stripe does not know it any more"),
    }
    return known.get(reason, _("No reason given"))


def write_summary(desk: Desk, now: datetime) -> None:
    """Writes each host the past week, once a week; a week without anything to tell has no letter."""
    with desk.db.transaction() as session:
        week = count_week(session, now)
        if week.is_empty:
            return

        def write_values(language: str) -> dict[str, Any]:
            return {
                "week": week,
                "reasons": [(write_reason(reason, language), count) for reason, count in week.reasons],
                "members_link": desk.sender.studio_link("/studio/members"),
            }

        write_to_hosts(session, desk.sender, kind="host_week", object_id=f"{now:%G-W%V}", write_values=write_values)
