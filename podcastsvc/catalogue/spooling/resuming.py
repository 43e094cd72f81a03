"""Uploads that go on where they stopped: parts are added at an offset, and only what is on the disk for certain counts.

Each part is one request's turn. A later turn ends an earlier one, whose connection may be dead without anybody knowing:
both would write to the same file. What a killed process wrote behind the last offset that it noted is cut off again.
"""

import contextlib
import fcntl
import hashlib
import io
import os
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Protocol

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from podcastsvc.catalogue import audio, uploads
from podcastsvc.catalogue.limits import too_large
from podcastsvc.catalogue.uploads import Kind, Turn
from podcastsvc.errors import Conflict, Invalid, NotFound
from podcastsvc.kit import clock, files
from podcastsvc.kit.language import N_, sentence
from podcastsvc.kit.secrets import make_ulid
from podcastsvc.kit.text import clean_line
from podcastsvc.storage.db import Database
from podcastsvc.storage.tables.upload import UnfinishedUpload, Upload

if TYPE_CHECKING:
    from sqlalchemy import CursorResult

KEPT_FOR = timedelta(days=7)
MOST_UNFINISHED = 10
CHECKSUMS = ("sha1", "sha256")
UNKNOWN = N_("This upload is not known here. Choose the file again.")
ELSEWHERE = N_("The file goes on in another connection.")
NOT_THERE = N_("The file goes on at another place.")
TOO_LONG = N_("More came than the file was said to have.")
UNFINISHED = N_("The upload has not ended yet. Choose the same file again, and it goes on where it stopped.")
DIFFERENT = N_("The part arrived damaged. Send it again.")
_BLOCK_BYTES = 1024 * 1024
# How much is sent again at most after a kill; each note costs a sync of the disk.
_NOTED_EACH_BYTES = 16 * _BLOCK_BYTES
_LONGEST_FINGERPRINT_CHARS = 500


class Readable(Protocol):
    """A body that arrives."""

    def read(self, size: int, /) -> bytes: ...


@dataclass(frozen=True, slots=True)
class Checksum:
    """What the sender says that a part's bytes hash to."""

    algorithm: str
    digest: bytes


@dataclass(frozen=True, slots=True)
class Part:
    """A part that arrives: where in the file it begins, and how long it says that it is, if it says so."""

    offset_bytes: int
    body: Readable
    coming_bytes: int | None = None
    checksum: Checksum | None = None


class Damaged(Invalid):
    """A part that is not what its checksum says; nothing of it was kept."""


def begin(
    db: Database, spool: Path, *, member_id: int, name: str, length_bytes: int, fingerprint: str, limit_bytes: int
) -> UnfinishedUpload:
    """Makes the empty file and its row.

    Raises Invalid for a length that is none or over the limit, Conflict where one person has ten unfinished files
    already, Unavailable without room for all of it.
    """
    if length_bytes <= 0:
        raise Invalid(audio.EMPTY)
    if length_bytes > limit_bytes:
        raise Invalid(too_large(limit_bytes))
    files.check_room(spool, coming_bytes=length_bytes)
    upload_id = make_ulid().lower()
    with uploads.keeping():
        path_of(spool, upload_id).touch(exist_ok=False)
        files.sync_folder(spool)
    now = clock.now()
    with db.transaction() as session:
        _check_number(session, member_id, now)
        row = UnfinishedUpload(
            id=upload_id,
            member_id=member_id,
            declared_name=clean_line(name),
            fingerprint=clean_line(fingerprint, limit_chars=_LONGEST_FINGERPRINT_CHARS),
            length_bytes=length_bytes,
            offset_bytes=0,
            turn=0,
            created_at=now,
            changed_at=now,
        )
        session.add(row)
    return row


def _check_number(session: Session, member_id: int, now: datetime) -> None:
    count = session.scalar(
        select(func.count())
        .select_from(UnfinishedUpload)
        .where(UnfinishedUpload.member_id == member_id, UnfinishedUpload.changed_at > now - KEPT_FOR)
    )
    if (count or 0) >= MOST_UNFINISHED:
        raise Conflict(
            sentence(
                "You have %(count)s unfinished uploads. Go on with one of them or remove it, then choose the file again.",
                count=MOST_UNFINISHED,
            )
        )


