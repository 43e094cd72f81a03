"""The walk "Listen", from end to end against the real server: feed, audio in parts, the count of downloads."""

import re
import socket
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from sqlalchemy import select

from podcastsvc.services import Services
from podcastsvc.settings import read_settings
from podcastsvc.storage.tables.stats import Download
from tests.catalogue.recordings import make_mp3
from tests.site import Site, wait_for

AGENT = {"User-Agent": "AntennaPod/3.4.0"}
# More than any buffer between server and client holds.
LONG_SECONDS = 1200


def write_show(site):
    """A show with one episode for all and one for members, in an installation that is ready to be served."""
    (site.episodes / "show.yaml").write_text(
        "title: The Long Way\nauthor: Ada\nowner: {name: Ada, email: ada@example.org}\ncategories: [Technology]\n"
    )
    for name, file, access in (("for-all", "audio.mp3", "public"), ("for-members", "members.mp3", "members")):
        folder = site.episodes / f"2026-01-01-{name}"
        folder.mkdir()
        (folder / file).write_bytes(make_mp3(LONG_SECONDS, kbps=(128,)))
        (folder / "notes.md").write_text(f"---\ntitle: {name}\ndate: 2026-01-01 06:00\naccess: {access}\n---\nNotes.\n")
    site.run("init", "--host-email", "ada@example.org")
    site.run("scan")


@pytest.fixture(scope="module")
def stage(tmp_path_factory):
    """The show served, and Ben, who may hear all of it; the tests only read."""
    site = Site(tmp_path_factory.mktemp("listening"))
    write_show(site)
    site.feed = site.ask("members", "add", "ben@example.org", "--plan", "members")["feed"]
    yield site.start()
    site.kill()


def find_enclosure(feed, name):
    """Path and claimed length of the audio of the episode called ``name``."""
    found = re.search(rf'<enclosure url="([^"]+/{name}-[^"]+)" length="(\d+)"', feed)
    return urlsplit(found[1]).path, int(found[2])


def test_a_member_reads_the_feed_hears_in_parts_and_is_counted_once(stage):
    feed = stage.fetch(stage.feed, headers=AGENT)
    path, length = find_enclosure(feed.text, "for-members")

    head = stage.fetch(path, method="HEAD", headers=AGENT)
    first = stage.fetch(path, headers={**AGENT, "Range": f"bytes=0-{length // 2 - 1}"})
    second = stage.fetch(path, headers={**AGENT, "Range": f"bytes={length // 2}-", "If-Range": first.headers["etag"]})

    assert feed.status == 200
    assert (head.status, head.headers["content-length"], head.body) == (200, str(length), b"")
    assert (first.status, second.status) == (206, 206)
    assert len(first.body + second.body) == length
    assert (stage.episodes / "2026-01-01-for-members" / "members.mp3").read_bytes() == first.body + second.body
    assert "transfer-encoding" not in first.headers
    services = Services(read_settings(stage.settings))
    wait_for(lambda: count_downloads(services) == [("AntennaPod", "members")], "the download to be counted")
    services.close()


def count_downloads(services):
    with services.db.reading() as session:
        return list(session.execute(select(Download.app, Download.audience)).all())


def test_the_same_audio_is_refused_without_the_members_secret(stage):
    path, _length = find_enclosure(stage.fetch(stage.feed).text, "for-members")
    token = path.split("/")[2]

    for refused, status in ((path.replace(f"/private/{token}", ""), 403), (path.replace(token, "a" * 32), 404)):
        reply = stage.fetch(refused)
        assert (reply.status, reply.headers["content-type"]) == (status, "text/plain; charset=utf-8")


@pytest.mark.parametrize("coding", ["", "gzip"])
def test_a_feed_that_has_not_changed_is_not_sent_again(stage, coding):
    for path in ("/feed.xml", stage.feed):
        first = stage.fetch(path, headers={"Accept-Encoding": coding})
        again = stage.fetch(path, headers={"Accept-Encoding": coding, "If-None-Match": first.headers["etag"]})

        assert (first.status, again.status, again.body) == (200, 304, b"")
        assert again.headers["etag"] == first.headers["etag"]


def test_m12_listeners_who_go_away_leave_no_error_and_no_open_file(stage):
    path, _length = find_enclosure(stage.fetch("/feed.xml").text, "for-all")
    for _ in range(20):
        connection = socket.create_connection(("127.0.0.1", stage.port), timeout=30)
        connection.sendall(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{stage.port}\r\n\r\n".encode())
        connection.recv(1000)
        connection.close()

    wait_for(lambda: stage.fetch("/healthz").status == 200 and count_open_audio(stage) == 0, "files to be closed")

    assert '"level": "error"' not in stage.read_log()
    assert "Traceback" not in stage.read_log()


def count_open_audio(stage):
    """Files of the media store that the server's processes hold open."""
    found = 0
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if f"ppid:\t{stage.pid}" not in (process / "status").read_text().lower():
                continue
            found += sum("/media/" in str(handle.readlink()) for handle in (process / "fd").iterdir())
        except OSError:
            continue
    return found


def test_slow_listeners_do_not_stop_the_others(stage):
    path, _length = find_enclosure(stage.fetch("/feed.xml").text, "for-all")
    slow = []
    for _ in range(24):
        connection = socket.create_connection(("127.0.0.1", stage.port), timeout=30)
        connection.sendall(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{stage.port}\r\n\r\n".encode())
        connection.recv(10)
        slow.append(connection)

    reply = stage.fetch("/feed.xml")

    assert reply.status == 200
    for connection in slow:
        connection.close()


def test_d10_a_server_that_is_stopped_writes_what_it_had_noted(tmp_path_factory):
    site = Site(tmp_path_factory.mktemp("stopping"))
    write_show(site)
    site.start()
    path, _length = find_enclosure(site.fetch("/feed.xml").text, "for-all")

    site.fetch(path, headers=AGENT)
    site.stop()

    services = Services(read_settings(site.settings))
    assert count_downloads(services) == [("AntennaPod", "public")]
    services.close()
