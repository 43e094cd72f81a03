"""What a stranger's feed may be like: read without reaching out, and never more than one message for what is none."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from podcastsvc.errors import Invalid
from podcastsvc.importing.rss import read_page
from podcastsvc.importing.shownotes import write_markdown
from tests.importing.elsewhere import CHANNEL, HEAD


def read(*items, channel=CHANNEL):
    text = "".join((HEAD, channel.replace("{base}", "https://old.example"), *items, "</channel></rss>"))
    return read_page(text.encode())


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        (b"", "broken in line 1"),
        (b"<html><body>Not found</body></html>", "no podcast feed"),
        (b"<rss version='2.0'/>", "no podcast feed"),
        (b"<rss>\n<channel>\n<title>A & B</title></channel></rss>", "broken in line 3"),
        (b"\xff\xfe\x00", "broken"),
        (b"<?xml version='1.0'?><feed xmlns='http://www.w3.org/2005/Atom'/>", "no podcast feed"),
    ],
)
def test_what_is_no_feed_is_refused_with_its_line(raw, message):
    with pytest.raises(Invalid, match=message):
        read_page(raw)


def test_entities_reach_nothing(tmp_path):
    (tmp_path / "secret").write_text("the secret")
    raw = f'<!DOCTYPE rss [<!ENTITY x SYSTEM "file://{tmp_path}/secret">]><rss><channel><title>a&x;</title></channel></rss>'

    assert "secret" not in read_page(raw.encode()).channel.title


def test_entities_do_not_unfold():
    lines = "".join(f'<!ENTITY a{n + 1} "{f"&a{n};" * 10}">' for n in range(12))
    raw = f'<!DOCTYPE rss [<!ENTITY a0 "ha">{lines}]><rss><channel><title>&a12;</title></channel></rss>'

    with contextlib.suppress(Invalid):
        assert len(read_page(raw.encode()).channel.title) < 100


def test_an_item_without_a_guid_has_that_of_its_audio_as_apps_have_it():
    (entry,) = read("<item><title>A</title><enclosure url=' https://old.example/a b.mp3 '/></item>").entries

    assert entry.guid == entry.audio == "https://old.example/a%20b.mp3"


@pytest.mark.parametrize("written", ["-1", "0", "1.5", "seven", "", "9999999"])
def test_numbers_that_are_none_are_left_out(written):
    (entry,) = read(f"<item><itunes:season>{written}</itunes:season></item>").entries

    assert entry.season is None


@given(st.text(max_size=300))
def test_notes_of_any_kind_become_markdown(notes):
    assert isinstance(write_markdown(notes), str)


@pytest.mark.parametrize(
    ("notes", "markdown"),
    [
        ("One\nTwo &amp; three\n\n\n\nFour", "One  \nTwo & three\n\nFour"),
        ("<p>One<br>Two</p><h2>Links</h2>", "One  \nTwo\n\n## Links"),
        ("<a href='javascript:alert(1)'>x</a> <b onclick='x'>bold</b>", "x **bold**"),
        ("<p>*not* emphasis</p>", r"\*not\* emphasis"),
        ("2 < 3 and 5 > 4", "2 < 3 and 5 > 4"),
        ("<div>" * 3000 + "deep", "deep"),
    ],
)
def test_notes_keep_their_shape_and_lose_what_runs(notes, markdown):
    assert write_markdown(notes) == markdown
