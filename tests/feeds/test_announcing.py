"""Others are told of new episodes when the host wants it, after the change, and never of a member's address (rule N1)."""

import threading
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, HTTPServer
from urllib.parse import parse_qs, urlsplit

import pytest
from sqlalchemy import select

from podcastsvc.catalogue.access import Audience
from podcastsvc.errors import Unavailable
from podcastsvc.feeds import announcing
from podcastsvc.feeds.announcing import Places, Receiver, write_announcement
from podcastsvc.feeds.document import Gap
from podcastsvc.feeds.renderer import Renderer
from podcastsvc.feeds.versions import list_states
from podcastsvc.feeds.views import PUBLIC_VIEW, FeedView
from podcastsvc.settings import Settings
from podcastsvc.storage.tables.job import Job
from podcastsvc.storage.tables.member import FeedLink, LinkReader, Member
from podcastsvc.storage.tables.show import Show
from tests.feeds.rows import NOW, days, make_episode, make_show

FEED = "https://show.example/feed.xml"
GOLD = FeedView(Audience(frozenset({"gold"})), is_personal=True)
EVERYBODY = {"overcast_ping": True, "websub_hub": "https://hub.example/", "podping_token": "secret"}


@pytest.fixture
def wishes(settings):
    """Settings of a host who wants everybody told."""
    return replace(settings, base_url="https://show.example", **EVERYBODY)


@pytest.fixture
def stage(db, wishes):
    """A show with an episode that was looked at once, so that what comes now is news."""
    with db.transaction() as session:
        make_episode(session, make_show(session), "First")
    look(db, wishes)
    return db


def look(db, wishes):
    renderer = Renderer(db, wishes)
    with db.reading() as session:
        (state,) = list_states(session)
    renderer.get(state, GOLD, 1, NOW)
    renderer.renew(NOW)
    announcing.enqueue_news(db, renderer, wishes, NOW)


def publish(db, **values):
    with db.transaction() as session:
        show = session.scalars(select(Show)).one()
        make_episode(session, show, "Second", published_at=NOW - days(1), **values)
        show.version += 1


def list_told(db):
    with db.reading() as session:
        rows = session.scalars(select(Job).where(Job.kind == announcing.ANNOUNCE_JOB).order_by(Job.id))
        return [(row.payload["receiver"], row.payload["feed"]) for row in rows]


def add_readers(db, *names, **values):
    """A member whose link these programs have read, the last one last."""
    with db.transaction() as session:
        session.add(Member(id=1, language="en", created_at=NOW))
        session.flush()
        link = FeedLink(member_id=1, feed_hash="f", listen_hash="l", created_at=NOW, fetched_by=names[-1], **values)
        session.add(link)
        session.flush()
        for name in names:
            session.add(LinkReader(feed_link_id=link.id, name=name, is_app=True, last_at=NOW))


# ---- what is news


def test_a_public_episode_is_told_to_all_who_hear_of_public_feeds(stage, wishes):
    publish(stage)
    look(stage, wishes)

    assert list_told(stage) == [("overcast", FEED), ("hub", FEED), ("podping", FEED)]


def test_nothing_is_told_twice_and_nothing_of_a_show_seen_for_the_first_time(stage, wishes):
    assert list_told(stage) == []

    publish(stage)
    for _ in range(3):
        look(stage, wishes)

    assert len(list_told(stage)) == 3


def test_a_members_episode_is_no_public_news(stage, wishes):
    publish(stage, access_kind="members", audio=("members",))
    look(stage, wishes)

    assert list_told(stage) == []


def test_overcast_hears_of_members_feeds_where_its_crawler_reads_one(stage, wishes):
    add_readers(stage, "Overcast", "AntennaPod")
    publish(stage, access_kind="members", audio=("members",))
    look(stage, wishes)

    assert list_told(stage) == [("overcast_members", FEED)]


@pytest.mark.parametrize("over", ["replaced_at", "revoked_at"])
def test_overcast_hears_nothing_of_members_feeds_where_it_reads_none_any_more(stage, wishes, over):
    add_readers(stage, "AntennaPod", "Overcast", **{over: NOW - days(1)})
    publish(stage, access_kind="members", audio=("members",))
    look(stage, wishes)

    assert list_told(stage) == []


