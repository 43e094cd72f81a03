"""Hits become downloads, whatever order, process or day they come in (T13)."""

import hmac
import time
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import chain

import pytest
from sqlalchemy import select

from podcastsvc.kit.batch import EVERY_SECONDS
from podcastsvc.stats import hits
from podcastsvc.stats.agents import OWN, Namer
from podcastsvc.stats.hits import Fetch, Hit
from podcastsvc.stats.reports import (
    SharedLink,
    ShareLimits,
    estimate_followers,
    list_app_fetches,
    list_shared_links,
    make_numbers,
)
from podcastsvc.stats.rollup import roll_up
from podcastsvc.storage.tables.member import FeedAnswer, FeedLink, Member
from podcastsvc.storage.tables.stats import (
    AppFetch,
    DayKey,
    Download,
    DownloadCount,
    FeedReader,
    LinkDay,
    Listen,
    UnknownAgent,
)
from tests.feeds.rows import days, make_episode, make_show

NOW = datetime(2026, 10, 22, 12, tzinfo=UTC)
OVERCAST = "Overcast/3.0 (+http://overcast.fm/; iOS podcast app)"
HIT = Hit(
    at=NOW,
    episode_guid="e",
    is_preview=False,
    audience="public",
    network="192.0.2.1",
    agent=OVERCAST,
    referrer="",
    start=0,
    stop=1000,
    threshold_bytes=500,
)
namer = Namer(OWN)


def save(db, *batch, **options):
    with db.transaction() as session:
        hits.save_hits(session, batch, namer, **options)


def list_downloads(db):
    with db.reading() as session:
        return list(session.scalars(select(Download).order_by(Download.id)))


def test_a_whole_download_is_counted_once_with_what_is_known_of_it(db):
    save(db, HIT, replace(HIT, at=NOW + timedelta(minutes=5)))
    save(db, replace(HIT, at=NOW + timedelta(hours=1)))

    (download,) = list_downloads(db)

    assert (download.day, download.hour, download.episode_guid) == (date(2026, 10, 22), 12, "e")
    assert (download.audience, download.app, download.device) == ("public", "Overcast", "mobile")


def test_d5_parts_are_added_over_batches_and_overlaps_count_once(db):
    save(db, replace(HIT, stop=300))
    save(db, replace(HIT, start=100, stop=400))
    before = len(list_downloads(db))

    save(db, replace(HIT, start=700, stop=800))

    assert before == 0
    assert len(list_downloads(db)) == 1


def test_d5_the_download_stands_at_the_time_of_the_first_request(db):
    save(db, replace(HIT, stop=300, at=NOW))
    save(db, replace(HIT, start=300, at=NOW + timedelta(hours=3)))

    assert [download.hour for download in list_downloads(db)] == [12]


def test_d1_the_next_day_counts_anew(db):
    midnight = datetime(2026, 10, 23, tzinfo=UTC)

    save(db, replace(HIT, at=midnight - timedelta(seconds=1)), replace(HIT, at=midnight))

    assert [download.day.day for download in list_downloads(db)] == [22, 23]


def test_d1_halves_on_both_sides_of_midnight_are_no_download(db):
    midnight = datetime(2026, 10, 23, tzinfo=UTC)

    save(db, replace(HIT, stop=400, at=midnight - timedelta(seconds=1)), replace(HIT, start=400, stop=800, at=midnight))

    assert list_downloads(db) == []


def test_d2_another_network_agent_or_episode_is_another_download(db):
    save(
        db,
        HIT,
        replace(HIT, network="192.0.2.2"),
        replace(HIT, agent="AntennaPod/3.4.0"),
        replace(HIT, episode_guid="f"),
        replace(HIT, is_preview=True),
    )

    assert len(list_downloads(db)) == 5


