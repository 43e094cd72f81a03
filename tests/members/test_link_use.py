"""How a link is used: who reads its feed, what a waiting page is told of it, and when it was opened."""

from datetime import timedelta

import pytest
from sqlalchemy import event, select

from podcastsvc.kit.secrets import hash_secret
from podcastsvc.members import accounts, feed_tokens, link_use, sessions
from podcastsvc.members.feed_tokens import LastFetch
from podcastsvc.members.link_use import Reading
from podcastsvc.storage.tables.member import FeedAnswer, FeedLink, LinkReader, MemberSession
from tests.members.conftest import NOW

MINUTE = timedelta(minutes=1)


def get_link(db, member):
    with db.reading() as session:
        return feed_tokens.list_links(session, member.id)[0]


@pytest.fixture
def link(db, ben):
    return get_link(db, ben)


@pytest.fixture
def secret(db, ben):
    """What Ben's browser is signed in with."""
    with db.transaction() as session:
        return sessions.start_session(session, ben, agent="test", now=NOW)


@pytest.fixture
def note(db):
    """Notes readings: ``note(link, "Overcast")`` now, by an app."""

    def run(link, name, *, at=NOW, is_app=True):
        with db.transaction() as session:
            link_use.record_readings(session, [Reading(link.id, name, is_app, at)])

    return run


def ask(db, secret, now=NOW):
    return link_use.list_readings_of_browser(db, secret, now)


def list_names(db, link):
    with db.reading() as session:
        return [(row.name, row.last_at) for row in link_use.list_readers(session, [link.id])[link.id]]


def test_h3_each_reader_is_kept_with_its_last_time_the_latest_first(db, link):
    with db.transaction() as session:
        link_use.record_readings(
            session,
            [
                Reading(link.id, "Overcast", True, NOW + MINUTE),
                Reading(link.id, "AntennaPod", True, NOW + 2 * MINUTE),
                Reading(link.id, "Overcast", True, NOW),
            ],
        )
    with db.transaction() as session:
        link_use.record_readings(session, [Reading(link.id, "Overcast", True, NOW + 5 * MINUTE)])

    assert list_names(db, link) == [("Overcast", NOW + 5 * MINUTE), ("AntennaPod", NOW + 2 * MINUTE)]


def test_a_link_that_is_not_there_any_more_loses_no_other_readings(db, link):
    with db.transaction() as session:
        link_use.record_readings(session, [Reading(4711, "Overcast", True, NOW), Reading(link.id, "Castro", True, NOW)])

    assert list_names(db, link) == [("Castro", NOW)]


def test_a_waiting_page_learns_which_app_came(db, link, secret, note):
    before = ask(db, secret)

    note(link, "Overcast")

    assert before == {}
    assert ask(db, secret) == {link.id: Reading(link.id, "Overcast", True, NOW)}


def test_of_several_apps_the_last_one_is_told(db, link, secret, note):
    note(link, "AntennaPod", at=NOW + MINUTE)
    note(link, "Overcast")

    assert ask(db, secret)[link.id].name == "AntennaPod"


def test_a_browser_that_opened_the_address_is_no_app(db, link, secret, note):
    note(link, "Chrome", is_app=False)

    assert ask(db, secret) == {}
    assert list_names(db, link) == [("Chrome", NOW)]


def test_nobody_learns_of_other_peoples_apps(db, secret, make_member, note):
    note(get_link(db, make_member("cleo")), "Overcast")

    assert ask(db, secret) == {}


@pytest.mark.parametrize("end", [feed_tokens.revoke_link, None])
def test_links_that_are_over_are_not_told_of(db, keys, link, secret, note, end):
    note(link, "Overcast")
    with db.transaction() as session:
        if end is None:
            feed_tokens.replace_link(session, keys, session.merge(link), now=NOW)
        else:
            end(session, session.merge(link), now=NOW)

    with db.reading() as session:
        found = link_use.find_reading(session, link.id)

    assert ask(db, secret) == {}
    assert found is None


def test_a_browser_that_is_not_signed_in_is_told_nothing(db, ben, secret):
    with db.reading() as session:
        ends_at = session.get(MemberSession, hash_secret(secret)).expires_at

    assert ask(db, "x" * 43) is None
    assert ask(db, secret, ends_at) is None
    with db.transaction() as session:
        accounts.remove(session, session.merge(ben), NOW)
    assert ask(db, secret) is None


def test_asking_is_one_read(db, link, secret, note):
    note(link, "Overcast")
    seen = []
    event.listen(db.engine, "checkout", lambda *_args: seen.append("connection"))
    if db.is_sqlite:
        event.listen(db.engine, "checkout", lambda dbapi, *_args: dbapi.set_trace_callback(seen.append))

    ask(db, secret)

    assert [each.split()[0] for each in seen] == (["connection", "SELECT"] if db.is_sqlite else ["connection"])


