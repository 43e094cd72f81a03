"""Why a member cannot listen: the first thing that is wrong, from what is known of the membership and the links. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum, auto

from podcastsvc.members.entitlements import Entitlement, Standing
from podcastsvc.members.feed_tokens import LinkState, state_of
from podcastsvc.storage.tables.member import FeedAnswer, FeedLink

# The slowest apps ask twice a day, and people are away for a weekend.
STAYS_AWAY_AFTER = timedelta(days=7)
# Apps with servers of their own show a new episode hours after it came out.
BEHIND_AFTER = timedelta(days=1)
UNHEARD_AFTER = timedelta(days=1)


class Hindrance(StrEnum):
    """What keeps a member from listening, in the order in which it is looked for."""

    NOT_YET = auto()
    """A plan is given, from a later day on."""
    NO_PLAN = auto()
    CONFIRMING = auto()
    PAUSED = auto()
    UNCONFIRMED = auto()
    """Stripe could not be asked for so long that the membership counts as ended."""
    ENDED = auto()
    TAKEN_AWAY = auto()
    """The host took the last link away."""
    NO_LINK = auto()
    OLD_LINK = auto()
    """An app asks with a link that works no more."""
    OPENED_ONLY = auto()
    """The member opened the link, and no app has asked for its feed since."""
    NEVER_ASKED = auto()
    TOO_OFTEN = auto()
    STAYS_AWAY = auto()
    TOLD_ENDED = auto()
    """The app asked last while no membership ran, and does not know that one does."""
    BEHIND = auto()
    """The app has not asked since the newest episode came out, and should have."""
    NEVER_HEARD = auto()
    """The app reads the feed, and has never fetched audio."""
    PAST_DUE = auto()
    """Nothing keeps them from listening yet, but a payment failed."""
    NONE = auto()


@dataclass(frozen=True, slots=True)
class LinkUse:
    """What is known of one link: its state, and what became of it."""

    id: int
    state: LinkState
    created_at: datetime
    replaced_at: datetime | None = None
    revoked_at: datetime | None = None
    opened_at: datetime | None = None
    fetched_at: datetime | None = None
    fetched_by: str = ""
    answer: FeedAnswer | None = None
    heard_at: datetime | None = None

    @property
    def stopped_at(self) -> datetime | None:
        """Since when it gives nothing to hear."""
        return min((at for at in (self.replaced_at, self.revoked_at) if at is not None), default=None)


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """The first thing that is wrong. ``app`` is the one that it is about, "" for none; ``day`` when it began or happened;
    ``link_id`` the live link that helps, if there is one."""

    hindrance: Hindrance
    day: datetime | None = None
    app: str = ""
    link_id: int | None = None


def read_use(link: FeedLink, now: datetime) -> LinkUse:
    """A link's row as this rule reads it."""
    return LinkUse(
        id=link.id,
        state=state_of(link, now),
        created_at=link.created_at,
        replaced_at=link.replaced_at,
        revoked_at=link.revoked_at,
        opened_at=link.opened_at,
        fetched_at=link.fetched_at,
        fetched_by=link.fetched_by,
        answer=FeedAnswer(link.fetched_answer) if link.fetched_answer else None,
        heard_at=link.heard_at,
    )


def diagnose(
    entitlement: Entitlement, links: Sequence[LinkUse], *, newest_at: datetime | None, now: datetime
) -> Diagnosis:
    """The first thing that keeps a member from listening. ``links`` are all they ever had; ``newest_at`` is when the
    newest episode came out that their feed holds."""
    live = [link for link in links if link.state is LinkState.LIVE]
    found = _judge_membership(entitlement) or _judge_links(links, live)
    if found is not None:
        return found
    asked = [link for link in live if link.fetched_at is not None]
    last = max(asked or live, key=lambda link: (link.fetched_at or link.created_at, link.id))
    return (
        _judge_old_links([link for link in links if link.state is not LinkState.LIVE], asked, last, now)
        or _judge_silence(live, last)
        or _judge_last_fetch(last, newest_at, now)
        or _judge_hearing(entitlement, links, last, now)
    )


