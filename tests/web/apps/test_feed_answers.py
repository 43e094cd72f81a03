"""Feeds over HTTP: methods, headers, tags and codings (section 6.3, F1 to F15)."""

import gzip
import json
import subprocess
import sys
import textwrap

import pytest

from tests.feeds.rows import NOW
from tests.web.apps.audio import OLD_TOKEN, later, listen_to_database
from tests.web.apps.reading import titles

GZIP = {"Accept-Encoding": "gzip"}


@pytest.mark.parametrize("which", ["public", "member", "ended"])
def test_f1_head_has_the_headers_of_get_and_no_body(client, stage, ben, cleo, which):
    stage.add("for all")
    path = {"public": "/feed.xml", "member": ben.feed_path, "ended": cleo.feed_path}[which]

    for headers in ({}, GZIP):
        got, head = client.get(path, headers=headers), client.head(path, headers=headers)
        assert head.data == b""
        assert dict(head.headers) == dict(got.headers)
        assert int(head.headers["Content-Length"]) == len(got.data)


@pytest.mark.parametrize("path", ["/feed.xml", "/feeds/sample.xml", f"/private/{OLD_TOKEN}/feed.xml"])
def test_f1_options_and_other_methods(client, stage, path):
    assert client.options(path).status_code == 204
    for method in ("POST", "PUT", "DELETE", "PATCH"):
        response = client.open(path, method=method)
        assert response.status_code == 405
        assert {"GET", "HEAD"} <= set(response.headers["Allow"].replace(" ", "").split(","))


def test_f2_f3_f7_f9_headers_of_the_public_feed(client, stage):
    response = client.get("/feed.xml")

    assert response.headers["Content-Type"] == "application/rss+xml; charset=utf-8"
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert response.headers["Cache-Control"] == "public, max-age=300, stale-while-revalidate=600"
    assert response.headers["Vary"] == "Accept-Encoding"
    assert response.headers["Access-Control-Allow-Origin"] == "*"
    assert response.headers["Cross-Origin-Resource-Policy"] == "cross-origin"
    assert response.headers["ETag"].startswith('"')
    assert "Last-Modified" not in response.headers
    assert "Set-Cookie" not in response.headers


def test_f7_f8_f9_f14_headers_of_a_member_feed(client, stage, ben, cleo):
    for path in (ben.feed_path, cleo.feed_path):
        response = client.get(path, headers={"Origin": "https://elsewhere.example", "Cookie": "sid=x"})
        assert response.headers["Cache-Control"] == "private, no-cache"
        assert response.headers["X-Robots-Tag"] == "noindex, nofollow, noarchive"
        assert response.headers["Referrer-Policy"] == "no-referrer"
        assert "Access-Control-Allow-Origin" not in response.headers
        assert "Last-Modified" not in response.headers
        assert "Set-Cookie" not in response.headers


@pytest.mark.parametrize("which", ["public", "member"])
@pytest.mark.parametrize(
    "write",
    [
        lambda tag, other: tag,
        lambda tag, other: f"W/{tag}",
        lambda tag, other: f'"x", {tag} , "y"',
        lambda tag, other: "*",
        lambda tag, other: other,
        lambda tag, other: f"W/{other}",
    ],
)
def test_t4_f4_a_known_tag_gets_304(client, stage, ben, which, write):
    stage.add("for all")
    path = "/feed.xml" if which == "public" else ben.feed_path
    tag = client.get(path).headers["ETag"]
    other = client.get(path, headers=GZIP).headers["ETag"]
    other = other if other != tag else tag[:-1] + '-gzip"'

    response = client.get(path, headers={"If-None-Match": write(tag, other)})

    assert response.status_code == 304
    assert response.data == b""
    assert response.headers["ETag"] == tag
    assert {"Cache-Control", "Vary"} <= set(response.headers.keys())
    assert "Content-Length" not in response.headers


def test_f4_another_tag_and_a_date_get_the_feed(client, stage):
    assert client.get("/feed.xml", headers={"If-None-Match": '"other"'}).status_code == 200
    assert client.get("/feed.xml", headers={"If-Modified-Since": "Wed, 01 Jan 2031 00:00:00 GMT"}).status_code == 200


