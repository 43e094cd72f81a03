"""Running on the stand-in: bringing its notices to the site, and moving its clock."""

import http.client
import logging
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from podcastsvc.billing import webhooks
from podcastsvc.billing.gateway import Gateway
from podcastsvc.billing.standin.app import Standin, make_test_key
from podcastsvc.billing.standin.notices import Post
from podcastsvc.billing.standin.transport import make_call
from podcastsvc.errors import Failure, Invalid
from podcastsvc.kit import clock, guard
from podcastsvc.storage.db import Database

log = logging.getLogger(__name__)

_SECONDS = 10.0
_MOST_ROUNDS = 1000


def make_gateway(standin: Standin, site: str) -> Gateway:
    """A gateway that reaches the stand-in in process: no port, and a single worker cannot wait for itself."""
    return Gateway(make_test_key(), site, call=make_call(standin))


def post_over_http(address: str, body: bytes, headers: dict[str, str]) -> int:
    """Sends a notice to the site's own route on this machine."""
    guard.leaving("the site's webhook")
    parts = urlsplit(address)
    connection = http.client.HTTPConnection(parts.hostname or "127.0.0.1", parts.port, timeout=_SECONDS)
    try:
        connection.request("POST", parts.path, body, headers)
        return connection.getresponse().status
    except http.client.HTTPException as problem:
        raise ConnectionError(str(problem)) from problem
    finally:
        connection.close()


def post_here(db: Database, secrets: Sequence[str]) -> Post:
    """Hands notices to ``webhooks.receive`` directly, for commands that run while no server does."""

    def post(_address: str, body: bytes, headers: dict[str, str]) -> int:
        header = next((value for name, value in headers.items() if name.lower() == "stripe-signature"), None)
        try:
            webhooks.receive(db, secrets, body, header, clock.now())
        except Invalid:
            return 400
        except Failure:
            return 503
        return 200

    return post


def deliver(standin: Standin, post: Post) -> int:
    """Sends all notices that can be sent now; how many were accepted."""
    accepted = 0
    for _ in range(_MOST_ROUNDS):
        done = standin.deliver_due(post)
        accepted += done
        if done == 0:
            break
    return accepted


def run_courier(standin: Standin, post: Post, stop: threading.Event, *, every_seconds: float = 0.5) -> None:
    """Delivers until told to stop; what the site does not take is tried again by the stand-in's own times."""
    while not stop.wait(every_seconds):
        try:
            if standin.has_notices():
                deliver(standin, post)
        except Exception:
            # The loop must outlive any one notice; the stand-in keeps what was not delivered.
            log.exception("the stand-in's notices were not delivered")


@dataclass(frozen=True, slots=True)
class Advanced:
    """What moving the clock did."""

    days: float
    notices: int


def advance(standin: Standin, post: Post, days: float) -> Advanced:
    """Moves the stand-in's clock and delivers what it said on the way. Raises Invalid for a span that it does not take."""
    try:
        standin.advance(days)
    except ValueError as problem:
        raise Invalid(str(problem)) from problem
    return Advanced(days, deliver(standin, post))
