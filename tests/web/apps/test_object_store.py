"""Audio that lies in an object store: the way there, for those who may hear (rule M9)."""

import urllib.error
import urllib.request
from dataclasses import replace

import pytest

from podcastsvc.app import create_app
from podcastsvc.kit.keys import make_key_file
from podcastsvc.services import Services
from tests.web.apps.audio import AGENT, CONTENT, Stage, list_downloads, make_client, path_to
from tests.web.apps.test_audio import ROWS


@pytest.fixture
def far(settings, s3_endpoint):
    """The same installation with its audio in an object store."""
    store = {
        "media_url": "s3://show/media",
        "s3_endpoint": s3_endpoint,
        "s3_access_key": "key",
        "s3_secret_key": "secret",
    }
    made = Services(replace(settings, **store))
    make_key_file(made.key_path)
    yield Stage(made)
    made.close()


def fetch(url, headers):
    request = urllib.request.Request(url, headers=headers)
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return answer.status, answer.headers, answer.read()
    except urllib.error.HTTPError as answer:
        with answer:
            return answer.code, answer.headers, answer.read()


@pytest.mark.parametrize(
    ("headers", "status", "start", "stop"),
    [
        ({}, 200, 0, 1000),
        ({"Range": "bytes=0-"}, 206, 0, 1000),
        ({"Range": "bytes=10-19"}, 206, 10, 20),
        ({"Range": "bytes=990-5000"}, 206, 990, 1000),
        ({"Range": "bytes=-10"}, 206, 990, 1000),
    ],
)
def test_t3_m9_ranges_are_answered_by_the_object_store(far, headers, status, start, stop):
    _episode, audio = far.add("far away", content=CONTENT)
    client = make_client(create_app(far.services.settings, far.services))

    response = client.get(path_to(audio), headers=headers)
    answered, found, body = fetch(response.headers["Location"], headers)

    assert response.status_code == 302
    assert response.headers["Cache-Control"] == "no-store"
    assert (answered, body) == (status, CONTENT[start:stop])
    assert found["Content-Type"] == "audio/mpeg"


@pytest.mark.parametrize(("headers", "status", "start", "stop"), ROWS)
def test_t3_m9_every_row_of_m5_from_an_object_store(far, headers, status, start, stop):
    _episode, audio = far.add("far away", content=CONTENT)
    client = make_client(create_app(far.services.settings, far.services))
    headers = {name: value.replace("ETAG", f'"{audio.sha256[:32]}"') for name, value in headers.items()}

    response, head = (client.open(path_to(audio), method=method, headers=headers) for method in ("GET", "HEAD"))

    assert response.status_code == (302 if status in {200, 206} else status)
    assert head.status_code == (304 if status == 304 else 200)
    assert "Location" not in head.headers
    if status == 206:
        # The store has a tag of its own, so of the conditions only the range is its business.
        assert fetch(response.headers["Location"], {"Range": headers["Range"]})[::2] == (206, CONTENT[start:stop])
    if status == 200:
        assert fetch(response.headers["Location"], {})[::2] == (200, CONTENT)
    if status == 416:
        assert response.headers["Content-Range"] == "bytes */1000"
        assert response.data == b""


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Range": "bytes=5000-"}, 416),
        ({"Range": "bytes=-0"}, 416),
        ({"If-None-Match": "*", "Range": "bytes=0-9"}, 304),
    ],
)
def test_t3_m9_what_needs_no_bytes_is_answered_by_us(far, headers, status):
    _episode, audio = far.add("far away", content=CONTENT)
    client = make_client(create_app(far.services.settings, far.services))

    assert client.get(path_to(audio), headers=headers).status_code == status


def test_m1_m9_head_is_answered_from_the_database(far):
    _episode, audio = far.add("far away", content=CONTENT)
    client = make_client(create_app(far.services.settings, far.services))

    response = client.head(path_to(audio), headers={"Range": "bytes=0-9"})

    assert (response.status_code, response.headers["Content-Length"]) == (200, "1000")


def test_m9_the_way_to_the_store_carries_no_credential_of_ours_and_lives_a_day(far):
    _episode, audio = far.add("for members", access_kind="members", audio=("members",), content=CONTENT)
    ben = far.add_member("ben")
    far.give(ben)
    client = make_client(create_app(far.services.settings, far.services))

    location = client.get(ben.path_to(audio)).headers["Location"]

    assert ben.listen_token not in location
    assert "X-Amz-Expires=86400" in location
    assert "secret" not in location


def test_m8_m9_the_store_is_named_only_to_those_who_may_hear(far):
    _episode, audio = far.add("for members", access_kind="members", audio=("members",), content=CONTENT)
    client = make_client(create_app(far.services.settings, far.services))

    response = client.get(path_to(audio))

    assert response.status_code == 403
    assert "Location" not in response.headers


def test_d5_bytes_asked_of_the_store_stand_in_for_bytes_sent(far):
    _episode, audio = far.add("far away", content=CONTENT)
    client = make_client(create_app(far.services.settings, far.services))

    client.get(path_to(audio), headers=AGENT)

    assert [download.is_asked for download in list_downloads(far.services)] == [True]
