"""Registering our webhook at Stripe, so that it tells us what changes."""

from dataclasses import dataclass
from urllib.parse import urlsplit

from podcastsvc.billing.account import check_account
from podcastsvc.billing.calls.ensuring import ensure_webhook
from podcastsvc.billing.facts import EndpointFacts
from podcastsvc.billing.gateway import Gateway
from podcastsvc.errors import Misconfigured
from podcastsvc.kit.language import sentence
from podcastsvc.settings import is_loopback
from podcastsvc.storage.db import Database


@dataclass(frozen=True, slots=True)
class Connected:
    """The endpoint, and what to do next. ``secret`` is there only where it was made just now: Stripe tells it once."""

    endpoint_id: str
    url: str
    secret: str | None
    advice: str


def connect(db: Database, gateway: Gateway, url: str) -> Connected:
    """Makes the endpoint in this version, or mends the one that is there. Can be run again any day.

    Raises Misconfigured for an address that Stripe cannot reach, and for a key of another account.
    """
    _check_address(url, livemode=gateway.livemode)
    check_account(db, gateway)
    endpoint = ensure_webhook(gateway, url)
    return Connected(endpoint.id, endpoint.url, endpoint.secret, _write_advice(endpoint))


def _check_address(url: str, *, livemode: bool) -> None:
    parts = urlsplit(url)
    if is_loopback(parts.hostname or ""):
        raise Misconfigured(
            sentence("Stripe cannot reach %(url)s. Set PODCASTSVC_BASE_URL to the site's public address.", url=url)
        )
    if livemode and parts.scheme != "https":
        raise Misconfigured(
            sentence("Stripe sends live notices to https only, not to %(url)s. Set PODCASTSVC_BASE_URL.", url=url)
        )


def _write_advice(endpoint: EndpointFacts) -> str:
    if endpoint.secret is not None:
        return (
            "Add this secret to PODCASTSVC_STRIPE_WEBHOOK_SECRETS (several are separated by commas) and start the site "
            "anew. It is shown this once. Then run `podcastsvc payments check`."
        )
    return (
        "The endpoint was there already, so its secret is not told again: Stripe's dashboard shows it under Webhooks. "
        "Run `podcastsvc payments check` next."
    )
