"""A show moves in by the command, and its feed is served: apps find what they know."""

import re

import feedparser
import pytest

from tests.importing.elsewhere import open_elsewhere, write_item
from tests.site import Site


@pytest.fixture
def elsewhere():
    with open_elsewhere() as server:
        yield server


GUIDS = [
    "https://old.example/?p=123&amp;x=1",
    "tag:soundcloud,2010:tracks/12345",
    "  91a5d2c0-0000-4000-8000-000000000000\n",
    "two  spaces and UPPER",
    "cafe\u0301 not composed",
    "12:30",
    "null",
    "ÿ \U0001f399 #hash: 'quotes' \"double\" \\ back",
    "x" * 900,
]


@pytest.mark.timeout(120)
def test_t16_guids_dates_and_the_show_s_guid_are_in_our_feed_as_they_were_in_the_other(tmp_path, elsewhere):
    items = [
        write_item(guid, f"Episode {number}", f"Tue, 03 Feb 2015 08:{number:02}:05 +0000")
        for number, guid in enumerate(GUIDS)
    ]
    url = elsewhere.put_feed(*items)
    site = Site(tmp_path)
    site.run("init", "--host-email", "ada@example.org")

    said = site.run("import", "feed", url, "--inside", elsewhere.place)
    site.start()
    try:
        ours = site.fetch("/feed.xml").body
    finally:
        site.stop()

    assert f"Moved in {len(GUIDS)}, there already 0." in said
    assert f"to {site.base_url}/feed.xml" in said
    theirs = elsewhere.pages["/feed.xml"]
    assert list_raw(ours, "podcast:guid") == list_raw(theirs, "podcast:guid")
    assert sorted(list_raw(ours, "pubDate", of_items=True)) == sorted(list_raw(theirs, "pubDate", of_items=True))
    old = [(entry.id, entry.published_parsed) for entry in feedparser.parse(theirs).entries]
    new = [(entry.id, entry.published_parsed) for entry in feedparser.parse(ours).entries]
    assert sorted(new) == sorted(old)
    assert len(new) == len(GUIDS)


def list_raw(document: bytes, name: str, *, of_items: bool = False) -> list[bytes]:
    text = document[document.index(b"<item>") :] if of_items else document
    return re.findall(rf"<{name}>(.*?)</{name}>".encode(), text)


def test_a_look_changes_nothing(tmp_path, elsewhere):
    site = Site(tmp_path)
    before = sorted(site.episodes.rglob("*"))

    said = site.run("import", "feed", elsewhere.put_feed(write_item("a")), "--look", "--inside", elsewhere.place)

    assert "The Long Way: 1 episodes" in said
    assert sorted(site.episodes.rglob("*")) == before
