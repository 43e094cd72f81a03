"""Table of old addresses: paths that no page has any more, or that people write for short, and where each leads."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint
from sqlalchemy.orm import Mapped, mapped_column

from podcastsvc.storage.tables.base import Base


class OldAddress(Base):
    """One redirect that the host can edit.

    ``path`` is in the form of ``catalogue.old_addresses.reading``: ``/2019/05/why-maps-lie``, ``/?p=123``. ``target`` is
    a path on this site, with its query and fragment, or an https address elsewhere. ``uses`` and ``used_on`` (UTC) are
    written in batches, so they are some seconds late.
    """

    __tablename__ = "old_address"
    __table_args__ = (CheckConstraint("origin in ('host', 'import')", name="origin"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    path: Mapped[str] = mapped_column(unique=True)
    target: Mapped[str]
    is_permanent: Mapped[bool] = mapped_column(default=True)
    origin: Mapped[str] = mapped_column(default="host")
    uses: Mapped[int] = mapped_column(default=0)
    used_on: Mapped[date | None]
    created_at: Mapped[datetime]
    changed_at: Mapped[datetime]
