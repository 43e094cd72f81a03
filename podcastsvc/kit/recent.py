"""Values that are read again and again and change seldom, kept for a moment."""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

K = TypeVar("K")
T = TypeVar("T")

# Longer than any reading that goes well. Whoever has waited so long for another's reads too, instead of failing with it.
_PATIENCE_SECONDS = 1.0


class Recent(Generic[T]):
    """What ``read`` gave, for at most ``seconds``, and only while ``stamp`` gives the same.

    The stamp makes a change by this process seen at once; what others changed is seen when the time is over. Threads
    that come while one reads use the old value, if there is one, instead of reading too.
    """

    def __init__(self, read: Callable[[], T], *, stamp: Callable[[], object], seconds: float = 0.5) -> None:
        self._read = read
        self._stamp = stamp
        self._seconds = seconds
        self._reading = threading.Lock()
        self._kept: tuple[object, float, T] | None = None

    def get(self) -> T:
        """The value; what ``read`` raises is raised."""
        stamp, kept = self._stamp(), self._kept
        if kept is not None and kept[0] == stamp:
            if time.monotonic() < kept[1]:
                return kept[2]
            if not self._reading.acquire(blocking=False):
                return kept[2]
            try:
                return self._renew(stamp)
            finally:
                self._reading.release()
        with self._reading:
            kept = self._kept
            # Another thread may have read it while this one waited.
            if kept is not None and kept[0] == stamp and time.monotonic() < kept[1]:
                return kept[2]
            return self._renew(stamp)

    def _renew(self, stamp: object) -> T:
        until = time.monotonic() + self._seconds
        value = self._read()
        self._kept = (stamp, until, value)
        return value


@dataclass(frozen=True, slots=True)
class _Kept(Generic[T]):
    """A value, the stamp it was read under, and when that began."""

    stamp: object
    read_at: float
    value: T


class RecentByKey(Generic[K, T]):
    """The same for many values: each is kept for a moment by its key, at most ``most`` of them. None is never kept."""

    def __init__(
        self, read: Callable[[K], T | None], *, stamp: Callable[[], object], seconds: float = 0.5, most: int = 1000
    ) -> None:
        self._read = read
        self._stamp = stamp
        self._seconds = seconds
        self._most = most
        self._lock = threading.Lock()
        self._kept: OrderedDict[K, _Kept[T]] = OrderedDict()
        self._reading: dict[K, threading.Lock] = {}

    def get(self, key: K) -> T | None:
        """The value of a key; what ``read`` raises is raised."""
        stamp, now = self._stamp(), time.monotonic()
        with self._lock:
            kept = self._kept.get(key)
            is_same = kept is not None and kept.stamp == stamp
            if kept is not None and is_same and now < kept.read_at + self._seconds:
                return kept.value
            turn = self._reading.setdefault(key, threading.Lock())
        has_turn = turn.acquire(timeout=0 if is_same else _PATIENCE_SECONDS)
        if not has_turn and kept is not None and is_same:
            return kept.value
        try:
            return self._find_or_renew(key, asked_at=now)
        finally:
            if has_turn:
                turn.release()
                with self._lock:
                    self._reading.pop(key, None)

    def _find_or_renew(self, key: K, *, asked_at: float) -> T | None:
        with self._lock:
            kept = self._kept.get(key)
        # Another thread may have read it while this one waited.
        if kept is not None and kept.read_at > asked_at:
            return kept.value
        stamp, now = self._stamp(), time.monotonic()
        value = self._read(key)
        with self._lock:
            if value is None:
                self._kept.pop(key, None)
            else:
                self._kept[key] = _Kept(stamp, now, value)
                self._kept.move_to_end(key)
            while len(self._kept) > self._most:
                self._kept.popitem(last=False)
        return value
