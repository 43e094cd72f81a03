"""Groups: one pays, others take seats by a link; more seats and fewer; and what follows from the payer's card."""

from datetime import UTC, datetime, timedelta
from threading import Barrier, Thread

import pytest
from hypothesis import given
from hypothesis import strategies as st

from podcastsvc.billing import leaving, merging, plans
from podcastsvc.billing.accounting import overview
from podcastsvc.billing.changing import plan_change
from podcastsvc.billing.following import recovery
from podcastsvc.billing.groups import links, resizing, seating
from podcastsvc.billing.standin.faults import Faults
from podcastsvc.errors import Conflict, Invalid
from podcastsvc.kit import clock
from podcastsvc.kit.keys import Keys
from podcastsvc.kit.money import Money
from podcastsvc.members import seats
from podcastsvc.members.entitlements import Agreement, Standing, entitle
from podcastsvc.storage.tables.billing import Order, Payment, Subscription
from podcastsvc.storage.tables.member import Member
from podcastsvc.storage.tables.offer import Seat
from tests.billing.till import DECLINED, FAILS_LATER


@pytest.fixture
def group(till):
    """Ben pays each month for four people."""
    sell(till)
    till.subscribe(people=4)
    return till


def sell(till, most=10):
    with till.db.transaction() as session:
        plans.set_seats(session, "members", most)


def read_code(till, email="ben@example.org"):
    payer_id = pays(till, email)
    with till.db.transaction() as session:
        return links.show_code(till.desk.keys, links.get_link(session, till.desk.keys, payer_id, clock.now()))


def pays(till, email="ben@example.org"):
    return till.get_member(email).id


def take(till, email, code=None):
    member_id, code = till.sign_up(email), code or read_code(till)
    with till.db.transaction() as session:
        return seating.take(session, code, member_id, clock.now())


def take_back(till, email):
    payer_id, holder_id = pays(till), pays(till, email)
    with till.db.transaction() as session:
        return seating.take_back(session, payer_id, holder_id, clock.now())


def standings(till, *emails):
    return [str(till.entitlement(email).standing) for email in emails]


def change(till, size):
    found = resizing.preview(till.desk, pays(till), size, clock.now())
    return found, resizing.resize(till.desk, pays(till), found.token)


def test_one_pays_for_four_and_three_take_seats(group):
    answers = [take(group, f"{name}@example.org") for name in ("cleo", "dev", "eve", "finn")]
    group.work()

    assert answers == ["mine", "mine", "mine", "full"]
    assert standings(group, "cleo@example.org", "dev@example.org", "finn@example.org") == ["seat", "seat", "none"]
    assert group.entitlement("dev@example.org").audience.plans == frozenset({"members"})
    assert [each.amount_minor for each in group.rows(Payment)] == [2400]
    assert (group.rows(Order)[0].quantity, group.rows(Subscription)[0].quantity) == (4, 4)
    assert group.letters("dev@example.org") == ["seat_taken"]
    assert group.letters("ben@example.org") == ["welcome", *["seat_filled"] * 3]
    assert "It is for 4 people" in group.letter_text("welcome")


def test_last_seat_wanted_by_four_at_the_same_time_is_taken_once(till):
    sell(till)
    till.subscribe(people=2)
    code = read_code(till)
    people = [till.sign_up(f"dev{number}@example.org") for number in range(4)]
    barrier, outcomes = Barrier(4), []

    def sit(member_id):
        barrier.wait()
        with till.db.transaction() as session:
            outcomes.append(seating.take(session, code, member_id, clock.now()))

    threads = [Thread(target=sit, args=(member_id,)) for member_id in people]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(outcomes) == ["full", "full", "full", "mine"]
    assert [each.position for each in till.rows(Seat)] == [1]


def test_seat_is_taken_once_however_often_it_is_asked_for(group):
    assert [take(group, "dev@example.org") for _ in range(3)] == ["mine", "mine", "mine"]
    group.work()

    assert len(group.rows(Seat)) == 1
    assert group.letters("dev@example.org") == ["seat_taken"]


def test_payer_and_whoever_pays_for_themselves_take_no_seat(group):
    group.subscribe("cleo@example.org")

    assert take(group, "ben@example.org") == "own"
    assert take(group, "cleo@example.org") == "paying"
    assert group.rows(Seat) == []


def test_whoever_has_cancelled_their_own_membership_may_sit_down(group):
    row = group.subscribe("cleo@example.org")
    group.desk.gateway.set_cancel(row.stripe_id, at_period_end=True)
    group.sync(row.stripe_id)

    assert take(group, "cleo@example.org") == "mine"


