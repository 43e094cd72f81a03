"""Members who come from another platform, with time that they have paid for or with a running subscription."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from podcastsvc.billing import moving_in
from podcastsvc.billing.following import recovery
from podcastsvc.billing.moving_in import read_table
from podcastsvc.errors import Conflict, Failure, Invalid, NotFound
from podcastsvc.kit import clock
from podcastsvc.members import feed_tokens
from podcastsvc.members.entitlements import Standing
from podcastsvc.storage.tables.billing import BillingCustomer, Grant, Subscription
from podcastsvc.storage.tables.member import Member
from tests.billing.conftest import START

TODAY = START.date()
RULES = {"plans": ["members"], "languages": ["en", "es"], "today": TODAY}


def move(till, text, *, invites=False):
    movers = read_table(text, **RULES)
    done = moving_in.move_in(till.desk, movers, invites=invites, now=clock.now())
    till.settle()
    return done


def find_link(till, email="ben@example.org"):
    member = till.get_member(email)
    with till.db.reading() as session:
        (link,) = feed_tokens.list_links(session, member.id)
    return feed_tokens.show_link(till.desk.keys, link).feed_token


def test_a_table_is_read_by_the_names_of_its_columns():
    text = '\ufeffName,E-Mail,EMAIL,plan,until,language\n"Calder, Ben",x,Ben@Example.org,members,2026-12-31,es\n'

    (mover,) = read_table(text, **RULES)

    assert (mover.line, mover.name, mover.address.email_key) == (2, "Calder, Ben", "ben@example.org")
    assert (mover.plan, mover.until, mover.language, mover.customer) == ("members", date(2026, 12, 31), "es", "")


@pytest.mark.parametrize(
    ("row", "says"),
    [
        ("nobody,members,,", "line 2"),
        ("a@example.org,gold,,", "There is no plan 'gold'. The plans are: members."),
        ("a@example.org,members,31.12.2026,", "'31.12.2026' is not a day such as 2027-03-14."),
        ("a@example.org,members,2020-01-01,", "2020-01-01 is over already."),
        ("a@example.org,,,sub_1", "'sub_1' is no customer of Stripe's; those begin with cus_."),
        ("a@example.org,,,", "Name a plan to give, or the customer at Stripe."),
        ("ok@example.org,members,,", "ok@example.org stands on line 2 already."),
    ],
)
def test_one_bad_line_keeps_the_whole_table_out_and_is_named(row, says):
    with pytest.raises(Invalid) as refused:
        read_table(f"email,plan,until,customer\n{row}\nok@example.org,members,,\n", **RULES)

    assert "Nothing was taken in." in refused.value.message
    assert says in refused.value.message


@pytest.mark.parametrize("text", ["", "name,plan\nBen,members\n", "\0", "email\n" * 2])
def test_a_file_that_is_no_such_table_is_refused(text):
    with pytest.raises(Invalid):
        read_table(text, **RULES)


@given(st.text())
def test_whatever_a_file_holds_it_is_read_or_refused(text):
    try:
        read_table(text, **RULES)
        read_table("email,plan\n" + text, **RULES)
    except Failure:
        pass


def test_41_members_from_another_platform_hear_until_their_day_and_keep_their_feed_address(till):
    done = move(till, "email,plan,until\nben@example.org,members,2026-03-14\n", invites=True)
    link = find_link(till)
    moved = till.entitlement()
    till.live(20, step=5)
    recovery.run_nightly(till.desk, clock.now())
    compared = till.entitlement()
    till.live(30, step=10)
    lapsed = till.entitlement()

    till.pay(till.join(member_id=till.get_member().id).url)
    till.settle()

    assert (done.members, done.given, done.problems) == (1, 1, [])
    assert (moved.standing, moved.until.date()) == (Standing.COMP, date(2026, 3, 14))
    assert compared == moved
    assert not lapsed.has_access
    assert till.entitlement().standing is Standing.ACTIVE
    assert find_link(till) == link
    assert till.letters()[0] == "moved_in"
    assert "What you have paid for lasts until 14 March 2026." in till.letter_text("moved_in")


def test_the_same_table_twice_changes_nothing_and_writes_once(till):
    text = "email,plan,until\nben@example.org,members,2026-03-14\n"
    move(till, text, invites=True)
    link = find_link(till)

    move(till, text, invites=True)

    assert [each.reason for each in till.rows(Grant) if each.reason == "import"] == ["import"]
    assert till.letters() == ["moved_in"]
    assert find_link(till) == link


def test_a_later_table_changes_the_day(till):
    move(till, "email,plan,until\nben@example.org,members,2026-03-14\n")

    move(till, "email,plan\nben@example.org,members\n")

    assert (till.entitlement().standing, till.entitlement().until) == (Standing.COMP, None)
    assert till.letters() == []


@pytest.fixture
def elsewhere(till):
    """A subscription that another platform sold in the same Stripe account: its customer, price, and id."""
    client = till.client()
    product = client.products.create({"name": "Patrons"})
    price = client.prices.create(
        {"product": product.id, "currency": "eur", "unit_amount": 700, "recurring": {"interval": "month"}}
    )
    opened = client.checkout.sessions.create(
        {
            "mode": "subscription",
            "line_items": [{"price": price.id, "quantity": 1}],
            "success_url": "http://127.0.0.1:9/done",
            "customer_email": "wallet@example.org",
        }
    )
    till.pay(opened.url, email="wallet@example.org")
    till.settle()
    bought = client.subscriptions.list().data[0]
    return str(bought.customer), price.id, bought.id


def test_42_subscriptions_moved_in_the_same_account_are_bound_by_customer_and_never_by_address(till, elsewhere):
    customer, price, subscription = elsewhere
    ours_before = till.rows(Subscription)
    first = move(till, f"email,customer\nben@example.org,{customer}\n")
    moving_in.adopt_price(till.desk, price, "members", clock.now())

    second = move(till, f"email,customer\nben@example.org,{customer}\n")

    assert ours_before == []
    assert first.subscriptions == 0
    assert price in first.problems[0]
    assert "payments adopt" in first.problems[0]
    assert (second.subscriptions, second.problems) == (1, [])
    (row,) = till.rows(Subscription)
    assert (row.stripe_id, row.member_id, row.plans) == (subscription, till.get_member().id, ["members"])
    assert till.entitlement().standing is Standing.ACTIVE
    assert till.get_member("wallet@example.org") is None
    assert till.letters() == []


def test_42_a_moved_subscription_renews_and_fails_like_any_other(till, elsewhere):
    customer, price, _subscription = elsewhere
    moving_in.adopt_price(till.desk, price, "members", clock.now())
    move(till, f"email,customer\nben@example.org,{customer}\n")

    till.live(40, step=10)

    assert till.entitlement().standing is Standing.ACTIVE
    assert till.rows(Subscription)[0].period_end > clock.now() - timedelta(days=1)


def test_a_customer_who_is_another_member_s_stays_theirs(till, elsewhere):
    customer, price, _subscription = elsewhere
    moving_in.adopt_price(till.desk, price, "members", clock.now())
    move(till, f"email,customer\nben@example.org,{customer}\n")

    done = move(till, f"email,customer\neve@example.org,{customer}\n")

    assert "belongs to another member already" in done.problems[0]
    assert not till.entitlement("eve@example.org").has_access
    assert len(till.rows(BillingCustomer)) == 1


def test_a_customer_that_stripe_does_not_know_is_named_and_the_others_are_bound(till, elsewhere):
    customer, price, _subscription = elsewhere
    moving_in.adopt_price(till.desk, price, "members", clock.now())

    done = move(till, f"email,customer\neve@example.org,cus_none\nben@example.org,{customer}\n")

    assert done.problems == ["line 2: customer cus_none is unknown to this Stripe account."]
    assert done.subscriptions == 1
    assert len(till.rows(Member)) == 3


def test_a_price_is_adopted_once_and_only_into_a_plan_that_exists(till, elsewhere):
    _customer, price, _subscription = elsewhere
    with pytest.raises(NotFound):
        moving_in.adopt_price(till.desk, price, "gold", clock.now())
    with pytest.raises(NotFound):
        moving_in.adopt_price(till.desk, "price_none", "members", clock.now())
    moving_in.adopt_price(till.desk, price, "members", clock.now())

    with pytest.raises(Conflict):
        moving_in.adopt_price(till.desk, price, "members", clock.now())
