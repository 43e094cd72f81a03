"""Situations 1 to 11: from the form to access, whatever happens on the way."""

from threading import Barrier, Thread

import pytest

from podcastsvc.billing.checkout import AlreadyMember, AlreadyPaid, Opened
from podcastsvc.errors import Conflict, Invalid, NotFound
from podcastsvc.kit import clock
from podcastsvc.mail.addresses import read_address
from podcastsvc.members import accounts
from podcastsvc.members.entitlements import Standing
from podcastsvc.storage.tables.billing import BillingCustomer, Order, Payment, Subscription
from podcastsvc.storage.tables.member import FeedLink, Member
from tests.billing.till import DECLINED, session_of


def test_visitor_joins_pays_and_hears_everything(till):
    opened = till.join()

    answer = till.pay(opened.url)
    checkout_id = session_of(opened.url)
    back = till.come_back(checkout_id)

    assert answer.location == f"http://127.0.0.1:8000/welcome?s={checkout_id}"
    assert back.state == "paid"
    assert till.claim(opened.cookie, checkout_id) == till.get_member().id
    found = till.entitlement()
    assert (found.audience.plans, found.standing) == ({"members"}, Standing.ACTIVE)


def test_01_double_click_is_one_order_one_session_one_subscription(till):
    order_id = till.join().order_id

    first, second = till.join(order_id=order_id), till.join(order_id=order_id)

    assert first == second
    till.pay(first.url)
    till.settle()
    assert len(till.rows(Order)) == len(till.rows(Subscription)) == 1


