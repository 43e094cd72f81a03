"""Chapters ascend, begin at 0, and are at least two, wherever they come from."""

import json
import time
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from podcastsvc.catalogue.chapters import MOST_CHAPTERS, Chapter, arrange, build_json, find_in_notes, read_json


def read(document) -> tuple[tuple[Chapter, ...], list[str]]:
    remarks = []
    raw = document if isinstance(document, bytes) else json.dumps(document).encode()
    chapters = read_json(raw, remarks)
    return chapters, [str(remark) for remark in remarks]


def test_json_chapters_are_read():
    chapters, remarks = read(
        {
            "version": "1.2.0",
            "chapters": [
                {"startTime": 0, "title": "Start"},
                {
                    "startTime": 61.25,
                    "title": "Maps",
                    "url": "https://example.org/maps",
                    "img": "https://example.org/m.jpg",
                },
                {"startTime": 90, "title": "Advert", "toc": False},
            ],
        }
    )

    assert chapters == (
        Chapter(0, "Start"),
        Chapter(61_250, "Maps", "https://example.org/maps", "https://example.org/m.jpg"),
        Chapter(90_000, "Advert", toc=False),
    )
    assert remarks == []


@pytest.mark.parametrize(
    ("document", "remark"),
    [
        (b'{"chapters": [\n\n{"startTime": 0,}]}', "chapters.json:3: is not JSON"),
        (b"\xff\xfe{", "chapters.json:1: this is not UTF-8 text"),
        (b"[" * 100_000, "chapters.json: is not JSON that can be read."),
        ([], 'has no list "chapters"'),
        ({"chapters": {}}, 'has no list "chapters"'),
        ({"chapters": [7]}, "chapter 1 is not an entry"),
        (
            {"chapters": [{"startTime": "1:30", "title": "x"}]},
            "chapter 1: 'startTime' is not a number of seconds: '1:30'",
        ),
        ({"chapters": [{"startTime": -1, "title": "x"}]}, "'startTime' is not a number"),
        ({"chapters": [{"startTime": True, "title": "x"}]}, "'startTime' is not a number"),
        (b'{"chapters": [{"startTime": NaN, "title": "x"}]}', "'startTime' is not a number"),
        (b'{"chapters": [{"startTime": 1e999, "title": "x"}]}', "'startTime' is not a number"),
        (
            {"chapters": [{"startTime": 0, "title": "x", "url": "javascript:alert(1)"}]},
            "chapter 1: 'url' is no address",
        ),
        (b" " * 6_000_000, "The file must be smaller than 5 MB"),
    ],
)
def test_wrong_json_is_named_with_place_and_reason(document, remark):
    _, remarks = read(document)

    assert len(remarks) == 1
    assert remark in remarks[0]


def test_good_entries_survive_beside_a_wrong_one():
    chapters, remarks = read(
        {"chapters": [{"startTime": 0, "title": "A"}, {"title": "B"}, {"startTime": 5, "title": "C"}]}
    )

    assert [chapter.title for chapter in chapters] == ["A", "C"]
    assert len(remarks) == 1


def test_entry_without_a_title_has_its_number():
    chapters, _ = read({"chapters": [{"startTime": 0}, {"startTime": 5, "title": "\x00 \n"}]})

    assert [chapter.title for chapter in chapters] == ["1", "2"]


def test_more_chapters_than_anyone_reads_are_left_out():
    chapters, remarks = read({"chapters": [{"startTime": n, "title": "x"} for n in range(MOST_CHAPTERS + 1)]})

    assert len(chapters) == MOST_CHAPTERS
    assert "the rest is left out" in remarks[0]


def test_times_in_the_notes_are_chapters():
    notes = """Hello.

- 00:00 Welcome
- 1:05 – **Maps**
* (12:34) [A *good* book](https://example.org/book)

1:02:03 | The end
75:00 No chapter: it goes back in time? No, it is 75 minutes

See you at 10:30.
"""

    chapters = find_in_notes(notes)

    assert chapters[:4] == (
        Chapter(0, "Welcome"),
        Chapter(65_000, "Maps"),
        Chapter(754_000, "A good book", "https://example.org/book"),
        Chapter(3_723_000, "The end"),
    )
    assert chapters[4].start_ms == 75 * 60_000


