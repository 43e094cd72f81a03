"""Plan and payment: Stripe's portal, leaving and staying after all, receipts."""

import logging
from typing import Literal

from flask import Response, make_response, redirect, request
from flask_login import current_user

from podcastsvc.billing import apply, portal
from podcastsvc.billing.letters.texts import list_reasons
from podcastsvc.billing.returning import requests
from podcastsvc.errors import Conflict, Failure, NotFound
from podcastsvc.kit.language import N_
from podcastsvc.kit.text import clean_text
from podcastsvc.members import subscriptions
from podcastsvc.web.account.blueprint import blueprint, go
from podcastsvc.web.account.view import read_account
from podcastsvc.web.context import language, services
from podcastsvc.web.pages import gettext, render
from podcastsvc.web.sign_in.entering import go_to
from podcastsvc.web.sign_in.gates import member_only

log = logging.getLogger(__name__)

ASKED_BACK = N_("The host has your message, and answers by e-mail.")
_LONGEST_COMMENT_CHARS = 500


@blueprint.post("/billing")
@member_only
def billing() -> Response:
    """On to Stripe's portal: card, plan, invoices."""
    return _go_to_portal("home")


@blueprint.post("/billing/fix")
@member_only
def billing_fix() -> Response:
    """On to Stripe's card form alone, after a failed payment."""
    return _go_to_portal("card")


def _go_to_portal(flow: Literal["home", "card"]) -> Response:
    desk = services().make_desk().for_page()
    back = f"/account/billing/back?from={flow}"
    return go_to(portal.open_portal(desk, current_user.id, language=language(), return_path=back, flow=flow))


@blueprint.get("/billing/back")
@member_only
def billing_back() -> Response:
    """Back from Stripe: looks at once at what has changed, without waiting for the notice."""
    desk = services().make_desk().for_page()
    with services().db.reading() as session:
        rows = [row for row in subscriptions.list_of_member(session, current_user.id) if row.ended_at is None]
    try:
        for row in rows:
            apply.sync_subscription(desk, row.stripe_id)
    except Failure as problem:
        log.warning("no look after the portal", extra={"member": current_user.id, "why": type(problem).__name__})
    if request.args.get("from") != "card":
        return go("page")
    return go("page", done="paid" if read_account().failed is None else "card")


@blueprint.get("/cancel")
@member_only
def cancel() -> str | Response:
    """Says until when everything works, and asks why, which nobody has to answer."""
    view = read_account()
    if view.payment is None or not view.payment.can_leave:
        return go("page")
    return render("account/cancel.html", view=view, reasons=list_reasons(language()))


@blueprint.post("/cancel")
@member_only
def cancel_now() -> Response:
    """Ends the membership with the period that is paid."""
    comment = clean_text(request.form.get("comment", ""), limit_chars=_LONGEST_COMMENT_CHARS)
    desk = services().make_desk().for_page()
    try:
        portal.leave(desk, current_user.id, reason=request.form.get("reason") or None, comment=comment)
    except NotFound:
        return go("page")
    log.info("membership cancelled", extra={"member": current_user.id})
    return go("page", done="left")


@blueprint.post("/keep")
@member_only
def keep() -> Response:
    """Takes leaving back."""
    try:
        portal.stay(services().make_desk().for_page(), current_user.id)
    except (NotFound, Conflict):
        # It has ended meanwhile; the account page says so and offers to join again.
        return go("page")
    log.info("membership kept", extra={"member": current_user.id})
    return go("page", done="kept")


@blueprint.get("/receipts")
@member_only
def receipts() -> str:
    """What was paid, from our own table."""
    with services().db.reading() as session:
        found = portal.list_receipts(session, current_user.id)
        asked = requests.list_states(session, current_user.id)
    done = gettext(ASKED_BACK) if request.args.get("done") == "asked" else ""
    return render("account/receipts.html", receipts=found, asked=asked, done=done)


@blueprint.get("/receipts/<payment_id>")
@member_only
def receipt(payment_id: str) -> Response:
    """On to one receipt at Stripe, whose address lives for a short while only."""
    desk = services().make_desk().for_page()
    return make_response(redirect(portal.find_receipt(desk, current_user.id, payment_id), 303))
