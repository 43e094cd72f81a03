"""Tables of what a host writes beside the episodes: articles, pages, people, calls; their pictures and old addresses."""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from podcastsvc.storage.tables.base import Base


class Writing(Base):
    """One Markdown file of ``articles/``, ``pages/``, ``people/`` or ``calls/``, in one language. Files that differ in
    nothing but their language have one slug.

    It has the columns that ``catalogue.access`` reads, as an episode has. What only one kind has (a call's room, a page's
    place in the menu) is in ``facts``. ``people`` are an article's authors, as an episode's people. ``starts_at`` is a
    call's beginning. ``shown_hash`` is over all that pages and feeds show; ``changed_at`` moves when it does.
    """

    __tablename__ = "writing"
    __table_args__ = (
        UniqueConstraint("kind", "slug", "language"),
        CheckConstraint("kind in ('article', 'page', 'person', 'call')", name="kind"),
        CheckConstraint("access_kind in ('public', 'members', 'plans')", name="access_kind"),
        Index("ix_writing_kind_published", "kind", "published_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str]
    file: Mapped[str] = mapped_column(unique=True)
    guid: Mapped[str | None]
    slug: Mapped[str]
    language: Mapped[str]
    title: Mapped[str]
    summary: Mapped[str]
    body: Mapped[str]
    html: Mapped[str]
    words: Mapped[int]
    people: Mapped[list[dict[str, Any]]]
    tags: Mapped[list[str]]
    facts: Mapped[dict[str, Any]]

    access_kind: Mapped[str] = mapped_column(default="public")
    plans: Mapped[list[str]]
    published_at: Mapped[datetime | None]
    public_from: Mapped[datetime | None]
    public_until: Mapped[datetime | None]
    expires_at: Mapped[datetime | None]
    listed: Mapped[bool] = mapped_column(default=True)
    updated_at: Mapped[datetime | None]
    starts_at: Mapped[datetime | None]

    picture_id: Mapped[int | None] = mapped_column(ForeignKey("picture.id"))
    shown_hash: Mapped[str]
    changed_at: Mapped[datetime]
    created_at: Mapped[datetime]

    picture: Mapped["Picture | None"] = relationship(lazy="raise")


class Picture(Base):
    """A picture of any shape that stands in a text, drawn anew by us; ``name`` ends in a hash, so another has another
    address.

    ``widths`` are the WebP renditions that exist, in pixels, ascending; the largest is what readers get who take any.
    """

    __tablename__ = "picture"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
    width: Mapped[int]
    height: Mapped[int]
    widths: Mapped[list[Any]]
    length_bytes: Mapped[int]
    source_sha256: Mapped[str] = mapped_column(unique=True)
    created_at: Mapped[datetime]


class WritingAlias(Base):
    """An old address of a text, such as ``/2019/05/maps/``; it redirects for ever."""

    __tablename__ = "writing_alias"

    path: Mapped[str] = mapped_column(primary_key=True)
    writing_id: Mapped[int] = mapped_column(ForeignKey("writing.id", ondelete="CASCADE"), index=True)
