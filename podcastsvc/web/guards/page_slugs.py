"""Addresses of the host's own pages: only those that there are, so that all others stay unknown, and old ones lead on."""

from typing import Any

from werkzeug.routing import BaseConverter, Map, ValidationError

from podcastsvc.errors import Failure
from podcastsvc.services import Services


def make_converter(services: Services) -> type[BaseConverter]:
    """The converter of the addresses of one installation's pages."""

    class PageSlug(BaseConverter):
        regex = "[a-z0-9][a-z0-9-]*"

        def __init__(self, of: Map, *args: Any, **options: Any) -> None:
            super().__init__(of, *args, **options)

        def to_python(self, value: str) -> str:
            try:
                known = services.page_slugs.get()
            except Failure:
                return value  # The view then says that the database cannot be reached.
            if value not in known:
                raise ValidationError
            return value

    return PageSlug
