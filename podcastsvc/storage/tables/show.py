"""Tables of shows: the index of each ``show.yaml``, and the host's own audio for notices."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from podcastsvc.storage.tables.base import Base


class Show(Base):
    """One show. All but ``version`` can be rebuilt from the folder.

    ``facts`` is the read ``show.yaml`` (``catalogue.show.ShowFacts`` as JSON). ``version`` rises with every change that
    any feed shows; ``instants`` are the future times (ISO, UTC, ascending) at which some feed changes by itself, so that
    version plus the number of passed instants names a feed's state without rendering (rule F5).
    """

    __tablename__ = "show"

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(unique=True)
    folder: Mapped[str] = mapped_column(unique=True)
    position: Mapped[int] = mapped_column(default=0)
    guid: Mapped[str | None]
    title: Mapped[str]
    facts: Mapped[dict[str, Any]]
    artwork_id: Mapped[int | None]
    logo_id: Mapped[int | None]
    version: Mapped[int] = mapped_column(default=1)
    instants: Mapped[list[str]]
    changed_at: Mapped[datetime]


class NoticeAudio(Base):
    """The MP3 that a host gave for the notices of a show (rule S2), at one address that never changes its bytes.

    ``language`` is "" for the show's own. ``name`` makes the address; shows that were given the same file share it.
    ``replaced_at`` is set when the host replaces the file or takes it away.
    """

    __tablename__ = "notice_audio"
    __table_args__ = (UniqueConstraint("show_id", "language", "name"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    show_id: Mapped[int] = mapped_column(ForeignKey("show.id", ondelete="CASCADE"))
    language: Mapped[str]
    name: Mapped[str] = mapped_column(index=True)
    length_bytes: Mapped[int]
    seconds: Mapped[int]
    sha256: Mapped[str]
    media_key: Mapped[str]
    replaced_at: Mapped[datetime | None]
    created_at: Mapped[datetime]
