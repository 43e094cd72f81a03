"""An invoice's own page with "pay now", its printed form, and the receipt of a payment."""

from werkzeug.wrappers import Response

from podcastsvc.billing.standin.books import self_service
from podcastsvc.billing.standin.books.customers import default_card
from podcastsvc.billing.standin.books.invoices import subscription_of
from podcastsvc.billing.standin.books.payments import Outcome, make_payment_method
from podcastsvc.billing.standin.cards import SENTENCES
from podcastsvc.billing.standin.pages.cardform import CardForm, empty_form, explain, read_form, with_error
from podcastsvc.billing.standin.pages.pdf import write_pdf
from podcastsvc.billing.standin.pages.view import View
from podcastsvc.billing.standin.refusals import missing
from podcastsvc.billing.standin.work import Body, Work


def _speaking(view: View, work: Work, invoice: Body) -> tuple[View, Body]:
    customer = work.find(invoice["customer"], "customer")
    if customer is None or customer.get("deleted"):
        raise missing("customer", invoice["customer"])
    return view.speaking((customer["preferred_locales"] or [None])[0]), customer


def show(view: View, invoice_id: str) -> Response:
    with view.standin.work(writes=False) as work:
        invoice = work.get("invoice", invoice_id)
        view, customer = _speaking(view, work, invoice)
        form = empty_form(view)
        if view.request.args.get("refused"):
            sentence = SENTENCES["authentication_required"]
            form = CardForm(errors={"number": view.gettext(sentence)})
        return _page(view, work, invoice, customer, form)


def _page(view: View, work: Work, invoice: Body, customer: Body, form: CardForm, status: int = 200) -> Response:
    intent = work.find(invoice.get("_intent", ""), "payment_intent")
    return view.show(
        "invoice",
        status=status,
        invoice=invoice,
        customer=customer,
        card=default_card(work, customer, subscription_of(work, invoice)),
        asks_bank=bool(intent and intent["status"] == "requires_action"),
        card_form=form,
        errors=form.errors,
    )


def pay(view: View, invoice_id: str) -> Response:
    """Pays with the saved card, or with one that is typed, which then becomes the default."""
    with view.standin.work() as work:
        invoice = work.get("invoice", invoice_id)
        view, customer = _speaking(view, work, invoice)
        if invoice["status"] != "open":
            return view.go(f"/invoice/{invoice_id}")
        if view.field("do") == "saved":
            method, form = default_card(work, customer, subscription_of(work, invoice)), CardForm()
        else:
            typed, form = read_form(view, work.now)
            if typed is None:
                return _page(view, work, invoice, customer, form, status=422)
            method = make_payment_method(work, typed, customer["email"] or "", customer["id"])
        outcome = self_service.pay_invoice(work, invoice, method=method)
        return _after(view, work, work.get("invoice", invoice_id), customer, form, outcome)


def _after(view: View, work: Work, invoice: Body, customer: Body, form: CardForm, outcome: Outcome) -> Response:
    if outcome.state == "asks-bank":
        return view.go(f"/confirm/{invoice['_intent']}")
    if outcome.refusal is not None:
        form = with_error(view, form, outcome.refusal)
        form = CardForm(form.number, form.expiry, form.cvc, form.name, {"number": explain(view, outcome.refusal)})
        return _page(view, work, invoice, customer, form, status=422)
    return view.go(f"/invoice/{invoice['id']}")


def show_pdf(view: View, invoice_id: str) -> Response:
    with view.standin.work(writes=False) as work:
        invoice = work.get("invoice", invoice_id)
        view, customer = _speaking(view, work, invoice)
        lines = [
            f"{view.gettext('Invoice')} {invoice['number'] or invoice['id']}",
            view.gettext("Test: no money moves"),
            f"{customer['name'] or ''} {customer['email'] or ''}".strip(),
            view.day(invoice["created"]),
            *(
                f"{line['description']}: {view.money(line['amount'], line['currency'])}"
                for line in invoice["lines"]["data"]
            ),
            f"{view.gettext('Total')}: {view.money(invoice['total'], invoice['currency'])}",
        ]
    response = Response(write_pdf(lines), mimetype="application/pdf")
    response.headers["Cache-Control"] = "no-store"
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response


def show_receipt(view: View, charge_id: str) -> Response:
    with view.standin.work(writes=False) as work:
        charge = work.get("charge", charge_id)
        method = work.get("payment_method", charge["payment_method"])
        return view.show("receipt", charge=charge, card=method["card"])
