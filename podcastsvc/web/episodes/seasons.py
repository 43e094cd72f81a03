"""The list of episodes cut into pages and seasons, with the links that lead through it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from podcastsvc.web.language import make_path
from podcastsvc.web.lists import FilterLink, count_pages
from podcastsvc.web.pages import gettext

PER_PAGE = 20


@dataclass(frozen=True, slots=True)
class ListPlan:
    """Where in the list a page is. ``seasons`` is empty where there are fewer than two."""

    page: int
    pages: int
    count: int
    previous_href: str | None
    next_href: str | None
    seasons: list[FilterLink]


def plan_list(
    values: Mapping[str, Any], *, page: int, count: int, season: int | None, seasons: Sequence[int]
) -> ListPlan:
    """The plan of one page of ``count`` episodes. ``values`` are those of the list's address, without the page."""
    pages = count_pages(count, PER_PAGE)
    links = [_make_link(values, each, season) for each in (None, *seasons)]
    return ListPlan(
        page=page,
        pages=pages,
        count=count,
        previous_href=_write_page(values, page - 1) if page > 1 else None,
        next_href=_write_page(values, page + 1) if page < pages else None,
        seasons=links if len(seasons) > 1 else [],
    )


def _write_page(values: Mapping[str, Any], page: int) -> str:
    return make_path("episodes.index", **{**values, "page": page if page > 1 else None})


def _make_link(values: Mapping[str, Any], season: int | None, current: int | None) -> FilterLink:
    label = gettext("All seasons") if season is None else gettext("Season %(number)s") % {"number": season}
    return FilterLink(label, make_path("episodes.index", **{**values, "season": season}), season == current)
