"""kill -9 of the server while a file arrives and while an episode is published: wholly there or wholly absent."""

import contextlib
import http.client
import itertools
import threading
import time
from io import BytesIO

import feedparser
import pytest

from tests.catalogue.recordings import make_id3, make_mp3, make_text
from tests.flows.conftest import SHOW, enter_studio
from tests.flows.uploading import Sender
from tests.site import Site, wait_for

RECORDING = make_mp3(600, kbps=(128,), tags=make_id3(make_text("TIT2", "From the tags")))
NEW = "/studio/episodes/new"
_numbers = itertools.count(1)


@pytest.fixture(scope="module")
def stage(tmp_path_factory):
    """A served installation with an empty show; each test kills it once and starts it again."""
    site = Site(tmp_path_factory.mktemp("killing"), workers=2)
    (site.episodes / "show.yaml").write_text(SHOW)
    site.run("init", "--host-email", "ada@example.org")
    yield site.start()
    site.kill()


@pytest.fixture(scope="module")
def ada(stage):
    """Ada's browser, signed in; her session outlives every kill."""
    return enter_studio(stage)


def upload(site, visitor, name="talk.mp3"):
    """Uploads the recording whole; its id."""
    sender = Sender(site, visitor, name, len(RECORDING))
    assert sender.send(RECORDING).status == 204
    return sender.finish()["upload"]


def name_try(words):
    """A title that no other test has, nor an earlier try of this one: what that published stands in the same show."""
    return f"{words} of try {next(_numbers)}"


def count_items(site, title):
    """How many items of the feed have this title. The site has two processes, and one that did not write itself may
    answer from what it read half a second before."""
    time.sleep(0.6)
    feed = feedparser.parse(BytesIO(site.fetch("/feed.xml").body))
    assert not feed.bozo
    return [entry.title for entry in feed.entries].count(title)


def restart(site, visitor):
    """Starts the server again, and has it read the folders once more."""
    site.start()
    visitor.send(visitor.get("/studio/episodes"), "Read the episodes folder now")


def find_offer(page, name):
    """The link that goes on with an upload of this name; None where the page offers none."""
    found = page.document.xpath(f"//li[a[text()='{name}']]/span/a/@href")
    return found[0] if found else None


@pytest.mark.parametrize(
    ("part", "wait_seconds"), [(0.0, 0.0), (0.5, 0.2), (0.99, 0.5), (1.0, 0.0), (1.0, 0.05), (1.0, 0.3)]
)
def test_a_file_that_was_arriving_goes_on_where_it_stopped(stage, ada, part, wait_seconds):
    name, title = f"killed-{part}-{wait_seconds}.mp3", name_try(f"Arrived {part} {wait_seconds}")
    sender = Sender(stage, ada, name, len(RECORDING))
    sent_bytes = int(len(RECORDING) * part)

    with contextlib.closing(sender.begin_part(len(RECORDING))) as connection:
        connection.send(RECORDING[:sent_bytes])
        time.sleep(wait_seconds)
        stage.kill()
    restart(stage, ada)
    offset_bytes = sender.find_offset()
    if offset_bytes < len(RECORDING):
        assert find_offer(ada.get(NEW), name)
        assert sender.send(RECORDING[offset_bytes:], offset_bytes).status == 204
    upload_id = sender.finish()["upload"]

    assert offset_bytes <= sent_bytes
    page = ada.send(ada.get(f"{NEW}?upload={upload_id}"), "Publish when ready", title=title)
    assert "It is out." in page.words
    assert [path.read_bytes() for path in find_audio(stage, title)] == [RECORDING]
    assert count_items(stage, title) == 1


def test_a_kill_between_the_last_byte_and_the_end_loses_nothing(stage, ada):
    sender = Sender(stage, ada, "whole.mp3", len(RECORDING))
    assert sender.send(RECORDING).status == 204

    end = threading.Thread(target=try_to_finish, args=(sender,))
    end.start()
    stage.kill()
    end.join()
    restart(stage, ada)

    assert sender.finish()["upload"] == sender.id


def try_to_finish(sender):
    """Asks for the end of an upload while the server dies."""
    with contextlib.suppress(OSError, http.client.HTTPException, AssertionError):
        sender.finish()


def test_an_upload_whose_sender_goes_away_goes_on_with_every_byte_that_came(stage, ada):
    sender = Sender(stage, ada, "half.mp3", len(RECORDING))
    half = len(RECORDING) // 2

    with contextlib.closing(sender.begin_part(len(RECORDING))) as connection:
        connection.send(RECORDING[:half])
    wait_for(lambda: sender.find_offset() == half, "what came of the broken connection")

    assert sender.send(RECORDING[half:], half).status == 204
    assert sender.finish()["facts"]["title"] == "From the tags"


@pytest.mark.parametrize("wait_seconds", [0.0, 0.02, 0.05, 0.1, 0.15, 0.2, 0.3, 0.5])
def test_an_episode_that_was_being_published_is_whole_or_absent_and_sent_again_is_one(stage, ada, wait_seconds):
    title = name_try(f"Published {wait_seconds}")
    upload_id = upload(stage, ada)
    form = ada.get(f"{NEW}?upload={upload_id}")

    def publish():
        # The connection breaks when the server dies.
        with contextlib.suppress(OSError, http.client.HTTPException):
            ada.send(form, "Publish when ready", title=title, notes="Typed notes")

    click = threading.Thread(target=publish)
    click.start()
    time.sleep(wait_seconds)
    stage.kill()
    click.join()
    restart(stage, ada)

    standing = [path.parent for path in find_audio(stage, title)]
    assert count_items(stage, title) == len(standing)
    if not standing:
        assert ada.get(NEW).list_links(f"upload={upload_id}")
        send_again(ada, form, title)
    (audio,) = find_audio(stage, title)
    assert count_items(stage, title) == 1
    assert audio.read_bytes() == RECORDING
    assert sorted(path.name for path in audio.parent.iterdir()) == ["audio.mp3", "notes.md"]
    assert (audio.parent / "notes.md").read_text().endswith("\nTyped notes\n")
    assert ".new-" not in ada.get("/studio/").text


def find_audio(site, title):
    """The main audio of the folders whose notes have this title; none is half there."""
    folders = [path for path in site.episodes.iterdir() if path.is_dir() and not path.name.startswith(".")]
    return [path / "audio.mp3" for path in folders if f"title: {title}\n" in (path / "notes.md").read_text()]


def send_again(visitor, form, title):
    """Sends the form again as a browser does: with the mark of the first sending, and then as it came back."""
    reply = visitor.send(form, "Publish when ready", title=title, notes="Typed notes")
    if "sent a moment ago" in reply.words:
        assert "Typed notes" in reply.text
        reply = visitor.send(reply, "Publish when ready")
    assert "It is out." in reply.words, reply.words[:800]
