"""Answers for podcast apps: bodies that leave in one piece, codings, and the headers that feeds and media share."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import Response, request

from podcastsvc.catalogue.access import Access, find_end
from podcastsvc.web.apps.sending import Body

FEED_METHODS = ("GET", "HEAD", "OPTIONS")
# What answers say that pages of other hosts may read, and those below ``/private/`` (rules F8, F9).
OPEN_TO_ALL = {"Access-Control-Allow-Origin": "*", "Cross-Origin-Resource-Policy": "cross-origin"}
PERSONAL = {"X-Robots-Tag": "noindex, nofollow, noarchive", "Referrer-Policy": "no-referrer"}
# Where the quick answers leave, for the view, what they found and cannot say in words.
OUTCOME = "podcastsvc.outcome"
_CODING = re.compile(r"\s*([\w*-]+)\s*(?:;\s*q\s*=\s*([01](?:\.\d{0,3})?)\s*)?", re.ASCII | re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Answer:
    """A whole answer, without the headers that every answer carries. ``body`` is empty for HEAD."""

    status: int
    headers: dict[str, str]
    body: Body


class WholeResponse(Response):
    """A body that is there already. Handed over as a list, it leaves with its headers in one write: through an
    iterator the server sends it as a stream, which costs three times as much for a small one."""

    def get_app_iter(self, environ: Any) -> Iterable[bytes]:
        if environ["REQUEST_METHOD"] == "HEAD" or self.status_code in {204, 304}:
            return []
        return self.response if isinstance(self.response, list) else super().get_app_iter(environ)


def make_whole(body: bytes, mime_type: str, *, status: int = 200) -> WholeResponse:
    """An answer with exactly this body; to HEAD with its headers and length alone (rules F1, M1)."""
    response = WholeResponse([body], status, content_type=mime_type)
    response.headers["Content-Length"] = str(len(body))
    return response


def make_empty(status: int, mime_type: str) -> WholeResponse:
    """An answer without a body: 204, 304."""
    return WholeResponse([], status, content_type=mime_type)


def make_response(answer: Answer) -> Response:
    """An answer that was found without the framework, as the framework takes it."""
    is_whole = isinstance(answer.body, list)
    response: Response = WholeResponse(answer.body, answer.status) if is_whole else Response(answer.body, answer.status)
    response.direct_passthrough = not is_whole
    del response.headers["Content-Type"]
    response.headers.update(answer.headers)
    return response


def make_options(methods: Iterable[str] = FEED_METHODS) -> WholeResponse:
    """The answer to OPTIONS (rule F1)."""
    response = WholeResponse([], 204)
    response.headers["Allow"] = ", ".join(methods)
    return response


def takes_gzip(accept_encoding: str) -> bool:
    """Whether a header takes gzip: named, or "*", with a weight above zero (rule F6)."""
    weights: dict[str, float] = {}
    for part in accept_encoding.split(","):
        found = _CODING.fullmatch(part)
        if found is not None:
            weights.setdefault(found[1].lower().removeprefix("x-"), float(found[2] or 1))
    return weights.get("gzip", weights.get("*", 0.0)) > 0


def open_to_all(response: Response) -> None:
    """Lets pages of other hosts read it: public feed, audio, chapters, transcripts, artwork (rule F9)."""
    response.headers.update(OPEN_TO_ALL)


def write_caching(whose: str, most_seconds: int, access: Access, at: datetime) -> str:
    """How long "public" or "private" caches may keep what belongs to an episode: never past its end (rule T-A11)."""
    end = find_end(access, at)
    seconds = most_seconds if end is None else min(most_seconds, int((end - at).total_seconds()))
    return f"{whose}, max-age={seconds}"


def keep_private(response: Response) -> Response:
    """What every answer below ``/private/`` says, refusals too (rule F8)."""
    if request.path.startswith("/private/"):
        response.headers.update(PERSONAL)
    return response
