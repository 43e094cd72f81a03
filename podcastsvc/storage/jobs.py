"""The job queue: rows that are enqueued in the caller's transaction, claimed under a lease, and tried again.

A job survives kill -9: its lease passes and another worker claims it. So every handler can run twice.
"""

import random
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import and_, delete, or_, select, update
from sqlalchemy.orm import Session

from podcastsvc.kit import clock
from podcastsvc.storage.inserts import change_rows, insert_if_absent
from podcastsvc.storage.tables.job import Job, ScheduledRun

LEASE = timedelta(seconds=60)
ATTEMPTS = 8
NO_LAST_ATTEMPT = 2**31 - 1
"""``max_attempts`` of work that must not be given up, such as giving money back: it goes on with the longest wait."""
KEPT_FOR = timedelta(days=7)
_FIRST_WAIT_SECONDS = 5
_LONGEST_WAIT_SECONDS = 6 * 3600


@dataclass(frozen=True, slots=True)
class ClaimedJob:
    """A job in the hands of one worker. ``attempts`` counts this one."""

    id: int
    kind: str
    payload: Mapping[str, Any]
    attempts: int
    max_attempts: int
    owner: str


def enqueue(
    session: Session,
    kind: str,
    payload: Mapping[str, Any] | None = None,
    *,
    run_at: datetime | None = None,
    unique_key: str | None = None,
    priority: int = 0,
    max_attempts: int = ATTEMPTS,
) -> None:
    """Adds a job to the caller's transaction: both happen, or neither.

    With ``unique_key`` nothing is added while an unfinished job has the same key. Higher ``priority`` runs first.
    """
    now = clock.now()
    insert_if_absent(
        session,
        Job,
        {
            "kind": kind,
            "payload": dict(payload or {}),
            "run_at": run_at or now,
            "unique_key": unique_key,
            "priority": priority,
            "max_attempts": max_attempts,
            "state": "ready",
            "attempts": 0,
            "created_at": now,
        },
    )


def claim(session: Session, owner: str, now: datetime, *, lease: timedelta = LEASE) -> ClaimedJob | None:
    """Takes the most urgent job that is due, or whose lease has passed, for ``owner``; None where there is none."""
    due = or_(
        and_(Job.state == "ready", Job.run_at <= now),
        and_(Job.state == "running", Job.lease_until <= now),
    )
    job = session.scalars(
        select(Job)
        .where(due)
        .order_by(Job.priority.desc(), Job.run_at, Job.id)
        .limit(1)
        .with_for_update(skip_locked=True)
    ).first()
    if job is None:
        return None
    job.state = "running"
    job.owner = owner
    job.lease_until = now + lease
    job.attempts += 1
    return ClaimedJob(job.id, job.kind, job.payload, job.attempts, job.max_attempts, owner)


def renew(session: Session, job: ClaimedJob, now: datetime, *, lease: timedelta = LEASE) -> bool:
    """Extends the lease of long work; False where another worker has taken the job over."""
    return _change(session, job, lease_until=now + lease)


def finish(session: Session, job: ClaimedJob, now: datetime) -> bool:
    """Marks the job done and frees its unique key; False where another worker has taken it over."""
    return _change(session, job, state="done", finished_at=now, lease_until=None, unique_key=None, last_error=None)


def fail(session: Session, job: ClaimedJob, now: datetime, error: str) -> bool:
    """Puts the job back with a growing wait (5 s to 6 h, spread at random), or to ``dead`` after its last attempt."""
    if job.attempts >= job.max_attempts:
        return _change(
            session, job, state="dead", finished_at=now, lease_until=None, unique_key=None, last_error=error[:500]
        )
    wait = min(_FIRST_WAIT_SECONDS * 4 ** min(job.attempts - 1, ATTEMPTS), _LONGEST_WAIT_SECONDS)
    run_at = now + timedelta(seconds=wait * random.uniform(0.8, 1.2))  # noqa: S311 -- spreads load, keeps no secret
    return _change(session, job, state="ready", run_at=run_at, owner=None, lease_until=None, last_error=error[:500])


def _change(session: Session, job: ClaimedJob, **values: Any) -> bool:
    held = (Job.id == job.id, Job.owner == job.owner, Job.state == "running")
    return change_rows(session, update(Job).where(*held).values(**values)) > 0


def enqueue_scheduled(session: Session, name: str, kind: str, due_at: datetime) -> bool:
    """Turns one due time of a schedule into a job, once, whichever worker comes first; False for the later ones."""
    if not insert_if_absent(session, ScheduledRun, {"name": name, "due_at": due_at}):
        return False
    enqueue(session, kind, unique_key=f"schedule:{name}")
    return True


def sweep(session: Session, now: datetime) -> int:
    """Removes jobs that ended, and schedule marks, more than seven days ago; dead ones are kept for a month."""
    old = change_rows(session, delete(Job).where(Job.state == "done", Job.finished_at < now - KEPT_FOR))
    session.execute(delete(Job).where(Job.state == "dead", Job.finished_at < now - KEPT_FOR * 4))
    session.execute(delete(ScheduledRun).where(ScheduledRun.due_at < now - KEPT_FOR))
    return old


def list_failing(session: Session, *, limit: int = 50) -> list[Job]:
    """Jobs that someone should look at, newest first: given up, or never given up and failed as often."""
    is_tried_on = and_(Job.state.in_(("ready", "running")), Job.attempts >= ATTEMPTS, Job.max_attempts > Job.attempts)
    failing = or_(Job.state == "dead", and_(is_tried_on, Job.last_error.is_not(None)))
    return list(session.scalars(select(Job).where(failing).order_by(Job.id.desc()).limit(limit)))