def test_01_two_clicks_at_the_same_time_are_one_session(till):
    found, barrier, order_id = [], Barrier(4), "01K0000000000000000000000A"
    till.join("warm@example.org")

    def click():
        barrier.wait()
        found.append(till.join(order_id=order_id))

    threads = [Thread(target=click) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(found) == 4
    assert len({each.url for each in found}) == 1


def test_01_another_choice_on_the_same_form_closes_the_first_session(till):
    monthly = till.join()

    yearly = till.join(interval="year", order_id=monthly.order_id)

    assert yearly.url != monthly.url
    assert till.pay(monthly.url).status_code != 303
    till.pay(yearly.url)
    till.settle()
    (row,) = till.rows(Subscription)
    assert (row.interval, row.amount_minor) == ("year", 6000)


def test_01_form_sent_again_after_paying_leads_to_the_welcome(till):
    opened = till.join()
    till.pay(opened.url)

    before, again = till.join(order_id=opened.order_id), till.come_back(session_of(opened.url))

    assert before == AlreadyPaid(session_of(opened.url))
    assert again.state == "paid"
    assert till.join(order_id=opened.order_id) == before


def test_02_same_notice_twice_has_one_effect(till):
    opened = till.join()
    till.pay(opened.url)
    till.settle()

    answers = [till.receive(body, headers) for body, headers in till.notices]
    till.work()

    assert set(answers) == {200}
    assert len(till.rows(Subscription)) == len(till.rows(Payment)) == len(till.rows(BillingCustomer)) == 1
    assert till.letters() == ["welcome"]


def test_02_same_notice_at_the_same_time_is_stored_once(till):
    till.subscribe()
    body, headers = till.notices[0]
    body = body.replace(b"evt_", b"evt_again_")
    answers, barrier = [], Barrier(4)

    def send():
        barrier.wait()
        answers.append(till.receive(body, till.sign(body)))

    threads = [Thread(target=send) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert answers == [200] * 4
    assert sum(each.notice_id.startswith("evt_again_") for each in till.notice_rows()) == 1
    assert headers


def test_03_notice_before_the_return_page_shows_the_welcome_at_once(till):
    opened = till.join()
    till.pay(opened.url)
    till.settle()
    asked = len(till.requests)

    back = till.come_back(session_of(opened.url))

    assert back.state == "paid"
    assert till.requests[asked:] == [f"GET /v1/checkout/sessions/{session_of(opened.url)}"]
    assert till.claim(opened.cookie, session_of(opened.url)) == back.member_id


def test_04_return_page_before_the_notice_fulfils_and_the_notice_changes_nothing(till):
    opened = till.join()
    till.pay(opened.url)

    till.come_back(session_of(opened.url))
    assert till.entitlement().has_access
    till.settle()

    assert len(till.rows(Member)) == 2  # and the host
    assert len(till.rows(Subscription)) == len(till.rows(Payment)) == len(till.rows(FeedLink)) - 1 == 1
    assert till.letters() == ["welcome"]


def test_05_browser_closed_after_paying_is_fulfilled_by_the_notice_with_a_letter(till):
    till.pay(till.join().url)

    till.settle()

    assert till.entitlement().has_access
    assert till.letters() == ["welcome"]
    text = till.letter_text("welcome")
    assert "/account" in text
    assert "/private/" in text
    assert "€6 a month, renews 28 February 2026" in text


def test_06_somebody_elses_session_id_signs_nobody_in(till):
    opened = till.join()
    till.pay(opened.url)
    till.come_back(session_of(opened.url))
    eve = till.join("eve@example.org")

    assert till.claim(eve.cookie, session_of(opened.url)) is None
    assert till.claim(None, session_of(opened.url)) is None
    changed = opened.cookie[:-1] + ("b" if opened.cookie.endswith("a") else "a")
    assert till.claim(changed, session_of(opened.url)) is None
    assert till.claim(opened.cookie, session_of(opened.url)) is not None


def test_06_browser_is_signed_in_once_and_for_a_day_only(till):
    opened = till.join()
    till.pay(opened.url)
    till.come_back(session_of(opened.url))

    till.move(days=1, seconds=1)
    late = till.claim(opened.cookie, session_of(opened.url))
    till.move(days=-1)
    first, second = (till.claim(opened.cookie, session_of(opened.url)) for _ in range(2))

    assert late is None
    assert first is not None
    assert second is None


def test_06_address_that_is_known_is_fulfilled_but_not_signed_in(till):
    till.sign_up("ben@example.org")
    opened = till.join()
    till.pay(opened.url)

    back = till.come_back(session_of(opened.url))

    assert back.state == "paid"
    assert till.entitlement().has_access
    assert till.claim(opened.cookie, session_of(opened.url)) is None


def test_06_address_that_became_a_hosts_is_not_opened_by_having_paid_t_a1(till):
    opened = till.join("ben@example.org")
    till.pay(opened.url)
    till.come_back(session_of(opened.url))

    with till.db.transaction() as session:
        accounts.add_host(session, till.desk.keys, read_address("ben@example.org"), language="en", now=clock.now())

    assert till.claim(opened.cookie, session_of(opened.url)) is None


def test_06_address_that_its_owner_has_proved_is_not_opened_by_having_paid(till):
    opened = till.join()
    till.pay(opened.url)
    till.come_back(session_of(opened.url))
    member = till.get_member()

    with till.db.transaction() as session:
        accounts.confirm(session, member, clock.now())

    assert till.claim(opened.cookie, session_of(opened.url)) is None


def test_06_order_of_a_signed_in_member_signs_nobody_in_again_t_a1(till):
    opened = till.join(member_id=till.sign_up("ben@example.org"))
    till.pay(opened.url)
    till.come_back(session_of(opened.url))

    assert till.claim(opened.cookie, session_of(opened.url)) is None


@pytest.mark.parametrize("checkout_id", ["cs_test_unknown", "", "../account", "cs_\u0000"])
def test_06_unknown_session_id_is_not_found(till, checkout_id):
    with pytest.raises(NotFound):
        till.come_back(checkout_id)


def test_07_return_without_paying_leads_back_to_the_plan(till):
    opened = till.join()

    back = till.come_back(session_of(opened.url))

    assert (back.state, back.price_id) == ("open", till.find_price())
    assert till.get_member() is None
    assert till.join(order_id=opened.order_id) == opened


def test_10_declined_card_stays_on_stripes_page_and_leaves_nothing(till):
    opened = till.join()

    answer = till.pay(opened.url, DECLINED)
    till.settle()

    assert answer.status_code == 422
    assert till.rows(Subscription) == []
    assert [order.state for order in till.rows(Order)] == ["open"]
    assert till.pay(opened.url).status_code == 303


def test_11_confirmation_that_is_given_up_expires_the_order(till):
    opened = till.join()
    till.pay(opened.url, "4000002500003155", allow=False)

    till.move(hours=3)
    till.settle()

    assert [order.state for order in till.rows(Order)] == ["expired"]
    assert till.come_back(session_of(opened.url)).state == "expired"
    assert till.get_member() is None


def test_11_expired_order_begins_anew_with_a_new_id(till):
    opened = till.join()
    till.move(hours=3)
    till.settle()

    again = till.join(order_id=opened.order_id)

    assert again.order_id != opened.order_id
    assert till.pay(again.url).status_code == 303


def test_session_that_is_nearly_over_is_replaced_not_reopened(till):
    opened = till.join()
    till.move(hours=2, minutes=1)

    again = till.join(order_id=opened.order_id)

    assert isinstance(again, Opened)
    assert again.url != opened.url
    assert till.pay(again.url).status_code == 303


def test_signed_in_member_with_a_subscription_is_sent_to_the_account(till):
    row = till.subscribe()

    found = till.join(member_id=row.member_id)

    assert found == AlreadyMember(row.stripe_id)


def test_signed_in_member_pays_as_the_same_customer_again(till):
    row = till.subscribe()
    till.end_at_stripe(row.stripe_id)
    till.settle()

    opened = till.join(member_id=row.member_id)
    till.pay(opened.url)
    till.settle()

    assert till.entitlement().has_access
    assert [each.stripe_id for each in till.rows(BillingCustomer)] == [row.customer_id]


def test_visitor_without_sign_in_never_meets_an_existing_customer(till):
    row = till.subscribe()
    till.end_at_stripe(row.stripe_id)
    till.settle()

    till.pay(till.join().url)
    till.settle()

    customers = till.rows(BillingCustomer)
    assert len(customers) == 2
    assert {each.member_id for each in customers} == {row.member_id}


def test_price_and_plan_come_from_our_table_whatever_the_form_says(till):
    with pytest.raises(Conflict):
        till.join(price_id=4711)


def test_join_without_an_address_is_invalid(till):
    with pytest.raises(Invalid) as caught:
        till.join_without_address()

    assert "email" in caught.value.fields


def test_spanish_visitor_gets_spanish_pages_and_letters(till):
    opened = till.join(language="es")
    till.pay(opened.url)
    till.settle()

    assert till.get_member().language == "es"
    assert till.letters() == ["welcome"]
    assert 'lang="es"' in till.get(opened.url).get_data(as_text=True)
