"""The list of episodes cut into pages, with the links that lead through it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from podcastsvc.web.language import make_path
from podcastsvc.web.lists import count_pages

PER_PAGE = 20


@dataclass(frozen=True, slots=True)
class ListPlan:
    """Where in the list a page is."""

    page: int
    pages: int
    count: int
    previous_href: str | None
    next_href: str | None


def plan_list(values: Mapping[str, Any], *, page: int, count: int) -> ListPlan:
    """The plan of one page of ``count`` episodes. ``values`` are those of the list's address, without the page."""
    pages = count_pages(count, PER_PAGE)
    return ListPlan(
        page=page,
        pages=pages,
        count=count,
        previous_href=_write_page(values, page - 1) if page > 1 else None,
        next_href=_write_page(values, page + 1) if page < pages else None,
    )


def _write_page(values: Mapping[str, Any], page: int) -> str:
    return make_path("episodes.index", **{**values, "page": page if page > 1 else None})
