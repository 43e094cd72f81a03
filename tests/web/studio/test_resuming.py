"""Uploads by the tus protocol: its headers and refusals, and the way from a stopped file into an episode."""

import hashlib
from base64 import b64encode
from datetime import timedelta

import pytest
from lxml import html

from podcastsvc.storage.tables.upload import UnfinishedUpload
from tests.catalogue.recordings import make_m4a
from tests.web.conftest import make_client, make_member, read_token, sign_in
from tests.web.studio.conftest import NOW, RECORDING, Sender, read_field, read_titles

pytestmark = pytest.mark.usefixtures("show")
HALF = len(RECORDING) // 2


@pytest.fixture
def sender(studio):
    return Sender(studio)


def test_what_can_be_asked_for_is_told(sender, settings):
    headers = sender.ask("OPTIONS", "/studio/uploads").headers

    assert (headers["Tus-Version"], headers["Tus-Resumable"]) == ("1.0.0", "1.0.0")
    assert headers["Tus-Extension"] == "creation,expiration,checksum,termination"
    assert headers["Tus-Max-Size"] == str(settings.max_audio_mib * 1024 * 1024)
    assert headers["Tus-Checksum-Algorithm"] == "sha1,sha256"


def test_a_file_is_begun_sent_in_parts_and_read(sender):
    begun = sender.begin(len(RECORDING))
    first = sender.send(begun.location, RECORDING[:HALF])
    asked = sender.ask("HEAD", begun.location)
    second = sender.send(begun.location, RECORDING[HALF:], HALF)
    done = sender.finish(begun.location)

    assert (begun.status_code, first.status_code, second.status_code) == (201, 204, 204)
    assert begun.headers["Upload-Expires"] == "Tue, 09 Jun 2026 10:00:30 GMT"
    assert (first.headers["Upload-Offset"], asked.headers["Upload-Offset"]) == (str(HALF), str(HALF))
    assert asked.headers["Upload-Length"] == str(len(RECORDING))
    assert b64encode(b"talk.mp3").decode() in asked.headers["Upload-Metadata"]
    assert asked.headers["Cache-Control"] == "no-store"
    assert {reply.headers["Tus-Resumable"] for reply in (begun, first, asked, second)} == {"1.0.0"}
    assert done.get_json()["facts"]["title"] == "Why maps lie"
    assert begun.location.endswith(done.get_json()["upload"])


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Tus-Resumable": "0.2.2"}, 412),
        ({"Tus-Resumable": None}, 412),
        ({"Content-Type": "application/octet-stream"}, 415),
        ({"Upload-Offset": "7"}, 409),
        ({"Upload-Offset": "-1"}, 400),
        ({"Upload-Offset": "half"}, 400),
        ({"Upload-Offset": None}, 400),
        ({"Upload-Checksum": "md5 AAAA"}, 400),
        ({"Upload-Checksum": "sha1 !"}, 400),
        ({"Upload-Checksum": f"sha1 {b64encode(b'x' * 20).decode()}"}, 460),
        ({"X-CSRF-Token": "no"}, 403),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
    ],
)
def test_a_part_that_cannot_be_taken_changes_nothing(sender, headers, status):
    path = sender.begin(len(RECORDING)).location

    reply = sender.send(path, RECORDING, **headers)

    assert (reply.status_code, reply.mimetype) == (status, "text/plain")
    assert sender.find_offset(path) == 0
    if status == 412:
        assert reply.headers["Tus-Version"] == "1.0.0"


