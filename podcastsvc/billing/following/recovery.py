"""Repair: whatever happened while we slept, a pass over Stripe brings the tables to its present state, and says how."""

from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from podcastsvc.billing import apply, fulfil, webhooks
from podcastsvc.billing.account import require_account
from podcastsvc.billing.changing import price_moves
from podcastsvc.billing.desk import Desk
from podcastsvc.billing.facts import SubscriptionFacts
from podcastsvc.billing.following import notices
from podcastsvc.billing.letters import reminders, trial
from podcastsvc.errors import Failure, Misconfigured, NotFound
from podcastsvc.members import subscriptions
from podcastsvc.storage.facts import find_fact, save_fact
from podcastsvc.storage.tables.billing import Notice, Subscription

CAUGHT_UP_FACT = "notices_caught_up"
STRIPE_KEEPS = timedelta(days=30)
OVERLAP = timedelta(hours=1)
ORDERS_AFTER = timedelta(hours=3)
SILENT_AFTER = timedelta(hours=72)


@dataclass(slots=True)
class Report:
    """What a pass saw and repaired. ``problems`` are sentences for the host; a bad entry never stops the pass."""

    notices_found: int = 0
    compared: int = 0
    repaired: list[str] = field(default_factory=list)
    not_ours: int = 0
    unknown_at_stripe: list[str] = field(default_factory=list)
    orders_settled: int = 0
    letters_owed: int = 0
    giving_back: int = 0
    problems: list[str] = field(default_factory=list)

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


def run_hourly(desk: Desk, now: datetime) -> Report:
    """Notices that were missed, orders left open, rows that should have been renewed, owed letters."""
    report = Report()
    _try(report, "catching up", lambda: catch_up(desk, now, report))
    _try(report, "orders", lambda: settle_orders(desk, now, report))
    _try(report, "silent rows", lambda: _sync_all(desk, _list_silent(desk, now), report))
    _try(report, "letters", lambda: _remind(desk, now, report, even_many=False))
    _try(report, "prices", lambda: report.problems.extend(price_moves.run_due(desk, now)))
    _try(report, "trials", lambda: _remind_of_trials(desk, now, report))
    return report


def run_nightly(desk: Desk, now: datetime) -> Report:
    """Everything hourly, the comparison with Stripe, money that should be back, and old notices swept away."""
    report = run_hourly(desk, now)
    _try(report, "comparing", lambda: compare(desk, now, report))
    report.giving_back = fulfil.resume_giving_back(desk)
    with desk.db.transaction() as session:
        notices.sweep(session, now)
    return report


def sync(desk: Desk, now: datetime, *, send_letters: bool = False) -> Report:
    """The same on demand (``podcastsvc payments sync``); gives dead notices another round.

    Raises Misconfigured and Unavailable where not even the account can be asked.
    """
    require_account(desk)
    with desk.db.transaction() as session:
        notices.retry_dead(session, now)
    report = run_nightly(desk, now)
    if send_letters:
        _try(report, "letters", lambda: _remind(desk, now, report, even_many=True))
    return report


def _try(report: Report, what: str, step: Callable[[], None]) -> None:
    try:
        step()
    except Failure as problem:
        report.problems.append(f"{what}: {problem.message}")


def catch_up(desk: Desk, now: datetime, report: Report) -> None:
    """Stores the notices that never arrived. Stripe lists 30 days; after a longer sleep everything is compared."""
    require_account(desk)
    with desk.db.reading() as session:
        since = _find_last_seen(session, now)
    if since is None or now - since > STRIPE_KEEPS:
        compare(desk, now, report)
    start = max(since or now - STRIPE_KEEPS, now - STRIPE_KEEPS) - OVERLAP
    for notice in notices.list_past(desk.gateway, start):
        with desk.db.transaction() as session:
            if webhooks.store(session, notice, now) is webhooks.Received.STORED:
                report.notices_found += 1
    with desk.db.transaction() as session:
        save_fact(session, CAUGHT_UP_FACT, {"at": now.isoformat()})


def _find_last_seen(session: Session, now: datetime) -> datetime | None:
    """The later of the newest notice and the last time of catching up; None for neither."""
    newest = session.scalar(select(func.max(Notice.created_at)))
    kept = find_fact(session, CAUGHT_UP_FACT)
    caught_up = datetime.fromisoformat(str(kept["at"])) if kept is not None else None
    # A notice may be dated in the future (a stand-in whose clock was moved); then our own time is the earlier one.
    seen = [at for at in (newest, caught_up) if at is not None]
    return min(max(seen), now) if seen else None


def compare(desk: Desk, now: datetime, report: Report) -> None:
    """Sends every subscription of ours through ``sync_subscription``; rows that Stripe does not have are told, not deleted."""
    account = require_account(desk)
    found = desk.gateway.list_subscriptions()
    with desk.db.reading() as session:
        known = set(session.scalars(select(Subscription.stripe_id).where(Subscription.account == account.id)))
        rows = {row.stripe_id: row for row in session.scalars(select(Subscription))}
    ours = [facts for facts in found if facts.id in known or desk.gateway.is_ours(facts.metadata)]
    report.not_ours += len(found) - len(ours)
    differing = [facts.id for facts in ours if differs(facts, rows.get(facts.id))]
    _sync_all(desk, [facts.id for facts in ours], report)
    report.repaired += [each for each in differing if each not in " ".join(report.problems)]
    report.unknown_at_stripe += sorted(known - {facts.id for facts in found})


def differs(facts: SubscriptionFacts, row: Subscription | None) -> bool:
    """Whether the row says something else than Stripe, as far as access goes."""
    if row is None:
        return True
    stated = (facts.status, facts.period_end, facts.trial_end, facts.ends_at, facts.ended_at)
    if len(facts.items) == 1 and facts.items[0].quantity != row.quantity:
        return True
    return stated != (row.status, row.period_end, row.trial_end, row.cancel_at, row.ended_at)


def _sync_all(desk: Desk, stripe_ids: list[str], report: Report) -> None:
    for stripe_id in stripe_ids:
        try:
            apply.sync_subscription(desk, stripe_id)
            report.compared += 1
        except NotFound:
            report.not_ours += 1
        except Misconfigured:
            raise
        except Failure as problem:
            report.problems.append(f"subscription {stripe_id}: {problem.message}")


def _list_silent(desk: Desk, now: datetime) -> list[str]:
    with desk.db.reading() as session:
        return subscriptions.list_silent(session, now - SILENT_AFTER)


def settle_orders(desk: Desk, now: datetime, report: Report) -> None:
    """Open orders older than three hours: their session says whether they were paid or are over."""
    settled, problems = fulfil.settle_overdue(desk, now, now - ORDERS_AFTER)
    report.orders_settled += settled
    report.problems += problems


def _remind(desk: Desk, now: datetime, report: Report, *, even_many: bool) -> None:
    report.letters_owed += reminders.remind(desk, now, even_many=even_many)


def _remind_of_trials(desk: Desk, now: datetime, report: Report) -> None:
    report.letters_owed += trial.remind(desk, now)
