"""New episode: from the form to the folder and the feed, and every mistake with all that was typed."""

import io

import pytest

from podcastsvc.catalogue.audio import read_audio
from podcastsvc.catalogue.shownotes import MOST_NOTES_CHARS
from podcastsvc.kit import clock
from podcastsvc.storage import limits
from podcastsvc.storage.tables.upload import Upload
from podcastsvc.web.studio.episodes.creating import ONCE_FOR, SENT_FORM
from podcastsvc.web.studio.episodes.uploads import HEAD_BYTES
from tests.catalogue.recordings import make_m4a, make_mp3
from tests.web.conftest import read_token
from tests.web.studio.conftest import RECORDING, Sender, read_field, read_notes, read_titles

pytestmark = pytest.mark.usefixtures("show")

FOLDER = "2026-06-02-why-maps-lie"
VTT = b"WEBVTT\n\n00:01.000 --> 00:02.000\nHello\n"


def list_files(folder):
    return sorted(path.name for path in folder.iterdir())


def upload(studio, content=RECORDING, name="talk.mp3"):
    """Sends a file as the page's script does; the answer to its end, or to what was refused before."""
    sender = Sender(studio)
    begun = sender.begin(len(content), name=name)
    if begun.status_code != 201:
        return begun
    sent = sender.send(begun.location, content)
    return sent if sent.status_code != 204 else sender.finish(begun.location)


def test_an_episode_is_in_the_feed_when_the_answer_comes(publish, client, root):
    reply = publish(audio=RECORDING)

    assert reply.status_code == 303
    assert read_titles(client) == ["Why maps lie"]
    assert list_files(root / FOLDER) == ["audio.mp3", "notes.md"]
    assert (root / FOLDER / "audio.mp3").read_bytes() == RECORDING


def test_what_was_published_says_so(publish, studio):
    page = studio.get(publish(audio=RECORDING).location)

    assert "It is out." in page.text
    assert "Published" in page.text


def test_a_file_alone_fills_the_form_from_its_tags(publish, root):
    publish(audio=RECORDING, title="", notes="")

    notes = read_notes(root, FOLDER)
    assert "title: Why maps lie\n" in notes
    assert "episode: 215\n" in notes
    assert notes.endswith("\nAbout maps.\n")


def test_what_was_typed_wins_over_the_tags(publish, root):
    publish(audio=RECORDING, title="Another title", number="7")

    notes = read_notes(root, "2026-06-02-another-title")
    assert "title: Another title\n" in notes
    assert "episode: 7\n" in notes


def test_all_fields_reach_the_folder(publish, root):
    publish(
        audio=RECORDING,
        who="first",
        first_days="3",
        when="at",
        at="2026-06-09T06:00",
        season="2",
        type="bonus",
        guests="Mark Sutherland https://example.org/mark\nAna (host)",
        tags="maps, history, maps",
        explicit="yes",
        language="es",
        summary="About maps.",
    )

    notes = read_notes(root, "2026-06-09-why-maps-lie")
    for line in (
        "date: 2026-06-09 06:00",
        "public_from: 2026-06-12 06:00",
        "access: members",
        "season: 2",
        "type: bonus",
        "explicit: true",
        "language: es",
        "tags: [maps, history]",
        "people: [{name: Mark Sutherland, role: guest, url: https://example.org/mark}, {name: Ana, role: host}]",
    ):
        assert f"{line}\n" in notes


def test_members_first_is_not_in_the_public_feed_yet(publish, client, at_ten):
    publish(audio=RECORDING, who="first", first_days="3")
    before = read_titles(client)

    at_ten.shift(3 * 24 * 3600)

    assert before == []
    assert read_titles(client) == ["Why maps lie"]


def test_a_members_recording_is_not_the_publics_file(publish, client, root):
    publish(audio=RECORDING, who="members")

    assert list_files(root / FOLDER) == ["members.mp3", "notes.md"]
    assert read_titles(client) == []