def test_gift_stays_unused_while_somebody_else_pays_for_a_seat(group):
    take(group, "dev@example.org")
    code = group.buy_gift("cleo@example.org")

    refused = group.redeem(code)
    take_back(group, "dev@example.org")

    assert refused.outcome == "running"
    assert group.redeem(code).outcome == "taken"


def test_seat_taken_back_ends_access_and_frees_the_place(group):
    for name in ("cleo", "dev", "eve"):
        take(group, f"{name}@example.org")
    group.work()

    assert take_back(group, "cleo@example.org")
    group.work()

    assert standings(group, "cleo@example.org", "dev@example.org", "eve@example.org") == ["none", "seat", "seat"]
    assert group.letters("cleo@example.org") == ["seat_taken", "seat_ended"]
    assert sorted(each.position for each in group.rows(Seat)) == [1, 2]
    assert take(group, "finn@example.org") == "mine"
    assert not take_back(group, "cleo@example.org")


def test_new_link_stops_the_old_one_and_leaves_the_seats(group):
    old = read_code(group)
    take(group, "dev@example.org", old)

    payer_id = pays(group)
    with group.db.transaction() as session:
        links.renew_link(session, group.desk.keys, payer_id, clock.now())

    assert take(group, "eve@example.org", old) == "over"
    assert take(group, "finn@example.org") == "mine"
    assert standings(group, "dev@example.org") == ["seat"]


def test_link_of_a_lost_key_still_opens_and_is_not_shown(group):
    code = read_code(group)
    other = Keys({"aaaaaaaa": bytes(range(32))})

    with group.db.reading() as session:
        kept = links.find_by_code(session, code.upper())

    assert kept.payer_id == pays(group)
    assert links.show_code(other, kept) is None
    assert links.show_code(Keys({kept.code_key_id: bytes(range(32))}), kept) is None


def test_failed_payment_keeps_the_seats_through_the_grace_and_no_longer(till):
    sell(till)
    till.subscribe(card=FAILS_LATER, people=3)
    take(till, "dev@example.org")
    till.work()

    till.live(40)
    in_grace = till.entitlement("dev@example.org")
    till.live(21)

    assert (in_grace.standing, in_grace.needs_card, in_grace.until) == (Standing.SEAT, False, None)
    assert standings(till, "ben@example.org", "dev@example.org") == ["ended", "ended"]
    assert till.letters("dev@example.org") == ["seat_taken", "seat_ended"]


def test_payer_who_leaves_and_comes_back_finds_the_seats_as_they_were(group):
    take(group, "dev@example.org")
    group.work()
    row = group.rows(Subscription)[0]
    group.desk.gateway.cancel_now(row.stripe_id)
    group.settle()
    gone = standings(group, "dev@example.org")

    group.move(days=30)
    group.subscribe(member_id=pays(group), people=2)

    assert (gone, standings(group, "dev@example.org")) == (["ended"], ["seat"])
    assert group.letters("dev@example.org") == ["seat_taken", "seat_ended"]


def test_planned_end_is_shown_to_whoever_sits_there(group):
    take(group, "dev@example.org")
    row = group.rows(Subscription)[0]

    group.desk.gateway.set_cancel(row.stripe_id, at_period_end=True)
    group.settle()

    found = group.entitlement("dev@example.org")
    assert (found.standing, found.until) == (Standing.SEAT, group.rows(Subscription)[0].cancel_at)


def test_more_seats_cost_today_what_the_preview_said(group):
    for name in ("cleo", "dev", "eve"):
        take(group, f"{name}@example.org")
    group.move(days=10)

    found, outcome = change(group, 6)
    group.settle()

    row = group.rows(Subscription)[0]
    assert (outcome, row.quantity, row.amount_minor) == ("changed", 6, 3600)
    assert 700 < found.due.amount_minor < 1200
    assert found.each_time == Money(3600, "EUR")
    assert sorted(each.amount_minor for each in group.rows(Payment)) == sorted([2400, found.due.amount_minor])
    assert take(group, "finn@example.org") == "mine"


def test_more_seats_on_a_card_that_is_declined_leave_all_as_it_was(till):
    sell(till)
    till.subscribe(card=FAILS_LATER, people=2)
    till.move(days=10)

    found, outcome = change(till, 5)
    till.settle()

    row = till.rows(Subscription)[0]
    assert (outcome, row.quantity, row.amount_minor, row.status) == ("declined", 2, 1200, "active")
    assert found.due.amount_minor > 0
    assert len(till.rows(Payment)) == 1


