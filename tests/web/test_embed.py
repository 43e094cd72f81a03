"""An episode on other sites: the player that may be framed, and oEmbed."""

import html as escaping

import pytest
import time_machine

from tests.web.conftest import make_client, make_member, sign_in
from tests.web.shelf import NOW, give, read

CANAL = "http://127.0.0.1:8000/episodes/canal/"


@pytest.fixture(autouse=True)
def at_noon():
    with time_machine.travel(NOW, tick=False):
        yield


def test_the_player_may_be_framed_and_is_the_only_page_that_may(show, client):
    framed = client.get("/episodes/canal/embed")

    assert framed.status_code == 200
    assert "frame-ancestors *" in framed.headers["Content-Security-Policy"]
    assert "frame-ancestors 'none'" in client.get("/episodes/canal/").headers["Content-Security-Policy"]
    assert read(framed).find(".//audio").get("src").startswith("/media/")
    assert framed.headers["X-Robots-Tag"] == "noindex"


def test_a_member_s_secrets_are_not_in_it(show, app, client, services):
    ben = make_member(services, "ben@example.org")
    give(services, ben)
    bens = sign_in(make_client(app), services, ben)

    assert bens.get("/episodes/canal/embed").data == client.get("/episodes/canal/embed").data
    assert "Set-Cookie" not in bens.get("/episodes/canal/embed").headers


@pytest.mark.parametrize("slug", ["sanctions", "call", "quiet", "nothing"])
def test_what_not_everybody_may_hear_is_not_embedded(show, client, slug):
    assert client.get(f"/episodes/{slug}/embed").status_code == 404
    assert client.get("/oembed", query_string={"url": f"http://127.0.0.1:8000/episodes/{slug}/"}).status_code == 404


def test_oembed_gives_the_frame_for_an_address(show, client):
    found = client.get("/oembed", query_string={"url": CANAL, "maxwidth": "400"})

    assert found.mimetype == "application/json"
    assert (found.json["type"], found.json["version"], found.json["width"]) == ("rich", "1.0", 400)
    assert found.json["html"].startswith('<iframe src="http://127.0.0.1:8000/episodes/canal/embed"')
    assert found.headers["Access-Control-Allow-Origin"] == "*"
    spanish = client.get("/oembed", query_string={"url": "http://127.0.0.1:8000/es/episodes/canal/"})
    assert "/es/episodes/canal/embed" in spanish.json["html"]


@pytest.mark.parametrize(
    "url",
    [
        "",
        "nonsense",
        "http://elsewhere.example/episodes/canal/",
        "http://127.0.0.1:8000/",
        "http://127.0.0.1:8000/account",
        "http://127.0.0.1:8000@evil.example/episodes/canal/",
        "javascript:alert(1)",
        "x" * 9000,
    ],
)
def test_addresses_that_are_no_episode_of_ours_are_not_found(show, client, url):
    assert client.get("/oembed", query_string={"url": url}).status_code == 404


def test_another_format_is_refused(show, client):
    assert client.get("/oembed", query_string={"url": CANAL, "format": "xml"}).status_code == 501


def test_the_episode_s_page_leads_sites_there_where_it_is_public(show, client):
    page = read(client.get("/episodes/canal/"))

    href = page.find(".//link[@type='application/json+oembed']").get("href")
    assert client.get(escaping.unescape(href).removeprefix("http://127.0.0.1:8000")).status_code == 200
    assert read(client.get("/episodes/call/")).find(".//link[@type='application/json+oembed']") is None
