"""The person: name, language, e-mail address, and where they are signed in."""

import logging

from flask import Response, abort, g, make_response, request
from flask_login import current_user

from podcastsvc.errors import Invalid
from podcastsvc.kit.language import N_
from podcastsvc.mail.addresses import read_address
from podcastsvc.members import accounts, sessions
from podcastsvc.members.codes import Purpose
from podcastsvc.web.account.blueprint import blueprint, get_self, go
from podcastsvc.web.account.page import find_done
from podcastsvc.web.account.proving import freshly_proved
from podcastsvc.web.context import now, services, settings
from podcastsvc.web.language import make_path
from podcastsvc.web.pages import gettext, render
from podcastsvc.web.sign_in.asking import send_code
from podcastsvc.web.sign_in.entering import go_to
from podcastsvc.web.sign_in.gates import clear_session_cookie, member_only

log = logging.getLogger(__name__)

DONE = {
    "saved": (N_("Saved."), ""),
    "email": (
        N_("Your new address is confirmed."),
        N_("We told the earlier one, and every other browser is signed out."),
    ),
    "password": (N_("Your password is set."), N_("Every other browser is signed out.")),
    "no_password": (N_("Your password is removed."), N_("Sign in with a code from now on.")),
    "ended": (N_("That browser is signed out."), ""),
}
SAME_ADDRESS = N_("That is your address already.")


@blueprint.get("/profile")
@member_only
def profile() -> str:
    """Everything about the person, and the browsers that are signed in."""
    with services().db.reading() as session:
        member = get_self(session)
        rows = sessions.list_sessions(session, member, now())
    return render(
        "account/profile.html",
        member=member,
        signed_in=[(row, sessions.name_browser(row.agent), row.id_hash == g.member_session.id_hash) for row in rows],
        done=find_done(DONE),
    )


@blueprint.post("/profile")
@member_only
def save_profile() -> Response:
    """Saves name and language; the page comes back in the language chosen."""
    chosen = request.form.get("language", "")
    if chosen not in settings().languages:
        chosen = current_user.member.language
    with services().db.transaction() as session:
        member = get_self(session)
        accounts.rename(session, member, request.form.get("name", ""))
        accounts.change_language(session, member, chosen)
    return go_to(make_path("account.profile", in_language=chosen, done="saved"))


@blueprint.get("/email")
@member_only
@freshly_proved
def email() -> str:
    """Asks for another address."""
    return render("account/email.html", email="", errors={})


@blueprint.post("/email")
@member_only
@freshly_proved
def email_post() -> Response:
    """Sends a code to the new address; the change happens when it is used."""
    typed = request.form.get("email", "")
    try:
        address = read_address(typed)
        if address.email_key == current_user.member.email_key:
            raise Invalid(SAME_ADDRESS)
    except Invalid as problem:
        page = render("account/email.html", email=typed, errors={"email": gettext(problem.message)})
        return make_response(page, 422)
    return send_code(Purpose.EMAIL_CHANGE, address, member_id=current_user.id, target="account.profile")


@blueprint.post("/sessions/<mark>/end")
@member_only
def end_session(mark: str) -> Response:
    """Signs one browser out. ``mark`` is the beginning of its row's id, which is no secret."""
    with services().db.transaction() as session:
        rows = sessions.list_sessions(session, get_self(session), now())
        row = next((each for each in rows if each.id_hash[:16] == mark), None)
        if row is None:
            abort(404)
        sessions.end_session(session, row.id_hash, member_id=current_user.id)
    return go("profile", done="ended")


@blueprint.post("/sessions/end")
@member_only
def end_sessions() -> Response:
    """Signs the member out everywhere, this browser too."""
    with services().db.transaction() as session:
        sessions.end_sessions(session, current_user.id)
    log.info("signed out everywhere", extra={"member": current_user.id})
    response = go_to(make_path("sign_in.page"))
    clear_session_cookie(response)
    return response