def test_fewer_seats_cost_less_from_the_next_period_on(group):
    take(group, "dev@example.org")

    found, outcome = change(group, 2)
    group.settle()
    group.live(32)

    assert (outcome, found.due.amount_minor, found.each_time) == ("changed", 0, Money(1200, "EUR"))
    assert sorted(each.amount_minor for each in group.rows(Payment)) == [1200, 2400]
    assert standings(group, "dev@example.org") == ["seat"]
    assert take(group, "finn@example.org") == "full"


def test_fewer_seats_than_are_taken_are_refused(group):
    for name in ("cleo", "dev"):
        take(group, f"{name}@example.org")

    with pytest.raises(Invalid, match="Take seats back first: 2 are taken"):
        change(group, 2)


@pytest.mark.parametrize("size", [0, 11, 4])
def test_size_out_of_bounds_or_the_same_is_refused(group, size):
    with pytest.raises(Invalid) as refusal:
        change(group, size)

    assert set(refusal.value.fields) == {"size"}
    assert group.rows(Subscription)[0].quantity == 4


def test_confirmation_of_a_size_serves_once_its_own_group_and_not_for_ever(group):
    group.subscribe("cleo@example.org", people=2)
    found = resizing.preview(group.desk, pays(group), 5, clock.now())

    with pytest.raises(Conflict):
        resizing.resize(group.desk, pays(group, "cleo@example.org"), found.token)
    with pytest.raises(Conflict):
        resizing.resize(group.desk, pays(group), found.token + "x")
    group.move(hours=2)
    with pytest.raises(Conflict):
        resizing.resize(group.desk, pays(group), found.token)
    assert [each.quantity for each in group.rows(Subscription)] == [4, 2]


def test_host_who_lowers_the_number_at_stripe_takes_the_last_seats_away(group):
    for name in ("cleo", "dev", "eve"):
        take(group, f"{name}@example.org")
    row = group.rows(Subscription)[0]
    item = group.desk.gateway.fetch_subscription(row.stripe_id).items[0]

    group.client().subscriptions.update(row.stripe_id, {"items": [{"id": item.id, "quantity": 2}]})
    group.settle()

    payer_id = pays(group)
    with group.db.reading() as session:
        found = seating.find_group(session, payer_id, clock.now())
    assert standings(group, "cleo@example.org", "dev@example.org", "eve@example.org") == ["seat", "none", "none"]
    assert (found.free, found.beyond) == (0, 2)


def test_comparison_repairs_a_number_whose_notice_was_lost(group):
    for name in ("cleo", "dev"):
        take(group, f"{name}@example.org")
    row = group.rows(Subscription)[0]
    item = group.desk.gateway.fetch_subscription(row.stripe_id).items[0]
    group.standin.set_faults(Faults(drop_notices=True))
    group.client().subscriptions.update(row.stripe_id, {"items": [{"id": item.id, "quantity": 2}]})
    group.settle()
    before = standings(group, "dev@example.org")

    report = recovery.sync(group.desk, clock.now())

    assert report.repaired == [row.stripe_id]
    assert (before, standings(group, "dev@example.org")) == (["seat"], ["none"])


@pytest.mark.parametrize(
    ("people", "interval", "message"),
    [(11, "month", "from 1 to 10"), (0, "month", "from 1 to 10"), (2, "once", "is for one person")],
)
def test_more_people_than_a_price_is_sold_to_are_refused(till, people, interval, message):
    sell(till)
    if interval == "once":
        with till.db.transaction() as session:
            plans.set_price(session, "members", "once", Money(9000, "EUR"), clock.now())

    with pytest.raises(Invalid, match=message) as refusal:
        till.join(people=people, interval=interval)

    assert set(refusal.value.fields) == {"seats"}
    assert till.rows(Order) == []


def test_plan_for_one_is_sold_to_one(till):
    with pytest.raises(Invalid, match="is for one person"):
        till.join(people=2)


