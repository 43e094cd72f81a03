"""Audio that nginx in front sends for us: what we tell it, what we keep to ourselves, and how it is counted (M10, D5)."""

from dataclasses import replace

import pytest

from podcastsvc.kit.ranges import decide
from podcastsvc.web.apps.handing import find_place
from tests.web.apps.audio import AGENT, CONTENT, list_downloads, path_to

PLACE = "X-Accel-Redirect"


@pytest.fixture
def settings(settings):
    return replace(settings, trusted_proxies=1, x_accel_redirect=True)


def test_m10_the_whole_is_sent_by_nginx_with_the_headers_of_our_own_answer(client, audio):
    response = client.get(path_to(audio))

    assert (response.status_code, response.data) == (200, b"")
    assert response.headers[PLACE] == f"/podcastsvc-audio/whole/{audio.media_key}"
    assert response.headers["ETag"] == f'"{audio.sha256[:32]}"'
    assert response.headers["Content-Type"] == "audio/mpeg"
    assert response.headers["Cache-Control"] == "public, max-age=86400"
    assert response.headers["Accept-Ranges"] == "bytes"


def test_m10_a_part_is_sent_by_nginx_which_says_itself_which(client, audio):
    response = client.get(path_to(audio), headers={"Range": "bytes=10-19"})

    assert (response.status_code, response.data) == (200, b"")
    assert response.headers[PLACE] == f"/podcastsvc-audio/part/{audio.media_key}"
    assert "Content-Range" not in response.headers


@pytest.mark.parametrize(
    "headers",
    [
        {"Range": "bytes=10-19", "If-Range": "ETAG"},
        {"Range": "bytes = 10-19"},
        {"Range": "bytes=10-19,"},
        {"Range": "bytes=10-9999999999999999999999"},
        {"If-Match": '"other"'},
        {"If-Unmodified-Since": "Mon, 12 Oct 2015 12:00:00 GMT"},
    ],
    ids=str,
)
def test_m5_what_nginx_would_read_otherwise_is_sent_by_us(client, audio, headers):
    etag = f'"{audio.sha256[:32]}"'

    response = client.get(
        path_to(audio), headers={name: value.replace("ETAG", etag) for name, value in headers.items()}
    )

    assert PLACE not in response.headers
    assert response.data == (CONTENT if response.status_code == 200 else CONTENT[10 : 10 + len(response.data)])
    assert len(response.data) in {10, 990, 1000}


@pytest.mark.parametrize("range_header", ["bytes=0-1,5-6", "bytes=abc", "pages=1-2", "bytes=9-5"])
def test_m5_a_range_that_we_ignore_is_the_place_where_nginx_ignores_it(client, audio, range_header):
    response = client.get(path_to(audio), headers={"Range": range_header})

    assert response.headers[PLACE].startswith("/podcastsvc-audio/whole/")


def test_m1_m8_what_has_no_bytes_is_answered_by_us(client, ben, cleo, audio, locked):
    etag = f'"{audio.sha256[:32]}"'
    answers = [
        client.head(path_to(audio)),
        client.get(path_to(audio), headers={"If-None-Match": etag}),
        client.get(path_to(audio), headers={"Range": "bytes=5000-"}),
        client.get(cleo.path_to(locked)),
        client.get(path_to(audio) + "x"),
    ]

    assert [answer.status_code for answer in answers] == [200, 304, 416, 403, 404]
    assert not [answer for answer in answers if PLACE in answer.headers]
    assert client.get(ben.path_to(locked)).headers[PLACE].endswith(locked.media_key)


def test_the_audio_of_notices_which_nginx_cannot_reach_is_sent_by_us(client, audio):
    response = client.get("/media/notice-en.mp3")

    assert PLACE not in response.headers
    assert len(response.data) >= 160_000


def test_td10_a_missing_file_is_a_moments_trouble_behind_nginx_too(client, services, audio):
    services.media.remove(audio.media_key)

    response = client.get(path_to(audio))

    assert response.status_code == 503
    assert PLACE not in response.headers


def test_td2_a_file_of_another_length_is_not_sent_by_nginx_either(client, services, audio):
    services.media.find_path(audio.media_key).write_bytes(CONTENT + b"more")

    assert client.get(path_to(audio)).status_code == 503


def test_d5_the_bytes_asked_for_stand_in_for_those_sent(client, services, audio):
    for start in (0, 500):
        client.get(path_to(audio), headers={**AGENT, "Range": f"bytes={start}-{start + 499}"})

    (download,) = list_downloads(services)
    assert download.is_asked


def test_an_odd_key_cannot_lead_nginx_elsewhere():
    decision = decide(is_head=False, length_bytes=10, etag='"a"')

    place = find_place(decision, "audio/a?b%2f..c", range_header=None, if_range=None, has_conditions=False)

    assert place == "/podcastsvc-audio/whole/audio/a%3Fb%252f..c"
