"""Things that many threads want written at the same moment: one of them writes for all, and each gets its own answer."""

import threading
from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

from podcastsvc.kit import guard

T = TypeVar("T")
R = TypeVar("R")


class Together(Generic[T, R]):
    """``do`` returns when its thing is written, and then it is.

    While one thread writes, those that come meanwhile wait, and the next one writes all that they brought at once: a
    database that waits for the disk at each commit then keeps up with any crowd. ``write`` takes things and gives their
    answers in the same order. Where it fails for several, each is tried alone, so that nobody fails for another's sake.
    """

    def __init__(self, write: Callable[[Sequence[T]], Sequence[R]]) -> None:
        self._write = write
        self._lock = threading.Lock()
        self._writing = threading.Lock()
        self._waiting: list[_Wish[T, R]] = []

    def do(self, thing: T) -> R:
        """Has the thing written, by this thread or another; what ``write`` raises for it is raised."""
        wish: _Wish[T, R] = _Wish(thing)
        with self._lock:
            self._waiting.append(wish)
        with guard.aside():
            self._writing.acquire()
        try:
            if not wish.is_done:
                self._write_all()
        finally:
            self._writing.release()
        return wish.get()

    def _write_all(self) -> None:
        with self._lock:
            wishes, self._waiting = self._waiting, []
        try:
            self._fill(wishes)
        except Exception:  # noqa: BLE001 -- each is tried alone, and raises it then
            for wish in wishes:
                self._fill_alone(wish)

    def _fill(self, wishes: "Sequence[_Wish[T, R]]") -> None:
        answers = self._write([wish.thing for wish in wishes])
        for wish, answer in zip(wishes, answers, strict=True):
            wish.answer = [answer]

    def _fill_alone(self, wish: "_Wish[T, R]") -> None:
        try:
            self._fill([wish])
        except Exception as problem:  # noqa: BLE001 -- whoever brought the thing raises it, in its own thread
            wish.problem = problem


class _Wish(Generic[T, R]):
    """A thing, and its answer or its problem once somebody has written it."""

    def __init__(self, thing: T) -> None:
        self.thing = thing
        self.answer: list[R] = []
        self.problem: Exception | None = None

    @property
    def is_done(self) -> bool:
        return bool(self.answer) or self.problem is not None

    def get(self) -> R:
        if self.problem is not None:
            raise self.problem
        return self.answer[0]
