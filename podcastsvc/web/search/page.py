"""The search page: episodes, transcripts and texts with the words of a query, each as the person who looks may know it."""

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, request

from podcastsvc.content import naming
from podcastsvc.content.naming import SiteTag
from podcastsvc.content.search.excerpts import Matcher
from podcastsvc.content.search.finding import PER_PAGE, Looker, Results, find
from podcastsvc.content.search.near import list_nearest
from podcastsvc.kit.text import clean_line
from podcastsvc.storage.search import MOST_QUERY_CHARS, Query, read_query
from podcastsvc.web.apps.pacing import spend_search
from podcastsvc.web.context import language, now, services
from podcastsvc.web.guards.headers import mark_personal
from podcastsvc.web.language import make_path
from podcastsvc.web.lists import FilterLink, count_pages, read_page
from podcastsvc.web.pages import gettext, render
from podcastsvc.web.search.results import KIND_LISTS, FoundCard, make_cards
from podcastsvc.web.site.cards import EpisodeCard, list_latest
from podcastsvc.web.site.viewing import get_viewing

blueprint = Blueprint("search", __name__)

_LATEST = 3
_TITLE_CHARS = 60


@blueprint.get("/search")
def page() -> str:
    """What is found, ten a page; never indexed or kept, since the address says what somebody looked for."""
    mark_personal()
    typed = clean_line(request.args.get("q", ""), limit_chars=MOST_QUERY_CHARS)
    query = read_query(request.args.get("q", ""))
    if not query.words:
        return _render(typed, query)
    spend_search()
    number, kind = read_page(), _read_kind()
    looker = Looker(get_viewing().audience, language())
    cards: list[FoundCard] = []
    nearest: list[SiteTag] = []
    with services().db.reading() as session:
        found = find(session, query, looker, now(), kind=kind, page=number)
        if found.count:
            cards = make_cards(session, found.results, Matcher(query))
        else:
            nearest = list_nearest(naming.list_tags(session, now(), language()), query)
    latest = list_latest(_LATEST) if not found.count else []
    return _render(typed, query, found, cards, nearest, latest, number=number, kind=kind)


def _render(
    typed: str,
    query: Query,
    found: Results | None = None,
    cards: list[FoundCard] | None = None,
    nearest: list[SiteTag] | None = None,
    latest: list[EpisodeCard] | None = None,
    *,
    number: int = 1,
    kind: str | None = None,
) -> str:
    title = gettext("Search")
    pages = count_pages(found.count, PER_PAGE) if found is not None else 1
    values = {"q": typed, "kind": kind}
    return render(
        "search/page.html",
        page_title=f"{clean_line(typed, limit_chars=_TITLE_CHARS)} · {title}" if typed else title,
        typed=typed,
        query=query,
        found=found,
        cards=cards or [],
        nearest=nearest or [],
        latest=latest or [],
        kinds=_list_kinds(found.kinds, typed, kind) if found is not None else [],
        page=number,
        pages=pages,
        previous_href=_write_page(values, number - 1) if number > 1 else None,
        next_href=_write_page(values, number + 1) if number < pages else None,
    )


def _list_kinds(kinds: Mapping[str, int], typed: str, current: str | None) -> list[FilterLink]:
    """The links that narrow what was found to one kind; none where there is only one."""
    if len(kinds) < 2:
        return []
    every = FilterLink(gettext("Everything"), make_path("search.page", q=typed), current is None)
    there = [each for each in KIND_LISTS if each in kinds]
    return [every, *(_make_link(each, kinds[each], typed, is_current=each == current) for each in there)]


def _make_link(kind: str, count: int, typed: str, *, is_current: bool) -> FilterLink:
    label = f"{gettext(KIND_LISTS[kind])} · {count}"
    return FilterLink(label, make_path("search.page", q=typed, kind=kind), is_current)


def _write_page(values: dict[str, Any], number: int) -> str:
    return make_path("search.page", **values, page=number if number > 1 else None)


def _read_kind() -> str | None:
    kind = request.args.get("kind")
    return kind if kind in KIND_LISTS else None