def test_a_part_with_its_checksum_is_taken(sender):
    path = sender.begin(len(RECORDING)).location
    checksum = b64encode(hashlib.sha1(RECORDING, usedforsecurity=False).digest()).decode()

    assert sender.send(path, RECORDING, **{"Upload-Checksum": f"sha1 {checksum}"}).status_code == 204


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Upload-Length": None}, 400),
        ({"Upload-Length": "many"}, 400),
        ({"Upload-Length": "9" * 40}, 400),
        ({"Upload-Length": "0"}, 422),
        ({"Upload-Length": str(2 << 30)}, 413),
        ({"Upload-Defer-Length": "1"}, 400),
        ({"Tus-Resumable": "2.0.0"}, 412),
        ({"X-CSRF-Token": None}, 403),
    ],
)
def test_an_upload_that_cannot_be_is_not_begun(sender, settings, headers, status):
    reply = sender.begin(1, **headers)

    assert reply.status_code == status
    assert list((settings.data / "spool").glob("*")) == []


def test_strange_metadata_is_no_reason_to_refuse(sender):
    reply = sender.begin(9, **{"Upload-Metadata": "filename ,x !!!,fingerprint //8=,, filename"})

    assert reply.status_code == 201


def test_an_upload_that_is_removed_or_never_was_is_not_found(sender, settings):
    path = sender.begin(len(RECORDING)).location

    removed = sender.ask("DELETE", path)

    assert removed.status_code == 204
    assert sender.ask("HEAD", path).status_code == 404
    assert sender.send(path, RECORDING).status_code == 404
    assert sender.ask("DELETE", path).status_code == 404
    assert sender.finish(path).status_code == 404
    assert list((settings.data / "spool").iterdir()) == []


@pytest.mark.parametrize(("days", "status"), [(6, 200), (7, 410)])
def test_an_upload_that_was_left_for_a_week_is_gone(sender, services, days, status):
    path = sender.begin(len(RECORDING)).location
    with services.db.transaction() as session:
        session.get(UnfinishedUpload, path.rpartition("/")[2]).changed_at = NOW - timedelta(days=days)

    assert sender.ask("HEAD", path).status_code == status


def test_another_hosts_upload_is_not_found(sender, app, services):
    path = sender.begin(len(RECORDING)).location
    ines = sign_in(make_client(app), services, make_member(services, "ines@example.org", role="host"))

    other = Sender(ines)

    assert other.ask("HEAD", path).status_code == 404
    assert other.send(path, RECORDING).status_code == 404
    assert other.finish(path).status_code == 404


@pytest.mark.parametrize("method", ["HEAD", "PATCH", "DELETE", "OPTIONS"])
def test_a_visitor_and_a_member_find_nothing(app, services, client, finn, sender, method):
    path = "/studio/uploads" if method == "OPTIONS" else sender.begin(9).location
    token = read_token(client.get("/join"))
    member = sign_in(make_client(app), services, finn)
    members_token = read_token(member.get("/account"))

    assert client.open(path, method=method, headers={"X-CSRF-Token": token}).status_code == 303
    assert member.open(path, method=method, headers={"X-CSRF-Token": members_token}).status_code == 404


def test_who_cannot_send_patch_and_delete_says_so_in_a_post(sender):
    path = sender.begin(len(RECORDING)).location
    headers = {"Upload-Offset": "0", "Content-Type": "application/offset+octet-stream"}

    sent = sender.ask("POST", path, {**headers, "X-HTTP-Method-Override": "PATCH"}, data=RECORDING)
    removed = sender.ask("POST", path, {"X-HTTP-Method-Override": "DELETE"})

    assert (sent.status_code, sent.headers["Upload-Offset"]) == (204, str(len(RECORDING)))
    assert (removed.status_code, sender.finish(path).status_code) == (204, 404)


def test_more_parts_than_sixty_a_minute_are_taken(sender):
    path = sender.begin(len(RECORDING)).location

    replies = {sender.send(path, RECORDING[at : at + 100], at).status_code for at in range(0, 9000, 100)}

    assert replies == {204}


def test_an_end_that_came_too_early_says_how_to_go_on(sender):
    path = sender.begin(len(RECORDING)).location
    sender.send(path, RECORDING[:HALF])

    reply = sender.finish(path)

    assert (reply.status_code, reply.mimetype) == (409, "text/plain")
    assert "Choose the same file again" in reply.text


