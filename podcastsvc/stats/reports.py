"""What was heard, as numbers for the studio. "Counted by the rules of IAB 2.3, not certified" stands beside them."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from sqlalchemy import Integer, Subquery, and_, case, func, literal, or_, select, type_coerce, union_all
from sqlalchemy.orm import Session

from podcastsvc.stats.hits import PUBLIC
from podcastsvc.storage.tables.episode import Episode
from podcastsvc.storage.tables.stats import AppFetch, Download, DownloadCount, LinkDay, ListenerCount, ReaderCount

FIRST_DAYS = 7
MOST_NAMES = 12
# A reader with a server that speaks of so many subscribers of one member's link serves others with it.
SHARE_SUBSCRIBERS = 2


@dataclass(frozen=True, slots=True)
class DayCount:
    """``listeners`` is None until the day has been summed up."""

    day: date
    downloads: int
    listeners: int | None


@dataclass(frozen=True, slots=True)
class NameCount:
    name: str
    count: int


@dataclass(frozen=True, slots=True)
class EpisodeCount:
    """Downloads of one episode in the span, in all (``by_members`` of them), and in the first seven days from its publication
    on."""

    episode_id: int
    guid: str
    number: str
    title: str
    published_on: date | None
    downloads: int
    total: int
    by_members: int
    first_week: int

    @property
    def member_percent(self) -> int | None:
        """How much of it members heard; None while nobody heard it."""
        return round(100 * self.by_members / self.total) if self.total else None


@dataclass(frozen=True, slots=True)
class Numbers:
    """One show's numbers from ``since`` to ``until``, both included.

    ``is_asked``: some bytes were counted as asked of an object store, not as sent (rule D5). ``anomalies`` were set
    aside by rule D8 and are in no other number; previews are counted apart.
    """

    since: date
    until: date
    downloads: int
    by_members: int
    previews: int
    anomalies: int
    days: tuple[DayCount, ...]
    episodes: tuple[EpisodeCount, ...]
    apps: tuple[NameCount, ...]
    devices: tuple[NameCount, ...]
    is_asked: bool


@dataclass(frozen=True, slots=True)
class Followers:
    """An estimate of who follows the public feed, of one day (rule D9)."""

    day: date
    total: int
    readers: tuple[NameCount, ...]


@dataclass(frozen=True, slots=True)
class ShareLimits:
    """Beyond how many networks together with how many apps in a day a link looks shared (rule H2)."""

    networks: int
    apps: int


@dataclass(frozen=True, slots=True)
class SharedLink:
    """A member's link that seems to be used by many (rule H2): the day's networks, apps and named subscribers."""

    feed_link_id: int
    day: date
    networks: int
    apps: int
    subscribers: int


def make_numbers(session: Session, show_id: int, *, since: date, until: date) -> Numbers:
    """The numbers of one show; six queries whatever their size."""
    alike = _select_counts(show_id)
    spanned = session.execute(
        select(alike, func.sum(alike.c.number).label("sum"))
        .where(alike.c.day >= since, alike.c.day <= until)
        .group_by(*alike.c)
    ).all()
    heard = [row for row in spanned if not row.is_anomaly and not row.is_preview]
    return Numbers(
        since=since,
        until=until,
        downloads=_add(heard),
        by_members=_add(row for row in heard if row.audience != PUBLIC),
        previews=_add(row for row in spanned if row.is_preview and not row.is_anomaly),
        anomalies=_add(row for row in spanned if row.is_anomaly),
        days=_list_days(session, heard, since, until),
        episodes=_list_episodes(session, show_id, alike, heard, until),
        apps=_rank(heard, "app"),
        devices=_rank(heard, "device"),
        is_asked=any(row.is_asked for row in spanned),
    )


def estimate_followers(session: Session, show_key: str) -> Followers | None:
    """The newest day's estimate; None before the first day was summed up."""
    day = session.scalar(select(func.max(ReaderCount.day)).where(ReaderCount.show_key == show_key))
    if day is None:
        return None
    query = select(ReaderCount.name, ReaderCount.followers).where(
        ReaderCount.show_key == show_key, ReaderCount.day == day
    )
    counts = Counter(dict(session.execute(query).all()))
    return Followers(day, counts.total(), tuple(NameCount(*each) for each in counts.most_common(MOST_NAMES)))


def list_app_fetches(session: Session, show_key: str, *, of_members: bool) -> list[AppFetch]:
    """When each app last got a show's public feed, or any member's, the latest first; of the last 90 days."""
    query = select(AppFetch).where(AppFetch.show_key == show_key, AppFetch.is_personal == of_members)
    return list(session.scalars(query.order_by(AppFetch.fetched_at.desc(), AppFetch.name)))


