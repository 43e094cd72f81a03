"""What is done with counts when time has passed: anomalies set aside, days summed up, keys forgotten, old rows folded."""

from datetime import date, datetime, timedelta

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from podcastsvc.stats.counting import MOST_BY_ONE, name_day
from podcastsvc.storage.inserts import insert_or_change
from podcastsvc.storage.tables.stats import (
    AppFetch,
    DayKey,
    Download,
    DownloadCount,
    FeedReader,
    LinkDay,
    Listen,
    ListenerCount,
    ReaderCount,
    UnknownAgent,
)

# A day's key is made at its beginning and forgotten 48 hours later (rule D2).
KEY_DAYS = timedelta(days=2)
FOLDED_AFTER = timedelta(days=90)
LINKS_KEPT = timedelta(days=30)
UNKNOWN_KEPT = timedelta(days=30)
APPS_KEPT = timedelta(days=90)


def roll_up(session: Session, now: datetime) -> None:
    """Brings all counts up to date. Runs hourly; running it twice changes nothing more."""
    today = name_day(now)
    days = list(session.scalars(select(DayKey.day).order_by(DayKey.day)))
    for day in days:
        set_anomalies_aside(session, day)
        _sum_listeners(session, day)
        _sum_readers(session, day)
    _forget(session, today - KEY_DAYS)
    _fold(session, today - FOLDED_AFTER)
    session.execute(delete(LinkDay).where(LinkDay.day < today - LINKS_KEPT))
    session.execute(delete(AppFetch).where(AppFetch.fetched_at < now - APPS_KEPT))
    session.execute(delete(UnknownAgent).where(UnknownAgent.last_on < today - UNKNOWN_KEPT))


def set_anomalies_aside(session: Session, day: date) -> None:
    """Marks all downloads of a listener who made more than a hundred on one day (rule D8)."""
    busy = (
        select(Download.listener)
        .where(Download.day == day, Download.listener != "")
        .group_by(Download.listener)
        .having(func.count() > MOST_BY_ONE)
    )
    found = list(session.scalars(busy))
    if found:
        marked = update(Download).where(Download.day == day, Download.listener.in_(found))
        session.execute(marked.values(is_anomaly=True))


def _sum_listeners(session: Session, day: date) -> None:
    heard = (Download.day == day, ~Download.is_anomaly, ~Download.is_preview)
    count = session.scalar(select(func.count(Download.listener.distinct())).where(*heard)) or 0
    insert_or_change(session, ListenerCount, {"day": day, "count": count}, key=["day"], changes={"count": count})


def _sum_readers(session: Session, day: date) -> None:
    """Followers by reader: what servers say of themselves, else one for each listener's app (rule D9)."""
    followers = func.sum(func.coalesce(FeedReader.subscribers, 1))
    query = select(FeedReader.show_key, FeedReader.name, followers).where(FeedReader.day == day)
    for show_key, name, count in session.execute(query.group_by(FeedReader.show_key, FeedReader.name)).all():
        values = {"day": day, "show_key": show_key, "name": name, "followers": int(count)}
        insert_or_change(
            session, ReaderCount, values, key=["day", "show_key", "name"], changes={"followers": int(count)}
        )


def _forget(session: Session, last: date) -> None:
    """Forgets who listened on ``last`` and before."""
    session.execute(delete(Listen).where(Listen.day <= last))
    session.execute(delete(FeedReader).where(FeedReader.day <= last))
    session.execute(update(Download).where(Download.day <= last, Download.listener != "").values(listener=""))
    session.execute(delete(DayKey).where(DayKey.day <= last))


def _fold(session: Session, before: date) -> None:
    """Rows of single downloads older than 90 days become counts (rule D6)."""
    alike = (
        Download.day,
        Download.episode_guid,
        Download.is_preview,
        Download.audience,
        Download.app,
        Download.device,
        Download.is_asked,
        Download.is_anomaly,
    )
    names = [column.key for column in alike]
    rows = session.execute(select(*alike, func.count()).where(Download.day < before).group_by(*alike)).all()
    for row in rows:
        values = dict(zip([*names, "count"], row, strict=True))
        changes = {"count": DownloadCount.count + values["count"]}
        insert_or_change(session, DownloadCount, values, key=names, changes=changes)
    session.execute(delete(Download).where(Download.day < before))
