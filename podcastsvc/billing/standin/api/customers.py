"""``/v1/customers`` and their cards."""

from podcastsvc.billing.standin.api.lists import PAGING, answer_list
from podcastsvc.billing.standin.books.customers import list_cards, make_customer
from podcastsvc.billing.standin.books.payments import NO_ADDRESS
from podcastsvc.billing.standin.books.subscriptions import end, is_running
from podcastsvc.billing.standin.forms import Params
from podcastsvc.billing.standin.refusals import invalid, missing
from podcastsvc.billing.standin.work import Body, Work

FIELDS = frozenset(
    "address balance business_name cash_balance description email expand individual_name invoice_prefix invoice_settings"
    " metadata name next_invoice_sequence phone preferred_locales shipping source tax tax_exempt validate".split()
)
CREATE = FIELDS | {"payment_method", "tax_id_data", "test_clock"}
UPDATE = FIELDS | {"default_source"}
LIST = PAGING | {"created", "email", "test_clock"}


def create(work: Work, params: Params) -> Body:
    customer = make_customer(work, metadata=params.metadata())
    _take(work, customer, params)
    return work.put(customer)


def retrieve(work: Work, params: Params, customer_id: str) -> Body:
    """A deleted customer is answered as ``{"deleted": true}``, not refused."""
    customer = work.find(customer_id, "customer")
    if customer is None:
        raise missing("customer", customer_id)
    return customer


def update(work: Work, params: Params, customer_id: str) -> Body:
    customer = work.get("customer", customer_id)
    customer["metadata"] = params.metadata(customer["metadata"])
    _take(work, customer, params)
    return work.change(customer, "customer.updated")


def delete(work: Work, params: Params, customer_id: str) -> Body:
    """Ends the customer's subscriptions at once, as Stripe does."""
    customer = work.get("customer", customer_id)
    for subscription in work.rows("subscription", customer_id):
        if is_running(subscription):
            end(work, subscription, "cancellation_requested")
    gone = work.put({"id": customer_id, "object": "customer", "deleted": True})
    work.emit("customer.deleted", customer)
    return gone


def list_all(work: Work, params: Params) -> Body:
    email = params.text("email")
    return answer_list(
        work, params, "/v1/customers", work.rows("customer"), lambda body: not email or body["email"] == email
    )


def list_methods(work: Work, params: Params, customer_id: str) -> Body:
    customer = work.get("customer", customer_id)
    url = f"/v1/customers/{customer_id}/payment_methods"
    return answer_list(work, params, url, list_cards(work, customer["id"]))


def retrieve_method(work: Work, params: Params, method_id: str) -> Body:
    return work.get("payment_method", method_id)


def list_methods_of(work: Work, params: Params) -> Body:
    return answer_list(work, params, "/v1/payment_methods", list_cards(work, params.require("customer")))


def _take(work: Work, customer: Body, params: Params) -> None:
    """Takes the fields that were sent; an empty value clears one."""
    for name in ("description", "email", "name", "phone"):
        if params.has(name):
            customer[name] = params.text(name, max_chars=512 if name == "email" else 5000) or None
    if customer["email"] and "@" not in customer["email"]:
        raise invalid(f"Invalid email address: {customer['email']}", "email", "email_invalid")
    if params.has("preferred_locales"):
        customer["preferred_locales"] = params.words("preferred_locales")
    if params.has("tax_exempt"):
        customer["tax_exempt"] = params.choice("tax_exempt", ("exempt", "none", "reverse")) or "none"
    if params.has("address"):
        sent = params.nested("address")
        customer["address"] = (
            NO_ADDRESS | {name: sent.text(name) or None for name in NO_ADDRESS} if sent.values else None
        )
    if params.has("shipping"):
        customer["shipping"] = params.nested("shipping").values or None
    settings = params.nested("invoice_settings")
    if settings.has("default_payment_method"):
        method_id = settings.text("default_payment_method")
        if method_id:
            _check_owner(work, customer, method_id)
        customer["invoice_settings"]["default_payment_method"] = method_id or None


def _check_owner(work: Work, customer: Body, method_id: str) -> None:
    param = "invoice_settings[default_payment_method]"
    if work.get("payment_method", method_id, param)["customer"] != customer["id"]:
        raise invalid("The customer does not have a payment method with this ID.", param)
