"""Chapters and transcript in the studio's plain forms: saved, refused by line, and changed by two at once."""

import json

import pytest
from lxml import html

from tests.catalogue.recordings import make_mp3
from tests.web.conftest import read_token
from tests.web.studio.conftest import RECORDING, read_field

pytestmark = pytest.mark.usefixtures("show")
FOLDER = "2026-06-02-why-maps-lie"


@pytest.fixture
def path(publish):
    """The page of an episode of a minute and a half."""
    return publish(audio=make_mp3(90)).location.partition("?")[0]


@pytest.fixture
def save(studio, path):
    """Sends one of the two forms as its page has it, with another text."""

    def send(which, text, **more):
        page = studio.get(f"{path}/{which}")
        fields = {"csrf_token": read_token(page), "seen": read_field(page, "seen"), "text": text, **more}
        return studio.post(f"{path}/{which}", data=fields)

    return send


def list_problems(reply):
    found = html.fromstring(reply.data).xpath("//section[h2/@id='bad-lines']//li/span")
    return [" ".join(each.text_content().split()) for each in found]


def test_chapters_are_typed_saved_and_shown_again(save, studio, path, root, client):
    text = "00:00 Hello\n00:30 [The ledger](https://example.org/ledger)\n01:00 Goodbye"

    reply = save("chapters", text)

    assert reply.status_code == 303
    assert [each["title"] for each in json.loads((root / FOLDER / "chapters.json").read_text())["chapters"]] == [
        "Hello",
        "The ledger",
        "Goodbye",
    ]
    assert read_field(studio.get(f"{path}/chapters"), "text") == text
    assert "The ledger" in client.get("/episodes/why-maps-lie/").text


def test_chapters_of_the_tags_are_the_beginning(studio, publish):
    path = publish(audio=RECORDING).location.partition("?")[0]

    page = studio.get(f"{path}/chapters")

    assert read_field(page, "text") == "00:00 One\n00:01 Two"
    assert "From the audio&#39;s tags or the notes." in page.text


def test_bad_chapters_are_named_and_nothing_is_written(save, root):
    reply = save("chapters", "00:00 Hello\nnoon Lunch\n02:00 Too late")

    assert reply.status_code == 422
    assert list_problems(reply) == [
        "Line 2: 'noon Lunch' does not begin with a time such as 12:34 or 1:02:03.",
        "Line 3: 02:00 lies after the end of the audio, 01:30.",
    ]
    assert read_field(reply, "text") == "00:00 Hello\nnoon Lunch\n02:00 Too late"
    assert not (root / FOLDER / "chapters.json").exists()


def test_no_chapters_take_the_file_out(save, root):
    save("chapters", "00:00 Hello\n00:30 Goodbye")

    assert save("chapters", " \n").status_code == 303
    assert not (root / FOLDER / "chapters.json").exists()


def test_a_broken_chapters_file_says_so(studio, path, root):
    (root / FOLDER / "chapters.json").write_text("{")

    assert "chapters.json cannot be read" in studio.get(f"{path}/chapters").text


def test_a_transcript_is_typed_saved_and_shown_again(save, studio, path, root, client):
    text = "00:00 Ada: Hello there\n00:05 Ben: Hello\n00:10 Ada: So"

    reply = save("transcript", text)

    assert reply.status_code == 303
    assert (root / FOLDER / "transcript.vtt").read_text().startswith("WEBVTT\n\n00:00:00.000 --> 00:00:02.000\n<v Ada>")
    assert read_field(studio.get(f"{path}/transcript"), "text") == text
    assert "Hello there" in client.get("/episodes/why-maps-lie/").text


def test_pasted_srt_takes_the_place_of_vtt(save, root):
    save("transcript", "00:00 Ada: Hello")

    save("transcript", "1\r\n00:00:01,000 --> 00:00:02,000\r\nBye\r\n")

    assert sorted(each.name for each in (root / FOLDER).iterdir()) == ["audio.mp3", "notes.md", "transcript.srt"]


def test_a_transcript_with_broken_times_is_shown_whole_and_its_bad_line_is_named(save, studio, path, root):
    broken = "WEBVTT\n\n00:01.000 --> 00:02.000\nHello\n\n00:99.000 --> 01:00.000\nNot lost"
    (root / FOLDER / "transcript.vtt").write_text(broken)

    shown = read_field(studio.get(f"{path}/transcript"), "text")
    reply = save("transcript", shown)

    assert shown == broken
    assert reply.status_code == 422
    assert list_problems(reply)[0].startswith("Line 6: '00:99.000 --> 01:00.000' are no times")
    assert (root / FOLDER / "transcript.vtt").read_text() == broken


@pytest.mark.parametrize(
    ("which", "texts"),
    [("chapters", ("00:00 A\n00:10 B", "00:00 C\n00:20 D")), ("transcript", ("00:00 One", "00:01 Two"))],
)
def test_two_who_type_at_once_lose_nothing(save, studio, path, which, texts):
    page = studio.get(f"{path}/{which}")
    save(which, texts[0])

    reply = studio.post(
        f"{path}/{which}", data={"csrf_token": read_token(page), "seen": read_field(page, "seen"), "text": texts[1]}
    )
    again = studio.post(
        f"{path}/{which}",
        data={"csrf_token": read_token(reply), "seen": read_field(reply, "seen"), "text": read_field(reply, "text")},
    )

    assert reply.status_code == 409
    assert read_field(reply, "text") == texts[1]
    assert html.fromstring(reply.data).xpath("//section[h2/@id='now']/pre/text()") == [texts[0]]
    assert again.status_code == 303
    assert read_field(studio.get(f"{path}/{which}"), "text") == texts[1]


def test_a_transcript_of_many_hours_is_taken(save):
    assert save("transcript", "00:00 Ada: " + "word " * 300_000).status_code == 303
