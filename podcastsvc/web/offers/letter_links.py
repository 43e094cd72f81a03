"""Links in letters about payments, which need no sign-in: on to Stripe's card form, or to the bank's confirmation."""

from flask import Blueprint, Response, make_response
from flask_login import current_user

from podcastsvc.billing import portal
from podcastsvc.billing.desk import Desk
from podcastsvc.billing.letters import links
from podcastsvc.errors import NotFound
from podcastsvc.web.context import language, services
from podcastsvc.web.guards.headers import mark_personal
from podcastsvc.web.guards.strangers import check_guesses, note_guess
from podcastsvc.web.language import make_path
from podcastsvc.web.pages import render
from podcastsvc.web.sign_in.entering import go_to

blueprint = Blueprint("billing", __name__)


@blueprint.before_request
def _keep_private() -> None:
    mark_personal()


@blueprint.get("/billing/fix/<token>")
def fix(token: str) -> Response:
    """On to the card form of the subscription that a letter was about."""
    subscription_id = _read("fix", token)
    if subscription_id is None:
        return _answer_over()
    return go_to(portal.open_card_form(_desk(), subscription_id, language=language()))


@blueprint.get("/billing/confirm/<token>")
def confirm(token: str) -> Response:
    """On to the page where the bank asks for confirmation; to the account page where nothing is open any more."""
    subscription_id = _read("confirm", token)
    if subscription_id is None:
        return _answer_over()
    return go_to(portal.find_invoice_page(_desk(), subscription_id) or make_path("account.page"))


@blueprint.get("/billing/give/<token>")
def give(token: str) -> Response:
    """On to Stripe's portal for a monthly donation: another card, or an end."""
    subscription_id = _read("give", token)
    if subscription_id is None:
        return _answer_over()
    return go_to(portal.open_donation(_desk(), subscription_id, language=language()))


@blueprint.get("/billing/done")
def done() -> str | Response:
    """Back from the card form: to the account page for who is signed in; for others thanks, and nothing personal."""
    if current_user.is_authenticated:
        return go_to(make_path("account.billing_back", **{"from": "card"}))
    return render("billing/done.html")


def _read(purpose: links.Purpose, token: str) -> str | None:
    check_guesses()
    try:
        return links.read_link(services().keys, purpose, token)
    except NotFound:
        note_guess()
        return None


def _desk() -> Desk:
    return services().make_desk().for_page()


def _answer_over() -> Response:
    return make_response(render("billing/over.html"), 404)
