"""kill -9 of the server between the click on "Pay" and access: nothing is lost, nothing happens twice."""

import contextlib
import threading
import time

import pytest

from tests.flows.visitor import Visitor
from tests.site import wait_for


def standing(site):
    return next((row["standing"] for row in site.ask("members", "list") if row["email"] == "ben@example.org"), "none")


@pytest.mark.timeout(240)
@pytest.mark.parametrize("wait_seconds", [0.0, 0.05, 0.15, 0.4, 1.0])
def test_a_server_killed_after_the_click_on_pay_gives_access_after_its_restart(live_server, wait_seconds):
    ben = Visitor(live_server.base_url)
    checkout = ben.send(ben.get("/join"), "Continue to payment", email="ben@example.org")

    def pay():
        # The connection breaks when the server dies; what was paid until then counts.
        with contextlib.suppress(OSError):
            ben.send(checkout, "Pay €60", number="4242 4242 4242 4242", expiry="12/34", cvc="123")

    click = threading.Thread(target=pay)
    click.start()
    time.sleep(wait_seconds)
    live_server.kill()
    click.join()
    live_server.start()
    if not was_paid(live_server, checkout.url):
        ben.send(ben.get(checkout.url), "Pay €60", number="4242 4242 4242 4242", expiry="12/34", cvc="123")

    wait_for(lambda: standing(live_server) == "active", "access", live_server.read_log, seconds=90)
    # A job that was worked on at the kill is taken up when its lease of a minute has passed.
    wait_for(lambda: live_server.letters_to("ben@example.org"), "the letter", live_server.read_log, seconds=90)
    report = live_server.ask("payments", "sync")

    assert report["repaired"] == []
    assert len([row for row in live_server.ask("members", "list") if row["email"] == "ben@example.org"]) == 1
    assert len(live_server.letters_to("ben@example.org")) == 1


def was_paid(site, checkout_url):
    """Whether the stand-in has taken the payment: its page then leads back to us."""
    visitor = Visitor(site.base_url)
    return "Security code" not in visitor.get(checkout_url).text
