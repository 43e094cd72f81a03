"""What all forms that lead to Stripe share: limits, the way there, and the words for coming back without having paid."""

import logging
from collections.abc import Callable

from flask import Response, make_response, request
from flask_login import current_user

from podcastsvc.billing.checkout import (
    AlreadyMember,
    AlreadyPaid,
    BuyRequest,
    CouponRefused,
    Outcome,
    open_checkout,
)
from podcastsvc.errors import Conflict, Invalid, Misconfigured, Unavailable
from podcastsvc.kit.language import N_
from podcastsvc.mail.addresses import Address, read_address
from podcastsvc.members import attempts
from podcastsvc.web.context import client_network, now, services
from podcastsvc.web.guards.headers import mark_personal
from podcastsvc.web.language import make_path
from podcastsvc.web.offers.order_cookie import give_order_cookie
from podcastsvc.web.pages import gettext
from podcastsvc.web.sign_in.entering import go_to

log = logging.getLogger(__name__)

AWAY = N_(
    "The payment page does not answer. Nothing was charged, and your choice is still here. Try again in a moment."
)
TAX_IS_ADDED = N_("Tax is added on the payment page, by the country you pay from.")
# How somebody comes back from Stripe without having paid.
CAME_BACK = {
    "1": N_("Nothing was charged. Your choice is still here."),
    "expired": N_("That took too long, so nothing was charged. Your choice is still here."),
    "failed": N_("The payment did not go through, so nothing was charged. Try again, or use another card."),
}


def find_buyer_id() -> int | None:
    """The member who buys; None for a visitor."""
    return current_user.id if current_user.is_authenticated else None


def read_buyer(typed: str, errors: dict[str, str]) -> Address | None:
    """The address of a visitor who buys; nobody who is signed in is asked for one. A mistake is noted for ``email``."""
    if current_user.is_authenticated:
        return None
    try:
        return read_address(typed)
    except Invalid as problem:
        errors["email"] = gettext(problem.message)
        return None


def say_tax() -> str:
    """What a form says about taxes: something only where more may be charged than it shows."""
    return gettext(TAX_IS_ADDED) if services().tax_rules.is_added else ""


def spend_tries() -> None:
    """Counts one checkout. Raises TooMany past the limits."""
    with services().db.transaction() as session:
        attempts.spend_checkout(session, find_buyer_id(), client_network(), now())


def keep_private(*arguments: str) -> Callable[[], None]:
    """For ``before_request``: whatever a form is filled with is stored nowhere. ``arguments`` are those of the query that
    fill it."""

    def keep() -> None:
        is_filled = any(request.args.get(name) for name in arguments)
        if current_user.is_authenticated or request.method not in {"GET", "HEAD"} or is_filled:
            mark_personal()

    return keep


def go_to_payment(wanted: BuyRequest, show: Callable[[str, str], str]) -> Response:
    """Opens the checkout and sends the buyer there; where that fails, the form again with what to do.

    ``show`` makes the form's page from a sentence and the order's id, which is empty where the order cannot be used
    again. CouponRefused is left to the one form that takes coupons.
    """
    try:
        outcome = open_checkout(services().make_desk().for_page(), wanted, now())
    except (Unavailable, Misconfigured) as problem:
        # A visitor can do nothing about a wrong key; the operator reads the log.
        log.error("no checkout", extra={"why": problem.message})
        return make_response(show(gettext(AWAY), wanted.order_id), 503)
    except CouponRefused:
        raise
    except Conflict as refusal:
        return make_response(show(gettext(refusal.message), ""), 409)
    return _answer(outcome)


def _answer(outcome: Outcome) -> Response:
    """Sends the buyer on to Stripe, or to where an order that is settled already leads."""
    if isinstance(outcome, AlreadyMember):
        return go_to(make_path("account.page"))
    if isinstance(outcome, AlreadyPaid):
        return go_to(make_path("welcome.page", s=outcome.checkout_id))
    response = go_to(outcome.url)
    give_order_cookie(response, outcome.cookie)
    return response


def say_came_back(word: str) -> str:
    """The note for somebody who came back without having paid; "" for every other word."""
    found = CAME_BACK.get(word)
    return gettext(found) if found is not None else ""
