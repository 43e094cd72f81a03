"""Sessions end when they should."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from podcastsvc.members import accounts, sessions
from podcastsvc.storage.tables.member import MemberSession
from tests.members.conftest import NOW

DAY, HOUR = timedelta(days=1), timedelta(hours=1)


def start(db, member, now=NOW, agent="", **more):
    with db.transaction() as session:
        return sessions.start_session(session, member, agent=agent, now=now, **more)


def find(db, secret, now=NOW):
    with db.reading() as session:
        return sessions.find_session(session, secret, now)


def use_daily(db, secret, days):
    for day in range(1, days + 1):
        found = find(db, secret, NOW + day * DAY)
        if found is None:
            return day
        with db.transaction() as session:
            sessions.touch(session, found.row.id_hash, NOW + day * DAY)
    return None


def test_cookie_finds_its_member(db, ben):
    assert find(db, start(db, ben)).member.id == ben.id


def test_cookie_is_not_in_the_database(db, ben):
    secret = start(db, ben)

    with db.reading() as session:
        row = session.scalars(select(MemberSession)).one()
    assert secret not in repr(vars(row))
    assert len(secret) >= 43


@pytest.mark.parametrize("secret", ["", "nonsense", "x" * 43, "\x00", "\ud800"])
def test_other_cookies_find_nobody(db, ben, secret):
    start(db, ben)

    assert find(db, secret) is None


def test_member_stays_signed_in_for_thirty_days_of_silence(db, ben):
    secret = start(db, ben)

    assert find(db, secret, NOW + 30 * DAY - HOUR) is not None
    assert find(db, secret, NOW + 30 * DAY) is None


def test_member_who_comes_daily_signs_in_again_after_180_days(db, ben):
    assert use_daily(db, start(db, ben), 200) == 180


def test_host_is_signed_out_after_twelve_silent_hours(db, ada):
    secret = start(db, ada)

    assert find(db, secret, NOW + 11 * HOUR) is not None
    assert find(db, secret, NOW + 12 * HOUR) is None


def test_host_signs_in_again_after_fourteen_days(db, ada):
    secret = start(db, ada)
    with db.transaction() as session:
        found = sessions.find_session(session, secret, NOW)
        sessions.touch(session, found.row.id_hash, NOW + 14 * DAY - HOUR)

    assert find(db, secret, NOW + 14 * DAY - HOUR / 2) is not None
    assert find(db, secret, NOW + 14 * DAY) is None


def test_use_is_noted_every_ten_minutes(db, ben):
    row = find(db, start(db, ben)).row

    assert not sessions.needs_touch(row, NOW + timedelta(minutes=9))
    assert sessions.needs_touch(row, NOW + timedelta(minutes=10))


def test_proof_is_fresh_for_fifteen_minutes(db, ben):
    with db.transaction() as session:
        accounts.confirm(session, ben, NOW)
    secret = start(db, ben)
    found = find(db, secret)
    later = NOW + timedelta(minutes=15)

    assert sessions.is_fresh(found, later - timedelta(seconds=1))
    assert not sessions.is_fresh(found, later)
    assert sessions.is_fresh(find(db, start(db, ben, now=later), later), later)


def test_nothing_is_fresh_for_an_address_that_nobody_has_proved_t_a2(db, ben):
    paid = start(db, ben, is_proved=False)
    signed_in = start(db, ben)

    assert not sessions.is_fresh(find(db, paid), NOW)
    assert not sessions.is_fresh(find(db, signed_in), NOW)


def test_browser_that_has_only_paid_is_not_fresh_once_the_owner_proved_the_address_t_a2(db, ben):
    with db.transaction() as session:
        accounts.confirm(session, ben, NOW)

    assert not sessions.is_fresh(find(db, start(db, ben, is_proved=False)), NOW)


def test_renewed_session_leaves_the_old_cookie_worthless(db, ben):
    old = start(db, ben)
    with db.transaction() as session:
        new = sessions.renew_session(session, sessions.find_session(session, old, NOW).row.id_hash)

    assert find(db, old) is None
    assert find(db, new).member.id == ben.id


def test_signing_out_ends_one_browser(db, ben):
    here, there = start(db, ben), start(db, ben)
    ours = find_hash(db, here)

    with db.transaction() as session:
        assert sessions.end_session(session, ours, member_id=ben.id)

    assert find(db, here) is None
    assert find(db, there) is not None


def test_nobody_ends_the_session_of_another(db, ben, make_member):
    secret, eve = start(db, ben), make_member("eve")
    bens = find_hash(db, secret)

    with db.transaction() as session:
        assert not sessions.end_session(session, bens, member_id=eve.id)

    assert find(db, secret) is not None


def test_signing_out_everywhere_can_keep_this_browser(db, ben, make_member):
    here, there, others = start(db, ben), start(db, ben), start(db, make_member("cleo"))
    kept = find_hash(db, here)

    with db.transaction() as session:
        assert sessions.end_sessions(session, ben.id, but=kept) == 1

    assert [find(db, secret) is not None for secret in (here, there, others)] == [True, False, True]


def test_list_shows_good_sessions_only(db, ben):
    start(db, ben, now=NOW - 40 * DAY)
    start(db, ben, agent="Mozilla/5.0 (Android 15; Mobile; rv:140.0) Gecko/140.0 Firefox/140.0")

    with db.reading() as session:
        listed = sessions.list_sessions(session, ben, NOW)

    assert [sessions.name_browser(row.agent) for row in listed] == ["Firefox, Android"]


def test_session_of_a_removed_member_is_over(db, ben):
    secret = start(db, ben)
    with db.transaction() as session:
        accounts.remove(session, ben, NOW)

    assert find(db, secret) is None


def test_sweep_removes_what_is_over(db, ben):
    start(db, ben)

    with db.transaction() as session:
        sessions.sweep(session, NOW + 181 * DAY)

    with db.reading() as session:
        assert session.scalars(select(MemberSession)).all() == []


@pytest.mark.parametrize(
    ("agent", "name"),
    [
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) Version/19.0 Mobile/15E148 Safari/604.1",
            "Safari, iPhone",
        ),
        ("Mozilla/5.0 (Windows NT 10.0; Win64; x64) Chrome/140.0.0.0 Safari/537.36 Edg/140.0.0.0", "Edge, Windows"),
        ("Mozilla/5.0 (X11; Linux x86_64) Chrome/140.0.0.0 Safari/537.36", "Chrome, Linux"),
        ("curl/8.0", ""),
        ("", ""),
    ],
)
def test_browsers_are_named(agent, name):
    assert sessions.name_browser(agent) == name


def find_hash(db, secret):
    return find(db, secret).row.id_hash
