"""A server as `podcastsvc serve` starts it, with 400 slow readers of a large file and 300 half-sent requests at once."""

import contextlib
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.bench.load import list_processes
from tests.flows.conftest import SHOW, put_episode
from tests.site import Site, wait_for

SECONDS = 3600
"""An hour: 28.8 MB, so that whole files in memory would be 11 GB."""
READERS = 400
TOGETHER = 50
HALF_SENT = 300
MIB = 1024 * 1024
MOST_PER_READER = 0.8 * MIB
"""A thread, two blocks of 64 KiB in its hands and as much in the server's."""


@pytest.fixture(scope="module")
def site(tmp_path_factory) -> Iterator[Site]:
    """A served installation with one long episode, with the processes and threads of the default settings."""
    made = Site(tmp_path_factory.mktemp("slow"), workers=2, threads=256)
    (made.episodes / "show.yaml").write_text(SHOW)
    put_episode(made, "2026-05-01-long", "---\ntitle: Long\ndate: 2026-05-01\n---\nNotes.\n", audio=SECONDS)
    made.run("init", "--host-email", "ada@example.org")
    made.run("scan")
    yield made.start()
    made.kill()


class Crowd:
    """Connections to a site: readers that take a little now and then, and requests whose headers never end."""

    def __init__(self, site: Site, path: str) -> None:
        self._site = site
        self._request = f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{site.port}\r\n\r\n".encode()
        self._readers: list[socket.socket] = []
        self._half_sent: list[socket.socket] = []
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._read)
        self.read_bytes = 0

    def come(self) -> None:
        for _ in range(HALF_SENT):
            self._half_sent.append(self._connect(b"GET / HTTP/1.1\r\nHost: 127.0"))
        # So many at the very same instant as a process lets wait would be told to come back (rule T-H4).
        for _ in range(READERS // TOGETHER):
            some = [self.connect_reader() for _ in range(TOGETHER)]
            self._readers += some
            for each in some:
                assert each.recv(12) == b"HTTP/1.1 200"
        self._thread.start()

    def connect_reader(self) -> socket.socket:
        """One more reader, who has read nothing yet."""
        return self._connect(self._request)

    def _connect(self, sent: bytes) -> socket.socket:
        made = socket.socket()
        made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 16)
        made.settimeout(30)
        made.connect(("127.0.0.1", self._site.port))
        made.sendall(sent)
        return made

    def _read(self) -> None:
        """About 40 kB a second by each, which is less than the audio needs."""
        while not self._stopped.wait(0.2):
            for each in self._readers:
                self.read_bytes += len(each.recv(8192))

    def go(self) -> None:
        self._stopped.set()
        if self._thread.is_alive():
            self._thread.join()
        for each in (*self._readers, *self._half_sent):
            each.close()


def find_audio(site: Site) -> str:
    """The path of the episode's audio."""
    return site.fetch("/feed.xml").text.split('<enclosure url="')[1].split('"')[0].removeprefix(site.base_url)


def read_memory(site: Site) -> int:
    """Bytes of memory that all processes of the server hold."""
    pages = 0
    for each in list_processes(site.pid):
        with contextlib.suppress(OSError):
            pages += int(Path(f"/proc/{each}/statm").read_text().split()[1])
    return pages * 4096


def count_open(site: Site) -> int:
    """Files and connections that all processes of the server hold open, without those to the database, which it keeps."""
    found = 0
    for each in list_processes(site.pid):
        for link in Path(f"/proc/{each}/fd").iterdir():
            with contextlib.suppress(OSError):
                found += "podcastsvc.db" not in str(link.readlink())
    return found


def time_front_page(site: Site) -> float:
    begun = time.monotonic()
    assert site.fetch("/").status == 200
    return time.monotonic() - begun


def find_slow(spent: list[float]) -> float:
    """What nine of ten stayed under; the tenth may have met another test on the same machine."""
    return sorted(spent)[len(spent) * 9 // 10 - 1]


def test_400_slow_readers_and_300_half_sent_requests_leave_the_front_page_under_a_second_and_memory_flat(site):
    path = find_audio(site)
    for _ in range(20):
        time_front_page(site)
    opened, before = count_open(site), read_memory(site)

    with contextlib.ExitStack() as stack:
        crowd = Crowd(site, path)
        stack.callback(crowd.go)
        crowd.come()
        there = read_memory(site)
        spent = [time_front_page(site) for _ in range(40)]
        wait_for(lambda: crowd.read_bytes > 100 * MIB, "the readers to have read 100 MiB")
        spent += [time_front_page(site) for _ in range(40)]
        later = read_memory(site)

    assert find_slow(spent) < 1
    assert there - before < READERS * MOST_PER_READER
    assert later - there < 0.1 * there
    wait_for(lambda: count_open(site) <= opened + 4, "everything to be closed", seconds=20)
    assert find_slow([time_front_page(site) for _ in range(10)]) < 1
    assert site.fetch(path, headers={"Range": "bytes=0-1"}).status == 206
    assert '"level": "error"' not in site.read_log()


def test_more_slow_readers_than_threads_are_told_to_come_back_and_pages_go_on(site):
    path = find_audio(site)
    crowd = Crowd(site, path)
    with contextlib.ExitStack() as stack:
        readers = [stack.enter_context(crowd.connect_reader()) for _ in range(600)]
        answered = {reader.recv(12) for reader in readers}

        spent = [time_front_page(site) for _ in range(20)]

    assert answered == {b"HTTP/1.1 200", b"HTTP/1.1 503"}
    assert find_slow(spent) < 1
    wait_for(lambda: site.fetch(path, headers={"Range": "bytes=0-999999"}).status == 206, "a place", seconds=20)
