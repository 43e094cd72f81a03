"""Situations 12, 23 to 25, 34, 36, 40, 43 and 47: people, prices, outages and sleep."""

from threading import Barrier, Thread

import pytest
from sqlalchemy import delete

from podcastsvc.billing import connecting, leaving, owing, plans, portal
from podcastsvc.billing.calls.writing import NOTICE_TYPES
from podcastsvc.billing.checkout import AlreadyMember
from podcastsvc.billing.following import recovery
from podcastsvc.billing.setting_up import checks
from podcastsvc.billing.standin.faults import Faults
from podcastsvc.errors import Conflict, Misconfigured, NotFound, Unavailable
from podcastsvc.kit import clock
from podcastsvc.kit.money import Money
from podcastsvc.mail.addresses import read_address
from podcastsvc.members import accounts
from podcastsvc.members.entitlements import Standing
from podcastsvc.storage.tables.billing import BillingCustomer, Order, Payment, Price, Subscription
from podcastsvc.storage.tables.job import Job
from podcastsvc.storage.tables.member import Member
from tests.billing.till import FAILS_LATER, session_of


def test_12_delayed_method_gives_access_only_when_it_is_paid(till):
    till.standin.set_faults(Faults(unpaid="succeeds"))
    opened = till.join()
    till.pay(opened.url)
    till.settle()

    waiting = till.come_back(session_of(opened.url))
    member = till.get_member()
    till.live(4)

    assert waiting.state == "waiting"
    assert member is None
    assert till.entitlement().has_access
    assert till.letters() == ["welcome"]


def test_12_delayed_method_that_fails_gives_nothing_but_a_letter(till):
    till.standin.set_faults(Faults(unpaid="fails"))
    opened = till.join()
    till.pay(opened.url)
    till.settle()

    till.live(4)

    assert till.come_back(session_of(opened.url)).state == "failed"
    assert [order.state for order in till.rows(Order)] == ["failed"]
    assert till.get_member() is None
    assert till.letters() == ["payment_undone"]


def test_12_signed_in_member_has_no_access_while_the_bank_has_not_paid(till):
    member_id = till.sign_up("ben@example.org")
    till.standin.set_faults(Faults(unpaid="waits"))

    till.pay(till.join(member_id=member_id).url)
    till.settle()

    assert not till.entitlement().has_access
    assert [row.member_id for row in till.rows(Subscription)] == [None]


def test_23_changed_address_reaches_all_customers_and_stripe_away_is_tried_again(till):
    row = till.subscribe()
    with till.db.transaction() as session:
        member = accounts.get(session, row.member_id)
        accounts.change_email(session, member, read_address("ben@new.example"), clock.now())
    till.standin.set_faults(Faults(answer="500"))
    with pytest.raises(Unavailable):
        till.work()
    till.standin.set_faults(Faults())

    till.move(minutes=10)
    till.work()

    assert till.desk.gateway.fetch_customer(row.customer_id).email == "ben@new.example"
    assert till.entitlement("ben@new.example").has_access


def test_24_another_address_in_the_wallet_joins_the_orders_member(till):
    member_id = till.sign_up("ben@example.org")
    opened = till.join(member_id=member_id)

    till.pay(opened.url, email="wallet@example.org")
    till.settle()

    assert till.entitlement().has_access
    assert till.get_member("wallet@example.org") is None
    assert len(till.rows(Member)) == 2  # and the host


def test_25_second_subscription_for_an_address_is_cancelled_and_refunded_once(till):
    first = till.subscribe()
    till.move(minutes=5)
    opened = till.join("ben@example.org")
    till.work()
    warned = till.letters()

    till.pay(opened.url)
    back = till.come_back(session_of(opened.url))
    till.settle()
    till.come_back(session_of(opened.url))
    till.settle()

    assert back.state == "given_back"
    assert till.claim(opened.cookie, session_of(opened.url)) is None
    rows = {row.stripe_id: row for row in till.rows(Subscription)}
    assert rows.pop(first.stripe_id).status == "active"
    (second,) = rows.values()
    assert (second.status, second.member_id) == ("canceled", None)
    assert sorted(each.refunded_minor for each in till.rows(Payment)) == [0, 600]
    assert len(till.refunds()) == 1
    assert warned == ["welcome", "already_member"]
    assert till.letters() == ["welcome", "already_member", "given_back"]
    assert till.letters("ada@example.org") == ["host_note"]


