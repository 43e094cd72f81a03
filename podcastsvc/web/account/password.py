"""Setting and removing the password, which nobody needs to have."""

import logging

from flask import Response, g, make_response, request
from flask_login import current_user

from podcastsvc.errors import Invalid
from podcastsvc.members import letters, passwords, sessions
from podcastsvc.web.account.blueprint import blueprint, get_self, go
from podcastsvc.web.account.proving import freshly_proved
from podcastsvc.web.context import services
from podcastsvc.web.pages import gettext, render
from podcastsvc.web.sign_in import entering
from podcastsvc.web.sign_in.gates import member_only
from podcastsvc.web.site.shows import main_show

log = logging.getLogger(__name__)


@blueprint.get("/password")
@member_only
@freshly_proved
def password() -> str:
    """Asks for a new password."""
    return _show({})


@blueprint.post("/password")
@member_only
@freshly_proved
def password_post() -> Response:
    """Sets the password; every other browser is signed out, and this one gets another secret."""
    raw = request.form.get("password", "")
    show = main_show()
    personal = (current_user.name, current_user.email, show.title if show is not None else "")
    try:
        passwords.check_password(raw, personal)
    except Invalid as problem:
        return make_response(_show({"password": gettext(problem.message)}), 422)
    # Outside of the transaction: some 26 ms in which nobody else could write.
    return _save(passwords.hash_password(raw), done="password")


@blueprint.post("/password/remove")
@member_only
@freshly_proved
def password_remove() -> Response:
    """Removes the password; a code from a letter signs in from now on."""
    return _save(None, done="no_password")


def _show(errors: dict[str, str]) -> str:
    return render("account/password.html", has_password=current_user.member.password_hash is not None, errors=errors)


def _save(hashed: str | None, *, done: str) -> Response:
    sender = services().make_sender()
    kept = g.member_session.id_hash
    with services().db.transaction() as session:
        member = get_self(session)
        passwords.save_password(session, member, hashed, but=kept)
        secret = sessions.renew_session(session, kept)
        letters.write_password_changed_letter(session, sender, member)
    log.info("password changed", extra={"member": member.id})
    response = go("profile", done=done)
    entering.give_cookie(response, member, secret)
    return response