def test_some_plans_only(publish, root):
    publish(audio=RECORDING, who="plans", plans="members")

    assert "access: [members]\n" in read_notes(root, FOLDER)


def test_a_scheduled_episode_comes_out_at_its_time(publish, client, at_ten):
    publish(audio=RECORDING, when="at", at="2026-06-03T06:00")
    before = read_titles(client)

    at_ten.move_to("2026-06-03T04:00:00+00:00")

    assert before == []
    assert read_titles(client) == ["Why maps lie"]


def test_a_draft_is_nowhere_but_in_the_studio(publish, client, studio):
    reply = publish("draft", audio=RECORDING)

    assert read_titles(client) == []
    assert "The draft is saved." in studio.get(reply.location).text
    assert "Draft" in studio.get("/studio/episodes").text


def test_a_draft_needs_no_audio(publish, root):
    publish("draft")

    assert list_files(root / FOLDER) == ["notes.md"]


def test_all_further_files_are_put_beside(publish, root):
    reply = publish(audio=RECORDING, members=make_mp3(9), preview=make_m4a(2), transcript=VTT)

    assert reply.status_code == 303
    assert list_files(root / FOLDER) == [
        "audio.mp3",
        "members.mp3",
        "notes.md",
        "preview.m4a",
        "transcript.vtt",
    ]


def test_pressing_twice_makes_one_episode(studio, root):
    page = studio.get("/studio/episodes/new")
    values = {"csrf_token": read_token(page), "once": read_field(page, "once"), "title": "Twice", "do": "draft"}

    replies = [studio.post("/studio/episodes/new", data=values) for _ in range(2)]

    assert [reply.status_code for reply in replies] == [303, 303]
    assert [path.name for path in root.iterdir() if path.is_dir()] == ["2026-06-02-twice"]


def test_a_form_with_an_upload_that_is_sent_again_makes_one_episode(studio, root):
    upload_id = upload(studio).get_json()["upload"]
    page = studio.get("/studio/episodes/new")
    values = {"csrf_token": read_token(page), "once": read_field(page, "once"), "audio_upload": upload_id}
    values |= {"title": "Twice", "who": "everyone", "when": "now", "listed": "1", "do": "publish"}

    replies = [studio.post("/studio/episodes/new", data=values) for _ in range(2)]

    assert [reply.status_code for reply in replies] == [303, 303]
    assert [path.name for path in root.iterdir() if path.is_dir()] == ["2026-06-02-twice"]


def test_a_form_whose_first_sending_ended_nowhere_comes_back_as_typed(studio, services, root):
    page = studio.get("/studio/episodes/new")
    values = {"csrf_token": read_token(page), "once": read_field(page, "once"), "title": "Twice", "do": "draft"}
    with services.db.transaction() as session:
        limits.count(session, SENT_FORM, values["once"], window=ONCE_FOR, now=clock.now())

    reply = studio.post("/studio/episodes/new", data=values)
    again = studio.post("/studio/episodes/new", data={**values, "once": read_field(reply, "once")})

    assert reply.status_code == 409
    assert "sent a moment ago" in reply.text
    assert read_field(reply, "title") == "Twice"
    assert again.status_code == 303
    assert [path.name for path in root.iterdir() if path.is_dir()] == ["2026-06-02-twice"]


def test_the_preview_without_a_script_keeps_everything(publish):
    page = publish("preview", title="Typed", notes="**bold** <script>alert(1)</script> 12:34")

    assert page.status_code == 200
    assert "<strong>bold</strong>" in page.text
    assert "<script>alert" not in page.text
    assert read_field(page, "title") == "Typed"


def test_the_preview_for_the_script_is_a_page(press):
    page = press("/studio/episodes/new", "/studio/preview", notes="# Heading\n\n![x](https://evil.example/x.png)")

    assert '<div class="card prose" id="notes-preview"><h2>Heading</h2>' in page.text
    assert "<img src=" not in page.text.split('id="notes-preview"')[1]


