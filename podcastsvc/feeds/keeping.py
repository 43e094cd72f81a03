"""Renderings kept: in this process's memory, and in a folder that all processes of a machine share and a restart leaves.

A rendering is made once for all of them, also when ten thousand apps ask in the second after an episode came out.
"""

import contextlib
import fcntl
import hashlib
import json
import logging
import os
import tempfile
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from podcastsvc.catalogue.access import Audience
from podcastsvc.feeds.document import Gap
from podcastsvc.feeds.notices import NoticeKind
from podcastsvc.feeds.rendering import LeftOut, Rendering
from podcastsvc.feeds.views import FeedView
from podcastsvc.kit.gapped_gzip import Checks, GappedGzip

log = logging.getLogger(__name__)

KEPT_BYTES = 64 * 1024 * 1024
# A feed that nobody has asked for in so long is not made anew before somebody does.
UNUSED_FOR = timedelta(days=14)
_DIGEST_BYTES = 16
_GAPS = tuple(Gap)


@dataclass(frozen=True, slots=True)
class Slot:
    """One page of one show's feed for one view: what one rendering serves, in one version at a time."""

    show_id: int
    view: FeedView
    page: int = 1


Make = Callable[[], Rendering]


# ---- in memory


class RenderingCache:
    """Renderings of this process, each got once by ``get`` of ``beneath``, or made, where there is nothing beneath.

    Requests that come while a rendering is got wait for it. A slot keeps one version; when all together hold more than
    ``limit_bytes``, those unused for longest go. Safe for threads.
    """

    def __init__(self, beneath: "RenderingFolder | None" = None, *, limit_bytes: int = KEPT_BYTES) -> None:
        self._beneath = beneath
        self._limit_bytes = limit_bytes
        self._lock = threading.Lock()
        self._kept: OrderedDict[Slot, tuple[str, Future[Rendering]]] = OrderedDict()

    def get(self, slot: Slot, version: str, make: Make) -> Rendering:
        """The slot's rendering in this version, made by ``make`` if it is nowhere. What ``make`` raises is raised."""
        with self._lock:
            kept = self._kept.get(slot)
            if kept is not None and kept[0] == version:
                self._kept.move_to_end(slot)
                future, is_mine = kept[1], False
            else:
                future, is_mine = Future(), True
                self._kept[slot] = (version, future)
                self._kept.move_to_end(slot)
        if is_mine:
            self._fetch(slot, version, future, make)
        return future.result()

    def _fetch(self, slot: Slot, version: str, future: "Future[Rendering]", make: Make) -> None:
        try:
            rendering = make() if self._beneath is None else self._beneath.get(slot, version, make)
        except BaseException as problem:
            with self._lock:
                if self._kept.get(slot) == (version, future):
                    del self._kept[slot]
            future.set_exception(problem)
            raise
        future.set_result(rendering)
        with self._lock:
            self._shrink()

    def _shrink(self) -> None:
        used = 0
        for slot in reversed(list(self._kept)):
            future = self._kept[slot][1]
            if future.done():
                used += future.result().size_bytes
                if used > self._limit_bytes:
                    del self._kept[slot]


# ---- in a folder


