"""Repair: whatever happened while we slept, a pass over Stripe brings the tables to its present state, and says how."""

from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from podcastsvc.billing import apply, fulfil, webhooks
from podcastsvc.billing.account import require_account
from podcastsvc.billing.calls.ensuring import list_webhooks
from podcastsvc.billing.calls.writing import NOTICE_TYPES
from podcastsvc.billing.changing import price_moves
from podcastsvc.billing.desk import Desk
from podcastsvc.billing.facts import EndpointFacts, SubscriptionFacts
from podcastsvc.billing.following import notices
from podcastsvc.billing.following.rules import KNOWN
from podcastsvc.billing.gateway import PACKAGE_VERSION
from podcastsvc.billing.letters import reminders, trial
from podcastsvc.errors import Failure, Misconfigured, NotFound
from podcastsvc.kit import clock
from podcastsvc.members import subscriptions
from podcastsvc.storage.facts import find_fact, save_fact
from podcastsvc.storage.tables.billing import Notice, Subscription

CAUGHT_UP_FACT = "notices_caught_up"
STRIPE_KEEPS = timedelta(days=30)
OVERLAP = timedelta(hours=1)
ORDERS_AFTER = timedelta(hours=3)
SILENT_AFTER = timedelta(hours=72)
_CLOCK_WARNS_SECONDS, _CLOCK_FAILS_SECONDS = 60, 240


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
    differing = [facts.id for facts in ours if _differs(facts, rows.get(facts.id))]
    _sync_all(desk, [facts.id for facts in ours], report)
    report.repaired += [each for each in differing if each not in " ".join(report.problems)]
    report.unknown_at_stripe += sorted(known - {facts.id for facts in found})


def _differs(facts: SubscriptionFacts, row: Subscription | None) -> bool:
    """Whether the row says something else than Stripe, as far as access goes."""
    if row is None:
        return True
    stated = (facts.status, facts.period_end, facts.trial_end, facts.ends_at, facts.ended_at)
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


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the check. ``level``: ok, warn, fail. ``advice`` says what to do about it; empty where all is well."""

    level: str
    what: str
    advice: str = ""


def check(desk: Desk, *, mode: str, webhook_url: str, now: datetime) -> list[Finding]:
    """Looks at everything that payments need and says what is wrong; writes nothing (``podcastsvc payments check``)."""
    findings = [Finding("ok", f"mode: {mode}, {'live' if desk.gateway.livemode else 'test'}")]
    try:
        account = require_account(desk)
        facts = desk.gateway.fetch_account()
    except Failure as problem:
        return [*findings, Finding("fail", f"account: {problem.message}", "Check STRIPE_SECRET_KEY and the network.")]
    findings.append(Finding("ok", f"account: {account.id} {facts.name}".rstrip()))
    findings.append(_check_clock(facts.clock_at, clock.now()))
    try:
        findings += _check_endpoint(desk, webhook_url) + _check_rows(desk)
    except Failure as problem:
        findings.append(Finding("fail", problem.message, "Nothing else was looked at."))
    with desk.db.reading() as session:
        findings += _check_notices(session, now)
    return findings


def _check_clock(theirs: datetime | None, ours: datetime) -> Finding:
    """A fast clock makes us refuse genuine notices: their signatures look too old."""
    if theirs is None:
        return Finding("warn", "clock: Stripe's answer had no date")
    ahead = round((ours - theirs).total_seconds())
    advice = "Set this machine's clock, best by NTP: notices signed more than 300 s ago are refused."
    if abs(ahead) > _CLOCK_FAILS_SECONDS:
        return Finding("fail", f"clock: {ahead:+} s against Stripe's", advice)
    if abs(ahead) > _CLOCK_WARNS_SECONDS:
        return Finding("warn", f"clock: {ahead:+} s against Stripe's", advice)
    return Finding("ok", f"clock: {ahead:+} s against Stripe's")


def _check_endpoint(desk: Desk, webhook_url: str) -> list[Finding]:
    found = [each for each in list_webhooks(desk.gateway) if each.url.rstrip("/") == webhook_url.rstrip("/")]
    if not found:
        return [Finding("fail", f"webhook: none for {webhook_url}", "Run `podcastsvc payments connect`.")]
    return [_check_one_endpoint(each) for each in found]


def _check_one_endpoint(endpoint: EndpointFacts) -> Finding:
    what = f"webhook: {endpoint.id} {endpoint.status}, version {endpoint.api_version or 'of the account'}"
    if endpoint.api_version != PACKAGE_VERSION:
        advice = (
            f"`podcastsvc payments connect` makes a second one with version {PACKAGE_VERSION}; later delete this one."
        )
        return Finding("warn", what, advice)
    if endpoint.status != "enabled":
        return Finding("fail", what, "Run `podcastsvc payments connect`; it switches it on.")
    missing = [] if "*" in endpoint.types else [each for each in NOTICE_TYPES if each not in endpoint.types]
    if missing:
        advice = "Run `podcastsvc payments connect`; it adds them."
        return Finding("fail", f"{what}, does not send {', '.join(missing)}", advice)
    return Finding("ok", what)


def _check_notices(session: Session, now: datetime) -> list[Finding]:
    newest = session.scalar(select(func.max(Notice.received_at)))
    states = notices.count_states(session)
    counted = ", ".join(f"{count} {state}" for state, count in sorted(states.items())) or "none"
    age = "never" if newest is None else f"{round((now - newest).total_seconds() / 3600, 1)} h ago"
    findings = [Finding("ok", f"notices: {counted}; newest received {age}")]
    if states.get("dead"):
        findings.append(
            Finding(
                "fail", f"{states['dead']} notices are dead", "Run `podcastsvc payments sync`; it tries them again."
            )
        )
    return findings


def _check_rows(desk: Desk) -> list[Finding]:
    """Rows that differ from Stripe, statuses that we do not know, and members who pay twice."""
    found = desk.gateway.list_subscriptions()
    with desk.db.reading() as session:
        rows = {row.stripe_id: row for row in session.scalars(select(Subscription))}
        twice = _list_paying_twice(session)
    ours = [facts for facts in found if facts.id in rows or desk.gateway.is_ours(facts.metadata)]
    differing = [facts.id for facts in ours if _differs(facts, rows.get(facts.id))]
    findings = [Finding("ok", f"subscriptions: {len(ours)} of ours, {len(found) - len(ours)} of others")]
    advice = "Run `podcastsvc payments sync`."
    findings += [Finding("fail", f"{stripe_id} differs from Stripe", advice) for stripe_id in differing]
    unknown = [row for row in rows.values() if row.status not in KNOWN]
    findings += [Finding("warn", f"{row.stripe_id} has the unknown status {row.status!r}", advice) for row in unknown]
    findings += [Finding("warn", f"member {member} has more than one subscription") for member in twice]
    return findings


def _list_paying_twice(session: Session) -> list[int]:
    query = (
        select(Subscription.member_id)
        .where(Subscription.member_id.is_not(None), Subscription.status.in_((*sorted(subscriptions.GOOD), "past_due")))
        .group_by(Subscription.member_id)
        .having(func.count() > 1)
    )
    return [member for member in session.scalars(query) if member is not None]
