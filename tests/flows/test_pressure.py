"""The served site under pressure: half requests, stalled uploads, slow readers, too many at once, and its orderly end."""

import contextlib
import http.client
import os
import signal
import socket
import threading
import time
from collections import Counter

import pytest

from tests.flows.conftest import SHOW, put_episode
from tests.site import Site, wait_for

SECONDS = 900
"""Enough audio that no socket's buffer holds it: 7.2 MB."""


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """A served installation with one long episode, with the threads of the default settings."""
    made = Site(tmp_path_factory.mktemp("pressure"), threads=256)
    (made.episodes / "show.yaml").write_text(SHOW)
    put_episode(made, "2026-05-01-long", "---\ntitle: Long\ndate: 2026-05-01\n---\nNotes.\n", audio=SECONDS)
    made.run("init", "--host-email", "ada@example.org")
    made.run("scan")
    yield made.start()
    made.kill()


@pytest.fixture
def audio_path(site):
    """The address of the episode's audio."""
    return site.fetch("/feed.xml").text.split('<enclosure url="')[1].split('"')[0].removeprefix(site.base_url)


def connect(site, sent):
    """A connection on which so many bytes were sent, and no more."""
    made = socket.create_connection(("127.0.0.1", site.port), timeout=30)
    made.sendall(sent)
    return made


def read_slowly(site, path):
    """A connection whose answer was begun to be read."""
    made = socket.socket()
    made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 16)
    made.settimeout(30)
    made.connect(("127.0.0.1", site.port))
    made.sendall(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{site.port}\r\n\r\n".encode())
    assert made.recv(12) == b"HTTP/1.1 200"
    return made


def write_upload(site, body_bytes, sent=b""):
    """A form that begins; the server says "100 Continue" once its request runs and waits for the rest."""
    return (
        f"POST /sign-in HTTP/1.1\r\nHost: 127.0.0.1:{site.port}\r\nOrigin: {site.base_url}\r\n"
        f"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {body_bytes}\r\n"
        "Expect: 100-continue\r\n\r\n"
    ).encode() + sent


def time_front_page(site):
    begun = time.monotonic()
    assert site.fetch("/").status == 200
    return time.monotonic() - begun


def test_half_requests_stalled_uploads_and_slow_readers_leave_the_front_page_under_a_second_t_h3(site, audio_path):
    time_front_page(site)
    with contextlib.ExitStack() as stack:
        for _ in range(300):
            stack.enter_context(connect(site, b"GET / HTTP/1.1\r\nHost: 127.0"))
        for _ in range(50):
            stack.enter_context(connect(site, write_upload(site, 900_000, b"email=")))
        for _ in range(50):
            stack.enter_context(read_slowly(site, audio_path))

        spent = sorted(time_front_page(site) for _ in range(10))

    assert spent[-1] < 1
    assert site.fetch(audio_path, headers={"Range": "bytes=0-1"}).status == 206


def test_too_many_at_once_are_told_to_come_back_and_all_is_well_after_it_t_h4(site):
    replies = Counter()
    retries = set()

    def ask():
        for _ in range(4):
            # No page of which the server keeps a copy.
            reply = site.fetch("/sign-in?next=account.page")
            replies[reply.status] += 1
            if reply.status == 503:
                retries.add(reply.headers["retry-after"])

    crowd = [threading.Thread(target=ask) for _ in range(250)]
    for each in crowd:
        each.start()
    for each in crowd:
        each.join()

    assert set(replies) <= {200, 503}
    assert replies[200] > 0
    assert retries <= {"5"}
    wait_for(lambda: time_front_page(site) < 1, "the front page", seconds=5)


@pytest.mark.parametrize("kill", [os.kill, os.killpg], ids=["process", "group"])
def test_sigterm_lets_running_requests_finish_t_d11(tmp_path, kill):
    site = Site(tmp_path)
    (site.episodes / "show.yaml").write_text(SHOW)
    put_episode(site, "2026-05-01-long", "---\ntitle: Long\ndate: 2026-05-01\n---\nNotes.\n", audio=SECONDS)
    site.run("init", "--host-email", "ada@example.org")
    site.run("scan")
    site.start()
    path = site.fetch("/feed.xml").text.split('<enclosure url="')[1].split('"')[0].removeprefix(site.base_url)
    length = int(site.fetch(path, method="HEAD").headers["content-length"])
    with read_slowly(site, path) as reader, connect(site, write_upload(site, 12)) as sender:
        assert sender.recv(25) == b"HTTP/1.1 100 Continue\r\n\r\n"
        begun = time.monotonic()
        kill(site.pid, signal.SIGTERM)
        sender.sendall(b"email=finn%4")
        with http.client.HTTPResponse(sender) as answer:
            answer.begin()
        audio = read_to_end(reader).partition(b"\r\n\r\n")[2]
        site.wait()

    # The form has no token. That it is told so is an answer, where a cut connection is none.
    assert answer.status == 403
    assert len(audio) == length
    assert time.monotonic() - begun < 30
    with pytest.raises(OSError, match="refused"):
        site.fetch("/")


def read_to_end(connection):
    """All that still comes."""
    parts = []
    while part := connection.recv(1 << 16):
        parts.append(part)
    return b"".join(parts)
