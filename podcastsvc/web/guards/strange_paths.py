"""Paths that name nothing: with control characters in them, or with numbers that no row can have."""

import re
from typing import Any

from flask import abort, request
from werkzeug.routing import IntegerConverter, Map

_CONTROLS = re.compile(r"[\x00-\x1f\x7f]")
_GREATEST_ID = 2**31 - 1


def refuse_control_characters() -> None:
    """Runs before each request, and before anything looks an address up: PostgreSQL takes no text with a NUL in it."""
    if has_control_characters(request.path):
        abort(404)


def has_control_characters(path: str) -> bool:
    """Whether no page can be meant by a path."""
    return _CONTROLS.search(path) is not None


class RowNumber(IntegerConverter):
    """A row's id in an address. What is greater than any id is no such address, where the databases would raise."""

    def __init__(self, of: Map, *args: Any, **options: Any) -> None:
        super().__init__(of, *args, **{"max": _GREATEST_ID, **options})
