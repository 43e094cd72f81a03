"""Lists on pages: the links that narrow them, and how they are cut into pages.

One rule for all of them: what is no number from 1 on, and a page after the last, is not found.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

from flask import abort, request

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class FilterLink:
    """A link that narrows a list; the names are those of the macro ``filter_links``."""

    label: str
    href: str
    is_current: bool


_MOST_DIGITS = 6


def read_number(name: str) -> int | None:
    """A number from 1 on out of the query; None where it is not given, 404 where it is no such number."""
    written = request.args.get(name)
    if written is None:
        return None
    if not written.isascii() or not written.isdecimal() or len(written) > _MOST_DIGITS or int(written) < 1:
        abort(404)
    return int(written)


def read_page() -> int:
    """The page that the query asks for; the first where it names none."""
    return read_number("page") or 1


def count_pages(count: int, per_page: int) -> int:
    """How many pages a list has; an empty one has one. 404 where the query asks for one after the last."""
    pages = max(1, -(-count // per_page))
    if read_page() > pages:
        abort(404)
    return pages


def cut_page(things: Sequence[T], page: int, per_page: int) -> Sequence[T]:
    """What stands on a page, which counts from 1; nothing on one beyond the last."""
    return things[(page - 1) * per_page : page * per_page]
