"""What `podcastsvc check` says of feeds."""

from dataclasses import replace
from datetime import timedelta

import pytest

from podcastsvc.billing import plans
from podcastsvc.commands import health
from podcastsvc.kit import clock
from podcastsvc.kit.keys import make_key_file
from podcastsvc.services import Services
from podcastsvc.storage.tables.stats import AppFetch
from tests.feeds.rows import NOW, days, make_episode, make_show


@pytest.fixture
def services(settings):
    made = Services(settings)
    make_key_file(made.key_path)
    yield made
    made.close()


def read_feeds(services):
    return [(each.is_well, each.message) for each in health.examine(services) if each.subject == "feeds"]


def test_each_show_s_public_and_member_feed_is_examined(services):
    with services.db.transaction() as session:
        make_episode(session, make_show(session), "For all")
        make_episode(session, make_show(session, key="second", position=1), "For members", access_kind="members")
        plans.make_first_plan(session, clock.now())

    found = [each for each in read_feeds(services) if "last fetched" not in each[1]]

    assert [(is_well, message.rsplit(",", 2)[0]) for is_well, message in found] == [
        (True, "sample, Public feed: 1 episode"),
        (True, "sample, Members' feed: 1 episode"),
        (True, "second, Public feed: 0 episodes"),
        (True, "second, Members' feed: 1 episode"),
    ]


def test_an_episode_that_no_feed_holds_is_named_with_what_to_do(services):
    with services.db.transaction() as session:
        make_episode(session, make_show(session), " ", guid="g-1")

    assert read_feeds(services)[0] == (
        False,
        "sample, Public feed: “g-1” is left out: it has no title. Mend its notes.md, then scan.",
    )


def test_a_rule_that_a_feed_breaks_is_told_with_what_to_do_and_the_episodes_concerned(services):
    with services.db.transaction() as session:
        show = make_show(session, owner_email="")
        for number in range(5):
            make_episode(session, show, f"E{number}", feed_html="", guid=f"g-{number}")

    found = read_feeds(services)

    assert [is_well for is_well, _message in found[:2]] == [False, True]
    assert found[0][1].startswith("sample, Public feed: The show names no owner")
    assert found[0][1].endswith("Directories send their codes to that address.")
    assert found[1][1].endswith("Write a sentence or two into notes.md. (E0, E1, E2 and 2 more)")


def test_every_page_of_a_feed_is_examined(settings):
    cut = Services(replace(settings, feed_max_items=1, feed_page_items=1))
    make_key_file(cut.key_path)
    with cut.db.transaction() as session:
        show = make_show(session)
        for number in range(3):
            make_episode(
                session,
                show,
                f"E{number}",
                feed_html="" if number < 2 else "<p>Notes</p>",
                published_at=NOW - days(9 - number),
            )

    notes, _cut, size = read_feeds(cut)[:3]
    cut.close()

    assert notes[1].endswith("Write a sentence or two into notes.md. (page 2–3: E1, E0)")
    assert size[1].startswith("sample, Public feed: 3 episodes on 3 pages, ")


def test_it_says_when_each_app_last_fetched_a_show_s_feeds(services):
    now = clock.now()
    fetches = [
        (False, "AntennaPod", days(5)),
        (False, "Apple Podcasts - via app", timedelta(hours=2)),
        (True, "unknown", timedelta(hours=3)),
    ]
    with services.db.transaction() as session:
        make_show(session)
        make_show(session, key="second", position=1)
        session.add_all(
            AppFetch(show_key="sample", is_personal=is_personal, name=name, fetched_at=now - ago)
            for is_personal, name, ago in fetches
        )

    found = [message for is_well, message in read_feeds(services) if is_well and "fetched" in message]

    assert found == [
        "sample, public feed, last fetched: Apple Podcasts 2 hours ago, AntennaPod 5 days ago",
        "sample, members' feeds, last fetched: an unknown app 3 hours ago",
        "second, public feed, last fetched: by no app yet",
        "second, members' feeds, last fetched: by no app yet",
    ]
