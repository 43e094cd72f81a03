"""Audio over HTTP: headers, ranges, large files, and what goes wrong (section 8, M1 to M7, M10, M12)."""

import hashlib
import os
import tracemalloc
from pathlib import Path

import pytest
from werkzeug.test import EnvironBuilder

from podcastsvc.web.apps.sending import AT_ONCE_BYTES, BLOCK_BYTES
from tests.web.apps.audio import BASE, CONTENT, path_to


def test_m1_to_m4_m7_headers_of_audio(client, audio):
    response = client.get(path_to(audio))

    assert response.data == CONTENT
    assert response.headers["Content-Length"] == "1000"
    assert response.headers["Content-Type"] == "audio/mpeg"
    assert response.headers["Accept-Ranges"] == "bytes"
    assert response.headers["ETag"] == f'"{hashlib.sha256(CONTENT).hexdigest()[:32]}"'
    assert response.headers["Last-Modified"] == "Mon, 12 Oct 2026 12:00:00 GMT"
    assert response.headers["Cache-Control"] == "public, max-age=86400"
    assert response.headers["Content-Disposition"] == f'inline; filename="{audio.name}.mp3"'
    assert response.headers["Access-Control-Allow-Origin"] == "*"
    assert response.headers["Cross-Origin-Resource-Policy"] == "cross-origin"
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert response.headers["Content-Security-Policy"].startswith("default-src 'none'; sandbox")
    assert "Content-Encoding" not in response.headers


def test_m3_audio_is_never_compressed(client, audio):
    response = client.get(path_to(audio), headers={"Accept-Encoding": "gzip, br"})

    assert "Content-Encoding" not in response.headers
    assert response.data == CONTENT


def test_m7_headers_of_a_members_audio(client, ben, audio, locked):
    for each in (audio, locked):
        response = client.get(ben.path_to(each))
        assert response.data == CONTENT
        assert response.headers["Cache-Control"] == "private, max-age=3600"
        assert response.headers["X-Robots-Tag"] == "noindex, nofollow, noarchive"
        assert response.headers["Referrer-Policy"] == "no-referrer"
        assert "Access-Control-Allow-Origin" not in response.headers


def test_m4_a_notice_too_has_a_tag_made_of_its_content(client, stage):
    for language in ("en", "es"):
        response = client.get(f"/media/notice-{language}.mp3")
        assert response.headers["ETag"] == f'"{hashlib.sha256(response.data).hexdigest()[:32]}"'
        assert client.get(f"/media/notice-{language}.mp3", headers={"Range": "bytes=0-9"}).data == response.data[:10]


@pytest.mark.parametrize("headers", [{}, {"Range": "bytes=0-9"}, {"Range": "bytes=5000-"}])
def test_m1_head_has_the_whole_length_and_no_body(client, audio, headers):
    response = client.head(path_to(audio), headers=headers)

    assert response.status_code == 200
    assert response.data == b""
    assert response.headers["Content-Length"] == "1000"
    assert {"ETag", "Accept-Ranges", "Content-Type"} <= set(response.headers.keys())
    assert "Content-Range" not in response.headers


ROWS = [
    ({}, 200, 0, 1000),
    ({"Range": "bytes=0-"}, 206, 0, 1000),
    ({"Range": "bytes=10-19"}, 206, 10, 20),
    ({"Range": "bytes=990-5000"}, 206, 990, 1000),
    ({"Range": "bytes=-10"}, 206, 990, 1000),
    ({"Range": "bytes=-5000"}, 206, 0, 1000),
    ({"Range": "bytes=-0"}, 416, 0, 0),
    ({"Range": "bytes=1000-"}, 416, 0, 0),
    ({"Range": "bytes=9-5"}, 200, 0, 1000),
    ({"Range": "bytes=abc"}, 200, 0, 1000),
    ({"Range": "pages=1-2"}, 200, 0, 1000),
    ({"Range": "bytes=0-1,5-6"}, 200, 0, 1000),
    ({"Range": "bytes=10-19", "If-Range": "ETAG"}, 206, 10, 20),
    ({"Range": "bytes=10-19", "If-Range": "Mon, 12 Oct 2026 12:00:00 GMT"}, 206, 10, 20),
    ({"Range": "bytes=10-19", "If-Range": "W/ETAG"}, 200, 0, 1000),
    ({"Range": "bytes=10-19", "If-Range": '"other"'}, 200, 0, 1000),
    ({"Range": "bytes=10-19", "If-None-Match": "ETAG"}, 304, 0, 0),
    ({"Range": "bytes=5000-", "If-None-Match": "W/ETAG"}, 304, 0, 0),
    ({"If-None-Match": "*"}, 304, 0, 0),
]