def test_what_is_no_sound_gets_one_plain_line_at_its_end(sender, settings):
    content = make_m4a(60)[:9000]
    path = sender.begin(len(content)).location
    sender.send(path, content)

    reply = sender.finish(path)

    assert (reply.status_code, reply.mimetype) == (422, "text/plain")
    assert "cut off" in reply.text
    assert list((settings.data / "spool").iterdir()) == []


@pytest.mark.parametrize("kind", ["members", "preview"])
def test_audio_beside_the_main_one_is_taken_for_what_its_field_is(sender, publish, root, kind):
    path = sender.begin(len(RECORDING)).location
    sender.send(path, RECORDING)

    done = sender.finish(f"{path}?kind={kind}").get_json()["upload"]
    again = sender.finish(f"{path}?kind={kind}")
    reply = publish("draft", audio=RECORDING, **{f"{kind}_upload": done})

    assert again.get_json()["upload"] == done
    assert reply.status_code == 303
    assert f"{kind}.mp3" in [file.name for file in (root / "2026-06-02-why-maps-lie").iterdir()]


@pytest.mark.parametrize("kind", ["transcript", "cover", "", "x"])
def test_what_is_no_kind_of_audio_is_refused(sender, kind):
    path = sender.begin(len(RECORDING)).location
    sender.send(path, RECORDING)

    assert sender.finish(f"{path}?kind={kind}").status_code == 400
    assert sender.finish(path).status_code == 200


# ---- on the pages


def list_drafts(page):
    return [
        " ".join(each.text_content().split()) for each in html.fromstring(page.data).xpath("//*[@id='drafts']/..//li")
    ]


