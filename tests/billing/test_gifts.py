"""Gifts: what can be given, situations 27 to 29, and the letters on their days."""

from datetime import UTC, date, datetime, timedelta
from threading import Barrier, Thread

import pytest
from sqlalchemy import select

from podcastsvc.billing.kinds import gift_codes, gift_offers, gifts
from podcastsvc.billing.kinds.gift_offers import GiftOffer, find_delivery, list_offers, read_wish
from podcastsvc.billing.plans import PlanView, PriceView
from podcastsvc.billing.standin.faults import Faults
from podcastsvc.errors import Conflict, Invalid, NotFound
from podcastsvc.kit import clock
from podcastsvc.kit.keys import Keys
from podcastsvc.kit.money import Money
from podcastsvc.mail.letters import render_letter
from podcastsvc.members import accounts
from podcastsvc.members.entitlements import Standing
from podcastsvc.storage.tables.billing import Grant, Order, Payment
from podcastsvc.storage.tables.member import Member
from podcastsvc.storage.tables.offer import Gift
from tests.billing.till import session_of
from tests.mail.letters import SENDER, read_text_words, read_words

TODAY = date(2026, 1, 31)
FORM = {"length": "members:12", "buyer_name": "Ben", "recipient_name": "Dev", "recipient_email": "dev@example.org"}


def make_plan(*prices):
    views = tuple(
        PriceView(at, "members", "Member", interval, Money(amount, currency), is_open=True)
        for at, (interval, amount, currency) in enumerate(prices)
    )
    return PlanView("members", "Member", "", (), views, is_open=True)


OFFERS = list_offers([make_plan(("year", 6000, "EUR"), ("month", 600, "EUR"))])


@pytest.mark.parametrize(
    ("prices", "offered"),
    [
        ([("year", 6000, "EUR"), ("month", 600, "EUR")], {12: (6000, "EUR"), 6: (3600, "EUR"), 3: (1800, "EUR")}),
        ([("month", 600, "EUR")], {12: (7200, "EUR"), 6: (3600, "EUR"), 3: (1800, "EUR")}),
        ([("year", 6000, "EUR")], {12: (6000, "EUR")}),
        ([("year", 6000, "EUR"), ("month", 700, "USD")], {12: (6000, "EUR")}),
        ([("once", 9000, "EUR")], {}),
        ([], {}),
        ([("month", 20_000_000, "EUR")], {3: (60_000_000, "EUR")}),
    ],
)
def test_lengths_cost_what_the_open_prices_say(prices, offered):
    found = list_offers([make_plan(*prices)])

    assert {each.months: (each.money.amount_minor, each.money.currency) for each in found} == offered


def test_form_becomes_a_wish_and_its_offer():
    form = FORM | {"message": " For the road.\r\n ", "deliver_on": "2026-03-01"}

    wish, offer = read_wish(OFFERS, form, TODAY)

    assert offer == GiftOffer("members", "Member", 12, Money(6000, "EUR"))
    assert (wish.plan, wish.months, wish.message, wish.deliver_on) == ("members", 12, "For the road.", date(2026, 3, 1))
    assert gift_offers.read_details(gift_offers.write_details(wish)) == wish


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"length": "members:7"}, "length"),
        ({"length": ""}, "length"),
        ({"length": "other:12"}, "length"),
        ({"buyer_name": " "}, "buyer_name"),
        ({"recipient_name": ""}, "recipient_name"),
        ({"recipient_email": "dev"}, "recipient_email"),
        ({"recipient_email": "", "deliver_on": "2026-03-01"}, "recipient_email"),
        ({"deliver_on": "2026-01-30"}, "deliver_on"),
        ({"deliver_on": "2027-03-01"}, "deliver_on"),
        ({"deliver_on": "soon"}, "deliver_on"),
        ({"deliver_on": "20260301T"}, "deliver_on"),
    ],
)
def test_what_cannot_be_given_is_said_at_its_field(change, field):
    with pytest.raises(Invalid) as refused:
        read_wish(OFFERS, FORM | change, TODAY)

    assert list(refused.value.fields) == [field]


