"""Giving a membership: the form, the way to payment, and the code for the giver who comes back."""

from dataclasses import dataclass
from datetime import date, timedelta

from flask import Blueprint, Response, make_response, request
from flask_login import current_user

from podcastsvc.billing import orders, plans
from podcastsvc.billing.checkout import BuyRequest
from podcastsvc.billing.fulfil import Fulfilled
from podcastsvc.billing.kinds import gifts
from podcastsvc.billing.kinds.gift_codes import show_code, write_code
from podcastsvc.billing.kinds.gift_offers import (
    FURTHEST,
    LONGEST_MESSAGE_CHARS,
    LONGEST_NAME_CHARS,
    GiftOffer,
    list_offers,
    read_wish,
    write_details,
    write_length,
)
from podcastsvc.errors import Invalid
from podcastsvc.web.context import language, now, services, settings
from podcastsvc.web.offers.buying import (
    find_buyer_id,
    go_to_payment,
    keep_private,
    read_buyer,
    say_came_back,
    say_tax,
    spend_tries,
)
from podcastsvc.web.offers.order_cookie import forget_order_cookie, read_order_cookie
from podcastsvc.web.pages import gettext, render, zone_of_show

blueprint = Blueprint("gift", __name__)

_FIELDS = ("length", "buyer_name", "email", "recipient_name", "recipient_email", "message", "deliver_on")


@dataclass(frozen=True, slots=True)
class LengthChoice:
    """One card; the names are those of the macro ``plan_radios``."""

    value: str
    title: str
    summary: str
    price: str
    interval: str


blueprint.before_request(keep_private("back"))


@blueprint.get("/gift")
def page() -> str:
    """The form; with what was chosen before, for a giver who comes back without having paid."""
    with services().db.reading() as session:
        earlier = gifts.find_open_wish(session, services().keys, read_order_cookie())
    if earlier is None or not request.args.get("back"):
        return _show({})
    wish = write_details(earlier.wish)
    values = {**wish, "length": f"{earlier.wish.plan}:{earlier.wish.months}", "email": earlier.email}
    return _show({name: values[name] or "" for name in _FIELDS}, order_id=earlier.order_id)


@blueprint.post("/gift")
def page_post() -> str | Response:
    """Opens the checkout for a gift and sends the giver there."""
    values = {name: request.form.get(name, "") for name in _FIELDS}
    order_id = orders.read_order_id(request.form.get("order", ""))
    errors: dict[str, str] = {}
    offers = _list_offers()
    address = read_buyer(values["email"], errors)
    try:
        wish, offer = read_wish(offers, values, _find_today())
    except Invalid as problem:
        found = {name: gettext(said) for name, said in problem.fields.items()} | errors
        errors = {name: found[name] for name in _FIELDS if name in found}
    if errors:
        return make_response(_show(values, order_id=order_id, errors=errors), 422)
    spend_tries()
    wanted = BuyRequest(
        order_id=order_id,
        price_id=None,
        language=language(),
        cancel_path="/gift?back=1",
        member_id=find_buyer_id(),
        address=address,
        kind="gift",
        money=offer.money,
        details=write_details(wish),
    )
    return go_to_payment(wanted, lambda words, order: _show(values, order_id=order, problem=words))


def show_bought(_done: Fulfilled, checkout_id: str) -> Response:
    """Thanks the giver. The browser that paid sees the code, once; everybody else only that it was paid."""
    with services().db.transaction() as session:
        gift = gifts.claim_shown(session, services().keys, read_order_cookie(), checkout_id, now())
    code = show_code(services().keys, gift) if gift is not None else None
    written = write_code(code) if code is not None else ""
    response = make_response(render("gift/bought.html", gift=gift, code=code, written=written))
    if gift is not None:
        forget_order_cookie(response)
    return response


def _show(
    values: dict[str, str], *, order_id: str = "", errors: dict[str, str] | None = None, problem: str = ""
) -> str:
    offers = _list_offers()
    if not offers:
        return render("gift/not_open.html")
    empty = dict.fromkeys(_FIELDS, "") | {"length": offers[0].value}
    if current_user.is_authenticated:
        empty["buyer_name"] = current_user.member.name
    today = _find_today()
    return render(
        "gift/page.html",
        choices=[_make_choice(offer, is_only=len({each.plan for each in offers}) == 1) for offer in offers],
        values=empty | values,
        order_id=order_id or orders.make_order_id(),
        came_back=say_came_back(request.args.get("back", "")),
        tax_note=say_tax(),
        errors=errors or {},
        problem=problem,
        first_day=(today + timedelta(days=1)).isoformat(),
        last_day=(today + FURTHEST).isoformat(),
        name_chars=LONGEST_NAME_CHARS,
        message_chars=LONGEST_MESSAGE_CHARS,
    )


def _make_choice(offer: GiftOffer, *, is_only: bool) -> LengthChoice:
    length = write_length(offer.months, language())
    title = length if is_only else gettext("%(plan)s, %(length)s") % {"plan": offer.title, "length": length}
    return LengthChoice(offer.value, title, "", offer.money.format(language()), gettext("once"))


def _list_offers() -> list[GiftOffer]:
    """What can be given now; nothing while payments are off."""
    if settings().mode_of_payments == "off":
        return []
    with services().db.reading() as session:
        return list_offers(plans.list_plans(session, language()))


def _find_today() -> date:
    return gifts.find_today(zone_of_show(), now())
