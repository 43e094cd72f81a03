"""What our key must be allowed at Stripe, and whether it is: each permission is tried by a call that can change nothing.

Calls that would write name an object that does not exist, or a value that Stripe never takes, and are refused for that.
A key that lacks the permission is refused before Stripe looks so far.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from podcastsvc.billing.gateway import Forbidden, Gateway, Missing, Refused, any_of
from podcastsvc.kit.language import N_

Level = Literal["read", "write"]
Probe = Callable[[Any], Any]


@dataclass(frozen=True, slots=True)
class Permission:
    """One line of Stripe's list for restricted keys. ``is_needed`` False: only for registering the webhook from here."""

    name: str
    level: Level
    why: str
    probes: tuple[Probe, ...]
    is_needed: bool = True


@dataclass(frozen=True, slots=True)
class Lack:
    """A permission that the key does not have. ``word`` is Stripe's own name for it; empty where it says none."""

    permission: Permission
    word: str


PERMISSIONS: tuple[Permission, ...] = (
    Permission(
        "Customers",
        "write",
        N_("members as payers"),
        (lambda client: client.v1.customers.update("cus_none", {"description": "none"}),),
    ),
    Permission("Products", "write", N_("plans"), (lambda client: client.v1.products.update("none", {"name": "none"}),)),
    Permission(
        "Prices",
        "write",
        N_("prices"),
        (lambda client: client.v1.prices.create({"currency": "eur", "unit_amount": 100, "product": "none"}),),
    ),
    Permission(
        "Coupons",
        "write",
        N_("coupons"),
        (lambda client: client.v1.coupons.create({"percent_off": 200, "duration": "once"}),),
    ),
    Permission(
        "Promotion Codes",
        "write",
        N_("the codes of coupons"),
        (lambda client: client.v1.promotion_codes.update("promo_none", {"active": False}),),
    ),
    Permission(
        "Checkout Sessions",
        "write",
        N_("the payment page"),
        (lambda client: client.v1.checkout.sessions.expire("cs_none"),),
    ),
    Permission(
        "Subscriptions",
        "write",
        N_("memberships, their changes and their end"),
        (
            lambda client: client.v1.subscriptions.update("sub_none", {"description": "none"}),
            lambda client: client.v1.subscription_schedules.release("sub_sched_none"),
        ),
    ),
    Permission(
        "Invoices",
        "write",
        N_("payments that wait, and what a change costs"),
        (
            lambda client: client.v1.invoices.void_invoice("in_none"),
            lambda client: client.v1.invoices.create_preview({"subscription": "sub_none"}),
        ),
    ),
    Permission(
        "Invoice Payments",
        "read",
        N_("which payment belongs to which membership"),
        (lambda client: client.v1.invoice_payments.list({"limit": 1}),),
    ),
    Permission(
        "PaymentIntents", "read", N_("payments"), (lambda client: client.v1.payment_intents.retrieve("pi_none"),)
    ),
    Permission(
        "Charges and Refunds",
        "write",
        N_("money back"),
        (
            lambda client: client.v1.charges.retrieve("ch_none"),
            lambda client: client.v1.refunds.create({"payment_intent": "pi_none"}),
        ),
    ),
    Permission(
        "Disputes",
        "read",
        N_("payments that a bank takes back"),
        (lambda client: client.v1.disputes.retrieve("dp_none"),),
    ),
    Permission(
        "Customer portal",
        "write",
        N_("where members change their card"),
        (
            lambda client: client.v1.billing_portal.configurations.update("bpc_none", {"active": True}),
            lambda client: client.v1.billing_portal.sessions.create({"customer": "cus_none"}),
        ),
    ),
    Permission(
        "Events",
        "read",
        N_("what was missed while the site was away"),
        (lambda client: client.v1.events.list({"limit": 1}),),
    ),
    Permission(
        "Webhook Endpoints",
        "write",
        N_("registering the webhook from here"),
        (lambda client: client.v1.webhook_endpoints.update("we_none", {"disabled": False}),),
        is_needed=False,
    ),
)
"""All but the account itself, which has to be read before anything else can be asked."""


def list_lacks(gateway: Gateway) -> list[Lack]:
    """The permissions that the key does not have, each once. Raises Unavailable where Stripe is away, Misconfigured for a
    key that is none."""
    lacks = []
    for permission in PERMISSIONS:
        words = [word for probe in permission.probes if (word := _find_lack(gateway, probe)) is not None]
        if words:
            lacks.append(Lack(permission, words[0]))
    return lacks


def _find_lack(gateway: Gateway, probe: Probe) -> str | None:
    """Stripe's name for the permission that a call lacks; None where it was allowed."""
    try:
        gateway.ask(lambda client: probe(any_of(client)), quiet=True)
    except Forbidden as problem:
        return problem.permission
    except (Missing, Refused):
        # It was refused for what does not exist, so it was allowed.
        return None
    return None