def test_today_is_at_once_and_a_later_day_is_a_morning_in_the_show_s_zone():
    now = datetime(2026, 3, 28, 12, tzinfo=UTC)

    assert read_wish(OFFERS, FORM | {"deliver_on": "2026-01-31"}, TODAY)[0].deliver_on is None
    assert find_delivery(None, "Europe/Madrid", now) == now
    assert find_delivery(date(2026, 3, 28), "Europe/Madrid", now) == now
    # The clocks go forward that night.
    assert find_delivery(date(2026, 3, 29), "Europe/Madrid", now) == datetime(2026, 3, 29, 6, tzinfo=UTC)


def test_code_is_read_back_as_people_type_it_and_is_another_for_each_number(keys):
    code = gift_codes.make_code(keys, "01K0000000000000000000000A", 1)
    typed = gift_codes.write_code(code).upper().replace("-", " ")

    assert len(code) * 5 >= 128
    assert gift_codes.read_code(f" {typed} ") == code
    assert gift_codes.make_code(keys, "01K0000000000000000000000A", 2) != code
    assert gift_codes.make_code(keys, "01K0000000000000000000000B", 1) != code


@pytest.mark.parametrize("typed", ["", "abc", "a" * 29, "a" * 27 + "1", "ä" * 28, "a" * 500])
def test_what_can_be_no_code_is_none(typed):
    assert gift_codes.read_code(typed) is None


def test_paid_gift_writes_to_giver_and_recipient_and_makes_nobody_a_member(till):
    opened = till.give(recipient_email="dev@example.org", message="For the road.")
    till.pay(opened.url)
    done = till.come_back(session_of(opened.url))
    till.settle()
    code = till.read_gift_code(opened.order_id)

    gift = till.rows(Gift)[0]
    assert (done.state, done.kind) == ("paid", "gift")
    assert (gift.state, gift.plan, gift.months, gift.buyer_email) == ("paid", "members", 3, "ben@example.org")
    assert till.letters() == ["gift_bought"]
    assert till.letters("dev@example.org") == ["gift_given"]
    assert f"/gift/redeem/{code}" in till.letter_text("gift_given")
    assert "“For the road.”" in till.letter_text("gift_given")
    assert gift_codes.write_code(code) in till.letter_text("gift_bought")
    assert [member.email for member in till.rows(Member)] == ["ada@example.org"]
    assert [(row.kind, row.amount_minor) for row in till.rows(Payment)] == [("gift", 1800)]
    assert code not in str([vars(gift), *[vars(row) for row in till.rows(Order)]])


def test_taking_in_twice_makes_one_gift_and_one_letter_each(till):
    opened = till.give(recipient_email="dev@example.org")
    till.pay(opened.url)

    for _ in range(3):
        till.come_back(session_of(opened.url))
        till.settle()

    assert len(till.rows(Gift)) == 1
    assert till.letters() + till.letters("dev@example.org") == ["gift_bought", "gift_given"]


def test_recipient_is_written_to_on_the_day_and_not_before(till):
    till.buy_gift(recipient_email="dev@example.org", deliver_on="2026-02-14")

    till.move(days=13)
    till.work()
    before = till.letters("dev@example.org")
    till.move(days=1)
    till.work()

    assert before == []
    assert till.letters("dev@example.org") == ["gift_given"]
    assert till.rows(Gift)[0].delivered_at == clock.now()


def test_gift_accepted_before_its_day_is_not_announced_any_more(till):
    code = till.buy_gift(recipient_email="dev@example.org", deliver_on="2026-02-14")
    till.redeem(code)

    till.move(days=20)
    till.work()

    assert "gift_given" not in till.letters("dev@example.org")


def test_accepted_gift_gives_its_plan_for_its_months_and_ends_by_itself(till):
    code = till.buy_gift(length="members:6")
    now = clock.now()

    found = till.redeem(code)
    till.work()

    assert found.outcome == "taken"
    assert till.entitlement("dev@example.org").standing is Standing.GIFT
    assert till.entitlement("dev@example.org").until == clock.add_months(now, 6)
    assert not till.entitlement("dev@example.org", clock.add_months(now, 6)).has_access
    assert till.letters("dev@example.org") == ["gift_started"]
    assert "The gift ends by itself on 31 July 2026." in till.letter_text("gift_started")