def _judge_membership(entitlement: Entitlement) -> Diagnosis | None:
    if entitlement.has_access:
        return None
    if entitlement.standing in {Standing.CONFIRMING, Standing.PAUSED}:
        return Diagnosis(Hindrance(entitlement.standing.value))
    if entitlement.changes_at is not None:
        return Diagnosis(Hindrance.NOT_YET, entitlement.changes_at)
    if entitlement.standing is Standing.ENDED:
        kind = Hindrance.UNCONFIRMED if entitlement.is_unconfirmed else Hindrance.ENDED
        return Diagnosis(kind, entitlement.until)
    return Diagnosis(Hindrance.NO_PLAN)


def _judge_links(links: Sequence[LinkUse], live: Sequence[LinkUse]) -> Diagnosis | None:
    if live:
        return None
    revoked = [link.revoked_at for link in links if link.revoked_at is not None]
    return Diagnosis(Hindrance.TAKEN_AWAY, max(revoked)) if revoked else Diagnosis(Hindrance.NO_LINK)


def _judge_old_links(
    old: Iterable[LinkUse], asked: Sequence[LinkUse], last: LinkUse, now: datetime
) -> Diagnosis | None:
    """An app that still asks with an old link, and has not asked with another one since."""
    for link in sorted(old, key=lambda each: each.fetched_at or each.created_at, reverse=True):
        at, stopped_at = link.fetched_at, link.stopped_at
        if at is None or stopped_at is None or at < stopped_at:
            continue
        since = [each for each in asked if each.fetched_at is not None and each.fetched_at >= at]
        has_moved = any(each.fetched_by == link.fetched_by for each in since)
        if not has_moved and (not since or now - at < STAYS_AWAY_AFTER):
            return Diagnosis(Hindrance.OLD_LINK, stopped_at, link.fetched_by, last.id)
    return None


def _judge_silence(live: Sequence[LinkUse], last: LinkUse) -> Diagnosis | None:
    """No app has ever asked with a link that works."""
    if last.fetched_at is not None:
        return None
    opened = [link for link in live if link.opened_at is not None]
    if opened:
        link = max(opened, key=lambda each: each.opened_at or each.created_at)
        return Diagnosis(Hindrance.OPENED_ONLY, link.opened_at, link_id=link.id)
    return Diagnosis(Hindrance.NEVER_ASKED, last.created_at, link_id=last.id)


def _judge_last_fetch(last: LinkUse, newest_at: datetime | None, now: datetime) -> Diagnosis | None:
    at = last.fetched_at
    if at is None:
        return None
    kind = None
    if last.answer is FeedAnswer.TOO_OFTEN:
        kind = Hindrance.TOO_OFTEN
    elif now - at >= STAYS_AWAY_AFTER:
        kind = Hindrance.STAYS_AWAY
    elif last.answer is FeedAnswer.ENDED:
        kind = Hindrance.TOLD_ENDED
    elif newest_at is not None and at < newest_at and now - newest_at >= BEHIND_AFTER:
        kind = Hindrance.BEHIND
    return None if kind is None else Diagnosis(kind, at, last.fetched_by, last.id)


def _judge_hearing(entitlement: Entitlement, links: Iterable[LinkUse], last: LinkUse, now: datetime) -> Diagnosis:
    """The app does its part: what is left is whether anybody plays, and whether it goes on."""
    ever = [link.heard_at for link in links if link.heard_at is not None]
    if not ever and now - last.created_at >= UNHEARD_AFTER:
        return Diagnosis(Hindrance.NEVER_HEARD, last.fetched_at, last.fetched_by, last.id)
    if entitlement.standing is Standing.PAST_DUE:
        return Diagnosis(Hindrance.PAST_DUE, entitlement.until, last.fetched_by, last.id)
    return Diagnosis(Hindrance.NONE, last.fetched_at, last.fetched_by, last.id)