def test_d2_no_address_is_kept(db, link_id):
    save(db, replace(HIT, link_id=link_id), replace(HIT, link_id=link_id, network="2001:db8:7::"))
    with db.transaction() as session:
        hits.save_fetches(session, [Fetch(NOW, "sample", "192.0.2.1", "NetNewsWire")], namer)

    with db.reading() as session:
        kept = {table: session.scalars(select(table)).all() for table in (Listen, Download, LinkDay, FeedReader)}
    assert [len(rows) for rows in kept.values()] == [2, 2, 1, 1]
    rows = chain.from_iterable(kept.values())
    written = repr([{c.key: getattr(row, c.key) for c in row.__table__.columns} for row in rows])
    assert "192.0.2" not in written
    assert "2001:db8" not in written


def test_d3_bots_and_excluded_networks_leave_no_download(db):
    save(db, replace(HIT, agent="curl/8.0"), replace(HIT, network="203.0.113.9"), excluded=["203.0.113.0/24"])

    assert list_downloads(db) == []


def test_unknown_agents_are_kept_for_the_operator(db):
    save(db, replace(HIT, agent="SomethingNew/1.0"), replace(HIT, agent="SomethingNew/1.0", network="192.0.2.7"))

    with db.reading() as session:
        assert [(row.text, row.count) for row in session.scalars(select(UnknownAgent))] == [("SomethingNew/1.0", 2)]
    assert [download.app for download in list_downloads(db)] == ["unknown", "unknown"]


def test_d8_a_listener_with_more_than_a_hundred_downloads_is_set_aside(db):
    save(db, *(replace(HIT, episode_guid=f"e{number}") for number in range(101)), replace(HIT, network="192.0.2.2"))
    save(db, *(replace(HIT, episode_guid=f"e{number}", network="192.0.2.3") for number in range(100)))

    with db.transaction() as session:
        roll_up(session, NOW)

    aside = [download.is_anomaly for download in list_downloads(db)]
    assert (aside.count(True), aside.count(False)) == (101, 101)


def test_d8_two_agents_in_one_network_are_two_listeners(db):
    agents = (OVERCAST, "AntennaPod/3.4.0")
    save(db, *(replace(HIT, episode_guid=f"e{number}", agent=agent) for number in range(51) for agent in agents))

    with db.transaction() as session:
        roll_up(session, NOW)

    aside = [download.is_anomaly for download in list_downloads(db)]
    assert (aside.count(True), aside.count(False)) == (0, 102)


def test_d10_a_batch_is_written_while_the_five_seconds_last(db):
    batch = [replace(HIT, episode_guid=f"e{number % 10}", network=f"192.0.2.{number}") for number in range(200)]
    start = time.monotonic()

    save(db, *batch)

    assert EVERY_SECONDS + time.monotonic() - start <= 5
    assert len(list_downloads(db)) == 200


def test_d2_after_48_hours_nobody_can_tell_who_listened(db):
    save(db, HIT)
    with db.transaction() as session:
        hits.save_fetches(session, [Fetch(NOW, "sample", "192.0.2.1", "NetNewsWire")], namer)
        roll_up(session, NOW + days(1))
        kept = session.scalars(select(DayKey)).all()

        roll_up(session, datetime(2026, 10, 24, tzinfo=UTC))

    assert len(kept) == 1
    with db.reading() as session:
        for table in (DayKey, Listen, FeedReader):
            assert session.scalars(select(table)).all() == []
    assert [download.listener for download in list_downloads(db)] == [""]


def test_d6_old_downloads_are_folded_into_counts_once(db):
    save(db, HIT, replace(HIT, network="192.0.2.2"), replace(HIT, episode_guid="f"))

    for later in (days(91), days(92)):
        with db.transaction() as session:
            roll_up(session, NOW + later)

    with db.reading() as session:
        folded = session.execute(select(DownloadCount.episode_guid, DownloadCount.count)).all()
    assert sorted(folded) == [("e", 2), ("f", 1)]
    assert list_downloads(db) == []


