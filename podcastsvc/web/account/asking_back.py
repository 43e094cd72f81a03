"""Asking for money back: a form for one payment, which lands in the host's queue."""

from collections.abc import Mapping

from flask import Response, make_response, request
from flask_login import current_user

from podcastsvc.billing.returning import requests
from podcastsvc.errors import Invalid
from podcastsvc.kit.money import Money
from podcastsvc.web.account.blueprint import blueprint, go
from podcastsvc.web.context import now, services
from podcastsvc.web.pages import gettext, render
from podcastsvc.web.sign_in.gates import member_only


@blueprint.get("/receipts/<payment_id>/back")
@member_only
def ask_back(payment_id: str) -> str:
    """Says what happens, and asks why."""
    return _show(payment_id, {})


@blueprint.post("/receipts/<payment_id>/back")
@member_only
def ask_back_post(payment_id: str) -> str | Response:
    """Puts the request into the host's queue; one for each payment."""
    try:
        with services().db.transaction() as session:
            requests.ask(session, current_user.id, payment_id, request.form.get("reason", ""), now())
    except Invalid as refusal:
        errors = {name: gettext(words) for name, words in refusal.fields.items()}
        return make_response(_show(payment_id, errors), 422)
    return go("receipts", done="asked")


def _show(payment_id: str, errors: Mapping[str, str]) -> str:
    with services().db.reading() as session:
        row = requests.get_own_payment(session, current_user.id, payment_id)
    return render(
        "account/ask_back.html",
        payment_id=payment_id,
        money=Money(row.amount_minor, row.currency),
        paid_at=row.paid_at,
        reason=request.form.get("reason", ""),
        most_chars=requests.LONGEST_CHARS,
        errors=errors,
    )
