"""Writing to the host: the host's own words if there are any, a form, and thanks. No account, no puzzle."""

import logging
from datetime import datetime, timedelta

from flask import Blueprint, make_response, request
from flask_login import current_user
from itsdangerous import BadSignature, URLSafeSerializer
from markupsafe import Markup
from werkzeug.wrappers import Response

from podcastsvc.content import contact
from podcastsvc.content.kinds import page as page_kind
from podcastsvc.errors import Failure, Invalid, TooMany
from podcastsvc.kit.clock import from_timestamp
from podcastsvc.kit.language import format_time
from podcastsvc.kit.secrets import make_token
from podcastsvc.web.context import client_network, language, now, services
from podcastsvc.web.errors import find_answer
from podcastsvc.web.language import make_path
from podcastsvc.web.offers.buying import keep_private
from podcastsvc.web.pages import gettext, render, zone_of_show
from podcastsvc.web.sign_in.entering import go_to
from podcastsvc.web.site.head import make_head
from podcastsvc.web.site.shows import main_show
from podcastsvc.web.site.viewing import get_viewing
from podcastsvc.web.texts.view import TextView, find_shown, make_view

log = logging.getLogger(__name__)
blueprint = Blueprint("contact", __name__)

KEY_PURPOSE = "contact form"
LEAST = timedelta(seconds=3)
"""How long a person needs at least; programs are quicker."""
_FIELDS = ("name", "email", "subject", "message", "website")

blueprint.before_request(keep_private())


@blueprint.get("/contact/")
def page() -> str:
    """The form, which knows who is signed in."""
    known = (
        {"name": current_user.member.name or "", "email": current_user.member.email or ""}
        if (current_user.is_authenticated)
        else {}
    )
    return _show(known, {}, once=make_token())


@blueprint.post("/contact/")
def page_post() -> str | Response:
    """Writes the letter; with a mistake, or past a limit, the form comes back with all that was typed."""
    values = {name: request.form.get(name, "") for name in _FIELDS}
    once = request.form.get("once", "")[:80] or make_token()
    errors: dict[str, str] = {}
    message = None
    try:
        message = contact.read_message(values)
    except Invalid as refusal:
        errors |= {name: gettext(said) for name, said in refusal.fields.items()}
    if values["website"]:
        errors["website"] = gettext("This field stays empty. Empty it, then send your message.")
    elif not errors and not _took_time():
        errors["message"] = gettext("That was very quick. Look it over, then send it again.")
    if errors or message is None:
        return make_response(_show(values, errors, once=once), 422)
    sender = services().make_sender()
    try:
        with services().db.transaction() as session:
            contact.send(session, sender, message, once=once, network=client_network(), now=now())
    except TooMany as refusal:
        until = format_time(refusal.until, language(), zone_of_show())
        words = gettext("That is a lot of messages. Wait until %(time)s (%(zone)s), then send this one.")
        errors["message"] = words % {"time": until, "zone": zone_of_show()}
        return make_response(_show(values, errors, once=once), 429)
    except Failure as failure:
        page = _show(values, {"message": gettext(failure.message)}, once=once)
        return make_response(page, find_answer(failure).status)
    log.info("message to the host written")
    return go_to(make_path("contact.sent"))


@blueprint.get("/contact/sent")
def sent() -> str:
    """Says that the message is on its way."""
    return render("contact/sent.html")


def _took_time() -> bool:
    """Whether the form was open as long as a person needs; for how long at most, its token says."""
    begun = _read_begun()
    return begun is not None and now() - begun >= LEAST


def _write_begun() -> str:
    """The instant at which the form was first shown; a form that comes back keeps it."""
    if _read_begun() is not None:
        return request.form["begun"]
    return str(_get_serializer().dumps(int(now().timestamp())))


def _read_begun() -> datetime | None:
    try:
        return from_timestamp(int(_get_serializer().loads(request.form.get("begun", ""))))
    except (BadSignature, ValueError, TypeError):
        return None


def _get_serializer() -> URLSafeSerializer:
    return URLSafeSerializer(services().keys.sign_with(KEY_PURPOSE), salt="begun")


def _find_text() -> TextView | None:
    """The host's own page of that name, where it is there for who looks."""
    viewing = get_viewing()
    with services().db.reading() as session:
        found = find_shown(session, page_kind.KIND.name, "contact", is_strict=False)
    return make_view(*found, viewing) if found is not None else None


def _show(values: dict[str, str], errors: dict[str, str], *, once: str) -> str:
    show, text = main_show(), _find_text()
    title = text.title if text is not None else gettext("Write to the host")
    description = (
        text.summary if text is not None else gettext("A question, a thought, a correction: it reaches the host.")
    )
    return render(
        "contact/page.html",
        page_title=title,
        head=make_head("contact.page", {}, show=show, title=title, description=description),
        text=text,
        body=text.body if text is not None else Markup(),
        description=description,
        values=dict.fromkeys(_FIELDS, "") | values,
        errors=errors,
        once=once,
        begun=_write_begun(),
        name_chars=contact.LONGEST_NAME_CHARS,
        subject_chars=contact.LONGEST_SUBJECT_CHARS,
        message_chars=contact.LONGEST_MESSAGE_CHARS,
    )
