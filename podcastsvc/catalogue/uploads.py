"""Uploads: files that the studio has received and no episode uses yet, whole in the spool folder with a row each.

Order of an arrival (rule T-F7): temporary file, fsync, a look at the bytes, rename, fsync of the folder, then the row.
What a killed process leaves behind has no row, and is swept. Uploads that go on later are in ``spooling/resuming.py``.
"""

import contextlib
import fcntl
import hashlib
import os
import time
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from podcastsvc.catalogue import audio
from podcastsvc.catalogue.artwork import drawing
from podcastsvc.catalogue.audio import AudioFacts
from podcastsvc.catalogue.limits import MOST_PICTURE_BYTES, MOST_TEXT_BYTES, too_large
from podcastsvc.catalogue.remarks import Remark
from podcastsvc.catalogue.texts import transcripts
from podcastsvc.errors import Invalid, TooMany, Unavailable
from podcastsvc.kit import clock, files
from podcastsvc.kit.language import N_, pack, sentence, unpack
from podcastsvc.kit.secrets import make_ulid
from podcastsvc.kit.text import clean_line
from podcastsvc.storage.tables.upload import Upload

KEPT_FOR = timedelta(days=7)
SWEEP_JOB = "uploads.sweep"
MOST_AT_ONCE = 2
_ARRIVING = "arriving-"
# A connection that brings nothing for so long is broken, and must not keep its owner from trying again.
_STALLED_SECONDS = 30
_SETTLED_SECONDS = 900


class Kind(StrEnum):
    """What a file is meant as in its episode."""

    AUDIO = "audio"
    MEMBERS = "members"
    PREVIEW = "preview"
    TRANSCRIPT = "transcript"
    COVER = "cover"

    @property
    def is_audio(self) -> bool:
        return self in {Kind.AUDIO, Kind.MEMBERS, Kind.PREVIEW}


@dataclass(frozen=True, slots=True)
class UploadFacts:
    """What the look at a file found. All but ``kind`` and ``advice`` are of audio; ``cover_bytes`` 0 means no picture.

    ``width`` and ``height`` are of a picture, or of that inside audio. ``loudness_lufs`` is None where no tag tells it.
    """

    kind: str
    seconds: int = 0
    bitrate_kbps: int = 0
    is_vbr: bool = False
    title: str = ""
    season: int | None = None
    episode: int | None = None
    notes: str = ""
    language: str = ""
    chapters: int = 0
    cover_bytes: int = 0
    width: int = 0
    height: int = 0
    loudness_lufs: float | None = None
    advice: tuple[str, ...] = field(default=())

    def as_json(self) -> dict[str, Any]:
        """Plain values for ``storage.tables.upload.Upload.facts``."""
        return {**asdict(self), "advice": [pack(each) for each in self.advice]}


def read_facts(upload: Upload) -> UploadFacts:
    """The facts of a row."""
    advice = tuple(unpack(each) for each in upload.facts.get("advice", ()))
    return UploadFacts(**{**upload.facts, "advice": advice})


@dataclass(frozen=True, slots=True)
class Arrival:
    """A whole file in its place in the spool folder, before its row is saved."""

    id: str
    declared_name: str
    extension: str
    length_bytes: int
    sha256: str
    facts: UploadFacts


@contextlib.contextmanager
def keeping() -> Iterator[None]:
    """For what fails because of the disk, not of the connection. Raises Unavailable."""
    try:
        yield
    except OSError as problem:
        raise Unavailable(
            sentence("The file could not be kept. %(why)s Mend that, then send it again.", why=files.explain(problem))
        ) from problem


def take(
    arrived: Path, spool: Path, kind: Kind, declared_name: str, *, limit_bytes: int, upload_id: str = ""
) -> Arrival:
    """Keeps a file that lies in the spool folder already, under a name that will vanish: a part of a form, or an upload
    that has come to its end, whose id it then gets.

    Raises Invalid for a file that cannot be used, Unavailable where the disk refuses.
    """
    if arrived.stat().st_size > limit_bytes:
        raise Invalid(too_large(limit_bytes))
    path = spool / f"taking-{make_ulid().lower()}.part"
    try:
        with keeping():
            os.link(arrived, path)
            with path.open("rb") as file:
                digest = hashlib.file_digest(file, "sha256").hexdigest()
        return _place(path, spool, kind, declared_name, digest, upload_id or make_ulid().lower())
    finally:
        path.unlink(missing_ok=True)


def _place(path: Path, spool: Path, kind: Kind, declared_name: str, sha256: str, upload_id: str) -> Arrival:
    """Looks at a whole file and gives it its stored name, which is ours (rule T-F1)."""
    with keeping():
        with path.open("rb") as file:
            os.fsync(file.fileno())
        extension, facts = examine(path, kind, declared_name)
        length = path.stat().st_size
        # It is whole for certain, so that a scan need not wait to see whether more of it comes.
        settled_at = time.time() - _SETTLED_SECONDS
        os.utime(path, (settled_at, settled_at))
        path.rename(spool / f"{upload_id}{extension}")
        files.sync_folder(spool)
    return Arrival(upload_id, clean_line(declared_name), extension, length, sha256, facts)


class Turn:
    """One of the two places for what may arrive at once, in all processes (rule T-L1): a file that its holder locks.

    It is given up by ``close``, by the end of its process, and while nothing comes for half a minute. Raises TooMany
    where both are taken, Unavailable where the disk refuses.
    """

    def __init__(self, spool: Path) -> None:
        self._path = spool / f"{_ARRIVING}{make_ulid().lower()}.part"
        # Counting and taking are one step, or many that come at once would all find a place.
        with keeping(), files.alone_in(spool):
            _check_turn(spool)
            self._file = self._path.open("xb", buffering=0)
            fcntl.flock(self._file, fcntl.LOCK_EX)

    def keep(self) -> None:
        """Says that more has come."""
        os.utime(self._file.fileno())

    def close(self) -> None:
        """Lets the next one in."""
        self._file.close()
        self._path.unlink(missing_ok=True)


