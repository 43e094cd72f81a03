"""Who may hear what, from subscriptions and grants (the access table), and its cost."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import event

from podcastsvc.members.entitlements import (
    SILENCE,
    Agreement,
    Given,
    Standing,
    entitle,
    get_entitlement,
    list_entitlements,
)
from podcastsvc.members.subscriptions import Account, save_account
from podcastsvc.storage.tables.billing import Grant, Subscription
from podcastsvc.storage.tables.member import Member

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
DAY = timedelta(days=1)
PERIOD_END = NOW + 10 * DAY
RUNNING = Agreement("sub_1", "active", frozenset({"all"}), period_end=PERIOD_END)


def test_visitor_who_never_paid_hears_what_is_public():
    found = entitle([], [], NOW)

    assert (found.standing, found.has_access, found.until, found.changes_at) == (Standing.NONE, False, None, None)


TABLE = {
    "trialing": (replace(RUNNING, status="trialing", trial_end=NOW + DAY), Standing.TRIAL, NOW + DAY),
    "trialing, just over": (replace(RUNNING, status="trialing", trial_end=NOW - DAY), Standing.TRIAL, NOW - DAY),
    "active": (RUNNING, Standing.ACTIVE, None),
    "active, to end": (replace(RUNNING, cancel_at=NOW + DAY), Standing.ENDING, NOW + DAY),
    "active, collection paused": (replace(RUNNING, is_collection_paused=True), Standing.HELD, None),
    "past due, in grace": (replace(RUNNING, status="past_due", kept_until=NOW + DAY), Standing.PAST_DUE, NOW + DAY),
    "unknown word": (replace(RUNNING, status="resting", kept_until=NOW + DAY), Standing.ACTIVE, NOW + DAY),
    "period over for six days": (replace(RUNNING, period_end=NOW - 6 * DAY), Standing.ACTIVE, None),
}


@pytest.mark.parametrize("case", TABLE)
def test_status_that_gives_access(case):
    agreement, standing, until = TABLE[case]

    found = entitle([agreement], [], NOW)

    assert found.audience.plans == {"all"}
    assert (found.standing, found.until, found.subscription_id) == (standing, until, "sub_1")


def test_of_several_pauses_the_latest_is_the_one_that_is_told():
    paused = [replace(RUNNING, id=f"sub_{days}", status="paused", paused_since=NOW - days * DAY) for days in (4, 2, 3)]

    found = entitle(paused, [], NOW)

    assert (found.standing, found.until) == (Standing.PAUSED, None)
    assert (found.subscription_id, found.paused_since) == ("sub_2", NOW - 2 * DAY)


ENDED = {
    "past due, grace over": (replace(RUNNING, status="past_due", kept_until=NOW), Standing.ENDED, NOW),
    "unpaid": (replace(RUNNING, status="unpaid"), Standing.ENDED, PERIOD_END),
    "paused": (replace(RUNNING, status="paused"), Standing.PAUSED, None),
    "incomplete": (replace(RUNNING, status="incomplete"), Standing.CONFIRMING, None),
    "incomplete, expired": (replace(RUNNING, status="incomplete_expired"), Standing.NONE, None),
    "canceled": (replace(RUNNING, status="canceled", ended_at=NOW - DAY), Standing.ENDED, NOW - DAY),
    "its end has come": (replace(RUNNING, cancel_at=NOW), Standing.ENDED, NOW),
    "unknown word, never decided": (replace(RUNNING, status="resting"), Standing.ENDED, PERIOD_END),
    "trial over for long": (replace(RUNNING, status="trialing", trial_end=NOW - SILENCE), Standing.ENDED, NOW),
}


@pytest.mark.parametrize("case", ENDED)
def test_status_that_gives_none(case):
    agreement, standing, until = ENDED[case]

    found = entitle([agreement], [], NOW)

    assert not found.has_access
    assert (found.standing, found.until) == (standing, until)


def test_row_that_nobody_confirmed_for_a_week_stops_and_says_why():
    found = entitle([replace(RUNNING, period_end=NOW - SILENCE)], [], NOW)

    assert not found.has_access
    assert found.is_unconfirmed


def test_end_of_a_planned_leaving_is_exact():
    leaving = replace(RUNNING, cancel_at=NOW + DAY, period_end=NOW + DAY)

    assert entitle([leaving], [], NOW + DAY - timedelta(seconds=1)).has_access
    assert not entitle([leaving], [], NOW + DAY).has_access


def test_plans_of_all_that_runs_are_joined_with_the_latest_end():
    leaving = replace(RUNNING, cancel_at=NOW + DAY)
    gift = Given("extra", "gift", NOW - DAY, NOW + 30 * DAY)

    found = entitle([leaving], [gift], NOW)

    assert found.audience.plans == {"all", "extra"}
    assert (found.standing, found.until, found.changes_at) == (Standing.GIFT, NOW + 30 * DAY, NOW + DAY)


def test_failed_card_is_known_though_something_else_gives_access():
    overdue = replace(RUNNING, status="past_due", kept_until=NOW + DAY)

    found = entitle([overdue], [Given("all", "comp", NOW - DAY)], NOW)

    assert (found.standing, found.until, found.needs_card) == (Standing.COMP, None, True)


def test_grant_begins_and_ends_at_its_instants():
    gift = Given("all", "gift", NOW + DAY, NOW + 2 * DAY)

    assert not entitle([], [gift], NOW).has_access
    assert entitle([], [gift], NOW).changes_at == NOW + DAY
    assert entitle([], [gift], NOW + DAY).standing is Standing.GIFT
    over = entitle([], [gift], NOW + 2 * DAY)
    assert (over.standing, over.until) == (Standing.ENDED, NOW + 2 * DAY)


def test_newer_subscription_is_shown_over_one_that_ended():
    old = Agreement("sub_0", "canceled", frozenset({"all"}), ended_at=NOW - 90 * DAY)

    found = entitle([old, RUNNING], [], NOW)

    assert (found.standing, found.subscription_id) == (Standing.ACTIVE, "sub_1")


WORDS = st.sampled_from(
    ["trialing", "active", "past_due", "unpaid", "paused", "incomplete", "incomplete_expired", "canceled", "new word"]
)
INSTANTS = st.one_of(st.none(), st.integers(-60, 60).map(lambda days: NOW + days * DAY))
AGREEMENTS = st.builds(
    Agreement,
    id=st.just("sub"),
    status=WORDS,
    plans=st.frozensets(st.sampled_from(["a", "b"]), min_size=1),
    period_end=INSTANTS,
    trial_end=INSTANTS,
    cancel_at=INSTANTS,
    ended_at=INSTANTS,
    kept_until=INSTANTS,
    is_collection_paused=st.booleans(),
)
GRANTS = st.builds(
    Given,
    plan=st.sampled_from(["a", "c"]),
    reason=st.sampled_from(["gift", "comp", "once"]),
    starts_at=INSTANTS.filter(bool),
    ends_at=INSTANTS,
)


@given(st.lists(AGREEMENTS, max_size=4), st.lists(GRANTS, max_size=3))
def test_answer_holds_until_the_instant_it_names(agreements, grants):
    found = entitle(agreements, grants, NOW)

    if found.changes_at is not None:
        assert found.changes_at > NOW
        just_before = found.changes_at - timedelta(seconds=1)
        assert entitle(agreements, grants, just_before).audience == found.audience
    else:
        assert entitle(agreements, grants, NOW + 4000 * DAY).audience == found.audience
    if found.has_access and found.until is not None:
        assert found.standing not in {Standing.NONE, Standing.ENDED}


@given(st.lists(AGREEMENTS, max_size=3), st.lists(AGREEMENTS, max_size=3))
def test_having_more_never_takes_a_plan_away(some, more):
    assert entitle(some, [], NOW).audience.plans <= entitle(some + more, [], NOW).audience.plans


@pytest.fixture
def members(db):
    """Ben pays in test mode, Dev has a gift, Finn has nothing."""
    with db.transaction() as session:
        save_account(session, Account("acct_1", livemode=False))
        ben, dev, finn = (make_member(name) for name in ("ben", "dev", "finn"))
        session.add_all([ben, dev, finn])
        session.flush()  # the rows below name the members by id
        session.add(make_row(ben.id))
        session.add(
            Grant(
                member_id=dev.id,
                plan="all",
                reason="gift",
                source_id="1",
                starts_at=NOW - DAY,
                ends_at=NOW + DAY,
                created_at=NOW,
            )
        )
        return {"ben": ben.id, "dev": dev.id, "finn": finn.id}


def test_rows_of_both_kinds_are_read(db, members):
    with db.reading() as session:
        ben, dev, finn = (get_entitlement(session, members[name], NOW) for name in ("ben", "dev", "finn"))

    assert (ben.audience.plans, ben.standing, ben.changes_at) == (
        {"all", "extra"},
        Standing.ACTIVE,
        PERIOD_END + SILENCE,
    )
    assert (dev.audience.plans, dev.standing, dev.until) == ({"all"}, Standing.GIFT, NOW + DAY)
    assert not finn.has_access


def test_list_says_the_same_as_asking_one_by_one(db, members):
    with db.reading() as session:
        together = list_entitlements(session, list(members.values()), NOW)

        assert together == {each: get_entitlement(session, each, NOW) for each in members.values()}
        assert list_entitlements(session, [], NOW) == {}


@pytest.mark.parametrize("other", [Account("acct_1", livemode=True), Account("acct_2", livemode=False)])
def test_row_of_another_account_or_mode_gives_nothing(db, members, other):
    with db.transaction() as session:
        save_account(session, other)

    with db.reading() as session:
        assert not get_entitlement(session, members["ben"], NOW).has_access
        assert get_entitlement(session, members["dev"], NOW).has_access


@pytest.mark.parametrize("count", [1, 20])
def test_one_statement_answers_for_any_number_of_rows(db, members, count):
    with db.transaction() as session:
        session.add_all(make_row(members["finn"], f"sub_f{number}") for number in range(count))
    statements = []
    event.listen(db.engine, "before_cursor_execute", lambda *args: statements.append(args[2]))

    with db.reading() as session:
        found = get_entitlement(session, members["finn"], NOW)

    assert found.has_access
    assert len([each for each in statements if "BEGIN" not in each]) == 1


def make_member(name: str) -> Member:
    return Member(email=f"{name}@example.org", email_key=f"{name}@example.org", language="en", created_at=NOW)


def make_row(member_id: int, stripe_id: str = "sub_1") -> Subscription:
    return Subscription(
        stripe_id=stripe_id,
        member_id=member_id,
        customer_id="cus_1",
        account="acct_1",
        livemode=False,
        plans=["all", "extra"],
        status="active",
        amount_minor=600,
        currency="EUR",
        started_at=NOW - 20 * DAY,
        period_end=PERIOD_END,
        synced_at=NOW,
    )
