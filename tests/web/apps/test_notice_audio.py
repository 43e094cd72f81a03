"""A host's own audio for notices, from the folder to the ears of a former member (rules S2, A7, M1 to M9)."""

import hashlib
import urllib.request
from dataclasses import replace

import pytest
from sqlalchemy import select

from podcastsvc.app import create_app
from podcastsvc.catalogue.scan import scan_tree
from podcastsvc.commands import health
from podcastsvc.kit.keys import make_key_file
from podcastsvc.services import Services
from podcastsvc.storage.tables.show import NoticeAudio
from podcastsvc.web.apps import handing
from tests.catalogue.folders import make_cover, write, write_episode
from tests.catalogue.recordings import make_mp3
from tests.feeds.rows import NOW, days
from tests.web.apps.audio import AGENT, BASE, Stage, later, list_downloads, make_client
from tests.web.apps.reading import enclosures, read, titles
from tests.web.apps.test_audio import ROWS

SHOW = """\
title: Room Tone
description: About rooms.
author: Ada
owner: {name: Ada, email: ada@example.org}
categories: [Technology]
"""
GOOD = make_mp3(30)
OTHER = make_mp3(40)


class Folder(Stage):
    """A show in a folder, scanned, with the notices that a test puts there."""

    def __init__(self, services):
        self.services = services
        self.root = services.settings.data.parent / "episodes"
        write(self.root / "show.yaml", SHOW)
        write(self.root / "artwork.jpg", make_cover())
        write_episode(self.root, "2026-05-30-maps")
        self.client = make_client(create_app(services.settings, services))

    def put(self, content=GOOD, name="notice.mp3"):
        """Puts a notice beside ``show.yaml``, or takes it away; the path of what the show's members hear then."""
        if content is None:
            (self.root / name).unlink()
        else:
            write(self.root / name, content)
        report = scan_tree(self.services.db, self.services.media, self.services.settings, settle_seconds=0)
        assert not report.mistakes, report.write()
        with self.services.db.reading() as session:
            rows = session.scalars(select(NoticeAudio).where(NoticeAudio.replaced_at.is_(None)))
            return next((f"/media/{row.name}.mp3" for row in rows), "/media/notice-en.mp3")

    def add_former_member(self):
        cleo = self.add_member("cleo")
        self.give(cleo, until=NOW - days(3))
        return cleo


def make_folder(settings):
    made = Services(settings)
    make_key_file(made.key_path)
    return Folder(made)


@pytest.fixture
def stage(settings):
    folder = make_folder(settings)
    yield folder
    folder.services.close()


@pytest.fixture
def stage_on_each(settings, database_url):
    """The same on each kind of database."""
    folder = make_folder(replace(settings, database_url=database_url))
    yield folder
    folder.services.close()


@pytest.fixture
def far(settings, s3_endpoint, tmp_path):
    """The same with an object store."""
    keys = {"s3_endpoint": s3_endpoint, "s3_access_key": "key", "s3_secret_key": "secret"}
    folder = make_folder(replace(settings, media_url=f"s3://show/{tmp_path.name}", **keys))
    yield folder
    folder.services.close()


@pytest.fixture
def client(stage):
    return stage.client


# ---- in the feed


def test_s2_an_ended_feed_has_the_hosts_own_notice_with_its_length(stage_on_each):
    stage = stage_on_each
    path = stage.put()
    cleo = stage.add_former_member()

    response = stage.client.get(cleo.feed_path)

    item = read(response).find(".//item")
    enclosure = item.find("enclosure")
    assert titles(response) == ["Your membership has ended", "Why maps lie"]
    assert dict(enclosure.attrib) == {"url": BASE + path, "length": str(len(GOOD)), "type": "audio/mpeg"}
    assert item.findtext("{*}duration") == "30"
    assert stage.client.get(enclosure.get("url")).data == GOOD


def test_s2_the_feed_changes_with_the_notice_and_goes_back_to_ours_without_one(stage_on_each):
    stage = stage_on_each
    stage.put()
    cleo = stage.add_former_member()
    seen = []

    for content in (GOOD, OTHER, None):
        path = stage.put(content)
        response = stage.client.get(cleo.feed_path, headers={"If-None-Match": seen[-1][1]} if seen else {})
        assert enclosures(response)[0] == BASE + path
        seen.append((path, response.headers["ETag"]))

    assert len({path for path, _tag in seen}) == len({tag for _path, tag in seen}) == 3
    assert seen[-1][0] == "/media/notice-en.mp3"


