"""Reminders to members whose feed no app has read: when, to whom, and never twice."""

import threading
from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import select, update

from podcastsvc.errors import NotFound
from podcastsvc.kit.keys import Keys
from podcastsvc.members import accounts, feed_tokens, grants, link_use, reminders, setup_codes
from podcastsvc.members.link_use import Reading
from podcastsvc.members.reminders import find_due
from podcastsvc.members.subscriptions import Account, save_account
from podcastsvc.storage.tables.billing import Subscription
from podcastsvc.storage.tables.job import Job
from podcastsvc.storage.tables.letter import Letter
from podcastsvc.storage.tables.member import FeedLink, Member
from tests.mail.letters import SENDER
from tests.members.conftest import NOW

DAY, HOUR = timedelta(days=1), timedelta(hours=1)


@pytest.fixture(autouse=True)
def clock():
    """Stands still at NOW until it is moved."""
    with time_machine.travel(NOW, tick=False) as moved:
        yield moved


@pytest.fixture
def subscribe(db):
    """Lets a member have paid: at NOW, unless told otherwise."""

    def run(member, **changes):
        values = {
            "stripe_id": f"sub_{member.id}_{len(changes)}",
            "member_id": member.id,
            "customer_id": "cus_1",
            "account": "acct_1",
            "livemode": False,
            "plans": ["members"],
            "status": "active",
            "interval": "year",
            "amount_minor": 6000,
            "currency": "EUR",
            "started_at": NOW,
            "period_end": NOW + 365 * DAY,
            "synced_at": NOW,
        } | changes
        with db.transaction() as session:
            save_account(session, Account("acct_1", False))
            session.add(Subscription(**values))

    return run


@pytest.fixture
def paying(ben, subscribe):
    """Ben, who has paid at NOW."""
    subscribe(ben)
    return ben


@pytest.fixture
def remind(db, keys, clock):
    """Does the work some time after NOW; the letters written so far, oldest first."""

    def run(after, **options):
        clock.move_to(NOW + after)
        reminders.remind(db, keys, SENDER, NOW + after, **options)
        return list_letters(db)

    return run


def list_letters(db):
    with db.reading() as session:
        return list(session.scalars(select(Letter).where(Letter.kind == reminders.KIND).order_by(Letter.id)))


def get_link(db, member):
    with db.reading() as session:
        return feed_tokens.list_links(session, member.id)[0]


def give(db, member, *, at=NOW, until=None, source="1"):
    with db.transaction() as session:
        grants.save_grant(
            session, member.id, "members", reason="comp", source_id=source, starts_at=at, ends_at=until, now=at
        )


def read(db, member, name="Overcast", *, is_app=True):
    with db.transaction() as session:
        link_use.record_readings(session, [Reading(get_link_id(session, member), name, is_app, NOW)])


def get_link_id(session, member):
    return feed_tokens.list_links(session, member.id)[0].id


@pytest.mark.parametrize(
    ("age", "number"),
    [
        (timedelta(), None),
        (DAY - timedelta(seconds=1), None),
        (DAY, 1),
        (3 * DAY - timedelta(seconds=1), 1),
        (3 * DAY, 2),
        (7 * DAY - timedelta(seconds=1), 2),
        (7 * DAY, None),
        (400 * DAY, None),
    ],
)
def test_one_letter_is_due_after_a_day_and_one_after_three(age, number):
    found = find_due(NOW - age, NOW)

    assert (found.number if found else None) == number


