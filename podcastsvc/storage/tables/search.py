"""Tables of the search index: what can be found, and the passages of it that results show."""

from datetime import datetime

from sqlalchemy import JSON, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from podcastsvc.storage.tables.base import Base

WORDS = "search_words"
"""The table with the index proper, which no class stands for: it differs between the databases (``storage/search.py``)."""


class SearchItem(Base):
    """One thing that can be found: ``kind`` and ``ref_id`` name it. ``stamp`` tells which state of it was indexed;
    ``dated_at`` is when it came out or will."""

    __tablename__ = "search_item"
    __table_args__ = (UniqueConstraint("kind", "ref_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str]
    ref_id: Mapped[int]
    stamp: Mapped[str]
    dated_at: Mapped[datetime]


class SearchPassage(Base):
    """A piece of an item's text. ``part`` says where it stands; ``start_ms`` when it is heard, None for what is read.

    ``times`` has ``[character, ms]`` for each beginning in the text of which the instant is known.
    """

    __tablename__ = "search_passage"
    __table_args__ = (Index("ix_search_passage_item_part", "item_id", "part"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    item_id: Mapped[int] = mapped_column(ForeignKey("search_item.id", ondelete="CASCADE"))
    part: Mapped[str]
    language: Mapped[str]
    start_ms: Mapped[int | None]
    text: Mapped[str]
    times: Mapped[list[list[int]]] = mapped_column(JSON)