def test_s2_a_notice_speaks_the_shows_language_or_is_ours(stage):
    stage.put(name="notice-es.mp3")
    cleo = stage.add_former_member()
    english = enclosures(stage.client.get(cleo.feed_path))[0]
    write(stage.root / "show.yaml", f"{SHOW}language: es-mx\n")

    path = stage.put(name="notice-es.mp3")
    spanish = enclosures(stage.client.get(cleo.feed_path))[0]

    assert english == f"{BASE}/media/notice-en.mp3"
    assert spanish == BASE + path
    assert path.startswith("/media/notice-es-")


def test_feeds_with_a_hosts_notice_keep_our_own_rules(stage):
    stage.put()
    stage.add_former_member()

    found = [each for each in health.examine(stage.services) if each.subject in {"feeds", "media"}]

    assert [each.message for each in found if not each.is_well] == []
    assert "2 audio files are there, whole" in [each.message for each in found]


def test_td2_a_notice_that_is_not_in_the_media_store_is_reported(stage):
    path = stage.put()
    (kept,) = (stage.services.settings.data / "media" / "audio").glob(f"{hashlib.sha256(GOOD).hexdigest()}*")
    kept.unlink()

    said = [each.message for each in health.examine(stage.services) if not each.is_well]

    assert f"{path.rpartition('/')[2]} is not whole in the media store. Run a scan." in said
    assert stage.client.get(path).status_code == 503


# ---- over HTTP


def test_m1_to_m4_m7_headers_of_a_hosts_notice(client, stage):
    path = stage.put()

    response = client.get(path, headers={"Accept-Encoding": "gzip"})
    head = client.head(path, headers={"Range": "bytes=0-9"})

    assert response.data == GOOD
    assert (head.status_code, head.data) == (200, b"")
    for answer in (response, head):
        assert answer.headers["Content-Length"] == str(len(GOOD))
        assert answer.headers["Content-Type"] == "audio/mpeg"
        assert answer.headers["Accept-Ranges"] == "bytes"
        assert answer.headers["ETag"] == f'"{hashlib.sha256(GOOD).hexdigest()[:32]}"'
        assert answer.headers["Last-Modified"] == "Thu, 22 Oct 2026 12:00:00 GMT"
        assert answer.headers["Cache-Control"] == "public, max-age=86400"
        assert answer.headers["Content-Disposition"] == f'inline; filename="{path.rpartition("/")[2]}"'
        assert answer.headers["Access-Control-Allow-Origin"] == "*"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert "Content-Encoding" not in answer.headers


@pytest.mark.parametrize(
    ("range_header", "status", "start", "stop"),
    [
        ("bytes=0-", 206, 0, len(GOOD)),
        ("bytes=0-1", 206, 0, 2),
        ("bytes=1000-1999", 206, 1000, 2000),
        ("bytes=-500", 206, len(GOOD) - 500, len(GOOD)),
        (f"bytes={len(GOOD) - 10}-{len(GOOD) + 10}", 206, len(GOOD) - 10, len(GOOD)),
        (f"bytes={len(GOOD)}-", 416, 0, 0),
        ("bytes=9-5", 200, 0, len(GOOD)),
    ],
)
def test_m5_ranges_of_a_hosts_notice(client, stage, range_header, status, start, stop):
    path = stage.put()

    response = client.get(path, headers={"Range": range_header})

    assert (response.status_code, response.data) == (status, GOOD[start:stop])
    if status == 206:
        assert response.headers["Content-Range"] == f"bytes {start}-{stop - 1}/{len(GOOD)}"


@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize("headers", [row[0] for row in ROWS])
def test_m5_every_row_is_the_views_own_answer(stage, method, headers):
    path = stage.put()
    given = {
        name: value.replace("ETAG", f'"{hashlib.sha256(GOOD).hexdigest()[:32]}"') for name, value in headers.items()
    }
    app = create_app(stage.services.settings, stage.services)
    quick = make_client(app).open(path, method=method, headers=given)
    app.wsgi_app = app.wsgi_app.beneath

    view = make_client(app).open(path, method=method, headers=given)

    assert (quick.status, sorted(quick.headers.items()), quick.data) == (
        view.status,
        sorted(view.headers.items()),
        view.data,
    )