def test_group_changes_its_plan_as_a_whole_and_to_plans_for_as_many(group):
    group.add_plan("gold", 2000)
    payer_id = pays(group)
    with group.db.reading() as session:
        before = plan_change.find_offer(session, payer_id, "en")
    with group.db.transaction() as session:
        plans.set_seats(session, "gold", 10)
    with group.db.reading() as session:
        after = plan_change.find_offer(session, payer_id, "en")
    year = next(each for each in after.options if each.price.interval == "year")

    preview = plan_change.preview(group.desk, pays(group), year.price.id, "en", clock.now())
    plan_change.change_now(group.desk, pays(group), preview.token, "en")
    group.settle()

    row = group.rows(Subscription)[0]
    assert {each.price.plan_key for each in before.options} == {"members"}
    assert {each.price.plan_key for each in after.options} == {"members", "gold"}
    assert (row.interval, row.quantity, row.amount_minor) == ("year", 4, 24000)


def test_monthly_income_counts_a_group_by_what_it_pays(group):
    with group.db.reading() as session:
        found = overview.read_overview(session, clock.now())

    assert found.monthly[0].memberships == Money(2400, "EUR")
    assert [each.month for each in found.plans] == [4]


def test_account_that_goes_frees_its_seats_and_ends_its_group(group):
    for name in ("cleo", "dev"):
        take(group, f"{name}@example.org")
    group.work()
    cleo = pays(group, "cleo@example.org")

    leaving.remove_member(group.db, group.desk.gateway, cleo, clock.now())
    after_cleo = [(each.position, each.member_id) for each in group.rows(Seat)]
    leaving.remove_member(group.db, group.desk.gateway, pays(group), clock.now())
    group.settle()

    assert after_cleo == [(1, pays(group, "dev@example.org"))]
    assert group.rows(Seat) == []
    assert standings(group, "dev@example.org") == ["none"]
    assert group.letters("dev@example.org") == ["seat_taken", "seat_ended"]


def test_two_accounts_of_one_person_keep_one_seat_in_each_group(group):
    for name in ("cleo", "dev", "eve"):
        take(group, f"{name}@example.org")
    kept, folded = pays(group, "dev@example.org"), pays(group, "cleo@example.org")

    with group.db.transaction() as session:
        merging.merge(session, kept, folded, clock.now())

    assert sorted((each.position, each.member_id) for each in group.rows(Seat)) == [
        (1, kept),
        (2, pays(group, "eve@example.org")),
    ]


def test_payers_other_account_takes_the_group_along(group):
    take(group, "dev@example.org")
    group.subscribe("cleo@example.org", people=3)
    take(group, "eve@example.org", read_code(group, "cleo@example.org"))
    take(group, "cleo@example.org")
    ben, cleo = pays(group), pays(group, "cleo@example.org")

    with group.db.transaction() as session:
        merging.merge(session, ben, cleo, clock.now())
    group.settle()

    with group.db.reading() as session:
        found = [(each.seat.position, each.member.email) for each in seats.list_seats(session, ben)]
    assert found == [(1, "dev@example.org"), (2, "eve@example.org")]
    assert standings(group, "dev@example.org", "eve@example.org") == ["seat", "seat"]


def test_declined_checkout_of_a_group_makes_nobody_a_member(till):
    sell(till)
    opened = till.join(people=3)

    till.pay(opened.url, DECLINED)
    till.settle()

    assert till.rows(Subscription) == []
    assert [each.email for each in till.rows(Member) if each.role == "member"] == []


STATUSES = ("trialing", "active", "past_due", "unpaid", "paused", "incomplete", "incomplete_expired", "canceled", "odd")


@given(
    status=st.sampled_from(STATUSES),
    spans=st.tuples(*[st.none() | st.integers(-400, 400)] * 5),
    is_collection_paused=st.booleans(),
)
def test_seat_gives_access_exactly_when_the_payers_place_does(status, spans, is_collection_paused):
    now = datetime(2026, 6, 1, tzinfo=UTC)
    instants = [None if span is None else now + timedelta(days=span) for span in spans]
    names = ("period_end", "trial_end", "cancel_at", "ended_at", "kept_until")
    values = dict(zip(names, instants, strict=True))
    own = Agreement("sub_1", status, frozenset({"members"}), **values, is_collection_paused=is_collection_paused)
    seat = Agreement(
        "sub_1", status, frozenset({"members"}), **values, is_collection_paused=is_collection_paused, is_seat=True
    )

    ours, theirs = entitle([own], [], now), entitle([seat], [], now)

    assert theirs.audience == ours.audience
    assert theirs.changes_at == ours.changes_at
    assert (theirs.needs_card, theirs.subscription_id) == (False, None)
    assert theirs.standing in {Standing.SEAT, Standing.ENDED, Standing.NONE}
