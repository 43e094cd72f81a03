"""Tables of the catalogue's index: episodes, their audio files, artwork, transcripts, old addresses, and scan entries."""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from podcastsvc.storage.tables.base import Base


class Episode(Base):
    """One episode as its folder says. The state (draft, scheduled, published, withdrawn) follows from the instants and
    is computed by ``catalogue.access``, never stored.

    ``people``: ``[{"name", "role", "url", "image"}]``; ``chapters``: ``[{"start_ms", "title", "url", "image", "toc"}]``,
    those of a sound's tags with its "variant".
    ``shown_hash`` is over all that feeds and pages show; ``changed_at`` moves when it does.
    """

    __tablename__ = "episode"
    __table_args__ = (
        UniqueConstraint("show_id", "folder"),
        UniqueConstraint("show_id", "slug"),
        CheckConstraint("access_kind in ('public', 'members', 'plans')", name="access_kind"),
        CheckConstraint("type in ('full', 'trailer', 'bonus')", name="type"),
        Index("ix_episode_show_published", "show_id", "published_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    show_id: Mapped[int] = mapped_column(ForeignKey("show.id", ondelete="CASCADE"))
    folder: Mapped[str]
    guid: Mapped[str] = mapped_column(unique=True)
    slug: Mapped[str]
    title: Mapped[str]
    season: Mapped[int | None]
    season_name: Mapped[str | None]
    number: Mapped[int | None]
    number_display: Mapped[str | None]
    type: Mapped[str] = mapped_column(default="full")
    explicit: Mapped[bool] = mapped_column(default=False)
    language: Mapped[str]
    author: Mapped[str | None]
    summary: Mapped[str]
    notes: Mapped[str]
    notes_html: Mapped[str]
    feed_html: Mapped[str]
    people: Mapped[list[dict[str, Any]]]
    tags: Mapped[list[str]]
    chapters: Mapped[list[dict[str, Any]]]
    extras: Mapped[dict[str, Any]]

    access_kind: Mapped[str] = mapped_column(default="public")
    plans: Mapped[list[str]]
    published_at: Mapped[datetime | None]
    public_from: Mapped[datetime | None]
    public_until: Mapped[datetime | None]
    expires_at: Mapped[datetime | None]
    listed: Mapped[bool] = mapped_column(default=True)

    artwork_id: Mapped[int | None] = mapped_column(ForeignKey("artwork.id"))
    shown_hash: Mapped[str]
    changed_at: Mapped[datetime]
    created_at: Mapped[datetime]

    audio: Mapped[list["AudioFile"]] = relationship(lazy="raise", back_populates="episode", passive_deletes=True)
    transcripts: Mapped[list["Transcript"]] = relationship(lazy="raise", passive_deletes=True)
    artwork: Mapped["Artwork | None"] = relationship(lazy="raise")


class AudioFile(Base):
    """One published audio file at one address that never changes its bytes (rules A5 to A7).

    ``name`` and ``extension`` make the address; ``media_key`` the place in the media store; ``tag_bytes`` the bytes before
    the audio (rule D4). ``replaced_at`` is set on the old one when an episode gets new audio.
    """

    __tablename__ = "audio_file"
    __table_args__ = (
        CheckConstraint("variant in ('public', 'members', 'preview')", name="variant"),
        Index("ix_audio_file_episode", "episode_id", "variant"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    episode_id: Mapped[int] = mapped_column(ForeignKey("episode.id", ondelete="CASCADE"))
    variant: Mapped[str]
    name: Mapped[str] = mapped_column(unique=True)
    extension: Mapped[str]
    mime: Mapped[str]
    length_bytes: Mapped[int]
    seconds: Mapped[int]
    tag_bytes: Mapped[int] = mapped_column(default=0)
    bitrate_kbps: Mapped[int | None]
    sha256: Mapped[str]
    media_key: Mapped[str]
    replaced_at: Mapped[datetime | None]
    created_at: Mapped[datetime]

    episode: Mapped[Episode] = relationship(lazy="raise", back_populates="audio")


class Artwork(Base):
    """One square picture at one address; ``name`` ends in a hash of its bytes, so new art has a new address.

    ``widths`` are the WebP renditions that exist beside it, in pixels.
    """

    __tablename__ = "artwork"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
    extension: Mapped[str]
    mime: Mapped[str]
    length_bytes: Mapped[int]
    pixels: Mapped[int]
    sha256: Mapped[str]
    source_sha256: Mapped[str] = mapped_column(index=True)
    media_key: Mapped[str]
    widths: Mapped[list[Any]]
    created_at: Mapped[datetime]


class Transcript(Base):
    """The transcript of an episode in one language, in both forms; ``name`` makes its address."""

    __tablename__ = "transcript"
    __table_args__ = (UniqueConstraint("episode_id", "language"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    episode_id: Mapped[int] = mapped_column(ForeignKey("episode.id", ondelete="CASCADE"))
    language: Mapped[str]
    name: Mapped[str] = mapped_column(unique=True)
    vtt: Mapped[str]
    srt: Mapped[str]
    sha256: Mapped[str]


class EpisodeAlias(Base):
    """An old address of an episode's page, such as ``/why-maps-lie/``; it redirects for ever."""

    __tablename__ = "episode_alias"

    path: Mapped[str] = mapped_column(primary_key=True)
    episode_id: Mapped[int] = mapped_column(ForeignKey("episode.id", ondelete="CASCADE"), index=True)


class ScanEntry(Base):
    """What the last scan saw in one folder; an equal fingerprint means that nothing has to be read again."""

    __tablename__ = "scan_entry"

    folder: Mapped[str] = mapped_column(primary_key=True)
    fingerprint: Mapped[str]
    hashes: Mapped[dict[str, Any]]
    problems: Mapped[list[dict[str, Any]]]
    seen_at: Mapped[datetime]
