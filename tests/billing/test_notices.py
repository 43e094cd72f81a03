"""Situations 2, 8, 9, 37 to 39, 44 to 46, 48: notices in any order, from anybody, under any fault."""

import json
import random
import time
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import event, select, update
from sqlalchemy.exc import OperationalError

from podcastsvc.billing import account, webhooks
from podcastsvc.billing.following import notices, recovery
from podcastsvc.billing.setting_up import checks
from podcastsvc.billing.standin.faults import Faults
from podcastsvc.errors import Invalid, Misconfigured, Unavailable
from podcastsvc.kit import clock
from podcastsvc.members import attempts
from podcastsvc.members.attempts import FAILED_CARDS
from podcastsvc.members.entitlements import Standing
from podcastsvc.members.subscriptions import Account, save_account
from podcastsvc.storage import limits
from podcastsvc.storage.tables.billing import Notice, Payment, Subscription
from podcastsvc.storage.tables.job import Job
from tests.billing.till import FAILS_LATER, SECRET, Till


def make_body(**changes):
    body = {
        "id": "evt_made",
        "object": "event",
        "type": "customer.subscription.updated",
        "created": int(time.time()),
        "livemode": False,
        "data": {"object": {"id": "sub_made", "object": "subscription"}},
    }
    return json.dumps(body | changes).encode()


@pytest.mark.parametrize("fault", [{"duplicate_notices": True}, {"reorder_notices": True}, {}])
def test_08_any_order_of_notices_ends_in_stripes_state(till, fault):
    till.standin.set_faults(Faults(**fault))
    row = till.subscribe(card=FAILS_LATER)
    till.live(45, step=15)
    kept = list(till.notices)
    states = [till.snapshot()]

    for seed in range(3):
        random.Random(seed).shuffle(kept)
        for body, _headers in kept:
            again = body.replace(b'"evt_', f'"evt_{seed}_'.encode())
            assert till.receive(again, till.sign(again)) == 200
        till.work()
        states.append(till.snapshot())

    assert states[1:] == states[:1] * 3
    assert till.entitlement().standing is Standing.ENDED
    assert till.rows(Subscription)[0].stripe_id == row.stripe_id
    assert till.letters() == ["welcome", "payment_failed", "ended"]


def test_08_older_answer_that_arrives_late_overwrites_nothing(till):
    row = till.subscribe()
    before = till.snapshot()

    def cancel():
        till.desk.gateway.cancel_now(row.stripe_id)
        till.settle()

    till.interleave("/v1/subscriptions/", cancel)
    till.sync(row.stripe_id)

    assert till.rows(Subscription)[0].status == "canceled"
    assert till.snapshot() != before


def test_09_old_notice_delivered_three_days_late_changes_nothing_back(till):
    row = till.subscribe()
    created = next(body for body, _ in till.notices if b"customer.subscription.created" in body)
    till.end_at_stripe(row.stripe_id)
    till.settle()
    till.move(days=3)
    body = created.replace(b'"evt_', b'"evt_late_')

    assert till.receive(body, till.sign(body)) == 200
    till.work()

    assert till.entitlement().standing is Standing.ENDED


def test_37_both_secrets_are_good_while_one_replaces_the_other(db):
    bind(db)
    old, new = make_body(id="evt_old"), make_body(id="evt_new")

    for body, secret in ((old, "whsec_old"), (new, "whsec_new")):
        found = webhooks.receive(db, ("whsec_new", "whsec_old"), body, sign(body, secret), clock.now())
        assert found is webhooks.Received.STORED
    with pytest.raises(Invalid):
        webhooks.receive(db, ("whsec_new",), make_body(id="evt_3"), sign(old, "whsec_old"), clock.now())


@pytest.mark.parametrize("changes", [{"livemode": True}, {"account": "acct_other"}, {"type": "payout.paid"}])
def test_38_notice_of_another_mode_account_or_type_is_counted_and_changes_nothing(db, changes):
    bind(db)
    body = make_body(**changes)

    found = webhooks.receive(db, (SECRET,), body, sign(body), clock.now())

    assert found is webhooks.Received.IGNORED
    with db.reading() as session:
        assert session.scalar(select(Notice.state)) == "ignored"
        assert session.scalar(select(Job)) is None