def test_numbers_hold_days_episodes_apps_and_what_was_set_aside(db):
    with db.transaction() as session:
        show = make_show(session)
        first = make_episode(session, show, "First", published_at=NOW - days(30), guid="e")
        make_episode(session, show, "Second", published_at=NOW - days(1), guid="f")
        other = make_show(session, key="other", position=1)
        make_episode(session, other, "Elsewhere", guid="x")
        show_id = show.id
    save(
        db,
        HIT,
        replace(HIT, at=NOW - days(28)),
        replace(HIT, episode_guid="f", audience="gold", agent="AntennaPod/3"),
        replace(HIT, episode_guid="x"),
        replace(HIT, is_preview=True, is_asked=True),
    )
    save(db, *(replace(HIT, episode_guid="f", network="192.0.2.99", agent=f"AntennaPod/{n}") for n in range(3)))
    with db.transaction() as session:
        roll_up(session, NOW)

    with db.reading() as session:
        numbers = make_numbers(session, show_id, since=date(2026, 10, 20), until=date(2026, 10, 22))

    assert first.title == "First"
    assert (numbers.downloads, numbers.by_members, numbers.previews, numbers.anomalies) == (5, 1, 1, 0)
    assert [(day.day.day, day.downloads) for day in numbers.days] == [(20, 0), (21, 0), (22, 5)]
    assert [(each.title, each.downloads, each.total, each.first_week) for each in numbers.episodes] == [
        ("Second", 4, 4, 4),
        ("First", 1, 2, 1),
    ]
    assert [(each.by_members, each.member_percent) for each in numbers.episodes] == [(1, 25), (0, 0)]
    assert [(each.name, each.count) for each in numbers.apps] == [("AntennaPod", 4), ("Overcast", 1)]
    assert numbers.is_asked
    assert numbers.days[-1].listeners == 5


def test_numbers_are_the_same_after_folding(db):
    with db.transaction() as session:
        show = make_show(session)
        make_episode(session, show, "First", published_at=NOW - days(1), guid="e")
        show_id = show.id
    save(db, HIT, replace(HIT, network="192.0.2.2", audience="gold"))

    def ask():
        with db.reading() as session:
            numbers = make_numbers(session, show_id, since=date(2026, 10, 20), until=date(2026, 10, 22))
        return numbers.downloads, numbers.by_members, numbers.episodes, numbers.apps

    before = ask()
    with db.transaction() as session:
        roll_up(session, NOW + days(100))

    assert ask() == before
    assert before[:2] == (2, 1)


def test_d9_followers_are_what_servers_say_and_one_for_each_other_reader(db):
    fetches = [
        Fetch(NOW, "sample", "192.0.2.1", "Overcast/1.0 Podcast Sync (40 subscribers; feed-id=1)"),
        Fetch(NOW, "sample", "192.0.2.9", "Overcast/1.0 Podcast Sync (41 subscribers; feed-id=1)"),
        Fetch(NOW, "sample", "192.0.2.2", "AntennaPod/3.4.0"),
        Fetch(NOW, "sample", "192.0.2.2", "AntennaPod/3.4.0"),
        Fetch(NOW, "sample", "192.0.2.3", "AntennaPod/3.4.0"),
        Fetch(NOW, "sample", "192.0.2.4", "Mozilla/5.0 (compatible; Googlebot/2.1)"),
        Fetch(NOW, "other", "192.0.2.4", "NetNewsWire"),
    ]
    with db.transaction() as session:
        hits.save_fetches(session, fetches, namer)
        roll_up(session, NOW)

    with db.reading() as session:
        followers = estimate_followers(session, "sample")

    assert followers.total == 43
    assert [(each.name, each.count) for each in followers.readers] == [("Overcast", 41), ("AntennaPod", 2)]


def list_apps(db):
    with db.reading() as session:
        rows = session.scalars(select(AppFetch).order_by(AppFetch.show_key, AppFetch.is_personal, AppFetch.name))
        return [(row.show_key, row.is_personal, row.name, row.fetched_at) for row in rows]


