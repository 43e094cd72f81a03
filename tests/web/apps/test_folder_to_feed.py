"""From a folder to the finished feed: every change shows with a new tag, no title breaks it, and lost audio is left out."""

import io
import re
from datetime import UTC, datetime, timedelta

import feedparser
import podcastparser
import pytest
from lxml import etree

from podcastsvc.catalogue.scan import scan_tree
from podcastsvc.catalogue.scanning.report import Change
from podcastsvc.commands import health
from podcastsvc.feeds.vocabulary import NAMESPACES
from tests.catalogue.folders import make_cover, write, write_episode
from tests.catalogue.recordings import make_mp3
from tests.web.apps.audio import BASE, Stage
from tests.web.apps.reading import enclosures, read, titles

SHOW = """\
title: Room Tone
description: About rooms.
author: Ada
owner: {name: Ada, email: ada@example.org}
categories: [Technology]
"""
LINES = "- 0:00 One\n- 0:01 Two\n"


@pytest.fixture
def folder(settings, services, ben):
    """The folder of the one episode of a show on disk, which is scanned; ``rescan`` does it again."""
    root = settings.data.parent / "episodes"
    write(root / "show.yaml", SHOW)
    write(root / "artwork.jpg", make_cover())
    return write_episode(root, "2026-05-30-maps", body=LINES)


class MembersOnly(Stage):
    def __init__(self, services):
        self.services = services


@pytest.fixture
def stage(services):
    """Only members here: the show comes from the folder."""
    return MembersOnly(services)


@pytest.fixture
def rescan(services, folder):
    def scan():
        report = scan_tree(services.db, services.media, services.settings, settle_seconds=0)
        assert not report.mistakes, report.write()
        return report

    scan()
    return scan


def head(line):
    return lambda folder: write_episode(folder.parent, folder.name, body=LINES, **line)


def show(line):
    key = line.partition(":")[0]
    kept = "".join(each for each in SHOW.splitlines(keepends=True) if not each.startswith(f"{key}:"))
    return lambda folder: write(folder.parent / "show.yaml", f"{kept}{line}\n")


TRANSCRIPT = "WEBVTT\n\n00:00:00.000 --> 00:00:01.000\nHello.\n"
CHANGES = {
    "title": head({"title": "Why maps lie less"}),
    "date": head({"date": "2026-05-31 06:00"}),
    "season": head({"season": 2}),
    "season's name": head({"season": 2, "season_name": "Borders"}),
    "number": head({"episode": 7}),
    "number's display": head({"episode": 7, "episode_display": "7b"}),
    "type": head({"type": "bonus"}),
    "access": head({"access": "members"}),
    "first for members": head({"public_from": "2026-12-01"}),
    "expires": head({"expires": "2026-06-01"}),
    "listed": head({"listed": "false"}),
    "explicit": head({"explicit": "true"}),
    "author": head({"author": "Ben"}),
    "people": head({"people": "[{name: Ben, role: guest}]"}),
    "slug": head({"slug": "other-maps"}),
    "notes": lambda folder: write_episode(folder.parent, folder.name, body=f"Other words.\n{LINES}"),
    "chapters": lambda folder: write_episode(folder.parent, folder.name, body=LINES.replace("Two", "Three")),
    "audio": lambda folder: write(folder / "audio.mp3", make_mp3(4)),
    "transcript": lambda folder: write(folder / "transcript.vtt", TRANSCRIPT),
    "cover": lambda folder: write(folder / "cover.jpg", make_cover(colour="navy")),
    "another episode": lambda folder: write_episode(folder.parent, "2026-05-31-money", title="Money"),
    "show's title": show("title: Other rooms"),
    "show's description": show("description: About other rooms."),
    "show's language": show("language: es"),
    "show's author": show("author: Ana"),
    "owner": show("owner: {name: Ana, email: ana@example.org}"),
    "copyright": show("copyright: Rooms Ltd"),
    "link": show("link: https://rooms.example/"),
    "categories": show("categories: [Arts > Books]"),
    "show's explicit": show("explicit: true"),
    "show's type": show("type: serial"),
    "complete": show("complete: true"),
    "block": show("block: true"),
    "locked": show("locked: false"),
    "owner shown": show("shows_owner: true"),
    "license": show("license: cc-by-4.0"),
    "moved here": show("new_feed_url: true"),
    "hosts": show("people: [{name: Ada}]"),
    "txt": show("txt: [{value: abc, purpose: verify}]"),
    "update frequency": show("update_frequency: {text: Every Tuesday}"),
    "words for the membership page": show("funding: {membership: Join the room}"),
    "donation page": show("funding: {donation: https://give.example/}"),
    "artwork": lambda folder: write(folder.parent / "artwork.jpg", make_cover(colour="black")),
}


