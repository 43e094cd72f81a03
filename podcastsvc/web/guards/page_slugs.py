"""Addresses of the host's own pages: only those that there are, so that all others stay unknown, and old ones lead on."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from werkzeug.routing import BaseConverter, Map, ValidationError

from podcastsvc.errors import Failure
from podcastsvc.services import Services

_told: ContextVar[frozenset[str] | None] = ContextVar("page_slugs", default=None)


@contextmanager
def telling(slugs: frozenset[str] | None) -> Iterator[None]:
    """Addresses are matched with these pages inside the block, which then reads nothing itself; None leaves it to read."""
    token = _told.set(slugs)
    try:
        yield
    finally:
        _told.reset(token)


def make_converter(services: Services) -> type[BaseConverter]:
    """The converter of the addresses of one installation's pages."""

    class PageSlug(BaseConverter):
        regex = "[a-z0-9][a-z0-9-]*"

        def __init__(self, of: Map, *args: Any, **options: Any) -> None:
            super().__init__(of, *args, **options)

        def to_python(self, value: str) -> str:
            try:
                told = _told.get()
                known = services.page_slugs.get() if told is None else told
            except Failure:
                return value  # The view then says that the database cannot be reached.
            if value not in known:
                raise ValidationError
            return value

    return PageSlug
