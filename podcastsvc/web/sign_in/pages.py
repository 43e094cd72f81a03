"""Signing in and out: by a code or link from a letter, or by password; the lost password; confirming an address."""

from flask import Blueprint, Response, g, make_response, request
from flask_login import current_user
from sqlalchemy.orm import Session

from podcastsvc.errors import Invalid, NotFound
from podcastsvc.kit.language import N_
from podcastsvc.kit.text import clean_line
from podcastsvc.mail.addresses import mask_address, read_address
from podcastsvc.mail.sender import Sender
from podcastsvc.members import codes, sessions
from podcastsvc.members import sign_in as entering_rules
from podcastsvc.members.codes import MOST_TRIES, Answer, Outcome, Purpose
from podcastsvc.members.sign_in import Entered
from podcastsvc.storage.tables.member import SignInCode
from podcastsvc.web.context import now, services
from podcastsvc.web.guards.headers import mark_personal
from podcastsvc.web.guards.strangers import check_guesses, note_guess
from podcastsvc.web.language import make_path
from podcastsvc.web.pages import gettext, render
from podcastsvc.web.sign_in import entering
from podcastsvc.web.sign_in.asking import forget_browser, read_browser, send_code
from podcastsvc.web.sign_in.entering import Confirmed, go_to
from podcastsvc.web.sign_in.gates import clear_session_cookie
from podcastsvc.web.sign_in.known import read_asker

blueprint = Blueprint("sign_in", __name__)

_LONGEST_TYPED_CHARS = 12
WRONG_CODE = N_("That code is not right. Check the latest e-mail, or send a new one.")
SPENT_CODE = N_("That code does not work any more. Send a new one.")
WRONG_PASSWORD = N_("That e-mail address and password do not belong together.")


@blueprint.before_request
def _keep_private() -> None:
    mark_personal()


@blueprint.get("/sign-in")
def page() -> str | Response:
    """Asks for the e-mail address."""
    if current_user.is_authenticated:
        return go_to(entering.write_target(current_user.member, entering.read_target()))
    return _show_page()


@blueprint.post("/sign-in")
def page_post() -> str | Response:
    """Sends a code. The answer is the same for known and unknown addresses (rule T-A6)."""
    return _ask(Purpose.SIGN_IN, "sign_in/page.html")


@blueprint.get("/sign-in/lost")
def lost() -> str:
    """Asks for the address whose password is lost."""
    return render("sign_in/lost.html", email="", errors={})


@blueprint.post("/sign-in/lost")
def lost_post() -> str | Response:
    """Sends a code that leads to the page for a new password."""
    return _ask(Purpose.PASSWORD, "sign_in/lost.html")


def _ask(purpose: Purpose, template: str) -> str | Response:
    typed = request.form.get("email", "")
    try:
        address = read_address(typed)
    except Invalid as problem:
        errors = {"email": gettext(problem.message)}
        values = {"target": entering.read_target()} if purpose is Purpose.SIGN_IN else {}
        return make_response(render(template, email=typed, errors=errors, **values), 422)
    return send_code(purpose, address, target=entering.read_target())


def _show_page() -> str:
    return render("sign_in/page.html", email="", errors={}, target=entering.read_target())


@blueprint.get("/sign-in/code")
def code() -> str | Response:
    """Where the code is typed, in the browser that asked for one."""
    row = _find_asked()
    return go_to(make_path("sign_in.page")) if row is None else _show_code(row)


@blueprint.post("/sign-in/code")
def code_post() -> str | Response:
    """Judges a typed code; the right one is used up."""
    browser = read_browser()
    if browser is None:
        return go_to(make_path("sign_in.page"))
    sender = services().make_sender()
    with services().db.transaction() as session:
        answer = codes.use_code(session, browser, request.form.get("code", ""), now())
        done = _carry_out(session, answer, sender)
    if done is not None:
        return _answer_done(done, answer)
    row = _find_asked()
    if row is None:
        return go_to(make_path("sign_in.page"))
    sentence = gettext(SPENT_CODE if answer.outcome is Outcome.SPENT or _is_over(row) else WRONG_CODE)
    typed = clean_line(request.form.get("code", ""), limit_chars=_LONGEST_TYPED_CHARS)
    return make_response(_show_code(row, typed=typed, errors={"code": sentence}), 422)


@blueprint.post("/sign-in/again")
def again() -> Response:
    """Sends a new code to the same address; the older ones are void."""
    row = _find_asked()
    if row is None:
        return go_to(make_path("sign_in.page"))
    purpose = Purpose(row.purpose)
    address = read_address(row.new_email or row.email_key)
    is_sign_up = row.new_email is not None and purpose is Purpose.SIGN_IN
    member_id = row.member_id if purpose is Purpose.EMAIL_CHANGE else None
    return send_code(purpose, address, signs_up=is_sign_up, member_id=member_id, target=entering.read_target())


