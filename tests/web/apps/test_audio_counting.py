"""Audio's limits for one link, and what is counted as a download (rules 10, D5, D10)."""

from dataclasses import replace

import pytest
from werkzeug.test import EnvironBuilder

from podcastsvc.app import create_app
from podcastsvc.storage.tables.member import FeedLink
from podcastsvc.web.apps.sending import AT_ONCE_BYTES, BLOCK_BYTES
from tests.feeds.rows import NOW
from tests.web.apps.audio import AGENT, BASE, later, list_downloads, make_client, path_to

# ---- limits


def test_six_streams_at_once_for_one_link(app, stage, ben):
    _episode, audio = stage.add("long", content=bytes(AT_ONCE_BYTES * 3))

    def begin():
        statuses = []
        environ = EnvironBuilder(ben.path_to(audio), base_url=BASE).get_environ()
        answer = app.wsgi_app(environ, lambda status, *_args: statuses.append(status[:3]))
        return statuses[0], answer

    begun = [begin() for _ in range(7)]
    begun[0][1].close()
    after = begin()

    assert [status for status, _answer in begun] == ["200"] * 6 + ["429"]
    assert after[0] == "200"
    for _status, answer in [*begun, after]:
        close = getattr(answer, "close", None)
        if close is not None:
            close()


def test_slow_readers_leave_the_threads_that_pages_need(app, client, services, stage):
    services.settings = replace(services.settings, threads=4)
    _episode, audio = stage.add("long", content=bytes(AT_ONCE_BYTES * 3))
    environ = EnvironBuilder(path_to(audio), base_url=BASE).get_environ()

    def begin():
        found = []
        answer = app.wsgi_app(dict(environ), lambda status, headers: found.append((status[:3], dict(headers))))
        return found[0], answer

    begun = [begin() for _ in range(3)]
    part = client.get(path_to(audio), headers={"Range": "bytes=0-9"})
    for _found, answer in begun[:2]:
        answer.close()
    after, answer = begin()
    answer.close()

    assert [status for (status, _headers), _answer in begun] == ["200", "200", "503"]
    assert 1 <= int(begun[2][0][1]["Retry-After"]) <= 30
    assert part.status_code == 206
    assert after[0] == "200"


def test_an_answer_that_could_not_begin_holds_no_place(client, services, stage, ben):
    # Six of them locked a paying member out: every later start was 429.
    _episode, audio = stage.add("long", content=bytes(AT_ONCE_BYTES * 3))
    path = services.media.find_path(audio.media_key)
    path.write_bytes(b"short")
    failed = [client.get(ben.path_to(audio)).status_code for _ in range(7)]

    path.write_bytes(bytes(AT_ONCE_BYTES * 3))

    assert failed == [503] * 7
    assert client.get(ben.path_to(audio)).status_code == 200


def test_three_hundred_starts_a_day_for_one_link_and_ranges_are_no_starts(client, ben, audio, clock):
    path = ben.path_to(audio)
    parts = {client.get(path, headers={"Range": f"bytes={n + 1}-"}).status_code for n in range(320)}
    probes = {client.get(path, headers={"Range": "bytes=0-1"}).status_code for n in range(320)}

    starts = [client.get(path).status_code for _ in range(301)]
    clock.move_to(later(days=1))

    assert (parts, probes) == ({206}, {206})
    assert starts == [200] * 300 + [429]
    assert client.get(path).status_code == 200


# ---- counting (D5, D10)


def test_a_download_is_counted_from_the_bytes_that_were_sent(client, services, ben, locked):
    client.get(ben.path_to(locked), headers=AGENT)

    (download,) = list_downloads(services)

    assert (download.audience, download.app, download.is_asked) == ("gold", "AntennaPod", False)
    with services.db.reading() as session:
        assert session.get(FeedLink, ben.link.id).heard_at == NOW


@pytest.mark.parametrize(
    "requests",
    [
        [("HEAD", {})],
        [("GET", {"Range": "bytes=0-1"})],
        [("GET", {"Range": "bytes=0-49"}), ("GET", {"Range": "bytes=0-49"})],
        [("GET", {"Range": "bytes=5000-"})],
        [("GET", {"If-None-Match": "*"})],
    ],
)
def test_what_is_no_download(client, services, audio, requests):
    for method, headers in requests:
        client.open(path_to(audio), method=method, headers={**AGENT, **headers})

    assert list_downloads(services) == []


def test_a_probe_and_then_the_rest_is_one_download(client, services, audio):
    client.get(path_to(audio), headers={**AGENT, "Range": "bytes=0-1"})
    client.get(path_to(audio), headers={**AGENT, "Range": "bytes=2-"})

    assert len(list_downloads(services)) == 1


def test_bytes_that_never_left_are_not_counted(app, services, stage):
    _episode, audio = stage.add("long", content=bytes(BLOCK_BYTES * 20))
    environ = EnvironBuilder(path_to(audio), base_url=BASE, headers=AGENT).get_environ()
    answer = app.wsgi_app(environ, lambda *_args: None)
    next(iter(answer))
    answer.close()

    assert list_downloads(services) == []


def test_notices_are_not_counted(client, services):
    assert client.get("/media/notice-en.mp3", headers=AGENT).status_code == 200

    assert list_downloads(services) == []


def test_d2_the_listeners_address_is_the_one_that_our_own_proxy_names(services, stage, audio):
    behind = replace(services.settings, trusted_proxies=1)
    client = make_client(create_app(behind, services))

    # What stands further left anybody can have written.
    for forwarded in ("203.0.113.1, 192.0.2.7", "203.0.113.2, 192.0.2.7", "192.0.2.7", "203.0.113.1, 192.0.2.8"):
        client.get(path_to(audio), headers=AGENT | {"X-Forwarded-For": forwarded})

    assert len(list_downloads(services)) == 2


def test_d2_without_a_proxy_nobody_chooses_an_address(client, services, audio):
    for forwarded in ("203.0.113.1", "203.0.113.2"):
        client.get(path_to(audio), headers=AGENT | {"X-Forwarded-For": forwarded})

    assert len(list_downloads(services)) == 1
