"""Transcripts are read from what editors write, and written as apps read them."""

import html
import re
import time

import pytest
import srt
import webvtt
from hypothesis import given
from hypothesis import strategies as st

from podcastsvc.catalogue.texts.transcripts import Cue, build_srt, build_vtt, cut, read_transcript


def read(text: str | bytes, *, people=()) -> tuple[tuple[Cue, ...], list[str]]:
    remarks = []
    raw = text if isinstance(text, bytes) else text.encode()
    cues = read_transcript(raw, remarks, file="transcript.vtt", people=people)
    return cues, [str(remark) for remark in remarks]


def test_vtt_is_read_with_speakers():
    cues, remarks = read(
        """\ufeffWEBVTT - made by hand
Language: en

STYLE
::cue { color: red }

NOTE 00:00 --> this is no cue

intro
00:00.000 --> 00:03.500 align:start
<v Ada>Hello, and <i>welcome</i>
to the show.</v>

00:00:03.500 --> 00:00:06.000
<v.loud Ben>Tom &amp; Jerry &lt;3
"""
    )

    assert cues == (
        Cue(0, 3500, "Hello, and welcome to the show.", "Ada"),
        Cue(3500, 6000, "Tom & Jerry <3", "Ben"),
    )
    assert remarks == []


def test_srt_is_read_with_speakers():
    cues, remarks = read(
        "1\r\n00:00:01,000 --> 00:00:02,500\r\nAda Host: {\\an8}Hello.\r\n\r\n"
        "2\r\n00:00:02,500 --> 00:00:04,000\r\nAnd welcome.\r\n\r\n"
        "3\r\n00:00:04,000 --> 00:00:05,000\r\nBen: Note: a note.\r\n\r\n"
        "4\r\n00:00:05,000 --> 00:00:06,000\r\nAda Host: Yes.\r\n",
        people=["Ben"],
    )

    assert [(cue.speaker, cue.text) for cue in cues] == [
        ("Ada Host", "Hello."),
        ("Ada Host", "And welcome."),
        ("Ben", "Note: a note."),
        ("Ada Host", "Yes."),
    ]
    assert remarks == []


def test_word_with_a_colon_is_no_speaker():
    cues, _ = read("1\n00:00:01,000 --> 00:00:02,500\nRemember: maps lie.\n")

    assert cues == (Cue(1000, 2500, "Remember: maps lie."),)


def test_two_voices_in_one_cue_share_its_time():
    cues, _ = read("WEBVTT\n\n00:00.000 --> 00:10.000\n<v Ada>Yes?</v> <v Ben>No no no no no no.</v>\n")

    assert [(cue.speaker, cue.text) for cue in cues] == [("Ada", "Yes?"), ("Ben", "No no no no no no.")]
    assert (cues[0].start_ms, cues[1].end_ms) == (0, 10_000)
    assert cues[0].end_ms == cues[1].start_ms < 5000


def test_missing_blank_lines_and_numbers_are_forgiven():
    cues, remarks = read("00:01 --> 00:02\none\n2\n00:02.5 --> 00:03\ntwo\n")

    assert cues == (Cue(1000, 2000, "one"), Cue(2500, 3000, "two"))
    assert remarks == []


@pytest.mark.parametrize(
    ("text", "remark"),
    [
        (
            "WEBVTT\n\n00:00:61.000 --> 00:01:02.000\nx\n",
            "transcript.vtt:3: '00:00:61.000 --> 00:01:02.000' are no times",
        ),
        ("1\n0:0 -> now\nx\n", "transcript.vtt:2: '0:0 -> now' are no times"),
        ("WEBVTT\n\n00:05.000 --> 00:04.000\nx\n", "transcript.vtt:3: this cue ends before it starts"),
        ("WEBVTT\n", "transcript.vtt: has no cue"),
        ("", "transcript.vtt: has no cue"),
        (b"WEBVTT\n\n00:01.000 --> 00:02.000\nma\xf1ana\n", "transcript.vtt:4: this is not UTF-8 text"),
        (b" " * 6_000_000, "The file must be smaller than 5 MB"),
    ],
)
def test_what_cannot_be_read_is_named_with_its_line(text, remark):
    _, remarks = read(text)

    assert len(remarks) == 1
    assert remark in remarks[0]


def test_good_cues_survive_beside_broken_ones():
    cues, remarks = read("1\n00:00:99,000 --> 00:00:02,000\nx\n\n2\n00:00:02,000 --> 00:00:03,000\ny\n")

    assert cues == (Cue(2000, 3000, "y"),)
    assert len(remarks) == 1


def test_thousand_broken_cues_fill_no_report():
    _, remarks = read("\n\n".join("99:99:99 --> 1\nx" for _ in range(1000)))

    assert len(remarks) == 21
    assert remarks[-1] == "transcript.vtt: has more lines like these: 980."


def test_cues_out_of_order_are_sorted():
    cues, _ = read("WEBVTT\n\n00:05.000 --> 00:06.000\nlater\n\n00:01.000 --> 00:02.000\nfirst\n")

    assert [cue.text for cue in cues] == ["first", "later"]