def test_each_apps_last_fetch_is_kept_by_show_and_kind_of_feed(db):
    overcast, later = Fetch(NOW, "sample", "192.0.2.1", OVERCAST), NOW + timedelta(minutes=5)
    with db.transaction() as session:
        hits.save_fetches(session, [replace(overcast, at=later), overcast, replace(overcast, link_id=4711)], namer)
    with db.transaction() as session:
        antenna = replace(overcast, agent="AntennaPod/3.4.0", answer=FeedAnswer.UNCHANGED)
        hits.save_fetches(session, [antenna, replace(overcast, link_id=4711, at=later)], namer)

    assert list_apps(db) == [
        ("sample", False, "AntennaPod", NOW),
        ("sample", False, "Overcast", later),
        ("sample", True, "Overcast", later),
    ]


def test_apps_are_listed_by_show_and_kind_of_feed_the_latest_first(db):
    first = Fetch(NOW, "sample", "192.0.2.1", OVERCAST)
    then = replace(first, at=NOW + timedelta(minutes=1), agent="AntennaPod/3.4.0")
    with db.transaction() as session:
        hits.save_fetches(session, [first, then, replace(first, link_id=4711), replace(first, show_key="b")], namer)

    with db.reading() as session:
        found = [list_app_fetches(session, "sample", of_members=of_members) for of_members in (False, True)]

    assert [[each.name for each in rows] for rows in found] == [["AntennaPod", "Overcast"], ["Overcast"]]


@pytest.mark.parametrize("answer", [FeedAnswer.GONE, FeedAnswer.TOO_OFTEN])
def test_an_app_that_was_refused_has_not_fetched_the_feed(db, answer):
    with db.transaction() as session:
        hits.save_fetches(session, [Fetch(NOW, "sample", "192.0.2.1", OVERCAST, 4711, answer)], namer)

    assert list_apps(db) == []


def test_apps_that_stay_away_for_ninety_days_are_forgotten(db):
    with db.transaction() as session:
        hits.save_fetches(session, [Fetch(NOW, "sample", "192.0.2.1", OVERCAST)], namer)
        roll_up(session, NOW + days(90))
    kept = list_apps(db)

    with db.transaction() as session:
        roll_up(session, NOW + days(91))

    assert len(kept) == 1
    assert list_apps(db) == []


def test_a_link_is_remembered_by_its_last_fetch_and_by_what_it_brought():
    full = Fetch(NOW, "sample", "192.0.2.1", OVERCAST, 1)
    same = replace(full, at=NOW + timedelta(seconds=1), answer=FeedAnswer.UNCHANGED)
    late = replace(full, at=NOW + timedelta(seconds=2), answer=FeedAnswer.ENDED)

    assert hits.pick_last([full, same]) == {1: full}
    assert hits.pick_last([late, full, same, replace(same, link_id=2)]) == {1: late, 2: replace(same, link_id=2)}
    assert hits.pick_last([replace(full, link_id=None)]) == {}


LIMITS = ShareLimits(networks=8, apps=4)


def note_day(db, link_id, *, day=date(2026, 10, 22), networks=0, apps=0, subscribers=0):
    """What a link's day has come to."""
    names = {"networks": [f"n{number}" for number in range(networks)], "apps": [f"a{number}" for number in range(apps)]}
    with db.transaction() as session:
        session.add(LinkDay(day=day, feed_link_id=link_id, subscribers=subscribers, **names))


@pytest.fixture
def link_id(db):
    with db.transaction() as session:
        member = Member(language="en", created_at=NOW)
        session.add(member)
        session.flush()
        link = FeedLink(member_id=member.id, feed_hash="f", listen_hash="l", created_at=NOW)
        session.add(link)
        session.flush()
        return link.id


def test_h1_a_links_networks_and_apps_are_counted_by_day(db, link_id):
    near = [replace(HIT, link_id=link_id, network=f"192.0.2.{number}") for number in range(3)]
    far = [replace(HIT, link_id=link_id, network="198.51.100.1", agent="AntennaPod/3.4.0")]
    save(db, *near, *far, replace(HIT, link_id=link_id, agent="curl/8", network="203.0.113.1"))
    with db.transaction() as session:
        sync = "Overcast/1.0 Podcast Sync (2 subscribers; feed-id=1)"
        hits.save_fetches(session, [Fetch(NOW, "sample", "192.0.2.1", sync, link_id)], namer)

    with db.reading() as session:
        (row,) = session.scalars(select(LinkDay))
        shared = list_shared_links(session, LIMITS, since=date(2026, 10, 1))

    assert (len(row.networks), row.apps, row.subscribers) == (2, ["AntennaPod", "Overcast"], 2)
    assert [link.feed_link_id for link in shared] == [link_id]


