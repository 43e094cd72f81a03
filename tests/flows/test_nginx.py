"""Debian's nginx in front, configured as the operators' page says: it sends our audio, and nobody can tell."""

import gzip
import http.client
import re
import shutil
import socket
import sqlite3
import ssl
import subprocess
from base64 import b64encode
from collections.abc import Iterator
from contextlib import ExitStack, closing
from email.utils import formatdate

import feedparser
import pytest

from tests.bench.front import find_nginx
from tests.catalogue.recordings import make_mp3
from tests.flows.conftest import SHOW, put_episode
from tests.flows.nginx import Front, ask
from tests.flows.visitor import Visitor
from tests.site import Site, find_port, wait_for

pytestmark = [
    pytest.mark.skipif(find_nginx() is None, reason="nginx is not installed (Debian: apt-get install nginx)"),
    pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl is not installed"),
]

PUBLIC = "---\ntitle: For all\ndate: 2026-01-01 06:00\n---\nFor everybody.\n"
MEMBERS = "---\ntitle: For members\ndate: 2026-01-02 06:00\naccess: members\n---\nFor members.\n"
SECONDS = 900
"""Enough audio that no socket's buffer holds it: 7.2 MB."""
APP = {"User-Agent": "AntennaPod/3.4.0", "Accept-Encoding": "gzip"}

# What belongs to the connection, not to the answer.
OWN = {"date", "server", "connection", "keep-alive", "transfer-encoding"}


class Place:
    """One installation, served twice: ``handing`` lets nginx send, ``sending`` sends by itself, asked without nginx."""

    def __init__(self, folder):
        port = find_port()
        self.front = Front(folder / "nginx", port)
        given = {"base_url": self.front.base_url, "trusted_proxies": 1}
        self.handing = Site(folder, x_accel_redirect="on", **given)
        self.sending = Site(folder, **given)
        (self.handing.episodes / "show.yaml").write_text(SHOW)
        put_episode(self.handing, "2026-01-01-for-all", PUBLIC, audio=SECONDS)
        put_episode(self.handing, "2026-01-02-for-members", MEMBERS, members=SECONDS + 10)
        self.handing.run("init", "--host-email", "ada@example.org")
        self.handing.run("scan")
        self.ben = self._add("ben@example.org")
        self.cleo = self._add("cleo@example.org")
        self.handing.start()
        self.sending.start()
        self.front.start(self.handing)

    def _add(self, email):
        return self.handing.ask("members", "add", email, "--plan", "members")["feed"].removeprefix(self.front.base_url)

    def end(self):
        self.front.stop()
        self.handing.kill()
        self.sending.kill()

    def list_audio(self, feed_path):
        """The paths of a feed's audio, newest first."""
        _status, _headers, body = self.front.fetch(feed_path)
        links = [entry.enclosures[0].href for entry in feedparser.parse(body).entries]
        return [link.removeprefix(self.front.base_url) for link in links]

    def fetch_without(self, path, *, method="GET", headers=None, site=None):
        """The same request at the server itself, as nginx would have passed it on."""
        forwarded = {
            "Host": f"localhost:{self.front.port}",
            "X-Forwarded-For": "127.0.0.1",
            "X-Forwarded-Proto": "https",
            "X-Forwarded-Host": f"localhost:{self.front.port}",
        }
        connection = http.client.HTTPConnection("127.0.0.1", (site or self.sending).port, timeout=30)
        return ask(connection, path, method=method, headers={**forwarded, **(headers or {})})


@pytest.fixture(scope="module")
def place(tmp_path_factory) -> Iterator[Place]:
    made = Place(tmp_path_factory.mktemp("nginx"))
    yield made
    made.end()


@pytest.fixture(scope="module")
def paths(place):
    """Audio for all, the same by a member's link, and a members' episode."""
    locked, free = place.list_audio(place.ben)
    return [*place.list_audio("/feed.xml"), free, locked]


def without_own(answer):
    """An answer without the headers that belong to the connection."""
    status, headers, body = answer
    return status, [each for each in headers if each[0] not in OWN], body


def get_header(answer, name):
    return dict(answer[1]).get(name)


# ---- audio

