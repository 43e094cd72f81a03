"""Chapters and cues as lines that people type: there and back, each bad line named, nothing lost."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from podcastsvc.catalogue import chapters
from podcastsvc.catalogue.chapters import Chapter
from podcastsvc.catalogue.texts import chapterlines, cuelines, transcripts
from podcastsvc.catalogue.texts.transcripts import Cue

words = st.from_regex(r"[A-Za-zñé](?: ?[a-zñé]){1,20}", fullmatch=True)
addresses = st.sampled_from([None, "https://example.org/a", "http://example.org/b?c=d"])


def list_problems(problems):
    return [(each.line, str(each.said)) for each in problems]


def read_chapters(text, seconds=3600):
    problems = []
    found = chapterlines.read_chapters(text, seconds=seconds, problems=problems)
    return found, list_problems(problems)


@given(
    st.lists(
        st.builds(Chapter, st.integers(0, 9_000_000), words, addresses, addresses, toc=st.booleans()),
        min_size=2,
        max_size=20,
        unique_by=lambda each: each.start_ms,
    )
)
def test_chapters_come_back_as_they_went(found):
    found = sorted(found, key=lambda each: each.start_ms)

    text = chapterlines.write_chapters(found)
    back, problems = read_chapters(text, seconds=10_000)

    assert (list(back), problems) == (found, [])
    written = chapters.read_json(chapterlines.edit_json(b"", back), remarks := [])
    assert (list(written), remarks) == (found, [])


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ("00:00 One\nTwo", 2, "'Two' does not begin with a time such as 12:34"),
        ("00:00 One\n12:75 Two", 2, "'12:75 Two' does not begin with a time"),
        ("00:00 One\n1:75:00 Two", 2, "does not begin with a time"),
        ("00:00 One\n00:00 Two", 2, "00:00 does not come after 00:00 in the line above."),
        ("00:00 One\n\n05:00 Two\n04:00 Three", 4, "04:00 does not come after 05:00"),
        ("00:00 One\n61:00 Two", 2, "1:01:00 lies after the end of the audio, 1:00:00."),
        ("00:00 One\n01:00", 2, "A title is missing"),
        ("00:00 One\n01:00 [Two](javascript:alert)", 2, "An address begins with http"),
        ("00:00 One\n01:00 Two ![](data:x)", 2, "An address begins with http"),
        ("00:00 " + "x" * 129 + "\n01:00 Two", 1, "129 characters; at most 128"),
        ("00:00 One", 1, "One chapter alone is none."),
    ],
)
def test_a_bad_chapter_is_named_by_its_line(text, line, said):
    _, problems = read_chapters(text)

    assert len(problems) == 1
    assert problems[0][0] == line
    assert said in problems[0][1]


def test_all_bad_lines_are_named_at_once():
    _, problems = read_chapters("one\ntwo\n00:00 Three\n00:10")

    assert [line for line, _ in problems] == [1, 2, 4]


def test_what_else_the_json_file_says_stays():
    raw = json.dumps(
        {
            "version": "1.2.0",
            "author": "Ada",
            "chapters": [
                {"startTime": 0, "title": "Old", "endTime": 9, "location": {"name": "Madrid"}},
                {"startTime": 60},
            ],
        }
    ).encode()

    written = json.loads(chapterlines.edit_json(raw, [Chapter(0, "New"), Chapter(30_000, "Two")]))

    assert written["author"] == "Ada"
    assert written["chapters"] == [
        {"startTime": 0, "title": "New", "location": {"name": "Madrid"}},
        {"startTime": 30, "title": "Two"},
    ]


@pytest.mark.parametrize("raw", [b"", b"{", b"[]", b'{"chapters": 7}', b"\xff\xfe"])
def test_a_json_file_that_cannot_be_read_is_written_anew(raw):
    assert len(json.loads(chapterlines.edit_json(raw, [Chapter(0, "A"), Chapter(1, "B")]))["chapters"]) == 2


# ---- transcripts


def read_cues(text, before=b"", seconds=3600, people=()):
    problems = []
    written = cuelines.read(text, seconds=seconds, before=before, people=people, problems=problems)
    cues = transcripts.read_transcript(written.content, [], file="t", people=people) if written else ()
    return cues, list_problems(problems), written


@given(
    st.lists(
        st.tuples(st.integers(0, 3_000_000), st.integers(500, 9_000), words, st.sampled_from(["Ada Byron", "Ben"])),
        min_size=1,
        max_size=15,
        unique_by=lambda each: each[0],
    )
)
def test_a_transcript_comes_back_as_it_went(entries):
    cues = tuple(Cue(start, start + length, text, name) for start, length, text, name in sorted(entries))
    raw = transcripts.build_vtt(cues).encode()

    shown = cuelines.show(raw)
    back, problems, written = read_cues(shown, before=raw)

    assert "-->" not in shown
    assert (back, problems) == (cues, [])
    assert written.extension == ".vtt"


def test_lines_become_cues_that_end_where_the_next_begins():
    cues, problems, _ = read_cues("00:00 Ada: Hello there\n00:01.500 Ben: Hi\nand welcome\n\n01:00 So")

    assert problems == []
    assert cues == (
        Cue(0, 1500, "Hello there", "Ada"),
        Cue(1500, 3500, "Hi and welcome", "Ben"),
        Cue(60_000, 62_000, "So"),
    )


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ("Hello", 1, "'Hello' does not begin with a time"),
        ("00:01 One\n00:75 Two", 2, "'00:75 Two' does not begin with a time"),
        ("00:01 One\n1;20 Two", 2, "does not begin with a time"),
        ("00:05 One\n00:04 Two", 2, "00:04 does not come after 00:05"),
        ("00:05 One\n99:00 Two", 2, "lies after the end of the audio"),
        ("WEBVTT\n\n00:01.000 --> 00:02.000\nHello\n\n00:99.000 --> 01:00.000\nLost", 6, "are no times such as"),
        ("1\n00:00:01,000 --> 00:00:02,000\nHello\n\n2\nnoon --> later\nLost", 6, "are no times such as"),
    ],
)
def test_broken_times_are_named_by_their_line_and_nothing_is_written(text, line, said):
    _, problems, written = read_cues(text)

    assert [each[0] for each in problems] == [line]
    assert said in problems[0][1]
    assert written is None


def test_what_is_pasted_stays_as_it_is():
    vtt = "WEBVTT\n\nNOTE by Ada\n\n00:01.000 --> 00:02.000 align:start\n<v Ada>Hello\n"
    srt = "1\n00:00:01,000 --> 00:00:02,000\nHello\n"

    for text, extension in ((vtt, ".vtt"), (srt, ".srt")):
        _, problems, written = read_cues(text)

        assert (problems, written.extension, written.content.decode()) == ([], extension, text)
        if extension == ".vtt":
            assert cuelines.show(written.content) == text


@pytest.mark.parametrize(
    "raw",
    [
        b"WEBVTT\n\n00:01.000 --> 00:02.000\nHello\n\n00:99.000 --> 01:00.000\nNot lost\n",
        b"WEBVTT\n\nSTYLE\n::cue { color: red }\n\n00:01.000 --> 00:02.000\nHello\n",
        b"no cues at all",
        b"\xff\xfe broken",
    ],
)
def test_a_file_that_lines_would_not_say_whole_is_shown_as_it_is(raw):
    assert cuelines.show(raw) == raw.decode(errors="replace")


@given(st.text(max_size=400))
def test_any_text_is_taken_or_named(text):
    _, problems, written = read_cues(text)

    assert bool(problems) != bool(written) or not text.strip()
    cuelines.show(text.encode(errors="replace"))
    read_chapters(text)