def list_shared_links(
    session: Session, limits: ShareLimits, *, since: date, of: Sequence[int] | None = None
) -> list[SharedLink]:
    """Links with a mark of rule H2 since a day, newest day first, among those ``of`` these ids. Nothing is cut off by it."""
    networks, apps = func.json_array_length(LinkDay.networks), func.json_array_length(LinkDay.apps)
    is_marked = or_(LinkDay.subscribers >= SHARE_SUBSCRIBERS, and_(networks > limits.networks, apps > limits.apps))
    query = select(LinkDay.feed_link_id, LinkDay.day, networks, apps, LinkDay.subscribers)
    query = query.where(LinkDay.day >= since, is_marked).order_by(LinkDay.day.desc(), LinkDay.feed_link_id)
    rows = session.execute(query if of is None else query.where(LinkDay.feed_link_id.in_(of)))
    return [SharedLink(*row) for row in rows]


def count_listening_days(session: Session, link_ids: Sequence[int]) -> Counter[tuple[int, str]]:
    """On how many of the days that are kept, ``rollup.LINKS_KEPT``, each app fetched audio by each of these links, by link
    and name (rule H1)."""
    query = select(LinkDay.feed_link_id, LinkDay.apps).where(LinkDay.feed_link_id.in_(link_ids))
    return Counter((link_id, name) for link_id, names in session.execute(query) for name in names)


def _select_counts(show_id: int) -> Subquery:
    """Single downloads and folded counts of a show's episodes as one relation."""
    of_show = select(Episode.guid).where(Episode.show_id == show_id)
    one = type_coerce(literal(1), Integer())
    queries: list[Any] = [
        select(
            table.day.label("day"),
            table.episode_guid.label("guid"),
            table.is_preview.label("is_preview"),
            table.audience.label("audience"),
            table.app.label("app"),
            table.device.label("device"),
            table.is_asked.label("is_asked"),
            table.is_anomaly.label("is_anomaly"),
            number.label("number"),
        ).where(table.episode_guid.in_(of_show))
        for table, number in ((Download, one), (DownloadCount, DownloadCount.count))
    ]
    return union_all(*queries).subquery("counts")


def _list_days(session: Session, heard: Sequence[Any], since: date, until: date) -> tuple[DayCount, ...]:
    downloads: Counter[date] = Counter()
    for row in heard:
        downloads[row.day] += row.sum
    query = select(ListenerCount.day, ListenerCount.count).where(ListenerCount.day >= since, ListenerCount.day <= until)
    listeners = dict(session.execute(query).all())
    days = [since + timedelta(days=number) for number in range((until - since).days + 1)]
    return tuple(DayCount(day, downloads[day], listeners.get(day)) for day in days)


def _list_episodes(
    session: Session, show_id: int, alike: Subquery, heard: Sequence[Any], until: date
) -> tuple[EpisodeCount, ...]:
    """The episodes published by then, newest first."""
    spanned: Counter[str] = Counter()
    for row in heard:
        spanned[row.guid] += row.sum
    shown = (~alike.c.is_anomaly, ~alike.c.is_preview)
    of_members = func.sum(case((alike.c.audience != PUBLIC, alike.c.number), else_=0))
    sums = session.execute(
        select(alike.c.guid, alike.c.day, func.sum(alike.c.number), of_members)
        .where(*shown)
        .group_by(alike.c.guid, alike.c.day)
    ).all()
    rows = session.execute(
        select(Episode.id, Episode.guid, Episode.title, Episode.number, Episode.number_display, Episode.published_at)
        .where(Episode.show_id == show_id, Episode.published_at.is_not(None))
        .order_by(Episode.published_at.desc())
    ).all()
    by_guid: dict[str, list[tuple[date, int, int]]] = {}
    for guid, day, count, members in sums:
        by_guid.setdefault(guid, []).append((day, int(count), int(members)))
    return tuple(
        _make_episode(row, spanned[row.guid], by_guid.get(row.guid, []))
        for row in rows
        if row.published_at.date() <= until
    )


def _make_episode(row: Any, downloads: int, days: Sequence[tuple[date, int, int]]) -> EpisodeCount:
    published_on = row.published_at.date()
    last = published_on + timedelta(days=FIRST_DAYS - 1)
    return EpisodeCount(
        episode_id=row.id,
        guid=row.guid,
        number=row.number_display or str(row.number or ""),
        title=row.title,
        published_on=published_on,
        downloads=downloads,
        total=sum(count for _day, count, _members in days),
        by_members=sum(members for _day, _count, members in days),
        first_week=sum(count for day, count, _members in days if day <= last),
    )


def _rank(rows: Sequence[Any], name: str) -> tuple[NameCount, ...]:
    counts: Counter[str] = Counter()
    for row in rows:
        counts[getattr(row, name)] += row.sum
    return tuple(NameCount(each, int(count)) for each, count in counts.most_common(MOST_NAMES))


def _add(rows: Any) -> int:
    return sum(int(row.sum) for row in rows)