def test_25_second_tab_finds_the_first_one_whose_subscription_has_no_row_yet(till):
    first, second = till.join(), till.join(interval="year")
    for opened in (first, second):
        till.pay(opened.url)
    later = []
    till.interleave("/v1/subscriptions/", lambda: later.append(till.come_back(session_of(second.url)).state))

    earlier = till.come_back(session_of(first.url)).state
    till.settle()

    assert (earlier, later) == ("paid", ["given_back"])
    assert sorted(each.status for each in till.rows(Subscription)) == ["active", "canceled"]
    assert len(till.refunds()) == 1


def test_25_second_tab_finds_the_first_one_whose_row_is_nobodys_yet(till):
    first, second = till.join(), till.join(interval="year")
    till.pay(first.url)
    [subscription] = till.client().subscriptions.list().data
    till.sync(subscription.id)
    till.pay(second.url)
    later = []
    till.interleave("/v1/subscriptions/", lambda: later.append(till.come_back(session_of(second.url)).state))

    till.come_back(session_of(first.url))

    assert later == ["given_back"]


def test_25_two_tabs_that_come_back_at_the_same_time_leave_one_subscription(till):
    opened = [till.join(), till.join(interval="year")]
    for each in opened:
        till.pay(each.url)
    found, barrier = [], Barrier(2)

    def come_back(url):
        barrier.wait()
        found.append(till.come_back(session_of(url)).state)

    threads = [Thread(target=come_back, args=(each.url,)) for each in opened]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    till.settle()

    assert sorted(found) == ["given_back", "paid"]
    assert sorted(each.status for each in till.rows(Subscription)) == ["active", "canceled"]
    assert len(till.refunds()) == 1


def test_25_giving_back_is_never_given_up(till):
    till.subscribe()
    till.pay(till.join().url)
    till.deliver_once()
    till.standin.set_faults(Faults(answer="500", answer_path="/v1/refunds"))
    for _ in range(20):
        till.move(hours=8)
        till.work(strict=False)

    till.standin.set_faults(Faults())
    till.move(hours=8)
    till.settle()

    assert len(till.refunds()) == 1
    assert sorted(each.status for each in till.rows(Subscription)) == ["active", "canceled"]


def test_25_money_that_should_be_back_is_found_by_night(till):
    till.subscribe()
    till.pay(till.join().url)
    till.standin.set_faults(Faults(answer="500", answer_path="/v1/refunds"))
    till.deliver(strict=False)
    with till.db.transaction() as session:
        session.execute(delete(Job).where(Job.kind == owing.GIVE_BACK_JOB))
    till.standin.set_faults(Faults())

    report = recovery.run_nightly(till.desk, clock.now())
    till.settle()

    assert report.giving_back == 1
    assert len(till.refunds()) == 1
    assert recovery.run_nightly(till.desk, clock.now()).giving_back == 0


def test_25_page_says_nothing_about_the_address_being_known(till):
    till.subscribe()

    known, unknown = till.join("ben@example.org"), till.join("finn@example.org")

    assert type(known) is type(unknown)
    assert known.url.rsplit("/", 1)[0] == unknown.url.rsplit("/", 1)[0]


def test_25_giving_back_goes_on_after_being_killed_at_any_step(till):
    till.subscribe()
    opened = till.join()
    till.pay(opened.url)
    for path in ("/v1/subscriptions/", "/v1/refunds", "/v1/payment_intents"):
        till.standin.set_faults(Faults(answer="answer-lost", answer_path=path, answer_times=1))
        till.deliver(strict=False)
        till.move(minutes=3)

    till.standin.set_faults(Faults())
    till.move(hours=7)
    till.settle()

    assert len(till.refunds()) == 1
    assert sorted(each.status for each in till.rows(Subscription)) == ["active", "canceled"]
    assert till.entitlement().has_access