def test_27_gift_redeemed_twice_is_one_grant_and_the_second_sees_when_it_was_used(till):
    code = till.buy_gift()
    till.redeem(code)
    used_at = clock.now()
    till.move(days=3)

    second = till.redeem(code, "eve@example.org")

    assert (second.outcome, second.used_at) == ("used", used_at)
    assert len(till.rows(Grant)) == 1
    assert not till.entitlement("eve@example.org").has_access


def test_27_gift_redeemed_at_the_same_time_is_one_grant(till):
    code = till.buy_gift()
    people = [till.sign_up(f"dev{number}@example.org") for number in range(4)]
    barrier, outcomes = Barrier(4), []

    def accept(member_id):
        barrier.wait()
        with till.db.transaction() as session:
            outcomes.append(gifts.redeem(session, code, member_id, clock.now()).outcome)

    threads = [Thread(target=accept, args=(member_id,)) for member_id in people]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(outcomes) == ["taken", "used", "used", "used"]
    assert len(till.rows(Grant)) == 1


def test_joining_while_a_gift_runs_is_paid_from_its_end(till):
    till.redeem(till.buy_gift())
    member_id = till.get_member("dev@example.org").id
    ends_at = till.rows(Grant)[0].ends_at

    row = till.subscribe("dev@example.org", member_id=member_id)
    paid_at_once = [each for each in till.rows(Payment) if each.kind == "membership"]
    till.live(92, step=4)

    assert (row.status, row.trial_end) == ("trialing", ends_at.replace(microsecond=0))
    assert paid_at_once == []
    assert [each.amount_minor for each in till.rows(Payment) if each.kind == "membership"] == [600]
    assert till.entitlement("dev@example.org").standing is Standing.ACTIVE


def test_gift_that_is_nearly_over_puts_no_payment_off(till):
    till.redeem(till.buy_gift())
    member_id = till.get_member("dev@example.org").id
    till.machine.move_to(till.rows(Grant)[0].ends_at - timedelta(days=2), tick=False)

    row = till.subscribe("dev@example.org", member_id=member_id)

    assert row.status == "active"


def test_refunded_gift_puts_no_payment_off(till):
    till.redeem(till.buy_gift())
    with till.db.transaction() as session:
        gifts.end_refunded(session, till_order(session), clock.now(), end_access=True)

    row = till.subscribe("dev@example.org", member_id=till.get_member("dev@example.org").id)

    assert row.status == "active"


def till_order(session):
    return session.scalars(select(Gift.order_id)).one()


def test_28_gift_redeemed_by_a_paying_member_stays_unused(till):
    code = till.buy_gift("cleo@example.org")
    till.subscribe("dev@example.org")

    refused = till.redeem(code)

    assert refused.outcome == "running"
    assert till.rows(Gift)[0].state == "paid"
    assert till.rows(Grant) == []
    assert till.redeem(code, "finn@example.org").outcome == "taken"


def test_28_gift_redeemed_between_payment_and_mirror_stays_unused(till):
    code = till.buy_gift("cleo@example.org")
    opened = till.join("dev@example.org")
    till.pay(opened.url, email="dev@example.org")
    till.interleave("/v1/subscriptions/", lambda: outcomes.append(till.redeem(code).outcome))
    outcomes = []

    till.come_back(session_of(opened.url))

    assert outcomes == ["running"]


def test_29_gift_refunded_in_stripe_before_redeeming_voids_the_code(till):
    code = till.buy_gift(recipient_email="dev@example.org", deliver_on="2026-02-14")
    refund(till)

    refused = till.redeem(code)
    till.move(days=20)
    till.work()

    assert (refused.outcome, refused.used_at) == ("refunded", None)
    assert till.rows(Grant) == []
    assert till.letters("dev@example.org") == []