class RenderingFolder:
    """A folder with one file for each slot. A file that is damaged, or cannot be written, costs a rendering, no more."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def get(self, slot: Slot, version: str, make: Make) -> Rendering:
        """The slot's rendering in this version; where it is not there it is made, by one process while others wait."""
        found = self._find(slot, version)
        if found is None:
            with self._turn(slot):
                found = self._find(slot, version) or self._make(slot, version, make)
        # Says that it was used: a process asks once for each version, and then remembers.
        with contextlib.suppress(OSError):
            os.utime(self._path_of(slot))
        return found

    def renew(self, slot: Slot, version: str, make: Make) -> None:
        """Makes it where it is not there in this version. Nobody has asked for it, so it counts as used when it did."""
        path = self._path_of(slot)
        with self._turn(slot), contextlib.suppress(OSError):
            used = path.stat()
            if self._find(slot, version) is None:
                self._make(slot, version, make)
                os.utime(path, ns=(used.st_atime_ns, used.st_mtime_ns))

    def list_used(self, since: datetime) -> list[Slot]:
        """The slots that somebody has asked for since an instant; files without use are removed on the way."""
        slots: list[Slot] = []
        for path in sorted(self._folder.glob("*.feed")):
            with contextlib.suppress(FileNotFoundError):
                if path.stat().st_mtime >= since.timestamp():
                    slots.extend(_read_slot(path))
                else:
                    path.unlink()
                    path.with_suffix(".lock").unlink(missing_ok=True)
        return slots

    def _make(self, slot: Slot, version: str, make: Make) -> Rendering:
        made = make()
        try:
            self._write(self._path_of(slot), write_rendering(slot, version, made))
        except OSError as problem:
            log.warning("a rendering could not be kept", extra={"why": problem.strerror})
        return made

    def _find(self, slot: Slot, version: str) -> Rendering | None:
        try:
            return read_rendering(self._path_of(slot).read_bytes(), version)
        except OSError:
            return None

    @contextlib.contextmanager
    def _turn(self, slot: Slot) -> Iterator[None]:
        """Held by one process at a time for each slot; a process that dies gives it back."""
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            lock = self._path_of(slot).with_suffix(".lock").open("wb")
        except OSError as problem:
            log.warning("renderings cannot be kept", extra={"why": problem.strerror})
            yield
            return
        with lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def _write(self, path: Path, content: bytes) -> None:
        # Not synced to the disk: what a power cut leaves of it is noticed when it is read.
        with tempfile.NamedTemporaryFile(dir=self._folder, prefix="new-", suffix=".part", delete=False) as file:
            try:
                file.write(content)
                file.flush()
                Path(file.name).replace(path)
            except BaseException:
                Path(file.name).unlink(missing_ok=True)
                raise

    def _path_of(self, slot: Slot) -> Path:
        return self._folder / f"{hashlib.sha256(repr(_write_slot(slot)).encode()).hexdigest()[:32]}.feed"


# ---- written form: one line of JSON, the pieces, and a digest of all that


def write_rendering(slot: Slot, version: str, rendering: Rendering) -> bytes:
    """A rendering with the names of its slot and version as bytes."""
    packed = rendering.packed
    head = {
        "slot": _write_slot(slot),
        "version": version,
        "pages": rendering.pages,
        "left_out": [[each.title, each.reason] for each in rendering.left_out],
        "gaps": "".join(str(_GAPS.index(gap)) for gap in rendering.gaps),
        "pieces": [len(piece) for piece in rendering.pieces],
        "packed": [len(piece) for piece in packed.pieces],
        "checks": {gap: [checks.length, *checks.bits] for gap, checks in packed.checks.items()},
        "crc": packed.crc,
        "length": packed.length_bytes,
    }
    body = b"".join([json.dumps(head).encode(), b"\n", *rendering.pieces, *packed.pieces])
    return body + _digest(body)


def read_rendering(content: bytes, version: str) -> Rendering | None:
    """What ``write_rendering`` wrote; None where it is of another version, or damaged."""
    line, _, _ = content.partition(b"\n")
    head = _read_head(line)
    if head.get("version") != version or _digest(content[:-_DIGEST_BYTES]) != content[-_DIGEST_BYTES:]:
        return None
    pieces, start = _cut(content, len(line) + 1, head["pieces"])
    packed, _ = _cut(content, start, head["packed"])
    gaps = tuple(_GAPS[int(mark)] for mark in head["gaps"])
    checks = {Gap(name): Checks(length, tuple(bits)) for name, (length, *bits) in head["checks"].items()}
    whole = GappedGzip(packed, gaps, checks, head["crc"], head["length"])
    return Rendering(pieces, gaps, whole, head["pages"], tuple(LeftOut(*each) for each in head.get("left_out", ())))


def _cut(content: bytes, start: int, lengths: list[int]) -> tuple[tuple[bytes, ...], int]:
    pieces = []
    for length in lengths:
        pieces.append(content[start : start + length])
        start += length
    return tuple(pieces), start


def _digest(body: bytes) -> bytes:
    return hashlib.blake2b(body, digest_size=_DIGEST_BYTES).digest()


def _read_head(line: bytes) -> dict[str, Any]:
    try:
        head = json.loads(line)
    except ValueError:
        return {}
    return head if isinstance(head, dict) else {}


def _read_slot(path: Path) -> Iterator[Slot]:
    """The slot of a file; nothing where it cannot be read."""
    with path.open("rb") as file:
        head = _read_head(file.readline())
    with contextlib.suppress(KeyError, TypeError, ValueError):
        written = head["slot"]
        notice = NoticeKind(written["notice"]) if written["notice"] else None
        view = FeedView(Audience(frozenset(written["plans"])), is_personal=written["personal"], notice=notice)
        yield Slot(written["show"], view, written["page"])


def _write_slot(slot: Slot) -> dict[str, Any]:
    view = slot.view
    return {
        "show": slot.show_id,
        "plans": sorted(view.audience.plans),
        "personal": view.is_personal,
        "notice": view.notice,
        "page": slot.page,
    }