def test_a_link_by_its_number_is_one_read_too(db, link, note):
    with db.reading() as session:
        before = link_use.find_reading(session, link.id)
    note(link, "Overcast")

    with db.reading() as session:
        found = link_use.find_reading(session, link.id)

    assert before == {}
    assert found[link.id].name == "Overcast"


def test_the_first_fetch_after_an_opening_is_always_noted(db, link):
    with db.transaction() as session:
        feed_tokens.record_fetches(session, [LastFetch(link.id, "Overcast", FeedAnswer.FULL, NOW)])
        link_use.record_opening(session, link.id, NOW + MINUTE)
    with db.reading() as session:
        opened = session.get(FeedLink, link.id)
    with db.transaction() as session:
        feed_tokens.record_fetches(session, [LastFetch(link.id, "Overcast", FeedAnswer.UNCHANGED, NOW + 2 * MINUTE)])
    with db.reading() as session:
        fetched = session.get(FeedLink, link.id)

    then = NOW + 3 * MINUTE
    assert feed_tokens.is_worth_noting(opened, "Overcast", FeedAnswer.UNCHANGED, then)
    assert feed_tokens.is_waited_for(opened)
    assert not feed_tokens.is_worth_noting(fetched, "Overcast", FeedAnswer.UNCHANGED, then)
    assert not feed_tokens.is_waited_for(fetched)


def test_openings_are_noted_once_a_minute(db, link):
    assert link_use.is_opening_worth_noting(link, NOW)
    with db.transaction() as session:
        link_use.record_opening(session, link.id, NOW)
    with db.reading() as session:
        opened = session.get(FeedLink, link.id)

    assert not link_use.is_opening_worth_noting(opened, NOW + MINUTE / 2)
    assert link_use.is_opening_worth_noting(opened, NOW + MINUTE)


def test_the_first_listen_is_kept_beside_the_last(db, link):
    for at in (NOW, NOW + MINUTE):
        with db.transaction() as session:
            feed_tokens.record_listen(session, [link.id], at)

    with db.reading() as session:
        heard = session.get(FeedLink, link.id)
    assert (heard.first_heard_at, heard.heard_at) == (NOW, NOW + MINUTE)


def use(db, link, note, at=NOW):
    """All that is noted of a link."""
    note(link, "Overcast", at=at)
    with db.transaction() as session:
        feed_tokens.record_fetches(session, [LastFetch(link.id, "Overcast", FeedAnswer.GONE, at)])
        feed_tokens.record_listen(session, [link.id], at)
        link_use.record_opening(session, link.id, at)


def read_use(db):
    with db.reading() as session:
        (row,) = session.scalars(select(FeedLink))
        readers = session.scalars(select(LinkReader)).all()
    return readers, row.fetched_by, row.fetched_answer, row.fetched_at, row.opened_at, row.first_heard_at, row.heard_at


NO_USE = ([], "", "", None, None, None, None)


def test_t_s4_a_removed_account_keeps_nothing_of_how_its_links_were_used(db, ben, link, note):
    with db.transaction() as session:
        feed_tokens.rename_link(session, link, "Ben's kitchen")
    use(db, link, note)
    before = read_use(db)

    with db.transaction() as session:
        accounts.remove(session, session.merge(ben), NOW)

    assert all(before)
    assert read_use(db) == NO_USE
    with db.reading() as session:
        assert session.get(FeedLink, link.id).label == ""


def test_t_s4_what_apps_of_a_removed_account_ask_for_later_is_not_noted(db, ben, link, note):
    with db.transaction() as session:
        accounts.remove(session, session.merge(ben), NOW)

    use(db, link, note, at=NOW + MINUTE)

    assert read_use(db) == NO_USE


@pytest.mark.parametrize("many", [2, 50])
def test_what_all_members_apps_did_is_written_by_as_many_statements_as_for_two(db, make_member, many):
    ids = [get_link(db, make_member(f"member{number}")).id for number in range(many)]
    seen = []
    event.listen(db.engine, "before_cursor_execute", lambda *given: seen.append(given[2].split()[0]))

    with db.transaction() as session:
        feed_tokens.record_fetches(session, [LastFetch(each, "Overcast", FeedAnswer.FULL, NOW) for each in ids])
        link_use.record_readings(session, [Reading(each, "Overcast", True, NOW) for each in ids])

    assert [word for word in seen if word != "BEGIN"] == ["UPDATE", "SELECT", "INSERT"]
    with db.reading() as session:
        rows = session.scalars(select(FeedLink)).all()
        readers = link_use.list_readers(session, ids)
    assert {row.fetched_by for row in rows} == {"Overcast"}
    assert {found[0].last_at for found in readers.values()} == {NOW}
