"""What a member may hear at an instant: computed from subscriptions and grants, never stored.

The rule (``entitle``) is pure. Periods carry Stripe's instants; our own clock decides only what "now" is.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Select, bindparam, false, literal, null, select, true, type_coerce, union_all
from sqlalchemy.orm import InstrumentedAttribute, Session
from sqlalchemy.types import JSON, Boolean, String

from podcastsvc.catalogue.access import PUBLIC, Audience
from podcastsvc.members.subscriptions import is_of_account
from podcastsvc.storage.tables.base import Instant
from podcastsvc.storage.tables.billing import Grant, Subscription
from podcastsvc.storage.tables.offer import Seat

# A row that says "active" is believed this long after its period ended, while Stripe cannot be asked.
SILENCE = timedelta(days=7)
_EVER = datetime.max.replace(tzinfo=UTC)
_NEVER = datetime.min.replace(tzinfo=UTC)


class Standing(StrEnum):
    """How a membership is shown to its member and to the host."""

    NONE = "none"
    CONFIRMING = "confirming"
    ACTIVE = "active"
    HELD = "held"  # the host has paused the payments; access goes on
    TRIAL = "trial"
    PAST_DUE = "past_due"
    ENDING = "ending"
    GIFT = "gift"
    COMP = "comp"
    BOUGHT = "bought"  # paid for by one payment, until a day or for good
    SEAT = "seat"  # a place in a group that somebody else pays for
    PAUSED = "paused"
    ENDED = "ended"


@dataclass(frozen=True, slots=True)
class Agreement:
    """What this rule reads of a mirrored subscription. ``cancel_at`` is set in either way of being scheduled to end.

    ``kept_until`` is the end of the grace of a row that is past due, and of the patience with an unknown status. A monthly
    donation gives access only to the plans that the host tied to it. ``is_seat``: somebody else's, in whose group this member
    has a place.
    """

    id: str
    status: str
    plans: frozenset[str]
    period_end: datetime | None = None
    trial_end: datetime | None = None
    cancel_at: datetime | None = None
    ended_at: datetime | None = None
    kept_until: datetime | None = None
    paused_since: datetime | None = None
    is_collection_paused: bool = False
    is_donation: bool = False
    is_seat: bool = False


@dataclass(frozen=True, slots=True)
class Given:
    """What this rule reads of a grant."""

    plan: str
    reason: str
    starts_at: datetime
    ends_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Entitlement:
    """The answer. ``until`` is the latest end among what gives access (None: open), or when it ended.

    ``changes_at`` is the next instant at which the answer changes by itself. ``needs_card``: a payment of the member's own
    failed, whatever else gives access. ``subscription_id`` is their own one that is shown. ``is_unconfirmed``: it ended
    because Stripe could not be asked for too long. ``paused_since`` tells one pause from another.
    """

    audience: Audience = PUBLIC
    standing: Standing = Standing.NONE
    until: datetime | None = None
    changes_at: datetime | None = None
    needs_card: bool = False
    subscription_id: str | None = None
    is_unconfirmed: bool = False
    paused_since: datetime | None = None

    @property
    def has_access(self) -> bool:
        return not self.audience.is_public


@dataclass(frozen=True, slots=True)
class _Claim:
    """One subscription or grant, weighed: shown as what, until when, and when its access stops (None: never had any)."""

    plans: frozenset[str]
    standing: Standing
    until: datetime | None
    stops_at: datetime | None
    subscription_id: str | None = None


# Of several that give access equally long, the first one here is shown; of several that ended, likewise.
_RANK = (
    Standing.ACTIVE,
    Standing.HELD,
    Standing.BOUGHT,
    Standing.COMP,
    Standing.SEAT,
    Standing.GIFT,
    Standing.TRIAL,
    Standing.PAST_DUE,
    Standing.ENDING,
    Standing.CONFIRMING,
    Standing.PAUSED,
    Standing.ENDED,
    Standing.NONE,
)


def entitle(agreements: Iterable[Agreement], grants: Iterable[Given], now: datetime) -> Entitlement:
    """The union of all plans, with the latest end. Pure; the only copy of this rule."""
    gifts = list(grants)
    claims = [_weigh(each) for each in agreements] + [_weigh_grant(each) for each in gifts if each.starts_at <= now]
    live = [each for each in claims if each.plans and each.stops_at is not None and each.stops_at > now]
    starts = [each.starts_at for each in gifts if each.starts_at > now]
    if not live:
        return _describe_past(claims, starts)
    shown = max(live, key=lambda each: (each.until or _EVER, -_RANK.index(each.standing)))
    stops = [each.stops_at for each in live if each.stops_at is not None and each.stops_at != _EVER]
    return Entitlement(
        audience=Audience(frozenset().union(*(each.plans for each in live))),
        standing=shown.standing,
        until=shown.until,
        changes_at=min(stops + starts, default=None),
        needs_card=any(each.standing is Standing.PAST_DUE for each in live),
        subscription_id=shown.subscription_id,
    )


def find_stop(agreement: Agreement) -> datetime | None:
    """When the access of one subscription stops by itself; None where it gives none."""
    return _weigh(agreement).stops_at


def _describe_past(claims: Sequence[_Claim], starts: Sequence[datetime]) -> Entitlement:
    changes_at = min(starts, default=None)
    waiting = [each for each in claims if each.standing in {Standing.CONFIRMING, Standing.PAUSED}]
    if waiting:
        shown = max(waiting, key=lambda each: (-_RANK.index(each.standing), each.until or _NEVER))
        return Entitlement(
            standing=shown.standing,
            changes_at=changes_at,
            subscription_id=shown.subscription_id,
            paused_since=shown.until,
        )
    over = [each for each in claims if each.standing is not Standing.NONE]
    if not over:
        return Entitlement(changes_at=changes_at)
    last = max(over, key=lambda each: each.stops_at or each.until or _NEVER)
    return Entitlement(
        standing=Standing.ENDED,
        until=last.stops_at or last.until,
        changes_at=changes_at,
        subscription_id=last.subscription_id,
        is_unconfirmed=last.standing in {Standing.ACTIVE, Standing.HELD, Standing.TRIAL, Standing.SEAT},
    )


def _weigh_seat(agreement: Agreement) -> _Claim:
    """A seat is as good as the payer's own place, but neither the payment nor its troubles are its holder's."""
    claim = _weigh_own(agreement)
    if claim.standing in {Standing.NONE, Standing.CONFIRMING}:
        return _Claim(frozenset(), Standing.NONE, None, None)
    if claim.stops_at is None:
        return _Claim(frozenset(), Standing.ENDED, claim.until, None)
    until = claim.until if claim.standing in {Standing.ENDING, Standing.ENDED} else None
    standing = Standing.ENDED if claim.standing is Standing.ENDED else Standing.SEAT
    return _Claim(claim.plans, standing, until, claim.stops_at)


def _weigh_own(agreement: Agreement) -> _Claim:
    """The table of the access rule, one row after the other."""
    if agreement.is_donation and not agreement.plans:
        return _Claim(frozenset(), Standing.NONE, None, None)
    known = {
        "trialing": _weigh_running,
        "active": _weigh_running,
        "past_due": _weigh_kept,
        "unpaid": _weigh_over,
        "paused": _weigh_over,
        "incomplete": _weigh_over,
        "incomplete_expired": _weigh_over,
        "canceled": _weigh_over,
    }
    # A word that Stripe has learned since: access stays as it was, for at most seven days.
    return known.get(agreement.status, _weigh_kept)(agreement)


def _weigh(agreement: Agreement) -> _Claim:
    return _weigh_seat(agreement) if agreement.is_seat else _weigh_own(agreement)


def _weigh_running(agreement: Agreement) -> _Claim:
    is_trial = agreement.status == "trialing"
    paid_until = agreement.trial_end if is_trial else agreement.period_end
    silent_at = paid_until + SILENCE if paid_until is not None else _EVER
    if agreement.cancel_at is not None:
        stops_at = min(agreement.cancel_at, silent_at)
        return _Claim(agreement.plans, Standing.ENDING, agreement.cancel_at, stops_at, agreement.id)
    if is_trial:
        return _Claim(agreement.plans, Standing.TRIAL, agreement.trial_end, silent_at, agreement.id)
    standing = Standing.HELD if agreement.is_collection_paused else Standing.ACTIVE
    return _Claim(agreement.plans, standing, None, silent_at, agreement.id)


def _weigh_kept(agreement: Agreement) -> _Claim:
    standing = Standing.PAST_DUE if agreement.status == "past_due" else Standing.ACTIVE
    until = agreement.kept_until
    if until is not None and agreement.cancel_at is not None:
        until = min(until, agreement.cancel_at)
    shown = standing if until is not None else Standing.ENDED
    return _Claim(agreement.plans, shown, until or agreement.period_end, until, agreement.id)


def _weigh_over(agreement: Agreement) -> _Claim:
    standing = {
        "paused": Standing.PAUSED,
        "incomplete": Standing.CONFIRMING,
        "incomplete_expired": Standing.NONE,
    }.get(agreement.status, Standing.ENDED)
    until = {
        Standing.PAUSED: agreement.paused_since,
        Standing.CONFIRMING: None,
    }.get(standing, agreement.ended_at or agreement.period_end)
    return _Claim(frozenset(), standing, until, None, agreement.id)


def _weigh_grant(grant: Given) -> _Claim:
    standing = {"gift": Standing.GIFT, "once": Standing.BOUGHT}.get(grant.reason, Standing.COMP)
    return _Claim(frozenset({grant.plan}), standing, grant.ends_at, grant.ends_at or _EVER)


def get_entitlement(session: Session, member_id: int, now: datetime) -> Entitlement:
    """What one member may hear. One statement over two indexes; it runs for every request for audio."""
    rows = session.execute(_OF_ONE, {"member": member_id}).all()
    return entitle_rows(rows, now)


def list_entitlements(session: Session, member_ids: Sequence[int], now: datetime) -> dict[int, Entitlement]:
    """The same for many members at once, by member id."""
    found: dict[int, list[Any]] = {member_id: [] for member_id in member_ids}
    if found:
        for row in session.execute(_OF_MANY, {"members": list(found)}):
            found[row.member_id].append(row)
    return {member_id: entitle_rows(rows, now) for member_id, rows in found.items()}


def entitle_rows(rows: Sequence[Any], now: datetime) -> Entitlement:
    """The answer from rows of ``select_claims`` for one member."""
    agreements = [
        Agreement(
            id=row.id,
            status=row.word,
            plans=frozenset(row.plans),
            period_end=row.second_at,
            trial_end=row.third_at,
            cancel_at=row.fourth_at,
            ended_at=row.first_at,
            kept_until=row.fifth_at,
            paused_since=row.sixth_at,
            is_collection_paused=row.is_paused,
            is_donation=row.is_donation,
            is_seat=row.is_seat,
        )
        for row in rows
        if not row.is_grant
    ]
    grants = [Given(row.id, row.word, row.first_at, row.second_at) for row in rows if row.is_grant]
    return entitle(agreements, grants, now)


def select_claims(
    of_subscription: ColumnElement[bool], of_grant: ColumnElement[bool], of_seat: ColumnElement[bool]
) -> Any:
    """All kinds of row in one statement; the columns' names stand for what either kind keeps there.

    A seat's row is the payer's subscription, where the place is among those that it pays for.
    """
    is_ours = is_of_account(Subscription.account, Subscription.livemode)
    agreements = _select_agreements(Subscription.member_id, is_seat=False).where(of_subscription, is_ours)
    seats = (
        _select_agreements(Seat.member_id, is_seat=True)
        .join(Seat, Seat.payer_id == Subscription.member_id)
        .where(of_seat, Subscription.quantity > Seat.position, is_ours)
    )
    return union_all(agreements, seats, _select_grants().where(of_grant))


def _select_agreements(member_id: InstrumentedAttribute[Any], *, is_seat: bool) -> Select[Any]:
    return select(
        type_coerce(literal(0), Boolean()).label("is_grant"),
        member_id.label("member_id"),
        type_coerce(Subscription.stripe_id, String()).label("id"),
        Subscription.status.label("word"),
        type_coerce(Subscription.plans, JSON()).label("plans"),
        Subscription.ended_at.label("first_at"),
        Subscription.period_end.label("second_at"),
        Subscription.trial_end.label("third_at"),
        Subscription.cancel_at.label("fourth_at"),
        Subscription.access_kept_until.label("fifth_at"),
        Subscription.paused_since.label("sixth_at"),
        Subscription.is_collection_paused.label("is_paused"),
        (Subscription.kind == "donation").label("is_donation"),
        (true() if is_seat else false()).label("is_seat"),
    ).select_from(Subscription)


def _select_grants() -> Any:
    nothing = type_coerce(null(), Instant())
    return select(
        type_coerce(literal(1), Boolean()),
        Grant.member_id,
        Grant.plan,
        Grant.reason,
        type_coerce(null(), JSON()),
        Grant.starts_at,
        Grant.ends_at,
        nothing,
        nothing,
        nothing,
        nothing,
        true(),
        false(),
        false(),
    )


_OF_ONE = select_claims(
    Subscription.member_id == bindparam("member"),
    Grant.member_id == bindparam("member"),
    Seat.member_id == bindparam("member"),
)
_OF_MANY = select_claims(
    Subscription.member_id.in_(bindparam("members", expanding=True)),
    Grant.member_id.in_(bindparam("members", expanding=True)),
    Seat.member_id.in_(bindparam("members", expanding=True)),
)