def test_29_gift_refunded_after_redeeming_ends_the_grant(till):
    code = till.buy_gift()
    till.redeem(code)
    till.move(days=3)

    refund(till)

    assert not till.entitlement("dev@example.org").has_access
    assert till.redeem(code, "eve@example.org").outcome == "used"


@pytest.mark.parametrize("is_first", [True, False])
def test_29_host_may_leave_what_was_redeemed_whenever_the_refund_is_mirrored(till, is_first):
    till.redeem(till.buy_gift())
    until = till.entitlement("dev@example.org").until
    till.move(days=3)

    if is_first:
        decide(till, end_access=False)
    refund(till)
    if not is_first:
        decide(till, end_access=False)
    till.sync_payments()

    assert till.entitlement("dev@example.org").until == until
    assert till.rows(Gift)[0].state == "refunded"


def test_partly_refunded_gift_can_be_accepted(till):
    code = till.buy_gift()

    refund(till, amount=900)

    assert till.redeem(code).outcome == "taken"


def test_second_gift_begins_where_the_first_ends(till):
    first, second = till.buy_gift(), till.buy_gift("cleo@example.org")
    now = clock.now()

    till.redeem(first)
    till.redeem(second)

    starts = sorted((grant.starts_at, grant.ends_at) for grant in till.rows(Grant))
    assert starts == [(now, clock.add_months(now, 3)), (starts[0][1], clock.add_months(starts[0][1], 3))]


def test_new_code_replaces_the_old_one_and_reaches_those_who_had_it(till):
    opened = till.give(recipient_email="dev@example.org")
    till.pay(opened.url)
    till.settle()
    old = till.read_gift_code(opened.order_id)

    renew(till)
    till.work()
    new = till.read_gift_code(opened.order_id)

    assert new != old
    assert new in till.letter_text("gift_bought")
    assert new in till.letter_text("gift_given")
    with pytest.raises(NotFound):
        till.redeem(old)
    assert till.redeem(new).outcome == "taken"
    with pytest.raises(Conflict):
        renew(till)


def test_code_outlives_a_change_of_keys_and_a_lost_key_only_hides_it(till):
    code = till.buy_gift()
    old = till.desk.keys.by_id
    gift = till.rows(Gift)[0]

    assert gift_codes.show_code(Keys({"new": bytes(range(32)), **old}), gift) == code
    assert gift_codes.show_code(Keys({"new": bytes(range(32))}), gift) is None
    assert gift_codes.show_code(Keys({next(iter(old)): bytes(range(32))}), gift) is None
    assert till.redeem(code).outcome == "taken"


def test_code_is_shown_once_to_the_browser_that_paid(till):
    opened = till.give()
    till.pay(opened.url)
    till.come_back(session_of(opened.url))

    def claim(cookie, at=timedelta()):
        with till.db.transaction() as session:
            return gifts.claim_shown(session, till.desk.keys, cookie, session_of(opened.url), clock.now() + at)

    assert claim(None) is None
    assert claim(till.give().cookie) is None
    assert claim(opened.cookie, timedelta(days=2)) is None
    assert claim(opened.cookie).order_id == opened.order_id
    assert claim(opened.cookie) is None


def test_abandoned_gift_can_be_filled_in_again(till):
    opened = till.give(message="For the road.")
    other = till.join("cleo@example.org")

    with till.db.reading() as session:
        found = gifts.find_open_wish(session, till.desk.keys, opened.cookie)
        foreign = gifts.find_open_wish(session, till.desk.keys, other.cookie)

    assert (found.order_id, found.wish.message, found.email) == (opened.order_id, "For the road.", "ben@example.org")
    assert foreign is None


def test_removed_giver_leaves_no_name_and_the_gift_still_arrives(till):
    cleo = till.sign_up("cleo@example.org")
    opened = till.give(member_id=cleo, recipient_email="dev@example.org", deliver_on="2026-02-14")
    till.pay(opened.url, email="cleo@example.org")
    till.settle()
    remove(till, cleo)

    till.move(days=20)
    till.work()

    gift, order = till.rows(Gift)[0], till.rows(Order)[0]
    assert (gift.buyer_email, gift.buyer_name, order.details) == ("", "", {})
    assert "You were given 3 months of membership" in till.letter_text("gift_given")
    assert till.redeem(till.read_gift_code(opened.order_id)).outcome == "taken"


