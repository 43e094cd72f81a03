"""Requests become downloads: hits are noted without delay, and written here in batches (rules D2, D3, D5, D10, H1)."""

import re
import secrets
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from ipaddress import IPv4Address, ip_address, ip_network

from sqlalchemy import select
from sqlalchemy.orm import Session

from podcastsvc.stats import counting
from podcastsvc.stats.agents import Agent, AgentKind, Namer
from podcastsvc.storage.inserts import insert_if_absent, insert_or_change
from podcastsvc.storage.tables.member import FeedAnswer, FeedLink
from podcastsvc.storage.tables.stats import AppFetch, DayKey, Download, FeedReader, LinkDay, Listen, UnknownAgent

PUBLIC = "public"
_KEY_BYTES = 32
_AT_ONCE = 400
_MOST_NETWORKS = 200
_AGENT_CHARS = 300
_SUBSCRIBERS = re.compile(r"(\d{1,9}) subscribers?")


@dataclass(frozen=True, slots=True)
class Hit:
    """One answered request for audio that may count (``counting.may_count``).

    ``start`` to before ``stop`` are the bytes sent, or asked for where ``is_asked``. ``network`` is the client's IPv4
    address or IPv6 /64; it is used to make the listener's key, and not kept. ``audience`` is "public" or plan keys.
    """

    at: datetime
    episode_guid: str
    is_preview: bool
    audience: str
    network: str
    agent: str
    referrer: str
    start: int
    stop: int
    threshold_bytes: int
    is_asked: bool = False
    link_id: int | None = None


@dataclass(frozen=True, slots=True)
class Fetch:
    """One request for a feed and its answer; ``link_id`` where it was a member's. ``show_key`` is empty where the link
    opens no feed any more."""

    at: datetime
    show_key: str
    network: str
    agent: str
    link_id: int | None = None
    answer: FeedAnswer = FeedAnswer.FULL


@dataclass(slots=True)
class _Part:
    """The hits of one listener, episode and day within a batch; they are alike but for their ranges."""

    key: str
    listener: str
    agent: Agent
    hits: list[Hit]


def save_hits(session: Session, hits: Sequence[Hit], namer: Namer, *, excluded: Iterable[str] = ()) -> None:
    """Adds a batch to what each listener has received, and counts the downloads that became whole by it."""
    networks = tuple(excluded)
    by_day: dict[date, list[Hit]] = defaultdict(list)
    for hit in hits:
        if not counting.is_excluded(hit.network, networks):
            by_day[counting.name_day(hit.at)].append(hit)
    for day, of_day in sorted(by_day.items()):
        _save_day(session, day, of_day, namer)


def _save_day(session: Session, day: date, hits: Sequence[Hit], namer: Namer) -> None:
    day_key = get_day_key(session, day)
    parts: dict[str, _Part] = {}
    for hit in hits:
        agent = namer.name(hit.agent, hit.referrer)
        if agent.kind is AgentKind.UNKNOWN:
            _note_unknown(session, hit.agent, day)
        if counting.is_listener(agent, hit.agent):
            kind = "preview" if hit.is_preview else "full"
            key = counting.make_key(day_key, hit.episode_guid, kind, hit.network, hit.agent)
            listener = counting.make_key(day_key, hit.network, hit.agent)
            parts.setdefault(key, _Part(key, listener, agent, [])).hits.append(hit)
    rows = _get_rows(session, day, sorted(parts.values(), key=lambda part: part.key))
    for key, part in parts.items():
        _add_part(session, rows[key], part)
    _note_links(session, day, day_key, parts.values())


