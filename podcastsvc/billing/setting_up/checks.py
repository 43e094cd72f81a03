"""Everything that payments need, looked at: one list for ``podcastsvc payments check`` and for the studio. Changes nothing."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from podcastsvc.billing.account import require_account
from podcastsvc.billing.calls.ensuring import list_portal_settings, list_webhooks
from podcastsvc.billing.calls.writing import NOTICE_TYPES
from podcastsvc.billing.desk import Desk
from podcastsvc.billing.facts import EndpointFacts
from podcastsvc.billing.following import notices
from podcastsvc.billing.following.recovery import differs
from podcastsvc.billing.following.rules import KNOWN
from podcastsvc.billing.gateway import PACKAGE_VERSION
from podcastsvc.billing.setting_up.permissions import list_lacks
from podcastsvc.errors import Failure
from podcastsvc.kit import clock
from podcastsvc.kit.language import N_, as_sentence, sentence
from podcastsvc.members import subscriptions
from podcastsvc.storage.tables.billing import Notice, Subscription

CLOCK_WARNS_SECONDS, CLOCK_FAILS_SECONDS = 60, 240

Level = Literal["ok", "warn", "fail"]
Step = Literal["key", "webhook", "portal", "members"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One line. ``advice`` says what to do about it; empty where all is well. Both can be said in other languages.
    ``step`` is the part of the set-up that it belongs to."""

    level: Level
    what: str
    advice: str = ""
    step: Step = "key"


CONNECT = N_("Run `podcastsvc payments connect`, or press “Connect” in the studio.")
SYNC = N_("Run `podcastsvc payments sync`.")
OFF = Finding("warn", N_("mode: off"), N_("Set PODCASTSVC_STRIPE_SECRET_KEY to open payments."))
NO_SECRET = Finding(
    "fail",
    N_("webhook: its secret is not set"),
    N_("Set PODCASTSVC_STRIPE_WEBHOOK_SECRETS; `podcastsvc payments connect` makes an endpoint and prints its secret."),
    "webhook",
)


def check(desk: Desk, *, mode: str, webhook_url: str, now: datetime, has_secret: bool = True) -> list[Finding]:
    """Looks at all of it. What cannot be looked at is a finding, not an end."""
    kind = sentence("live") if desk.gateway.livemode else sentence("test")
    findings = [Finding("ok", sentence("mode: %(mode)s, %(kind)s", mode=mode, kind=kind))]
    try:
        account = require_account(desk)
        facts = desk.gateway.fetch_account()
    except Failure as problem:
        what = sentence("account: %(problem)s", problem=as_sentence(problem.message))
        return [*findings, Finding("fail", what, N_("Check STRIPE_SECRET_KEY and the network."))]
    findings.append(Finding("ok", sentence("account: %(name)s", name=f"{account.id} {facts.name}".rstrip())))
    findings.append(_check_clock(facts.clock_at, clock.now()))
    try:
        findings += _check_permissions(desk)
        findings += _check_endpoint(desk, webhook_url)
        findings += _check_portal(desk)
        findings += _check_rows(desk)
    except Failure as problem:
        findings.append(Finding("fail", problem.message, N_("Nothing else was looked at.")))
    with desk.db.reading() as session:
        findings += _check_notices(session, now)
    return findings if has_secret else [*findings, NO_SECRET]


def _check_clock(theirs: datetime | None, ours: datetime) -> Finding:
    """A fast clock makes us refuse genuine notices: their signatures look too old."""
    if theirs is None:
        return Finding("warn", N_("clock: Stripe's answer had no date"))
    ahead = round((ours - theirs).total_seconds())
    what = sentence("clock: %(seconds)s s against Stripe's", seconds=f"{ahead:+}")
    advice = N_("Set this machine's clock, best by NTP: notices signed more than 300 s ago are refused.")
    if abs(ahead) > CLOCK_FAILS_SECONDS:
        return Finding("fail", what, advice)
    return Finding("warn", what, advice) if abs(ahead) > CLOCK_WARNS_SECONDS else Finding("ok", what)


def _check_permissions(desk: Desk) -> list[Finding]:
    lacks = list_lacks(desk.gateway)
    found = []
    for lack in lacks:
        permission = lack.permission
        what = sentence(
            "permission: the key may not %(level)s %(name)s", level=_say(permission.level), name=permission.name
        )
        why = as_sentence(permission.why)
        advice = sentence("Needed for %(why)s. Edit the restricted key at Stripe and allow it.", why=why)
        if lack.word:
            advice = sentence("%(advice)s Stripe calls it %(word)s.", advice=advice, word=lack.word)
        found.append(Finding("fail" if permission.is_needed else "warn", what, advice))
    return found or [Finding("ok", N_("permissions: the key may do all that is needed"))]


