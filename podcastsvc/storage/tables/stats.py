"""Tables of what was heard: the keys of days, listens in progress, downloads, counts by day, and who reads feeds.

They name episodes by guid and shows by key, not by the rows of the index, which may be built anew at any time.
"""

from datetime import date, datetime

from sqlalchemy import JSON, ForeignKey, Index, LargeBinary, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from podcastsvc.storage.tables.base import Base


class DayKey(Base):
    """The random key of one UTC day; forgotten after 48 hours, and with it who listened (rule D2)."""

    __tablename__ = "stats_day_key"

    day: Mapped[date] = mapped_column(primary_key=True)
    key: Mapped[bytes] = mapped_column(LargeBinary)


class Listen(Base):
    """What one listener has received of one episode on one day. ``ranges``: ``[[first, after last], …]`` without overlaps;
    empty once it was counted. Removed with the day's key."""

    __tablename__ = "stats_listen"

    day: Mapped[date] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(primary_key=True)
    listener: Mapped[str]
    episode_guid: Mapped[str]
    is_preview: Mapped[bool]
    audience: Mapped[str]
    app: Mapped[str]
    device: Mapped[str]
    first_at: Mapped[datetime]
    ranges: Mapped[list[list[int]]] = mapped_column(JSON)
    is_asked: Mapped[bool]
    is_counted: Mapped[bool] = mapped_column(default=False)


class Download(Base):
    """One counted download (rule D6); no member, no address. ``listener`` is empty once the day's key is forgotten.

    ``audience`` is "public" or the plan keys, joined. ``is_anomaly``: set aside by rule D8. ``is_asked``: bytes asked of
    an object store stood in for bytes sent.
    """

    __tablename__ = "stats_download"
    __table_args__ = (
        Index("ix_stats_download_day", "day", "episode_guid"),
        Index("ix_stats_download_listener", "day", "listener"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    day: Mapped[date]
    hour: Mapped[int]
    episode_guid: Mapped[str]
    is_preview: Mapped[bool]
    audience: Mapped[str]
    app: Mapped[str]
    device: Mapped[str]
    listener: Mapped[str]
    is_asked: Mapped[bool]
    is_anomaly: Mapped[bool] = mapped_column(default=False)


class DownloadCount(Base):
    """Downloads of one day that were alike, folded into a number after 90 days."""

    __tablename__ = "stats_download_count"
    __table_args__ = (
        UniqueConstraint(
            "day",
            "episode_guid",
            "is_preview",
            "audience",
            "app",
            "device",
            "is_asked",
            "is_anomaly",
            name="uq_stats_download_count_alike",
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    day: Mapped[date]
    episode_guid: Mapped[str]
    is_preview: Mapped[bool]
    audience: Mapped[str]
    app: Mapped[str]
    device: Mapped[str]
    is_asked: Mapped[bool]
    is_anomaly: Mapped[bool]
    count: Mapped[int]


class ListenerCount(Base):
    """How many different listeners one day had; never added up over days (rule D7)."""

    __tablename__ = "stats_listener_count"

    day: Mapped[date] = mapped_column(primary_key=True)
    count: Mapped[int]


class FeedReader(Base):
    """One reader of the public feed on one day (rule D9). ``subscribers`` is what a reader with a server says of itself."""

    __tablename__ = "stats_feed_reader"

    day: Mapped[date] = mapped_column(primary_key=True)
    show_key: Mapped[str] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]
    subscribers: Mapped[int | None]


class ReaderCount(Base):
    """The estimate of followers of one day, by reader, made from ``FeedReader`` when the day is over."""

    __tablename__ = "stats_reader_count"

    day: Mapped[date] = mapped_column(primary_key=True)
    show_key: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(primary_key=True)
    followers: Mapped[int]


class AppFetch(Base):
    """When an app last got a show's public feed, or any member's; by name, without who it was for."""

    __tablename__ = "stats_app_fetch"

    show_key: Mapped[str] = mapped_column(primary_key=True)
    is_personal: Mapped[bool] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(primary_key=True)
    fetched_at: Mapped[datetime]


class LinkDay(Base):
    """From where and by what one member's link was used on one day (rule H1): hashes of networks, names of apps."""

    __tablename__ = "stats_link_day"

    day: Mapped[date] = mapped_column(primary_key=True)
    feed_link_id: Mapped[int] = mapped_column(ForeignKey("feed_link.id", ondelete="CASCADE"), primary_key=True)
    networks: Mapped[list[str]]
    apps: Mapped[list[str]]
    subscribers: Mapped[int]


class UnknownAgent(Base):
    """An agent that no list names, kept for 30 days so that the operator can name it (rule U1)."""

    __tablename__ = "stats_unknown_agent"

    text: Mapped[str] = mapped_column(primary_key=True)
    count: Mapped[int]
    last_on: Mapped[date]
