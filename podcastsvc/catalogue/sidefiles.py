"""Small text files beside an episode's notes, chapters and transcript, read for a form and written whole."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

from podcastsvc.catalogue import publishing
from podcastsvc.catalogue.limits import MOST_TEXT_BYTES, too_large
from podcastsvc.errors import Conflict, Invalid, Unavailable
from podcastsvc.kit import files
from podcastsvc.kit.language import N_, sentence

CHAPTERS = "chapters.json"
CHANGED = N_(
    "The file was changed by somebody else while this form was open. What it says now is below what you typed."
)


@dataclass(frozen=True, slots=True)
class SideFile:
    """A file as it stands, or would stand: ``content`` is empty where it is not there. ``mark`` changes with it."""

    name: str
    content: bytes
    mark: str


def open_file(folder: Path, name: str) -> SideFile:
    """A file of an episode's folder by its name, in whatever case that is written. Raises Unavailable, Invalid."""
    try:
        there = sorted(path.name for path in folder.iterdir() if path.name.lower() == name.lower())
        path = folder / (there[0] if there else name)
        if there and path.stat().st_size > MOST_TEXT_BYTES:
            raise Invalid(too_large(MOST_TEXT_BYTES))
        content = path.read_bytes() if there else b""
    except OSError as problem:
        raise Unavailable(
            sentence("The folder %(folder)s cannot be read. %(why)s", folder=folder.name, why=files.explain(problem))
        ) from problem
    return SideFile(path.name, content, hashlib.sha256(content).hexdigest()[:16])


def save_file(folder: Path, old: str, content: bytes, *, seen: str, name: str = "") -> None:
    """Writes a file whole, or takes it out where ``content`` is empty.

    ``old`` is the name that the form was filled from; a file with another ``name`` takes its place. Raises Conflict where
    it is not what ``seen`` marks, NotFound without the folder, Unavailable where the disk refuses.
    """
    with publishing.writing(folder):
        found = open_file(folder, old)
        if found.mark != seen:
            raise Conflict(CHANGED)
        target = folder / (name or found.name)
        if content:
            files.write_whole(target, content)
        if target.name != found.name or not content:
            (folder / found.name).unlink(missing_ok=True)
        files.sync_folder(folder)
