"""What the mirror keeps and which letters a change calls for, as a pure matter."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from podcastsvc.billing.facts import InvoiceFacts, ItemFacts, PriceFacts, SubscriptionFacts
from podcastsvc.billing.following.rules import Links, Owed, Seen, list_owed, make_mirror
from podcastsvc.kit.money import Money
from podcastsvc.members.subscriptions import Account
from podcastsvc.storage.tables.billing import Subscription

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
DAY = timedelta(days=1)
GRACE = timedelta(days=21)
ACCOUNT = Account("acct_1", livemode=False)
LINKS = Links(7, "order", {"price_1": ("members", 1), "price_2": ("extra", 2)})
INVOICE = InvoiceFacts(
    id="in_1",
    status="open",
    created_at=NOW - DAY,
    due=Money(600, "EUR"),
    paid=Money(0, "EUR"),
    attempts=1,
    next_try_at=NOW + 2 * DAY,
    paid_at=None,
    customer_id="cus_1",
    subscription_id="sub_1",
    payment_id="pi_1",
    page_url=None,
    pdf_url=None,
)


def make_item(price_id, *, ends_at, amount=600, quantity=1):
    price = PriceFacts(price_id, "prod_1", Money(amount, "EUR"), "month", None, True, False, "inclusive", {})
    return ItemFacts(f"si_{price_id}", price, quantity, NOW - 20 * DAY, ends_at)


FACTS = SubscriptionFacts(
    id="sub_1",
    status="active",
    livemode=False,
    customer_id="cus_1",
    items=(make_item("price_1", ends_at=NOW + 10 * DAY),),
    currency="EUR",
    created_at=NOW - 20 * DAY,
    started_at=NOW - 20 * DAY,
    trial_end=None,
    cancel_at=None,
    cancel_at_period_end=False,
    canceled_at=None,
    ended_at=None,
    cancel_reason=None,
    cancel_feedback=None,
    is_collection_paused=False,
    latest_invoice=INVOICE,
    latest_invoice_id="in_1",
    card=None,
    metadata={},
)


def mirror(before=None, *, links=LINKS, unpaid_since=None, now=NOW, **changes):
    seen = Seen(replace(FACTS, **changes), unpaid_since)
    return make_mirror(seen, before, links, ACCOUNT, grace=GRACE, now=now)


def as_row(made):
    return Subscription(**{name: getattr(made, name) for name in made.__slots__}, version=1, synced_at=NOW)


def test_several_items_are_the_union_of_plans_with_the_earliest_end():
    items = (
        make_item("price_1", ends_at=NOW + 10 * DAY),
        make_item("price_2", ends_at=NOW + 3 * DAY, amount=200, quantity=2),
        make_item("price_of_others", ends_at=NOW + 5 * DAY, amount=9900),
    )

    made = mirror(items=items)

    assert (made.plans, made.period_end, made.amount_minor, made.price_id) == (
        ["extra", "members"],
        NOW + 3 * DAY,
        1000,
        1,
    )


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, None),
        ({"cancel_at": NOW + 4 * DAY}, NOW + 4 * DAY),
        ({"cancel_at_period_end": True}, NOW + 10 * DAY),
        ({"cancel_at_period_end": True, "cancel_at": NOW + 4 * DAY}, NOW + 4 * DAY),
    ],
)
def test_either_way_of_being_scheduled_to_end_is_seen(changes, expected):
    assert mirror(**changes).cancel_at == expected


def test_grace_counts_from_the_oldest_unpaid_invoice_and_does_not_move():
    first = mirror(status="past_due", unpaid_since=NOW - 5 * DAY)
    newer = replace(INVOICE, created_at=NOW + 20 * DAY)

    later = mirror(as_row(first), status="past_due", latest_invoice=newer)

    assert first.access_kept_until == later.access_kept_until == NOW - 5 * DAY + GRACE
    assert first.next_try_at == NOW + 2 * DAY


def test_paying_clears_the_grace_and_a_new_failure_begins_another():
    overdue = mirror(status="past_due", unpaid_since=NOW - 5 * DAY)

    paid = mirror(as_row(overdue))
    again = mirror(as_row(paid), status="past_due", unpaid_since=NOW)

    assert (paid.past_due_since, paid.access_kept_until, paid.next_try_at) == (None, None, None)
    assert again.access_kept_until == NOW + GRACE


def test_g4_each_pause_has_the_instant_at_which_it_was_first_seen():
    first = mirror(status="paused")
    still = mirror(as_row(first), status="paused", now=NOW + DAY)
    going_on = mirror(as_row(still), now=NOW + 2 * DAY)
    second = mirror(as_row(going_on), status="paused", now=NOW + 3 * DAY)

    assert [made.paused_since for made in (first, still, going_on, second)] == [NOW, NOW, None, NOW + 3 * DAY]


@pytest.mark.parametrize(
    ("before", "expected"),
    [
        (None, None),
        ({"status": "canceled"}, None),
        ({"status": "active"}, NOW + 7 * DAY),
        ({"cancel_at": NOW + 2 * DAY}, NOW + 2 * DAY),
        ({"status": "past_due"}, NOW + 7 * DAY),
    ],
)
def test_unknown_status_keeps_what_was_decided_for_a_week_at_most(before, expected):
    row = None if before is None else as_row(mirror(**before))

    first = mirror(row, status="resting")

    assert first.access_kept_until == expected
    assert mirror(as_row(first), status="dozing").access_kept_until == expected


CHANGES = {
    "first seen": (None, {}, [Owed("welcome")]),
    "first seen as a trial": (None, {"status": "trialing"}, [Owed("welcome")]),
    "unfinished, then paid": ({"status": "incomplete"}, {}, [Owed("welcome")]),
    "seen again": ({}, {}, []),
    "trial becomes paid": ({"status": "trialing"}, {}, []),
    "payment fails": ({}, {"status": "past_due"}, [Owed("payment_failed", "2026-05-31T12:00Z")]),
    "still failing": ({"status": "past_due"}, {"status": "past_due"}, []),
    "paid after all": ({"status": "past_due"}, {}, [Owed("payment_thanks", "2026-05-31T12:00Z")]),
    "unpaid, then paid": ({"status": "unpaid"}, {}, [Owed("welcome", "in_1")]),
    "leaving": ({}, {"cancel_at": NOW + DAY}, [Owed("cancelled", "2026-06-02T12:00Z")]),
    "leaving goes on": ({"cancel_at": NOW + DAY}, {"cancel_at": NOW + DAY}, []),
    "staying": ({"cancel_at": NOW + DAY}, {}, []),
    "planned end": ({"cancel_at": NOW + DAY}, {"status": "canceled", "cancel_at": NOW + DAY}, []),
    "ended by Stripe": ({"status": "past_due"}, {"status": "canceled"}, [Owed("ended", "2026-05-31T12:00Z")]),
    "made unpaid": ({"status": "past_due"}, {"status": "unpaid"}, [Owed("ended", "2026-05-31T12:00Z")]),
    "ended by the host": ({}, {"status": "canceled"}, [Owed("ended", "in_1")]),
    "unpaid, then ended": ({"status": "unpaid"}, {"status": "canceled"}, []),
    "never finished": ({"status": "incomplete"}, {"status": "incomplete_expired"}, []),
    "unknown word": ({}, {"status": "resting"}, []),
}


@pytest.mark.parametrize("case", CHANGES)
def test_letters_follow_from_the_change(case):
    before, after, owed = CHANGES[case]
    row = None if before is None else as_row(mirror(**before))

    assert list_owed(row, mirror(row, **after)) == owed


def test_bank_that_wants_confirmation_is_another_letter():
    row = as_row(mirror())

    owed = list_owed(row, mirror(row, status="past_due"), needs_confirmation=True)

    assert owed == [Owed("payment_confirm", "2026-05-31T12:00Z")]


def test_subscription_that_is_nobodys_owes_no_letters_until_it_is_linked():
    nobody = replace(LINKS, member_id=None)
    row = as_row(mirror(links=nobody))

    assert list_owed(None, mirror(links=nobody)) == []
    assert list_owed(row, mirror(row)) == [Owed("welcome")]
