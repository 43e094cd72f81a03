"""Writing from the studio: articles, pages, people and calls as Markdown files, as a person would write them by hand.

What a form changes is changed in the file, and every other byte stays. Files are written whole or not at all (rule T-F7).
"""

import contextlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, tzinfo
from pathlib import Path
from typing import Any

from podcastsvc.catalogue.identity import make_episode_guid
from podcastsvc.catalogue.remarks import Remark
from podcastsvc.catalogue.scanning.folders import strip_date
from podcastsvc.catalogue.shownotes import make_slug
from podcastsvc.catalogue.texts import frontmatter, heads
from podcastsvc.catalogue.texts.frontmatter import Value
from podcastsvc.content.kinds.kind import Kind
from podcastsvc.content.reading import Text, read_name, read_text
from podcastsvc.errors import Conflict, NotFound, Unavailable
from podcastsvc.kit import files
from podcastsvc.kit.language import N_, sentence

CHANGED = N_("The text was changed by somebody else while this form was open. Look at both, then save again.")
GONE = N_("The file of this text is not there any more.")
NO_DRAFT = N_("This text is no draft: it is out, or has a date. Withdraw it instead.")


@dataclass(frozen=True, slots=True)
class Contents:
    """What the studio's form says of a text. Instants are aware.

    ``published_at`` None lets a text come out at once where its kind needs no date, and is a draft where it does.
    ``slug`` "" leaves the address to the file's name. ``facts`` are the kind's own, as its ``read_own`` gives them.
    """

    title: str
    body: str = ""
    is_draft: bool = False
    published_at: datetime | None = None
    updated_at: datetime | None = None
    access_kind: str = "public"
    plans: tuple[str, ...] = ()
    public_from: datetime | None = None
    slug: str = ""
    language: str = ""
    summary: str = ""
    tags: tuple[str, ...] = ()
    listed: bool = True
    picture: str = ""
    picture_alt: str = ""
    picture_credit: str = ""
    facts: Mapping[str, Any] = field(default_factory=dict)
    starts_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Opened:
    """A text's file as it stands; ``mark`` changes when anybody changes it. ``named_language`` is that of its name."""

    text: Text
    mark: str
    named_language: str = ""


def create(root: Path, kind: Kind, contents: Contents, *, zone: tzinfo, now: datetime, language: str) -> str:
    """Writes a new file below the tree's root and returns its path from there: ``articles/2026-05-30-maps.es.md``.

    ``language`` is the show's: a text in another one has it in its name. Raises Unavailable on a full disk; then nothing
    was made.
    """
    folder = root / kind.folder
    suffix = f".{contents.language}" if contents.language and contents.language != language else ""
    stem = _make_stem(kind, contents, zone, now)
    try:
        folder.mkdir(exist_ok=True)
        with files.alone_in(folder):
            files.check_room(folder)
            name = _find_free(folder, stem, suffix)
            raw = frontmatter.edit(
                b"", _list_changes_of_new(kind, contents, name, zone), file=name, body=heads.write_body(contents.body)
            )
            files.write_whole(folder / name, raw)
    except OSError as problem:
        raise Unavailable(_name_refusal(kind.folder, problem)) from problem
    return f"{kind.folder}/{name}"


def _list_changes_of_new(kind: Kind, contents: Contents, name: str, zone: tzinfo) -> dict[str, Value]:
    read, named_language = read_name(name)
    changes = list_changes(kind, contents, read_text(b"", kind, zone, [], file=name), zone)
    if named_language:
        changes.pop("language", None)
    if contents.slug == make_slug(strip_date(read)):
        changes.pop("slug", None)
    is_coming_out = kind.is_dated and contents.published_at is not None and not contents.is_draft
    # Calendars know a call by its guid, also after its file was renamed.
    if is_coming_out or contents.starts_at is not None:
        changes["guid"] = make_episode_guid()
    return changes


def change(root: Path, path: str, kind: Kind, contents: Contents, *, zone: tzinfo, seen: str) -> None:
    """Writes what the form changed into a file.

    Raises Conflict where the file is not the one that ``seen`` marks, Invalid where it cannot be changed safely, NotFound
    where it is gone, Unavailable where the disk is full.
    """
    with _writing(root, path) as file:
        raw = file.read_bytes()
        if heads.make_mark(raw) != seen:
            raise Conflict(CHANGED)
        text = _read(raw, kind, file.name, zone)
        changes = list_changes(kind, contents, text, zone)
        if read_name(file.name)[1]:
            changes.pop("language", None)
        is_coming_out = kind.is_dated and contents.published_at is not None and not contents.is_draft
        if is_coming_out and not text.notes.guid:
            changes["guid"] = make_episode_guid()
        body = None if contents.body.strip() == text.notes.body.strip() else heads.write_body(contents.body)
        edited = frontmatter.edit(raw, changes, file=file.name, body=body)
        _read(edited, kind, file.name, zone)
        if edited != raw:
            files.check_room(file.parent)
            files.write_whole(file, edited)


def withdraw(root: Path, path: str, kind: Kind, *, zone: tzinfo, now: datetime) -> None:
    """Takes a text back from everyone: it expires now, and everything else stays for bringing it back.

    Raises NotFound, Invalid, Unavailable, as ``bring_back`` does.
    """
    _edit(root, path, kind, {"expires": heads.write_instant(now, zone)}, zone)


