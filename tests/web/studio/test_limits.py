"""Files that are too large, and a disk without room: the form comes back as it was typed, and nothing is half done."""

import io
import os
from contextlib import ExitStack, closing, contextmanager
from dataclasses import replace
from types import SimpleNamespace

import pytest

from podcastsvc.catalogue.uploads import Turn
from podcastsvc.commands import health
from podcastsvc.errors import Unavailable
from podcastsvc.kit import files
from tests.catalogue.recordings import make_mp3
from tests.web.conftest import read_token
from tests.web.studio.conftest import RECORDING, Sender, make_form, read_field, read_titles, send_form
from tests.web.studio.test_publishing import upload

pytestmark = pytest.mark.usefixtures("show")

MIB = 1024 * 1024
MORE_THAN_ANY_DISK = 8 << 40


@pytest.fixture(params=[1])
def settings(settings, request):
    """Settings whose limit for audio the test may choose, in MiB."""
    return replace(settings, max_audio_mib=request.param)


no_limit = pytest.mark.parametrize("settings", [MORE_THAN_ANY_DISK * 2 // MIB], indirect=True)


def list_folders(root):
    return [path.name for path in root.iterdir() if path.is_dir()]


@pytest.mark.parametrize("size", [MIB + 1, 3 * MIB])
def test_a_file_over_the_limit_costs_nothing_that_was_typed(publish, root, settings, size):
    page = publish(audio=make_mp3(5).ljust(size, b"\x00"), notes="Typed notes", tags="maps")

    assert page.status_code == 422
    assert "The file must be smaller than 1 MB." in page.text
    assert (read_field(page, "notes"), read_field(page, "tags")) == ("Typed notes", "maps")
    assert list_folders(root) == []
    assert list((settings.data / "spool").iterdir()) == []


def test_the_other_files_are_kept_beside_one_that_is_too_large(publish, root):
    page = publish(audio=make_mp3(5), members=bytes(2 * MIB))

    again = publish(audio_upload=read_field(page, "audio_upload"))

    assert page.status_code == 422
    assert again.status_code == 303
    assert (root / "2026-06-02-why-maps-lie" / "audio.mp3").read_bytes() == make_mp3(5)


def test_a_form_that_no_file_explains_is_refused_unread(studio):
    token = read_token(studio.get("/studio/episodes/new"))

    reply = send_form(studio, "/studio/episodes/new", {"csrf_token": token}, {"audio": bytes(40 * MIB)})

    assert reply.status_code == 413


@no_limit
def test_a_file_that_finds_no_room_costs_nothing_that_was_typed(studio, root, settings):
    page = studio.get("/studio/episodes/new")
    hidden = {"csrf_token": read_token(page), "once": read_field(page, "once")}
    typed = {"title": "Why maps lie", "notes": "Typed notes", "who": "everyone", "when": "now", "do": "publish"}

    reply = send_form(
        studio,
        "/studio/episodes/new",
        {**hidden, **typed},
        {"audio": RECORDING},
        **{"CONTENT_LENGTH": str(MORE_THAN_ANY_DISK), "wsgi.input_terminated": True},
    )

    assert reply.status_code == 422
    assert "The disk is almost full" in reply.text
    assert read_field(reply, "notes") == "Typed notes"
    assert list_folders(root) == []
    assert list((settings.data / "spool").iterdir()) == []


@no_limit
def test_an_upload_that_finds_no_room_is_answered_with_what_to_do(studio):
    answer = Sender(studio).begin(MORE_THAN_ANY_DISK)

    assert (answer.status_code, answer.mimetype) == (503, "text/plain")
    assert "Remove old files or make the disk larger" in answer.text


def test_a_full_disk_while_publishing_keeps_form_and_upload(studio, publish, settings, root, client):
    upload_id = upload(studio).get_json()["upload"]
    waiting = settings.data / "spool" / f"{upload_id}.mp3"
    with waiting.open("r+b") as file:
        file.truncate(MORE_THAN_ANY_DISK)

    refused = publish(audio_upload=upload_id, notes="Typed notes")
    with waiting.open("r+b") as file:
        file.truncate(len(RECORDING))
    again = publish(audio_upload=read_field(refused, "audio_upload"), notes=read_field(refused, "notes"))

    assert refused.status_code == 503
    assert "The disk is almost full" in refused.text
    assert again.status_code == 303
    assert read_titles(client) == ["Why maps lie"]
    assert list_folders(root) == ["2026-06-02-why-maps-lie"]


@contextmanager
def arriving(settings, count):
    """So many files that arrive from elsewhere meanwhile."""
    spool = settings.data / "spool"
    spool.mkdir(parents=True, exist_ok=True)
    with ExitStack() as turns:
        for _ in range(count):
            turns.enter_context(closing(Turn(spool)))
        yield


def test_a_third_file_waits_also_in_a_form_t_l1(publish, settings, root):
    with arriving(settings, 2):
        refused = publish(audio=RECORDING, notes="Typed notes")
    again = publish(audio=RECORDING)

    assert refused.status_code == 422
    assert "Two files are arriving already." in refused.text
    assert read_field(refused, "notes") == "Typed notes"
    assert again.status_code == 303
    assert list_folders(root) == ["2026-06-02-why-maps-lie"]


def test_a_form_without_files_is_taken_while_others_arrive(publish, settings, root):
    with arriving(settings, 2):
        reply = publish("draft")

    assert reply.status_code == 303


def test_a_form_that_arrives_counts_as_one_whatever_it_brings(studio, publish, settings):
    counts = []

    def look(stage):
        counts.append((stage, len(list((settings.data / "spool").glob("arriving-*.part")))))

    page = studio.get("/studio/episodes/new")
    fields = {"csrf_token": read_token(page), "once": read_field(page, "once"), "title": "T", "do": "draft"}
    body = make_form(fields, {"audio": RECORDING, "members": RECORDING})
    stream = Watched(body, look)

    reply = studio.post(
        "/studio/episodes/new",
        input_stream=stream,
        content_type="multipart/form-data; boundary=x",
    )
    look("end")

    assert reply.status_code == 303
    assert {count for stage, count in counts if stage == "late"} == {1}
    assert counts[-1] == ("end", 0)


class Watched(io.BytesIO):
    """A body that arrives in small parts, and tells when it is late in it."""

    def __init__(self, content, look):
        super().__init__(content)
        self.look, self.late = look, len(content) - 10_000

    def read(self, size=-1):
        if self.tell() > self.late:
            self.look("late")
        return super().read(min(size, 4000) if size >= 0 else 4000)

    def readinto(self, buffer):
        found = self.read(len(buffer))
        buffer[: len(found)] = found
        return len(found)


def test_upload_overview_and_check_mean_the_same_by_a_full_disk_t_d4(studio, services, settings, monkeypatch):
    # Two gigabytes of a hundred: more than the one that the pages warned below, and less than uploads need.
    disk = SimpleNamespace(f_frsize=4096, f_blocks=100 * 10**9 // 4096, f_bavail=2 * 10**9 // 4096)
    monkeypatch.setattr(os, "statvfs", lambda _folder: disk)

    page = studio.get("/studio/")
    findings = {each.subject: each for each in health.examine(services)}

    with pytest.raises(Unavailable, match="almost full"):
        files.check_room(settings.data)
    assert "Only 2,000 MB free on the disk: uploads stop" in page.text
    assert not findings["disk"].is_well
    assert "2.0 GB free, 5.0 GB must stay free: uploads stop" in findings["disk"].message
