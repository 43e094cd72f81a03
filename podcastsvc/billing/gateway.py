"""Stripe: the only file that speaks to it. Answers become facts, failures our six kinds.

Nothing here is called while a transaction is open, and no row is written here.
"""

import json
import logging
import re
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from copy import copy
from email.message import Message
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any, TypeVar

from podcastsvc.billing.calls import reading, writing
from podcastsvc.billing.facts import (
    AccountFacts,
    CheckoutFacts,
    CheckoutRequest,
    CustomerFacts,
    NoticeFacts,
    Payer,
    SubscriptionFacts,
)
from podcastsvc.errors import Failure, Invalid, Misconfigured, NotFound, Unavailable
from podcastsvc.kit import guard
from podcastsvc.kit.language import N_, sentence

if TYPE_CHECKING:
    import stripe

log = logging.getLogger(__name__)

T = TypeVar("T")
Reader = Callable[[Mapping[str, Any]], T]
Call = Callable[[str, str, Mapping[str, str], bytes], tuple[int, Mapping[str, str], str | bytes]]
"""How the stand-in is reached in process: method, address, headers, body to status, headers, body.

It may raise ConnectionError or TimeoutError, as a network would."""

CONNECT_SECONDS = 3.05
READ_SECONDS = 20.0
PAGE_SECONDS = 6.5  # for all calls of one page together; with a slow connect it stays under the 10 s of rule T-P6
TOLERANCE_SECONDS = 300
PACKAGE_VERSION = "2026-10-28.endive"
"""The API version that the installed package sends; a test holds the two together."""
_WAITS_SECONDS = (1.0, 2.0, 4.0, 8.0)
_AWAY = N_("Stripe does not answer at the moment. Nothing was charged. Please try again in a minute.")
_OUR_FAULT = N_("That did not work, and it is our fault. Please try again.")
_UNKNOWN_FORM = N_("Stripe answered in a form that we do not know. Please try again later.")
# What the package raises itself when an answer is no text or no object.
_NONSENSE = (AttributeError, KeyError, TypeError, ValueError)
_PERMISSION = re.compile(r"rak_\w+")

_stops_at: ContextVar[float | None] = ContextVar("podcastsvc_stripe_stops_at", default=None)


class Missing(NotFound):
    """Stripe has no such object. ``parameter`` names the one it looked for, such as "customer"."""

    def __init__(self, message: str, parameter: str | None) -> None:
        super().__init__(message)
        self.parameter = parameter


class Forbidden(Misconfigured):
    """The key is not allowed to do this. ``permission`` is Stripe's name for what it lacks; empty where it says none."""

    def __init__(self, permission: str) -> None:
        what = permission or sentence("for this call")
        super().__init__(
            sentence("The Stripe key lacks the permission %(name)s. Add it to the restricted key at Stripe.", name=what)
        )
        self.permission = permission


