"""No more reminders: the page behind a letter's link, which needs no sign-in, and the choice on the account page."""

import logging

from flask import Blueprint, Response, make_response, request
from flask_login import current_user

from podcastsvc.errors import NotFound
from podcastsvc.members import reminders
from podcastsvc.web.account.blueprint import blueprint as account
from podcastsvc.web.account.blueprint import go
from podcastsvc.web.context import now, services
from podcastsvc.web.guards.csrf import signs_itself
from podcastsvc.web.guards.headers import mark_personal
from podcastsvc.web.guards.strangers import check_guesses, note_guess
from podcastsvc.web.pages import render
from podcastsvc.web.sign_in.gates import member_only

log = logging.getLogger(__name__)

blueprint = Blueprint("reminders", __name__)


@blueprint.get("/reminders/<token>")
def page(token: str) -> str | Response:
    """Asks, since programs that look through mailboxes open links too."""
    if _read(token) is None:
        return _answer_over()
    return render("account/reminders.html", token=token, is_done=False)


@blueprint.post("/reminders/<token>")
@signs_itself
def stop(token: str) -> str | Response:
    """Sends no more. Mailboxes come here by themselves when their own button is pressed (RFC 8058)."""
    member_id = _read(token)
    if member_id is None:
        return _answer_over()
    with services().db.transaction() as session:
        reminders.want(session, member_id, now(), are_wanted=False)
    log.info("no more reminders", extra={"member": member_id})
    return render("account/reminders.html", token=token, is_done=True)


@account.post("/emails")
@member_only
def save_emails() -> Response:
    """Which e-mails the signed-in member gets."""
    with services().db.transaction() as session:
        reminders.want(session, current_user.id, now(), are_wanted=bool(request.form.get("reminders")))
    return go("page", done="emails")


def _read(token: str) -> int | None:
    mark_personal()
    check_guesses()
    try:
        return reminders.read_stop_token(services().keys, token)
    except NotFound:
        note_guess()
        return None


def _answer_over() -> Response:
    return make_response(render("account/reminders_over.html"), 404)