# Every row of rule M5, and what nginx would read in another way than we do.
ROWS = [
    {},
    {"Range": "bytes=0-"},
    {"Range": "bytes=0-1"},
    {"Range": "bytes=1000-1999"},
    {"Range": "bytes=1000-99999999"},
    {"Range": "bytes=-500"},
    {"Range": "bytes=-99999999"},
    {"Range": "bytes=-0"},
    {"Range": "bytes=99999999-"},
    {"Range": "bytes=9-5"},
    {"Range": "bytes=abc"},
    {"Range": "bytes="},
    {"Range": "bytes=-"},
    {"Range": "pages=1-2"},
    {"Range": "bytes=0-1,5-6"},
    {"Range": "bytes=0-1,"},
    {"Range": "bytes=0-99, 200-299, 0-0"},
    {"Range": "BYTES=5-9"},
    {"Range": "bytes = 5-9"},
    {"Range": "bytes= 5-9"},
    {"Range": "bytes=5-999999999999999999"},
    {"Range": "bytes=5-99999999999999999999999"},
    {"Range": "bytes=-99999999999999999999999"},
    {"Range": "bytes=99999999999999999999999-"},
    {"Range": "bytes=10-19", "If-Range": "ETAG"},
    {"Range": "bytes=10-19", "If-Range": "CHANGED"},
    {"Range": "bytes=10-19", "If-Range": "W/ETAG"},
    {"Range": "bytes=10-19", "If-Range": '"other"'},
    {"Range": "bytes=10-19", "If-Range": "Mon, 12 Oct 2015 12:00:00 GMT"},
    {"Range": "bytes=10-19", "If-None-Match": "ETAG"},
    {"Range": "bytes=10-19", "If-None-Match": '"other"'},
    {"Range": "bytes=99999999-", "If-None-Match": "W/ETAG"},
    {"If-None-Match": "*"},
    {"If-None-Match": '"other", ETAG'},
    {"If-None-Match": '"other"'},
    {"If-Modified-Since": "CHANGED"},
    {"If-Modified-Since": "CHANGED", "Range": "bytes=10-19"},
    {"If-Unmodified-Since": "Mon, 12 Oct 2015 12:00:00 GMT"},
    {"If-Unmodified-Since": "Mon, 12 Oct 2015 12:00:00 GMT", "Range": "bytes=10-19"},
    {"If-Match": '"other"'},
    {"If-Match": '"other"', "Range": "bytes=10-19"},
]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: " ".join(f"{name}:{value}" for name, value in row.items()) or "-")
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_m10_every_row_of_m5_is_answered_through_nginx_as_without_it(place, paths, method, row):
    for path in paths:
        head = dict(place.fetch_without(path, method="HEAD")[1])
        values = {"ETAG": head["etag"], "CHANGED": head["last-modified"]}
        headers = {
            name: re.sub("ETAG|CHANGED", lambda found, known=values: known[found[0]], value)
            for name, value in row.items()
        }

        without = place.fetch_without(path, method=method, headers={**APP, **headers})
        through = place.front.fetch(path, method=method, headers={**APP, **headers})

        assert without_own(through) == without_own(without)


def test_m10_the_bytes_are_sent_by_nginx_and_we_say_only_where_they_lie(place, paths):
    for path in paths:
        whole = place.fetch_without(path, site=place.handing)
        part = place.fetch_without(path, site=place.handing, headers={"Range": "bytes=5-9"})

        assert get_header(whole, "x-accel-redirect").startswith("/podcastsvc-audio/whole/audio/")
        assert get_header(part, "x-accel-redirect").startswith("/podcastsvc-audio/part/audio/")
        assert whole[2] == part[2] == b""


def test_m4_what_nginx_would_call_the_same_file_by_itself_is_not_what_counts(place, paths):
    for path in paths:
        inside = get_header(place.fetch_without(path, site=place.handing), "x-accel-redirect")
        facts = (place.handing.data / "media" / inside.removeprefix("/podcastsvc-audio/whole/")).stat()
        etag, changed = f'"{int(facts.st_mtime):x}-{facts.st_size:x}"', formatdate(facts.st_mtime, usegmt=True)

        for headers in ({"If-None-Match": etag}, {"If-Modified-Since": changed}):
            through = place.front.fetch(path, headers=headers)

            assert through[0] == 200
            assert without_own(through) == without_own(place.fetch_without(path, headers=headers))


def test_m10_nobody_can_ask_for_what_nginx_sends_for_us(place, paths):
    inside = get_header(place.fetch_without(paths[2], site=place.handing), "x-accel-redirect")

    for path in (inside, inside.replace("/whole/", "/part/"), "/podcastsvc-audio/part/../part/audio/"):
        status, headers, body = place.front.fetch(path)

        assert status in {404, 503}
        assert dict(headers)["content-type"].startswith("text/")
        assert len(body) < 200


