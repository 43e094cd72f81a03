"""How many requests one process works on at once: some run, some wait for their turn, all others are told to come back.

Thirty requests that share two cores are each answered later than one after another, and a thousand of them fill the
memory (rule T-H4). An answer that is on its way to a slow reader, and a body that is awaited from a slow sender, are not
work: they hold a thread, but no place here (rule T-H3). Nor does one that waits for Stripe.
"""

import threading
from collections import deque
from collections.abc import Iterable, Iterator
from typing import IO, Any, cast
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from podcastsvc.kit import guard
from podcastsvc.settings import Settings
from podcastsvc.web.errors import DEFAULT_LINES, write_plain_page
from podcastsvc.web.guards.machines import is_for_machines

RETRY_AFTER_SECONDS = 5
_MOST_WAITING = 128
_PATIENCE_SECONDS = 10.0


class Turns:
    """``running`` threads at once; others wait for their turn in the order in which they came, at most ``most_waiting``.

    A turn that is given back goes to whoever has waited longest. A semaphore lets those in first who come just then, so
    one in a hundred waited ten times as long as all others. ``crowd``, where given, are turns whose waiters count together
    with these.
    """

    def __init__(self, running: int, most_waiting: int, patience_seconds: float, crowd: "Turns | None" = None) -> None:
        self._running = running
        self._free = running
        self._queue: deque[threading.Lock] = deque()
        self._most_waiting = most_waiting
        self._patience_seconds = patience_seconds
        self._crowd = crowd or self
        self._lock: threading.Lock = threading.Lock() if crowd is None else crowd._lock
        self.waiting = 0
        """How many wait, here and wherever else this is the crowd."""

    def make_others(self, running: int) -> "Turns":
        """Turns of another kind, with the same crowd; what runs less here may wait more."""
        most_waiting = self._most_waiting + max(self._running - running, 0)
        return Turns(running, most_waiting, self._patience_seconds, self._crowd)

    def take(self) -> bool:
        """Whether it is this thread's turn now, which it must ``give_back``."""
        with self._lock:
            if self._free:
                self._free -= 1
                return True
            if self._crowd.waiting >= self._most_waiting:
                return False
            self._crowd.waiting += 1
            turn = _make_turn()
            self._queue.append(turn)
        has_come = turn.acquire(timeout=self._patience_seconds)
        with self._lock:
            self._crowd.waiting -= 1
            if not has_come and turn in self._queue:
                self._queue.remove(turn)
                return False
        # It may have been handed over in the very instant in which patience ended.
        return True

    def take_again(self) -> None:
        """The same for a thread that only lent its turn: it is the next one, for as long as it takes."""
        with self._lock:
            if self._free:
                self._free -= 1
                return
            turn = _make_turn()
            self._queue.appendleft(turn)
        turn.acquire()

    def give_back(self) -> None:
        with self._lock:
            if self._queue:
                self._queue.popleft().release()
            else:
                self._free += 1


def _make_turn() -> threading.Lock:
    """Taken from the start; whoever gives a turn back lets it go, and its waiter comes on."""
    turn = threading.Lock()
    turn.acquire()
    return turn


class Gate:
    """Stands before an application. ``running`` requests are worked on at once, ``waiting`` may wait for their turn."""

    def __init__(
        self,
        beneath: WSGIApplication,
        settings: Settings,
        *,
        running: int | None = None,
        waiting: int | None = None,
        patience_seconds: float = _PATIENCE_SECONDS,
    ) -> None:
        self._beneath = beneath
        self._settings = settings
        most_waiting = _count_waiting(settings) if waiting is None else waiting
        self.turns = Turns(settings.running if running is None else running, most_waiting, patience_seconds)

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        if not self.turns.take():
            return self.refuse(environ, start_response)
        environ["wsgi.input"] = _Input(environ["wsgi.input"], self.turns)
        try:
            with guard.holding(self.turns):
                return self._beneath(environ, start_response)
        finally:
            self.turns.give_back()

    def refuse(self, environ: WSGIEnvironment, start_response: StartResponse) -> list[bytes]:
        """503 in one write, by nothing that could be busy too: no database, no template, no framework."""
        path = environ.get("PATH_INFO", "")
        head = path[1:].partition("/")[0]
        language = head if head in self._settings.languages else self._settings.default_language
        kind, text = "html", write_plain_page(DEFAULT_LINES[503], language)
        if is_for_machines(path):
            kind, text = "plain", DEFAULT_LINES[503] + "\n"
        body = text.encode()
        start_response(
            "503 SERVICE UNAVAILABLE",
            [
                ("Content-Type", f"text/{kind}; charset=utf-8"),
                ("Content-Length", str(len(body))),
                ("Retry-After", str(RETRY_AFTER_SECONDS)),
                ("Cache-Control", "no-store"),
                ("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'"),
                ("X-Content-Type-Options", "nosniff"),
            ],
        )
        return [body]


class _Input:
    """A request's body that gives its request's place away while it waits for the sender."""

    def __init__(self, stream: IO[bytes], turns: Turns) -> None:
        self._stream = stream
        self._turns = turns

    def _without_place(self, read: Any, *arguments: Any) -> Any:
        self._turns.give_back()
        try:
            return read(*arguments)
        finally:
            self._turns.take_again()

    def read(self, *size: int) -> bytes:
        return cast("bytes", self._without_place(self._stream.read, *size))

    def readline(self, *size: int) -> bytes:
        return cast("bytes", self._without_place(self._stream.readline, *size))

    def readlines(self, *hint: int) -> list[bytes]:
        return cast("list[bytes]", self._without_place(self._stream.readlines, *hint))

    def __iter__(self) -> Iterator[bytes]:
        return iter(self.readline, b"")


def _count_waiting(settings: Settings) -> int:
    """128 (rule 10), as far as the threads go: each who waits holds one, and a quarter is left to slow readers."""
    return max(0, min(_MOST_WAITING, settings.threads - settings.running - settings.threads // 4))
