"""Table of uploads: audio that the studio has received and no episode uses yet."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from podcastsvc.storage.tables.base import Base


class Upload(Base):
    """One whole file in the spool folder; ``id`` is a ULID and, with the extension, the stored name (rule T-F1)."""

    __tablename__ = "upload"

    id: Mapped[str] = mapped_column(primary_key=True)
    member_id: Mapped[int | None] = mapped_column(ForeignKey("member.id", ondelete="SET NULL"))
    declared_name: Mapped[str]
    extension: Mapped[str]
    length_bytes: Mapped[int]
    sha256: Mapped[str]
    facts: Mapped[dict[str, Any]]
    created_at: Mapped[datetime]