# ---- mistakes: the sentence, the status, and nothing lost


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"title": ""}, "Enter a title."),
        ({"title": "x" * 256}, "at most 255 fit"),
        ({"when": "at", "at": ""}, "Enter a day and time"),
        ({"when": "at", "at": "31/12/2026"}, "Enter a day and time"),
        ({"when": "at", "at": "2026-02-30T06:00"}, "Enter a day and time"),
        ({"when": "at", "at": "2026-06-02T06:00+09:00"}, "Enter a day and time"),
        ({"who": "first", "first_days": "0"}, "whole number from 1 to 365"),
        ({"who": "first", "first_days": "soon"}, "whole number from 1 to 365"),
        ({"who": "first", "first_days": ""}, "Enter a number of days."),
        ({"who": "first", "public_at": "2020-01-01T00:00"}, "must be after"),
        ({"who": "nobody"}, "Choose one of these."),
        ({"who": "plans"}, "Choose at least one plan."),
        ({"who": "plans", "plans": "none-of-ours"}, "Choose at least one plan."),
        ({"season": "-1"}, "whole number from 1"),
        ({"number": "1e9"}, "whole number from 1"),
        ({"type": "article"}, "Choose one of these."),
        ({"language": "English!"}, "such as en, es or es-mx"),
        ({"summary": "x" * 1001}, "at most 1000 fit"),
        ({"notes": "x" * (MOST_NOTES_CHARS + 1)}, f"at most {MOST_NOTES_CHARS} fit"),
    ],
)
def test_a_field_that_cannot_be_used_brings_the_form_back(publish, root, values, sentence):
    page = publish(**{"audio": make_mp3(5), **values})

    assert page.status_code == 422
    assert sentence in page.text
    assert "There is a problem" in page.text
    assert "<title>Error: " in page.text
    assert read_field(page, "audio_upload")
    assert [path.name for path in root.iterdir() if path.is_dir()] == []


def test_everything_typed_and_the_file_are_kept_and_can_be_sent_again(publish, root):
    first = publish(
        audio=RECORDING, transcript=VTT, notes="Typed notes", season="no number", guests="Mark", who="members"
    )
    kept = {name: read_field(first, name) for name in ("title", "notes", "guests", "audio_upload", "transcript_upload")}

    second = publish(**kept, who="members", season="3")

    assert (kept["notes"], kept["guests"]) == ("Typed notes", "Mark")
    assert 'value="members" checked' in first.text
    assert second.status_code == 303
    assert list_files(root / FOLDER) == ["members.mp3", "notes.md", "transcript.vtt"]


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"%PDF-1.7" + bytes(4000), "The file must be an mp3 or m4a."),
        (make_m4a(60)[:9000], "cut off"),
        (bytes(10), "The file must be an mp3 or m4a."),
        (b"", "The file is empty."),
    ],
)
def test_audio_that_cannot_be_used_is_said_beside_its_field(publish, content, sentence):
    page = publish(audio=content)

    assert page.status_code == 422
    assert sentence in page.text
    assert read_field(page, "title") == "Why maps lie"


def test_publishing_without_audio_is_refused(publish):
    page = publish()

    assert page.status_code == 422
    assert "Choose the audio file, or save a draft." in page.text


def test_a_transcript_with_a_mistake_names_its_line(publish):
    page = publish(audio=RECORDING, transcript=b"WEBVTT\n\n00:99 --> soon\nHello\n")

    assert page.status_code == 422
    assert "transcript.mp3:3" in page.text


def test_control_characters_are_taken_out_t_f6(publish, client, root):
    publish(audio=RECORDING, title="Why\x00 maps\x1b lie\ufffe", notes="About\x07 maps.", tags="a\x00b")

    assert read_titles(client) == ["Why maps lie"]
    assert not any(ord(character) < 32 and character not in "\n\t" for character in read_notes(root, FOLDER))