def test_34_new_buyers_pay_the_new_price_members_keep_theirs_and_an_open_checkout_is_honoured(till):
    old_price = till.find_price()
    kept = till.subscribe()
    opened = till.join("cleo@example.org")

    with till.db.transaction() as session:
        plans.set_price(session, "members", "month", Money(800, "EUR"), clock.now())
    till.work()
    till.pay(opened.url, email="cleo@example.org")
    till.settle()
    dev = till.subscribe("dev@example.org")
    till.live(32, step=8)

    amounts = {row.stripe_id: row.amount_minor for row in till.rows(Subscription)}
    assert amounts.pop(kept.stripe_id) == 600
    assert amounts.pop(dev.stripe_id) == 800
    assert list(amounts.values()) == [600]
    with pytest.raises(Conflict):
        till.join("finn@example.org", price_id=old_price)
    assert sorted({each.amount_minor for each in till.rows(Payment)}) == [600, 800]


def test_34_price_that_goes_back_to_an_earlier_amount_can_be_sold(till):
    for amount in (800, 600, 800):
        with till.db.transaction() as session:
            plans.set_price(session, "members", "month", Money(amount, "EUR"), clock.now())
        till.work()

    row = till.subscribe()

    assert row.amount_minor == 800
    assert row.plans == ["members"]
    assert sum(price.is_open for price in till.rows(Price)) == 2


def test_34_price_that_was_never_sold_in_between_goes_back_too(till):
    with till.db.transaction() as session:
        for amount in (800, 600):
            plans.set_price(session, "members", "month", Money(amount, "EUR"), clock.now())
    till.work()

    row = till.subscribe()

    assert (row.amount_minor, row.plans) == (600, ["members"])
    assert row.price_id == till.find_price()


@pytest.mark.parametrize("fault", ["500", "429", "time-out", "cut"])
def test_36_stripe_in_trouble_leaves_nothing_half_made(till, fault):
    till.standin.set_faults(Faults(answer=fault))
    order_id = "01K0000000000000000000000A"

    with pytest.raises(Unavailable):
        till.join(order_id=order_id)

    assert till.get_member() is None
    assert [order.state for order in till.rows(Order)] in ([], ["open"])
    till.standin.set_faults(Faults())
    opened = till.join(order_id=order_id)
    assert opened.order_id == order_id
    till.pay(opened.url)
    till.settle()
    assert till.entitlement().has_access


def test_36_answer_that_is_lost_on_its_way_makes_no_second_session(till):
    till.standin.set_faults(Faults(answer="answer-lost", answer_path="/v1/checkout", answer_times=1))
    with pytest.raises(Unavailable):
        till.join(order_id="01K0000000000000000000000A")

    till.move(seconds=30)
    till.join(order_id="01K0000000000000000000000A")

    assert len(till.client().checkout.sessions.list().data) == 1


def test_36_return_page_while_stripe_is_away_says_so_and_works_later(till):
    opened = till.join()
    till.pay(opened.url)
    till.standin.set_faults(Faults(answer="500"))

    with pytest.raises(Unavailable):
        till.come_back(session_of(opened.url))

    till.standin.set_faults(Faults())
    assert till.come_back(session_of(opened.url)).state == "paid"


def test_36_access_needs_no_stripe(till):
    till.subscribe()
    till.standin.set_faults(Faults(answer="cut"))
    asked = len(till.requests)

    assert till.entitlement().has_access
    assert len(till.requests) == asked


def test_40_customer_deleted_at_stripe_is_made_again_once_at_checkout(till):
    row = till.subscribe()
    till.client().customers.delete(row.customer_id)
    till.settle()
    ended = till.entitlement()

    opened = till.join(member_id=row.member_id)
    till.pay(opened.url)
    till.settle()

    assert (ended.standing, ended.has_access) == (Standing.ENDED, False)
    assert till.entitlement().has_access
    assert [each.deleted_at is None for each in till.rows(BillingCustomer)] == [False, True]


def test_40_customer_whose_deletion_we_missed_is_noticed_by_checkout_and_portal(till):
    till.standin.set_faults(Faults(drop_notices=True))
    member_id = till.sign_up("ben@example.org")
    till.join(member_id=member_id)
    (customer,) = till.rows(BillingCustomer)
    till.client().customers.delete(customer.stripe_id)

    with pytest.raises(NotFound, match="no billing account"):
        portal.open_portal(till.desk, member_id, language="en")
    opened = till.join(member_id=member_id, order_id="01K0000000000000000000000A")

    assert till.pay(opened.url).status_code == 303
    assert len(till.rows(BillingCustomer)) == 2


