"""Publishing from the studio: folders of ``episodes/`` written whole, as a person would write them by hand.

A new folder is built under a name that no scan looks at and renamed when it is complete. Uploaded files are linked or
copied into it and stay in the spool until the folder stands, so a kill at any moment loses nothing (rules T-F7, T-D1).
"""

import contextlib
import errno
import os
import shutil
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, tzinfo
from pathlib import Path

from podcastsvc.catalogue import audio, shownotes
from podcastsvc.catalogue.identity import make_episode_guid
from podcastsvc.catalogue.remarks import Remark
from podcastsvc.catalogue.show import Person
from podcastsvc.catalogue.shownotes import ShowNotes
from podcastsvc.catalogue.texts import frontmatter, heads
from podcastsvc.catalogue.texts.frontmatter import Value
from podcastsvc.catalogue.uploads import Kind
from podcastsvc.errors import Conflict, NotFound, Unavailable
from podcastsvc.kit import files
from podcastsvc.kit.language import N_, sentence
from podcastsvc.kit.secrets import make_ulid

CHANGED = N_("The notes were changed by somebody else while this form was open. Look at both, then save again.")
GONE = N_("The episode's folder is not there any more.")
_BUILT, _GONE = ".new-", ".gone-"
_LEFTOVER_SECONDS = 3600
_EXTENSIONS: dict[Kind, tuple[str, ...]] = {
    Kind.AUDIO: tuple(audio.EXTENSIONS),
    Kind.MEMBERS: tuple(audio.EXTENSIONS),
    Kind.PREVIEW: tuple(audio.EXTENSIONS),
    Kind.TRANSCRIPT: (".vtt", ".srt"),
    Kind.COVER: (".jpg", ".jpeg", ".png"),
}


@dataclass(frozen=True, slots=True)
class Contents:
    """What the studio's form says of an episode. ``published_at`` None makes it a draft; instants are aware.

    ``access_kind`` is "public", "members" or "plans" (then ``plans`` names them). Numbers that are None, texts that are
    empty and ``explicit`` None leave the matter to the audio's tags and the show.
    """

    title: str
    notes: str = ""
    published_at: datetime | None = None
    access_kind: str = "public"
    plans: tuple[str, ...] = ()
    public_from: datetime | None = None
    season: int | None = None
    number: int | None = None
    type: str = "full"
    explicit: bool | None = None
    language: str = ""
    summary: str = ""
    people: tuple[Person, ...] = ()
    tags: tuple[str, ...] = ()
    listed: bool = True


@dataclass(frozen=True, slots=True)
class Files:
    """Files to put into a folder, by what they are, and those to take out of it. An extension is part of each path."""

    put: Mapping[Kind, Path] = field(default_factory=dict)
    remove: frozenset[Kind] = frozenset()


@dataclass(frozen=True, slots=True)
class Opened:
    """The notes of a folder as they stand; ``mark`` changes when anybody changes them."""

    notes: ShowNotes
    mark: str


def create(
    root: Path,
    contents: Contents,
    parts: Files,
    *,
    zone: tzinfo,
    now: datetime,
    keys: Mapping[str, Value] | None = None,
    texts: Mapping[str, bytes] | None = None,
) -> str:
    """Makes the folder of a new episode below a show's folder and returns its name.

    ``keys`` go into the front matter as they are, in place of what ``contents`` says; ``texts`` are small files by
    their names. Raises Unavailable on a full disk; then nothing was made.
    """
    spare = root / f"{_BUILT}{make_ulid().lower()}"
    try:
        files.check_room(root, coming_bytes=_measure(parts))
        spare.mkdir()
        for kind, path in parts.put.items():
            _put(path, spare / f"{kind}{path.suffix}")
        for name, raw in (texts or {}).items():
            files.write_whole(spare / name, raw)
        changes = {**list_changes(contents, ShowNotes(), zone), **(keys or {})}
        if contents.published_at is not None and "guid" not in changes:
            changes["guid"] = make_episode_guid()
        notes = frontmatter.edit(b"", changes, file=shownotes.FILE, body=heads.write_body(contents.notes))
        files.write_whole(spare / shownotes.FILE, notes)
        files.sync_folder(spare)
        return _name(spare, _make_name(contents, zone, now)).name
    except OSError as problem:
        raise Unavailable(
            sentence("The episode's folder could not be written. %(why)s", why=files.explain(problem))
        ) from problem
    finally:
        shutil.rmtree(spare, ignore_errors=True)


