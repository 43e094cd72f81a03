"""Customers: making one, and the cards that belong to one."""

from podcastsvc.billing.standin.work import Body, Work, make_id


def make_customer(
    work: Work, *, email: str = "", name: str = "", metadata: dict[str, str] | None = None, locale: str = ""
) -> Body:
    """A new customer, written and told of."""
    customer_id = make_id("cus", 14)
    customer = work.put(
        {
            "id": customer_id,
            "object": "customer",
            "address": None,
            "balance": 0,
            "created": work.now,
            "currency": None,
            "customer_account": None,
            "default_source": None,
            "delinquent": False,
            "description": None,
            "discount": None,
            "email": email or None,
            "invoice_prefix": customer_id[-8:].upper(),
            "invoice_settings": {
                "custom_fields": None,
                "default_payment_method": None,
                "footer": None,
                "rendering_options": None,
            },
            "livemode": False,
            "metadata": metadata or {},
            "name": name or None,
            "next_invoice_sequence": 1,
            "phone": None,
            "preferred_locales": [locale] if locale else [],
            "shipping": None,
            "tax_exempt": "none",
            "test_clock": None,
        }
    )
    work.emit("customer.created", customer)
    return customer


def list_cards(work: Work, customer: str) -> list[Body]:
    """A customer's cards, newest first."""
    return [method for method in work.rows("payment_method", customer) if method.get("customer") == customer]


def use_card(work: Work, customer: Body, method: Body) -> None:
    """Makes a card the default of a customer and of their running subscriptions, as the portal does."""
    customer["invoice_settings"]["default_payment_method"] = method["id"]
    work.change(customer, "customer.updated")
    for subscription in work.rows("subscription", customer["id"]):
        if subscription["status"] not in {"canceled", "incomplete_expired"}:
            subscription["default_payment_method"] = method["id"]
            work.change(subscription, "customer.subscription.updated")


def default_card(work: Work, customer: Body, subscription: Body | None = None) -> Body | None:
    """The card that a renewal is charged to."""
    chosen = (subscription or {}).get("default_payment_method") or customer["invoice_settings"][
        "default_payment_method"
    ]
    return work.find(chosen, "payment_method") if chosen else None


def forget_card(work: Work, method: Body) -> None:
    """Takes a card off its customer; subscriptions that used it are left without one."""
    customer = work.find(method["customer"] or "", "customer")
    if customer is not None and customer["invoice_settings"]["default_payment_method"] == method["id"]:
        customer["invoice_settings"]["default_payment_method"] = None
        work.change(customer, "customer.updated")
    for subscription in work.rows("subscription", method["customer"] or ""):
        if subscription["default_payment_method"] == method["id"]:
            subscription["default_payment_method"] = None
            work.change(subscription, "customer.subscription.updated")
    work.put(method | {"customer": None})