def test_f6_gzip_where_it_is_taken_and_strong_tags_differ_by_coding(client, stage):
    stage.add("for all")
    plain = client.get("/feed.xml")

    packed = client.get("/feed.xml", headers=GZIP)

    assert packed.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(packed.data) == plain.data
    assert packed.headers["ETag"] == plain.headers["ETag"][:-1] + '-gzip"'
    assert packed.headers["Vary"] == plain.headers["Vary"] == "Accept-Encoding"


@pytest.mark.parametrize(
    ("accepted", "is_gzip"),
    [
        ("gzip", True),
        ("x-gzip", True),
        ("GZIP;q=0.5", True),
        ("*", True),
        ("deflate, gzip;q=1.0, *;q=0.5", True),
        ("br, *;q=0.1", True),
        ("", False),
        ("identity", False),
        ("gzip;q=0", False),
        ("gzip;q=0.000", False),
        ("*;q=0", False),
        ("gzip;q=0, *", False),
        ("gzip;q=x", False),
        ("br", False),
    ],
)
def test_f6_which_codings_are_taken(client, stage, accepted, is_gzip):
    response = client.get("/feed.xml", headers={"Accept-Encoding": accepted})

    assert (response.headers.get("Content-Encoding") == "gzip") is is_gzip


def test_f15_a_range_on_a_feed_is_ignored(client, stage):
    assert client.get("/feed.xml", headers={"Range": "bytes=0-9"}).status_code == 200


def test_f5_a_304_takes_no_query_for_the_public_and_one_for_a_member(client, services, stage, ben):
    stage.add("for all")
    tags = {path: client.get(path).headers["ETag"] for path in ("/feed.xml", ben.feed_path)}
    statements = listen_to_database(services)

    counts = {}
    for path, tag in tags.items():
        statements.clear()
        assert client.get(path, headers={"If-None-Match": tag}).status_code == 304
        counts[path] = len([each for each in statements if each.startswith("SELECT")])

    assert counts == {"/feed.xml": 0, ben.feed_path: 1}


def test_t4_the_tag_changes_with_the_show_the_reader_and_the_page(client, stage, ben, cleo):
    dev = stage.add_member("dev")
    stage.give(dev, "silver")
    paths = ["/feed.xml", ben.feed_path, cleo.feed_path, dev.feed_path]
    before = [client.get(path).headers["ETag"] for path in paths]
    again = [client.get(path).headers["ETag"] for path in paths]

    stage.add("new")
    after = [client.get(path).headers["ETag"] for path in paths]

    assert before == again
    assert len({*before, *after}) == 8


def test_t4_the_tag_is_the_same_in_another_process(client, services, stage, ben):
    stage.add("for all")
    code = textwrap.dedent(
        """
        import json, sys
        import time_machine
        from podcastsvc.app import create_app
        from podcastsvc.settings import Settings
        from pathlib import Path
        data, episodes, url, now, *paths = sys.argv[1:]
        settings = Settings(data=Path(data), episodes=episodes, database_url=url)
        with time_machine.travel(now, tick=False):
            client = create_app(settings).test_client()
            answers = [client.get(path, base_url=settings.base_url) for path in paths]
            print(json.dumps([answer.headers["ETag"] for answer in answers]))
        """
    )
    paths = ["/feed.xml", ben.feed_path]
    own = [client.get(path).headers["ETag"] for path in paths]
    settings = services.settings
    words = [str(settings.data), settings.episodes, settings.database_url, NOW.isoformat(), *paths]

    other = subprocess.run([sys.executable, "-c", code, *words], capture_output=True, text=True, timeout=60, check=True)

    assert json.loads(other.stdout) == own


def test_t15_a_scheduled_episode_appears_with_a_new_tag_and_no_write(client, stage, ben, clock):
    stage.add("tomorrow", published_at=later(days=1))
    before = {path: client.get(path) for path in ("/feed.xml", ben.feed_path)}

    clock.move_to(later(days=1))
    after = {
        path: client.get(path, headers={"If-None-Match": response.headers["ETag"]}) for path, response in before.items()
    }

    assert [titles(response) for response in before.values()] == [[], []]
    assert [titles(response) for response in after.values()] == [["tomorrow"], ["tomorrow"]]
