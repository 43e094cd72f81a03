"""The studio's lists of texts: articles, pages, people, calls."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from flask import request

from podcastsvc.billing.plans import list_titles
from podcastsvc.catalogue.access import State, read_access, state_of
from podcastsvc.catalogue.problems import FolderProblems, list_problems
from podcastsvc.content import writings
from podcastsvc.content.kinds.table import BY_FOLDER
from podcastsvc.kit.text import clean_line
from podcastsvc.storage.tables.writing import Writing
from podcastsvc.web.context import language, now, services
from podcastsvc.web.language import make_path
from podcastsvc.web.lists import FilterLink, count_pages, cut_page, read_page
from podcastsvc.web.pages import gettext, render
from podcastsvc.web.sign_in.gates import host_only
from podcastsvc.web.studio.blueprint import blueprint
from podcastsvc.web.studio.episodes.listing import name_audience, name_state
from podcastsvc.web.studio.members.standings import StandingChip
from podcastsvc.web.studio.writings.keeping import list_unsaved
from podcastsvc.web.studio.writings.places import RULE
from podcastsvc.web.studio.writings.words import WORDS

_PER_PAGE = 50


@dataclass(frozen=True, slots=True)
class WritingLine:
    """One row of a list. ``at`` is when the text came or comes out, or when a call begins; None where no day matters."""

    id: int
    title: str
    language: str
    state: StandingChip
    audience: str
    at: datetime | None
    more: str


@blueprint.get(f"/{RULE}")
@host_only
def writings_page(place: str) -> str:
    """The list: drafts first, then newest first, or by name; searched by title, narrowed by state."""
    kind, words = BY_FOLDER[place], clean_line(request.args.get("q", ""), limit_chars=100)
    wanted, page = request.args.get("state", ""), read_page()
    with services().db.reading() as session:
        every = _sort(kind.name, writings.list_all(session, kind.name))
        plans = list_titles(session, language())
        unsaved = list_unsaved(session, place)
        problems = [each for each in list_problems(session) if each.folder == place]
    named = [each for each in every if words.casefold() in each.title.casefold()]
    found = [each for each in named if not wanted or state_of(read_access(each), now()) == wanted]
    return render(
        "studio/writings/index.html",
        place=place,
        says=WORDS[place],
        lines=[_make_line(each, plans) for each in cut_page(found, page, _PER_PAGE)],
        has_any=bool(every),
        has_audience=kind.name != "person",
        words=words,
        filters=_make_filters(place, named, words, wanted),
        total=len(found),
        page=page,
        pages=count_pages(len(found), _PER_PAGE),
        page_href=lambda number: make_path(
            "studio.writings_page", place=place, q=words or None, state=wanted or None, page=number
        ),
        problems=_list_remarks(problems),
        unsaved=unsaved,
        said={
            "deleted": gettext("The draft is deleted."),
            "soon": gettext("The text is written. It appears here within a minute."),
            "refused": gettext("The file is written, but cannot be used as it is. What is to mend stands below."),
        }.get(request.args.get("done", ""), ""),
    )


def _sort(kind: str, rows: list[Writing]) -> list[Writing]:
    if kind == "call":
        return sorted(rows, key=lambda row: row.starts_at.timestamp() if row.starts_at else 0, reverse=True)
    if kind == "page":
        return sorted(rows, key=lambda row: (row.facts.get("menu") or 1000, row.title.casefold(), row.language))
    return sorted(rows, key=lambda row: row.title.casefold()) if kind == "person" else rows


def _make_line(row: Writing, plans: dict[str, str]) -> WritingLine:
    access = read_access(row)
    is_dated = row.kind == "article"
    return WritingLine(
        id=row.id,
        title=row.title,
        language=row.language,
        state=name_state(state_of(access, now())),
        audience=name_audience(access, plans),
        at=row.published_at if is_dated else row.starts_at,
        more=_describe(row),
    )


def _describe(row: Writing) -> str:
    if row.kind == "page":
        return gettext("Menu: %(place)s") % {"place": row.facts["menu"]} if row.facts.get("menu") else ""
    if row.kind == "person":
        return str(row.facts.get("role") or "")
    return ", ".join(person["name"] for person in row.people if person.get("role") == "author")


def _make_filters(place: str, found: Sequence[Writing], words: str, current: str) -> list[FilterLink]:
    counts = Counter(state_of(read_access(each), now()) for each in found)
    everything = make_path("studio.writings_page", place=place, q=words or None)
    links = [FilterLink(gettext("All"), everything, not current)]
    for state in State:
        if counts[state] or state == current:
            href = make_path("studio.writings_page", place=place, q=words or None, state=state.value)
            links.append(FilterLink(f"{name_state(state).words} · {counts[state]}", href, state == current))
    return links


def _list_remarks(problems: Sequence[FolderProblems]) -> list[object]:
    return [remark for each in problems for remark in each.remarks]