def test_m10_the_front_server_sends_a_hosts_notice(stage):
    path = stage.put()
    settings = replace(stage.services.settings, x_accel_redirect=True)
    services = Services(settings)
    client = make_client(create_app(settings, services))

    place = client.get(path).headers[handing.HEADER]
    services.close()

    assert place.endswith(f"audio/{hashlib.sha256(GOOD).hexdigest()}.mp3")


def test_m9_a_hosts_notice_in_an_object_store(far):
    path = far.put()
    cleo = far.add_former_member()

    enclosure = read(far.client.get(cleo.feed_path)).find(".//enclosure")
    response = far.client.get(path, headers={"Range": "bytes=5-9"})
    head = far.client.head(path)
    request = urllib.request.Request(response.headers["Location"], headers={"Range": "bytes=5-9"})
    with urllib.request.urlopen(request, timeout=30) as answer:
        found = answer.status, answer.headers["Content-Type"], answer.read()

    assert (enclosure.get("url"), enclosure.get("length")) == (BASE + path, str(len(GOOD)))
    assert (response.status_code, response.headers["Cache-Control"]) == (302, "no-store")
    assert found == (206, "audio/mpeg", GOOD[5:10])
    assert (head.status_code, head.headers["Content-Length"]) == (200, str(len(GOOD)))
    assert head.headers["ETag"] == f'"{hashlib.sha256(GOOD).hexdigest()[:32]}"'


def test_a7_m9_a_replaced_notice_in_an_object_store_stays_for_a_week_and_then_leads_on(far, clock):
    old = far.put()
    new = far.put(OTHER)

    clock.move_to(later(days=6))
    within = far.client.get(old)
    clock.move_to(later(days=8))
    after = far.client.get(old)
    head = far.client.head(old)

    assert hashlib.sha256(GOOD).hexdigest() in within.headers["Location"]
    assert (after.status_code, after.headers["Location"]) == (302, BASE + new)
    assert (head.status_code, head.headers["Content-Length"]) == (200, str(len(OTHER)))


# ---- what was replaced, taken away, or never there


@pytest.mark.parametrize("content", [OTHER, None])
def test_a7_an_old_notice_is_heard_for_a_week_and_then_leads_to_the_present_one(client, stage, clock, content):
    old = stage.put()
    present = stage.put(content)

    clock.move_to(later(days=6, hours=23))
    within = client.get(old)
    clock.move_to(later(days=7))
    after, head = client.get(old), client.head(old)
    led = client.get(after.headers["Location"])

    assert present != old
    assert (within.status_code, within.data) == (200, GOOD)
    assert (after.status_code, after.headers["Location"]) == (302, BASE + present)
    assert after.headers["Cache-Control"] == "no-store"
    assert after.headers["Content-Type"].startswith("text/plain")
    assert (head.status_code, head.headers["Content-Type"]) == (200, "audio/mpeg")
    assert int(head.headers["Content-Length"]) == len(led.data) >= 160_000


def test_d3_a_hosts_notice_is_never_counted(client, stage):
    path = stage.put()
    for content in (GOOD, OTHER):
        stage.put(content)
        assert client.get(path, headers=AGENT).status_code == 200

    assert list_downloads(stage.services) == []


def test_no_other_name_finds_a_notice(client, stage):
    path = stage.put()
    cleo = stage.add_former_member()

    answers = [
        client.get(path.replace(".mp3", ".m4a")),
        client.get("/media/notice-00000000.mp3"),
        client.get("/media/notice.mp3"),
        client.get(f"/private/{cleo.listen_token}{path}"),
    ]

    assert [(answer.status_code, answer.mimetype) for answer in answers] == [(404, "text/plain")] * 4


def test_an_episode_whose_name_begins_like_a_notice_is_heard(client, stage):
    write_episode(stage.root, "2026-05-31-notice-board", title="Notice board")
    stage.put()

    url = next(url for url in enclosures(client.get("/feed.xml")) if "notice-board" in url)

    assert client.get(url).status_code == 200