@pytest.mark.parametrize(
    "text",
    [
        "00:00:01,000 --> 00:00:02,000\n" * 90_000,
        "-->" * 1_700_000,
        "<v " * 1_700_000,
        "00:01 --> 00:02\n" + "<v a>" * 1_000_000,
        "00:01 --> 00:02\n" + "{\\" * 2_500_000,
        "00:01 --> 00:02\n" + "&" * 5_000_000,
        "1\n" * 2_500_000,
        ("00:01 --> 00:02\n" + "<v " * 6_600 + "\n\n") * 25,
        ("00:01 --> 00:02\n" + "<v." * 6_600 + "\n\n") * 25,
        ("00:01 --> 00:02\n<v" + " " * 19_900 + "a\n\n") * 25,
        ("00:01 --> 00:02\n<v" + "\t" * 19_900 + "a\n\n") * 25,
        ("00:01 --> 00:02\n" + "</a " * 5_000 + "\n\n") * 25,
        ("00:01 --> 00:02 " + " " * 19_900 + "a\n\n") * 25,
        ("00:01 " + "-" * 19_900 + "> 00:02" + "\n\n") * 25,
    ],
)
def test_hostile_text_is_read_in_time(text):
    started = time.process_time()

    cues, _ = read(text[: 5 * 1024 * 1024])
    build_vtt(cues)
    build_srt(cues)

    assert time.process_time() - started < 10


def test_vtt_is_written_as_apps_read_it():
    cues = (
        Cue(0, 3_723_004, "A line that is a good deal longer than sixty-five characters, so it is broken.", "Ada <3"),
        Cue(3_723_004, 3_724_000, "a --> b & c"),
    )

    text = build_vtt(cues)

    assert text == (
        "WEBVTT\n\n"
        "00:00:00.000 --> 01:02:03.004\n"
        "<v Ada &lt;3>A line that is a good deal longer than sixty-five characters, so\nit is broken.\n\n"
        "01:02:03.004 --> 01:02:04.000\n"
        "a --&gt; b &amp; c\n"
    )


def test_srt_is_written_as_apps_read_it():
    cues = (
        Cue(0, 8000, "This is long enough for more than two lines of thirty-two characters.", "Ada"),
        Cue(8000, 9000, "Same speaker.", "Ada"),
        Cue(9000, 10_000, "Other.", "Ben"),
    )

    subtitles = list(srt.parse(build_srt(cues)))

    assert [subtitle.content for subtitle in subtitles] == [
        "Ada: This is long enough for\nmore than two lines of",
        "thirty-two characters.",
        "Same speaker.",
        "Ben: Other.",
    ]
    assert [subtitle.index for subtitle in subtitles] == [1, 2, 3, 4]
    assert subtitles[0].end == subtitles[1].start
    assert subtitles[1].end.total_seconds() == 8


_WORDS = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Cn", "Co"]), min_size=1, max_size=90)
_CUES = st.lists(
    st.tuples(st.integers(1, 100_000), _WORDS, st.sampled_from(["", "Ada", "Ben Ito", "Ñ. O'Neil"])), max_size=8
)


@given(_CUES)
def test_rule_c3_holds_for_any_words(spoken):
    cues, at_ms = [], 0
    for length_ms, words, speaker in spoken:
        cues.append(Cue(at_ms, at_ms + length_ms, " ".join(words.split()) or "x", speaker))
        at_ms += length_ms

    vtt_text, srt_text = build_vtt(cues), build_srt(cues)

    lines = [line for line in vtt_text.split("\n") if "-->" not in line]
    assert all(len(re.sub(r"&\w+;", "&", re.sub(r"^<v [^>]*>", "", line))) <= 65 for line in lines)
    blocks = [block.split("\n") for block in srt_text.strip("\n").split("\n\n")] if cues else []
    assert all(len(block) <= 4 and all(len(line) <= 32 for line in block[2:]) for block in blocks)


@given(_CUES)
def test_written_vtt_reads_back_the_same(spoken):
    cues, at_ms = [], 0
    for length_ms, words, speaker in spoken:
        cues.append(Cue(at_ms, at_ms + length_ms, "say " + (" ".join(words.split()) or "x"), speaker))
        at_ms += length_ms

    again, _ = read(build_vtt(cues))

    assert [(cue.start_ms, cue.end_ms, cue.speaker) for cue in again] == [
        (c.start_ms, c.end_ms, c.speaker) for c in cues
    ]


def test_other_readers_agree_with_what_we_write():
    cues = tuple(
        Cue(n * 1000, n * 1000 + 900, f"Line {n} of Tom & Jerry.", "Ada" if n % 2 else "Ben") for n in range(50)
    )

    captions = webvtt.from_string(build_vtt(cues))
    subtitles = list(srt.parse(build_srt(cues)))

    assert [(caption.voice, html.unescape(caption.text)) for caption in captions] == [
        (cue.speaker, cue.text) for cue in cues
    ]
    assert [caption.start for caption in captions][:2] == ["00:00:00.000", "00:00:01.000"]
    assert len(subtitles) == 50


@given(st.text(max_size=400))
def test_any_text_is_cues_or_remarks(text):
    cues, remarks = read(text)

    assert cues or remarks
    assert all(cue.start_ms < cue.end_ms and cue.text for cue in cues)


CUES = tuple(Cue(second * 1000, second * 1000 + 1500, f"At {second}.", "Ada") for second in (0, 8, 16, 3_700))


@pytest.mark.parametrize("build", [build_vtt, build_srt])
@pytest.mark.parametrize(("seconds", "count"), [(0, 0), (8, 1), (9, 2), (3_700, 3), (3_701, 4)])
def test_t_a11_a_transcript_is_cut_where_the_sound_ends(build, seconds, count):
    assert cut(build(CUES), seconds) == (build(CUES[:count]) if count else "")


@given(st.lists(st.tuples(st.integers(0, 5000), st.text(min_size=1, max_size=300)), max_size=8), st.integers(0, 5000))
def test_a_cut_transcript_is_one_that_was_never_longer(spoken, seconds):
    raw = "WEBVTT\n\n" + "\n\n".join(f"{at // 60}:{at % 60:02d}.000 --> 99:59.000\n{text}" for at, text in spoken)
    cues, _ = read(raw)
    heard = [cue for cue in cues if cue.start_ms < seconds * 1000]

    assert cut(build_vtt(cues), seconds) == (build_vtt(heard) if heard else "")