@pytest.mark.parametrize(
    "notes",
    [
        "",
        "At 12:34 we speak of maps.\n\nAt 13:00 of money.",
        "- 12:34 Alone",
        "- 10:00 Later\n- 05:00 Earlier",
        "- 12:99 No time\n- 13:99 No time",
        "12:34Glued\n13:00Glued",
        "- 00:00\n- 01:00",
    ],
)
def test_times_that_make_no_list_are_no_chapters(notes):
    assert find_in_notes(notes) == ()


def test_longest_list_of_times_wins():
    notes = "- 01:00 a\n- 02:00 b\n\nAnd now the real one\n\n- 00:00 c\n- 01:00 d\n- 02:00 e\n"

    assert [chapter.title for chapter in find_in_notes(notes)] == ["c", "d", "e"]


def test_arranged_chapters_ascend_and_end_before_the_audio():
    arranged = arrange(
        [Chapter(90_000, "late"), Chapter(0, "a"), Chapter(0, "again"), Chapter(30_000, "b")],
        seconds=60,
        opening="Start",
    )

    assert [chapter.title for chapter in arranged] == ["a", "b"]


def test_first_chapter_that_starts_late_gets_an_opening_before_it():
    arranged = arrange([Chapter(20_000, "a")], seconds=60, opening="Introduction")

    assert arranged == (Chapter(0, "Introduction"), Chapter(20_000, "a"))


def test_first_chapter_that_nearly_starts_at_zero_starts_there():
    arranged = arrange([Chapter(900, "a", "https://example.org"), Chapter(20_000, "b")], seconds=60, opening="x")

    assert arranged == (Chapter(0, "a", "https://example.org"), Chapter(20_000, "b"))


def test_single_chapter_is_not_offered():
    assert arrange([Chapter(0, "a")], seconds=60, opening="x") == ()


_CHAPTERS = st.lists(
    st.builds(
        Chapter,
        st.integers(0, 200_000),
        st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), min_size=1, max_size=20),
        st.sampled_from([None, "https://example.org/"]),
        st.none(),
        st.booleans(),
    ),
    max_size=12,
)


@given(_CHAPTERS, st.integers(1, 250))
def test_rule_c1_holds_for_any_chapters(chapters, seconds):
    arranged = arrange(chapters, seconds=seconds, opening="Start")

    assert len(arranged) != 1
    assert all(first.start_ms < second.start_ms for first, second in pairwise(arranged))
    assert all(chapter.start_ms < seconds * 1000 for chapter in arranged)
    assert not arranged or arranged[0].start_ms == 0


@given(_CHAPTERS)
def test_built_json_reads_back_the_same_starts(chapters):
    arranged = arrange(chapters, seconds=200, opening="Start")

    document = json.loads(build_json(arranged))

    assert document["version"] == "1.2.0"
    assert [round(entry["startTime"] * 1000) for entry in document["chapters"]] == [c.start_ms for c in arranged]
    assert [chapter.start_ms for chapter in read(document)[0]] == [chapter.start_ms for chapter in arranged]
    assert [entry.get("toc", True) for entry in document["chapters"]] == [chapter.toc for chapter in arranged]


@given(st.text(max_size=300))
def test_any_notes_give_ascending_chapters(notes):
    chapters = find_in_notes(notes)

    assert all(first.start_ms < second.start_ms for first, second in pairwise(chapters))


def test_a_link_in_a_line_may_hold_brackets():
    chapters = find_in_notes('0:00 Start\n1:00 [Maps](https://example.org/wiki/Map_(lie) "on maps") and lies\n')

    assert chapters[1] == Chapter(60_000, "Maps and lies", "https://example.org/wiki/Map_(lie)")


@pytest.mark.parametrize("unit", ["[", "[a](", '[a](b "', "a ", " ", "*a", "**", "- ", "`a", "("])
def test_tx7_hostile_lines_of_times_are_read_in_time(unit):
    notes = "\n".join(f"1:{number % 60:02d} {(unit * 490)[:490]}b" for number in range(200))

    started = time.process_time()
    find_in_notes(notes)

    assert time.process_time() - started < 5
