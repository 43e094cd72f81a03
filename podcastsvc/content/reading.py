"""Reading one text: front matter and Markdown become the columns of its row; nothing is saved. Without a transaction."""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, tzinfo
from typing import Any
from zoneinfo import ZoneInfo

from podcastsvc.catalogue.limits import MOST_TEXT_BYTES, too_large
from podcastsvc.catalogue.remarks import Remark, Unreadable, advise_of_key
from podcastsvc.catalogue.scanning.folders import make_title, strip_date
from podcastsvc.catalogue.shownotes import (
    ShowNotes,
    check_order,
    make_slug,
    read_body,
    read_head,
    read_instant,
)
from podcastsvc.catalogue.texts import frontmatter
from podcastsvc.catalogue.texts.values import Reader
from podcastsvc.catalogue.texts.yamlfile import name_keys, read_mapping
from podcastsvc.content.kinds.kind import Kind, OwnFacts
from podcastsvc.content.markup import gate
from podcastsvc.content.markup.rendering import Frame, Rendered, render
from podcastsvc.content.pictures.finding import Beside, FindKept, find_no_file
from podcastsvc.content.pictures.keeping import KeptPicture
from podcastsvc.kit.language import sentence
from podcastsvc.kit.text import cut_text

VERSION = 1
"""Version of what a scan makes of a file; a change lets the next scan read everything again."""

SINCE_EVER = datetime(1970, 1, 1, tzinfo=UTC)
"""When a text came out that has no date and needs none."""

_STEM = re.compile(r"(?P<name>.+?)(?:\.(?P<language>[a-z]{2,3}(?:-[a-z0-9]{2,8})?))?\.md", re.IGNORECASE)
_SUMMARY_CHARS = 300


@dataclass(frozen=True, slots=True)
class Context:
    """What the reading of a text depends on besides its files: the first show's language and time zone, our host."""

    language: str
    timezone: str
    own_host: str

    @property
    def mark(self) -> str:
        """Equal for equal contexts; part of a file's fingerprint."""
        return repr((VERSION, gate.VERSION, self.language, self.timezone, self.own_host))

    @property
    def zone(self) -> tzinfo:
        return ZoneInfo(self.timezone)


@dataclass(frozen=True, slots=True)
class Text:
    """A text file as it says: the keys that it shares with show notes, and what only texts have."""

    notes: ShowNotes
    own: OwnFacts
    is_draft: bool = False
    updated_at: datetime | None = None
    picture: str = ""
    picture_alt: str = ""
    picture_credit: str = ""


@dataclass(frozen=True, slots=True)
class ReadWriting:
    """A text, read. With a mistake ``is_usable`` is False, and nothing of it is taken over.

    ``values`` are columns of its row; ``slug`` and ``language`` name its address; ``pictures`` are the files beside it
    that it shows, whether they are there or not, ``kept`` those that are in the media store; ``picture`` is its own.
    """

    file: str
    is_usable: bool
    remarks: tuple[Remark, ...]
    slug: str = ""
    language: str = ""
    values: Mapping[str, Any] = field(default_factory=dict)
    aliases: tuple[str, ...] = ()
    pictures: tuple[str, ...] = ()
    kept: tuple[KeptPicture, ...] = ()
    picture: KeptPicture | None = None


def read_text(raw: bytes, kind: Kind, zone: tzinfo, remarks: list[Remark], *, file: str, language: str = "en") -> Text:
    """A text file as plain values, with a remark for every mistake. Raises Unreadable where it cannot be read at all."""
    if len(raw) > MOST_TEXT_BYTES:
        raise Unreadable(file, too_large(MOST_TEXT_BYTES))
    parts = frontmatter.split(raw, file)
    values, lines = read_mapping(parts.head, file, first_line=parts.head_line) if parts.head is not None else ({}, {})
    reader = Reader(file, values, lines, language, remarks=remarks)
    unknown = tuple(name_keys(values, kind.known))
    remarks += [advise_of_key(file, key, lines.get(key)) for key in unknown]
    head = read_head(reader, zone)
    body = read_body(parts.body, parts.body_line, file)
    check_order(head, reader)
    values_of_notes = {name: getattr(head, name) for name in ShowNotes.__dataclass_fields__}
    return Text(
        notes=ShowNotes(**{**values_of_notes, "body": body, "body_line": parts.body_line, "unknown": unknown}),
        own=kind.read_own(reader, zone),
        is_draft=reader.flag("draft"),
        updated_at=read_instant(reader, "updated", zone),
        picture=reader.text("picture"),
        picture_alt=reader.text("picture_alt", limit_chars=500),
        picture_credit=reader.text("picture_credit"),
    )


