"""Taking a seat in a group: by the link that its payer shared, signed in or with an address."""

from dataclasses import dataclass

from flask import Blueprint, Response, make_response, request
from flask_login import current_user

from podcastsvc.billing import plans
from podcastsvc.billing.groups import seating
from podcastsvc.errors import Invalid, NotFound
from podcastsvc.kit.language import N_
from podcastsvc.kit.secrets import read_token
from podcastsvc.mail.addresses import mask_address, read_address
from podcastsvc.members.codes import Purpose
from podcastsvc.web.context import language, now, services
from podcastsvc.web.guards.cookies import forget_cookie, give_cookie, read_cookie
from podcastsvc.web.guards.headers import mark_personal
from podcastsvc.web.guards.strangers import check_guesses, note_guess
from podcastsvc.web.language import make_path
from podcastsvc.web.offers.buying import find_buyer_id
from podcastsvc.web.pages import gettext, render
from podcastsvc.web.sign_in.asking import send_code
from podcastsvc.web.sign_in.entering import SEAT_COOKIE, go_to

blueprint = Blueprint("seat", __name__)

UNKNOWN_LINK = N_("This invitation does not work any more. Ask whoever sent it for a new link.")
# As long as the cookie of the code that signs in.
_COOKIE_SECONDS = 3600


@dataclass(frozen=True, slots=True)
class InvitationPage:
    """An invitation as the page shows it. ``payer`` is a name, or the masked address where there is none; ``state`` as in
    ``seating.Invitation``."""

    code: str
    state: seating.State
    payer: str
    plans: str


@blueprint.before_request
def _keep_private() -> None:
    mark_personal()


@blueprint.get("/group")
def page() -> Response:
    """Goes on with the seat for whose sake somebody has just signed in."""
    waiting = read_token(read_cookie(SEAT_COOKIE) or "")
    if waiting is None or not current_user.is_authenticated:
        return go_to(make_path("account.page"))
    return _forget(go_to(make_path("seat.code", code=waiting)))


@blueprint.get("/group/<code>")
def code(code: str) -> Response:
    """Who invites to what, with one button; nothing happens without it."""
    return _show(_look(code))


@blueprint.post("/group/<code>")
def code_post(code: str) -> Response:
    """Takes the seat for the member who is signed in; else sends a code to an address first."""
    found = _look(code)
    if found.state != "free":
        return _show(found, status=409)
    if current_user.is_authenticated:
        return _take(found)
    typed = request.form.get("email", "")
    try:
        address = read_address(typed)
    except Invalid as problem:
        return _show(found, status=422, typed=typed, errors={"email": gettext(problem.message)})
    response = send_code(Purpose.SIGN_IN, address, signs_up=True, target="seat.page")
    give_cookie(response, SEAT_COOKIE, found.code, max_age_seconds=_COOKIE_SECONDS)
    return response


def _look(typed: str) -> InvitationPage:
    """What a link opens, as the person who looks sees it. Raises NotFound, and counts it, where it opens nothing."""
    check_guesses()
    member_id = find_buyer_id()
    with services().db.reading() as session:
        found = seating.find_invitation(session, typed, member_id, now())
        titles = plans.list_titles(session, language()) if found is not None else {}
    if found is None:
        note_guess()
        raise NotFound(UNKNOWN_LINK)
    payer = found.payer.name or mask_address(found.payer.email or "")
    named = ", ".join(titles.get(plan, plan) for plan in sorted(found.plans))
    return InvitationPage(read_token(typed) or "", found.state, payer, named)


def _take(found: InvitationPage) -> Response:
    with services().db.transaction() as session:
        state = seating.take(session, found.code, current_user.id, now())
    # Somebody was quicker, or joined meanwhile: the page says what is true now.
    path = make_path("welcome.page") if state == "mine" else make_path("seat.code", code=found.code)
    return _forget(go_to(path))


def _show(
    found: InvitationPage, *, status: int = 200, typed: str = "", errors: dict[str, str] | None = None
) -> Response:
    return make_response(render("group/code.html", found=found, typed=typed, errors=errors or {}), status)


def _forget(response: Response) -> Response:
    if read_cookie(SEAT_COOKIE) is not None:
        forget_cookie(response, SEAT_COOKIE)
    return response