def test_m8_strangers_and_wrong_tokens_are_refused_as_without_nginx(place, paths):
    public, _free, locked = paths
    name = locked.rpartition("/")[2]
    for path in (
        f"/media/{name}",
        f"/private/{'a' * 32}/media/{name}",
        f"/private/short/media/{name}",
        f"{public}.exe",
        "/media/nothing.mp3",
    ):
        for method in ("GET", "HEAD"):
            through = place.front.fetch(path, method=method)

            assert through[0] in {403, 404}
            assert without_own(through) == without_own(place.fetch_without(path, method=method))


def test_m8_a_member_who_lost_access_hears_nothing_more_through_nginx(place):
    locked, free = place.list_audio(place.cleo)
    assert place.front.fetch(locked, headers={"Range": "bytes=0-99"})[0] == 206

    end_grant(place, "cleo@example.org")

    refused = [place.front.fetch(locked, headers=headers) for headers in ({}, {"Range": "bytes=100-199"})]
    assert [answer[0] for answer in refused] == [403, 403]
    assert without_own(refused[0]) == without_own(place.fetch_without(locked))
    assert place.front.fetch(free)[0] == 200


def end_grant(place, email):
    """Ada takes a member's plan away in the studio, through nginx."""
    ada = enter_studio(place)
    (link,) = {link for link in ada.get("/studio/members").list_links("/studio/members/") if is_of(ada, link, email)}
    page = ada.send(ada.get(link), "End")
    assert page.status == 200, page.words


def is_of(visitor, link, email):
    return link.rpartition("/")[2].isdigit() and email in visitor.get(link).words


def enter_studio(place):
    visitor = Visitor(place.front.base_url)
    visitor.send(visitor.get(place.handing.ask("hosts", "link", "ada@example.org")["studio"]), "Sign in")
    return visitor


@pytest.fixture(autouse=True)
def _trust_the_certificate(place, monkeypatch):
    monkeypatch.setenv("SSL_CERT_FILE", str(place.front.certificate))


def test_d5_what_nginx_sends_is_counted_as_asked_for_and_the_report_says_so(place, paths):
    listened = {"User-Agent": "Overcast/3.0 (+http://overcast.fm/; iOS podcast app)"}
    for start in (0, 4_000_000):
        place.front.fetch(paths[0], headers={**listened, "Range": f"bytes={start}-{start + 3_999_999}"})

    wait_for(lambda: list_downloads(place, "Overcast") == [1], "the download to be counted", seconds=20)
    numbers = enter_studio(place).get("/studio/numbers")
    assert "counted as asked for" in numbers.words


def list_downloads(place, app):
    """Whether each download by an app was counted by what was asked for."""
    with closing(sqlite3.connect(place.handing.data / "podcastsvc.db")) as database:
        rows = database.execute("select is_asked from stats_download where app = ?", [app]).fetchall()
    return [is_asked for (is_asked,) in rows]


def test_h3_slow_readers_behind_nginx_take_no_thread(place, paths):
    threads = int(place.handing.settings["PODCASTSVC_THREADS"])
    context = ssl.create_default_context(cafile=str(place.front.certificate))
    with ExitStack() as stack:
        for _ in range(threads * 3):
            plain = socket.create_connection(("127.0.0.1", place.front.port), timeout=30)
            reader = stack.enter_context(context.wrap_socket(plain, server_hostname="localhost"))
            reader.sendall(f"GET {paths[0]} HTTP/1.1\r\nHost: localhost:{place.front.port}\r\n\r\n".encode())
            assert reader.recv(12) == b"HTTP/1.1 200"

        assert place.front.fetch("/")[0] == 200


def test_six_files_at_once_are_enough_for_one_link(place, paths):
    with ExitStack() as stack:
        for _ in range(6):
            connection = stack.enter_context(closing(place.front.connect()))
            connection.request("GET", paths[2])
            assert connection.getresponse().status == 200

        refused = place.front.fetch(paths[2])

        assert refused[0] == 429
        assert get_header(refused, "content-type") == "text/plain; charset=utf-8"
        assert 1 <= int(get_header(refused, "retry-after")) <= 30
        assert place.front.fetch(paths[0], headers={"Range": "bytes=0-9"})[0] == 206


# ---- feeds and pages


