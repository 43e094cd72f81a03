"""Addresses that programs ask for, not people: nothing there is ever a page, and what is said is English (S3, S5)."""

import re

from flask import redirect, request
from werkzeug.wrappers import Response

LANGUAGE = "en"

# In any case: one large client compares paths without regard to it, and what it gets must not be a page (rule A2).
_PATHS = re.compile(
    r"/(?:feed(?![^./;])|(?:feeds|media|private|art|chapters|transcripts|webhooks|static|icons)(?:/|$)|healthz|theme\.css)",
    re.IGNORECASE,
)


def is_for_machines(path: str) -> bool:
    """Whether a path, without a language's prefix, is one of feeds, media, notices or static files, or looks like one."""
    return _PATHS.match(path) is not None


def send_on(address: str, code: int) -> Response:
    """The redirect of a request to another address; a program gets it without the page that people are shown."""
    response = redirect(address, code)
    if is_for_machines(request.path):
        response.set_data(b"")
        response.mimetype = "text/plain"
    return response