def read_writing(
    raw: bytes, kind: Kind, file: str, context: Context, find_kept: FindKept = find_no_file
) -> ReadWriting:
    """One file of a kind's folder; ``file`` is its name in there, ``find_kept`` knows the pictures beside it.

    Never raises for what a host wrote.
    """
    remarks: list[Remark] = []
    name, named_language = read_name(file)
    try:
        text = read_text(raw, kind, context.zone, remarks, file=file, language=named_language or context.language)
    except Unreadable as refusal:
        return ReadWriting(file, False, (refusal.remark,))
    slug = text.notes.slug or make_slug(strip_date(name)) or make_slug(text.notes.title) or _make_spare_slug(name)
    if kind.is_reserved(slug):
        place = kind.write_path(slug)
        said = sentence("at %(path)s the site has a page of its own. Choose another name.", path=place)
        remarks.append(Remark(file, said))
    if any(remark.is_mistake for remark in remarks):
        return ReadWriting(file, False, tuple(remarks))
    language = named_language or text.notes.language or context.language
    beside = Beside(file, raw.decode(errors="replace").splitlines(), find_kept)
    frame = Frame(f"{kind.folder}/{file}", language, context.own_host)
    own_picture = beside.find_silent(text.picture) if text.picture else None
    values = _make_values(text, kind, name, render(text.notes.body, frame, beside.find))
    values["facts"] |= kind.finish_facts(values["facts"], beside.find_silent)
    return ReadWriting(
        file=file,
        is_usable=True,
        remarks=(*remarks, *beside.remarks),
        slug=slug,
        language=language,
        values=values,
        aliases=text.notes.aliases,
        pictures=tuple(beside.kept),
        kept=tuple(kept for kept in beside.kept.values() if kept is not None),
        picture=beside.kept[text.picture] if own_picture is not None else None,
    )


def read_name(file: str) -> tuple[str, str]:
    """``about.es.md`` is "about" in "es"; a name without a language has ""."""
    found = _STEM.fullmatch(file)
    if found is None:
        return file, ""
    return found["name"], (found["language"] or "").lower()


def _make_spare_slug(name: str) -> str:
    return f"text-{hashlib.sha256(name.encode()).hexdigest()[:8]}"


def _make_values(text: Text, kind: Kind, name: str, rendered: Rendered) -> dict[str, Any]:
    """The columns of the row that come straight from the file."""
    notes = text.notes
    return {
        "title": notes.title or make_title(name),
        "guid": notes.guid or None,
        "summary": notes.summary or _write_summary(text, rendered),
        "body": notes.body,
        "html": rendered.html,
        "words": len(rendered.plain.split()),
        "people": _list_people(text),
        "tags": list(notes.tags),
        "facts": {
            **text.own.facts,
            "picture_alt": text.picture_alt,
            "picture_credit": text.picture_credit,
            "opening": list(rendered.opening),
        },
        "access_kind": notes.access_kind,
        "plans": list(notes.plans),
        "published_at": None if text.is_draft else notes.published_at or (None if kind.is_dated else SINCE_EVER),
        "public_from": notes.public_from,
        "public_until": notes.public_until,
        "expires_at": notes.expires_at,
        "listed": notes.listed,
        "updated_at": text.updated_at,
        "starts_at": text.own.starts_at,
    }


def _write_summary(text: Text, rendered: Rendered) -> str:
    """A summary from the text itself; of one that is not everyone's never more than its opening."""
    notes = text.notes
    is_open = notes.access_kind == "public" and notes.public_from is None and notes.public_until is None
    return cut_text(rendered.plain if is_open else " ".join(rendered.opening), _SUMMARY_CHARS)


def _list_people(text: Text) -> list[dict[str, Any]]:
    """Authors first, then whom the text is about; a plain ``author`` is one too."""
    authors = list(text.own.facts.get("authors", ()))
    if not authors and text.notes.author:
        authors = [{"name": text.notes.author, "role": "author", "group": "cast", "url": "", "image": ""}]
    return [*authors, *(asdict(person) for person in text.notes.people)]
