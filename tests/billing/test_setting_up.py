"""Permissions are tried by calls that change nothing, and a notice that comes back proves the webhook."""

import re
from datetime import timedelta
from pathlib import Path
from threading import Barrier, Thread

import pytest

from podcastsvc.billing.calls.ensuring import ensure_webhook, list_webhooks
from podcastsvc.billing.setting_up import checks, proving
from podcastsvc.billing.setting_up.permissions import PERMISSIONS, list_lacks
from podcastsvc.billing.standin.faults import Faults
from podcastsvc.errors import Misconfigured, Unavailable
from podcastsvc.kit import clock
from podcastsvc.kit.language import translate
from podcastsvc.storage.tables.billing import BillingCustomer

URL = "http://127.0.0.1:8000/webhooks/stripe"
# What the stand-in calls the nouns of each permission.
NOUNS = {
    "customers": "Customers",
    "products": "Products",
    "prices": "Prices",
    "coupons": "Coupons",
    "promotion_codes": "Promotion Codes",
    "checkout": "Checkout Sessions",
    "subscriptions": "Subscriptions",
    "subscription_schedules": "Subscriptions",
    "invoices": "Invoices",
    "invoice_payments": "Invoice Payments",
    "payment_intents": "PaymentIntents",
    "charges": "Charges and Refunds",
    "refunds": "Charges and Refunds",
    "disputes": "Disputes",
    "billing_portal": "Customer portal",
    "events": "Events",
    "webhook_endpoints": "Webhook Endpoints",
}


def objects(till):
    with till.standin.store.transaction() as connection:
        return sorted(tuple(row) for row in connection.execute("SELECT id, kind FROM object"))


def check(till, **values):
    return checks.check(till.desk, **{"mode": "sim", "webhook_url": URL, "now": clock.now(), **values})


@pytest.mark.parametrize(("noun", "name"), NOUNS.items())
def test_each_permission_that_is_missing_is_found_alone(till, noun, name):
    till.standin.set_faults(Faults(forbidden=noun))

    assert [each.permission.name for each in list_lacks(till.desk.gateway)] == [name]


def test_every_permission_is_among_those_that_are_tried():
    assert {each.name for each in PERMISSIONS} == set(NOUNS.values())


def test_looking_makes_and_changes_nothing_at_stripe(till):
    till.subscribe()
    before = objects(till)

    assert list_lacks(till.desk.gateway) == []
    findings = check(till)

    assert objects(till) == before
    assert {each.level for each in findings if each.step == "key"} == {"ok"}


def test_looking_while_stripe_is_away_stops_at_once(till):
    till.standin.set_faults(Faults(answer="500"))

    with pytest.raises(Unavailable):
        list_lacks(till.desk.gateway)
    assert check(till)[-1].level == "fail"


def test_a_key_that_only_lacks_the_webhook_s_right_is_warned_of(till):
    till.standin.set_faults(Faults(forbidden="webhook_endpoints"))

    found = next(each for each in check(till) if "Webhook Endpoints" in each.what)

    assert found.level == "warn"


def test_findings_can_be_said_in_spanish(till):
    till.standin.set_faults(Faults(forbidden="refunds"))
    for each in check(till, has_secret=False):
        said = translate(each.what, "es")
        assert said
        if each.level != "ok" and each.advice:
            assert translate(each.advice, "es") != each.advice


def test_a_notice_that_comes_back_proves_the_webhook_and_leaves_nothing(till):
    before = {row for row in objects(till) if row[1] == "customer"}

    proving.begin(till.desk, clock.now())
    with till.db.reading() as session:
        waiting = proving.look(session, clock.now())
    till.deliver()
    with till.db.reading() as session:
        proven = proving.look(session, clock.now())

    assert (waiting.state, proven.state) == ("waiting", "proven")
    assert till.rows(BillingCustomer) == []
    customer = next(row[0] for row in objects(till) if row[1] == "customer" and row not in before)
    assert till.desk.gateway.fetch_customer(customer).is_deleted


def test_a_notice_that_does_not_come_is_late_after_a_minute(till):
    proving.begin(till.desk, clock.now())
    till.move(seconds=61)

    with till.db.reading() as session:
        found = proving.look(session, clock.now())

    assert (found.state, found.was_refused) == ("late", False)


def test_a_refused_notice_is_remembered_once_and_for_ten_minutes(till):
    proving.note_refused(till.db, clock.now())
    with till.db.reading() as session:
        nothing = proving.look(session, clock.now())
    proving.begin(till.desk, clock.now())
    proving.note_refused(till.db, clock.now() + timedelta(minutes=11))
    with till.db.reading() as session:
        later = proving.look(session, clock.now())
    proving.note_refused(till.db, clock.now())
    with till.db.reading() as session:
        now = proving.look(session, clock.now())

    assert (nothing.state, later.was_refused, now.was_refused) == ("none", False, True)


def test_a_proof_without_the_right_says_which_one(till):
    till.standin.set_faults(Faults(forbidden="customers"))

    with pytest.raises(Misconfigured, match="rak_customers_write"):
        proving.begin(till.desk, clock.now())


def test_a_proof_cut_short_is_cleared_by_the_next(till):
    proving.begin(till.desk, clock.now())
    till.move(seconds=5)
    proving.begin(till.desk, clock.now())
    till.settle()

    customers = [row[0] for row in objects(till) if row[1] == "customer"]
    assert all(till.desk.gateway.fetch_customer(each).is_deleted for each in customers)


def test_two_who_connect_at_once_make_one_endpoint_and_get_its_secret(till):
    url, barrier, made = "https://show.example/webhooks/stripe", Barrier(2), []

    def connect():
        barrier.wait()
        made.append(ensure_webhook(till.desk.gateway, url))

    threads = [Thread(target=connect) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    there = [each.id for each in list_webhooks(till.desk.gateway) if each.url == url]
    assert len(there) == 1
    assert {each.id for each in made} == set(there)


def test_an_endpoint_that_was_deleted_is_made_anew(till):
    url = "https://show.example/webhooks/stripe"
    first = ensure_webhook(till.desk.gateway, url)
    till.client().webhook_endpoints.delete(first.id)

    second = ensure_webhook(till.desk.gateway, url)

    assert second.id != first.id
    assert second.secret
    assert ensure_webhook(till.desk.gateway, url).id == second.id


def test_the_operators_page_lists_the_permissions_as_they_are():
    text = (Path(__file__).parents[2] / "docs" / "operator.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| ([\w ]+) \| (read|write) \| .+ \|$", text, re.MULTILINE)

    assert rows == [("Account", "read"), *((each.name, each.level) for each in PERMISSIONS)]
