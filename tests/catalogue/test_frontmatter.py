"""The head of a file is changed key by key; every other byte stays."""

import time
from contextlib import suppress

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from podcastsvc.catalogue.texts import frontmatter
from podcastsvc.catalogue.texts.yamlfile import read_mapping
from podcastsvc.errors import Invalid

GUID = "7c9e6679-7425-40de-944b-e07fc1f90ae7"


def edit(raw: bytes, changes, **options) -> bytes:
    return frontmatter.edit(raw, changes, file="notes.md", **options)


def write_guid(raw: bytes) -> bytes:
    return frontmatter.write_guid(raw, GUID, file="notes.md")


def read_head(raw: bytes) -> dict:
    return read_mapping(frontmatter.split(raw, "notes.md").head, "notes.md")[0]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (b"---\ntitle: Maps\n---\nNotes\n", b"---\ntitle: Maps\nguid: %s\n---\nNotes\n"),
        (b"---\r\ntitle: Maps\r\n---\r\nNotes", b"---\r\ntitle: Maps\r\nguid: %s\r\n---\r\nNotes"),
        (b"\xef\xbb\xbf---\ntitle: Maps\n---\n", b"\xef\xbb\xbf---\ntitle: Maps\nguid: %s\n---\n"),
        (
            b"---\n# who\ntitle: Maps # what\n\n# end\n---\n",
            b"---\n# who\ntitle: Maps # what\n\n# end\nguid: %s\n---\n",
        ),
        (b"---\n---\nNotes", b"---\nguid: %s\n---\nNotes"),
        (b"---\n# nothing yet\n---\n", b"---\n# nothing yet\nguid: %s\n---\n"),
        (b"---\ntitle: Maps\n...\nNotes", b"---\ntitle: Maps\nguid: %s\n...\nNotes"),
        (b"---\ntitle: Maps\n---", b"---\ntitle: Maps\nguid: %s\n---"),
        (b"---\n  title: Maps\n  tags: [a]\n---\n", b"---\n  title: Maps\n  tags: [a]\n  guid: %s\n---\n"),
        (b"---\nsummary: |+\n  two\n  lines\n\n---\n", b"---\nsummary: |+\n  two\n  lines\n\nguid: %s\n---\n"),
        (b"---\nguid:\ntitle: Maps\n---\n", b"---\nguid: %s\ntitle: Maps\n---\n"),
        (b"---\nguid: # later\ntitle: Maps\n---\n", b"---\nguid: %s # later\ntitle: Maps\n---\n"),
        (b"---\n{title: Maps}\n---\n", b"---\n{guid: %s, title: Maps}\n---\n"),
        (b"---\n{}\n---\n", b"---\n{guid: %s}\n---\n"),
        (b"", b"---\nguid: %s\n---\n"),
        (b"Just notes.\n", b"---\nguid: %s\n---\nJust notes.\n"),
        (b"\xef\xbb\xbfJust notes.\r\n", b"\xef\xbb\xbf---\r\nguid: %s\r\n---\r\nJust notes.\r\n"),
        (b"---\n\nA line above, no head.\n", b"---\nguid: %s\n---\n---\n\nA line above, no head.\n"),
    ],
)
def test_guid_is_added_and_every_other_byte_kept(before, after):
    assert write_guid(before) == after.replace(b"%s", GUID.encode())


def test_changed_key_keeps_its_place_its_comment_and_its_neighbours():
    raw = b"""---
# about the episode
title: Old title   # as spoken
date: 2026-10-01 06:00
people:
  - name: Ada    # the host
    role: host
  # nobody else

# about access
access: public
strange key: kept
---
Body stays.
"""

    edited = edit(
        raw, {"title": "New: title", "people": [{"name": "Ben", "role": "guest", "url": None}], "access": ["friends"]}
    )

    assert (
        edited
        == b"""---
# about the episode
title: "New: title"   # as spoken
date: 2026-10-01 06:00
people: [{name: Ben, role: guest}]
  # nobody else

# about access
access: [friends]
strange key: kept
---
Body stays.
"""
    )


def test_key_is_taken_out_with_all_its_lines():
    raw = b"---\ntitle: Maps\nsummary: >\n  long\n  text\n\n# next\ndate: 2026-10-01\n---\n"

    assert edit(raw, {"summary": None, "missing": None}) == b"---\ntitle: Maps\n\n# next\ndate: 2026-10-01\n---\n"


def test_body_is_replaced_with_the_files_own_line_ends():
    raw = b"---\r\ntitle: Maps\r\n---\r\nOld\r\n"

    assert edit(raw, {}, body="New\n\nnotes\n") == b"---\r\ntitle: Maps\r\n---\r\nNew\r\n\r\nnotes\r\n"