def _check_turn(spool: Path) -> None:
    if sum(1 for path in spool.glob(f"{_ARRIVING}*") if _is_arriving(path)) >= MOST_AT_ONCE:
        until = clock.now() + timedelta(seconds=_STALLED_SECONDS)
        raise TooMany(N_("Two files are arriving already. Wait until one of them is here, then try again."), until)


def _is_arriving(path: Path) -> bool:
    """Whether a living process writes to it: its lock ends with the process, however that ends."""
    if changed_at(path) < time.time() - _STALLED_SECONDS:
        return False
    with contextlib.suppress(FileNotFoundError), path.open("rb") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False


def changed_at(path: Path) -> float:
    """When a file was written to last; 0 for one that is gone."""
    with contextlib.suppress(FileNotFoundError):
        return path.stat().st_mtime
    return 0.0


# ---- looking at files


def examine(path: Path, kind: Kind, declared_name: str) -> tuple[str, UploadFacts]:
    """The extension that the bytes deserve, and the facts. Raises Invalid with a sentence for the host."""
    if path.stat().st_size == 0:
        raise Invalid(audio.EMPTY)
    if kind.is_audio:
        found = audio.read_audio(path)
        return found.extension, _make_facts(found, kind)
    if kind is Kind.COVER:
        # One that is not square is taken too: its host is asked which part of it apps are to show.
        picture = drawing.make_picture(_read_limited(path, MOST_PICTURE_BYTES), cut=True)
        return picture.extension, UploadFacts(kind, width=picture.came_as[0], height=picture.came_as[1])
    return _examine_transcript(path, declared_name)


def _make_facts(found: AudioFacts, kind: Kind) -> UploadFacts:
    return UploadFacts(
        kind=kind,
        seconds=found.seconds,
        bitrate_kbps=found.bitrate_kbps,
        is_vbr=found.is_vbr,
        title=found.title or "",
        season=found.season,
        episode=found.episode,
        notes=found.comment or "",
        language=found.language or "",
        chapters=len(found.chapters),
        cover_bytes=len(found.cover or b""),
        width=found.cover_size[0],
        height=found.cover_size[1],
        loudness_lufs=found.loudness_lufs,
        advice=found.advice,
    )


def _examine_transcript(path: Path, declared_name: str) -> tuple[str, UploadFacts]:
    remarks: list[Remark] = []
    raw = _read_limited(path, MOST_TEXT_BYTES)
    if not transcripts.read_transcript(raw, remarks, file=clean_line(declared_name) or "transcript"):
        raise Invalid(remarks[0].said)
    extension = ".vtt" if raw.removeprefix(b"\xef\xbb\xbf").startswith(b"WEBVTT") else ".srt"
    return extension, UploadFacts(Kind.TRANSCRIPT, advice=tuple(remark.said for remark in remarks))


def _read_limited(path: Path, limit_bytes: int) -> bytes:
    if path.stat().st_size > limit_bytes:
        raise Invalid(too_large(limit_bytes))
    return path.read_bytes()


def read_head(path: Path, kind: Kind, whole_bytes: int) -> UploadFacts | None:
    """Facts from the first bytes of a file that is still on its way, its length estimated; None where they tell nothing.

    An M4A is made as long as it will be, without taking room, so that its index is believed.
    """
    head_bytes = path.stat().st_size
    with path.open("r+b") as file:
        if file.read(12)[4:8] == b"ftyp":
            file.truncate(max(whole_bytes, head_bytes))
    try:
        found = audio.read_audio(path)
    except Invalid:
        return None
    seconds = found.seconds
    if found.extension == ".mp3" and head_bytes > found.tag_bytes:
        seconds = round(seconds * (whole_bytes - found.tag_bytes) / (head_bytes - found.tag_bytes))
    # What is said of a cut-off file would be said of every head.
    return replace(_make_facts(found, kind), seconds=max(seconds, 1), advice=())


# ---- rows


def save_upload(session: Session, arrival: Arrival, *, member_id: int, now: datetime) -> Upload:
    """Writes the row of a file that has arrived."""
    upload = Upload(
        id=arrival.id,
        member_id=member_id,
        declared_name=arrival.declared_name,
        extension=arrival.extension,
        length_bytes=arrival.length_bytes,
        sha256=arrival.sha256,
        facts=arrival.facts.as_json(),
        created_at=now,
    )
    session.add(upload)
    return upload


def find_upload(session: Session, spool: Path, upload_id: str, kind: Kind) -> Upload | None:
    """An upload of one kind whose file is still there."""
    upload = session.get(Upload, upload_id)
    if upload is None or upload.facts.get("kind") != kind or not path_of(upload, spool).is_file():
        return None
    return upload


def list_unused(session: Session, spool: Path) -> list[Upload]:
    """Main audio that waits for an episode, newest first."""
    rows = session.scalars(select(Upload).order_by(Upload.created_at.desc(), Upload.id.desc()))
    return [row for row in rows if row.facts.get("kind") == Kind.AUDIO and path_of(row, spool).is_file()]


def path_of(upload: Upload, spool: Path) -> Path:
    """Where an upload lies."""
    return spool / f"{upload.id}{upload.extension}"


def drop(session: Session, upload_ids: Iterable[str]) -> None:
    """Removes rows, whose files the caller removes when the transaction has ended."""
    session.execute(delete(Upload).where(Upload.id.in_(list(upload_ids))))