def _find_asked() -> SignInCode | None:
    browser = read_browser()
    if browser is None:
        return None
    with services().db.reading() as session:
        return codes.find_asked(session, browser)


def _is_over(row: SignInCode) -> bool:
    return row.used_at is not None or row.code_expires_at <= now() or row.tries >= MOST_TRIES


def _show_code(row: SignInCode, *, typed: str = "", errors: dict[str, str] | None = None) -> str:
    return render(
        "sign_in/code.html",
        email=row.new_email or row.email_key,
        purpose=row.purpose,
        is_certain=row.new_email is not None,
        is_over=_is_over(row),
        typed=typed,
        target=entering.read_target(),
        errors=errors or {},
    )


@blueprint.get("/sign-in/link/<token>")
def link(token: str) -> str | Response:
    """The page of a letter's link: one button, so that mail scanners and previews do not use it up."""
    check_guesses()
    with services().db.reading() as session:
        found = codes.look_at_link(session, services().keys, token, read_browser(), now())
    if found is None:
        note_guess()
        return _answer_dead()
    return render("sign_in/link.html", token=token, found=found, masked=mask_address(found.email))


@blueprint.post("/sign-in/link/<token>")
def link_post(token: str) -> str | Response:
    """Uses the link up, in whatever browser its button was pressed."""
    check_guesses()
    sender = services().make_sender()
    with services().db.transaction() as session:
        answer = codes.use_link(session, token, now())
        done = _carry_out(session, answer, sender)
    if done is None:
        note_guess()
        return _answer_dead()
    return _answer_done(done, answer)


def _answer_dead() -> Response:
    # Whoever holds a wrong secret learns only that the link does not work.
    return make_response(render("sign_in/dead.html"), 404)


def _carry_out(session: Session, answer: Answer, sender: Sender) -> Entered | Confirmed | None:
    """What a right code or link leads to; None for every other one. Raises Conflict where an address is taken by now."""
    if answer.proof is None:
        return None
    if answer.proof.purpose is Purpose.EMAIL_CHANGE:
        return entering.change_email(session, answer.proof, sender)
    try:
        return entering.enter(session, answer.proof)
    except NotFound:
        return None


def _answer_done(done: Entered | Confirmed, answer: Answer) -> Response:
    if isinstance(done, Confirmed):
        return _answer_confirmed(done)
    is_lost = answer.proof is not None and answer.proof.purpose is Purpose.PASSWORD
    target = entering.write_target(done.member, entering.read_target())
    return entering.answer_entered(done, make_path("account.password") if is_lost else target)


def _answer_confirmed(done: Confirmed) -> Response:
    if done.secret is None:
        response = make_response(render("sign_in/confirmed.html", email=done.member.email))
    else:
        response = go_to(make_path("account.profile", done="email"))
        entering.give_cookie(response, done.member, done.secret)
    forget_browser(response)
    return response


@blueprint.get("/sign-in/password")
def password() -> str:
    """Asks for address and password."""
    return render("sign_in/password.html", email="", errors={}, target=entering.read_target())


@blueprint.post("/sign-in/password")
def password_post() -> str | Response:
    """Signs in by password; what does not fit is told in one way for all reasons."""
    typed, raw = request.form.get("email", ""), request.form.get("password", "")
    try:
        address = read_address(typed)
    except Invalid as problem:
        return _refuse_password(typed, {"email": gettext(problem.message)})
    entered = entering_rules.enter_with_password(
        services().db,
        address,
        raw,
        asker=read_asker(address),
        agent=request.headers.get("User-Agent", ""),
        now=now(),
    )
    if entered is None:
        return _refuse_password(typed, {"password": gettext(WRONG_PASSWORD)})
    with services().db.transaction() as session:
        entering.end_present(session)
    return entering.answer_entered(entered, entering.write_target(entered.member, entering.read_target()))


def _refuse_password(typed: str, errors: dict[str, str]) -> Response:
    page = render("sign_in/password.html", email=typed, errors=errors, target=entering.read_target())
    return make_response(page, 422)


@blueprint.post("/sign-out")
def out() -> Response:
    """Signs this browser out."""
    if current_user.is_authenticated:
        with services().db.transaction() as session:
            sessions.end_session(session, g.member_session.id_hash, member_id=current_user.id)
    response = go_to(make_path("site.home"))
    clear_session_cookie(response)
    return response
