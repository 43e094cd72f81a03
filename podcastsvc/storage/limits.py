"""Rate limits: counts in fixed windows, kept as rows so that they hold across processes (rule T-L1)."""

from datetime import datetime, timedelta

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from podcastsvc.kit.clock import from_timestamp
from podcastsvc.kit.secrets import hash_secret
from podcastsvc.storage.inserts import insert_or_change
from podcastsvc.storage.tables.job import RateCount


def count(session: Session, what: str, whom: str, *, window: timedelta, now: datetime, more: int = 1) -> int:
    """Counts ``more`` of ``what`` by ``whom`` (an address, a mailbox, an id: kept as a hash) and says how many that makes."""
    key, window_ends_at = _place(what, whom, window, now)
    insert_or_change(
        session,
        RateCount,
        {"key": key, "window_ends_at": window_ends_at, "count": more},
        key=["key", "window_ends_at"],
        changes={"count": RateCount.count + more},
    )
    return read(session, what, whom, window=window, now=now)


def read(session: Session, what: str, whom: str, *, window: timedelta, now: datetime) -> int:
    """How many were counted in the present window; 0 where none."""
    key, window_ends_at = _place(what, whom, window, now)
    found = session.scalar(
        select(RateCount.count).where(RateCount.key == key, RateCount.window_ends_at == window_ends_at)
    )
    return found or 0


def is_within(session: Session, what: str, whom: str, most: int, *, window: timedelta, now: datetime) -> bool:
    """Counts one more and says whether it is still allowed."""
    return count(session, what, whom, window=window, now=now) <= most


def find_end(window: timedelta, now: datetime) -> datetime:
    """When the present window ends and the count begins anew."""
    seconds = int(window.total_seconds())
    return from_timestamp((int(now.timestamp()) // seconds + 1) * seconds)


def sweep(session: Session, now: datetime) -> None:
    """Removes the counts of past windows."""
    session.execute(delete(RateCount).where(RateCount.window_ends_at < now))


def _place(what: str, whom: str, window: timedelta, now: datetime) -> tuple[str, datetime]:
    return f"{what}:{int(window.total_seconds())}:{hash_secret(whom)[:32]}", find_end(window, now)
