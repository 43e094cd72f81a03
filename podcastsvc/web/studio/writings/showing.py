"""The page of one text in the studio: what it is made from, and how it is shown."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

from flask import request
from sqlalchemy.orm import Session

from podcastsvc.billing.plans import PlanView, list_plans
from podcastsvc.catalogue.access import State, read_access, state_of
from podcastsvc.catalogue.problems import find_problems
from podcastsvc.content import publishing, writings
from podcastsvc.content.beside import ACCEPT
from podcastsvc.content.publishing import Opened
from podcastsvc.errors import Failure
from podcastsvc.kit import language as languages
from podcastsvc.kit.language import name_language
from podcastsvc.kit.secrets import make_token
from podcastsvc.storage.tables.upload import KeptForm
from podcastsvc.storage.tables.writing import Writing
from podcastsvc.web.context import language, now, services, settings
from podcastsvc.web.language import make_path
from podcastsvc.web.pages import gettext, render
from podcastsvc.web.studio.episodes.form import add_days, find_next_slot, write_local
from podcastsvc.web.studio.episodes.listing import name_state, render_preview
from podcastsvc.web.studio.writings.form import WritingForm, fill, list_differences
from podcastsvc.web.studio.writings.pictures import list_inside, write_line
from podcastsvc.web.studio.writings.places import WritingPlace, get_row, open_place, write_public_path
from podcastsvc.web.studio.writings.words import WORDS

_FOLDED = {"summary", "slug", "language", "updated", "tags", "listed"}


@dataclass(frozen=True, slots=True)
class Translation:
    """The same text in another language of the site: its form, or the empty one for it."""

    name: str
    href: str
    is_there: bool


@dataclass(slots=True)
class Page:
    """Everything that the page of one text is made from. ``row`` and ``opened`` are None for a new one; ``form`` is None
    where the file cannot be changed here, and ``problem`` says why.

    ``theirs`` is the form of the file as somebody else has left it while this one was open; ``inside`` are the names of
    pictures that came for the text's body. ``kept_id`` names the form as it saved itself; ``waiting`` is what was typed here
    before and not saved, while it is not what the form shows.
    """

    place: WritingPlace
    row: Writing | None
    form: WritingForm | None
    plans: list[PlanView]
    slot: datetime
    translations: list[Translation]
    opened: Opened | None = None
    problem: str = ""
    theirs: WritingForm | None = None
    inside: list[str] = field(default_factory=list)
    kept_id: str = ""
    waiting: KeptForm | None = None

    @property
    def writing_id(self) -> int | None:
        return None if self.row is None else self.row.id

    @property
    def file(self) -> str:
        """The path from the tree's root; "" for a text that is not there yet."""
        return "" if self.row is None else self.row.file

    @property
    def state(self) -> State | None:
        return None if self.row is None else state_of(read_access(self.row), now())


def open_page(name: str, writing_id: int) -> Page:
    """Reads the row and the file as they stand. 404 where there is no such text."""
    place = open_place(name)
    with services().db.reading() as session:
        row = get_row(session, name, writing_id)
        page = _make_page(session, place, row)
    try:
        page.opened = publishing.open_text(place.root, row.file, place.kind, zone=place.zone)
    except Failure as failure:
        page.problem = gettext(failure.message)
        return page
    page.form = fill_from(page, page.opened)
    page.form.title = page.form.title or row.title
    return page


def fill_from(page: Page, opened: Opened) -> WritingForm:
    """The form of a file as it stands."""
    place = page.place
    return fill(opened.text, first_days=place.first_days, at=page.slot, zone=place.timezone, seen=opened.mark)


def new_page(name: str) -> Page:
    """The page of a text that is not there yet, with an empty form; ``of`` and ``language`` in the query make it that of a
    translation."""
    place = open_place(name)
    with services().db.reading() as session:
        page = _make_page(session, place, None)
        original = writings.find_by_id(session, request.args.get("of", 0, type=int))
    form = WritingForm(first_days=str(place.first_days), at=write_local(page.slot, place.timezone))
    form.who = "members" if place.kind.name == "call" else "everyone"
    if original is not None and original.kind == place.kind.name:
        form.slug, form.language = original.slug, request.args.get("language", "")
    page.form = form
    return page


def _make_page(session: Session, place: WritingPlace, row: Writing | None) -> Page:
    every = writings.list_all(session, place.kind.name)
    out = [each.published_at for each in every if each.published_at is not None and each.published_at <= now()]
    slot = find_next_slot(out if place.kind.is_dated else [], place.timezone, now())
    plans = list_plans(session, language(), with_closed=True)
    return Page(place, row, None, plans, slot, _list_translations(place, row, every))


