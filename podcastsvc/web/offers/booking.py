"""Booking a consultation: how long, when, what about, and on to payment. No account is needed."""

from typing import Any

from flask import Blueprint, Response, make_response, request
from flask_login import current_user

from podcastsvc.billing import orders
from podcastsvc.billing.checkout import BuyRequest
from podcastsvc.billing.consulting import bookings, wishes
from podcastsvc.billing.consulting.offers import ConsultationOffer, find_offer
from podcastsvc.billing.consulting.wishes import ConsultationWish
from podcastsvc.billing.fulfil import Fulfilled
from podcastsvc.errors import Invalid
from podcastsvc.kit.language import format_instant
from podcastsvc.kit.money import Money
from podcastsvc.mail.addresses import Address
from podcastsvc.members import attempts
from podcastsvc.storage.tables.billing import Order
from podcastsvc.web.context import client_network, language, now, services, settings
from podcastsvc.web.guards.headers import mark_personal
from podcastsvc.web.language import make_path
from podcastsvc.web.offers.buying import (
    find_buyer_id,
    go_to_payment,
    read_buyer,
    say_came_back,
    say_tax,
    spend_tries,
)
from podcastsvc.web.offers.free_times import cut_times, find_free, read_day
from podcastsvc.web.offers.order_cookie import forget_order_cookie, read_order_cookie
from podcastsvc.web.pages import gettext, render, zone_of_show
from podcastsvc.web.sign_in.entering import go_to

blueprint = Blueprint("consultation", __name__)

_FIELDS = ("time", "name", "email", "question")


@blueprint.before_request
def _keep_fresh() -> None:
    # What is free changes with every minute.
    mark_personal()


@blueprint.get("/consultation")
def page() -> str | Response:
    """The lengths; the one that somebody came back for without having paid, and the only one, open at once."""
    offer = find_open_offer()
    if offer is None:
        return render("consultation/not_open.html")
    earlier = _find_earlier() if request.args.get("back") else None
    minutes = int(earlier.details["minutes"]) if earlier is not None else offer.lengths[0].minutes
    if (earlier is not None or len(offer.lengths) == 1) and offer.find_price(minutes) is not None:
        back = request.args.get("back")
        return go_to(make_path("consultation.times", minutes=minutes, back=back))
    return render("consultation/page.html", offer=offer, intro=say_intro(offer), lengths=list_lengths(offer))


@blueprint.get("/consultation/<int:minutes>")
def times(minutes: int) -> str | Response:
    """The free times of a length, and the form."""
    offer = find_open_offer()
    if offer is None or offer.find_price(minutes) is None:
        return go_to(make_path("consultation.page"))
    earlier = _find_earlier() if request.args.get("back") else None
    if earlier is None:
        return _show(offer, minutes, {}, zone=request.args.get("zone", ""))
    wish = wishes.read_details(earlier.details)
    values = {
        "time": wishes.write_time(wish.starts_at),
        "name": wish.name,
        "email": earlier.email or "",
        "question": wish.question,
    }
    return _show(offer, minutes, values, zone=wish.zone, order_id=earlier.id)


@blueprint.post("/consultation/<int:minutes>")
def times_post(minutes: int) -> str | Response:
    """Holds the time, opens the checkout, and sends the buyer there."""
    values = {name: request.form.get(name, "") for name in _FIELDS}
    kept = {"zone": request.form.get("zone", ""), "order_id": orders.read_order_id(request.form.get("order", ""))}
    offer = find_open_offer()
    money = offer.find_price(minutes) if offer is not None else None
    if offer is None or money is None:
        return make_response(render("consultation/not_open.html"), 409)
    errors: dict[str, str] = {}
    wish = _read_wish(offer, minutes, values, kept, errors)
    address = read_buyer(values["email"], errors)
    if wish is None or errors:
        return make_response(_show(offer, minutes, values, errors=errors, **kept), 422)
    try:
        return _go_on(wish, money, address, kept["order_id"], lambda words, order: _show_again(words, order, values))
    except Invalid as problem:
        errors = {name: gettext(said) for name, said in problem.fields.items()}
        return make_response(_show(offer, minutes, values, errors=errors, **kept), 409)


