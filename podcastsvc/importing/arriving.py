"""Files that come from somebody else's server while a show moves in: fetched, limited, and looked at before they are used."""

import contextlib
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import urlsplit

from podcastsvc.catalogue import uploads
from podcastsvc.catalogue.limits import MOST_PICTURE_BYTES, MOST_TEXT_BYTES
from podcastsvc.catalogue.uploads import Kind
from podcastsvc.errors import Invalid, Unavailable
from podcastsvc.importing.rss import MOST_PAGE_BYTES, TranscriptLink
from podcastsvc.kit import files, outgoing
from podcastsvc.kit.language import sentence

_TEXT_SECONDS, _FILE_SECONDS = 60, 1800
_TRIES = 3


@dataclass(frozen=True, slots=True)
class Places:
    """Where things go: the show's folder, and a folder of ours for what arrives.

    ``limit_bytes`` is the most that one audio file may have; ``excepted`` as in ``outgoing.send``.
    """

    root: Path
    arriving: Path
    limit_bytes: int
    excepted: Collection[str] = ()


@contextlib.contextmanager
def open_corner(places: Places) -> Iterator[Path]:
    """A folder for the files of one episode, gone at the end."""
    with TemporaryDirectory(dir=places.arriving, ignore_cleanup_errors=True) as name:
        yield Path(name)


def get_file(url: str, folder: Path, kind: Kind, places: Places) -> Path:
    """A file from elsewhere, whole and looked at, under the extension that its bytes deserve.

    A connection that breaks is tried twice more. Raises Invalid for what cannot be used, Unavailable.
    """
    limit = places.limit_bytes if kind.is_audio else MOST_PICTURE_BYTES
    path = folder / f"{kind}.part"
    for left in reversed(range(_TRIES)):
        try:
            with path.open("wb") as file:
                reply = outgoing.fetch_into(
                    file, url, seconds=_FILE_SECONDS, limit_bytes=limit, excepted=places.excepted
                )
            break
        except Unavailable:
            if not left:
                raise
    _check(reply, url)
    extension, _ = uploads.examine(path, kind, urlsplit(url).path.rpartition("/")[2])
    return path.rename(path.with_suffix(extension))


def get_transcript(link: TranscriptLink, folder: Path, places: Places) -> Path | None:
    """WebVTT or SRT, looked at; None for other forms (HTML, JSON, plain text), whose times a page could not follow."""
    if not any(word in f"{link.mime} {urlsplit(link.url).path}".lower() for word in ("vtt", "srt", "subrip")):
        return None
    path = folder / "transcript.part"
    path.write_bytes(get_text(link.url, places))
    extension, _ = uploads.examine(path, Kind.TRANSCRIPT, "transcript")
    return path.rename(path.with_suffix(extension))


def get_text(url: str, places: Places) -> bytes:
    """A small text, unread."""
    return _get(url, MOST_TEXT_BYTES, places.excepted)


def get_page(url: str, excepted: Collection[str]) -> bytes:
    """A feed's document. Raises Invalid for an answer that is none, Unavailable where nobody answers."""
    return _get(url, MOST_PAGE_BYTES, excepted)


def _get(url: str, limit_bytes: int, excepted: Collection[str]) -> bytes:
    reply = outgoing.send("GET", url, seconds=_TEXT_SECONDS, limit_bytes=limit_bytes, excepted=excepted)
    _check(reply, url)
    return reply.body


def _check(reply: outgoing.Reply, url: str) -> None:
    if not reply.is_good:
        raise Invalid(sentence("The address %(url)s answers %(status)s.", url=url, status=reply.status))


def read_file(source: str) -> bytes:
    """A feed's document from a file. Raises Invalid."""
    try:
        with Path(source).open("rb") as file:
            raw = file.read(MOST_PAGE_BYTES + 1)
    except OSError as problem:
        raise Invalid(
            sentence("%(file)s cannot be read. %(why)s", file=source, why=files.explain(problem))
        ) from problem
    if len(raw) > MOST_PAGE_BYTES:
        raise Invalid(sentence("%(file)s is too large for a feed.", file=source))
    return raw