def test_an_upload_that_is_gone_is_said(publish):
    page = publish(audio_upload="01aaaaaaaaaaaaaaaaaaaaaaaa")

    assert page.status_code == 422
    assert "Choose it again." in page.text


def test_a_path_is_no_upload_t_x6(publish, root):
    (root.parent / "secret.mp3").write_bytes(RECORDING)

    page = publish(audio_upload="../../secret")

    assert page.status_code == 422
    assert "Choose it again." in page.text


# ---- the upload of the script


def test_a_file_as_the_body_is_answered_with_its_facts(studio):
    answer = upload(studio)

    found = answer.get_json()
    assert answer.status_code == 200
    assert found["facts"] == {
        "title": "Why maps lie",
        "number": 215,
        "season": None,
        "notes": "About maps.",
        "language": None,
    }
    assert found["shown"] == "1 min · mp3 64 kbit/s"
    assert ("ok", "2 chapters found in the file") in [(each["state"], each["text"]) for each in found["checks"]]


def test_an_upload_is_published_with_the_form_and_leaves_the_spool(studio, publish, settings, root, services):
    upload_id = upload(studio).get_json()["upload"]

    publish(audio_upload=upload_id)

    assert (root / FOLDER / "audio.mp3").read_bytes() == RECORDING
    assert list((settings.data / "spool").iterdir()) == []
    with services.db.reading() as session:
        assert session.get(Upload, upload_id) is None


def test_a_file_that_cannot_be_used_leaves_the_one_that_is_here(studio, publish, root):
    upload_id = upload(studio).get_json()["upload"]

    refused = publish(audio_upload=upload_id, audio=b"no audio at all")
    assert refused.status_code == 422
    assert "The file must be an mp3 or m4a." in refused.text
    assert read_field(refused, "audio_upload") == upload_id

    publish(audio_upload=read_field(refused, "audio_upload"))
    assert (root / FOLDER / "audio.mp3").read_bytes() == RECORDING


def test_an_unused_upload_can_be_resumed(studio):
    upload_id = upload(studio, name="my-talk.mp3").get_json()["upload"]

    listed = studio.get("/studio/episodes/new")
    resumed = studio.get(f"/studio/episodes/new?upload={upload_id}")

    assert "my-talk.mp3" in listed.text
    assert f"upload={upload_id}" in listed.text
    assert read_field(resumed, "title") == "Why maps lie"
    assert read_field(resumed, "audio_upload") == upload_id


def test_the_head_of_a_file_fills_the_form_and_is_not_kept(studio, settings):
    token = read_token(studio.get("/studio/episodes/new"))

    answer = studio.post(
        f"/studio/uploads/head?name=talk.mp3&size={len(RECORDING)}",
        data=RECORDING[:20_000],
        headers={"X-CSRF-Token": token},
        content_type="application/octet-stream",
    )

    assert answer.get_json()["facts"]["title"] == "Why maps lie"
    assert list((settings.data / "spool").iterdir()) == []


@pytest.mark.parametrize(
    ("content", "status", "sentence"),
    [
        (b"", 422, "The file is empty."),
        (b"GIF89a" + bytes(5000), 422, "The file must be an mp3 or m4a."),
        (make_m4a(60)[:9000], 422, "cut off"),
    ],
)
def test_a_body_that_is_no_sound_gets_one_plain_line(studio, settings, content, status, sentence):
    answer = upload(studio, content)

    assert (answer.status_code, answer.mimetype) == (status, "text/plain")
    assert sentence in answer.text
    assert list((settings.data / "spool").iterdir()) == []