def bring_back(root: Path, path: str, kind: Kind, *, zone: tzinfo) -> None:
    """Takes the end out of the front matter again."""
    _edit(root, path, kind, {"expires": None}, zone)


def delete_draft(root: Path, path: str, kind: Kind, *, zone: tzinfo) -> None:
    """Deletes the file of a draft; pictures beside it stay, for others may show them.

    Raises Conflict for a text that is out or has a date: others know its address.
    """
    with _writing(root, path) as file:
        if not is_draft(_read(file.read_bytes(), kind, file.name, zone), kind):
            raise Conflict(NO_DRAFT)
        file.unlink()
        files.sync_folder(file.parent)


def open_text(root: Path, path: str, kind: Kind, *, zone: tzinfo) -> Opened:
    """A text's file, for a form. Raises NotFound, Invalid where it has a mistake, Unavailable where it cannot be read."""
    file = root / path
    try:
        raw = file.read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        raise NotFound(GONE) from None
    except OSError as problem:
        raise Unavailable(
            sentence("The file %(file)s cannot be read. %(why)s", file=path, why=files.explain(problem))
        ) from problem
    return Opened(_read(raw, kind, file.name, zone), heads.make_mark(raw), read_name(file.name)[1])


def is_draft(text: Text, kind: Kind) -> bool:
    """Whether nobody but the host has a text yet."""
    return text.is_draft or (kind.is_dated and text.notes.published_at is None)


def list_changes(kind: Kind, contents: Contents, text: Text, zone: tzinfo) -> dict[str, Value]:
    """The keys that must change so that a file says what the form says; None takes a key out."""
    notes, chosen = text.notes, contents
    # Where a date lets texts out, one without a date is a draft by that alone.
    is_marked = text.is_draft if kind.is_dated and chosen.published_at is None else chosen.is_draft
    plans = chosen.plans if chosen.access_kind == "plans" else ()
    wanted: tuple[tuple[str, object, object, Value], ...] = (
        ("title", chosen.title, notes.title, chosen.title),
        _compare("date", chosen.published_at, notes.published_at, zone),
        ("draft", is_marked, text.is_draft, True if is_marked else None),
        _compare("updated", chosen.updated_at, text.updated_at, zone),
        _compare("starts", chosen.starts_at, text.own.starts_at, zone),
        (
            "access",
            (chosen.access_kind, plans),
            (notes.access_kind, notes.plans),
            heads.write_access(chosen.access_kind, plans),
        ),
        _compare("public_from", chosen.public_from, notes.public_from, zone),
        ("tags", chosen.tags, notes.tags, list(chosen.tags) or None),
        ("listed", chosen.listed, notes.listed, None if chosen.listed else False),
        *(
            (name, getattr(chosen, name), getattr(notes, name), getattr(chosen, name) or None)
            for name in ("slug", "language", "summary")
        ),
        *(
            (name, getattr(chosen, name), getattr(text, name), getattr(chosen, name) or None)
            for name in ("picture", "picture_alt", "picture_credit")
        ),
        *((name, fact, text.own.facts.get(name), kind.write_fact(fact)) for name, fact in chosen.facts.items()),
    )
    return {key: value for key, new, old, value in wanted if new != old}


def _compare(key: str, new: datetime | None, old: datetime | None, zone: tzinfo) -> tuple[str, object, object, Value]:
    return key, heads.floor(new), heads.floor(old), heads.write_some_instant(new, zone)


# ---- files


@contextlib.contextmanager
def _writing(root: Path, path: str) -> Iterator[Path]:
    """One at a time in a folder, from the look at a file to its last byte written. Raises NotFound, Unavailable."""
    file = root / path
    try:
        with files.alone_in(file.parent):
            if not file.is_file():
                raise NotFound(GONE)
            yield file
    except (FileNotFoundError, NotADirectoryError) as problem:
        if file.is_file():
            raise Unavailable(_name_refusal(path, problem)) from problem
        raise NotFound(GONE) from problem
    except OSError as problem:
        raise Unavailable(_name_refusal(path, problem)) from problem


def _edit(root: Path, path: str, kind: Kind, changes: Mapping[str, Value], zone: tzinfo) -> None:
    with _writing(root, path) as file:
        raw = file.read_bytes()
        _read(raw, kind, file.name, zone)
        files.write_whole(file, frontmatter.edit(raw, changes, file=file.name))


def _name_refusal(path: str, problem: OSError) -> str:
    return sentence("%(file)s could not be written. %(why)s", file=path, why=files.explain(problem))


def _read(raw: bytes, kind: Kind, file: str, zone: tzinfo) -> Text:
    remarks: list[Remark] = []
    text = read_text(raw, kind, zone, remarks, file=file)
    heads.refuse_mistakes(remarks)
    return text


def _make_stem(kind: Kind, contents: Contents, zone: tzinfo, now: datetime) -> str:
    """``2026-05-30-why-maps-lie``; a kind that has no day has none in its names."""
    slug = contents.slug or make_slug(contents.title) or kind.name
    day = contents.starts_at or ((contents.published_at or now) if kind.is_dated else None)
    return slug if day is None else f"{day.astimezone(zone):%Y-%m-%d}-{slug}"


def _find_free(folder: Path, stem: str, suffix: str) -> str:
    """The first name that no file has, in whatever case."""
    taken = {path.name.lower() for path in folder.iterdir()}
    number = 1
    while (name := f"{stem if number == 1 else f'{stem}-{number}'}{suffix}.md").lower() in taken:
        number += 1
    return name
