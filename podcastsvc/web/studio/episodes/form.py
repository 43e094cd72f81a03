"""The form of an episode: filled from an empty start or from notes, read back into what publishing writes."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo

from werkzeug.datastructures import MultiDict

from podcastsvc.catalogue.access import State
from podcastsvc.catalogue.previews import USUAL_MINUTES
from podcastsvc.catalogue.publishing import Contents
from podcastsvc.catalogue.show import Person
from podcastsvc.catalogue.shownotes import MOST_NOTES_CHARS, TYPES, ShowNotes
from podcastsvc.catalogue.texts.values import is_language
from podcastsvc.catalogue.uploads import UploadFacts
from podcastsvc.web.pages import gettext
from podcastsvc.web.studio.forms import FormReader

AUDIENCES = ("everyone", "first", "members", "plans")
LONGEST_TITLE_CHARS = 255
LONGEST_SUMMARY_CHARS = 1000
_GUEST = re.compile(r"(?P<name>.+?)(?:\s*\((?P<role>[^()]+)\))?(?:,?\s+(?P<url>https?://\S+))?")
_FLAGS = ("listed", "make_preview")
_INPUT = "%Y-%m-%dT%H:%M"


@dataclass(slots=True)
class EpisodeForm:
    """The fields as the page shows them: texts as typed, so that nothing is lost when one cannot be used.

    ``who`` is one of ``AUDIENCES``; ``when`` is "now" or "at"; ``at`` and ``public_at`` are local times of the show.
    """

    title: str = ""
    notes: str = ""
    who: str = "everyone"
    first_days: str = "3"
    public_at: str = ""
    plans: list[str] = field(default_factory=list)
    when: str = "now"
    at: str = ""
    season: str = ""
    number: str = ""
    type: str = "full"
    guests: str = ""
    tags: str = ""
    explicit: str = ""
    language: str = ""
    summary: str = ""
    listed: bool = True
    make_preview: bool = False
    preview_minutes: str = str(USUAL_MINUTES)
    show: str = ""
    seen: str = ""


def make_empty(*, first_days: int, at: datetime, zone: str) -> EpisodeForm:
    """The form of a new episode; ``at`` is the usual next slot."""
    return EpisodeForm(first_days=str(first_days), at=write_local(at, zone), make_preview=True)


def fill_from_facts(form: EpisodeForm, facts: UploadFacts) -> None:
    """Takes from an audio file's tags what nobody has typed."""
    form.title = form.title or facts.title
    form.notes = form.notes or facts.notes
    form.season = form.season or str(facts.season or "")
    form.number = form.number or str(facts.episode or "")
    form.language = form.language or facts.language


def fill_from_notes(notes: ShowNotes, *, first_days: int, at: datetime, zone: str, seen: str) -> EpisodeForm:
    """The form of an episode as its file stands. ``at`` is the slot that is offered to one without a date."""
    is_first = notes.access_kind != "plans" and notes.public_from is not None
    who = "first" if is_first else {"public": "everyone"}.get(notes.access_kind, notes.access_kind)
    return EpisodeForm(
        title=notes.title,
        notes=notes.body.strip(),
        who=who,
        first_days=str(first_days),
        public_at=write_local(notes.public_from, zone) if is_first and notes.public_from else "",
        plans=list(notes.plans),
        when="now" if notes.published_at is None else "at",
        at=write_local(notes.published_at or at, zone),
        season=str(notes.season or ""),
        number=str(notes.number or ""),
        type=notes.type,
        guests="\n".join(write_guest(person) for person in notes.people),
        tags=", ".join(notes.tags),
        explicit={True: "yes", False: "no", None: ""}[notes.explicit],
        language=notes.language,
        summary=notes.summary,
        listed=notes.listed,
        seen=seen,
    )


def read_typed(values: MultiDict[str, str]) -> EpisodeForm:
    """What came with a request, as it was typed."""
    form = EpisodeForm(plans=values.getlist("plans"), listed="listed" in values, make_preview="make_preview" in values)
    for name in asdict(form):
        if name not in {"plans", *_FLAGS}:
            setattr(form, name, values.get(name, ""))
    return form


def read_contents(
    form: EpisodeForm,
    reader: FormReader,
    *,
    is_draft: bool,
    zone: str,
    now: datetime,
    plan_keys: Sequence[str],
    before: ShowNotes | None = None,
) -> Contents:
    """The contents that a form means; ``reader.errors`` says what cannot be used, and then they are not to be written.

    ``before`` are the notes that the form was filled from: what it cannot show of them stays.
    """
    before = before or ShowNotes()
    published_at = None if is_draft else read_published_at(form, reader, zone, now, before)
    access_kind, plans, public_from = read_audience(reader, published_at or now, now, zone, plan_keys, before)
    return Contents(
        title=reader.line("title", limit_chars=LONGEST_TITLE_CHARS, needed=gettext("Enter a title.")),
        notes=reader.text("notes", limit_chars=MOST_NOTES_CHARS),
        published_at=published_at,
        access_kind=access_kind,
        plans=plans,
        public_from=public_from,
        season=reader.whole("season"),
        number=reader.whole("number"),
        type=reader.choice("type", TYPES),
        explicit={"yes": True, "no": False}.get(reader.choice("explicit", ("", "yes", "no"))),
        language=read_language(reader),
        summary=reader.text("summary", limit_chars=LONGEST_SUMMARY_CHARS).replace("\n", " "),
        people=_read_guests(reader, before.people),
        tags=tuple(reader.words("tags")),
        listed=form.listed,
    )