@pytest.mark.parametrize("change", CHANGES)
def test_t4_the_tag_changes_whenever_anything_that_is_shown_does(client, folder, rescan, ben, change):
    paths = ("/feed.xml", ben.feed_path)
    before = [client.get(path) for path in paths]

    CHANGES[change](folder)
    rescan()
    after = [client.get(path) for path in paths]

    assert without_date(after[0]) != without_date(before[0])
    for old, new in zip(before, after, strict=True):
        assert old.headers["ETag"] != new.headers["ETag"]
        assert etree.fromstring(new.data).tag == "rss"


def without_date(answer):
    return re.sub("<lastBuildDate>.*</lastBuildDate>", "", answer.text)


def test_t4_a_file_that_was_only_touched_changes_no_tag(client, folder, rescan):
    before = client.get("/feed.xml").headers["ETag"]

    write(folder / "notes.md", (folder / "notes.md").read_bytes())
    write(folder / "audio.mp3", (folder / "audio.mp3").read_bytes())
    rescan()

    assert client.get("/feed.xml", headers={"If-None-Match": before}).status_code == 304


# ---- titles and notes that would break a feed made of strings (T10)

NASTY = {
    "markup": ("<b>Maps</b> & money", "‹b›Maps‹/b› & money"),
    "the end of CDATA": ("Maps ]]> money", "Maps ]]› money"),
    "the end of the feed": ("</title></item></channel></rss>", "‹/title›‹/item›‹/channel›‹/rss›"),
    "entities": ("&amp; &lt;x&gt; &#0; &nope;", "&amp; &lt;x&gt; &#0; &nope;"),
    "a doctype": ('<!DOCTYPE x [<!ENTITY y "z">]> &y;', '‹!DOCTYPE x [‹!ENTITY y "z"›]› &y;'),
    "a comment": ("<!-- maps -- money", "‹!-- maps -- money"),
    "an instruction": ("<?xml version='1.0'?>", "‹?xml version='1.0'?›"),
    "controls": ("Ma\x01ps\x0b \x1b[0m", "Maps [0m"),
    "noncharacters": ("Ma\ufffeps\uffff \ufdd0\U0001ffff", "Maps"),
    "emoji": ("Maps 🗺️ 👩‍👩‍👧", "Maps 🗺️ 👩‍👩‍👧"),
    "right to left": ("\u202eMaps\u202c שלום", "\u202eMaps\u202c שלום"),
    "quotes": ("\"Maps\" and 'money'", "\"Maps\" and 'money'"),
    "white space": ("  Maps \t and\u2028 money ", "Maps and money"),
    "ten thousand characters": ("Maps " * 2_000, None),
}


@pytest.mark.parametrize("kind", NASTY)
def test_t10_no_title_and_no_notes_break_the_feed(client, folder, rescan, ben, kind):
    title, shown = NASTY[kind]
    quoted = "".join(each if each.isalnum() or each == " " else f"\\U{ord(each):08x}" for each in title)

    write_episode(
        folder.parent, folder.name, title=f'"{quoted}"', body=f"{title}\n\n> {title}\n\n    {title}\n\n`{title}`\n"
    )
    rescan()

    for path in ("/feed.xml", ben.feed_path):
        answer = client.get(path)
        (found,) = titles(answer)
        assert found == shown if shown is not None else 200 < len(found) <= 255
        assert found.endswith("…") is (shown is None)
        assert read(answer).findtext(".//item/itunes:title", namespaces=NAMESPACES) == found
        assert b"<!DOCTYPE" not in answer.data.partition(b"<item>")[0]
        assert not feedparser.parse(answer.data).bozo
        (episode,) = podcastparser.parse(BASE + path, io.BytesIO(answer.data))["episodes"]
        assert episode["enclosures"][0]["url"] == enclosures(answer)[0]


# ---- audio that has vanished (T-D2, M3)


def list_bad(services):
    return [each.message for each in health.examine(services) if not each.is_well]


