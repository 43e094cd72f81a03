"""The episode's walk, by the real server: a folder becomes a feed item, a page and audio that apps take."""

import io
from datetime import UTC, datetime, timedelta

import feedparser
import podcastparser
import pytest

from tests.flows.conftest import SHOW, put_episode
from tests.site import Site, wait_for

NOTES = """\
---
title: Why maps lie
date: 2026-01-01 06:00
season: 2
episode: 7
people: [{name: Ben, role: guest}]
---
About **maps**.

- 00:00 Who draws the line
- 00:12 The first atlas
"""
TRANSCRIPT = "WEBVTT\n\n00:00:00.000 --> 00:00:04.000\n<v Ada>Every map is a point of view.\n"


@pytest.fixture
def show(live_server):
    """A served show with one episode that has everything."""
    folder = put_episode(live_server, "2026-01-01-why-maps-lie", NOTES, audio=30)
    (folder / "transcript.vtt").write_text(TRANSCRIPT)
    live_server.run("scan")
    return live_server


def test_a_folder_becomes_an_item_that_two_parsers_read_alike_t17(show):
    body = show.fetch("/feed.xml").body

    by_feedparser = feedparser.parse(body)
    by_podcastparser = podcastparser.parse(f"{show.base_url}/feed.xml", io.BytesIO(body))

    assert not by_feedparser.bozo
    (entry,), (episode,) = by_feedparser.entries, by_podcastparser["episodes"]
    assert entry.title == episode["title"] == "Why maps lie"
    assert entry.id == episode["guid"]
    assert entry.enclosures[0].href == episode["enclosures"][0]["url"]
    assert episode["total_time"] == 30
    assert [chapter["title"] for chapter in episode["chapters"]] == ["Who draws the line", "The first atlas"]


def test_the_audio_chapters_and_transcript_lie_at_the_addresses_of_the_feed(show):
    text = show.fetch("/feed.xml").text
    enclosure = feedparser.parse(text).entries[0].enclosures[0]
    chapters = text.split('<podcast:chapters url="')[1].split('"')[0]
    transcript = text.split('<podcast:transcript url="')[1].split('"')[0]

    audio, head = show.fetch(enclosure.href), show.fetch(enclosure.href, method="HEAD")

    assert len(audio.body) == int(enclosure.length) == int(head.headers["content-length"])
    assert audio.headers["content-type"] == enclosure.type == "audio/mpeg"
    assert show.fetch(chapters).headers["content-type"] == "application/json+chapters"
    assert "Every map is a point of view" in show.fetch(transcript).text


def test_the_page_tells_the_same_as_the_feed(show):
    page = show.fetch("/episodes/why-maps-lie/").text

    assert "Why maps lie" in page
    assert "The first atlas" in page
    assert "Every map is a point of view" in page


def test_the_guid_is_written_into_the_notes_and_nothing_else_changes(show):
    notes = (show.episodes / "2026-01-01-why-maps-lie" / "notes.md").read_text()
    guid = feedparser.parse(show.fetch("/feed.xml").body).entries[0].id

    without = "".join(line for line in notes.splitlines(keepends=True) if not line.startswith("guid:"))

    assert guid in notes
    assert without == NOTES


def test_an_episode_dropped_into_the_folder_comes_out_by_itself(live_server):
    put_episode(
        live_server, "2026-01-02-by-itself", "---\ntitle: By itself\ndate: 2026-01-02\n---\nNo command.\n", audio=10
    )

    wait_for(lambda: b"By itself" in live_server.fetch("/feed.xml").body, "the scan", live_server.read_log)


def test_a_scheduled_episode_comes_out_at_its_time_without_a_command_t15(live_server):
    at = datetime.now(UTC).replace(microsecond=0) + timedelta(seconds=20)
    notes = f"---\ntitle: On time\ndate: {at.isoformat(timespec='seconds')}\n---\nLater.\n"
    put_episode(live_server, "soon", notes, audio=10)
    live_server.run("scan")
    before = live_server.fetch("/feed.xml")

    wait_for(
        lambda: b"On time" in live_server.fetch("/feed.xml").body, "the time to come", live_server.read_log, seconds=60
    )

    assert b"On time" not in before.body
    assert datetime.now(UTC) >= at
    assert live_server.fetch("/feed.xml").headers["etag"] != before.headers["etag"]


def test_an_unchanged_feed_costs_an_app_nothing_but_a_304_f4(show):
    first = show.fetch("/feed.xml", headers={"Accept-Encoding": "gzip"})

    again = show.fetch("/feed.xml", headers={"Accept-Encoding": "gzip", "If-None-Match": first.headers["etag"]})

    assert again.status == 304
    assert again.body == b""
    assert again.headers["etag"] == first.headers["etag"]


def test_a_mistake_is_named_with_file_and_line_and_harms_nothing_else(show):
    put_episode(show, "broken", "---\ntitle: Broken\ndate: next Tuesday\n---\n", audio=10)

    said = show.run("scan", expect=1)

    assert "broken/notes.md:3" in said
    assert len(feedparser.parse(show.fetch("/feed.xml").body).entries) == 1


def test_the_database_can_be_lost_and_the_folder_brings_the_same_feed_back_t_d6(show):
    before = feedparser.parse(show.fetch("/feed.xml").body).entries[0]
    show.stop()
    for path in show.data.glob("podcastsvc.db*"):
        path.unlink()

    show.run("init", "--host-email", "ada@example.org")
    show.run("scan")
    after = feedparser.parse(show.start().fetch("/feed.xml").body).entries[0]

    assert (after.id, after.published, after.link) == (before.id, before.published, before.link)
    assert after.enclosures == before.enclosures


@pytest.mark.postgres
def test_the_same_server_runs_on_postgresql(tmp_path, postgres_database):
    site = Site(tmp_path, database_url=postgres_database)
    (site.episodes / "show.yaml").write_text(SHOW)
    put_episode(site, "2026-01-01-why-maps-lie", NOTES, audio=30)
    site.run("init", "--host-email", "ada@example.org")
    site.run("scan")

    try:
        entries = feedparser.parse(site.start().fetch("/feed.xml").body).entries
    finally:
        site.kill()

    assert [entry.title for entry in entries] == ["Why maps lie"]