class HasDate(Protocol):
    """A form that says when something comes out: "now", or "at" a local time of the show."""

    @property
    def when(self) -> str: ...
    @property
    def at(self) -> str: ...


def read_published_at(
    form: HasDate, reader: FormReader, zone: str, now: datetime, before: ShowNotes
) -> datetime | None:
    """When it comes out; what cannot be read is noted under "at"."""
    if form.when != "at":
        return now.replace(second=0)
    at = reader.instant("at", zone)
    if at is None:
        reader.errors.setdefault("at", gettext("Enter a day and time such as 2027-03-14 06:00."))
        return None
    # The field shows whole minutes: an untouched one means the instant that the file has.
    if before.published_at is not None and form.at == write_local(before.published_at, zone):
        return before.published_at
    return at.astimezone(UTC)


def read_audience(
    reader: FormReader,
    published_at: datetime,
    now: datetime,
    zone: str,
    plan_keys: Sequence[str],
    before: ShowNotes,
) -> tuple[str, tuple[str, ...], datetime | None]:
    """Access kind, plans, and when it becomes public."""
    who = reader.choice("who", AUDIENCES)
    if who == "plans":
        chosen = tuple(key for key in (*plan_keys, *before.plans) if key in reader.lists.get("plans", ()))
        if not chosen:
            reader.errors["plans"] = gettext("Choose at least one plan.")
        return "plans", tuple(dict.fromkeys(chosen)), before.public_from if before.access_kind == "plans" else None
    if who != "first":
        return ("members" if who == "members" else "public"), (), None
    kind = before.access_kind if before.public_from is not None and before.access_kind != "plans" else "members"
    return kind, (), _read_public_from(reader, published_at, now, zone)


def _read_public_from(reader: FormReader, published_at: datetime, now: datetime, zone: str) -> datetime | None:
    """The day that was typed; else so many days from when it comes out, or from now if it is out (or a draft) already."""
    at = reader.instant("public_at", zone)
    if at is not None:
        if at <= published_at:
            reader.errors["public_at"] = gettext("This must be after the time at which members hear it.")
        return at.astimezone(UTC)
    days = reader.whole("first_days", most=365)
    if days is None:
        reader.errors.setdefault("first_days", gettext("Enter a number of days."))
        return None
    return add_days(max(published_at, now), days, zone)


def add_days(at: datetime, days: int, zone: str) -> datetime:
    """The same time of day some days later in a zone, whatever clocks do in between."""
    local = at.astimezone(ZoneInfo(zone))
    return (local + timedelta(days=days)).astimezone(UTC)


def read_language(reader: FormReader) -> str:
    """A language's code, or "" for that of the show."""
    language = reader.line("language").lower().replace("_", "-")
    if language and not is_language(language):
        reader.errors["language"] = gettext("Enter a language's code such as en, es or es-mx.")
    return language


# ---- guests


def write_guest(person: Person) -> str:
    """``Mark Sutherland (host) https://example.org``; the role of a guest goes without saying."""
    role = "" if person.role == "guest" else f" ({person.role})"
    return f"{person.name}{role}{f' {person.url}' if person.url else ''}"


def _read_guests(reader: FormReader, before: Sequence[Person]) -> tuple[Person, ...]:
    known = {write_guest(person): person for person in before}
    people = []
    for line in reader.lines("guests", limit_chars=5000):
        found = _GUEST.fullmatch(line)
        if line in known:
            people.append(known[line])
        elif found is not None:
            role = (found["role"] or "guest").strip().lower()
            people.append(Person(found["name"].strip(" ,"), role, url=found["url"] or ""))
    if len(people) > 50:
        reader.errors["guests"] = gettext("At most 50 people fit.")
    return tuple(people)


# ---- times


def write_local(at: datetime, zone: str) -> str:
    """An instant as the field for a local time holds it."""
    return f"{at.astimezone(ZoneInfo(zone)):{_INPUT}}"


def find_next_slot(published: Sequence[datetime], zone: str, now: datetime) -> datetime:
    """The next time at which episodes usually come out: the weekday and time that most of the last ten had.

    Without any habit tomorrow at six in the morning, in the show's zone.
    """
    local_now = now.astimezone(ZoneInfo(zone))
    local = [at.astimezone(ZoneInfo(zone)) for at in sorted(published)[-10:]]
    habits = Counter((at.weekday(), at.hour, at.minute) for at in local)
    if not habits:
        return (local_now + timedelta(days=1)).replace(hour=6, minute=0, second=0)
    weekday, hour, minute = max(reversed(list(habits)), key=lambda habit: habits[habit])
    slot = (local_now + timedelta(days=(weekday - local_now.weekday()) % 7)).replace(hour=hour, minute=minute, second=0)
    return slot if slot > local_now else slot + timedelta(days=7)


def may_choose_when(state: State | None) -> bool:
    """Whether "as soon as ready" still means something: it has not come out yet."""
    return state in {None, State.DRAFT, State.SCHEDULED}