def test_who_paid_and_was_never_fetched_is_reminded_after_a_day(db, keys, paying, remind):
    early = remind(DAY - HOUR)

    (letter,) = remind(DAY)

    assert early == []
    link = get_link(db, paying)
    shown = feed_tokens.show_link(keys, link)
    assert (letter.to, letter.language) == ("ben@example.org", "en")
    assert letter.subject == "No app has your feed of The Long Meridian yet"
    assert f"https://show.example/private/{shown.feed_token}/feed.xml" in letter.text
    assert "Overcast: " not in letter.text
    with db.reading() as session:
        jobs = session.scalars(select(Job).where(Job.kind == "letter.send")).all()
        code = letter.text.split("https://show.example/add/")[1].split()[0]
        assert setup_codes.open_setup_code(session, keys, code, now=NOW + DAY).id == link.id
    assert [job.payload for job in jobs] == [{"letter": letter.id}]


def test_the_second_letter_is_the_last_and_tells_the_way_by_hand(paying, remind):
    remind(DAY)

    _first, second = remind(3 * DAY)

    assert second.subject == "Still no app has your feed of The Long Meridian"
    assert "Overcast: The plus sign, then “Add URL”." in second.text
    assert "This is our last reminder." in second.text


def test_each_is_written_once_however_often_the_work_is_done(paying, remind):
    for after in (DAY, DAY, DAY + HOUR, 2 * DAY, 3 * DAY, 3 * DAY + HOUR, 6 * DAY, 9 * DAY):
        letters = remind(after)

    assert [letter.period for letter in letters] == ["1", "2"]


def test_of_two_that_were_missed_only_the_second_is_written(paying, remind):
    assert [letter.period for letter in remind(5 * DAY)] == ["2"]


def test_nobody_is_reminded_of_what_began_more_than_a_week_ago(paying, remind):
    assert remind(7 * DAY) == []


def test_two_workers_at_once_write_one_letter(db, keys, paying):
    start, problems = threading.Barrier(2), []

    def work():
        try:
            start.wait(10)
            reminders.remind(db, keys, SENDER, NOW + DAY)
        except Exception as problem:  # noqa: BLE001 -- shown below
            problems.append(problem)

    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)

    assert problems == []
    assert len(list_letters(db)) == 1


def test_what_one_run_leaves_over_the_next_one_finds(make_member, subscribe, remind):
    for name in ("ben", "cleo", "dev"):
        subscribe(make_member(name))

    first = remind(DAY, most=2)
    second = remind(DAY + HOUR, most=2)

    assert {letter.to for letter in first} == {"ben@example.org", "cleo@example.org"}
    assert {letter.to for letter in second} - {letter.to for letter in first} == {"dev@example.org"}


def test_who_was_given_a_plan_is_reminded_too(db, ben, remind):
    give(db, ben)

    assert [letter.to for letter in remind(DAY)] == ["ben@example.org"]


def test_a_gift_in_the_middle_of_a_long_membership_is_no_beginning(db, ben, subscribe, remind):
    subscribe(ben, started_at=NOW - 90 * DAY)
    give(db, ben)

    assert remind(DAY) == []


def test_who_comes_back_after_a_long_time_is_reminded_again(db, ben, subscribe, remind):
    subscribe(ben, started_at=NOW - 400 * DAY, status="canceled", ended_at=NOW - 100 * DAY)
    subscribe(ben)

    assert len(remind(DAY)) == 1


def test_a_member_reads_it_in_their_language(make_member, subscribe, remind):
    subscribe(make_member("cleo", language="es"))

    (letter,) = remind(DAY)

    assert letter.language == "es"
    assert "https://show.example/es/add/" in letter.text
    assert "https://show.example/es/reminders/" in letter.text


def test_an_app_that_has_the_feed_ends_it(db, paying, remind):
    remind(DAY)
    read(db, paying)

    assert len(remind(3 * DAY)) == 1


def test_a_browser_that_opened_the_address_does_not(db, paying, remind):
    read(db, paying, "Chrome", is_app=False)

    assert len(remind(DAY)) == 1


def test_who_listens_on_our_pages_is_left_alone(db, paying, remind):
    with db.transaction() as session:
        feed_tokens.record_listen(session, [get_link_id(session, paying)], NOW)

    assert remind(DAY) == []


