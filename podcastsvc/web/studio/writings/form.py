"""The form of a text: filled from an empty start or from its file, read back into what publishing writes."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import Any

from werkzeug.datastructures import MultiDict

from podcastsvc.catalogue.shownotes import MOST_NOTES_CHARS, clean_tags, make_slug
from podcastsvc.content.kinds.kind import Kind
from podcastsvc.content.publishing import Contents, is_draft
from podcastsvc.content.reading import Text
from podcastsvc.kit.language import N_
from podcastsvc.kit.text import is_web_address
from podcastsvc.web.pages import gettext
from podcastsvc.web.studio.episodes.form import (
    LONGEST_SUMMARY_CHARS,
    LONGEST_TITLE_CHARS,
    read_audience,
    read_language,
    read_published_at,
    write_local,
)
from podcastsvc.web.studio.forms import FormReader
from podcastsvc.web.studio.writings import lines

LABELS = {
    "title": N_("Title"),
    "notes": N_("Text"),
    "who": N_("Who reads it"),
    "plans": N_("Plans"),
    "public_at": N_("Public from"),
    "when": N_("When"),
    "at": N_("Day and time"),
    "updated": N_("Updated"),
    "starts": N_("Begins"),
    "minutes": N_("Minutes"),
    "room": N_("Room"),
    "recording": N_("Recording"),
    "role": N_("Role"),
    "links": N_("Links"),
    "authors": N_("Authors"),
    "tags": N_("Tags"),
    "summary": N_("Summary"),
    "slug": N_("Address"),
    "language": N_("Language"),
    "picture": N_("Picture"),
    "picture_alt": N_("What the picture shows"),
    "picture_credit": N_("Credit"),
    "menu": N_("Place in the menu"),
    "sponsors": N_("Sponsors"),
    "reviews": N_("Reviews"),
    "listed": N_("In feeds, lists and search"),
}
"""What each field is called, in the order of the page."""


@dataclass(slots=True)
class WritingForm:
    """The fields as the page shows them: texts as typed, so that nothing is lost when one cannot be used.

    ``notes`` is the text itself, under the name by which the preview knows it. ``who``, ``when``, ``at`` and ``public_at``
    are as in the form of an episode; ``updated`` and ``starts`` are local times of the show too.
    """

    title: str = ""
    notes: str = ""
    who: str = "everyone"
    first_days: str = "3"
    public_at: str = ""
    plans: list[str] = field(default_factory=list)
    when: str = "now"
    at: str = ""
    updated: str = ""
    slug: str = ""
    language: str = ""
    summary: str = ""
    authors: str = ""
    tags: str = ""
    listed: bool = True
    picture: str = ""
    picture_alt: str = ""
    picture_credit: str = ""
    menu: str = ""
    sponsors: str = ""
    reviews: str = ""
    starts: str = ""
    minutes: str = "60"
    room: str = ""
    recording: str = ""
    role: str = ""
    links: str = ""
    seen: str = ""


@dataclass(frozen=True, slots=True)
class Bounds:
    """What the reading of a form depends on besides the form. ``before`` is the file as it stood, empty for a new text."""

    kind: Kind
    zone: str
    now: datetime
    plan_keys: Sequence[str]
    before: Text


@dataclass(frozen=True, slots=True)
class Difference:
    """One field that somebody else has left otherwise than it was typed here."""

    label: str
    theirs: str
    yours: str


def fill(text: Text, *, first_days: int, at: datetime, zone: str, seen: str) -> WritingForm:
    """The form of a text as its file stands. ``at`` is the slot that is offered to one without a date."""
    notes, facts = text.notes, text.own.facts
    is_first = notes.access_kind != "plans" and notes.public_from is not None
    who = "first" if is_first else {"public": "everyone"}.get(notes.access_kind, notes.access_kind)
    return WritingForm(
        title=notes.title,
        notes=notes.body.strip(),
        who=who,
        first_days=str(first_days),
        public_at=_write(notes.public_from, zone) if is_first else "",
        plans=list(notes.plans),
        when="now" if notes.published_at is None else "at",
        at=write_local(notes.published_at or at, zone),
        updated=_write(text.updated_at, zone),
        slug=notes.slug,
        language=notes.language,
        summary=notes.summary,
        authors=lines.write_lines(facts.get("authors", ()), lines.write_author),
        tags=", ".join(notes.tags),
        listed=notes.listed,
        picture=text.picture,
        picture_alt=text.picture_alt,
        picture_credit=text.picture_credit,
        menu=str(facts.get("menu") or ""),
        sponsors=lines.write_lines(facts.get("sponsors", ()), lines.write_sponsor),
        reviews=lines.write_lines(facts.get("reviews", ()), lines.write_review),
        starts=_write(text.own.starts_at, zone),
        # Only a call begins and lasts; what a form does not show must not look changed.
        minutes=str(facts.get("minutes") or "60") if text.own.starts_at is not None else "",
        room=facts.get("room", ""),
        recording=facts.get("recording", ""),
        role=facts.get("role", ""),
        links=lines.write_lines(facts.get("links", ()), lines.write_link),
        seen=seen,
    )


def read_typed(values: MultiDict[str, str]) -> WritingForm:
    """What came with a request, as it was typed."""
    form = WritingForm(plans=values.getlist("plans"), listed="listed" in values)
    for name in asdict(form):
        if name not in {"plans", "listed"}:
            setattr(form, name, values.get(name, ""))
    return form


def read_contents(form: WritingForm, reader: FormReader, bounds: Bounds, *, saves_draft: bool) -> Contents:
    """The contents that a form means; ``reader.errors`` says what cannot be used, and then they are not to be written.

    What the form of this kind does not show stays as it was before.
    """
    notes = bounds.before.notes
    published_at = _read_date(form, reader, bounds, saves_draft=saves_draft)
    access_kind, plans, public_from = notes.access_kind, notes.plans, notes.public_from
    if bounds.kind.name != "person":
        access_kind, plans, public_from = read_audience(
            reader, published_at or bounds.now, bounds.now, bounds.zone, bounds.plan_keys, notes
        )
    return Contents(
        title=reader.line("title", limit_chars=LONGEST_TITLE_CHARS, needed=gettext("Enter a title.")),
        body=reader.text("notes", limit_chars=MOST_NOTES_CHARS),
        is_draft=saves_draft,
        published_at=published_at,
        updated_at=_read_instant(reader, "updated", bounds, bounds.before.updated_at),
        access_kind=access_kind,
        plans=plans,
        public_from=public_from,
        slug=_read_slug(reader, bounds),
        language=read_language(reader),
        summary=reader.text("summary", limit_chars=LONGEST_SUMMARY_CHARS).replace("\n", " "),
        tags=clean_tags(reader.words("tags", limit_chars=2000)),
        listed=form.listed,
        picture=reader.line("picture"),
        picture_alt=reader.line("picture_alt", limit_chars=500),
        picture_credit=reader.line("picture_credit"),
        facts=_read_facts(reader, bounds),
        starts_at=_read_start(reader, bounds),
    )


def list_differences(theirs: WritingForm, yours: WritingForm) -> list[Difference]:
    """The fields that say something else in the file by now than in a form, as people read them."""
    found = []
    for name, label in LABELS.items():
        pair = [_show(getattr(form, name)) for form in (theirs, yours)]
        if pair[0].split() != pair[1].split():
            found.append(Difference(gettext(label), *pair))
    return found


def _show(value: Any) -> str:
    if isinstance(value, bool):
        return gettext("Yes") if value else gettext("No")
    return ", ".join(value) if isinstance(value, list) else str(value)


# ---- single fields


def _read_date(form: WritingForm, reader: FormReader, bounds: Bounds, *, saves_draft: bool) -> datetime | None:
    """When it comes out; None for a draft, and for what is simply there without a date.

    A date that stands in a draft's file was put there by hand, for later: saving the draft leaves it.
    """
    before = bounds.before
    if saves_draft:
        return before.notes.published_at if before.is_draft else None
    if not bounds.kind.is_dated and form.when != "at":
        return None
    if form.when != "at" and not is_draft(before, bounds.kind) and before.notes.published_at is not None:
        return before.notes.published_at
    return read_published_at(form, reader, bounds.zone, bounds.now, before.notes)


def _read_instant(reader: FormReader, name: str, bounds: Bounds, before: datetime | None) -> datetime | None:
    """A local time; an untouched field means the instant that the file has, seconds and all."""
    at = reader.instant(name, bounds.zone)
    if before is not None and reader.values.get(name, "") == _write(before, bounds.zone):
        return before
    return None if at is None else at.astimezone(UTC)


def _read_start(reader: FormReader, bounds: Bounds) -> datetime | None:
    if bounds.kind.name != "call":
        return None
    at = _read_instant(reader, "starts", bounds, bounds.before.own.starts_at)
    if at is None:
        reader.errors.setdefault("starts", gettext("Say on which day and at what time the call begins."))
    return at


def _read_slug(reader: FormReader, bounds: Bounds) -> str:
    slug = reader.line("slug", limit_chars=80)
    if slug and slug != make_slug(slug):
        words = gettext("Use small letters, digits and hyphens only, such as %(better)s.")
        reader.errors["slug"] = words % {"better": make_slug(slug) or "why-maps-lie"}
    elif bounds.kind.is_reserved(slug or make_slug(reader.line("title"))):
        reader.errors["slug"] = gettext("At that address the site has a page of its own. Choose another.")
    return slug


def _read_facts(reader: FormReader, bounds: Bounds) -> dict[str, Any]:
    before = bounds.before.own.facts
    if bounds.kind.name == "article":
        authors = before.get("authors", ())
        found = lines.read_lines(
            reader, "authors", authors, lines.write_author, lines.read_author, "Ada Lind https://example.org"
        )
        return {"authors": found}
    if bounds.kind.name == "person":
        links = before.get("links", ())
        found = lines.read_lines(
            reader, "links", links, lines.write_link, lines.read_link, "Website https://example.org"
        )
        return {"role": reader.line("role", limit_chars=128), "links": found}
    if bounds.kind.name == "call":
        return {
            "minutes": reader.whole("minutes", least=5, most=24 * 60) or 60,
            "room": _read_address(reader, "room"),
            "recording": reader.line("recording", limit_chars=120),
        }
    return {
        "menu": reader.whole("menu", least=1, most=999),
        "sponsors": lines.read_lines(
            reader,
            "sponsors",
            before.get("sponsors", ()),
            lines.write_sponsor,
            lines.read_sponsor,
            "Harbour Books | https://example.org | Books by sea",
        ),
        "reviews": lines.read_lines(
            reader,
            "reviews",
            before.get("reviews", ()),
            lines.write_review,
            lines.read_review,
            "Calm and clear. | Ben | The Paper | https://example.org | 5",
        ),
    }


def _read_address(reader: FormReader, name: str) -> str:
    address = reader.line(name, limit_chars=2000)
    if address and not is_web_address(address):
        reader.errors[name] = gettext("Enter an address that begins with https://.")
        return ""
    return address


def _write(at: datetime | None, zone: str) -> str:
    return "" if at is None else write_local(at, zone)
