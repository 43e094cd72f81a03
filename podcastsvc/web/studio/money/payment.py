"""One payment in the studio: what it was, money back, the answer to who asks for it, and disputes."""

import logging
from collections.abc import Mapping

from flask import Response, abort, make_response, request
from flask_login import current_user
from werkzeug.wrappers import Response as AnyResponse

from podcastsvc.billing.account import require_account
from podcastsvc.billing.returning import evidence, refunds, requests, restoring
from podcastsvc.billing.returning.listing import find_payment
from podcastsvc.billing.returning.refunds import RefundWish
from podcastsvc.billing.returning.rules import ASKING, TAKEN
from podcastsvc.errors import Conflict, Invalid, Unavailable
from podcastsvc.kit.money import Money, read_money
from podcastsvc.members import directory, subscriptions
from podcastsvc.storage.tables.billing import Payment
from podcastsvc.web.context import now, services, settings
from podcastsvc.web.pages import gettext, render, zone_of_show
from podcastsvc.web.sign_in.gates import host_only
from podcastsvc.web.studio.blueprint import blueprint, go
from podcastsvc.web.studio.forms import FormReader
from podcastsvc.web.studio.money.listing import make_line

log = logging.getLogger(__name__)


@blueprint.get("/payments/<payment_id>")
@host_only
def payment(payment_id: str) -> str:
    """One payment, with what can be done about it."""
    return _show(payment_id)


@blueprint.post("/payments/<payment_id>/refund")
@host_only
def refund_payment(payment_id: str) -> str | AnyResponse:
    """Gives money back. It is written down first, so that it happens even if Stripe or this process is away just now."""
    desk = services().make_desk().for_page()
    form = FormReader(request.form)
    row = _get(payment_id)
    money = read_money(form.line("amount"), row.currency)
    if money is None:
        form.errors["amount"] = gettext(refunds.TOO_MUCH)
    ending = form.choice("ending", ("keep", "end"))
    number = form.whole("number", least=0)
    if form.errors or money is None or number is None:
        return make_response(_show(payment_id, errors=form.errors, values=request.form), 422)
    account = require_account(desk)
    wish = RefundWish(payment_id, money, ends_access=ending == "end", number=number, by=current_user.id)
    try:
        refunds.check_dispute(desk, payment_id)
        with services().db.transaction() as session:
            payload = refunds.decide(session, wish, (account.id, account.livemode), now())
    except Invalid as refusal:
        form.take(refusal, "amount")
        return make_response(_show(payment_id, errors=form.errors, values=request.form), 422)
    except Conflict as refusal:
        return make_response(_show(payment_id, problem=gettext(refusal.message)), 409)
    log.info("refund decided", extra={"payment": payment_id, "number": payload["number"], "by": current_user.id})
    try:
        is_done = refunds.carry_out(desk, payload)
    except Unavailable:
        return go("studio.payment", payment_id=payment_id, done="later")
    return go("studio.payment", payment_id=payment_id, done="refunded" if is_done else "refused")


@blueprint.post("/payments/<payment_id>/decline")
@host_only
def decline_refund(payment_id: str) -> str | AnyResponse:
    """Answers no to who asked for the money, by letter."""
    try:
        with services().db.transaction() as session:
            asked = requests.find_request(session, payment_id)
            if asked is None:
                abort(404)
            requests.decline(session, asked.id, request.form.get("answer", ""), by=current_user.id, now=now())
    except Invalid as refusal:
        errors = {name: gettext(words) for name, words in refusal.fields.items()}
        return make_response(_show(payment_id, errors=errors, values=request.form), 422)
    except Conflict as refusal:
        return make_response(_show(payment_id, problem=gettext(refusal.message)), 409)
    log.info("refund declined", extra={"payment": payment_id, "by": current_user.id})
    return go("studio.payment", payment_id=payment_id, done="declined")


@blueprint.post("/payments/<payment_id>/restore")
@host_only
def restore_payment(payment_id: str) -> str | AnyResponse:
    """After a dispute that was won: gives what is left of what was paid for."""
    try:
        with services().db.transaction() as session:
            restoring.restore(session, payment_id, now())
    except Conflict as refusal:
        return make_response(_show(payment_id, problem=gettext(refusal.message)), 409)
    log.info("access restored", extra={"payment": payment_id, "by": current_user.id})
    return go("studio.payment", payment_id=payment_id, done="restored")


@blueprint.get("/payments/<payment_id>/evidence")
@host_only
def evidence_file(payment_id: str) -> Response:
    """What is known about a payment as a text file, for the bank."""
    _get(payment_id)
    zone = zone_of_show()
    with services().db.reading() as session:
        text = evidence.write_evidence(session, payment_id, zone)
    log.info("evidence made", extra={"payment": payment_id, "by": current_user.id})
    response = make_response(text)
    response.headers["Content-Type"] = "text/plain; charset=utf-8"
    response.headers["Content-Disposition"] = f'attachment; filename="evidence-{payment_id}.txt"'
    return response


def _get(payment_id: str) -> Payment:
    with services().db.reading() as session:
        found = find_payment(session, payment_id)
    if found is None:
        abort(404)
    return found.payment


def _show(
    payment_id: str,
    *,
    errors: Mapping[str, str] | None = None,
    values: Mapping[str, str] | None = None,
    problem: str = "",
) -> str:
    with services().db.reading() as session:
        found = find_payment(session, payment_id)
        if found is None:
            abort(404)
        row = found.payment
        bought = subscriptions.find_subscription(session, row.subscription_id) if row.subscription_id else None
        asked = requests.find_request(session, payment_id)
        rest = restoring.find_rest(session, row, now())
        heard = directory.list_last_heard(session, [row.member_id]) if row.member_id is not None else {}
    left = Money(row.amount_minor - row.refunded_minor, row.currency)
    is_current = bought is not None and bought.ended_at is None and bought.latest_invoice == row.invoice_id
    is_untouched = row.refunded_minor == 0
    mode = "" if row.livemode else "test/"
    return render(
        "studio/money/page.html",
        row=row,
        line=make_line(found),
        member=found.member,
        bought=bought,
        asked=asked,
        rest=rest,
        heard_at=heard.get(row.member_id or 0),
        left=left,
        left_decimal=f"{left.decimal:f}",
        # What ends with the money unless the host says otherwise: the period that it paid for.
        default_ending="end" if is_untouched and (is_current or bought is None) else "keep",
        can_return=left.amount_minor > 0 and row.dispute_state not in TAKEN | {"lost"},
        is_asked_about=row.dispute_state in ASKING,
        is_disputed=row.dispute_state is not None,
        href=f"https://dashboard.stripe.com/{mode}payments/{payment_id}"
        if settings().mode_of_payments == "stripe"
        else "",
        errors=errors or {},
        values=values or {},
        problem=problem,
        said=_say(),
    )


def _say() -> tuple[str, str, str]:
    """What has just been done: a sentence, more about it, and how it looks."""
    return {
        "refunded": (gettext("The money is on its way back."), gettext("They get an e-mail about it."), "ok"),
        "later": (
            gettext("Stripe does not answer just now."),
            gettext("The refund is written down and made as soon as it does. Nothing more to do."),
            "info",
        ),
        "refused": (
            gettext("Stripe refused the refund."),
            gettext("Nothing was given back, and nothing has ended. Stripe's dashboard says why."),
            "warn",
        ),
        "declined": (gettext("Your answer is on its way."), "", "ok"),
        "restored": (gettext("They can listen again."), "", "ok"),
    }.get(request.args.get("done", ""), ("", "", ""))
