"""Files on their way out: all or a part of one, in blocks, with memory that does not grow with the file (rule M10)."""

import logging
import os
from collections.abc import Callable, Iterator
from pathlib import Path

from podcastsvc.errors import Unavailable
from podcastsvc.kit.language import N_
from podcastsvc.kit.ranges import Decision

log = logging.getLogger(__name__)

# Up to this much leaves in one write, without a stream of its own.
AT_ONCE_BYTES = 256 * 1024
# The server holds a few blocks for each reader who is slow: 1.2 MB in all with these, 2.2 MB with 256 KiB.
BLOCK_BYTES = 64 * 1024
AWAY = N_("The audio cannot be reached at the moment. Please try again.")

OnEnd = Callable[[int], None]


class FileBlocks:
    """The bytes of an open file from ``start`` on, ``length`` of them. Owns the file, and closes it when the answer is
    over, however it ends; then ``on_end`` hears how many bytes were handed over."""

    def __init__(self, handle: int, start: int, length: int, on_end: OnEnd) -> None:
        self._handle: int | None = handle
        self._next = start
        self._left = length
        self._sent = 0
        self._on_end = on_end

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        if self._handle is None or self._left <= 0:
            raise StopIteration
        block = os.pread(self._handle, min(BLOCK_BYTES, self._left), self._next)
        if not block:
            # Ends the connection short of its Content-Length, which tells the app that something is missing.
            log.error("a file became shorter while it was sent")
            raise OSError("the file ended early")
        self._next += len(block)
        self._left -= len(block)
        self._sent += len(block)
        return block

    def close(self) -> None:
        handle, self._handle = self._handle, None
        if handle is not None:
            os.close(handle)
            self._on_end(self._sent)

    def __del__(self) -> None:
        self.close()


Body = list[bytes] | FileBlocks


def open_part(path: Path, decision: Decision, *, length_bytes: int, on_end: OnEnd) -> Body:
    """The part of a file that was decided on, for an answer of 200 or 206.

    Raises Unavailable where the file is not there, or has another length than every enclosure says (rules M3, T-D10).
    """
    handle = _open(path, length_bytes)
    if decision.length > AT_ONCE_BYTES:
        return FileBlocks(handle, decision.start, decision.length, on_end)
    try:
        body = os.pread(handle, decision.length, decision.start)
    finally:
        os.close(handle)
    on_end(len(body))
    return [body]


def check_file(path: Path, *, length_bytes: int) -> None:
    """The same check for a file that somebody else will send. Raises Unavailable as ``open_part`` does."""
    os.close(_open(path, length_bytes))


def _open(path: Path, length_bytes: int) -> int:
    try:
        handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except OSError as problem:
        log.error("a file of the media store cannot be opened", extra={"why": problem.strerror})
        raise Unavailable(AWAY) from problem
    found = os.fstat(handle).st_size
    if found != length_bytes:
        os.close(handle)
        log.error("a file of the media store has another length", extra={"wanted": length_bytes, "found": found})
        raise Unavailable(AWAY)
    return handle