def test_an_episode_whose_audio_was_taken_out_of_its_folder_is_left_out_and_reported(
    client, services, folder, rescan, ben, clock
):
    write_episode(folder.parent, "2026-05-31-money", title="Money")
    rescan()
    lost = next(url for url in enclosures(client.get("/feed.xml")) if "maps" in url)
    before = client.get("/feed.xml").headers["ETag"]

    (folder / "audio.mp3").unlink()
    report = rescan()

    feeds = [client.get("/feed.xml", headers={"If-None-Match": before}), client.get(ben.feed_path)]
    for feed in feeds:
        assert titles(feed) == ["Money"]
        assert not feedparser.parse(feed.data).bozo
    assert "has a date but no sound yet" in report.write()
    assert any("Why maps lie" in said and "audio" in said for said in list_bad(services))
    # Who has begun to listen may go on for a week; then there is nothing to be sent to.
    assert client.get(lost).status_code == 200
    clock.move_to(datetime(2026, 10, 22, 12, tzinfo=UTC) + timedelta(days=8))
    assert (client.get(lost).status_code, client.head(lost).status_code) == (404, 404)


@pytest.mark.parametrize("how", ["gone", "cut short", "empty"])
def test_audio_that_vanished_from_the_media_store_is_reported_and_the_next_scan_puts_it_back(
    client, services, folder, rescan, how
):
    (url,) = enclosures(client.get("/feed.xml"))
    (path,) = (services.settings.data / "media" / "audio").iterdir()
    whole = path.read_bytes()
    path.unlink()
    if how != "gone":
        path.write_bytes(whole[:100] if how == "cut short" else b"")

    away = client.get(url)
    said = list_bad(services)
    report = rescan()
    back = client.get(url)

    assert away.status_code == 503
    assert 1 <= int(away.headers["Retry-After"]) <= 30
    assert any("is not whole in the media store" in each for each in said)
    assert report.count(Change.ADDED) == report.count(Change.CHANGED) == 0
    assert (back.status_code, back.data) == (200, whole)
    assert (folder / "audio.mp3").read_bytes() == whole
    assert list_bad(services) == [each for each in said if "media store" not in each]


# ---- addresses of audio (A5, A6)


@pytest.mark.parametrize("change", ["title", "date", "slug", "notes", "cover", "number", "show's title"])
def test_a5_a6_audio_keeps_its_address_whatever_else_changes(client, folder, rescan, ben, change):
    before = [enclosures(client.get(path)) for path in ("/feed.xml", ben.feed_path)]

    CHANGES[change](folder)
    rescan()

    assert [enclosures(client.get(path)) for path in ("/feed.xml", ben.feed_path)] == before
    assert not any("?" in url or "#" in url for urls in before for url in urls)


def test_a5_names_are_short_plain_and_of_one_episode_only(client, folder, rescan):
    sound = make_mp3(3)
    for name in ("Ä very long näme " * 9, "Ä very long näme " * 10, "地图为什么说谎", "a" * 200):
        write_episode(folder.parent, name.strip(), audio=sound, title=name.strip())
    rescan()

    names = [url.rpartition("/")[2] for url in enclosures(client.get("/feed.xml"))]

    assert len(set(names)) == 5
    assert all(re.fullmatch(r"[a-z0-9-]{1,80}\.mp3", name) for name in names)


def test_a7_new_audio_has_a_new_address_and_the_old_guid(client, folder, rescan, ben):
    before = read(client.get("/feed.xml"))

    CHANGES["audio"](folder)
    rescan()
    after = read(client.get("/feed.xml"))

    assert after.findtext(".//item/guid") == before.findtext(".//item/guid")
    assert after.find(".//enclosure").get("url") != before.find(".//enclosure").get("url")
    assert client.get(before.find(".//enclosure").get("url")).status_code == 200


def test_c2_the_feed_has_the_same_chapters_as_the_file_for_apps(client, folder, rescan, ben):
    for path in ("/feed.xml", ben.feed_path):
        root = read(client.get(path))
        offered = root.find(".//podcast:chapters", NAMESPACES)
        beside = client.get(offered.get("url"))
        marks = [(each.get("start"), each.get("title")) for each in root.findall(".//psc:chapter", NAMESPACES)]

        assert offered.get("type") == beside.headers["Content-Type"] == "application/json+chapters"
        assert [(each["startTime"], each["title"]) for each in beside.get_json(force=True)["chapters"]] == [
            (0, "One"),
            (1, "Two"),
        ]
        assert marks == [("00:00:00.000", "One"), ("00:00:01.000", "Two")]
