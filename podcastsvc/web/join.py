"""Becoming a member: the plans, one address, and on to payment; or an account without paying."""

from typing import Any

from flask import Blueprint, Response, make_response, request
from flask_login import current_user
from itsdangerous import BadData, URLSafeTimedSerializer

from podcastsvc.billing import orders
from podcastsvc.billing.checkout import BuyRequest, CouponRefused
from podcastsvc.billing.plans import PriceView, check_seats
from podcastsvc.errors import Invalid
from podcastsvc.kit.language import N_
from podcastsvc.kit.money import Money
from podcastsvc.kit.text import clean_line
from podcastsvc.mail.addresses import Address, read_address
from podcastsvc.members import attempts
from podcastsvc.members.codes import Purpose
from podcastsvc.members.entitlements import Standing
from podcastsvc.web.context import language, now, services
from podcastsvc.web.language import make_path
from podcastsvc.web.offers.buying import (
    find_buyer_id,
    go_to_payment,
    keep_private,
    read_buyer,
    say_came_back,
    say_tax,
    spend_tries,
)
from podcastsvc.web.offers.join_offer import read_chosen_amount, read_offer, settle_terms
from podcastsvc.web.offers.order_cookie import read_order_cookie
from podcastsvc.web.offers.plan_choices import choose
from podcastsvc.web.pages import gettext, render
from podcastsvc.web.sign_in.asking import send_code
from podcastsvc.web.sign_in.entering import go_to
from podcastsvc.web.site.viewing import get_viewing

blueprint = Blueprint("join", __name__)

FREE = "free"
_MARK_SECONDS = 600
CHOOSE_PLAN = N_("Choose a plan.")
# Whose membership runs already: a second one beside it would charge twice.
_MEMBERS = frozenset(
    {Standing.ACTIVE, Standing.HELD, Standing.TRIAL, Standing.PAST_DUE, Standing.ENDING, Standing.COMP, Standing.SEAT}
)
_LONGEST_CODE_CHARS = 100


blueprint.before_request(keep_private("back", "coupon"))


@blueprint.get("/join")
@blueprint.get("/join/<plan>")
def page(plan: str = "") -> str | Response:
    """The plans; ``plan`` names the one that is chosen: an interval, a plan's key, or a price."""
    if plan == FREE:
        return go_to(make_path("account.page")) if current_user.is_authenticated else _show_free()
    viewing = get_viewing()
    is_owned = viewing.standing is Standing.BOUGHT and viewing.until is None
    if (viewing.standing in _MEMBERS or is_owned) and not viewing.is_host:
        return render("join/member.html")
    return _show_page(plan or request.args.get("plan", ""), code=request.args.get("coupon", "")[:_LONGEST_CODE_CHARS])


def _show_page(plan: str = "", *, email: str | None = None, order_id: str = "", code: str = "", **values: Any) -> str:
    offer = read_offer(code)
    if not offer.choices:
        return _show_free(email or "", values.get("errors"), is_opening=True)
    with services().db.reading() as session:
        wish = orders.find_wish(session, services().keys, read_order_cookie())
    if wish is not None and request.args.get("back"):
        plan, email, order_id = plan or str(wish.price_id), email or wish.email, order_id or wish.order_id
        values.setdefault("seats", wish.seats)
    return render(
        "join/page.html",
        offer=offer,
        chosen=choose(offer.choices, plan),
        bought_until=get_viewing().until if get_viewing().standing is Standing.BOUGHT else None,
        email=email or "",
        order_id=order_id or orders.make_order_id(),
        came_back=say_came_back(request.args.get("back", "")),
        tax_note=say_tax(),
        **{"errors": {}, "problem": "", "typed": {}, "seats": 1, **values},
    )


def _show_free(email: str = "", errors: dict[str, str] | None = None, *, is_opening: bool = False) -> str:
    return render("join/free.html", email=email, errors=errors or {}, is_opening=is_opening)