def test_an_app_that_followed_an_earlier_link_counts(db, keys, paying, remind):
    read(db, paying)
    with db.transaction() as session:
        feed_tokens.replace_link(session, keys, feed_tokens.list_links(session, paying.id)[0], now=NOW)

    assert remind(DAY) == []


def test_whose_access_has_ended_is_not_written_to(db, paying, remind):
    with db.transaction() as session:
        session.execute(update(Subscription).values(status="canceled", ended_at=NOW + HOUR))

    assert remind(DAY) == []


@pytest.mark.parametrize("status", ["incomplete", "paused", "unpaid"])
def test_who_hears_nothing_is_not_written_to(ben, subscribe, remind, status):
    subscribe(ben, status=status)

    assert remind(DAY) == []


def test_who_never_had_access_is_not_written_to(ben, remind):
    assert remind(DAY) == []


def test_who_wants_none_gets_none_and_may_change_their_mind(db, paying, remind):
    with db.transaction() as session:
        reminders.want(session, paying.id, NOW, are_wanted=False)
    without = remind(DAY)
    with db.transaction() as session:
        reminders.want(session, paying.id, NOW, are_wanted=True)

    assert without == []
    assert len(remind(2 * DAY)) == 1


@pytest.mark.parametrize("state", ["dead", "sent"])
def test_an_address_that_refused_the_last_letter_gets_no_more(db, paying, remind, state):
    remind(DAY)
    with db.transaction() as session:
        session.execute(update(Letter).values(state=state))

    assert len(remind(3 * DAY)) == (1 if state == "dead" else 2)


def test_another_address_than_the_one_that_refused_gets_them(db, paying, remind):
    remind(DAY)
    with db.transaction() as session:
        session.execute(update(Letter).values(state="dead"))
        session.execute(update(Member).values(email="b@example.com", email_key="b@example.com"))

    assert [letter.to for letter in remind(3 * DAY)][1:] == ["b@example.com"]


def test_whose_links_were_taken_away_gets_none_and_no_new_link(db, paying, remind):
    with db.transaction() as session:
        feed_tokens.revoke_links(session, paying.id, now=NOW)

    assert remind(DAY) == []
    with db.reading() as session:
        assert feed_tokens.list_links(session, paying.id) == []


def test_a_link_that_cannot_be_shown_again_is_not_written_of(db, paying, remind, keys):
    others = Keys({"b": b"B" * 32})

    assert reminders.remind(db, others, SENDER, NOW + DAY) == 0


def test_members_whose_links_cannot_be_shown_keep_nobody_waiting(db, make_member, subscribe, remind):
    members = [make_member(name) for name in ("ben", "cleo", "dev")]
    for member in members:
        subscribe(member)
    with db.transaction() as session:
        lost = FeedLink.member_id.in_([member.id for member in members[:2]])
        session.execute(update(FeedLink).where(lost).values(key_id="lost"))

    assert [letter.to for letter in remind(DAY, most=2)] == ["dev@example.org"]


def test_hosts_and_removed_accounts_get_none(db, ada, paying, subscribe, remind):
    subscribe(ada)
    with db.transaction() as session:
        accounts.remove(session, session.merge(paying), NOW)

    assert remind(DAY) == []


def test_the_letter_carries_a_way_to_say_no_more(db, keys, paying, remind):
    (letter,) = remind(DAY)

    link = letter.headers["List-Unsubscribe"].strip("<>")

    assert link in letter.text
    assert letter.headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert reminders.read_stop_token(keys, link.rpartition("/")[2]) == paying.id


@pytest.mark.parametrize(
    "change", [lambda token: token + "x", lambda token: token[1:], lambda _token: "", lambda _t: "é"]
)
def test_a_token_that_is_not_ours_is_refused(keys, change):
    token = change(reminders.make_stop_token(keys, 7))

    with pytest.raises(NotFound):
        reminders.read_stop_token(keys, token)
