"""The clock, and instants as text."""

from datetime import UTC, datetime


def now() -> datetime:
    """The present instant, aware, in UTC, without microseconds (both databases then keep it exactly)."""
    return datetime.now(UTC).replace(microsecond=0)


def from_timestamp(seconds: float) -> datetime:
    """An aware UTC instant from seconds since 1970."""
    return datetime.fromtimestamp(seconds, UTC)
