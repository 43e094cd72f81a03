"""A secret in an address opens its own place only, and one read tells whose it is and what they may hear."""

from datetime import timedelta

import pytest
from sqlalchemy import event

from podcastsvc.members import feed_tokens
from podcastsvc.members.entitlements import Standing, get_entitlement
from podcastsvc.members.opening import open_audio, open_feed
from podcastsvc.storage.tables.billing import Grant
from podcastsvc.storage.tables.member import FeedLink
from tests.members.conftest import NOW


@pytest.fixture
def link(db, ben):
    with db.reading() as session:
        return feed_tokens.list_links(session, ben.id)[0]


@pytest.fixture
def shown(keys, link):
    return feed_tokens.show_link(keys, link)


@pytest.fixture
def opened(db):
    """Opens by a function and a token, at NOW."""

    def ask(function, token):
        return function(db, token, NOW)

    return ask


def give(db, member, *plans, until=None):
    with db.transaction() as session:
        for plan in plans:
            session.add(
                Grant(
                    member_id=member.id,
                    plan=plan,
                    reason="comp",
                    source_id=plan,
                    starts_at=NOW - timedelta(days=40),
                    ends_at=until,
                    created_at=NOW,
                )
            )


def test_a4_each_secret_opens_its_own_place_only(opened, link, shown):
    assert opened(open_feed, shown.feed_token).link.id == link.id
    assert opened(open_audio, shown.listen_token).link.id == link.id
    assert opened(open_feed, shown.listen_token) is None
    assert opened(open_audio, shown.feed_token) is None


def test_tokens_are_accepted_in_any_case(opened, link, shown):
    assert opened(open_feed, shown.feed_token.upper()).link.id == link.id


@pytest.mark.parametrize("token", ["", "a", "a" * 32, "0" * 32, "../key", "é" * 32, "\x00" * 32])
def test_unknown_and_malformed_tokens_open_nothing(opened, link, token):
    assert opened(open_feed, token) is None
    assert opened(open_audio, token) is None


def test_the_row_says_what_the_table_says(opened, link, shown):
    row = opened(open_feed, shown.feed_token).link

    assert {name: getattr(row, name) for name in row.__dataclass_fields__} == {
        name: getattr(link, name) for name in row.__dataclass_fields__
    }
    assert set(row.__dataclass_fields__) <= set(FeedLink.__table__.columns.keys())


def test_without_any_claim_a_member_may_hear_nothing(opened, shown):
    entitlement = opened(open_feed, shown.feed_token).entitlement

    assert (entitlement.standing, entitlement.has_access) == (Standing.NONE, False)


def test_the_entitlement_is_the_one_that_all_others_see(db, ben, opened, shown):
    give(db, ben, "silver", "gold")

    entitlement = opened(open_feed, shown.feed_token).entitlement

    assert entitlement.audience.plans == {"silver", "gold"}
    with db.reading() as session:
        assert entitlement == get_entitlement(session, ben.id, NOW)


def test_what_has_ended_is_known_too(db, ben, opened, shown):
    give(db, ben, "gold", until=NOW - timedelta(days=3))

    entitlement = opened(open_feed, shown.feed_token).entitlement

    assert (entitlement.standing, entitlement.has_access) == (Standing.ENDED, False)


def test_f5_opening_is_one_read(db, ben, opened, shown):
    give(db, ben, "silver", "gold")
    seen = []
    event.listen(db.engine, "checkout", lambda *_args: seen.append("connection"))
    if db.is_sqlite:
        event.listen(db.engine, "checkout", lambda dbapi, *_args: dbapi.set_trace_callback(seen.append))

    opened(open_feed, shown.feed_token)

    assert len(seen) == (2 if db.is_sqlite else 1)
