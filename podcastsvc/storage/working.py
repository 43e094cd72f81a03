"""Working on the queue: one thread that turns schedules into jobs and hands each job to its handler."""

import logging
import os
import secrets
import socket
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from podcastsvc.errors import Failure, Unavailable
from podcastsvc.kit import clock
from podcastsvc.kit.clock import from_timestamp
from podcastsvc.storage import jobs
from podcastsvc.storage.db import Database
from podcastsvc.storage.jobs import ClaimedJob

log = logging.getLogger(__name__)

Handler = Callable[[Mapping[str, Any]], None]

_IDLE_SECONDS = 1.0
_PAUSE_SECONDS = 5.0
_RENEW_SECONDS = 20.0


@dataclass(frozen=True, slots=True)
class Schedule:
    """A job that comes round by itself, at whole multiples of ``every`` since 1970, UTC, plus ``offset``."""

    name: str
    kind: str
    every: timedelta
    offset: timedelta = timedelta()


class Worker:
    """One thread of work. Several may run, in one process or on several machines, over one database."""

    def __init__(self, db: Database, handlers: Mapping[str, Handler], schedules: Sequence[Schedule] = ()) -> None:
        self._db = db
        self._handlers = handlers
        self._schedules = schedules
        self._owner = f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(4)}"
        self._stop = threading.Event()
        self._due: dict[str, datetime] = {}

    def start(self) -> threading.Thread:
        """Runs in a thread of its own until ``stop``."""
        thread = threading.Thread(target=self.run, name="podcastsvc-worker", daemon=True)
        thread.start()
        return thread

    def stop(self) -> None:
        """Ends the loop after the job at hand."""
        self._stop.set()

    def run(self) -> None:
        """Works until ``stop``. A database that is away is waited for, and nothing ends the loop (rule T-D10)."""
        while not self._stop.is_set():
            pause_seconds = _IDLE_SECONDS
            try:
                if self.run_once():
                    continue
            except Unavailable:
                log.warning("the worker waits for the database")
            except Exception:  # no restart of the process may be needed, whatever it was
                log.exception("the worker failed, and goes on")
                pause_seconds = _PAUSE_SECONDS
            self._stop.wait(pause_seconds)

    def run_once(self) -> bool:
        """Turns due schedules into jobs and does one job; whether there was one."""
        now = clock.now()
        self._enqueue_schedules(now)
        with self._db.transaction() as session:
            job = jobs.claim(session, self._owner, now)
        if job is None:
            return False
        self._do(job)
        return True

    def run_all(self) -> int:
        """Does every job that is due, one after another; how many. For commands and tests."""
        done = 0
        while self.run_once():
            done += 1
        return done

    def _enqueue_schedules(self, now: datetime) -> None:
        for schedule in self._schedules:
            seconds = int(schedule.every.total_seconds())
            offset = int(schedule.offset.total_seconds())
            due_at = from_timestamp((int(now.timestamp()) - offset) // seconds * seconds + offset)
            if self._due.get(schedule.name) == due_at:
                continue
            with self._db.transaction() as session:
                jobs.enqueue_scheduled(session, schedule.name, schedule.kind, due_at)
            self._due[schedule.name] = due_at

    def _do(self, job: ClaimedJob) -> None:
        began = time.monotonic()
        handler = self._handlers.get(job.kind)
        try:
            if handler is None:
                raise LookupError(f"no handler for jobs of kind {job.kind!r}")
            with self._kept(job):
                handler(job.payload)
        except Exception as problem:  # noqa: BLE001 -- the edge of a job: whatever it was, the job is tried again
            self._fail(job, problem)
        else:
            with self._db.transaction() as session:
                jobs.finish(session, job, clock.now())
            spent = round((time.monotonic() - began) * 1000)
            log.debug("job done", extra={"job": job.id, "kind": job.kind, "ms": spent})

    def _fail(self, job: ClaimedJob, problem: Exception) -> None:
        is_last = job.attempts >= job.max_attempts
        is_grave = job.attempts >= min(job.max_attempts, jobs.ATTEMPTS)
        expected = isinstance(problem, Failure)
        log.log(
            logging.ERROR if is_grave else logging.WARNING,
            "job failed",
            exc_info=None if expected else problem,
            extra={
                "job": job.id,
                "kind": job.kind,
                "attempt": job.attempts,
                "is_last": is_last,
                "why": type(problem).__name__,
            },
        )
        with self._db.transaction() as session:
            jobs.fail(
                session,
                job,
                clock.now(),
                f"{type(problem).__name__}: {problem}" if expected else type(problem).__name__,
            )

    def _kept(self, job: ClaimedJob) -> "_Heartbeat":
        return _Heartbeat(self._db, job)


class _Heartbeat:
    """Renews the lease of a job while it is worked on, so that long work is not taken over."""

    def __init__(self, db: Database, job: ClaimedJob) -> None:
        self._db = db
        self._job = job
        self._ended = threading.Event()
        self._thread: threading.Thread | None = None

    def __enter__(self) -> None:
        self._thread = threading.Thread(target=self._renew, name="podcastsvc-lease", daemon=True)
        self._thread.start()

    def __exit__(self, *_problem: object) -> None:
        self._ended.set()
        if self._thread is not None:
            self._thread.join()

    def _renew(self) -> None:
        while not self._ended.wait(_RENEW_SECONDS):
            try:
                with self._db.transaction() as session:
                    jobs.renew(session, self._job, clock.now())
            except Exception as problem:  # noqa: BLE001 -- the next turn may work, and without one the job is done twice
                why = type(problem).__name__
                log.warning("a lease could not be renewed", extra={"job": self._job.id, "why": why})
