"""Tables of the machinery: jobs, schedules, rate limits, and single values."""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from podcastsvc.storage.tables.base import Base


class Job(Base):
    """One piece of work in the queue. ``state`` is ready, running, done or dead; a passed lease makes running ready again."""

    __tablename__ = "job"
    __table_args__ = (
        CheckConstraint("state in ('ready', 'running', 'done', 'dead')", name="state"),
        Index("ix_job_due", "state", "run_at"),
        Index("ix_job_lease", "state", "lease_until"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str]
    payload: Mapped[dict[str, Any]]
    run_at: Mapped[datetime]
    priority: Mapped[int] = mapped_column(default=0)
    state: Mapped[str] = mapped_column(default="ready")
    unique_key: Mapped[str | None] = mapped_column(unique=True)
    owner: Mapped[str | None]
    lease_until: Mapped[datetime | None]
    attempts: Mapped[int] = mapped_column(default=0)
    max_attempts: Mapped[int] = mapped_column(default=8)
    last_error: Mapped[str | None]
    created_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]


class ScheduledRun(Base):
    """One due time of a schedule that was turned into a job; unique, so that two workers make one job."""

    __tablename__ = "scheduled_run"
    __table_args__ = (UniqueConstraint("name", "due_at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    due_at: Mapped[datetime]


class RateCount(Base):
    """How often something was done in one window; ``key`` holds a hash where the counted thing is an address."""

    __tablename__ = "rate_count"
    __table_args__ = (Index("ix_rate_count_window_ends_at", "window_ends_at"),)

    key: Mapped[str] = mapped_column(primary_key=True)
    window_ends_at: Mapped[datetime] = mapped_column(primary_key=True)
    count: Mapped[int]


class Fact(Base):
    """One single value of the installation, such as the site id or the bound Stripe account."""

    __tablename__ = "fact"

    name: Mapped[str] = mapped_column(primary_key=True)
    value: Mapped[dict[str, Any]]
