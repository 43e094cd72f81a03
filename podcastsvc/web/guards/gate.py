"""How many requests one process works on at once: some run, some wait for their turn, all others are told to come back.

Thirty requests that share two cores are each answered later than one after another, and a thousand of them fill the
memory (rule T-H4). An answer that is on its way to a slow reader, and a body that is awaited from a slow sender, are not
work: they hold a thread, but no place here (rule T-H3).
"""

import threading
from collections.abc import Iterable, Iterator
from typing import IO, Any, cast
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from podcastsvc.settings import Settings
from podcastsvc.web.errors import DEFAULT_LINES, write_plain_page
from podcastsvc.web.guards.machines import is_for_machines

RETRY_AFTER_SECONDS = 5
_MOST_WAITING = 128
_PATIENCE_SECONDS = 10.0


class Turns:
    """``running`` threads at once; others wait for their turn, at most ``most_waiting`` of them, for a while.

    ``crowd``, where given, are turns whose waiters count together with these.
    """

    def __init__(self, running: int, most_waiting: int, patience_seconds: float, crowd: "Turns | None" = None) -> None:
        self._running = running
        self._places = threading.Semaphore(running)
        self._most_waiting = most_waiting
        self._patience_seconds = patience_seconds
        self._crowd = crowd or self
        self._lock = threading.Lock()
        self.waiting = 0
        """How many wait, here and wherever else this is the crowd."""

    def make_others(self, running: int) -> "Turns":
        """Turns of another kind, with the same crowd; what runs less here may wait more."""
        most_waiting = self._most_waiting + max(self._running - running, 0)
        return Turns(running, most_waiting, self._patience_seconds, self._crowd)

    def take(self) -> bool:
        """Whether it is this thread's turn now, which it must ``give_back``."""
        return self._places.acquire(blocking=False) or self._crowd.join(self._places, self._most_waiting)

    def join(self, places: threading.Semaphore, most_waiting: int) -> bool:
        with self._lock:
            if self.waiting >= most_waiting:
                return False
            self.waiting += 1
        try:
            return places.acquire(timeout=self._patience_seconds)
        finally:
            with self._lock:
                self.waiting -= 1

    def take_again(self) -> None:
        """The same for a thread that only lent its turn, for as long as it takes."""
        self._places.acquire()

    def give_back(self) -> None:
        self._places.release()


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