def test_a_scheduled_episode_is_told_of_at_its_time(stage, wishes):
    publish(stage)
    with stage.transaction() as session:
        show = session.scalars(select(Show)).one()
        make_episode(session, show, "Later", published_at=NOW + days(1))
        show.version += 1
    look(stage, wishes)
    told = len(list_told(stage))
    with stage.transaction() as session:
        session.execute(Job.__table__.delete())

    announcing.enqueue_news(stage, Renderer(stage, wishes), wishes, NOW + days(1))

    assert told == len(list_told(stage)) == 3


def test_nobody_is_told_by_default(db, settings):
    with db.transaction() as session:
        make_episode(session, make_show(session), "First")
    for _ in range(2):
        look(db, settings)
        publish(db)

    assert list_told(db) == []


# ---- what is said


def test_what_is_sent_is_what_each_of_them_expects(wishes):
    said = {each: write_announcement(each, FEED, wishes, Places()) for each in Receiver}

    assert {each: (one.method, *ask(one.url)) for each, one in said.items()} == {
        Receiver.OVERCAST: ("GET", "https://overcast.fm/ping", {"urlprefix": [FEED]}),
        Receiver.OVERCAST_MEMBERS: (
            "GET",
            "https://overcast.fm/ping",
            {"urlprefix": ["https://show.example/private/"], "urlcontains": ["/feed.xml"]},
        ),
        Receiver.HUB: ("POST", "https://hub.example/", {}),
        Receiver.PODPING: (
            "GET",
            "https://podping.cloud/",
            {"url": [FEED], "reason": ["update"], "medium": ["podcast"]},
        ),
    }
    assert parse_qs(said[Receiver.HUB].body.decode()) == {"hub.mode": ["publish"], "hub.url": [FEED]}
    assert said[Receiver.PODPING].headers == {"Authorization": "secret"}


def ask(url):
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}{parts.path}", parse_qs(parts.query)


class Hub(BaseHTTPRequestHandler):
    def do_POST(self):
        self.server.heard.append((self.path, self.rfile.read(int(self.headers["Content-Length"])).decode()))
        self.send_response(self.server.status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


@pytest.fixture
def hub():
    with HTTPServer(("127.0.0.1", 0), Hub) as server:
        server.heard, server.status = [], 204
        server.place = f"127.0.0.1:{server.server_address[1]}"
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield server
        server.shutdown()


def tell(hub):
    wishes = Settings(websub_hub=f"http://{hub.place}/hub")
    announcing.announce(Receiver.HUB, FEED, wishes, Places(excepted={hub.place}))


def test_a_hub_is_told(hub):
    tell(hub)

    assert hub.heard == [("/hub", "hub.mode=publish&hub.url=https%3A%2F%2Fshow.example%2Ffeed.xml")]


def test_a_refusal_is_tried_again(hub):
    hub.status = 500

    with pytest.raises(Unavailable, match="did not take it"):
        tell(hub)


def test_a_hub_in_our_own_network_is_not_asked(hub):
    with pytest.raises(Unavailable, match="cannot be asked"):
        announcing.announce(Receiver.HUB, FEED, Settings(websub_hub=f"http://{hub.place}/"), Places())


# ---- what the feed says of it


def test_the_hub_stands_in_the_public_feed_only(stage, wishes):
    renderer = Renderer(stage, wishes)
    with stage.reading() as session:
        (state,) = list_states(session)

    public = renderer.get(state, PUBLIC_VIEW, 1, NOW).fill({}).decode()
    member = renderer.get(state, GOLD, 1, NOW).fill({Gap.FEED_TOKEN: "f" * 32, Gap.LISTEN_TOKEN: "l" * 32}).decode()

    assert 'href="https://hub.example/"' in public
    assert 'usesPodping="true"' in public
    assert "hub.example" not in member
    assert "podping usesPodping" not in member


def test_op3_counts_public_audio_and_never_sees_a_member(stage, wishes):
    renderer = Renderer(stage, replace(wishes, op3=True))
    with stage.reading() as session:
        (state,) = list_states(session)

    public = renderer.get(state, PUBLIC_VIEW, 1, NOW).fill({}).decode()
    member = renderer.get(state, GOLD, 1, NOW).fill({Gap.FEED_TOKEN: "f" * 32, Gap.LISTEN_TOKEN: "l" * 32}).decode()

    assert '<enclosure url="https://op3.dev/e,pg=18b54d9d-b7b5-5ad1-b568-c3d3782406f4/show.example/media/' in public
    assert "op3.dev" not in member