def test_a_stopped_upload_stands_among_the_drafts_and_can_be_removed(sender, studio):
    path = sender.begin(len(RECORDING)).location
    sender.send(path, RECORDING[: len(RECORDING) * 38 // 100 + 1])
    page = studio.get("/studio/episodes/new")
    form = html.fromstring(page.data).get_element_by_id(f"remove-{path.rpartition('/')[2]}")

    resumed = studio.get(html.fromstring(page.data).xpath("//a[text()='resume']/@href")[0])
    studio.post(form.get("action"), data={"csrf_token": read_token(page)})

    assert list_drafts(page) == ["talk.mp3 Upload stopped at 38% · resume · remove"]
    assert "The upload stopped at 38%" in resumed.text
    assert "Choose talk.mp3 again, and it goes on there." in resumed.text
    assert list_drafts(studio.get("/studio/episodes/new")) == []
    assert sender.ask("HEAD", path).status_code == 404


def keep(studio, **fields):
    token = read_token(studio.get("/studio/episodes/new"))
    answer = studio.post("/studio/episodes/keep", data={"csrf_token": token, **fields})
    return answer.get_json()["kept"]


def test_a_form_that_saved_itself_comes_back_as_it_was_with_its_upload(sender, studio, client, publish):
    path = sender.begin(len(RECORDING)).location
    upload_id = path.rpartition("/")[2]
    typed = {"title": "Half a title", "notes": "Some notes", "who": "members", "when": "now", "audio_upload": upload_id}
    kept = keep(studio, **typed)
    assert keep(studio, kept=kept, **typed | {"title": "A title"}) == kept

    page = studio.get(f"/studio/episodes/new?kept={kept}")
    sender.send(path, RECORDING)
    reply = publish(kept=kept, title=read_field(page, "title"), audio_upload=read_field(page, "audio_upload"))

    assert (read_field(page, "title"), read_field(page, "notes")) == ("A title", "Some notes")
    assert "The upload stopped at 0%" in page.text
    # All of it was there, though nobody had said that it ended.
    assert reply.status_code == 303
    assert read_titles(client) == ["A title"]
    assert list_drafts(studio.get("/studio/episodes/new")) == []


def test_a_stopped_members_cut_stays_with_its_form_and_leaves_with_it(sender, studio):
    path = sender.begin(len(RECORDING), name="longer.mp3").location
    sender.send(path, RECORDING[:HALF])
    kept = keep(studio, title="With more", members_upload=path.rpartition("/")[2])
    new = studio.get("/studio/episodes/new")

    page = studio.get(f"/studio/episodes/new?kept={kept}")
    listed = list_drafts(new)
    studio.post(f"/studio/unsaved/{kept}/remove", data={"csrf_token": read_token(new)})

    assert [line.partition(" Not saved yet")[0] for line in listed] == ["With more"]
    assert "Choose longer.mp3 again, and it goes on there." in page.text
    assert read_field(page, "members_upload") == path.rpartition("/")[2]
    assert sender.ask("HEAD", path).status_code == 404


def test_half_a_members_cut_is_not_published_but_a_draft_goes_without_it(sender, publish):
    path = sender.begin(len(RECORDING)).location
    sender.send(path, RECORDING[:HALF])
    upload_id = path.rpartition("/")[2]

    refused = publish(audio=RECORDING, members_upload=upload_id)
    saved = publish("draft", audio_upload=read_field(refused, "audio_upload"), members_upload=upload_id)

    assert refused.status_code == 422
    assert "The upload has not ended yet." in refused.text
    assert read_field(refused, "members_upload") == upload_id
    assert saved.status_code == 303
    assert sender.find_offset(path) == HALF


def test_half_a_file_is_not_published_but_a_draft_goes_without_it(sender, studio, publish, root):
    path = sender.begin(len(RECORDING)).location
    sender.send(path, RECORDING[:HALF])
    upload_id = path.rpartition("/")[2]

    refused = publish(audio_upload=upload_id, notes="Typed notes")
    saved = publish("draft", audio_upload=upload_id)

    assert refused.status_code == 422
    assert "The upload has not ended yet." in refused.text
    assert (read_field(refused, "audio_upload"), read_field(refused, "notes")) == (upload_id, "Typed notes")
    assert saved.status_code == 303
    assert [path.name for path in (root / "2026-06-02-why-maps-lie").iterdir()] == ["notes.md"]
    assert sender.find_offset(path) == HALF


def test_what_was_typed_about_an_episode_waits_on_its_page(studio, publish):
    path = publish(audio=RECORDING).location.partition("?")[0]
    episode_id = path.rpartition("/")[2]
    kept = keep(studio, episode=episode_id, title="Another title", notes="More", seen="x")
    assert keep(studio, episode=episode_id, title="Another title", notes="Even more", seen="x") == kept

    waiting, opened = studio.get(path), studio.get(f"{path}?kept={kept}")
    removed = studio.post(f"/studio/unsaved/{kept}/remove", data={"csrf_token": read_token(waiting)})

    assert "is not saved." in waiting.text
    assert read_field(waiting, "title") == "Why maps lie"
    assert (read_field(opened, "title"), read_field(opened, "notes")) == ("Another title", "Even more")
    assert removed.location == path
    assert "is not saved." not in studio.get(path).text


def test_saving_ends_what_was_kept(studio, publish):
    path = publish(audio=RECORDING).location.partition("?")[0]
    keep(studio, episode=path.rpartition("/")[2], title="Another title")
    page = studio.get(path)

    fields = {
        "title": "Saved",
        "notes": "n",
        "when": "at",
        "at": read_field(page, "at"),
        "seen": read_field(page, "seen"),
    }
    studio.post(path, data={"csrf_token": read_token(page), "do": "publish", **fields})

    assert "is not saved." not in studio.get(path).text


def test_another_hosts_form_is_not_found(app, services, studio):
    kept = keep(studio, title="Ada's")
    ines = sign_in(make_client(app), services, make_member(services, "ines@example.org", role="host"))

    page = ines.get(f"/studio/episodes/new?kept={kept}")
    ines.post(f"/studio/unsaved/{kept}/remove", data={"csrf_token": read_token(page)})

    assert read_field(page, "title") == ""
    assert keep(ines, kept=kept, title="Hers") != kept
    assert read_field(studio.get(f"/studio/episodes/new?kept={kept}"), "title") == "Ada's"