def test_40_subscription_that_stripe_does_not_know_any_more_ends(till):
    row = till.subscribe()
    till.forget_at_stripe(row.stripe_id)

    report = recovery.sync(till.desk, clock.now())
    till.sync(row.stripe_id)

    assert report.unknown_at_stripe == [row.stripe_id]
    (row,) = till.rows(Subscription)
    assert (row.status, row.cancel_reason) == ("canceled", "missing")
    assert not till.entitlement().has_access


def test_43_three_days_asleep_costs_nobody_access_and_all_is_repaired(till):
    till.subscribe("ben@example.org")
    till.subscribe("cleo@example.org", card=FAILS_LATER)
    dev = till.subscribe("dev@example.org")
    till.live(26, step=13)
    till.standin.set_faults(Faults(drop_notices=True))
    opened = till.join("eve@example.org")
    till.pay(opened.url, email="eve@example.org")
    till.end_at_stripe(dev.stripe_id)

    till.move(days=3)
    asleep = [till.entitlement(f"{name}@example.org").has_access for name in ("ben", "cleo", "dev")]
    report = recovery.sync(till.desk, clock.now())
    till.work()

    assert asleep == [True, True, True]
    awake = {name: till.entitlement(f"{name}@example.org").standing for name in ("ben", "cleo", "dev", "eve")}
    assert awake == {
        "ben": Standing.ACTIVE,
        "cleo": Standing.PAST_DUE,
        "dev": Standing.ENDED,
        "eve": Standing.ACTIVE,
    }
    assert report.notices_found > 5
    assert len(report.repaired) >= 3
    assert report.problems == []


def test_43_second_pass_finds_nothing_to_repair(till):
    till.subscribe()
    recovery.sync(till.desk, clock.now())
    till.work()

    report = recovery.sync(till.desk, clock.now())

    assert (report.notices_found, report.repaired, report.orders_settled, report.letters_owed) == (0, [], 0, 0)


def test_43_sleep_of_over_a_month_compares_everything(till):
    row = till.subscribe()
    till.standin.set_faults(Faults(drop_notices=True))
    till.end_at_stripe(row.stripe_id)

    till.move(days=40)
    recovery.run_hourly(till.desk, clock.now())

    assert till.rows(Subscription)[0].status == "canceled"


def test_row_that_should_have_been_renewed_long_ago_is_asked_about(till):
    till.subscribe()
    till.standin.set_faults(Faults(drop_notices=True))
    till.forget_notices()
    till.move(days=32)
    before = till.entitlement()

    recovery.run_hourly(till.desk, clock.now())

    assert before.has_access
    assert till.rows(Subscription)[0].period_end > clock.now()


def test_47_account_deleted_while_paying_is_cancelled_and_refunded(till):
    member_id = till.sign_up("ben@example.org")
    opened = till.join(member_id=member_id)
    till.pay(opened.url)
    with till.db.transaction() as session:
        accounts.remove(session, accounts.get(session, member_id), clock.now())

    back = till.come_back(session_of(opened.url))
    till.settle()

    assert back.state == "given_back"
    assert [row.status for row in till.rows(Subscription)] == ["canceled"]
    assert [each.refunded_minor for each in till.rows(Payment)] == [600]
    assert till.letters("ada@example.org") == ["host_note"]


def test_47_deleting_an_account_ends_what_runs_and_what_is_open_at_stripe(till):
    row = till.subscribe()
    opened = till.join("dev@example.org", member_id=till.sign_up("dev@example.org"))

    for email in ("ben@example.org", "dev@example.org"):
        leaving.remove_member(till.db, till.desk.gateway, till.get_member(email).id, clock.now())
    till.work()

    assert till.get_member() is None
    assert till.desk.gateway.fetch_subscription(row.stripe_id).status == "canceled"
    assert till.rows(Subscription)[0].status == "canceled"
    assert till.pay(opened.url).status_code != 303