class Refused(Unavailable):
    """Stripe refused what we sent: a bug of ours, already logged with the request's id. The page says try again."""

    def __init__(self, message: str, code: str | None, parameter: str | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.parameter = parameter


class Gateway:
    """One Stripe account through one key. Made once; the client behind it is made at the first call, after any fork.

    ``call`` reaches the stand-in in process, ``base_address`` reaches it over HTTP; with neither it is Stripe itself.
    As it is, it suits jobs: it waits when Stripe asks for it. Pages use ``for_page()``.
    """

    def __init__(
        self,
        key: str,
        site: str,
        *,
        call: Call | None = None,
        base_address: str = "",
        retries: int = 2,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.site = site
        self.livemode = key.startswith(("sk_live_", "rk_live_"))
        self._line = _Line(lambda: _make_client(key, call, base_address, retries))
        self._sleep = sleep
        self._stop: float | None = None

    def is_ours(self, metadata: Mapping[str, str]) -> bool:
        """Whether an object carries our site id; a shared account holds others."""
        return metadata.get("site") == self.site

    def for_page(self, seconds: float = PAGE_SECONDS) -> "Gateway":
        """The same gateway for one page: all its calls together give up after that time, and none waits its turn (429)."""
        twin = copy(self)
        twin._stop = time.monotonic() + seconds
        return twin

    # --- account and customers

    def fetch_account(self) -> AccountFacts:
        """Id, mode and clock. A restricted key needs the permission to read the account."""

        def read(client: "stripe.StripeClient") -> AccountFacts:
            found = client.v1.accounts.retrieve_current()
            answer = found.last_response
            date = answer.headers.get("date") if answer is not None and answer.headers is not None else None
            clock_at = parsedate_to_datetime(date) if date else None
            return reading.read_account(found.to_dict(), livemode=self.livemode, clock_at=clock_at)

        return self.ask(read)

    def known_account(self) -> AccountFacts:
        """The same, asked once in the life of this gateway and its twins."""
        if self._line.account is None:
            self._line.account = self.fetch_account()
        return self._line.account

    def ensure_customer(self, payer: Payer) -> CustomerFacts:
        """Makes the member's customer; a repeated call within a day finds the one made first."""
        params = writing.write_customer(payer, self.site)
        purpose = f"customer.{payer.earlier}" if payer.earlier else "customer"
        key = make_options(purpose, payer.member_id, params)
        return self.fetch(reading.read_customer, lambda client: client.v1.customers.create(any_of(params), key))

    def update_customer(self, customer_id: str, payer: Payer) -> CustomerFacts:
        """Sets address, name and language. Raises Missing where the customer is gone."""
        params = any_of(writing.write_customer(payer, self.site))
        return self.fetch(reading.read_customer, lambda client: client.v1.customers.update(customer_id, params))

    def fetch_customer(self, customer_id: str) -> CustomerFacts:
        """A deleted customer is an answer (``is_deleted``); one that this key never knew raises Missing."""
        return self.fetch(reading.read_customer, lambda client: client.v1.customers.retrieve(customer_id))

    # --- checkout

    def create_checkout(self, request: CheckoutRequest) -> CheckoutFacts:
        """Opens a checkout session; the same request again gives the same session.

        Raises Missing with parameter "customer" where the customer is gone. Only Stripe knows whether a promotion code can
        still be used, so its refusal is no bug.
        """
        params = writing.write_checkout(request, self.site)
        # Not all that is bought is told to Stripe, so a changed choice may ask for the very same session.
        key = make_options("checkout", f"{request.order_id}.{request.revision}", params)
        return self.fetch(
            reading.read_checkout,
            lambda client: client.v1.checkout.sessions.create(any_of(params), key),
            quiet=request.promotion_code_id is not None,
        )

    def fetch_checkout(self, checkout_id: str) -> CheckoutFacts:
        return self.fetch(reading.read_checkout, lambda client: client.v1.checkout.sessions.retrieve(checkout_id))

    def expire_checkout(self, checkout_id: str) -> CheckoutFacts:
        """Closes an open session. One that is complete or expired already comes back as it is."""
        try:
            return self.fetch(
                reading.read_checkout, lambda client: client.v1.checkout.sessions.expire(checkout_id), quiet=True
            )
        except Refused:
            return self.fetch_checkout(checkout_id)

    # --- subscriptions

    def fetch_subscription(self, subscription_id: str) -> SubscriptionFacts:
        """The present state, with the newest invoice and the card. Raises Missing."""
        params = any_of({"expand": writing.SUBSCRIPTION_PARTS})
        return self.fetch(
            reading.read_subscription, lambda client: client.v1.subscriptions.retrieve(subscription_id, params)
        )

    def list_subscriptions(self, customer_id: str | None = None) -> list[SubscriptionFacts]:
        """All subscriptions in every status, of one customer or of the account, without their invoices and cards."""
        params: writing.Params = {"status": "all", "limit": 100}
        if customer_id is not None:
            params["customer"] = customer_id
        return self.fetch_all(reading.read_subscription, lambda client: client.v1.subscriptions.list(any_of(params)))

    def set_cancel(
        self, subscription_id: str, *, at_period_end: bool, feedback: str | None = None, comment: str = ""
    ) -> SubscriptionFacts:
        """Lets it end with its period, or takes that back. Raises Missing where it has ended for good."""
        facts = self.fetch_subscription(subscription_id)
        if at_period_end == (facts.ends_at is not None):
            return facts
        if at_period_end and facts.schedule_id is not None:
            # What a schedule plans stands in the way of ending, and there is nothing to plan any more.
            release = facts.schedule_id
            self.fetch(dict, lambda client: client.v1.subscription_schedules.release(release))
        params = writing.write_cancel(facts, at_period_end=at_period_end, feedback=feedback, comment=comment)
        return self.update_subscription(subscription_id, params)

    def cancel_now(self, subscription_id: str) -> SubscriptionFacts:
        """Ends it at once, without money back. Raises Missing where it has ended already."""
        params = any_of({"invoice_now": False, "prorate": False})
        return self.fetch(
            reading.read_subscription, lambda client: client.v1.subscriptions.cancel(subscription_id, params)
        )

    def update_subscription(
        self, subscription_id: str, params: writing.Params, purpose: str | None = None
    ) -> SubscriptionFacts:
        """Changes what ``params`` name; ``purpose`` makes the key of a change that moves money."""
        whole = any_of({**params, "expand": writing.SUBSCRIPTION_PARTS})
        key = make_options(purpose, subscription_id, params) if purpose is not None else any_of({})
        return self.fetch(
            reading.read_subscription, lambda client: client.v1.subscriptions.update(subscription_id, whole, key)
        )

    # --- how a call is made

    def fetch(
        self, reader: "Reader[T]", ask: "Callable[[stripe.StripeClient], stripe.StripeObject]", *, quiet: bool = False
    ) -> T:
        """One object, read."""
        return _read(reader, self.ask(lambda client: ask(client).to_dict(), quiet=quiet))

    def fetch_all(self, reader: "Reader[T]", ask: "Callable[[stripe.StripeClient], Any]") -> list[T]:
        """All pages of a list, read."""
        found = self.ask(lambda client: [each.to_dict() for each in ask(client).auto_paging_iter()])
        return [_read(reader, each) for each in found]

    def ask(self, ask: "Callable[[stripe.StripeClient], T]", *, quiet: bool = False) -> T:
        """One call. ``quiet``: a refusal is expected and no bug, so it is not logged as one."""
        import stripe

        waits = iter(() if self._stop is not None else _WAITS_SECONDS)
        with guard.outside("Stripe"), _until(self._stop):
            while True:
                try:
                    return ask(self._line.client)
                except stripe.RateLimitError as problem:
                    wait = next(waits, None)
                    if wait is None:
                        raise _translate(problem, quiet=quiet) from problem
                    self._sleep(wait)
                except stripe.StripeError as problem:
                    raise _translate(problem, quiet=quiet) from problem
                except _NONSENSE as problem:
                    log.exception("stripe answered with nonsense")
                    raise Unavailable(_UNKNOWN_FORM) from problem


class _Line:
    """The client, made once and shared by a gateway and its twins for pages."""

    def __init__(self, make: "Callable[[], stripe.StripeClient]") -> None:
        self._make = make
        self._lock = threading.Lock()
        self._client: stripe.StripeClient | None = None
        self.account: AccountFacts | None = None

    @property
    def client(self) -> "stripe.StripeClient":
        with self._lock:
            if self._client is None:
                self._client = self._make()
            return self._client


def _make_client(key: str, call: Call | None, base_address: str, retries: int) -> "stripe.StripeClient":
    import stripe

    unreachable: Any = stripe.APIConnectionError  # the package does not type its errors
    # Otherwise the package writes an identifier to a file in the home folder and sends the platform along.
    stripe.enable_telemetry = False
    # At debug level it logs whole answers, with people's addresses.
    logging.getLogger("stripe").setLevel(logging.WARNING)

    class InProcess(stripe.HTTPClient):
        name = "standin"

        def request(self, method: str, url: str, headers: Any, post_data: Any = None, **_: Any) -> Any:
            assert call is not None  # noqa: S101 -- used only with one
            try:
                status, given, body = call(method, url, dict(headers or {}), (post_data or "").encode())
            except (ConnectionError, TimeoutError) as problem:
                raise unreachable(str(problem), should_retry=True) from problem
            return body, status, _ignore_case(given)

    class Web(stripe.HTTPClient):
        name = "requests"

        def __init__(self) -> None:
            super().__init__()
            self._kept = threading.local()

        def request(self, method: str, url: str, headers: Any, post_data: Any = None, **_: Any) -> Any:
            stop = _stops_at.get()
            left = None if stop is None else stop - time.monotonic()
            if left is not None and left < 0.05:
                raise unreachable("no time is left for this page", should_retry=False)
            limits = (CONNECT_SECONDS, READ_SECONDS) if left is None else (min(CONNECT_SECONDS, left), left)
            session = getattr(self._kept, "session", None)
            client = stripe.RequestsClient(timeout=limits, session=session)
            if session is None:
                # Connections are kept per thread, as the package does; only the time limits differ from call to call.
                self._kept.session = client.requests.Session()
                client = stripe.RequestsClient(timeout=limits, session=self._kept.session)
            return client.request(method, url, headers, post_data)

    return stripe.StripeClient(
        key,
        http_client=Web() if call is None else InProcess(),
        max_network_retries=retries,
        base_addresses=any_of({"api": base_address} if base_address else {}),
    )


def _ignore_case(headers: Mapping[str, str]) -> Message:
    """Headers as the package expects them, found in any case."""
    kept = Message()
    for name, value in headers.items():
        kept[name] = value
    return kept


@contextmanager
def _until(stop: float | None) -> Iterator[None]:
    mark = _stops_at.set(stop)
    try:
        yield
    finally:
        _stops_at.reset(mark)


def any_of(params: Any) -> Any:
    """The package types each call's parameters; ours are written in ``asking`` and held against those types by a test."""
    return params


def make_options(purpose: str, our_id: object, params: writing.Params) -> Any:
    """The options of a call that makes something or moves money: its idempotency key."""
    return {"idempotency_key": writing.make_key(purpose, our_id, params)}


def _read(reader: Reader[T], found: Mapping[str, Any]) -> T:
    try:
        return reader(found)
    except _NONSENSE as problem:
        log.exception("stripe answered in an unknown form", extra={"object": str(found.get("id"))})
        raise Unavailable(_UNKNOWN_FORM) from problem


def _translate(problem: "stripe.StripeError", *, quiet: bool) -> Failure:
    """The table from Stripe's errors to our six kinds."""
    import stripe

    if isinstance(problem, stripe.AuthenticationError):
        return Misconfigured(
            N_("Stripe does not accept the secret key. Set STRIPE_SECRET_KEY to a key that is in use.")
        )
    if isinstance(problem, stripe.PermissionError):
        missing = _PERMISSION.search(problem.user_message or "")
        return Forbidden(missing.group() if missing else "")
    if isinstance(problem, stripe.CardError):
        return Invalid(problem.user_message or N_("The card was declined."))
    if isinstance(problem, stripe.InvalidRequestError) and problem.code == "resource_missing":
        return Missing(f"Stripe has no such {problem.param or 'object'}.", problem.param)
    if isinstance(problem, (stripe.InvalidRequestError, stripe.IdempotencyError)):
        if not quiet:
            fields = {"request": problem.request_id, "code": problem.code, "param": getattr(problem, "param", None)}
            log.error("stripe refused a request of ours", extra=fields)
        return Refused(_OUR_FAULT, problem.code, getattr(problem, "param", None))
    log.warning("stripe did not answer", extra={"request": problem.request_id, "status": problem.http_status})
    return Unavailable(_AWAY)


def verify(body: bytes, header: str | None, secrets: Sequence[str]) -> NoticeFacts:
    """The notice in a signed body, which is believed no further than that the object changed.

    Raises Invalid for a bad signature and for every other way in which hostile input makes the package or us stumble,
    and Misconfigured where there is no secret to check with: an empty one would let anybody sign.
    """
    import stripe

    usable = [secret for secret in secrets if secret.strip()]
    if not usable:
        raise Misconfigured("There is no webhook secret, so notices cannot be checked. Set STRIPE_WEBHOOK_SECRETS.")
    if not any(_is_signed(stripe.WebhookSignature, body, header, secret) for secret in usable):
        raise Invalid(N_("The signature is missing or wrong."))
    try:
        return reading.read_notice(json.loads(body))
    except (ValueError, TypeError, KeyError, AttributeError, OverflowError, OSError, RecursionError) as problem:
        raise Invalid(N_("The notice cannot be read.")) from problem


def _is_signed(checker: "type[stripe.WebhookSignature]", body: bytes, header: str | None, secret: str) -> bool:
    import stripe

    try:
        return bool(checker.verify_header(body, header, secret, TOLERANCE_SECONDS))
    except (stripe.SignatureVerificationError, ValueError, TypeError, AttributeError):
        return False