def test_a_whole_head_is_not_too_large(studio):
    token = read_token(studio.get("/studio/episodes/new"))

    # The server marks the end of bodies itself, as the one on a port does.
    answer = studio.post(
        "/studio/uploads/head?name=long.mp3&size=90000000",
        data=RECORDING + bytes(HEAD_BYTES - len(RECORDING)),
        headers={"X-CSRF-Token": token},
        content_type="application/octet-stream",
        environ_overrides={"wsgi.input_terminated": True},
    )

    assert answer.get_json()["facts"]["title"] == "Why maps lie"


def test_a_form_that_ends_too_soon_changes_nothing(studio, settings, root):
    token = read_token(studio.get("/studio/episodes/new"))
    body = (
        f'--x\r\nContent-Disposition: form-data; name="csrf_token"\r\n\r\n{token}\r\n'
        '--x\r\nContent-Disposition: form-data; name="audio"; filename="a.mp3"\r\n\r\n'
    ).encode() + RECORDING[:30_000]

    answer = studio.post(
        "/studio/episodes/new",
        input_stream=io.BytesIO(body),
        content_type="multipart/form-data; boundary=x",
        environ_overrides={"CONTENT_LENGTH": "90000", "wsgi.input_terminated": True},
    )

    assert answer.status_code in {400, 403}
    assert [path for path in root.iterdir() if path.is_dir()] == []
    assert list((settings.data / "spool").iterdir()) == []


# ---- previews


LONG = make_mp3(200)


def test_a_members_episode_gets_a_preview_of_so_many_minutes(publish, root, client):
    reply = publish(audio=LONG, who="members", make_preview="1", preview_minutes="2")

    assert reply.status_code == 303
    assert list_files(root / FOLDER) == ["members.mp3", "notes.md", "preview.mp3"]
    assert read_audio(root / FOLDER / "preview.mp3").seconds == 120
    assert "preview" in client.get("/episodes/why-maps-lie/").text


@pytest.mark.parametrize("more", [{}, {"make_preview": "1", "who": "everyone"}, {"make_preview": "1", "do": "draft"}])
def test_no_preview_is_cut_where_none_is_wanted_or_needed(publish, root, more):
    publish(audio=LONG, **{"who": "members", **more})

    assert not (root / FOLDER / "preview.mp3").exists()


def test_a_preview_of_ones_own_is_taken_as_it_is(publish, root):
    publish(audio=LONG, preview=make_mp3(20), who="members", make_preview="1")

    assert (root / FOLDER / "preview.mp3").read_bytes() == make_mp3(20)


@pytest.mark.parametrize(
    ("minutes", "sentence"),
    [("none", "whole number from 1 to 60"), ("61", "1 to 60")],
)
def test_minutes_that_cannot_be_are_named_and_nothing_is_lost(publish, root, minutes, sentence):
    page = publish(audio=LONG, who="members", make_preview="1", preview_minutes=minutes, notes="Typed notes")

    again = publish(audio_upload=read_field(page, "audio_upload"), who="members", make_preview="1", preview_minutes="1")

    assert page.status_code == 422
    assert sentence in page.text
    assert (read_field(page, "preview_minutes"), read_field(page, "notes")) == (minutes, "Typed notes")
    assert again.status_code == 303
    assert read_audio(root / FOLDER / "preview.mp3").seconds == 60


def test_audio_that_is_no_longer_goes_out_without_a_preview(publish, root):
    reply = publish(audio=LONG, who="members", make_preview="1", preview_minutes="4")

    assert reply.status_code == 303
    assert list_files(root / FOLDER) == ["members.mp3", "notes.md"]


def test_an_episode_that_has_none_gets_a_preview_later(publish, studio, root):
    path = publish(audio=LONG, who="members").location.partition("?")[0]
    page = studio.get(path)
    fields = {name: read_field(page, name) for name in ("title", "notes", "seen", "at")}

    studio.post(
        path,
        data={
            "csrf_token": read_token(page),
            "do": "publish",
            "who": "members",
            "when": "at",
            "make_preview": "1",
            **fields,
        },
    )

    assert read_audio(root / FOLDER / "preview.mp3").seconds == 180
