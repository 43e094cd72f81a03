"""Accepting a gift: by its link or by typing its code, signed in or with an address."""

from dataclasses import dataclass

from flask import Blueprint, Response, make_response, request
from flask_login import current_user
from sqlalchemy.orm import Session

from podcastsvc.billing import plans
from podcastsvc.billing.kinds import gifts
from podcastsvc.billing.kinds.gift_codes import read_code
from podcastsvc.billing.kinds.gift_offers import write_length
from podcastsvc.errors import Invalid
from podcastsvc.kit.language import N_
from podcastsvc.mail.addresses import Address, mask_address, read_address
from podcastsvc.members import accounts, sessions
from podcastsvc.members.codes import Purpose
from podcastsvc.members.sign_in import Entered
from podcastsvc.storage.tables.offer import Gift
from podcastsvc.web.context import language, now, services
from podcastsvc.web.guards.cookies import forget_cookie, give_cookie, read_cookie
from podcastsvc.web.guards.headers import mark_personal
from podcastsvc.web.guards.strangers import check_guesses, note_guess
from podcastsvc.web.language import make_path
from podcastsvc.web.offers.buying import find_buyer_id
from podcastsvc.web.pages import gettext, render
from podcastsvc.web.sign_in import entering
from podcastsvc.web.sign_in.asking import send_code
from podcastsvc.web.sign_in.entering import GIFT_COOKIE, go_to

blueprint = Blueprint("redeem", __name__)

UNKNOWN_CODE = N_("That code is not right. Copy it from the e-mail or the card, all 28 letters and digits.")
_LONGEST_TYPED_CHARS = 100
# As long as the cookie of the code that signs in.
_COOKIE_SECONDS = 3600


@dataclass(frozen=True, slots=True)
class GiftPage:
    """A gift as the page shows it to whoever has its code; the recipient's address only masked.

    ``state``: paid, redeemed, refunded; running where it would be lost on the member who looks, mine where they
    accepted it before.
    """

    code: str
    state: str
    giver: str
    recipient: str
    plan: str
    length: str
    message: str
    masked: str
    gift: Gift


@blueprint.before_request
def _keep_private() -> None:
    mark_personal()


@blueprint.get("/gift/redeem")
def page() -> str | Response:
    """Asks for the code; goes on with the gift for whose sake somebody has just signed in."""
    waiting = read_code(read_cookie(GIFT_COOKIE) or "")
    if waiting is not None and current_user.is_authenticated:
        return _forget(go_to(make_path("redeem.code", code=waiting)))
    return render("redeem/page.html", typed="", errors={})


@blueprint.post("/gift/redeem")
def page_post() -> str | Response:
    """Looks a typed code up and goes on to its page; one that opens nothing counts as a guess."""
    check_guesses()
    typed = request.form.get("code", "")[:_LONGEST_TYPED_CHARS]
    with services().db.reading() as session:
        gift = gifts.find_by_code(session, typed)
    if gift is None:
        note_guess()
        errors = {"code": gettext(UNKNOWN_CODE)}
        return make_response(render("redeem/page.html", typed=typed, errors=errors), 422)
    return go_to(make_path("redeem.code", code=read_code(typed)))


@blueprint.get("/gift/redeem/<code>")
def code(code: str) -> str | Response:
    """What the gift is, with one button; nothing happens without it."""
    found = _look(code)
    return _answer_unknown() if found is None else _show(found)


@blueprint.post("/gift/redeem/<code>")
def code_post(code: str) -> str | Response:
    """Accepts the gift for the member who is signed in; else for an address, which may have to be proved first."""
    found = _look(code)
    if found is None:
        return _answer_unknown()
    if found.state != "paid":
        return _show(found, status=409)
    if current_user.is_authenticated:
        return _accept(found)
    typed = request.form.get("email") or found.gift.recipient_email or ""
    try:
        address = read_address(typed)
    except Invalid as problem:
        return _show(found, status=422, typed=typed, errors={"email": gettext(problem.message)})
    entered = _enter_new(found, address)
    if entered is not None:
        return entering.answer_entered(entered, make_path("welcome.page"), is_proved=False)
    response = send_code(Purpose.SIGN_IN, address, signs_up=True, target="redeem.page")
    give_cookie(response, GIFT_COOKIE, found.code, max_age_seconds=_COOKIE_SECONDS)
    return response


def _look(typed: str) -> GiftPage | None:
    """The gift that an address opens, as the person who looks sees it; None, and counted, where it opens nothing."""
    check_guesses()
    member_id = find_buyer_id()
    with services().db.reading() as session:
        gift = gifts.find_by_code(session, typed)
        found = _describe(session, gift, read_code(typed) or "", member_id) if gift is not None else None
    if found is None:
        note_guess()
    return found


def _describe(session: Session, gift: Gift, code: str, member_id: int | None) -> GiftPage:
    state = gift.state
    if member_id is not None and gift.state == "redeemed" and gift.redeemed_by == member_id:
        state = "mine"
    elif member_id is not None and gift.state == "paid" and gifts.has_more(session, member_id, gift.plan, now()):
        state = "running"
    titles = plans.list_titles(session, language())
    return GiftPage(
        code=code,
        state=state,
        giver=gift.buyer_name,
        recipient=gift.recipient_name,
        plan=titles.get(gift.plan, gift.plan),
        length=write_length(gift.months, language()),
        message=gift.message,
        masked=mask_address(gift.recipient_email) if gift.recipient_email is not None else "",
        gift=gift,
    )


def _accept(found: GiftPage) -> Response:
    with services().db.transaction() as session:
        done = gifts.redeem(session, found.code, current_user.id, now())
    if done.outcome == "taken":
        return _forget(go_to(make_path("welcome.page")))
    # Somebody was quicker, or the member has joined meanwhile: the page says what is true now.
    return go_to(make_path("redeem.code", code=found.code))


def _enter_new(found: GiftPage, address: Address) -> Entered | None:
    """Makes the recipient's account, accepts the gift and signs this browser in, where the address is new to us.

    Only for the address that the giver has paid to name, as for one that somebody joins with: so trying out addresses
    costs a gift each (rule T-A6). Nothing is proved by it, and whoever proves the address signs this browser out.
    """
    named = found.gift.recipient_email
    if named is None or read_address(named).email_key != address.email_key:
        return None
    with services().db.transaction() as session:
        # Held, so that nobody else takes it between the look and the account that is made for it.
        if accounts.find_by_email(session, address.email_key) or gifts.get_gift(session, found.gift.id).state != "paid":
            return None
        member = accounts.sign_up(session, services().keys, address, language=language(), now=now())
        gifts.redeem(session, found.code, member.id, now())
        agent = request.headers.get("User-Agent", "")
        return Entered(member, sessions.start_session(session, member, agent=agent, now=now(), is_proved=False))


def _show(found: GiftPage, *, status: int = 200, typed: str = "", errors: dict[str, str] | None = None) -> Response:
    return make_response(render("redeem/code.html", found=found, typed=typed, errors=errors or {}), status)


def _answer_unknown() -> Response:
    # Whoever holds a wrong secret learns only that the link does not work.
    return make_response(render("redeem/page.html", typed="", errors={"code": gettext(UNKNOWN_CODE)}), 404)


def _forget(response: Response) -> Response:
    if read_cookie(GIFT_COOKIE) is not None:
        forget_cookie(response, GIFT_COOKIE)
    return response
