"""Software that listeners really use, over the wire: gPodder follows, fetches and plays on; feedparser asks again (rule T17)."""

import contextlib
import os
import shutil
import sqlite3
import subprocess

import feedparser
import pytest

from tests.catalogue.recordings import make_mp3
from tests.flows.conftest import put_episode

PUBLIC = "---\ntitle: Maps & <other> lies\ndate: 2026-01-01 06:00\n---\nFor everybody, with [a link](https://example.org/).\n"
MEMBERS = "---\ntitle: For members\ndate: 2026-01-02 06:00\naccess: members\n---\nFor members.\n"


@pytest.fixture
def show(live_server):
    """A served show with one public episode and one for members."""
    put_episode(live_server, "2026-01-01-for-all", PUBLIC, audio=30)
    put_episode(live_server, "2026-01-02-for-members", MEMBERS, members=40)
    live_server.run("scan")
    return live_server


@pytest.fixture
def feed(show):
    """The address of Ben's feed."""
    return show.ask("members", "add", "ben@example.org", "--plan", "members")["feed"]


@pytest.mark.parametrize("whose", ["all", "ben"])
def test_t17_feedparser_takes_the_feed_and_asks_again_with_its_etag(show, feed, whose):
    address = feed if whose == "ben" else f"{show.base_url}/feed.xml"

    first = feedparser.parse(address)
    second = feedparser.parse(address, etag=first.etag)

    assert (first.status, bool(first.bozo), first.version) == (200, False, "rss20")
    assert second.status == 304
    assert second.entries == []


class Gpodder:
    """gPodder's command, with a home of its own."""

    def __init__(self, folder):
        self.folder = folder

    def run(self, *words):
        kept = {name: value for name, value in os.environ.items() if "proxy" not in name.lower()}
        environ = {**kept, "HOME": str(self.folder), "GPODDER_HOME": str(self.folder / "gPodder")}
        done = subprocess.run(["gpo", *words], env=environ, capture_output=True, text=True, timeout=120, check=False)
        assert done.returncode == 0, done.stdout + done.stderr

    def read(self, query):
        with contextlib.closing(sqlite3.connect(self.folder / "gPodder" / "Database")) as database:
            return database.execute(query).fetchall()

    def list_downloads(self):
        return sorted((self.folder / "gPodder" / "Downloads").rglob("*.mp3"))


@pytest.mark.skipif(shutil.which("gpo") is None, reason="gPodder is not installed (Debian: apt-get install gpodder)")
def test_t17_gpodder_follows_a_members_feed_and_fetches_every_episode(show, feed, tmp_path):
    gpodder = Gpodder(tmp_path)

    gpodder.run("subscribe", feed)
    gpodder.run("update")
    gpodder.run("download")

    assert gpodder.read("select title, total_time, mime_type from episode order by published desc") == [
        ("For members", 40, "audio/mpeg"),
        ("Maps & ‹other› lies", 30, "audio/mpeg"),
    ]
    ((title, etag),) = gpodder.read("select title, http_etag from podcast")
    assert title == "The Long Way (members)"
    assert etag == show.fetch(feed, headers={"Accept-Encoding": "gzip"}).headers["etag"]
    assert {path.read_bytes() for path in gpodder.list_downloads()} == {make_mp3(30), make_mp3(40)}
