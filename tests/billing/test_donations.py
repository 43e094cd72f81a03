"""Donations: what can be given, what a payment of one leads to, and what it never does."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from podcastsvc.billing import leaving, portal
from podcastsvc.billing.kinds import donation_offers, donations
from podcastsvc.billing.kinds.donation_offers import DonationOffer, read_wish
from podcastsvc.billing.letters import links
from podcastsvc.errors import Invalid, NotFound
from podcastsvc.kit import clock
from podcastsvc.kit.money import Money
from podcastsvc.members.entitlements import Standing
from podcastsvc.storage.tables.billing import BillingCustomer, Order, Payment, Subscription
from podcastsvc.storage.tables.member import Member
from tests.billing.till import FAILS_LATER, session_of

OFFER = DonationOffer(is_open=True)
HOST = "ada@example.org"


@pytest.mark.parametrize(
    ("form", "minor", "interval"),
    [
        ({"amount": "1000"}, 1000, "once"),
        ({"amount": "500", "interval": "month"}, 500, "month"),
        ({"amount": "other", "own": "12,50"}, 1250, "once"),
        ({"amount": "other", "own": "1"}, 100, "once"),
        ({"amount": "other", "own": "1000"}, 100_000, "once"),
    ],
)
def test_amounts_within_the_offer_are_taken(form, minor, interval):
    wish = read_wish(OFFER, form)

    assert (wish.money, wish.interval) == (Money(minor, "EUR"), interval)


@pytest.mark.parametrize(
    ("form", "field"),
    [
        ({}, "amount"),
        ({"amount": "700"}, "amount"),
        ({"amount": "-500"}, "amount"),
        ({"amount": "other"}, "own"),
        ({"amount": "other", "own": "0.99"}, "own"),
        ({"amount": "other", "own": "1000.01"}, "own"),
        ({"amount": "other", "own": "1.005"}, "own"),
        ({"amount": "other", "own": "ten"}, "own"),
        ({"amount": "500", "interval": "year"}, "interval"),
    ],
)
def test_everything_else_is_refused_beside_its_field(form, field):
    with pytest.raises(Invalid) as refused:
        read_wish(OFFER, form)

    assert list(refused.value.fields) == [field]


@pytest.fixture
def tied(till):
    """Who gives 10 euros or more each month has the plan of members."""
    with till.db.transaction() as session:
        donation_offers.save_offer(session, DonationOffer(is_open=True, plan="members", plan_minor=1000))
    return till


def give(till, minor, *, interval="month", member_id=None):
    """Gives as the form does, and pays."""
    with till.db.reading() as session:
        offer = donation_offers.find_offer(session)
    wish = read_wish(offer, {"amount": "other", "own": str(minor / 100), "interval": interval})
    details = donation_offers.write_details(wish, offer, is_member=member_id is not None)
    till.pay(till.donate(member_id=member_id, interval=interval, minor=minor, **details).url, email="ben@example.org")
    till.settle()


@pytest.mark.parametrize(
    ("minor", "interval", "has_access"),
    [(1000, "month", True), (2500, "month", True), (999, "month", False), (5000, "once", False)],
)
def test_a_plan_tied_to_an_amount_is_had_for_that_much_each_month(tied, minor, interval, has_access):
    ben = tied.sign_up("ben@example.org")

    give(tied, minor, interval=interval, member_id=ben)

    assert tied.entitlement().has_access is has_access
    assert tied.entitlement().audience.plans == (frozenset({"members"}) if has_access else frozenset())


def test_a_plan_that_was_promised_stays_whatever_the_host_says_later_and_ends_with_the_giving(tied):
    ben = tied.sign_up("ben@example.org")
    give(tied, 1000, member_id=ben)
    with tied.db.transaction() as session:
        donation_offers.save_offer(session, DonationOffer(is_open=True))
    row = tied.rows(Subscription)[0]

    tied.live(40)
    after_host = tied.entitlement().has_access
    tied.desk.gateway.cancel_now(row.stripe_id)
    tied.settle()

    assert after_host
    assert not tied.entitlement().has_access


def test_who_gives_less_at_stripe_than_was_agreed_has_the_plan_no_more(tied):
    give(tied, 1000, member_id=tied.sign_up("ben@example.org"))
    row = tied.rows(Subscription)[0]
    item = tied.desk.gateway.fetch_subscription(row.stripe_id).items[0]

    less = {"currency": "eur", "product": item.price.product_id, "unit_amount": 500, "recurring": {"interval": "month"}}
    price = tied.client().prices.create(less)
    tied.client().subscriptions.update(row.stripe_id, {"items": [{"id": item.id, "price": price.id}]})
    tied.settle()

    assert tied.rows(Subscription)[0].amount_minor == 500
    assert not tied.entitlement().has_access


def test_who_gives_without_an_account_is_promised_nothing(tied):
    give(tied, 2500)

    assert tied.rows(Subscription)[0].plans == []
    assert "plan" not in tied.rows(Order)[0].details


@pytest.mark.parametrize("minor", [0, -1, 200_000])
def test_a_plan_needs_an_amount_that_can_be_given(minor):
    with pytest.raises(Invalid) as refusal:
        donation_offers.check_offer(DonationOffer(plan="members", plan_minor=minor))

    assert set(refusal.value.fields) == {"plan_from"}


def test_no_monthly_donation_where_the_host_takes_none():
    with pytest.raises(Invalid):
        read_wish(DonationOffer(has_monthly=False), {"amount": "500", "interval": "month"})


@given(st.text(), st.text(), st.text())
def test_no_form_gives_more_than_the_bounds(amount, own, interval):
    try:
        wish = read_wish(OFFER, {"amount": amount, "own": own, "interval": interval})
    except Invalid:
        return
    assert OFFER.least_minor <= wish.money.amount_minor <= OFFER.most_minor


@pytest.mark.parametrize(
    "change",
    [
        {"currency": "EU"},
        {"amounts": ()},
        {"amounts": (1, 2, 3, 4, 5, 6)},
        {"amounts": (50,)},
        {"amounts": (200_000,)},
        {"least_minor": 0},
        {"most_minor": 10**9},
    ],
)
def test_settings_that_cannot_be_offered_are_refused(till, change):
    with till.db.transaction() as session, pytest.raises(Invalid):
        donation_offers.save_offer(session, DonationOffer(**change))


def test_settings_are_kept(till):
    offer = DonationOffer(is_open=True, currency="USD", amounts=(700,), has_monthly=False)
    with till.db.transaction() as session:
        assert not donation_offers.find_offer(session).is_open
        donation_offers.save_offer(session, offer)

    with till.db.reading() as session:
        assert donation_offers.find_offer(session) == offer


def test_a_visitor_gives_once_and_becomes_nobody(till):
    before = len(till.rows(Member))
    opened = till.donate(interval="once", name="Ben", message="Keep going.")

    till.pay(opened.url)
    done = till.come_back(session_of(opened.url))
    till.settle()

    assert (done.state, done.kind) == ("paid", "donation")
    assert [(each.kind, each.amount_minor, each.member_id) for each in till.rows(Payment)] == [("donation", 500, None)]
    assert len(till.rows(Member)) == before
    assert till.rows(Subscription) == []
    assert till.letters() == ["donation_thanks"]
    assert till.letters(HOST) == ["host_donation"]
    assert "Keep going." in till.letter_text("host_donation")


def test_fulfilling_again_thanks_nobody_twice(till):
    opened = till.donate(interval="once")
    till.pay(opened.url)

    for _ in range(3):
        till.come_back(session_of(opened.url))
        till.settle()

    assert till.letters() == ["donation_thanks"]
    assert till.letters(HOST) == ["host_donation"]


def test_a_member_gives_each_month_and_hears_what_they_heard_before(till):
    member_id = till.sign_up("ben@example.org")

    till.pay(till.donate(member_id=member_id).url)
    till.settle()

    (row,) = till.rows(Subscription)
    assert (row.kind, row.member_id, row.plans) == ("donation", member_id, [])
    assert till.entitlement().standing is Standing.NONE
    assert [each.member_id for each in till.rows(BillingCustomer)] == [member_id]
    with till.db.reading() as session:
        assert [each.stripe_id for each in donations.list_monthly(session, member_id)] == [row.stripe_id]


def test_who_gives_each_month_can_join_as_well(till):
    member_id = till.sign_up("ben@example.org")
    till.pay(till.donate(member_id=member_id).url)
    till.settle()

    till.pay(till.join(member_id=member_id).url)
    till.settle()

    assert till.entitlement().standing is Standing.ACTIVE
    assert till.refunds() == []
    assert sorted(each.kind for each in till.rows(Subscription)) == ["donation", "membership"]


def test_a_donation_that_fails_later_says_nothing_about_a_membership(till):
    till.pay(till.donate(member_id=till.sign_up("ben@example.org")).url, FAILS_LATER)
    till.settle()

    till.live(days=80, step=4)

    assert set(till.letters()) == {"donation_thanks"}


def test_the_letter_s_link_opens_the_portal_of_the_donation_and_of_nothing_else(till):
    till.pay(till.donate().url)
    till.settle()
    (row,) = till.rows(Subscription)
    token = links.write_link(till.desk, "give", row.stripe_id, "en").rsplit("/", 1)[1]

    address = portal.open_donation(till.desk, links.read_link(till.desk.keys, "give", token), language="en")

    assert "/portal/" in address
    assert token in till.letter_text("donation_thanks") or "/billing/give/" in till.letter_text("donation_thanks")
    with pytest.raises(NotFound):
        links.read_link(till.desk.keys, "fix", token)
    membership = till.subscribe("dev@example.org")
    with pytest.raises(NotFound):
        portal.open_donation(till.desk, membership.stripe_id, language="en")


def test_leaving_ends_the_membership_and_not_the_donation(till):
    member_id = till.sign_up("ben@example.org")
    till.pay(till.join(member_id=member_id).url)
    till.settle()
    till.move(minutes=5)
    till.pay(till.donate(member_id=member_id).url)
    till.settle()

    left = portal.leave(till.desk, member_id)

    assert left.kind == "membership"
    assert {each.kind: each.cancel_at is not None for each in till.rows(Subscription)} == {
        "membership": True,
        "donation": False,
    }


def test_donations_are_listed_newest_first_with_who_gave(till):
    till.pay(till.donate(interval="once", name="Ben").url)
    till.settle()
    till.move(days=1)
    till.pay(till.donate(member_id=till.sign_up("dev@example.org"), minor=900).url, email="dev@example.org")
    till.settle()
    till.donate()

    with till.db.reading() as session:
        found = donations.list_donations(session, limit=10)
        total = donations.count_donations(session)

    assert [(each.email, each.order.amount_minor) for each in found] == [
        ("dev@example.org", 900),
        ("ben@example.org", 500),
    ]
    assert total == 2
    assert found[0].subscription is not None
    assert clock.now() > found[0].order.paid_at


def test_a_removed_giver_leaves_no_words(till):
    member_id = till.sign_up("ben@example.org")
    till.pay(till.donate(member_id=member_id, name="Ben", message="Keep going.").url)
    till.settle()

    leaving.remove_member(till.db, till.desk.gateway, member_id, clock.now())

    assert [(each.details, each.email) for each in till.rows(Order)] == [({}, None)]
    assert till.client().subscriptions.list({"status": "canceled"}).data


def test_an_open_donation_is_no_promise(till):
    till.donate()

    assert [each.state for each in till.rows(Order)] == ["open"]
    assert till.letters(HOST) == []