@pytest.mark.parametrize("coding", ["gzip", "identity"])
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_f4_f6_feeds_keep_their_etag_and_coding_and_are_answered_with_304(place, coding, method):
    for path in ("/feed.xml", place.ben):
        asked = {"User-Agent": "AntennaPod/3.4.0", "Accept-Encoding": coding}
        without, through = (
            fetch(path, method=method, headers=asked) for fetch in (place.fetch_without, place.front.fetch)
        )
        etag = get_header(through, "etag")
        again = {**asked, "If-None-Match": etag}

        assert without_own(through) == without_own(without)
        assert not etag.startswith("W/")
        assert (get_header(through, "content-encoding") == "gzip") == (coding == "gzip")
        unchanged = place.front.fetch(path, method=method, headers=again)
        assert unchanged[0] == 304
        assert without_own(unchanged) == without_own(place.fetch_without(path, method=method, headers=again))


def test_pages_are_not_compressed_again_and_keep_their_etag(place):
    status, headers, body = place.front.fetch("/", headers={"Accept-Encoding": "gzip"})

    assert status == 200
    assert b"The Long Way" in gzip.decompress(body)
    assert not dict(headers)["etag"].startswith("W/")


def test_a8_http_leads_to_the_same_path_by_https(place):
    connection = http.client.HTTPConnection("localhost", place.front.plain_port, timeout=30)

    status, headers, _body = ask(connection, "/feed.xml?page=2")

    assert (status, dict(headers)["location"]) == (301, f"{place.front.base_url}/feed.xml?page=2")


def test_http_2_is_spoken_and_its_host_is_passed_on(place):
    if shutil.which("curl") is None:
        pytest.skip("curl is not installed")
    command = ["curl", "-sS", "--http2", "--cacert", str(place.front.certificate), "-o", "-", "-w", "\n%{http_version}"]

    done = subprocess.run([*command, f"{place.front.base_url}/feed.xml"], capture_output=True, text=True, check=True)

    feed, _, version = done.stdout.rpartition("\n")
    assert version == "2"
    assert feed.startswith("<?xml")


def test_an_upload_arrives_whole_through_nginx(place):
    ada = enter_studio(place)
    page = ada.get("/studio/episodes/new")
    token = page.document.xpath("//input[@name='csrf_token']/@value")[0]
    content = make_mp3(600)
    headers = {
        "Cookie": "; ".join(f"{cookie.name}={cookie.value}" for cookie in ada.cookies),
        "Origin": place.front.base_url,
        "Sec-Fetch-Site": "same-origin",
        "X-CSRF-Token": token,
        "Tus-Resumable": "1.0.0",
    }
    length = {"Upload-Length": str(len(content)), "Upload-Metadata": f"filename {b64encode(b'talk.mp3').decode()}"}
    part = {"Upload-Offset": "0", "Content-Type": "application/offset+octet-stream"}

    _, begun, _ = place.front.fetch("/studio/uploads", method="POST", headers={**headers, **length}, body=b"")
    path = dict(begun)["location"]
    sent, _, _ = place.front.fetch(path, method="PATCH", headers={**headers, **part}, body=content)
    status, _, body = place.front.fetch(path, method="POST", headers=headers, body=b"")

    assert (sent, status, b'"upload"' in body) == (204, 200, True), body
    assert not list((place.front.folder / "body").rglob("*")), "nginx kept the body in a file of its own"


# ---- what goes wrong


def test_a11_the_log_holds_six_characters_of_a_token_at_most(place, paths):
    secrets = {place.ben.split("/")[2], paths[1].split("/")[2]}
    strange = f"/%70rivate/{place.ben.split('/')[2]}/feed.xml"
    for path in (
        place.ben,
        *paths[1:],
        strange,
        f"/x{place.ben}?{place.ben}",
        f"/sign-in/link/{'q' * 32}",
        "//private/abc",
    ):
        place.front.fetch(path)

    log = place.front.read_log()

    assert f'"GET {place.ben[:15]}.../feed.xml HTTP/1.1" 200' in log
    assert f"/private/{paths[2].split('/')[2][:6]}.../media/" in log
    assert [secret for secret in (*secrets, "q" * 32) if secret[:7] in log] == []


def test_s3_while_we_are_away_apps_get_one_plain_line_and_no_page(tmp_path):
    port = find_port()
    front = Front(tmp_path / "nginx", port)
    site = Site(tmp_path, base_url=front.base_url, trusted_proxies=1)
    (site.episodes / "show.yaml").write_text(SHOW)
    site.run("init", "--host-email", "ada@example.org")
    front.start(site.start())
    site.kill()
    try:
        for path in ("/feed.xml", "/media/anything.mp3"):
            status, headers, body = front.fetch(path)

            assert status == 503
            assert dict(headers)["content-type"] == "text/plain; charset=utf-8"
            assert 1 <= int(dict(headers)["retry-after"]) <= 30
            assert len(body) < 200
    finally:
        front.stop()