def test_38_key_of_another_account_writes_nothing_and_says_so(till, tmp_path):
    till.subscribe()
    (tmp_path / "other").mkdir()
    other = Till.open(till.db, till.desk.keys, tmp_path / "other", till.machine, works=False)

    with pytest.raises(Misconfigured, match="another account"):
        other.join("cleo@example.org")
    with pytest.raises(Misconfigured):
        recovery.sync(other.desk, clock.now())
    assert checks.check(other.desk, mode="sim", webhook_url="http://a", now=clock.now())[-1].level == "fail"
    assert till.entitlement().has_access
    other.close()


def test_38_binding_anew_sells_on_the_new_account_and_the_old_rows_count_for_nothing(till, tmp_path):
    row = till.subscribe()
    (tmp_path / "other").mkdir()
    other = Till.open(till.db, till.desk.keys, tmp_path / "other", till.machine, works=False)

    bound = account.rebind(other.desk)
    before = other.entitlement()
    opened = other.join(member_id=row.member_id)
    other.pay(opened.url)
    other.settle()

    assert bound.id == other.account_id()
    assert not before.has_access
    assert other.entitlement().has_access
    assert len(till.rows(Subscription)) == 2
    other.close()


def test_38_test_row_never_counts_in_live_mode(till):
    till.subscribe()
    live = Account(till.account_id(), livemode=True)

    with till.db.transaction() as session:
        save_account(session, live)

    assert not till.entitlement().has_access


def test_39_fast_clock_refuses_notices_says_so_and_catching_up_repairs(till):
    opened = till.join()
    till.pay(opened.url)
    made_at = time.time()

    till.move(minutes=10)
    answers = [till.receive(body, till.sign(body, at=made_at)) for body, _ in [(make_body(), None)]]
    till.line.date = made_at
    findings = checks.check(till.desk, mode="sim", webhook_url="http://a", now=clock.now())
    till.standin.set_faults(Faults(drop_notices=True))
    recovery.run_hourly(till.desk, clock.now())
    till.work()

    assert answers == [400]
    assert [(each.level, each.what) for each in findings if "clock" in each.what] == [
        ("fail", "clock: +600 s against Stripe's")
    ]
    assert till.entitlement().has_access


def test_39_slow_clock_accepts_notices(db, time_machine):
    bind(db)
    body = make_body()
    header = sign(body, at=time.time() + 600)

    assert webhooks.receive(db, (SECRET,), body, header, clock.now()) is webhooks.Received.STORED


def test_44_other_products_on_the_same_account_are_ignored_and_counted(till):
    till.subscribe()
    till.sell_something_else("customer.example@example.org")

    till.settle()
    report = recovery.sync(till.desk, clock.now())

    assert len(till.rows(Subscription)) == 1
    assert len(till.rows(Payment)) == 1
    assert report.not_ours == 1
    assert {row.state for row in till.notice_rows()} == {"done", "ignored"}
    assert till.get_member("customer.example@example.org") is None


def test_45_subscription_with_two_of_our_plans_gives_both(till):
    till.add_plan("extra", 200)

    till.buy_together("members", "extra")
    till.settle()

    (row,) = till.rows(Subscription)
    assert row.plans == ["extra", "members"]
    assert row.amount_minor == 800
    assert till.entitlement().audience.plans == {"extra", "members"}


def test_46_unknown_status_keeps_access_for_a_week_and_the_host_is_told(till):
    row = till.subscribe()
    till.standin.set_faults(Faults(unknown_status="resting"))

    till.sync(row.stripe_id)
    till.work()
    kept = till.entitlement()
    till.move(days=6)
    till.sync(row.stripe_id)
    later = till.entitlement()
    till.move(days=1, seconds=1)

    assert kept.has_access
    assert later.until == kept.until
    assert not till.entitlement().has_access
    assert till.letters("ada@example.org") == ["host_note"]
    till.standin.set_faults(Faults())
    till.sync(row.stripe_id)
    assert till.entitlement().standing is Standing.ACTIVE


def test_46_unknown_type_is_kept_as_ignored(db):
    bind(db)
    body = make_body(type="customer.subscription.teleported")

    assert webhooks.receive(db, (SECRET,), body, sign(body), clock.now()) is webhooks.Received.IGNORED


def test_48_notice_that_cannot_be_written_is_answered_with_a_fault_and_comes_again(till):
    till.pay(till.join().url)
    event.listen(till.db.engine, "before_cursor_execute", _full_disk)

    refused = till.deliver_once()
    event.remove(till.db.engine, "before_cursor_execute", _full_disk)
    till.move(minutes=2)
    till.settle()

    assert set(refused) == {503}
    assert till.entitlement().has_access


def _full_disk(_conn, _cursor, statement, *_rest):
    if statement.startswith("INSERT INTO notice"):
        raise OperationalError(statement, {}, Exception("database or disk is full"))


