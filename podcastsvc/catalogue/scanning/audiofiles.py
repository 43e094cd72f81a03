"""Reading the audio of one folder: measured, hashed, and put into the media store before any row names it."""

import hashlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from podcastsvc.catalogue.audio import AudioFacts, read_audio
from podcastsvc.catalogue.chapters import Chapter
from podcastsvc.catalogue.formats import mp4, mpeg
from podcastsvc.catalogue.remarks import Remark, advise
from podcastsvc.catalogue.tree import Folder, Tree
from podcastsvc.errors import Invalid
from podcastsvc.storage.media import MediaStore

TABLE_VARIANTS = {"audio": "public", "members": "members", "preview": "preview", "notice": "notice"}
"""The tables' word for the audio of each name; a notice's, which has a table to itself, is the same."""

AUDIO_FOLDER = "audio"
"""Where audio lies in the media store."""

_ARRIVING_NS = 600 * 1_000_000_000


@dataclass(frozen=True, slots=True)
class ReadAudio:
    """One audio file that lies in the media store. ``variant`` is the tables' word."""

    variant: str
    sha256: str
    media_key: str
    facts: AudioFacts


class StillArriving(Exception):
    """A file is shorter than its header says, or gone, and changed a short while ago: somebody is at work there."""


@dataclass(slots=True)
class AudioReader:
    """Reads the audio of one folder. ``known_files`` are those of earlier scans as JSON.

    What it finds is added to ``remarks``; ``seen`` is for the next scan; ``new_keys`` are the media that it has put
    into the store.
    """

    tree: Tree
    media: MediaStore
    folder: Folder
    known_files: Mapping[str, Any]
    now_ns: int
    remarks: list[Remark]
    seen: dict[str, Any] = field(default_factory=dict)
    new_keys: list[str] = field(default_factory=list)
    _covers: dict[str, bytes] = field(default_factory=dict)

    def read(self, variant: str, file: str) -> ReadAudio | None:
        """One audio file, from what is known where size and time are the same, else from its bytes.

        None, with a remark, where it cannot be used. Raises StillArriving.
        """
        entry = self.known_files.get(file)
        if entry is None or not self._is_same(file, entry):
            try:
                entry = self._measure(file)
            except FileNotFoundError:
                raise StillArriving from None
            except Invalid as refusal:
                if refusal.message == mp4.CUT_OFF and self._is_fresh(file):
                    raise StillArriving from None
                self.remarks.append(Remark(file, refusal.message))
                return None
        facts = _read_facts(entry["facts"])
        if mpeg.CUT_OFF in facts.advice and self._is_fresh(file):
            raise StillArriving
        self.remarks += [advise(file, each) for each in facts.advice]
        self.seen[file] = entry
        return ReadAudio(TABLE_VARIANTS[variant], entry["sha256"], _media_key(entry), facts)

    def find_cover(self) -> str | None:
        """The first of the files read in which there is a picture."""
        return next((file for file, entry in self.seen.items() if entry.get("cover_sha256")), None)

    def read_cover(self, file: str) -> bytes:
        """The picture inside a file, unchecked."""
        if file not in self._covers:
            with self.tree.open_file(self.folder.path(file)) as path:
                self._covers[file] = read_audio(path).cover or b""
        return self._covers[file]

    def _is_same(self, file: str, entry: Mapping[str, Any]) -> bool:
        """Whether a file is what an earlier scan has put into the media store, and that is still there."""
        stamp = self.folder.files[file]
        return entry["stamp"] == list(stamp) and self.media.find_length(_media_key(entry)) == stamp.size_bytes

    def _measure(self, file: str) -> dict[str, Any]:
        """Hash and facts of an audio file, which is put into the media store."""
        with self.tree.open_file(self.folder.path(file)) as path:
            sha256 = _hash_file(path)
            facts = read_audio(path)
            if facts.cover:
                self._covers[file] = facts.cover
            entry = {
                "stamp": list(self.folder.files[file]),
                "sha256": sha256,
                "facts": asdict(replace(facts, cover=None)),
                "cover_sha256": hashlib.sha256(facts.cover).hexdigest() if facts.cover else "",
            }
            key = _media_key(entry)
            if self.media.find_length(key) != facts.length_bytes:
                self.new_keys.append(key)
                self.media.save_file(key, path, mime=facts.mime)
        return entry

    def _is_fresh(self, file: str) -> bool:
        return self.now_ns - self.folder.files[file].changed_ns < _ARRIVING_NS


def _hash_file(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _media_key(entry: Mapping[str, Any]) -> str:
    """Where a file lies in the media store: by its content, so what lies at a key never changes."""
    return f"{AUDIO_FOLDER}/{entry['sha256']}{entry['facts']['extension']}"


def _read_facts(values: Mapping[str, Any]) -> AudioFacts:
    found = dict(values)
    found["chapters"] = tuple(Chapter(**chapter) for chapter in found["chapters"])
    found["advice"] = tuple(found["advice"])
    found["cover_size"] = tuple(found.get("cover_size", (0, 0)))
    return AudioFacts(**found)