@blueprint.post("/join/free")
def free() -> str | Response:
    """Sends a code to the address; its use makes the account. Known addresses are told the same (rule T-A6)."""
    typed = request.form.get("email", "")
    try:
        address = read_address(typed)
    except Invalid as problem:
        return make_response(
            _show_free(typed, {"email": gettext(problem.message)}, is_opening=not read_offer().choices), 422
        )
    if not _is_certain(address):
        return render("join/certain.html", email=address.email, mark=_make_mark(address))
    return send_code(Purpose.SIGN_IN, address, signs_up=True, target="welcome.page")


def _is_certain(address: Address) -> bool:
    """Whether the address may have its code at once: up to 100 sign-ups an hour, then after one more press (rule 10).

    So a flood of forms, each with another stranger's address, sends no letters.
    """
    with services().db.reading() as session:
        is_flood = attempts.is_used_up(session, attempts.SIGN_UPS_OF_SITE, "", now())
    if not is_flood:
        return True
    try:
        marked = _serializer().loads(request.form.get("certain", ""), max_age=_MARK_SECONDS)
    except BadData:
        return False
    return bool(marked == address.email_key)


def _make_mark(address: Address) -> str:
    return _serializer().dumps(address.email_key)


def _serializer() -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(services().keys.sign_with("sign-up"), salt="certain")


@blueprint.post("/join")
def page_post() -> str | Response:
    """Opens the checkout for a price and sends the visitor there."""
    plan, typed = request.form.get("plan", ""), request.form.get("email", "")
    order_id = orders.read_order_id(request.form.get("order", ""))
    code = request.form.get("coupon", "")[:_LONGEST_CODE_CHARS]
    kept: dict[str, Any] = {"email": typed, "code": code, "typed": request.form}
    offer = read_offer(code)
    errors: dict[str, str] = {}
    price = offer.prices.get(plan)
    if price is None:
        errors["plan"] = gettext(CHOOSE_PLAN)
    money = _read_amount(price, errors) if price is not None else None
    seats = _read_seats(price, errors) if price is not None else 1
    address = read_buyer(typed, errors)
    if price is None or errors:
        return make_response(_show_page(plan, order_id=order_id, errors=errors, **kept), 422)
    if code and offer.coupon is None:
        # What was shown is not what would be charged, so it is shown anew before anything is paid.
        return make_response(_show_page(plan, order_id=order_id, **kept), 409)
    spend_tries()
    terms = settle_terms(price, offer.coupon, address)
    wanted = BuyRequest(
        order_id=order_id,
        price_id=price.id,
        language=language(),
        cancel_path=f"/join?back=1&coupon={offer.coupon.code}" if offer.coupon is not None else "/join?back=1",
        member_id=find_buyer_id(),
        address=address,
        money=money,
        quantity=seats,
        coupon_id=terms.coupon_id,
        trial_days=terms.trial_days,
        free_until=terms.free_until,
    )
    try:
        return go_to_payment(wanted, lambda words, order: _show_page(plan, order_id=order, problem=words, **kept))
    except CouponRefused as refusal:
        return make_response(_show_page(plan, problem=gettext(refusal.message), **{**kept, "code": ""}), 409)


def _read_seats(price: PriceView, errors: dict[str, str]) -> int:
    """For how many people; 1 where the form says nothing."""
    typed = clean_line(request.form.get("seats", ""), limit_chars=10) or "1"
    try:
        seats = int(typed) if typed.isascii() and typed.isdigit() else 0
        check_seats(price, seats)
    except Invalid as problem:
        errors["seats"] = gettext(problem.message)
        return 1
    return seats


def _read_amount(price: PriceView, errors: dict[str, str]) -> Money | None:
    """The buyer's own amount, where the price leaves it to them."""
    name = f"amount_{price.id}"
    try:
        return read_chosen_amount(price, request.form.get(name, ""))
    except Invalid as problem:
        errors[name] = gettext(problem.message)
        return None
