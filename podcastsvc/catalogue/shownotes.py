"""Show notes: the Markdown of an episode with its front matter, read into plain values with a message for every mistake."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, tzinfo
from typing import Any

from slugify import slugify

from podcastsvc.catalogue.limits import MOST_TEXT_BYTES, too_large
from podcastsvc.catalogue.remarks import NOT_UTF8, Remark, Unreadable, advise, advise_of_key
from podcastsvc.catalogue.show import Person
from podcastsvc.catalogue.texts import frontmatter
from podcastsvc.catalogue.texts.values import Reader, is_language
from podcastsvc.catalogue.texts.yamlfile import is_text, name_keys, read_mapping
from podcastsvc.kit.language import N_, sentence
from podcastsvc.kit.text import clean_line, clean_text

FILE = "notes.md"
MOST_NOTES_CHARS = 100_000
MOST_SLUG_CHARS = 80
MOST_GUID_CHARS = 1000
TYPES = ("full", "trailer", "bonus")

_INSTANT = re.compile(
    r"(\d{4})-(\d{1,2})-(\d{1,2})"
    r"(?:(?:\s*T\s*|\s+)(\d{1,2}):(\d{2})(?::(\d{2})(?:\.\d+)?)?)?"
    r"\s*(Z|UTC|[+-]\d{2}:?\d{2})?",
    re.IGNORECASE,
)
_PLAN = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")
_ALIAS = re.compile(r"/(?!/)[^\s?#\\]{0,500}")
_MOST_ENTRIES = 50


@dataclass(frozen=True, slots=True)
class ShowNotes:
    """``notes.md`` as it says; None or "" where it says nothing, and the audio's tags or the show fill in.

    Instants are aware, in UTC. ``access_kind`` is "public", "members" or "plans" (then ``plans`` has their keys).
    ``body`` is the Markdown, ``body_line`` the line of the file where it begins; ``unknown`` are keys that we keep.
    """

    title: str = ""
    published_at: datetime | None = None
    guid: str = ""
    slug: str = ""
    season: int | None = None
    season_name: str = ""
    number: int | None = None
    number_display: str = ""
    type: str = "full"
    access_kind: str = "public"
    plans: tuple[str, ...] = ()
    public_from: datetime | None = None
    public_until: datetime | None = None
    expires_at: datetime | None = None
    listed: bool = True
    explicit: bool | None = None
    language: str = ""
    author: str = ""
    summary: str = ""
    people: tuple[Person, ...] = ()
    tags: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()
    body: str = ""
    body_line: int = 1
    unknown: tuple[str, ...] = ()


def read_shownotes(raw: bytes, zone: tzinfo, remarks: list[Remark], *, file: str = FILE) -> ShowNotes:
    """The notes of one episode; days and times without a zone are in ``zone``.

    Every mistake is remarked upon with its line, and the value left empty; whether notes with a mistake are used at
    all is the caller's choice. Raises Unreadable, with file and line, where the whole file cannot be read.
    """
    if len(raw) > MOST_TEXT_BYTES:
        raise Unreadable(file, too_large(MOST_TEXT_BYTES))
    parts = frontmatter.split(raw, file)
    values, lines = read_mapping(parts.head, file, first_line=parts.head_line) if parts.head is not None else ({}, {})
    reader = Reader(file, values, lines, remarks=remarks)
    unknown = tuple(name_keys(values, KNOWN))
    remarks += [advise_of_key(file, key, lines.get(key)) for key in unknown]
    body = read_body(parts.body, parts.body_line, file)
    notes = replace(read_head(reader, zone), body=body, body_line=parts.body_line, unknown=unknown)
    check_order(notes, reader)
    return notes


def read_head(reader: Reader, zone: tzinfo) -> ShowNotes:
    """What front matter says, without the notes below it. Texts beside the episodes share its keys."""
    access_kind, plans = _read_access(reader)
    return ShowNotes(
        title=reader.text("title"),
        published_at=read_instant(reader, "date", zone),
        guid=reader.exact("guid", limit_chars=MOST_GUID_CHARS),
        slug=_read_slug(reader),
        season=reader.whole("season", least=1, most=999_999),
        season_name=reader.text("season_name", limit_chars=128),
        number=reader.whole("episode", least=1, most=999_999),
        number_display=reader.text("episode_display", limit_chars=32),
        type=reader.choice("type", TYPES),
        access_kind=access_kind,
        plans=plans,
        public_from=read_instant(reader, "public_from", zone),
        public_until=read_instant(reader, "public_until", zone),
        expires_at=read_instant(reader, "expires", zone),
        listed=reader.flag("listed", default=True),
        explicit=reader.flag("explicit") if reader.values.get("explicit") is not None else None,
        language=_read_language(reader),
        author=reader.text("author"),
        summary=reader.text("summary", limit_chars=1000),
        people=_read_people(reader),
        tags=_read_tags(reader),
        aliases=_read_aliases(reader),
    )


def make_slug(text: str) -> str:
    """The part of an address that people read: ``a-z0-9-``, at most 80 characters, maybe empty (rule A5)."""
    return slugify(text, max_length=MOST_SLUG_CHARS, word_boundary=True)


def read_instant(reader: Reader, key: str, zone: tzinfo) -> datetime | None:
    """A day (its first moment) or an instant, as aware UTC without fractions; None where there is none."""
    value = reader.values.get(key)
    if value is None:
        return None
    written = str(value).strip() if is_text(value) else ""
    instant = parse_instant(written, zone)
    if instant is None:
        reader.complain(
            key,
            sentence(
                "%(key)s is not a day or an instant: %(value)s. Write 2025-05-30 06:00.",
                key=repr(key),
                value=repr(str(value)[:40]),
            ),
        )
    return instant


def parse_instant(written: str, zone: tzinfo) -> datetime | None:
    """``2025-05-30``, ``2025-05-30 06:00``, ``2025-05-30T06:00:00+02:00`` as UTC; None for anything else."""
    found = _INSTANT.fullmatch(written)
    if found is None:
        return None
    year, month, day, hour, minute, second = (int(part or 0) for part in found.groups()[:6])
    try:
        local = datetime(year, month, day, hour, minute, second, tzinfo=_read_zone(found[7]) or zone)
        return local.astimezone(UTC) if 1900 <= year <= 9000 else None
    except (ValueError, OverflowError):
        return None


def _read_zone(written: str | None) -> tzinfo | None:
    if not written:
        return None
    if written.upper() in {"Z", "UTC"}:
        return UTC
    return datetime.strptime(written.replace(":", ""), "%z").tzinfo


def _read_access(reader: Reader) -> tuple[str, tuple[str, ...]]:
    """Kind and plan keys. What cannot be read counts as members only, so that a slip of the pen never gives a thing away."""
    value = reader.values.get("access")
    if value is None:
        return "public", ()
    words = [str(entry).strip().lower() for entry in reader.entries("access") if is_text(entry)]
    if words in (["public"], ["members"]):
        return words[0], ()
    is_list = isinstance(value, list) and len(words) == len(value) > 0
    if is_list and all(_PLAN.fullmatch(word) and word not in {"public", "members"} for word in words):
        return "plans", tuple(dict.fromkeys(words))
    reader.complain(
        "access", N_("'access' must be public, members, or a list of plan keys such as [friends, patrons].")
    )
    return "members", ()


def _read_slug(reader: Reader) -> str:
    slug = reader.text("slug")
    if slug and (slug != make_slug(slug)):
        better = make_slug(slug)
        reader.complain(
            "slug",
            sentence(
                "'slug' may hold small letters, digits and hyphens only, such as %(better)s.",
                better=better or "why-maps-lie",
            ),
        )
        return ""
    return slug


def _read_language(reader: Reader) -> str:
    language = reader.text("language").lower().replace("_", "-")
    if language and not is_language(language):
        reader.complain(
            "language", sentence("%(code)s is not a language's code. Write en, es or es-mx.", code=repr(language))
        )
        return ""
    return language


def _read_people(reader: Reader) -> tuple[Person, ...]:
    people = [
        Person(
            name=each.text("name", limit_chars=128),
            role=each.text("role", limit_chars=128).lower() or "guest",
            group=each.text("group", limit_chars=128).lower() or "cast",
            url=each.address("url"),
            image=each.address("image"),
        )
        for each in reader.mappings("people")
    ]
    if any(not person.name for person in people):
        reader.complain("people", N_("each of 'people' needs a name: [{name: Mark Sutherland, role: guest}]."))
    return tuple(person for person in people if person.name)[:_MOST_ENTRIES]


def _read_tags(reader: Reader) -> tuple[str, ...]:
    value = reader.values.get("tags")
    entries = value.split(",") if isinstance(value, str) else reader.entries("tags")
    if not all(is_text(entry) for entry in entries):
        reader.complain("tags", N_("'tags' must be a list of words: [history, empire]."))
        return ()
    return clean_tags(map(str, entries))[:_MOST_ENTRIES]


def clean_tags(written: Iterable[str]) -> tuple[str, ...]:
    """Tags of at most 60 characters, each once whatever its case, as first written."""
    tags: dict[str, str] = {}
    for each in written:
        tag = clean_line(each, limit_chars=60)
        if tag:
            tags.setdefault(tag.casefold(), tag)
    return tuple(tags.values())


def _read_aliases(reader: Reader) -> tuple[str, ...]:
    aliases: list[str] = []
    for entry in reader.entries("aliases"):
        alias = clean_line(str(entry), limit_chars=600) if is_text(entry) else ""
        if not _ALIAS.fullmatch(alias):
            reader.complain(
                "aliases",
                sentence("%(alias)s is not an old address of this site. Write /why-maps-lie/.", alias=repr(alias[:60])),
            )
        elif alias not in aliases:
            aliases.append(alias)
    return tuple(aliases[:_MOST_ENTRIES])


def read_body(raw: bytes, first_line: int, file: str) -> str:
    """The Markdown below the front matter. Raises Unreadable where it is no UTF-8, or longer than pages show."""
    try:
        body = clean_text(raw.decode())
    except UnicodeDecodeError as problem:
        line = first_line + raw.count(b"\n", 0, problem.start)
        raise Unreadable(file, NOT_UTF8, line) from None
    if len(body) > MOST_NOTES_CHARS:
        raise Unreadable(
            file,
            sentence(
                "the notes have %(count)s characters; %(most)s are the most that is shown.",
                count=len(body),
                most=MOST_NOTES_CHARS,
            ),
        )
    return body


def check_order(notes: ShowNotes, reader: Reader) -> None:
    """Advice about instants that contradict each other; the episode is used as written."""
    pairs: tuple[tuple[str, Any, Any, str], ...] = (
        (
            "public_from",
            notes.published_at,
            notes.public_from,
            N_("'public_from' lies before 'date': everybody hears it from 'date' on."),
        ),
        (
            "public_until",
            notes.public_from,
            notes.public_until,
            N_("'public_until' lies before 'public_from': it is never public."),
        ),
        (
            "public_until",
            notes.published_at,
            notes.public_until,
            N_("'public_until' lies before 'date': it is never public."),
        ),
        ("expires", notes.published_at, notes.expires_at, N_("'expires' lies before 'date': it never comes out.")),
    )
    for key, earlier, later, message in pairs:
        if earlier is not None and later is not None and later < earlier:
            reader.remarks.append(advise(reader.file, message, reader.lines.get(key)))


KNOWN = frozenset(
    "title date guid slug season season_name episode episode_display type access public_from public_until expires listed "
    "explicit language author summary people tags aliases".split()
)