def test_stripe_away_while_working_is_tried_at_the_set_times_and_then_told(till):
    till.pay(till.join().url)
    till.standin.set_faults(Faults(answer="500"))
    till.deliver()
    waits = []

    for _ in range(7):
        pending = [row for row in till.notice_rows() if row.state == "failed"]
        if not pending:
            break
        waits.append((min(row.next_try_at for row in pending) - clock.now()).total_seconds() / 60)
        till.move(minutes=waits[-1])
        till.work()

    assert waits == [1, 5, 30, 120, 360, 1440]
    assert {row.state for row in till.notice_rows()} == {"dead"}
    assert set(till.letters("ada@example.org")) == {"host_note"}
    till.standin.set_faults(Faults())
    recovery.sync(till.desk, clock.now())
    till.work()
    assert till.entitlement().has_access
    assert "dead" not in {row.state for row in till.notice_rows()}


def test_notice_worked_on_twice_writes_once(till):
    till.subscribe()
    before = till.snapshot()

    for row in till.notice_rows():
        notices.work(till.desk, row.notice_id)

    assert till.snapshot() == before


def test_old_notices_are_swept_after_400_days(till):
    till.subscribe()

    till.move(days=401)
    with till.db.transaction() as session:
        notices.sweep(session, clock.now())

    assert till.notice_rows() == []


def test_body_over_a_mebibyte_is_refused_before_it_is_read(db):
    with pytest.raises(Invalid):
        webhooks.receive(db, (SECRET,), b"x" * (1024 * 1024 + 1), "t=1,v1=a", clock.now())


@given(st.binary(max_size=200), st.one_of(st.none(), st.text(max_size=100)))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=200)
def test_hostile_bytes_are_invalid_and_nothing_else(sqlite_db, body, header):
    with pytest.raises(Invalid):
        webhooks.receive(sqlite_db, (SECRET,), body, header, clock.now())


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    )
)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=100)
def test_signed_json_of_any_shape_is_invalid_and_nothing_else(sqlite_db, value):
    body = json.dumps(value).encode()

    with pytest.raises(Invalid):
        webhooks.receive(sqlite_db, (SECRET,), body, sign(body), clock.now())


def test_without_a_secret_nothing_is_believed(db):
    with pytest.raises(Misconfigured):
        webhooks.receive(db, (), make_body(), sign(make_body(), ""), clock.now())


def test_database_away_is_unavailable(tmp_path, db):
    bind(db)
    event.listen(db.engine, "before_cursor_execute", _full_disk)

    with pytest.raises(Unavailable):
        webhooks.receive(db, (SECRET,), make_body(), sign(make_body()), clock.now())

    event.remove(db.engine, "before_cursor_execute", _full_disk)


def sign(body, secret=SECRET, at=None):
    from podcastsvc.billing.standin.notices import sign as make_signature

    return make_signature(body, secret, int(time.time() if at is None else at))


def bind(db):
    with db.transaction() as session:
        save_account(session, Account("acct_1", livemode=False))


def test_45_subscription_that_is_none_of_ours_any_more_gives_nothing(till):
    row = till.subscribe()

    till.swap_for_something_else(row.stripe_id)
    till.settle()

    assert till.rows(Subscription)[0].plans == []
    assert not till.entitlement().has_access


def test_failed_cards_of_a_member_are_counted_once_each(till):
    row = till.subscribe(card=FAILS_LATER)
    till.live(28, step=14)
    failed = [each for each in till.notice_rows() if each.type == "invoice.payment_failed"]
    for each in failed * 2:
        notices.work(till.desk, each.notice_id)

    with till.db.reading() as session:
        counted = [
            limits.read(session, FAILED_CARDS.what, str(row.member_id), window=FAILED_CARDS.window, now=each.done_at)
            for each in failed
        ]

    assert counted == [1] * len(failed)
    assert failed


def test_failed_card_of_last_week_counts_for_nobodys_hour(till):
    row = till.subscribe(card=FAILS_LATER)
    till.live(28, step=14)
    (failed,) = [each for each in till.notice_rows() if each.type == "invoice.payment_failed"]
    with till.db.transaction() as session:
        session.execute(update(Notice).where(Notice.notice_id == failed.notice_id).values(state="failed"))
    till.move(days=1)

    notices.work(till.desk, failed.notice_id)

    with till.db.reading() as session:
        assert not attempts.is_used_up(session, replace(FAILED_CARDS, most=1), str(row.member_id), clock.now())
