"""Whose links these are, and which apps read them."""

from collections import Counter
from datetime import timedelta

from podcastsvc.members import directory, feed_tokens, link_use
from podcastsvc.members.link_use import Reading
from tests.members.conftest import NOW


def list_first_links(db, members):
    with db.reading() as session:
        return [feed_tokens.list_links(session, member.id)[0] for member in members]


def test_links_are_told_with_their_members_but_for_those_that_stopped(db, keys, make_member):
    people = [make_member(name) for name in ("ben", "cleo", "dev")]
    ben, cleo, dev = list_first_links(db, people)
    with db.transaction() as session:
        feed_tokens.replace_link(session, keys, cleo, now=NOW)
        feed_tokens.revoke_link(session, dev, now=NOW)

    with db.reading() as session:
        found = directory.list_owners(session, [ben.id, cleo.id, dev.id, 4711])
        none = directory.list_owners(session, [])

    assert [(link_id, owner.link.id, owner.member.id) for link_id, owner in found.items()] == [
        (ben.id, ben.id, people[0].id)
    ]
    assert none == {}


def test_links_are_counted_by_the_apps_that_read_them_since_an_instant(db, make_member):
    ben, cleo = list_first_links(db, [make_member("ben"), make_member("cleo")])
    long_ago = NOW - timedelta(days=31)
    readings = [
        Reading(ben.id, "Overcast", True, NOW),
        Reading(ben.id, "Castro", True, long_ago),
        Reading(cleo.id, "Overcast", True, NOW),
        Reading(cleo.id, "Firefox", False, NOW),
    ]
    with db.transaction() as session:
        link_use.record_readings(session, readings)

    with db.reading() as session:
        assert directory.count_links_by_app(session, NOW - timedelta(days=30)) == Counter(Overcast=2)