def _get_rows(session: Session, day: date, parts: Sequence[_Part]) -> dict[str, Listen]:
    """The rows of these listeners, made where missing, held against other processes until the commit."""
    found: dict[str, Listen] = {}
    for offset in range(0, len(parts), _AT_ONCE):
        chunk = parts[offset : offset + _AT_ONCE]
        keys = [part.key for part in chunk]
        known = set(session.scalars(select(Listen.key).where(Listen.day == day, Listen.key.in_(keys))))
        for part in chunk:
            if part.key not in known:
                insert_if_absent(session, Listen, _describe(day, part))
        query = select(Listen).where(Listen.day == day, Listen.key.in_(keys)).order_by(Listen.key).with_for_update()
        found |= {row.key: row for row in session.scalars(query)}
    return found


def _describe(day: date, part: _Part) -> dict[str, object]:
    first = min(part.hits, key=lambda hit: hit.at)
    return {
        "day": day,
        "key": part.key,
        "listener": part.listener,
        "episode_guid": first.episode_guid,
        "is_preview": first.is_preview,
        "audience": first.audience,
        "app": part.agent.name,
        "device": part.agent.device,
        "first_at": first.at,
        "ranges": [],
        "is_asked": first.is_asked,
        "is_counted": False,
    }


def _add_part(session: Session, row: Listen, part: _Part) -> None:
    if row.is_counted:
        return
    known = [(start, stop) for start, stop in row.ranges]
    merged = counting.merge([*known, *((hit.start, hit.stop) for hit in part.hits)])
    if counting.count_bytes(merged) < max(part.hits[0].threshold_bytes, 1):
        row.ranges = [[start, stop] for start, stop in merged]
        return
    row.is_counted, row.ranges = True, []
    session.add(
        Download(
            day=row.day,
            hour=row.first_at.hour,
            episode_guid=row.episode_guid,
            is_preview=row.is_preview,
            audience=row.audience,
            app=row.app,
            device=row.device,
            listener=row.listener,
            is_asked=row.is_asked,
            is_anomaly=False,
        )
    )


def get_day_key(session: Session, day: date) -> bytes:
    """The key of a day, the same in all processes; made by the first that asks."""
    found = session.get(DayKey, day)
    if found is None:
        insert_if_absent(session, DayKey, {"day": day, "key": secrets.token_bytes(_KEY_BYTES)})
        found = session.get_one(DayKey, day)
    return found.key


def _note_unknown(session: Session, text: str, day: date) -> None:
    values = {"text": text[:_AGENT_CHARS], "count": 1, "last_on": day}
    changes = {"count": UnknownAgent.count + 1, "last_on": day}
    insert_or_change(session, UnknownAgent, values, key=["text"], changes=changes)


# ---- members' links


def _note_links(session: Session, day: date, day_key: bytes, parts: Iterable[_Part]) -> None:
    """Adds from where and by which apps each link's audio was fetched (rules H1, T-M7)."""
    networks: dict[int, set[str]] = defaultdict(set)
    apps: dict[int, set[str]] = defaultdict(set)
    for part in parts:
        for hit in part.hits:
            if hit.link_id is not None:
                networks[hit.link_id].add(counting.make_key(day_key, "network", _widen(hit.network))[:12])
                apps[hit.link_id].add(part.agent.name)
    for row in _get_links(session, day, sorted(networks)):
        row.networks = sorted({*row.networks, *networks[row.feed_link_id]})[:_MOST_NETWORKS]
        row.apps = sorted({*row.apps, *apps[row.feed_link_id]})[:_MOST_NETWORKS]


def _get_links(session: Session, day: date, link_ids: Sequence[int]) -> list[LinkDay]:
    # A member may have been removed since the request was answered.
    there = set(session.scalars(select(FeedLink.id).where(FeedLink.id.in_(link_ids)))) if link_ids else set()
    for link_id in sorted(there):
        values = {"day": day, "feed_link_id": link_id, "networks": [], "apps": [], "subscribers": 0}
        insert_if_absent(session, LinkDay, values)
    query = select(LinkDay).where(LinkDay.day == day, LinkDay.feed_link_id.in_(there))
    return list(session.scalars(query.order_by(LinkDay.feed_link_id).with_for_update()))