@pytest.mark.parametrize(("headers", "status", "start", "stop"), ROWS)
def test_t3_every_row_of_m5_from_disk(client, audio, headers, status, start, stop):
    etag = f'"{audio.sha256[:32]}"'
    headers = {name: value.replace("ETAG", etag) for name, value in headers.items()}

    response = client.get(path_to(audio), headers=headers)

    assert response.status_code == status
    assert response.data == CONTENT[start:stop]
    if status == 206:
        assert response.headers["Content-Range"] == f"bytes {start}-{stop - 1}/1000"
    if status == 416:
        assert response.headers["Content-Range"] == "bytes */1000"
    if status != 304:
        assert response.headers["Content-Length"] == str(stop - start)
    head = client.head(path_to(audio), headers=headers)
    assert head.status_code == (304 if status == 304 else 200)


@pytest.mark.parametrize("span", [(0, None), (1, None), (0, AT_ONCE_BYTES), (5, AT_ONCE_BYTES * 2 + 7), (-10, None)])
def test_large_files_are_sent_in_blocks_and_arrive_byte_for_byte(client, stage, span):
    content = os.urandom(AT_ONCE_BYTES * 3 + 12_345)
    _episode, audio = stage.add("long", content=content)
    start, stop = span
    header = f"bytes={start}-" if start >= 0 else f"bytes={start}"
    header = header if stop is None else f"bytes={start}-{stop - 1}"

    response = client.get(path_to(audio), headers={"Range": header})

    assert response.status_code == 206
    assert response.data == content[start:stop]


def test_m10_memory_does_not_grow_with_the_file(app, stage):
    content = os.urandom(BLOCK_BYTES * 64)
    _episode, audio = stage.add("long", content=content)
    environ = EnvironBuilder(path_to(audio), base_url=BASE).get_environ()
    blocks = iter(app.wsgi_app(environ, lambda *_args: None))
    next(blocks)

    tracemalloc.start()
    sent = sum(len(block) for block in blocks)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    assert sent == len(content) - BLOCK_BYTES
    assert peak < 4 * BLOCK_BYTES


def count_open_files():
    return sum(1 for _each in Path("/proc/self/fd").iterdir())


def test_m12_a_client_that_goes_away_closes_the_file(app, services, stage, caplog):
    _episode, audio = stage.add("long", content=bytes(AT_ONCE_BYTES * 4))
    environ = EnvironBuilder(path_to(audio), base_url=BASE).get_environ()
    before = count_open_files()
    answer = app.wsgi_app(environ, lambda *_args: None)
    next(iter(answer))
    during = count_open_files()

    answer.close()

    assert count_open_files() == during - 1 <= before + 1
    assert not [record for record in caplog.records if record.levelname in {"ERROR", "WARNING"}]


# ---- what goes wrong


def test_td10_a_missing_file_is_a_moments_trouble_not_a_lost_episode(client, services, audio, caplog):
    services.media.remove(audio.media_key)

    response = client.get(path_to(audio))

    assert response.status_code == 503
    assert 1 <= int(response.headers["Retry-After"]) <= 30
    assert "missing" in caplog.text
    assert client.head(path_to(audio)).status_code == 200


def test_td2_a_file_of_another_length_is_not_sent(client, services, audio, caplog):
    services.media.find_path(audio.media_key).write_bytes(CONTENT + b"more")

    assert client.get(path_to(audio)).status_code == 503
    assert "another length" in caplog.text
