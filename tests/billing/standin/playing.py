"""Playing with the stand-in: a client of the real stripe package in process, and what a person does on the pages."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import stripe
from werkzeug.test import Client, TestResponse

from podcastsvc.billing.standin.app import Standin, make_standin
from podcastsvc.billing.standin.transport import Call, make_call

stripe.enable_telemetry = False

SITE = "http://127.0.0.1:8000"
BASE = f"{SITE}/stripe-stand-in"
HOOK = f"{SITE}/webhooks/stripe"
START = datetime(2026, 1, 31, 12, tzinfo=UTC)
PAYS, DECLINED, POOR, EXPIRED = "4242424242424242", "4000000000000002", "4000000000009995", "4000000000000069"
FAILS_LATER, ASKS_ONCE, ASKS_ALWAYS = "4000000000000341", "4000002500003155", "4000002760003184"
DISPUTED, ASKED_ABOUT = "4000000000000259", "4000000000001976"


make_error: Any = stripe.APIConnectionError


class InProcess(stripe.HTTPClient):
    """The stripe package's way into the stand-in, without a port."""

    name = "standin"

    def __init__(self, call: Call) -> None:
        super().__init__()
        self.call = call

    def request(self, method, url, headers, post_data=None, *, _usage=None):
        try:
            status, answered, body = self.call(method, url, headers or {}, (post_data or "").encode())
        except (ConnectionError, TimeoutError) as problem:
            raise make_error(str(problem), should_retry=True) from problem
        return body.decode(), status, answered

    def close(self) -> None:
        pass


class Watch:
    """A clock that tests move by hand."""

    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> datetime:
        return self.now

    def go(self, **span: float) -> None:
        self.now += timedelta(**span)


@dataclass
class Player:
    """A stand-in in memory with one plan for sale, a client, and hands that use its pages."""

    watch: Watch = field(default_factory=Watch)
    site: str = SITE

    def __post_init__(self) -> None:
        self.standin: Standin = make_standin(":memory:", base_url=BASE, webhook_url=HOOK, now=self.watch)
        self.client = stripe.StripeClient("sk_test_playing", http_client=InProcess(make_call(self.standin)))
        self.api = self.client.v1
        self.browser = Client(self.standin)
        self.product = self.api.products.create({"name": "Membership", "metadata": {"site": "s"}})
        self.month = self.price(600, "month", lookup_key="month")
        self.year = self.price(6000, "year", lookup_key="year")

    def price(self, amount: int, interval: str = "", **more: Any) -> stripe.Price:
        recurring: Any = {"recurring": {"interval": interval}} if interval else {}
        values: Any = {
            "product": self.product.id,
            "currency": "eur",
            "unit_amount": amount,
            "tax_behavior": "inclusive",
        }
        values |= recurring | more
        return self.api.prices.create(values)

    # Pages

    def get(self, address: str, **headers: str) -> TestResponse:
        """A page by its address in the stand-in, or by an absolute one."""
        return self.browser.get(
            _path(address), environ_overrides=_LOCAL, headers={"Host": "127.0.0.1:8000", **_named(headers)}
        )

    def post(self, address: str, form: dict[str, Any], **headers: str) -> TestResponse:
        """A form as a browser sends it from the page itself."""
        given = {"Host": "127.0.0.1:8000", "Sec-Fetch-Site": "same-origin", **_named(headers)}
        return self.browser.post(_path(address), data=form, environ_overrides=_LOCAL, headers=given)

    def pay(
        self, address: str, card: str = PAYS, *, email: str = "ben@example.org", allow: bool = True
    ) -> TestResponse:
        """Fills in the checkout page and answers the bank if it asks; the last answer."""
        form = {"do": "pay", "email": email, "number": card, "expiry": "12/34", "cvc": "123", "name": "Ben"}
        return self.decide(self.post(address, form), allow=allow)

    def decide(self, response: TestResponse, *, allow: bool = True) -> TestResponse:
        """Answers the bank where a form led to its page."""
        if response.status_code == 303 and "/confirm/" in response.location:
            return self.post(response.location, {"do": "allow" if allow else "refuse"})
        return response

    # Whole stories

    def open(self, price: stripe.Price | None = None, **more: Any) -> stripe.checkout.Session:
        """A checkout session for a membership, as the site opens it."""
        values: Any = {
            "mode": "subscription",
            "line_items": [{"price": (price or self.month).id, "quantity": 1}],
            "success_url": f"{SITE}/welcome?s={{CHECKOUT_SESSION_ID}}",
            "cancel_url": f"{SITE}/join",
            "client_reference_id": "order",
            "metadata": {"site": "s", "order": "order"},
            "expires_at": int((self.watch.now + timedelta(hours=2)).timestamp()),
        }
        values |= more
        return self.api.checkout.sessions.create(values)

    def join(self, card: str = PAYS, price: stripe.Price | None = None, **more: Any) -> stripe.Subscription:
        """Opens a checkout, pays it, and fetches the subscription it made."""
        session = self.open(price, **more)
        self.pay(str(session.url), card)
        done = self.api.checkout.sessions.retrieve(session.id)
        return self.fetch(str(done.subscription))

    def fetch(self, subscription_id: str, *expand: str) -> stripe.Subscription:
        return self.api.subscriptions.retrieve(subscription_id, {"expand": list(expand) or ["latest_invoice"]})

    def portal(self, customer: Any, **more: Any) -> stripe.billing_portal.Session:
        """A portal session in which everything is allowed."""
        found = self.api.billing_portal.configurations.list().data
        configuration = found[0] if found else self.api.billing_portal.configurations.create(self.everything())
        values: Any = {"customer": str(customer), "configuration": configuration.id, "return_url": f"{SITE}/account"}
        values |= more
        return self.api.billing_portal.sessions.create(values)

    def everything(self) -> Any:
        """Settings of a portal that offers everything but the pause."""
        return {
            "features": {
                "customer_update": {"enabled": True, "allowed_updates": ["name", "address"]},
                "invoice_history": {"enabled": True},
                "payment_method_update": {"enabled": True},
                "subscription_cancel": {
                    "enabled": True,
                    "mode": "at_period_end",
                    "cancellation_reason": {"enabled": True, "options": ["too_expensive", "unused", "other"]},
                },
                "subscription_update": {
                    "enabled": True,
                    "default_allowed_updates": ["price"],
                    "proration_behavior": "always_invoice",
                    "products": [{"product": self.product.id, "prices": [self.month.id, self.year.id]}],
                    "schedule_at_period_end": {
                        "conditions": [{"type": "shortening_interval"}, {"type": "decreasing_item_amount"}]
                    },
                },
            }
        }

    def kinds(self) -> list[str]:
        """Types of all events so far, oldest first."""
        return [str(event.type) for event in self.api.events.list({"limit": 100}).auto_paging_iter()][::-1]


_LOCAL = {"REMOTE_ADDR": "127.0.0.1"}


def _path(address: str) -> str:
    parts = urlsplit(address)
    path = parts.path.removeprefix("/stripe-stand-in")
    return f"{path}?{parts.query}" if parts.query else path


def _named(headers: dict[str, str]) -> dict[str, str]:
    return {name.replace("_", "-"): value for name, value in headers.items()}
