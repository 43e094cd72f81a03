"""Giving money: how much, once or each month, a word to the host, and on to payment. No account is needed."""

from flask import Blueprint, Response, make_response, request

from podcastsvc.billing import orders
from podcastsvc.billing.checkout import BuyRequest
from podcastsvc.billing.fulfil import Fulfilled
from podcastsvc.billing.kinds import donation_offers, donations
from podcastsvc.billing.kinds.donation_offers import DonationOffer
from podcastsvc.billing.plans import list_titles
from podcastsvc.errors import Invalid
from podcastsvc.kit.money import Money
from podcastsvc.web.context import language, services
from podcastsvc.web.offers.buying import find_buyer_id, go_to_payment, keep_private, say_came_back, spend_tries
from podcastsvc.web.offers.order_cookie import forget_order_cookie, read_order_cookie
from podcastsvc.web.pages import gettext, render

blueprint = Blueprint("support", __name__)

_FIELDS = ("amount", "own", "interval", "name", "message")


blueprint.before_request(keep_private("back"))


@blueprint.get("/support")
def page() -> str:
    """The form; with what was chosen before, for somebody who comes back without having paid."""
    offer = _find_open_offer()
    if offer is None:
        return render("support/not_open.html")
    with services().db.reading() as session:
        earlier = donations.find_open(session, services().keys, read_order_cookie())
    if earlier is None or not request.args.get("back"):
        return _show(offer, {})
    money = Money(earlier.amount_minor, earlier.currency)
    is_suggested = money.amount_minor in offer.amounts and money.currency == offer.currency
    return _show(
        offer,
        {
            "amount": str(money.amount_minor) if is_suggested else donation_offers.OTHER,
            "own": "" if is_suggested else f"{money.decimal:f}",
            "interval": earlier.interval,
            "name": earlier.details.get("name", ""),
            "message": earlier.details.get("message", ""),
        },
        order_id=earlier.id,
    )


@blueprint.post("/support")
def page_post() -> str | Response:
    """Opens the checkout for a donation and sends the giver there."""
    values = {name: request.form.get(name, "") for name in _FIELDS}
    order_id = orders.read_order_id(request.form.get("order", ""))
    offer = _find_open_offer()
    if offer is None:
        return make_response(render("support/not_open.html"), 409)
    try:
        wish = donation_offers.read_wish(offer, values)
    except Invalid as problem:
        errors = {name: gettext(said) for name, said in problem.fields.items()}
        return make_response(_show(offer, values, order_id=order_id, errors=errors), 422)
    spend_tries()
    wanted = BuyRequest(
        order_id=order_id,
        price_id=None,
        language=language(),
        cancel_path="/support?back=1",
        member_id=find_buyer_id(),
        kind="donation",
        money=wish.money,
        interval=wish.interval,
        details=donation_offers.write_details(wish, offer, is_member=find_buyer_id() is not None),
    )
    return go_to_payment(wanted, lambda words, order: _show(offer, values, order_id=order, problem=words))


def show_paid(_done: Fulfilled, _checkout_id: str) -> Response:
    """Thanks, and nothing personal."""
    response = make_response(render("support/paid.html"))
    forget_order_cookie(response)
    return response


def _find_open_offer() -> DonationOffer | None:
    """What can be given now; None while the host takes nothing, or payments are off."""
    if services().find_gateway() is None:
        return None
    with services().db.reading() as session:
        offer = donation_offers.find_offer(session)
    return offer if offer.is_open else None


def _show(
    offer: DonationOffer,
    values: dict[str, str],
    *,
    order_id: str = "",
    errors: dict[str, str] | None = None,
    problem: str = "",
) -> str:
    gives_plan = ""
    if offer.plan and offer.has_monthly:
        with services().db.reading() as session:
            gives_plan = list_titles(session, language()).get(offer.plan, "")
    middle = offer.amounts[len(offer.amounts) // 2]
    empty = dict.fromkeys(_FIELDS, "") | {"amount": str(middle), "interval": "once"}
    return render(
        "support/page.html",
        offer=offer,
        amounts=[(str(minor), Money(minor, offer.currency)) for minor in offer.amounts],
        least=Money(offer.least_minor, offer.currency),
        most=Money(offer.most_minor, offer.currency),
        values=empty | {name: value for name, value in values.items() if value},
        order_id=order_id or orders.make_order_id(),
        came_back=say_came_back(request.args.get("back", "")),
        errors=errors or {},
        problem=problem,
        gives_plan=gives_plan,
        plan_from=Money(offer.plan_minor, offer.currency),
        name_chars=donation_offers.LONGEST_NAME_CHARS,
        message_chars=donation_offers.LONGEST_MESSAGE_CHARS,
    )