def change(folder: Path, contents: Contents, parts: Files, *, zone: tzinfo, seen: str, language: str = "") -> None:
    """Writes what the form changed into a folder: each file whole, the notes last.

    ``language`` is the episode's: a transcript takes the place of one that names it. Raises Conflict where the notes
    are not those that ``seen`` marks, Invalid where they cannot be changed safely, Unavailable where the disk is full.
    """
    with writing(folder):
        raw = _read_notes(folder)
        if heads.make_mark(raw) != seen:
            raise Conflict(CHANGED)
        edited = _edit_notes(raw, contents, zone)
        files.check_room(folder, coming_bytes=_measure(parts))
        for kind, path in parts.put.items():
            stem = _find_stem(folder, kind, language)
            _put(path, folder / f"{stem}{path.suffix}")
            _remove(folder, stem, kind, but=path.suffix)
        for kind in parts.remove - parts.put.keys():
            _remove(folder, _find_stem(folder, kind, language), kind)
        if edited != raw:
            files.write_whole(_find_notes(folder), edited)


def _edit_notes(raw: bytes, contents: Contents, zone: tzinfo) -> bytes:
    """The notes with what the form changed, and with a guid where the episode comes out."""
    notes = _read(raw, zone)
    changes = list_changes(contents, notes, zone)
    if contents.published_at is not None and not notes.guid:
        changes["guid"] = make_episode_guid()
    body = None if contents.notes.strip() == notes.body.strip() else heads.write_body(contents.notes)
    return frontmatter.edit(raw, changes, file=shownotes.FILE, body=body)


@contextlib.contextmanager
def writing(folder: Path) -> Iterator[None]:
    """One at a time in a folder, from the look at its notes to the last file written. Raises NotFound, Unavailable."""
    try:
        with files.alone_in(folder):
            yield
    except (FileNotFoundError, NotADirectoryError) as problem:
        if folder.is_dir():
            raise Unavailable(_name_refusal(folder, problem)) from problem
        raise NotFound(GONE) from problem
    except OSError as problem:
        raise Unavailable(_name_refusal(folder, problem)) from problem


def _name_refusal(folder: Path, problem: OSError) -> str:
    return sentence(
        "The folder %(folder)s could not be written. %(why)s", folder=folder.name, why=files.explain(problem)
    )


def withdraw(folder: Path, *, zone: tzinfo, now: datetime) -> None:
    """Takes a published episode back from everyone: it expires now, and everything else stays for bringing it back.

    Raises NotFound, Invalid, Unavailable, as ``bring_back`` does.
    """
    _edit(folder, {"expires": heads.write_instant(now, zone)})


def bring_back(folder: Path) -> None:
    """Takes the end out of the front matter again."""
    _edit(folder, {"expires": None})


def delete_draft(folder: Path, *, zone: tzinfo) -> None:
    """Deletes the folder of a draft. Raises Conflict for one that has a date: its address and guid are known to apps."""
    gone = folder.with_name(f"{_GONE}{make_ulid().lower()}")
    with writing(folder):
        if _read(_read_notes(folder), zone).published_at is not None:
            raise Conflict(N_("This episode has a date, so it is no draft. Withdraw it instead."))
        folder.rename(gone)
        files.sync_folder(folder.parent)
    shutil.rmtree(gone, ignore_errors=True)


def open_notes(folder: Path, *, zone: tzinfo) -> Opened:
    """The notes of an episode's folder, for a form. A folder without notes has empty ones.

    Raises NotFound, Invalid, and Unavailable where they cannot be read.
    """
    try:
        raw = _read_notes(folder)
    except OSError as problem:
        raise Unavailable(
            sentence("The folder %(folder)s cannot be read. %(why)s", folder=folder.name, why=files.explain(problem))
        ) from problem
    return Opened(_read(raw, zone), heads.make_mark(raw))


def list_parts(folder: Path, language: str = "") -> dict[Kind, str]:
    """The names of the files that a folder has of each kind; the transcript is that in the episode's language."""
    found: dict[Kind, str] = {}
    if not folder.is_dir():
        return found
    for kind in _EXTENSIONS:
        names = _list_names(folder, _find_stem(folder, kind, language), kind)
        if names:
            found[kind] = names[0]
    return found


def sweep(root: Path) -> int:
    """Removes half-made and half-deleted folders and files that nothing has touched for an hour. Returns how many."""
    limit = time.time() - _LEFTOVER_SECONDS
    old = [path for prefix in (_BUILT, _GONE) for path in root.glob(f"**/{prefix}*/") if path.stat().st_mtime < limit]
    for path in old:
        shutil.rmtree(path, ignore_errors=True)
    return len(old) + files.sweep_leftovers(root, older_than_seconds=_LEFTOVER_SECONDS)


# ---- front matter


