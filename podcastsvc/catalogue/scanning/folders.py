"""Which folders are shows and which are episodes, which files of a folder mean what, and whether they have changed."""

import hashlib
import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from podcastsvc.catalogue.audio import EXTENSIONS, is_audio
from podcastsvc.catalogue.remarks import Remark, advise
from podcastsvc.catalogue.tree import SHOW_FILE, TEXT_FOLDERS, Folder, Stamp
from podcastsvc.kit.language import N_, sentence

VERSION = 2
"""Version of what a scan makes of a folder; a change lets the next scan read everything again."""

VARIANTS = ("audio", "members", "preview")
"""The names of audio files; "audio" is what the public hears, the variant that tables call "public"."""

_TRANSCRIPT = re.compile(r"transcript(?:\.([a-z]{2,3}(?:[-_][a-z0-9]{2,8})?))?\.(vtt|srt)")
_NOTICE = re.compile(r"notice(?:-([a-z]{2,3}(?:[-_][a-z0-9]{2,8})?))?\.(?:mp3|m4a)")
_DATE_OR_NUMBER = re.compile(r"(?:\d{4}-\d{1,2}-\d{1,2}|0\d+)[-_. ]+(?=.)")


@dataclass(frozen=True, slots=True)
class EpisodeFiles:
    """The files of an episode's folder by what they are, under their real names.

    ``audio`` has the file of each variant; ``transcripts`` those of each language ("" where the name has none).
    """

    notes: str | None = None
    audio: dict[str, str] = field(default_factory=dict)
    cover: str | None = None
    chapters: str | None = None
    transcripts: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Plan:
    """A tree, sorted out: shows by folder name, the episode folders of each by name, and those that belong to none."""

    shows: dict[str, Folder]
    episodes: dict[str, list[Folder]]
    homeless: list[Folder]

    @property
    def names(self) -> frozenset[str]:
        """The names of all episode folders."""
        return frozenset(folder.name for found in self.episodes.values() for folder in found)


def sort_out(folders: Iterable[Folder], known_shows: Iterable[str] = ()) -> Plan:
    """A folder with its own ``show.yaml`` is a show, and so is a known one whose file is missing for the moment; other
    folders with notes or sound are episodes of the show around them, unless texts lie there."""
    every = {folder.name: folder for folder in folders}
    known = set(known_shows)
    shows = {
        name: folder
        for name, folder in every.items()
        if "/" not in name and (find_show_file(folder) is not None or name in known)
    }
    plan = Plan(shows, {name: [] for name in shows}, [])
    for name, folder in sorted(every.items()):
        if name and name not in shows and name not in TEXT_FOLDERS and is_episode(folder):
            (plan.episodes[folder.show] if folder.show in shows else plan.homeless).append(folder)
    return plan


def find_show_file(folder: Folder) -> str | None:
    """The real name of ``show.yaml``, also written ``show.yml``."""
    return _find(folder, (SHOW_FILE, "show.yml"))


def find_artwork(folder: Folder) -> str | None:
    """The real name of a show's artwork."""
    return _find(folder, ("artwork.jpg", "artwork.jpeg", "artwork.png"))


def find_logo(folder: Folder) -> str | None:
    """The real name of a show's own mark, which stands in the header and on home screens."""
    return _find(folder, ("logo.png", "logo.jpg", "logo.jpeg"))


def find_notices(folder: Folder) -> dict[str, str]:
    """The real names of the audio for a show's notices, by language ("" where the name has none, then the show's own)."""
    found = ((_NOTICE.fullmatch(name.lower()), name) for name in sorted(folder.files))
    return {(match[1] or "").replace("_", "-"): name for match, name in found if match is not None}


def is_of_show(name: str) -> bool:
    """Whether a file, where it lies beside ``show.yaml``, is the show's own."""
    return name.lower().startswith(("show.", "artwork.", "logo.")) or _NOTICE.fullmatch(name.lower()) is not None


def is_episode(folder: Folder) -> bool:
    """Whether a folder holds notes or sound."""
    return any(name.lower() == "notes.md" or is_audio(name) for name in folder.files)


def find_files(folder: Folder, remarks: list[Remark]) -> EpisodeFiles:
    """What each file of an episode's folder is. Names that are nearly right are remarked upon."""
    found = EpisodeFiles(
        notes=_find(folder, ("notes.md",)),
        cover=_find(folder, ("cover.jpg", "cover.jpeg", "cover.png")),
        chapters=_find(folder, ("chapters.json",)),
    )
    for variant in VARIANTS:
        wanted = {f"{variant}{extension}" for extension in EXTENSIONS}
        names = [name for name in sorted(folder.files) if name.lower() in wanted]
        if len(names) > 1:
            remarks.append(
                Remark(names[0], sentence("stands beside %(other)s. Keep one of them.", other=", ".join(names[1:])))
            )
        if names:
            found.audio[variant] = names[-1]
    for name in sorted(folder.files):
        transcript = _TRANSCRIPT.fullmatch(name.lower())
        if transcript is not None:
            # "srt" sorts before "vtt", which therefore wins: it has the speakers.
            found.transcripts[(transcript[1] or "").replace("_", "-")] = name
    known = {*found.audio.values()}
    for name in sorted(folder.files):
        if is_audio(name) and name not in known and name.rpartition(".")[0].lower() not in VARIANTS:
            remarks.append(
                advise(name, N_("is not used. Sound is named audio, members or preview, such as audio.mp3."))
            )
    return found


def fingerprint(folder: Folder, context: str) -> str:
    """What changes when any file of a folder does, or ``context``: all else that the reading of a folder depends on."""
    stamps = sorted((name, *stamp) for name, stamp in folder.files.items())
    return hashlib.sha256(json.dumps([VERSION, context, stamps]).encode()).hexdigest()


def list_young(folders: Iterable[Folder], now_ns: int, *, young_ns: int) -> Iterator[Folder]:
    """Folders with a file that changed a moment ago, which may still be growing. Times far ahead of ours count as old."""
    for folder in folders:
        if any(abs(now_ns - stamp.changed_ns) < young_ns for stamp in folder.files.values()):
            yield folder


def strip_date(folder_name: str) -> str:
    """A folder's last name without the date or zero-padded number at its front: ``mark-sutherland``."""
    name = folder_name.rpartition("/")[2]
    return _DATE_OR_NUMBER.sub("", name, count=1) if _DATE_OR_NUMBER.match(name) else name


def make_title(folder_name: str) -> str:
    """A title for want of a better one: the folder's name as words."""
    words = re.sub(r"[-_]+", " ", strip_date(folder_name)).strip()
    return words[:1].upper() + words[1:] or folder_name


def _find(folder: Folder, wanted: tuple[str, ...]) -> str | None:
    names = {name.lower(): name for name in sorted(folder.files, reverse=True)}
    return next((names[name] for name in wanted if name in names), None)


def is_settled(before: Folder, after: Folder | None) -> bool:
    """Whether two looks at a folder saw the same."""
    return after is not None and _stamps(before) == _stamps(after)


def _stamps(folder: Folder) -> dict[str, Stamp]:
    return dict(folder.files)