def path_of(spool: Path, upload_id: str) -> Path:
    """Where an unfinished file lies."""
    return spool / f"unfinished-{upload_id}.part"


def find(session: Session, spool: Path, upload_id: str, member_id: int) -> UnfinishedUpload | None:
    """One's own unfinished upload whose file is still there, also one that has been left for too long."""
    row = session.get(UnfinishedUpload, upload_id)
    return row if row is not None and row.member_id == member_id and path_of(spool, row.id).is_file() else None


def list_own(session: Session, spool: Path, member_id: int, now: datetime) -> list[UnfinishedUpload]:
    """A person's unfinished uploads that can go on, newest first."""
    rows = session.scalars(
        select(UnfinishedUpload)
        .where(UnfinishedUpload.member_id == member_id, UnfinishedUpload.changed_at > now - KEPT_FOR)
        .order_by(UnfinishedUpload.changed_at.desc(), UnfinishedUpload.id.desc())
    )
    return [row for row in rows if path_of(spool, row.id).is_file()]


def ends_at(row: UnfinishedUpload) -> datetime:
    """From when on an upload that nobody goes on with is gone."""
    return row.changed_at + KEPT_FOR


def count_percent(row: UnfinishedUpload) -> int:
    """How much of a file is here, in whole per cent, rounded down."""
    return row.offset_bytes * 100 // row.length_bytes


# ---- parts


def append(db: Database, spool: Path, row: UnfinishedUpload, part: Part) -> int:
    """Adds a part; returns the new offset. What arrived of a part whose connection broke stays too.

    Raises Conflict where the part begins elsewhere than the file ends, or a later turn took over, TooMany while two
    others arrive, Invalid for more than the file has, Damaged, Unavailable on a full disk. Errors of the connection pass.
    """
    if part.offset_bytes != row.offset_bytes:
        raise Conflict(NOT_THERE)
    left = row.length_bytes - part.offset_bytes
    if part.coming_bytes is not None and part.coming_bytes > left:
        raise Invalid(TOO_LONG)
    files.check_room(spool, coming_bytes=min(part.coming_bytes or 0, left))
    with closing(Turn(spool)) as place, _Writer(db, spool, row, part) as writer:
        while block := part.body.read(_BLOCK_BYTES):
            place.keep()
            writer.write(block)
        return writer.end()


