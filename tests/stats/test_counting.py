"""The rules of counting, one by one (T13, rules D1 to D5)."""

from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from podcastsvc.stats import counting
from podcastsvc.stats.agents import OWN, Namer

OVERCAST = "Overcast/3.0 (+http://overcast.fm/; iOS podcast app)"


def may_count(**changes):
    request = {"method": "GET", "status": 200, "range_header": None, "agent": OVERCAST}
    return counting.may_count(**request | changes)


def test_d1_the_window_is_the_utc_day():
    late = datetime(2026, 10, 21, 1, 30, tzinfo=timezone(timedelta(hours=2)))

    assert counting.name_day(late) == date(2026, 10, 20)
    assert counting.name_day(datetime(2026, 10, 21, tzinfo=UTC)) == date(2026, 10, 21)


def test_d2_the_key_tells_episodes_networks_and_agents_apart_and_changes_by_day():
    parts = [
        ("e", "1.2.3.4", "a"),
        ("f", "1.2.3.4", "a"),
        ("e", "1.2.3.5", "a"),
        ("e", "1.2.3.4", "b"),
        ("e1.2.3.4", "a"),
    ]

    keys = {counting.make_key(key, *each) for key in (b"monday", b"tuesday") for each in parts}

    assert len(keys) == 10


@pytest.mark.parametrize(
    "changes",
    [
        {"method": "HEAD"},
        {"method": "POST"},
        {"status": 304},
        {"status": 403},
        {"status": 416},
        {"range_header": "bytes=0-1"},
        {"range_header": " Bytes = 0-1 "},
        {"agent": ""},
        {"agent": "   "},
        {"agent": "atc/1.0 watchOS/10.1 model/Watch6,2"},
        {"agent": "(null)/(null) watchOS/9.0 model/Watch4,2 hwp/t8006"},
    ],
)
def test_d3_requests_that_are_no_listening_are_not_counted(changes):
    assert not may_count(**changes)


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"status": 206, "range_header": "bytes=0-"},
        {"status": 206, "range_header": "bytes=0-10"},
        {"status": 302},
        {"agent": "Podcasts/1 watchOS/10"},
    ],
)
def test_d3_requests_that_may_be_listening_are_kept(changes):
    assert may_count(**changes)


@pytest.mark.parametrize(
    ("text", "counts"),
    [
        (OVERCAST, True),
        ("AntennaPod/3.4.0", True),
        ("Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0", True),
        ("okhttp/4.12.0", True),
        ("SomethingNew/1.0", True),
        ("Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)", False),
        ("curl/8.5.0", False),
        ("python-requests/2.31.0", False),
        ("NeverSeenBot/1.0", False),
        ("a web CRAWLER of mine", False),
        ("SpiderMonkey/1", False),
    ],
)
def test_d3_bots_and_libraries_that_run_by_themselves_are_no_listeners(text, counts):
    agent = Namer(OWN).name(text, "")

    assert counting.is_listener(agent, text) is counts


@pytest.mark.parametrize(
    ("network", "excluded"),
    [
        ("203.0.113.7", True),
        ("203.0.114.7", False),
        ("2001:db8:1:2::", True),
        ("2001:db9::", False),
        ("not an address", False),
    ],
)
def test_d3_the_operators_own_networks_are_not_counted(network, excluded):
    assert counting.is_excluded(network, ["203.0.113.0/24", "2001:db8::/32"]) is excluded


@pytest.mark.parametrize(
    ("length", "tags", "seconds", "threshold"),
    [
        (1_000_000, 0, 600, 100_000),
        (1_000_000, 100_000, 600, 190_000),
        (1_000_000, 0, 61, 983_607),
        (1_000_000, 0, 60, 1_000_000),
        (1_000_000, 0, 59, 1_000_000),
        (1_000_000, 50_000, 59, 1_000_000),
        (1_000_000, 2_000_000, 600, 1_000_000),
        (10, 3, 6000, 4),
    ],
)
def test_d4_a_minute_of_sound_beside_the_tags_makes_a_download(length, tags, seconds, threshold):
    assert counting.threshold_bytes(length, tags, seconds) == threshold


def test_d5_overlapping_ranges_count_once():
    merged = counting.merge([(0, 10), (5, 15), (20, 30), (30, 31), (7, 7), (9, 3)])

    assert merged == [(0, 15), (20, 31)]
    assert counting.count_bytes(merged) == 26


@given(st.lists(st.tuples(st.integers(0, 60), st.integers(0, 60)), max_size=30))
def test_d5_merged_ranges_hold_the_same_bytes_as_all_of_them(ranges):
    merged = counting.merge(ranges)

    wanted = {byte for start, stop in ranges for byte in range(start, stop)}
    assert {byte for start, stop in merged for byte in range(start, stop)} == wanted
    assert counting.count_bytes(merged) == len(wanted)


def test_d5_a_stranger_who_asks_for_every_other_byte_costs_a_bounded_list():
    assert len(counting.merge((number * 2, number * 2 + 1) for number in range(10_000))) == counting.MOST_RANGES
