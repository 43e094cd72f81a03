"""Things noted now and written later, many at once, by a thread of their own."""

import logging
import threading
from collections import deque
from collections.abc import Callable
from multiprocessing.util import Finalize
from typing import Generic, TypeVar

from podcastsvc.errors import Failure

log = logging.getLogger(__name__)

T = TypeVar("T")

EVERY_SECONDS = 2.0
SOON_SECONDS = 0.2
MOST_WAITING = 20_000


class Batcher(Generic[T]):
    """Collects what ``add`` is given and hands it to ``write`` in lists, every few seconds, in the order it came.

    Adding never waits and never fails. What ``write`` cannot take now (it raises a Failure, such as a database that
    is away) is kept for the next time; beyond ``most_waiting`` the oldest goes. A crash loses what came since the last
    time; a normal end of the process loses nothing.
    """

    def __init__(
        self,
        write: Callable[[list[T]], None],
        *,
        name: str,
        every_seconds: float = EVERY_SECONDS,
        most_waiting: int = MOST_WAITING,
    ) -> None:
        self._write = write
        self._name = name
        self._every_seconds = every_seconds
        self._waiting: deque[T] = deque(maxlen=most_waiting)
        self._lock = threading.Lock()
        self._writing = threading.Lock()
        self._came = threading.Event()
        self._hurry = threading.Event()
        self._ended = threading.Event()
        self._thread: threading.Thread | None = None
        self._at_end: Finalize | None = None

    def add(self, thing: T, *, soon: bool = False) -> None:
        """Notes one thing. The thread starts with the first, and so after a server has forked.

        ``soon`` is for what somebody waits for: it is written within a fifth of a second, with all that came until then.
        """
        with self._lock:
            self._waiting.append(thing)
            if self._thread is None and not self._ended.is_set():
                self._thread = threading.Thread(target=self._run, name=f"podcastsvc-{self._name}", daemon=True)
                self._thread.start()
                # Server processes are children of multiprocessing, which end without calling atexit's functions.
                self._at_end = Finalize(None, self.close, exitpriority=1)
            self._came.set()
        if soon:
            self._hurry.set()

    def flush(self) -> None:
        """Writes what waits, now, in this thread."""
        with self._writing:
            with self._lock:
                # With the list and before it: what is added a moment later must wake the thread again.
                self._came.clear()
                things = list(self._waiting)
                self._waiting.clear()
            if not things:
                return
            try:
                self._write(things)
            except Failure as problem:
                log.warning("a batch waits", extra={"batch": self._name, "count": len(things), "why": problem.message})
                self._put_back(things)
            except Exception:
                # The edge of a thread: a mistake in one batch must not end all later ones.
                log.exception("a batch was lost", extra={"batch": self._name, "count": len(things)})

    def close(self) -> None:
        """Writes what waits and ends the thread."""
        self._ended.set()
        self._hurry.set()
        self._came.set()
        thread, self._thread = self._thread, None
        if self._at_end is not None:
            self._at_end.cancel()
        if thread is not None:
            thread.join(timeout=10)
        self.flush()

    def _put_back(self, things: list[T]) -> None:
        with self._lock:
            newer = list(self._waiting)
            self._waiting.clear()
            self._waiting.extend(things + newer)
            # The thread comes back after the usual time, although nobody may add anything more.
            self._came.set()

    def _run(self) -> None:
        while not self._ended.is_set():
            self._came.wait()
            if self._hurry.wait(self._every_seconds):
                self._ended.wait(min(SOON_SECONDS, self._every_seconds))
                self._hurry.clear()
            self.flush()
