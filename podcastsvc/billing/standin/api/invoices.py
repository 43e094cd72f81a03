"""``/v1/invoices``, ``/v1/invoice_payments`` and invoice previews."""

from podcastsvc.billing.standin.api.lists import PAGING, answer_list
from podcastsvc.billing.standin.books import changes, invoices, subscriptions
from podcastsvc.billing.standin.books.periods import add_interval
from podcastsvc.billing.standin.forms import Params
from podcastsvc.billing.standin.refusals import declined, invalid, needed, unsupported
from podcastsvc.billing.standin.work import Body, Work

LIST = PAGING | {
    "collection_method", "created", "customer", "customer_account", "due_date", "status", "subscription",
}  # fmt: skip
PREVIEW = frozenset(
    "automatic_tax currency customer customer_account customer_details discounts expand invoice_items issuer on_behalf_of"
    " preview_mode schedule schedule_details subscription subscription_details".split()
)
PAY = frozenset("expand forgive mandate off_session paid_out_of_band payment_method source".split())
LIST_PAYMENTS = PAGING | {"created", "invoice", "payment", "status"}
_NOT_BUILT = ("customer_details", "discounts", "invoice_items", "schedule", "schedule_details", "automatic_tax")


def retrieve(work: Work, params: Params, invoice_id: str) -> Body:
    return work.get("invoice", invoice_id)


def list_all(work: Work, params: Params) -> Body:
    customer, subscription = params.text("customer"), params.text("subscription")
    status = params.choice("status", ("draft", "open", "paid", "uncollectible", "void"))

    def keeps(body: Body) -> bool:
        details = (body["parent"] or {}).get("subscription_details") or {}
        of_subscription = not subscription or details.get("subscription") == subscription
        return of_subscription and (not status or body["status"] == status)

    return answer_list(work, params, "/v1/invoices", work.rows("invoice", customer), keeps)


def pay(work: Work, params: Params, invoice_id: str) -> Body:
    """Tries to collect now. A declined attempt is kept and answered with 402."""
    invoice = work.get("invoice", invoice_id)
    if invoice["status"] != "open":
        raise invalid(f"Invoice is {invoice['status']}, not open.", code="invoice_not_editable")
    method = None
    if params.has("payment_method"):
        method = work.get("payment_method", params.text("payment_method"), "payment_method")
    outcome = subscriptions.pay(work, invoice, "member-present", method=method)
    if outcome.state == "asks-bank":
        raise declined(
            "The bank wants this payment to be confirmed.", "invoice_payment_intent_requires_action", keeps=True
        )
    if outcome.refusal is not None:
        refusal = outcome.refusal
        raise declined(refusal.message, refusal.code, refusal.decline_code, keeps=True)
    return work.get("invoice", invoice_id)


def void(work: Work, params: Params, invoice_id: str) -> Body:
    invoice = work.get("invoice", invoice_id)
    if invoice["status"] not in {"open", "uncollectible"}:
        raise invalid(f"Invoice is {invoice['status']} and cannot be voided.", code="invoice_not_editable")
    subscription = invoices.subscription_of(work, invoice)
    if subscription is not None and subscription.get("_pending_invoice") == invoice_id:
        changes.drop_pending(work, subscription)
    else:
        invoices.void(work, invoice)
    return work.get("invoice", invoice_id)


def create_preview(work: Work, params: Params) -> Body:
    """The invoice a change would bring now, or the next renewal. Nothing is written."""
    for name in _NOT_BUILT:
        if params.has(name):
            raise unsupported(f"previews with {name}", name)
    if not params.has("subscription"):
        raise needed("subscription")
    subscription = work.get("subscription", params.text("subscription"), "subscription")
    customer = work.get("customer", subscription["customer"])
    details = params.nested("subscription_details")
    if details.has("items") or details.has("billing_cycle_anchor"):
        change = changes.read_change(work, subscription, details)
        priced = changes.count(work, subscription, change)
        lines = priced.lines
        if not priced.full and change.proration != "always_invoice":
            lines = lines + _renewal_lines(work, subscription, priced.item)
    else:
        lines = subscription["_pending_lines"] + _renewal_lines(work, subscription, subscription["items"]["data"][0])
    reason = "subscription_update" if details.has("items") else "upcoming"
    invoice = invoices.make_invoice(work, customer, lines, reason=reason, subscription=subscription)
    invoice["id"] = invoice["id"].replace("in_", "upcoming_in_", 1)
    return invoice | {"next_payment_attempt": subscriptions.period_end(subscription), "auto_advance": False}


def _renewal_lines(work: Work, subscription: Body, changed: Body) -> list[Body]:
    """The lines of the next period, with one item as it will be."""
    lines = []
    for kept in subscription["items"]["data"]:
        item = changed if kept["id"] == changed["id"] else kept
        every = item["price"]["recurring"]
        start = kept["current_period_end"]
        end = add_interval(start, every["interval"], every["interval_count"])
        amount = item["price"]["unit_amount"] * item["quantity"]
        text = f"{item['quantity']} × {invoices.describe(work, item['price'])}"
        lines.append(invoices.make_line(item, item["price"], amount=amount, start=start, end=end, description=text))
    return lines


def retrieve_payment(work: Work, params: Params, payment_id: str) -> Body:
    return work.get("invoice_payment", payment_id)


def list_payments(work: Work, params: Params) -> Body:
    """By invoice, or by the payment intent that paid it."""
    invoice, status = params.text("invoice"), params.text("status")
    sent = params.nested("payment")
    if sent.values:
        kind = sent.choice("type", ("payment_intent", "payment_record"))
        if not kind:
            raise needed("payment[type]")
    intent = sent.text("payment_intent")

    def keeps(body: Body) -> bool:
        return (
            (not invoice or body["invoice"] == invoice)
            and (not intent or body["payment"].get("payment_intent") == intent)
            and (not status or body["status"] == status)
        )

    return answer_list(work, params, "/v1/invoice_payments", work.rows("invoice_payment"), keeps)