def _say(level: str) -> str:
    return sentence("read") if level == "read" else sentence("write")


def _check_endpoint(desk: Desk, webhook_url: str) -> list[Finding]:
    found = [each for each in list_webhooks(desk.gateway) if each.url.rstrip("/") == webhook_url.rstrip("/")]
    if not found:
        return [Finding("fail", sentence("webhook: none for %(url)s", url=webhook_url), CONNECT, "webhook")]
    return [_check_one_endpoint(each) for each in found]


def _check_one_endpoint(endpoint: EndpointFacts) -> Finding:
    version = endpoint.api_version or sentence("of the account")
    what = sentence(
        "webhook: %(id)s %(status)s, version %(version)s", id=endpoint.id, status=endpoint.status, version=version
    )
    if endpoint.api_version != PACKAGE_VERSION:
        advice = sentence(
            "`podcastsvc payments connect` makes a second one with version %(version)s; later delete this one.",
            version=PACKAGE_VERSION,
        )
        return Finding("warn", what, advice, "webhook")
    if endpoint.status != "enabled":
        return Finding("fail", what, CONNECT, "webhook")
    missing = [] if "*" in endpoint.types else [each for each in NOTICE_TYPES if each not in endpoint.types]
    if missing:
        lacking = sentence("%(webhook)s, does not send %(types)s", webhook=what, types=", ".join(missing))
        return Finding("fail", lacking, CONNECT, "webhook")
    return Finding("ok", what, step="webhook")


def _check_portal(desk: Desk) -> list[Finding]:
    """Ours are made when a plan is saved, and at the latest when somebody opens the portal."""
    if any(desk.gateway.is_ours(each) for each in list_portal_settings(desk.gateway)):
        return [Finding("ok", N_("portal: its settings are there"), step="portal")]
    advice = N_("They are made by themselves with the next plan that is saved, or by “Connect” in the studio.")
    return [Finding("warn", N_("portal: its settings are not there yet"), advice, "portal")]


def _check_notices(session: Session, now: datetime) -> list[Finding]:
    newest = session.scalar(select(func.max(Notice.received_at)))
    states = notices.count_states(session)
    counted = ", ".join(f"{count} {state}" for state, count in sorted(states.items())) or sentence("none")
    age = (
        sentence("never")
        if newest is None
        else sentence("%(hours)s h ago", hours=str(round((now - newest).total_seconds() / 3600, 1)))
    )
    what = sentence("notices: %(counted)s; newest received %(age)s", counted=counted, age=age)
    findings = [Finding("ok", what, step="webhook")]
    if states.get("dead"):
        dead = sentence("%(count)s notices are dead", count=states["dead"])
        advice = N_("Run `podcastsvc payments sync`; it tries them again.")
        findings.append(Finding("fail", dead, advice, "webhook"))
    return findings


def _check_rows(desk: Desk) -> list[Finding]:
    """Rows that differ from Stripe, statuses that we do not know, and members who pay twice."""
    found = desk.gateway.list_subscriptions()
    with desk.db.reading() as session:
        rows = {row.stripe_id: row for row in session.scalars(select(Subscription))}
        twice = _list_paying_twice(session)
    ours = [facts for facts in found if facts.id in rows or desk.gateway.is_ours(facts.metadata)]
    differing = [facts.id for facts in ours if differs(facts, rows.get(facts.id))]
    counted = sentence(
        "subscriptions: %(ours)s of ours, %(others)s of others", ours=len(ours), others=len(found) - len(ours)
    )
    findings = [Finding("ok", counted, step="members")]
    for stripe_id in differing:
        findings.append(Finding("fail", sentence("%(id)s differs from Stripe", id=stripe_id), SYNC, "members"))
    for row in (row for row in rows.values() if row.status not in KNOWN):
        what = sentence("%(id)s has the unknown status %(status)s", id=row.stripe_id, status=repr(row.status))
        findings.append(Finding("warn", what, SYNC, "members"))
    for member in twice:
        what = sentence("member %(member)s has more than one subscription", member=str(member))
        findings.append(Finding("warn", what, step="members"))
    return findings


def _list_paying_twice(session: Session) -> list[int]:
    query = (
        select(Subscription.member_id)
        .where(Subscription.member_id.is_not(None), Subscription.status.in_((*sorted(subscriptions.GOOD), "past_due")))
        .group_by(Subscription.member_id)
        .having(func.count() > 1)
    )
    return [member for member in session.scalars(query) if member is not None]
