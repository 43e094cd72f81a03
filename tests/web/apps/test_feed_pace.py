"""How often feeds may be asked for, and what is noted of who did (rules F10, H3, D9)."""

import itertools
from datetime import timedelta

from sqlalchemy import select

from podcastsvc.app import create_app
from podcastsvc.members import feed_tokens
from podcastsvc.services import Services
from podcastsvc.storage.tables.billing import Grant
from podcastsvc.storage.tables.member import FeedLink, Member
from podcastsvc.storage.tables.stats import FeedReader
from tests.feeds.rows import NOW
from tests.web.apps.audio import later, make_client


def test_f10_a_token_may_ask_120_times_an_hour_and_304_costs_nothing(client, stage, ben, clock):
    stage.add("for all")
    tag = client.get(ben.feed_path).headers["ETag"]
    known = [client.get(ben.feed_path, headers={"If-None-Match": tag}).status_code for _ in range(150)]

    asked = [client.get(ben.feed_path).status_code for _ in range(119)]
    refused = client.get(ben.feed_path)
    clock.move_to(later(hours=1))
    later_on = client.get(ben.feed_path)

    assert set(known) == {304}
    assert set(asked) == {200}
    assert refused.status_code == 429
    assert 1 <= int(refused.headers["Retry-After"]) <= 30
    assert refused.headers["Content-Type"].startswith("text/plain")
    assert later_on.status_code == 200


def test_f10_the_limit_holds_over_processes(services, stage, ben):
    first, second = (make_client(create_app(services.settings, Services(services.settings))) for _ in range(2))

    statuses = [
        client.get(ben.feed_path).status_code for client in itertools.islice(itertools.cycle([first, second]), 200)
    ]

    assert 120 <= statuses.count(200) <= 120 + 2 * 12
    assert statuses[-1] == 429


def test_t12_many_members_behind_one_address_are_never_refused(app, services, stage):
    stage.add("for members", access_kind="members", audio=("members",))
    paths = add_members(services, 3_000)
    client = make_client(app)

    # All within one instant of the clock that limits go by; and over again by whoever has seen it.
    first = [client.get(path, headers={"User-Agent": "Overcast/1.0 Podcast Sync"}) for path in paths]
    again = [
        client.get(path, headers={"If-None-Match": answer.headers["ETag"]})
        for path, answer in zip(paths, first, strict=True)
    ]

    assert {answer.status_code for answer in first} == {200}
    assert {answer.status_code for answer in again} == {304}
    assert len({answer.headers["ETag"] for answer in first}) == 3_000
    assert all(path.split("/")[2] in answer.text for path, answer in zip(paths, first, strict=True))


def add_members(services, count):
    """Members with access, in one go; the paths of their feeds."""
    with services.db.transaction() as session:
        named = [f"m{number}@example.org" for number in range(count)]
        members = [Member(email=each, email_key=each, language="en", created_at=NOW) for each in named]
        session.add_all(members)
        session.flush()
        given = {"plan": "gold", "reason": "comp", "starts_at": NOW, "created_at": NOW}
        session.add_all([Grant(member_id=each.id, source_id=f"{each.id}", **given) for each in members])
        links = [feed_tokens.make_link(session, services.keys, each.id, now=NOW) for each in members]
        secrets = [feed_tokens.show_link(services.keys, link) for link in links]
    return [feed_tokens.write_feed_path(each.feed_token) for each in secrets]


def test_f10_guessing_tokens_is_limited_by_network_and_known_tokens_go_on(client, stage, ben):
    guesses = [client.get(f"/private/{n:032d}".replace("0", "a").replace("1", "b") + "/feed.xml") for n in range(40)]

    known = client.get(ben.feed_path)

    assert [guess.status_code for guess in guesses].count(404) == 30
    assert {guess.status_code for guess in guesses[30:]} == {429}
    assert int(guesses[-1].headers["Retry-After"]) <= 30
    assert known.status_code == 200


# ---- who fetched


def test_h3_a_member_sees_when_and_by_which_app_the_feed_was_read(client, services, stage, ben):
    client.get(ben.feed_path, headers={"User-Agent": "AntennaPod/3.4.0"})
    services.fetches.flush()

    with services.db.reading() as session:
        link = session.get(FeedLink, ben.link.id)
    assert (link.fetched_at, link.fetched_by) == (NOW, "AntennaPod")


def test_d9_readers_of_the_public_feed_are_noted_and_members_are_not_among_them(client, services, stage, ben):
    client.get("/feed.xml", headers={"User-Agent": "Overcast/1.0 Podcast Sync (12 subscribers; feed-id=1)"})
    client.get(ben.feed_path, headers={"User-Agent": "AntennaPod/3.4.0"})
    services.fetches.flush()

    with services.db.reading() as session:
        rows = [(row.show_key, row.name, row.subscribers) for row in session.scalars(select(FeedReader))]
    assert rows == [("sample", "Overcast", 12)]


def test_the_time_a_member_feed_was_read_costs_at_most_one_write_in_ten_minutes(client, services, stage, ben, clock):
    seen = []
    for minutes in (0, 5, 9, 11):
        clock.move_to(NOW + timedelta(minutes=minutes))
        client.get(ben.feed_path, headers={"User-Agent": "AntennaPod/3.4.0"})
        services.fetches.flush()
        with services.db.reading() as session:
            seen.append(session.get(FeedLink, ben.link.id).fetched_at)

    assert seen == [NOW, NOW, NOW, later(minutes=11)]