def test_removed_recipient_leaves_no_name(till):
    till.redeem(till.buy_gift(recipient_email="dev@example.org", message="For the road."))

    remove(till, till.get_member("dev@example.org").id)

    gift = till.rows(Gift)[0]
    assert (gift.recipient_email, gift.recipient_name, gift.message) == (None, "", "")
    assert till.rows(Order)[0].details == {}


BOUGHT = {
    "price": "€60",
    "plan": "Member",
    "length": "12 months",
    "recipient": "Dev",
    "recipient_email": "dev@example.org",
    "deliver_on": date(2026, 3, 1),
    "code": "abcd-efgh",
    "redeem_link": "https://show.example/gift/redeem/abcdefgh",
    "redeem_page": "https://show.example/gift/redeem",
}
GIVEN = {"giver": "Ben", "length": "12 months", "message": "For the\nroad.", "redeem_link": BOUGHT["redeem_link"]}
STARTED = {
    "giver": "Ben",
    "ends_on": date(2027, 3, 1),
    "setup_link": "https://show.example/add/abc",
    "feed_link": "https://show.example/private/abc/feed.xml",
    "account_link": "https://show.example/account",
}
CASES = [
    ("gift_bought", BOUGHT),
    ("gift_bought", BOUGHT | {"deliver_on": None}),
    ("gift_bought", BOUGHT | {"recipient_email": "", "deliver_on": None}),
    ("gift_given", GIVEN),
    ("gift_given", GIVEN | {"giver": "", "message": ""}),
    ("gift_started", STARTED),
    ("gift_started", STARTED | {"giver": ""}),
]


@pytest.mark.parametrize("language", ["en", "es"])
@pytest.mark.parametrize(("kind", "values"), CASES)
def test_both_forms_say_the_same_words(kind, values, language):
    written = render_letter(SENDER, kind=kind, language=language, values=values)

    assert read_words(written.html) == read_text_words(written.text)
    assert "None" not in written.text
    assert "  " not in written.subject
    assert "!" not in written.subject + written.text


def remove(till, member_id):
    with till.db.transaction() as session:
        accounts.remove(session, accounts.get(session, member_id), clock.now())


def renew(till):
    gift_id = till.rows(Gift)[0].id
    with till.db.transaction() as session:
        gifts.issue_new_code(session, till.desk.keys, gifts.get_gift(session, gift_id))


def refund(till, amount=None):
    """As the host does it in Stripe's own dashboard."""
    payment = till.rows(Payment)[-1].stripe_id
    till.client().refunds.create({"payment_intent": payment, **({"amount": amount} if amount else {})})
    till.settle()


def decide(till, *, end_access):
    order_id = till.rows(Gift)[0].order_id
    with till.db.transaction() as session:
        gifts.end_refunded(session, order_id, clock.now(), end_access=end_access)


def test_12_gift_whose_bank_payment_fails_gives_nothing_but_a_letter_that_leads_back_to_the_form(till):
    till.standin.set_faults(Faults(unpaid="fails"))
    opened = till.give()
    till.pay(opened.url)
    till.settle()
    waiting = till.come_back(session_of(opened.url))

    till.live(4)

    assert (waiting.state, waiting.kind) == ("waiting", "gift")
    assert till.come_back(session_of(opened.url)).state == "failed"
    assert till.rows(Gift) == []
    assert till.letters() == ["payment_undone"]
    assert "http://127.0.0.1:8000/gift\n" in till.letter_text("payment_undone")


def test_12_gift_is_made_once_the_bank_has_paid(till):
    till.standin.set_faults(Faults(unpaid="succeeds"))
    opened = till.give()
    till.pay(opened.url)
    till.settle()
    before = till.rows(Gift)

    till.live(4)

    assert before == []
    assert [gift.state for gift in till.rows(Gift)] == ["paid"]
