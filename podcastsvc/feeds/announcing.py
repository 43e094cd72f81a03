"""Telling others that a feed has changed: Overcast, a WebSub hub, podping. All off until the host switches them on.

Rule N1: no member's address is ever told to anybody. Hubs and prefix services keep and publish logs, and podping writes to a
public chain for ever.
"""

import logging
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from urllib.parse import urlencode

from sqlalchemy import select

from podcastsvc.catalogue.addresses import write_feed_path
from podcastsvc.errors import Failure, Unavailable
from podcastsvc.feeds.renderer import Renderer
from podcastsvc.feeds.versions import ShowState, list_states
from podcastsvc.feeds.views import PUBLIC_VIEW
from podcastsvc.kit import outgoing
from podcastsvc.kit.language import N_
from podcastsvc.settings import Settings
from podcastsvc.storage import jobs
from podcastsvc.storage.db import Database
from podcastsvc.storage.facts import find_fact, save_fact
from podcastsvc.storage.tables.member import FeedLink, LinkReader

log = logging.getLogger(__name__)

ANNOUNCE_JOB = "feeds.announce"
SECONDS = 10
MOST_TRIES = 3
# As the lists of agents name the crawler.
OVERCAST = "Overcast"
NOT_TAKEN = N_("The other side did not take it.")


class Receiver(StrEnum):
    """Who is told."""

    OVERCAST = "overcast"
    OVERCAST_MEMBERS = "overcast_members"
    HUB = "hub"
    PODPING = "podping"


@dataclass(frozen=True, slots=True)
class Places:
    """Where they are told; tests name others. ``excepted`` as in ``kit.outgoing.send``."""

    overcast: str = "https://overcast.fm/ping"
    podping: str = "https://podping.cloud/"
    excepted: Collection[str] = ()


@dataclass(frozen=True, slots=True)
class Announcement:
    """One request that tells one of them."""

    method: str
    url: str
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""


def enqueue_news(db: Database, renderer: Renderer, settings: Settings, now: datetime) -> None:
    """Enqueues what is to be told of shows whose feeds have changed since they were last told of.

    A show that is looked at for the first time is not told of: its episodes are no news to anybody.
    """
    if not list_receivers(settings):
        return
    with db.reading() as session:
        states = list_states(session)
        told = {state.id: find_fact(session, _name_fact(state)) for state in states}
        has_overcast = session.scalar(_READ_BY_OVERCAST) is not None
    for state in states:
        public = renderer.name_items(state, [PUBLIC_VIEW], now)
        members = renderer.name_items(state, renderer.list_views(state, now), now)
        before = told[state.id]
        wanted = [] if before is None else _choose(settings, before, public, members, has_overcast=has_overcast)
        if before == {"public": public, "members": members}:
            continue
        with db.transaction() as session:
            save_fact(session, _name_fact(state), {"public": public, "members": members})
            for receiver in wanted:
                payload = {"receiver": receiver, "feed": settings.base_url + write_feed_path(_key_of(state))}
                key = f"{ANNOUNCE_JOB}:{receiver}:{state.id}"
                jobs.enqueue(session, ANNOUNCE_JOB, payload, unique_key=key, max_attempts=MOST_TRIES)


# A crawler reads many members' feeds beside other apps of theirs; those of links that are over count for nothing.
_READ_BY_OVERCAST = (
    select(LinkReader.feed_link_id)
    .join(FeedLink, FeedLink.id == LinkReader.feed_link_id)
    .where(LinkReader.name == OVERCAST, FeedLink.replaced_at.is_(None), FeedLink.revoked_at.is_(None))
    .limit(1)
)


def _choose(
    settings: Settings, before: Mapping[str, str], public: str, members: str, *, has_overcast: bool
) -> list[Receiver]:
    """Who is told of what has changed. Overcast hears of members' feeds only where its crawler reads one already."""
    is_public_news, is_members_news = before["public"] != public, before["members"] != members
    return [
        each
        for each in list_receivers(settings)
        if (is_members_news and has_overcast if each is Receiver.OVERCAST_MEMBERS else is_public_news)
    ]


def list_receivers(settings: Settings) -> list[Receiver]:
    """Whom the host wants to tell."""
    wanted = {
        Receiver.OVERCAST: settings.overcast_ping,
        Receiver.OVERCAST_MEMBERS: settings.overcast_ping,
        Receiver.HUB: bool(settings.websub_hub),
        Receiver.PODPING: bool(settings.podping_token),
    }
    return [each for each, is_wanted in wanted.items() if is_wanted]


def _key_of(state: ShowState) -> str | None:
    return None if state.is_first else state.key


def _name_fact(state: ShowState) -> str:
    return f"announced:{state.key}"


def write_announcement(receiver: Receiver, feed: str, settings: Settings, places: Places) -> Announcement:
    """The request that tells one receiver of a show's public feed (section 9). Pure."""
    if receiver is Receiver.OVERCAST_MEMBERS:
        # All members' feeds at once, by what their addresses have in common.
        prefix = {"urlprefix": f"{settings.base_url}/private/", "urlcontains": "/" + feed.rpartition("/")[2]}
        return Announcement("GET", f"{places.overcast}?{urlencode(prefix)}")
    if receiver is Receiver.OVERCAST:
        return Announcement("GET", f"{places.overcast}?{urlencode({'urlprefix': feed})}")
    if receiver is Receiver.HUB:
        body = urlencode({"hub.mode": "publish", "hub.url": feed}).encode()
        kind = {"Content-Type": "application/x-www-form-urlencoded"}
        return Announcement("POST", settings.websub_hub, kind, body)
    query = urlencode({"url": feed, "reason": "update", "medium": "podcast"})
    return Announcement("GET", f"{places.podping}?{query}", {"Authorization": settings.podping_token})


def announce(receiver: Receiver, feed: str, settings: Settings, places: Places) -> None:
    """Tells one receiver; the change is visible by then. Raises Unavailable where it should be tried again.

    The handler of ``feeds.announce``.
    """
    wanted = write_announcement(receiver, feed, settings, places)
    try:
        reply = outgoing.send(
            wanted.method,
            wanted.url,
            headers=wanted.headers,
            body=wanted.body,
            seconds=SECONDS,
            excepted=places.excepted,
        )
    except Failure as problem:
        raise Unavailable(problem.message) from problem
    if not reply.is_good:
        raise Unavailable(NOT_TAKEN)
    log.info("told of a change", extra={"receiver": receiver})