@pytest.mark.parametrize(
    ("networks", "count"),
    [
        (["192.0.2.1", "192.0.2.254"], 1),
        (["192.0.2.1", "192.0.3.1"], 2),
        (["2001:db8:0:7::1", "2001:db8:0:7:ffff::"], 1),
        (["2001:db8:0:7::", "2001:db8:0:8::"], 2),
    ],
)
def test_h1_a_network_is_a_24_or_a_64(db, link_id, networks, count):
    save(db, *(replace(HIT, link_id=link_id, network=network) for network in networks))

    with db.reading() as session:
        assert len(session.scalars(select(LinkDay)).one().networks) == count


def test_h1_networks_are_hashed_with_the_key_of_the_day(db, link_id):
    save(db, *(replace(HIT, link_id=link_id, at=NOW + days(number)) for number in range(2)))

    with db.reading() as session:
        keys = {row.day: row.key for row in session.scalars(select(DayKey))}
        kept = {row.day: row.networks for row in session.scalars(select(LinkDay))}
    assert len(set(map(str, kept.values()))) == 2
    for day, networks in kept.items():
        assert networks == [hmac.digest(keys[day], b"network\x00192.0.2.0/24", "sha256").hex()[:12]]


def test_h1_a_links_day_is_kept_for_thirty_days(db, link_id):
    def list_days(after):
        with db.transaction() as session:
            roll_up(session, NOW + days(after))
        with db.reading() as session:
            return session.scalars(select(LinkDay.day)).all()

    note_day(db, link_id, day=NOW.date(), networks=1)

    assert [len(list_days(after)) for after in (30, 31)] == [1, 0]


@pytest.mark.parametrize(
    ("networks", "apps", "subscribers", "shared"),
    [(9, 5, 0, True), (9, 4, 0, False), (8, 5, 0, False), (1, 1, 2, True), (1, 1, 1, False)],
)
def test_h2_two_subscribers_or_many_networks_with_many_apps_mark_a_link(
    db, link_id, networks, apps, subscribers, shared
):
    note_day(db, link_id, networks=networks, apps=apps, subscribers=subscribers)

    with db.reading() as session:
        found = list_shared_links(session, LIMITS, since=date(2026, 10, 22))

    expected = SharedLink(link_id, date(2026, 10, 22), networks, apps, subscribers)
    assert found == ([expected] if shared else [])


def test_h2_the_limits_are_those_of_the_settings(db, link_id):
    note_day(db, link_id, networks=3, apps=2)

    with db.reading() as session:
        found = [list_shared_links(session, ShareLimits(*each), since=date(2026, 10, 1)) for each in [(2, 1), (3, 1)]]

    assert [len(links) for links in found] == [1, 0]


def test_h2_signs_are_listed_since_a_day_newest_first_and_of_some_links_only(db, link_id):
    for day in (20, 21, 22):
        note_day(db, link_id, day=date(2026, 10, day), subscribers=2)

    def ask(**narrowed):
        with db.reading() as session:
            return [link.day.day for link in list_shared_links(session, LIMITS, since=date(2026, 10, 21), **narrowed)]

    assert ask() == ask(of=[link_id]) == [22, 21]
    assert ask(of=[link_id + 1]) == ask(of=[]) == []


def test_hits_of_a_link_whose_member_was_removed_meanwhile_still_count(db):
    save(db, replace(HIT, link_id=4711))

    assert len(list_downloads(db)) == 1


def test_two_processes_that_count_the_same_listener_count_once(db):
    from concurrent.futures import ThreadPoolExecutor

    parts = [replace(HIT, start=number * 100, stop=number * 100 + 100) for number in range(10)]

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda part: save(db, part), parts))

    assert len(list_downloads(db)) == 1