def test_new_file_is_written_whole():
    raw = edit(b"", {"title": "Maps", "episode": 12, "explicit": False, "tags": ["a b", "no", "1"]}, body="Notes\n")

    assert raw == b'---\ntitle: Maps\nepisode: 12\nexplicit: false\ntags: [a b, "no", "1"]\n---\nNotes\n'


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        (b"---\ntitle: Maps\n", r"notes.md:1: the front matter has no end"),
        (b"---\ntitle: [\n---\n", r"notes.md:\d: this is not valid YAML"),
        (b"---\n- a\n---\n", r"notes.md:2: write one 'key: value' a line"),
        (b"---\ntitle: a\ntitle: b\n---\n", r"notes.md:3: 'title' stands here twice"),
        (b"---\ntitle: \xff\n---\n", r"notes.md:2: this is not UTF-8"),
        (b"---\na: &x [1]\nb: *x\n---\n", r"notes.md:3: .*aliases"),
        (b"---\ntitle: bell \x07\n---\n", r"notes.md:2: this is not valid YAML"),
        (b"---\n{title: a}\n---\n", r"written in braces"),
    ],
)
def test_head_that_cannot_be_changed_safely_is_left_alone(raw, words):
    with pytest.raises(Invalid, match=words):
        edit(raw, {"title": "New"})


_TEXT = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), max_size=40)
_VALUES = st.recursive(
    _TEXT | st.integers(0, 10**6) | st.booleans(),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["name", "role", "url"]), inner, max_size=3)
    ),
    max_leaves=5,
)


@given(st.dictionaries(st.sampled_from(["title", "summary", "tags", "people", "date"]), _VALUES, max_size=4), _TEXT)
def test_any_values_are_read_back_as_written(changes, body):
    raw = edit(b"---\n# first\nepisode: 3\n---\n", changes, body=body)

    head = read_head(raw)

    assert head.pop("episode") == "3"
    assert raw.startswith(b"---\n# first\nepisode: 3\n")
    assert set(head) == set(changes)
    assert frontmatter.split(raw, "notes.md").body.decode() == body


_LINES = st.lists(
    st.sampled_from(
        [
            "title: Maps",
            "title: 'Ma''ps' # why",
            "date: 2026-10-01",
            "# a comment",
            "",
            "summary: |\n  two\n\n  lines",
            "summary: >-\n    folded\n    text",
            "tags:\n- a\n- b",
            "tags: [a,\n  b]",
            "people:\n  - name: Ada\n    role: host",
            "x y: 'odd key'",
            "season: 3",
        ]
    ),
    max_size=7,
)


@given(_LINES, st.sampled_from(["\n", "\r\n"]), st.sampled_from(["", "\ufeff"]), _TEXT)
def test_added_guid_is_the_only_difference(lines, newline, mark, body):
    keys = [line.split(":")[0] for line in lines if ":" in line]
    assume(len(keys) == len(set(keys)))
    text = mark + "\n".join(["---", *lines, "---", ""]).replace("\n", newline) + body

    edited = write_guid(text.encode()).decode()

    assert edited.count(GUID) == 1
    assert edited.replace(f"guid: {GUID}{newline}", "") == text
    assert read_head(edited.encode())["guid"] == GUID


@given(_LINES, st.sampled_from(["title", "summary", "tags", "people", "season"]), st.sampled_from(["\n", "\r\n"]))
def test_other_keys_and_comments_survive_any_change(lines, key, newline):
    keys = [line.split(":")[0] for line in lines if ":" in line]
    assume(len(keys) == len(set(keys)))
    text = "\n".join(["---", *lines, "---", "Body\n"]).replace("\n", newline)

    edited = edit(text.encode(), {key: "changed"}).decode()

    before, after = read_head(text.encode()), read_head(edited.encode())
    assert after.pop(key) == "changed"
    before.pop(key, None)
    assert after == before
    assert edited.count("# a comment") == text.count("# a comment")
    assert edited.endswith(f"---{newline}Body{newline}")


@given(st.binary(max_size=200))
def test_parts_of_any_bytes_join_to_them_again(raw):
    try:
        parts = frontmatter.split(b"---\n" + raw, "notes.md")
    except Invalid:
        return

    assert parts.join() == b"---\n" + raw


@pytest.mark.parametrize("start", ["a", '"a', "# a\n", "a\n", "a: ", ""])
@pytest.mark.parametrize("unit", [" ", "\t", "a ", "# ", "\n", " \n", "#\n", "\r", '"', "-- ", "---\r"])
def test_tx7_a_hostile_head_without_an_end_is_told_in_time(start, unit):
    raw = f"---\n{start}{unit * 200_000}".encode()

    started = time.process_time()
    with suppress(Invalid):
        frontmatter.split(raw, "notes.md")

    assert time.process_time() - started < 5


def test_a_key_behind_many_lines_of_comment_shows_that_the_end_is_missing():
    raw = b"---\n" + b"# about the episode\n\n" * 100 + b"title: Maps\n\nNotes"

    with pytest.raises(Invalid, match=r"notes\.md:1: the front matter has no end"):
        frontmatter.split(raw, "notes.md")


@pytest.mark.parametrize("head", ["[a]: b\n", "{a: b}: c\n", "? [a, b]\n: c\n"])
def test_a_key_that_is_no_word_is_named_with_its_line(head):
    with pytest.raises(Invalid, match=r"notes\.md:3: a key is a word"):
        read_mapping(f"title: Maps\n{head}".encode(), "notes.md", first_line=2)


def test_a_head_that_is_too_large_to_read_is_not_changed_either():
    with pytest.raises(Invalid, match=r"notes\.md: the YAML part is larger than 64 KiB"):
        edit(b"---\nx: " + b"a" * 70_000 + b"\n---\n", {"expires": "2026-06-02"})