def _widen(network: str) -> str:
    """The /24 of an IPv4 address, the /64 of an IPv6 one (rule H1)."""
    try:
        address = ip_address(network)
    except ValueError:
        return network
    return str(ip_network((address, 24 if isinstance(address, IPv4Address) else 64), strict=False))


# ---- readers of feeds


def save_fetches(session: Session, fetches: Sequence[Fetch], namer: Namer) -> None:
    """Notes who read the feeds, and what readers with a server say of the links of members (rules D9, H1)."""
    served = [fetch for fetch in fetches if not fetch.answer.is_refusal]
    _note_apps(session, served, namer)
    for day in sorted({counting.name_day(fetch.at) for fetch in served}):
        day_key = get_day_key(session, day)
        of_day = [fetch for fetch in served if counting.name_day(fetch.at) == day]
        _note_readers(session, day, day_key, [fetch for fetch in of_day if fetch.link_id is None], namer)
        _note_subscribers(session, day, [fetch for fetch in of_day if fetch.link_id is not None])


def _note_apps(session: Session, fetches: Sequence[Fetch], namer: Namer) -> None:
    """When each app last got a feed: a row for each app of the batch, however many people use it."""
    last: dict[tuple[str, bool, str], datetime] = {}
    for fetch in fetches:
        place = (fetch.show_key, fetch.link_id is not None, namer.name_reader(fetch.agent))
        last[place] = max(last.get(place, fetch.at), fetch.at)
    for (show_key, is_personal, name), at in sorted(last.items()):
        values = {"show_key": show_key, "is_personal": is_personal, "name": name, "fetched_at": at}
        insert_or_change(session, AppFetch, values, key=["show_key", "is_personal", "name"], changes={"fetched_at": at})


def _note_readers(session: Session, day: date, day_key: bytes, fetches: Sequence[Fetch], namer: Namer) -> None:
    found: dict[tuple[str, str], tuple[str, int | None]] = {}
    for fetch in fetches:
        name, subscribers = namer.name_reader(fetch.agent), count_subscribers(fetch.agent)
        if namer.name(fetch.agent, "").kind is AgentKind.BOT and subscribers is None:
            continue
        # A reader with a server is one reader, from however many addresses it asks.
        parts = ("server", name) if subscribers is not None else (fetch.network, fetch.agent)
        place = (fetch.show_key, counting.make_key(day_key, "reader", *parts))
        best = max(subscribers or 0, found.get(place, ("", 0))[1] or 0)
        found[place] = (name, best if subscribers is not None else None)
    for (show_key, key), (name, subscribers) in sorted(found.items()):
        values = {"day": day, "show_key": show_key, "key": key, "name": name, "subscribers": subscribers}
        insert_or_change(
            session, FeedReader, values, key=["day", "show_key", "key"], changes={"subscribers": subscribers}
        )


def pick_last(fetches: Sequence[Fetch]) -> dict[int, Fetch]:
    """What is remembered of each member's link: the last fetch; one that brought nothing new only where it is alone."""
    telling = sorted(fetches, key=lambda fetch: (fetch.answer is not FeedAnswer.UNCHANGED, fetch.at))
    return {fetch.link_id: fetch for fetch in telling if fetch.link_id is not None}


def _note_subscribers(session: Session, day: date, fetches: Sequence[Fetch]) -> None:
    greatest: dict[int, int] = {}
    for fetch in fetches:
        subscribers = count_subscribers(fetch.agent)
        if fetch.link_id is not None and subscribers is not None:
            greatest[fetch.link_id] = max(greatest.get(fetch.link_id, 0), subscribers)
    for row in _get_links(session, day, sorted(greatest)):
        row.subscribers = max(row.subscribers, greatest[row.feed_link_id])


def count_subscribers(agent: str) -> int | None:
    """The "N subscribers" that a feed reader's agent names; None where it names none."""
    found = _SUBSCRIBERS.search(agent)
    return None if found is None else int(found[1])