def list_changes(contents: Contents, notes: ShowNotes, zone: tzinfo) -> dict[str, Value]:
    """The keys that must change so that notes say what the form says; None takes a key out."""
    wanted: tuple[tuple[str, object, object, Value], ...] = (
        ("title", contents.title, notes.title, contents.title),
        (
            "date",
            heads.floor(contents.published_at),
            heads.floor(notes.published_at),
            heads.write_some_instant(contents.published_at, zone),
        ),
        ("season", contents.season, notes.season, contents.season),
        ("episode", contents.number, notes.number, contents.number),
        ("type", contents.type, notes.type, None if contents.type == "full" else contents.type),
        (
            "access",
            _access(contents),
            (notes.access_kind, notes.plans),
            heads.write_access(contents.access_kind, contents.plans),
        ),
        (
            "public_from",
            heads.floor(contents.public_from),
            heads.floor(notes.public_from),
            heads.write_some_instant(contents.public_from, zone),
        ),
        ("explicit", contents.explicit, notes.explicit, contents.explicit),
        ("language", contents.language, notes.language, contents.language or None),
        ("summary", contents.summary, notes.summary, contents.summary or None),
        ("people", contents.people, notes.people, [heads.write_person(person) for person in contents.people] or None),
        ("tags", contents.tags, notes.tags, list(contents.tags) or None),
        ("listed", contents.listed, notes.listed, None if contents.listed else False),
    )
    return {key: value for key, new, old, value in wanted if new != old}


def _access(contents: Contents) -> tuple[str, tuple[str, ...]]:
    return contents.access_kind, contents.plans if contents.access_kind == "plans" else ()


def _edit(folder: Path, changes: Mapping[str, Value]) -> None:
    with writing(folder):
        raw = _read_notes(folder)
        files.write_whole(_find_notes(folder), frontmatter.edit(raw, changes, file=shownotes.FILE))


def _read_notes(folder: Path) -> bytes:
    if not folder.is_dir():
        raise NotFound(GONE)
    with contextlib.suppress(FileNotFoundError):
        return _find_notes(folder).read_bytes()
    return b""


def _find_notes(folder: Path) -> Path:
    """``notes.md``, or the name in another case that a person gave it."""
    names = sorted(path.name for path in folder.iterdir() if path.name.lower() == shownotes.FILE)
    return folder / (names[-1] if names else shownotes.FILE)


def _read(raw: bytes, zone: tzinfo) -> ShowNotes:
    remarks: list[Remark] = []
    notes = shownotes.read_shownotes(raw, zone, remarks)
    heads.refuse_mistakes(remarks)
    return notes


# ---- folders and files


def _make_name(contents: Contents, zone: tzinfo, now: datetime) -> str:
    day = (contents.published_at or now).astimezone(zone)
    return f"{day:%Y-%m-%d}-{shownotes.make_slug(contents.title) or 'episode'}"


def _name(spare: Path, wanted: str) -> Path:
    """Gives a complete folder its name, or the next one that is free."""
    number = 1
    while True:
        target = spare.with_name(wanted if number == 1 else f"{wanted}-{number}")
        # A rename onto an empty folder would succeed, and take somebody's folder that is just being filled.
        if not target.exists():
            try:
                spare.rename(target)
            except OSError as problem:
                if problem.errno not in {errno.EEXIST, errno.ENOTEMPTY, errno.ENOTDIR}:
                    raise
            else:
                _keep_name(target, spare)
                return target
        number += 1


def _keep_name(target: Path, spare: Path) -> None:
    """Makes a folder's new name durable, or gives it back: the next scan would publish what was said to have failed."""
    try:
        files.sync_folder(target.parent)
    except OSError:
        target.rename(spare)
        raise


def _measure(parts: Files) -> int:
    return sum(path.stat().st_size for path in parts.put.values())


def _put(source: Path, target: Path) -> None:
    """A file in its place, whole; the source stays. A link where the file system allows one, else a copy."""
    spare = target.with_name(f".writing-{make_ulid().lower()}.part")
    try:
        try:
            os.link(source, spare)
        except OSError:
            shutil.copyfile(source, spare)
            with spare.open("rb") as file:
                os.fsync(file.fileno())
        spare.replace(target)
    finally:
        spare.unlink(missing_ok=True)
    files.sync_folder(target.parent)


def _find_stem(folder: Path, kind: Kind, language: str) -> str:
    """``audio``; for a transcript ``transcript.es`` where there is one that names the language."""
    named = f"{kind}.{language}"
    return named if kind is Kind.TRANSCRIPT and language and _list_names(folder, named, kind) else str(kind)


def _list_names(folder: Path, stem: str, kind: Kind) -> list[str]:
    """The real names of a folder's files with this stem, in whatever case they are written."""
    wanted = {f"{stem}{extension}" for extension in _EXTENSIONS[kind]}
    return sorted(path.name for path in folder.iterdir() if path.name.lower() in wanted and path.is_file())


def _remove(folder: Path, stem: str, kind: Kind, *, but: str = "") -> None:
    for name in _list_names(folder, stem, kind):
        if name != f"{stem}{but}":
            (folder / name).unlink(missing_ok=True)
    files.sync_folder(folder)
