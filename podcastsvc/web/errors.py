"""The one table from a kind of failure to status, page and log level, and the answers to failures."""

import logging
import secrets
from dataclasses import dataclass
from typing import Any

from flask import Flask, Response, g, make_response, request
from markupsafe import escape
from werkzeug.exceptions import HTTPException, RequestEntityTooLarge

from podcastsvc.errors import Conflict, Failure, Invalid, Misconfigured, NotAllowed, NotFound, TooMany, Unavailable
from podcastsvc.kit import language as languages
from podcastsvc.kit.language import N_, format_time
from podcastsvc.web.context import language, now
from podcastsvc.web.guards.machines import is_for_machines
from podcastsvc.web.guards.moved import find_moved
from podcastsvc.web.guards.old_addresses import find_list
from podcastsvc.web.pages import gettext, render, zone_of_show
from podcastsvc.web.site.cards import list_latest
from podcastsvc.web.site.viewing import get_viewing

log = logging.getLogger(__name__)

_LATEST = 3


@dataclass(frozen=True, slots=True)
class Answer:
    """How one kind of failure is answered."""

    status: int
    level: int


ANSWERS: dict[type[Failure], Answer] = {
    NotFound: Answer(404, logging.INFO),
    NotAllowed: Answer(403, logging.INFO),
    Conflict: Answer(409, logging.INFO),
    Invalid: Answer(422, logging.INFO),
    Unavailable: Answer(503, logging.WARNING),
    Misconfigured: Answer(500, logging.ERROR),
    # Not a kind of its own: a refusal that passes by itself.
    TooMany: Answer(429, logging.INFO),
}


def register(app: Flask) -> None:
    """Sets the answers to all failures of an application."""
    app.register_error_handler(Failure, answer_failure)
    app.register_error_handler(HTTPException, answer_http)
    app.register_error_handler(Exception, answer_bug)


def find_answer(failure: Failure) -> Answer:
    """The row of the table for a failure's kind or the nearest kind above it."""
    for kind in type(failure).__mro__:
        if kind in ANSWERS:
            return ANSWERS[kind]
    return Answer(500, logging.ERROR)


def answer_failure(failure: Failure) -> Response:
    """The page (or, for machines, the line) that says what a room said."""
    answer = find_answer(failure)
    if answer.status == 404 and (moved := _find_moved()) is not None:
        return moved
    log.log(answer.level, "request refused", extra={"kind": type(failure).__name__, "status": answer.status})
    until = failure.until if isinstance(failure, TooMany) else None
    response = make_error_response(answer.status, failure.message, until=until)
    if isinstance(failure, Unavailable):
        response.headers["Retry-After"] = str(failure.retry_after_seconds)
    elif isinstance(failure, TooMany):
        # Longer waits than this make one app sleep in its update loop (rule F11).
        seconds = (failure.until - now()).total_seconds()
        response.headers["Retry-After"] = str(max(1, min(30, int(seconds))))
    return response


def answer_http(problem: HTTPException) -> Response:
    """Flask's own refusals (404, 405, 413 …) in our looks; redirects pass as they are."""
    if problem.response is not None or problem.code is None or problem.code < 400:
        return make_response(problem.get_response())
    if problem.code == 404 and (moved := _find_moved()) is not None:
        return moved
    message = ""
    if isinstance(problem, RequestEntityTooLarge):
        message = N_("What you sent is larger than this form takes.")
    response = make_error_response(problem.code, message)
    for name, value in problem.get_headers():
        if name in {"Allow", "Retry-After"}:
            response.headers[name] = value
    return response


def _find_moved() -> Response | None:
    """Where the host sends those who ask for what is not here."""
    try:
        moved = find_moved() or find_list()
    except Unavailable as failure:
        return answer_failure(failure)
    return None if moved is None else make_response(moved)


def answer_bug(problem: Exception) -> Response:
    """Everything nobody expected: logged with a reference that the page shows."""
    reference = secrets.token_hex(4)
    log.error("request failed", exc_info=problem, extra={"reference": reference})
    try:
        return make_error_response(500, "", reference=reference)
    except Exception:
        # What broke the page may be what every page needs, this one too.
        log.exception("an error page failed", extra={"reference": reference})
        return _answer_plainly(reference)


def _answer_plainly(reference: str) -> Response:
    """The page of a mistake of ours, made of nothing that could be broken too."""
    code = g.get("language", "en")
    say = languages.gettext(code).gettext
    response = make_response(
        PLAIN_PAGE.format(
            language=code,
            title=escape(say(OUR_FAULT)),
            message=escape(say(TELL_US) % {"reference": reference}),
            again=escape(say(TRY_AGAIN)),
        ),
        500,
    )
    response.headers["Cache-Control"] = "no-store"
    return response


def make_error_response(status: int, message: str, **values: Any) -> Response:
    """A page for people; one short plain line where the address is for machines (rule S5)."""
    if wants_line():
        response = make_response(f"{gettext(message or DEFAULT_LINES.get(status, DEFAULT_LINE))}\n", status)
        response.mimetype = "text/plain"
    else:
        response = make_response(_write_page(status, message, values), status)
    response.headers["Cache-Control"] = "no-store"
    return response


def _write_page(status: int, message: str, values: dict[str, Any]) -> str:
    if status != 503:
        try:
            return render(
                "errors/page.html", status=status, message=message and gettext(message), **_fill(status, values)
            )
        except Unavailable:
            log.warning("an error page was made without the database")
    return write_plain_page(message or DEFAULT_LINES[503], language())


def write_plain_page(message: str, in_language: str) -> str:
    """The page for when nothing else can be relied on: it needs no database, no template and no request."""
    say = languages.gettext(in_language).gettext
    return PLAIN_PAGE.format(
        language=in_language,
        title=escape(say(BACK_SOON)),
        message=escape(say(message)),
        again=escape(say(TRY_AGAIN)),
    )


def _fill(status: int, values: dict[str, Any]) -> dict[str, Any]:
    """What the page shows besides: a time in words, and the latest episodes where something was looked for."""
    until = values.get("until")
    return {
        "reference": values.get("reference", ""),
        "until": None if until is None else format_time(until, language(), zone_of_show()),
        "zone": zone_of_show(),
        "latest": list_latest(_LATEST) if status in {404, 410} else [],
        "has_access": status == 403 and get_viewing().has_access,
    }


BACK_SOON, TRY_AGAIN = N_("Back in a moment"), N_("Try again")
OUR_FAULT = N_("Our fault, not yours")
TELL_US = N_("If it happens again, tell us this number: %(reference)s")
PLAIN_PAGE = """<!doctype html>
<html lang="{language}">
<head><meta charset="utf-8"><title>{title}</title><meta name="viewport" content="width=device-width">
<meta name="color-scheme" content="light dark"></head>
<body><main><h1>{title}</h1><p>{message}</p><p><a href="">{again}</a></p></main></body>
</html>
"""

DEFAULT_LINE = N_("This did not work.")
DEFAULT_LINES = {
    404: N_("There is nothing at this address."),
    405: N_("This address does not take that method."),
    410: N_("This is gone for good."),
    413: N_("Too large."),
    429: N_("Too many requests. Try again later."),
    500: N_("Our fault. Please try again."),
    503: N_("The site is busy. Please try again in a moment."),
}


def wants_line() -> bool:
    """Whether the answer goes to a machine: a podcast app, Stripe, or our own script that asked for JSON."""
    if g.get("is_for_machines") or request.headers.get("Accept") == "application/json":
        return True
    return is_for_machines(request.path)