def test_47_checkout_taken_in_while_the_account_is_removed_is_cancelled_and_refunded_t_p7(till):
    member_id = till.sign_up("ben@example.org")
    opened = till.join(member_id=member_id)
    till.pay(opened.url)
    till.interleave("/v1/checkout/sessions", lambda: till.come_back(session_of(opened.url)))

    leaving.remove_member(till.db, till.desk.gateway, member_id, clock.now())
    till.settle()

    assert till.get_member() is None
    assert [row.status for row in till.rows(Subscription)] == ["canceled"]
    assert [each.refunded_minor for each in till.rows(Payment)] == [600]


def test_47_order_taken_in_while_the_account_is_removed_is_given_back_before_it_has_a_row(till):
    member_id = till.sign_up("ben@example.org")
    opened = till.join(member_id=member_id)
    till.pay(opened.url)
    till.interleave(
        "/v1/subscriptions/",
        lambda: leaving.remove_member(till.db, till.desk.gateway, member_id, clock.now()),
    )

    till.come_back(session_of(opened.url))
    till.settle()

    assert [row.status for row in till.rows(Subscription)] == ["canceled"]
    assert len(till.refunds()) == 1


def test_47_deletion_waits_while_stripe_is_away_or_payments_are_off(till):
    row = till.subscribe()
    till.standin.set_faults(Faults(answer="500"))

    with pytest.raises(Unavailable):
        leaving.remove_member(till.db, till.desk.gateway, row.member_id, clock.now())
    with pytest.raises(Misconfigured):
        leaving.remove_member(till.db, None, row.member_id, clock.now())

    assert till.entitlement().has_access


def test_member_who_never_paid_is_removed_without_stripe(till):
    member_id = till.sign_up("finn@example.org")

    leaving.remove_member(till.db, None, member_id, clock.now())

    assert till.get_member("finn@example.org") is None


def test_member_with_a_lapsed_but_running_subscription_is_sent_to_the_card_not_to_a_second_one(till):
    row = till.subscribe(card=FAILS_LATER)
    till.live(29, step=29)

    assert till.join(member_id=row.member_id) == AlreadyMember(row.stripe_id)


def test_check_names_what_is_wrong_and_what_to_do(till):
    row = till.subscribe()
    url = "http://127.0.0.1:8000/webhooks/stripe"
    good = checks.check(till.desk, mode="sim", webhook_url=url, now=clock.now())
    till.standin.set_faults(Faults(drop_notices=True))
    till.end_at_stripe(row.stripe_id)

    bad = checks.check(till.desk, mode="sim", webhook_url="http://127.0.0.1:9/hooks", now=clock.now())

    assert {each.level for each in good} == {"ok"}
    assert [each.what for each in bad if each.level == "fail"] == [
        "webhook: none for http://127.0.0.1:9/hooks",
        f"{row.stripe_id} differs from Stripe",
    ]
    assert all(each.advice for each in bad if each.level == "fail")


def test_check_names_types_that_the_webhook_does_not_send_and_connecting_adds_them(till):
    url = "https://show.example/webhooks/stripe"
    made = connecting.connect(till.db, till.desk.gateway, url)
    kinds = [each for each in NOTICE_TYPES if each != "charge.dispute.created"]
    till.client().webhook_endpoints.update(made.endpoint_id, {"enabled_events": kinds})
    bad = checks.check(till.desk, mode="stripe", webhook_url=url, now=clock.now())

    again = connecting.connect(till.db, till.desk.gateway, url)

    assert [each.what.partition(", does not send ")[2] for each in bad if each.level == "fail"] == [
        "charge.dispute.created"
    ]
    assert again.endpoint_id == made.endpoint_id
    good = checks.check(till.desk, mode="stripe", webhook_url=url, now=clock.now())
    assert {each.level for each in good} == {"ok"}


def test_secret_of_the_webhook_is_told_once(till):
    url = "https://show.example/webhooks/stripe"

    first, second = (connecting.connect(till.db, till.desk.gateway, url) for _ in range(2))

    assert first.secret.startswith("whsec_")
    assert second.secret is None
    assert "PODCASTSVC_STRIPE_WEBHOOK_SECRETS" in first.advice


def test_webhook_is_not_registered_for_an_address_that_stripe_cannot_reach(till):
    with pytest.raises(Misconfigured, match="cannot reach"):
        connecting.connect(till.db, till.desk.gateway, "http://127.0.0.1:8000/webhooks/stripe")
