"""Ranges and validators: every row of the table of rule M5, the lists of rule F4, and that nothing else breaks it."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from podcastsvc.kit.ranges import Decision, decide, matches

ETAG = '"abc"'
CHANGED = datetime(2026, 10, 20, 6, 0, 0, 500_000, tzinfo=UTC)
SENT_DATE = "Tue, 20 Oct 2026 06:00:00 GMT"
WHOLE = Decision(200, 0, 1000)
PART = Decision(206, 100, 100, "bytes 100-199/1000")


def ask(range_header=None, **headers):
    return decide(
        is_head=headers.pop("is_head", False),
        length_bytes=headers.pop("length_bytes", 1000),
        etag=ETAG,
        changed_at=CHANGED,
        range_header=range_header,
        **headers,
    )


@pytest.mark.parametrize(
    ("header", "answer"),
    [
        (None, WHOLE),
        ("bytes=0-", Decision(206, 0, 1000, "bytes 0-999/1000")),
        ("bytes=0-1", Decision(206, 0, 2, "bytes 0-1/1000")),
        ("bytes=100-199", PART),
        ("Bytes=100-199", PART),
        ("bytes = 100-199", PART),
        ("bytes=,100-199,", PART),
        ("bytes=100-5000", Decision(206, 100, 900, "bytes 100-999/1000")),
        ("bytes=999-", Decision(206, 999, 1, "bytes 999-999/1000")),
        ("bytes=0-" + "9" * 5000, Decision(206, 0, 1000, "bytes 0-999/1000")),
        ("bytes=-100", Decision(206, 900, 100, "bytes 900-999/1000")),
        ("bytes=-1000", Decision(206, 0, 1000, "bytes 0-999/1000")),
        ("bytes=-5000", Decision(206, 0, 1000, "bytes 0-999/1000")),
        ("bytes=-0", Decision(416, 0, 0, "bytes */1000")),
        ("bytes=1000-", Decision(416, 0, 0, "bytes */1000")),
        ("bytes=1000-2000", Decision(416, 0, 0, "bytes */1000")),
        ("bytes=" + "9" * 5000 + "-", Decision(416, 0, 0, "bytes */1000")),
        ("bytes=9-5", WHOLE),
        ("bytes=abc", WHOLE),
        ("bytes=", WHOLE),
        ("bytes=-", WHOLE),
        ("bytes=--5", WHOLE),
        ("bytes=1-2-3", WHOLE),
        ("bytes=1 - 2", WHOLE),
        ("bytes=٣-٤", WHOLE),
        ("pages=1-2", WHOLE),
        ("", WHOLE),
        ("bytes=0-1,5-6", WHOLE),
        ("bytes=0-1, -5", WHOLE),
    ],
)
def test_m5_ranges(header, answer):
    assert ask(header) == answer


@pytest.mark.parametrize(
    ("if_range", "answer"),
    [
        (ETAG, PART),
        (SENT_DATE, PART),
        ("Tue, 20 Oct 2026 06:00:00 +0000", PART),
        ('W/"abc"', WHOLE),
        ('"other"', WHOLE),
        ("abc", WHOLE),
        ("", WHOLE),
        ("*", WHOLE),
        ("Tue, 20 Oct 2026 06:00:01 GMT", WHOLE),
        ("Tue, 20 Oct 2026 05:59:59 GMT", WHOLE),
        ("Tue, 20 Oct 2026 06:00:00 -0000", WHOLE),
        ("not a date", WHOLE),
    ],
)
def test_m5_if_range(if_range, answer):
    assert ask("bytes=100-199", if_range=if_range) == answer


def test_m5_a_date_in_if_range_is_ignored_where_we_sent_none():
    answer = decide(is_head=False, length_bytes=10, etag=ETAG, range_header="bytes=0-1", if_range=SENT_DATE)

    assert answer == Decision(200, 0, 10)


@pytest.mark.parametrize("is_head", [False, True])
def test_m5_a_matching_if_none_match_comes_before_any_range(is_head):
    answer = ask("bytes=5000-", if_none_match='"x", "abc"', if_range=ETAG, is_head=is_head)

    assert answer == Decision(304, 0, 0)


def test_m5_another_if_none_match_leaves_the_range():
    assert ask("bytes=100-199", if_none_match='"x"') == PART


@pytest.mark.parametrize("header", ["bytes=0-1", "bytes=5000-", "bytes=-0", "junk"])
def test_m1_m5_head_is_always_about_the_whole(header):
    assert ask(header, is_head=True) == WHOLE


@pytest.mark.parametrize(
    ("header", "answer"),
    [
        (None, False),
        ("", False),
        ("*", True),
        (" * ", True),
        ('"abc"', True),
        ('W/"abc"', True),
        ('"x" , W/"abc"', True),
        ('"x","abc-gzip"', True),
        ('W/"abc-gzip"', True),
        ('"abcd"', False),
        ("abc", False),
        ('"x*"', False),
        ('"a,b", "c"', False),
    ],
)
def test_f4_if_none_match_is_weak_and_takes_lists_and_the_other_coding(header, answer):
    assert matches(header, ('"abc"', '"abc-gzip"')) is answer


def test_f4_our_own_tag_may_be_weak():
    assert matches('"abc"', ('W/"abc"',))


@given(
    header=st.one_of(st.text(), st.from_regex(r"bytes=[0-9]{0,5}-[0-9]{0,5}(,[0-9]{0,3}-[0-9]{0,3})?", fullmatch=True)),
    length=st.integers(1, 5000),
    if_range=st.one_of(st.none(), st.just(ETAG), st.text()),
    if_none_match=st.one_of(st.none(), st.just(ETAG), st.text()),
    is_head=st.booleans(),
)
def test_any_headers_give_an_answer_within_the_file(header, length, if_range, if_none_match, is_head):
    answer = ask(header, length_bytes=length, if_range=if_range, if_none_match=if_none_match, is_head=is_head)

    assert 0 <= answer.start <= answer.start + answer.length <= length
    if answer.status == 200:
        assert (answer.start, answer.length, answer.content_range) == (0, length, None)
    if answer.status == 206:
        assert answer.length > 0
        assert answer.content_range == f"bytes {answer.start}-{answer.start + answer.length - 1}/{length}"
    if is_head:
        assert answer.status in {200, 304}


@given(first=st.integers(0, 6000), last=st.integers(0, 6000), length=st.integers(1, 5000))
def test_a_range_gives_exactly_the_bytes_that_slicing_gives(first, last, length):
    content = bytes(number % 251 for number in range(length))

    answer = ask(f"bytes={first}-{last}", length_bytes=length)

    sent = content[answer.start : answer.start + answer.length]
    expected = {200: content, 206: content[first : last + 1], 416: b""}[answer.status]
    assert sent == expected
    assert answer.status == (200 if first > last else 416 if first >= length else 206)
