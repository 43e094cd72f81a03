"""Ranges, validators and codings as strangers write them, over HTTP, held against oracles that share no code with us."""

import gzip
import urllib.error
import urllib.request
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as trying
from hypothesis import strategies as st

from podcastsvc.app import create_app
from podcastsvc.kit.keys import make_key_file
from podcastsvc.services import Services
from tests.web.apps.audio import CONTENT, Stage, make_client, path_to
from tests.web.apps.oracles import codings, expect_part, header_texts, range_headers, tag_lists

LENGTH = len(CONTENT)
MODIFIED = "Mon, 12 Oct 2026 12:00:00 GMT"
at_random = trying(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
a_few_times = trying(at_random, max_examples=60)


@pytest.fixture
def settings(settings):
    """Nobody is told to come back later here."""
    return replace(settings, member_requests_per_hour=1_000_000)


@pytest.fixture
def far(settings, s3_endpoint):
    """The same installation with its audio in an object store."""
    store = {"media_url": "s3://show/random", "s3_endpoint": s3_endpoint, "s3_access_key": "key"}
    made = Services(replace(settings, **store, s3_secret_key="secret"))
    make_key_file(made.key_path)
    yield Stage(made)
    made.close()


@at_random
@given(header=range_headers)
def test_t3_m5_any_range_of_a_file_on_disk(client, audio, header):
    wanted = expect_part(header, LENGTH)

    answer = client.get(path_to(audio), headers={"Range": header})

    assert (answer.status_code, answer.data) == (wanted.status, CONTENT[wanted.start : wanted.stop])
    assert answer.headers["Content-Length"] == str(wanted.stop - wanted.start)
    assert (
        answer.headers.get("Content-Range")
        == {
            200: None,
            206: f"bytes {wanted.start}-{wanted.stop - 1}/{LENGTH}",
            416: f"bytes */{LENGTH}",
        }[wanted.status]
    )


@at_random
@given(header=range_headers)
def test_t3_m1_m5_head_takes_no_notice_of_any_range(client, audio, header):
    answer = client.head(path_to(audio), headers={"Range": header})

    assert (answer.status_code, answer.headers["Content-Length"], answer.data) == (200, str(LENGTH), b"")
    assert "Content-Range" not in answer.headers


@at_random
@given(header=range_headers, if_range=st.one_of(st.sampled_from(["OURS", "W/OURS", MODIFIED]), header_texts))
def test_t3_m5_if_range_lets_a_range_count_only_for_our_own_file(client, audio, header, if_range):
    ours = f'"{audio.sha256[:32]}"'
    if_range = if_range.replace("OURS", ours)
    wanted = expect_part(header if if_range.strip() in {ours, MODIFIED} else "", LENGTH)

    answer = client.get(path_to(audio), headers={"Range": header, "If-Range": if_range})

    assert (answer.status_code, answer.data) == (wanted.status, CONTENT[wanted.start : wanted.stop])


@a_few_times
@given(header=range_headers)
def test_t3_m9_any_range_of_a_file_in_an_object_store(far, header):
    audio, client = put_far_away(far)
    wanted = expect_part(header, LENGTH)

    answer = client.get(path_to(audio), headers={"Range": header})
    head = client.head(path_to(audio), headers={"Range": header})

    assert answer.status_code == (416 if wanted.status == 416 else 302)
    assert (head.status_code, head.headers["Content-Length"]) == (200, str(LENGTH))
    assert "Location" not in head.headers
    if wanted.status == 206:
        assert fetch(answer.headers["Location"], header) == (206, CONTENT[wanted.start : wanted.stop])


def put_far_away(far):
    """The one episode of the far stage, made at the first call, and an app that asks for it."""
    if not hasattr(far, "kept"):
        _episode, audio = far.add("far away", content=CONTENT)
        far.kept = audio, make_client(create_app(far.services.settings, far.services))
    return far.kept


def fetch(url, range_header):
    # As a player would, which sends the header that it made: the store's own reading of others' is not ours to test.
    first, _, last = range_header.partition("=")[2].strip(" \t,").partition("-")
    request = urllib.request.Request(url, headers={"Range": f"bytes={first}-{last}"})
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as answer:
        with answer:
            return answer.code, answer.read()


# ---- If-None-Match


@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize("whose", ["public", "ben"])
def test_t4_f4_any_list_of_tags_on_feeds(client, stage, ben, method, whose):
    stage.add("for all")
    path = "/feed.xml" if whose == "public" else ben.feed_path
    plain = client.get(path).headers["ETag"]

    @at_random
    @given(sent=tag_lists((plain, plain[:-1] + '-gzip"')))
    def ask(sent):
        answer = client.open(path, method=method, headers={"If-None-Match": sent.header})
        assert answer.status_code == (304 if sent.names_ours else 200)
        assert not sent.names_ours or answer.data == b""

    ask()


def test_m5_any_list_of_tags_on_audio(client, audio):
    @at_random
    @given(sent=tag_lists((f'"{audio.sha256[:32]}"',)), header=st.sampled_from(["bytes=0-9", "bytes=5000-", "junk"]))
    def ask(sent, header):
        wanted = expect_part(header, LENGTH).status
        answer = client.get(path_to(audio), headers={"If-None-Match": sent.header, "Range": header})
        assert answer.status_code == (304 if sent.names_ours else wanted)

    ask()


BROKEN = [
    '"',
    '""',
    "W/",
    'W/"',
    '"unclosed',
    'unopened"',
    "*, *",
    '"x", *',
    "**",
    ",",
    ", ,",
    "0",
    "\xe4\xf6",
    'w/"x"',
]


@pytest.mark.parametrize("header", BROKEN)
def test_f4_a_broken_list_of_tags_gets_the_whole(client, stage, audio, header):
    for path in ("/feed.xml", path_to(audio)):
        assert client.get(path, headers={"If-None-Match": header}).status_code == 200


@at_random
@given(header=header_texts.filter(lambda text: text.strip() != "*"))
def test_f4_any_text_that_does_not_name_our_tag_gets_the_whole(client, stage, audio, header):
    for path in ("/feed.xml", path_to(audio)):
        assert client.get(path, headers={"If-None-Match": header}).status_code == 200


# ---- Accept-Encoding


@at_random
@given(sent=codings())
def test_f6_gzip_is_sent_to_those_and_only_those_who_take_it(client, stage, sent):
    plain = client.get("/feed.xml")

    answer = client.get("/feed.xml", headers={"Accept-Encoding": sent.header})
    again = client.get("/feed.xml", headers={"Accept-Encoding": sent.header, "If-None-Match": answer.headers["ETag"]})

    assert answer.headers.get("Content-Encoding") == ("gzip" if sent.takes_gzip else None)
    assert (gzip.decompress(answer.data) if sent.takes_gzip else answer.data) == plain.data
    assert answer.headers["ETag"].endswith('-gzip"') is sent.takes_gzip
    assert answer.headers["Vary"] == again.headers["Vary"] == "Accept-Encoding"
    assert (again.status_code, again.headers["ETag"]) == (304, answer.headers["ETag"])


@at_random
@given(header=header_texts)
def test_f6_whatever_is_sent_body_length_and_coding_agree(client, stage, audio, header):
    answer = client.get("/feed.xml", headers={"Accept-Encoding": header})
    sound = client.get(path_to(audio), headers={"Accept-Encoding": header})

    body = gzip.decompress(answer.data) if answer.headers.get("Content-Encoding") == "gzip" else answer.data
    assert body.startswith(b"<?xml")
    assert answer.headers["Content-Length"] == str(len(answer.data))
    assert (sound.data, "Content-Encoding" in sound.headers) == (CONTENT, False)