def _read_wish(
    offer: ConsultationOffer, minutes: int, values: dict[str, str], kept: dict[str, str], errors: dict[str, str]
) -> ConsultationWish | None:
    free = find_free(offer, minutes, but=kept["order_id"])
    try:
        return wishes.read_wish(free, minutes, values, wishes.read_zone(kept["zone"], zone_of_show()))
    except Invalid as problem:
        errors |= {name: gettext(said) for name, said in problem.fields.items()}
        return None


def _go_on(wish: ConsultationWish, money: Money, address: Address | None, order_id: str, show: Any) -> Response:
    email, zone = address.email if address is not None else current_user.email, zone_of_show()
    spend_tries()
    with services().db.transaction() as session:
        attempts.spend_consultation(session, client_network(), now())
    with services().db.transaction() as session:
        bookings.hold(session, wish, order_id, email=email, language=language(), zone=zone, now=now())
    wanted = BuyRequest(
        order_id=order_id,
        price_id=None,
        language=language(),
        cancel_path="/consultation?back=1",
        member_id=find_buyer_id(),
        address=address,
        kind="consultation",
        money=money,
        details=wishes.write_details(wish, order_id),
    )
    return go_to_payment(wanted, show)


def _show_again(words: str, order_id: str, values: dict[str, str]) -> str:
    """The form once more, where the payment page could not be opened; the time stays held."""
    minutes = int(request.view_args["minutes"]) if request.view_args else 0
    offer = find_open_offer() or ConsultationOffer()
    return _show(offer, minutes, values, zone=request.form.get("zone", ""), order_id=order_id, problem=words)


def show_booked(done: Fulfilled, _checkout_id: str) -> Response:
    """Says when, to the browser that booked; to everybody else only that it is paid."""
    with services().db.reading() as session:
        row = bookings.find_of_order(session, done.order_id)
    is_theirs = orders.read_cookie(services().keys, read_order_cookie()) == done.order_id
    when = format_instant(row.starts_at, language(), row.zone, now=now()) if row is not None and is_theirs else ""
    response = make_response(render("consultation/booked.html", when=when))
    forget_order_cookie(response)
    return response


def find_open_offer() -> ConsultationOffer | None:
    """What can be booked now; None while the host talks to nobody, or payments are off."""
    if services().find_gateway() is None:
        return None
    with services().db.reading() as session:
        offer = find_offer(session)
    return offer if offer.is_open else None


def _find_earlier() -> Order | None:
    """The consultation that this browser has not paid for."""
    order_id = orders.read_cookie(services().keys, read_order_cookie())
    with services().db.reading() as session:
        order = session.get(Order, order_id) if order_id is not None else None
    return order if order is not None and order.kind == "consultation" and order.state == "open" else None


def list_lengths(offer: ConsultationOffer) -> list[tuple[int, Money]]:
    """Minutes and price of each length, in the host's order."""
    return [(each.minutes, Money(each.amount_minor, offer.currency)) for each in offer.lengths]


def say_intro(offer: ConsultationOffer) -> list[str]:
    """The host's words in the reader's language, else in the first one that has any; a part for each paragraph."""
    text = offer.intros.get(language()) or offer.intros.get(settings().default_language, "")
    return [part.strip() for part in text.split("\n") if part.strip()]


def _show(
    offer: ConsultationOffer,
    minutes: int,
    values: dict[str, str],
    *,
    zone: str = "",
    order_id: str = "",
    errors: dict[str, str] | None = None,
    problem: str = "",
) -> str:
    shown_zone = wishes.read_zone(zone, zone_of_show())
    free = find_free(offer, minutes, but=order_id)
    names = {"name": current_user.member.name} if current_user.is_authenticated else {}
    return render(
        "consultation/times.html",
        intro=say_intro(offer),
        minutes=minutes,
        price=offer.find_price(minutes),
        lengths=list_lengths(offer),
        times=cut_times(free, shown_zone, read_day(request.args.get("from", ""))),
        zone=shown_zone,
        zones=[(each, each.replace("_", " ")) for each in wishes.list_zones()],
        asks_browser="zone" not in request.args and request.method == "GET" and not values,
        values=dict.fromkeys(_FIELDS, "") | names | values,
        order_id=order_id or orders.make_order_id(),
        came_back=say_came_back(request.args.get("back", "")),
        tax_note=say_tax(),
        errors=errors or {},
        problem=problem,
        name_chars=wishes.LONGEST_NAME_CHARS,
        question_chars=wishes.LONGEST_QUESTION_CHARS,
    )