def _list_translations(place: WritingPlace, row: Writing | None, every: Sequence[Writing]) -> list[Translation]:
    if row is None:
        return []
    there = {each.language: each.id for each in every if each.slug == row.slug}
    folder = place.kind.folder
    return [
        Translation(
            name_language(code),
            make_path("studio.writing", place=folder, writing_id=there[code])
            if code in there
            else make_path("studio.new_writing", place=folder, of=row.id, language=code),
            code in there,
        )
        for code in dict.fromkeys((*settings().languages, *there))
        if code != row.language
    ]


def show_page(page: Page, errors: dict[str, str]) -> str:
    """The page's HTML."""
    place, row, form = page.place, page.row, page.form
    with services().db.reading() as session:
        problems = find_problems(session, page.file) if page.file else None
    days = int(form.first_days) if form and form.first_days.isascii() and form.first_days.isdigit() else 0
    is_preview = form is not None and request.form.get("do") == "preview"
    return render(
        "studio/writings/edit.html",
        place=place.kind.folder,
        kind=place.kind.name,
        says=WORDS[place.kind.folder],
        title=row.title if row is not None else gettext(WORDS[place.kind.folder].new),
        writing_id=page.writing_id,
        file_name=page.file,
        state=name_state(page.state) if page.state is not None else None,
        is_draft=page.state in {None, State.DRAFT},
        is_scheduled=page.state is State.SCHEDULED,
        is_withdrawn=page.state is State.WITHDRAWN,
        at=row.published_at if row is not None and place.kind.is_dated else None,
        page_path=write_public_path(row) if row is not None else "",
        form=form,
        form_problem=page.problem,
        errors=errors,
        said=_say(page),
        problems=problems.remarks if problems is not None else (),
        differences=list_differences(page.theirs, form) if page.theirs is not None and form is not None else None,
        translations=page.translations,
        once=make_token(),
        plans=page.plans,
        zone=place.timezone,
        slot=_write(page.slot, place),
        first_days=days if 0 < days <= 365 else 0,
        public_on=_write(add_days(now(), days, place.timezone), place) if 0 < days <= 365 else "",
        may_choose_when=not place.kind.is_dated or page.state in {None, State.DRAFT, State.SCHEDULED},
        at_in_utc=_write_utc(page),
        language_hint=place.language,
        named_language=page.opened.named_language if page.opened is not None else "",
        accept=ACCEPT,
        inside=[(name, write_line(name)) for name in list_inside(form.notes, page.inside)] if form else [],
        kept_inside=page.inside,
        kept_id=page.kept_id,
        waiting=page.waiting,
        opened=bool(errors.keys() & _FOLDED),
        preview=render_preview(form.notes) if form is not None and is_preview else "",
    )


def _write(at: datetime, place: WritingPlace) -> str:
    return languages.format_instant(at, language(), place.timezone, now=now())


def _write_utc(page: Page) -> str:
    """The date of what is scheduled, in UTC, where the show lives by another clock."""
    row = page.row
    if row is None or row.published_at is None or page.state is not State.SCHEDULED or page.place.timezone == "UTC":
        return ""
    return languages.format_instant(row.published_at, language(), "UTC", now=now())


@dataclass(frozen=True, slots=True)
class Said:
    """What a form has done, in the note above the page."""

    fact: str
    text: str = ""
    kind: str = "ok"


def _say(page: Page) -> Said | None:
    if request.method == "POST":
        do = request.form.get("do")
        return (
            Said(gettext("The pictures are kept beside the text."), gettext("Copy a line into it."))
            if (do == "upload" and page.inside)
            else None
        )
    if request.args.get("done") != "saved" or page.state is None:
        return None
    return {
        State.DRAFT: Said(gettext("The draft is saved."), gettext("Nobody but you sees it.")),
        State.SCHEDULED: Said(gettext("It is scheduled."), gettext("It comes out by itself at its time.")),
        State.PUBLISHED: Said(gettext("It is saved and out.")),
        State.WITHDRAWN: Said(gettext("It is withdrawn."), gettext("Whoever opens it is told that it is gone.")),
    }[page.state]


def as_values(form: WritingForm) -> dict[str, Any]:
    """The fields of a form by name, as a reader of forms takes them."""
    return {name: value for name, value in asdict(form).items() if isinstance(value, str)}