class _Writer:
    """One turn at a file. What it leaves, by whatever way, is noted and on the disk."""

    def __init__(self, db: Database, spool: Path, row: UnfinishedUpload, part: Part) -> None:
        self._db, self._row, self._part = db, row, part
        with uploads.keeping():
            self._file = path_of(spool, row.id).open("r+b", buffering=0)
        self._at = self._noted = part.offset_bytes
        self._digest = hashlib.new(part.checksum.algorithm) if part.checksum is not None else None
        self._has_ended = False
        self._turn = 0

    def __enter__(self) -> "_Writer":
        try:
            with uploads.keeping(), _alone(self._file):
                self._turn = self._take_over()
                self._file.truncate(self._part.offset_bytes)
        except BaseException:
            self._file.close()
            raise
        return self

    def _take_over(self) -> int:
        """The number of this turn, with which all earlier ones are over."""
        with self._db.transaction() as session:
            row = session.get(UnfinishedUpload, self._row.id, with_for_update=True)
            if row is None:
                raise NotFound(UNKNOWN)
            # A disk that came back from a copy may hold less than was noted.
            row.offset_bytes = min(row.offset_bytes, os.fstat(self._file.fileno()).st_size)
            offset_bytes, row.turn = row.offset_bytes, row.turn + 1
            turn = row.turn
        if self._part.offset_bytes != offset_bytes:
            raise Conflict(NOT_THERE)
        return turn

    def write(self, block: bytes) -> None:
        if self._at + len(block) > self._row.length_bytes:
            raise Invalid(TOO_LONG)
        with uploads.keeping(), _alone(self._file):
            self._check_turn()
            left = memoryview(block)
            while left:
                written = os.pwrite(self._file.fileno(), left, self._at)
                left, self._at = left[written:], self._at + written
        if self._digest is not None:
            self._digest.update(block)
        elif self._at - self._noted >= _NOTED_EACH_BYTES:
            self._note()

    def _check_turn(self) -> None:
        with self._db.reading() as session:
            turn = session.scalar(select(UnfinishedUpload.turn).where(UnfinishedUpload.id == self._row.id))
        if turn != self._turn:
            raise Conflict(ELSEWHERE)

    def end(self) -> int:
        """The offset after the whole part."""
        self._has_ended = True
        checksum = self._part.checksum
        if self._digest is not None and checksum is not None and self._digest.digest() != checksum.digest:
            self._at = self._noted
            raise Damaged(DIFFERENT)
        self._note()
        return self._at

    def _note(self) -> None:
        """Syncs the file and notes how far it goes; a turn that is over notes nothing."""
        with uploads.keeping():
            os.fsync(self._file.fileno())
        with self._db.transaction() as session:
            found: CursorResult[Any] = session.execute(  # type: ignore[assignment]
                update(UnfinishedUpload)
                .where(UnfinishedUpload.id == self._row.id, UnfinishedUpload.turn == self._turn)
                .values(offset_bytes=self._at, changed_at=clock.now())
            )
        if not found.rowcount:
            raise Conflict(ELSEWHERE)
        self._noted = self._at

    def __exit__(self, *_why: object) -> None:
        try:
            # What came before a connection broke is as good as any; of a part with a checksum nobody can tell.
            if not self._has_ended and self._digest is None and self._at > self._noted:
                with contextlib.suppress(Conflict):
                    self._note()
        finally:
            self._file.close()


@contextlib.contextmanager
def _alone(file: IO[bytes] | io.FileIO) -> Iterator[None]:
    """One at a time at a file, of all threads and processes: each opened it for itself."""
    fcntl.flock(file, fcntl.LOCK_EX)
    try:
        yield
    finally:
        fcntl.flock(file, fcntl.LOCK_UN)


# ---- the end


def finish(
    db: Database, spool: Path, upload_id: str, member_id: int, kind: Kind = Kind.AUDIO, *, limit_bytes: int
) -> Upload | None:
    """Looks at a file that is all here and makes it an upload of the same id; asked again, it answers the same.

    ``kind`` is that of audio which the form takes it for: what is on its way has none yet.

    None where nothing is known of it. Raises Conflict for one that is not all here, Invalid for one that cannot be used,
    which is then removed, Unavailable where the disk refuses.
    """
    path = path_of(spool, upload_id)
    with contextlib.ExitStack() as stack:
        with contextlib.suppress(FileNotFoundError):
            file = stack.enter_context(path.open("rb"))
            stack.enter_context(_alone(file))
        with db.reading() as session:
            done = uploads.find_upload(session, spool, upload_id, kind)
            row = find(session, spool, upload_id, member_id)
        if done is not None or row is None:
            return done
        if row.offset_bytes < row.length_bytes:
            raise Conflict(UNFINISHED)
        try:
            arrival = uploads.take(path, spool, kind, row.declared_name, limit_bytes=limit_bytes, upload_id=upload_id)
        except Invalid:
            remove(db, spool, row)
            raise
        with db.transaction() as session:
            made = uploads.save_upload(session, arrival, member_id=member_id, now=clock.now())
            session.execute(delete(UnfinishedUpload).where(UnfinishedUpload.id == upload_id))
        path.unlink(missing_ok=True)
        return made


def remove(db: Database, spool: Path, row: UnfinishedUpload) -> None:
    """Forgets an unfinished upload: the row, then the file."""
    with db.transaction() as session:
        session.execute(delete(UnfinishedUpload).where(UnfinishedUpload.id == row.id))
    path_of(spool, row.id).unlink(missing_ok=True)
