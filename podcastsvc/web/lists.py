"""Lists on pages: the links that narrow them, and how they are cut into pages."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

from flask import request

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class FilterLink:
    """A link that narrows a list; the names are those of the macro ``filter_links``."""

    label: str
    href: str
    is_current: bool


def read_page() -> int:
    """The page that the query asks for; the first where it names none."""
    return max(request.args.get("page", 1, type=int) or 1, 1)


def count_pages(count: int, per_page: int) -> int:
    """How many pages a list has; an empty one has one."""
    return max(1, -(-count // per_page))


def cut_page(things: Sequence[T], page: int, per_page: int) -> Sequence[T]:
    """What stands on a page, which counts from 1; nothing on one beyond the last."""
    return things[(page - 1) * per_page : page * per_page]
