"""Videos in texts: links that ask nobody for anything, and players where the host lets them play on the page."""

import json

import pytest
import time_machine

from podcastsvc.content.markup.videos import PLAYERS
from tests.catalogue.folders import write
from tests.web import shelf
from tests.web.conftest import make_client, make_member, sign_in
from tests.web.shelf import NOW, main_of, read, scan
from tests.web.writing import desk

__all__ = ["desk"]

VIDEO = "https://youtu.be/abc"
FRAMES = f"frame-src {' '.join(PLAYERS)}; "


@pytest.fixture(autouse=True)
def at_noon():
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


@pytest.fixture
def look(desk, services, settings):
    """Puts a look into the show's file, beside an article, one for members, and a page with a video."""
    desk.write("articles/2026-05-30-film.md", title="Film", date="2026-05-30 06:00", body=f"{VIDEO}\n\nWords.")
    desk.write("articles/2026-05-29-plain.md", title="Plain", date="2026-05-29 06:00", body="Words.")
    desk.write("articles/2026-05-28-in.md", title="In", date="2026-05-28 06:00", access="members", body=VIDEO)
    desk.write("pages/about.md", title="About", body=VIDEO)
    desk.scan()

    def change(text):
        write(settings.data.parent / "episodes" / "show.yaml", f"{shelf.SHOW}look: {text}\n")
        scan(settings, services.db)

    return change


def read_players(reply):
    found = read(reply).xpath("//@data-players")
    return json.loads(found[0]) if found else None


def read_policy(reply):
    return reply.headers["Content-Security-Policy"]


@pytest.mark.parametrize("path", ["/articles/film/", "/about/"])
def test_a_video_is_a_link_unless_the_host_lets_it_play(client, look, path):
    reply = client.get(path)

    assert VIDEO in read(reply).xpath("//main//a/@href")
    assert read_players(reply) is None
    assert "frame-src" not in read_policy(reply)


@pytest.mark.parametrize("path", ["/articles/film/", "/es/articles/film/", "/about/"])
def test_where_it_may_play_the_page_may_frame_the_players(client, look, path):
    look("{plays_videos: true}")

    for _kept in range(2):
        reply = client.get(path)
        assert read_players(reply)[VIDEO]["src"] == "https://www.youtube-nocookie.com/embed/abc?autoplay=1"
        assert "YouTube" in read_players(reply)[VIDEO]["says"]
        assert read_policy(reply).startswith(FRAMES)
    assert "iframe" not in main_of(reply)


def test_the_host_s_change_reaches_pages_that_were_kept(client, look):
    before = client.get("/articles/film/")
    look("{plays_videos: true}")
    between = client.get("/articles/film/")
    look("{plays_videos: false}")
    after = client.get("/articles/film/")

    assert [read_players(reply) is not None for reply in (before, between, after)] == [False, True, False]
    assert ["frame-src" in read_policy(reply) for reply in (before, between, after)] == [False, True, False]


@pytest.mark.parametrize("path", ["/", "/articles/", "/articles/plain/", "/articles/in/", "/episodes/", "/join"])
def test_no_other_page_may_frame_anything(client, look, path):
    look("{plays_videos: true}")

    reply = client.get(path)

    assert "frame-src" not in read_policy(reply)
    assert "abc" not in str(read(reply).xpath("//@data-players"))


def test_members_have_the_players_of_what_they_may_read(app, services, look):
    look("{plays_videos: true}")
    ben = make_member(services, "ben@example.org", name="Ben")
    shelf.give(services, ben)

    reply = sign_in(make_client(app), services, ben).get("/articles/in/")

    assert list(read_players(reply)) == [VIDEO]
    assert read_policy(reply).startswith(FRAMES)


@pytest.mark.parametrize(("path", "says"), [("/privacy", "YouTube or Vimeo"), ("/es/privacy", "YouTube o Vimeo")])
def test_the_page_on_privacy_tells_of_players(client, look, path, says):
    before = main_of(client.get(path))
    look("{plays_videos: true}")

    assert says not in before
    assert "{videos}" not in before
    assert says in main_of(client.get(path))


def test_a_feed_has_the_link_alone(client, look):
    look("{plays_videos: true}")

    feed = client.get("/articles/feed.xml").text

    assert VIDEO in feed
    assert "youtube-nocookie" not in feed
    assert 'class="video"' not in feed
    assert "class=&quot;video" not in feed
