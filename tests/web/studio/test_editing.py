"""One episode: changed, given new audio, withdrawn, brought back; and a draft that goes away."""

import shutil

import pytest
from lxml import html

from tests.catalogue.disks import full_disk
from tests.catalogue.recordings import make_m4a, make_mp3
from tests.web.conftest import read_token, sign_in
from tests.web.studio.conftest import RECORDING, read_field, read_notes, read_titles, send_form

pytestmark = pytest.mark.usefixtures("show")

FOLDER = "2026-06-02-why-maps-lie"


@pytest.fixture
def page(publish):
    """The path of a published episode's page."""
    return publish(audio=RECORDING).location.partition("?")[0]


@pytest.fixture
def draft(publish):
    """The path of a draft's page."""
    return publish("draft", audio=RECORDING).location.partition("?")[0]


def read_form(reply):
    """The values of the page's form as a browser would send them without a change."""
    form = html.fromstring(reply.data).xpath("//form[@data-upload]")[0]
    values = {name: value for name, value in form.form_values() if name != "audio"}
    return {**values, "notes": values["notes"].removeprefix("\n")}


def save(studio, path, do="publish", **changes):
    values = read_form(studio.get(path))
    files = {name: value for name, value in changes.items() if isinstance(value, bytes)}
    typed = {name: value for name, value in changes.items() if not isinstance(value, bytes)}
    return send_form(studio, path, {**values, **typed, "do": do}, files)


def test_the_form_shows_what_the_file_says(studio, page):
    shown = studio.get(page)

    assert read_field(shown, "title") == "Why maps lie"
    assert read_field(shown, "notes") == "About maps."
    assert read_field(shown, "at") == "2026-06-02T12:00"


def test_saving_without_a_change_changes_no_byte(studio, page, root, client):
    before, version = read_notes(root, FOLDER), client.get("/feed.xml").headers["ETag"]

    reply = save(studio, page)

    assert reply.status_code == 303
    assert read_notes(root, FOLDER) == before
    assert client.get("/feed.xml").headers["ETag"] == version


def test_a_change_is_in_the_feed_when_the_answer_comes(studio, page, client, root):
    guid = next(line for line in read_notes(root, FOLDER).splitlines() if line.startswith("guid"))

    save(studio, page, title="Why maps tell the truth")

    assert read_titles(client) == ["Why maps tell the truth"]
    assert guid in read_notes(root, FOLDER)


def test_keys_that_the_form_does_not_know_stay(studio, page, root):
    path = root / FOLDER / "notes.md"
    path.write_text(path.read_text().replace("title:", "mood: calm  # mine\ntitle:", 1))

    save(studio, page, summary="Short.")

    assert "mood: calm  # mine\n" in path.read_text()
    assert "summary: Short.\n" in path.read_text()


def test_a_change_by_hand_meanwhile_is_not_lost(studio, page, root):
    values = read_form(studio.get(page))
    path = root / FOLDER / "notes.md"
    path.write_text(path.read_text().replace("About maps.", "By hand."))

    reply = studio.post(page, data={**values, "title": "From the form", "do": "publish"})
    again = studio.post(page, data={**read_form(reply), "do": "publish"})

    assert reply.status_code == 409
    assert "changed by somebody else" in reply.text
    assert "By hand." in reply.text.split('id="other"')[1].split("</section>")[0]
    assert read_field(reply, "title") == "From the form"
    assert again.status_code == 303


def test_two_tabs_do_not_undo_each_other(studio, page, client):
    first, second = read_form(studio.get(page)), read_form(studio.get(page))
    studio.post(page, data={**first, "title": "By the first tab", "do": "publish"})

    reply = studio.post(page, data={**second, "notes": "By the second tab", "do": "publish"})

    assert reply.status_code == 409
    assert read_field(reply, "notes") == "By the second tab"
    assert read_titles(client) == ["By the first tab"]


def list_differences(reply):
    """The table of what changed meanwhile, row by row as words."""
    rows = html.fromstring(reply.data).xpath("//section[h2/@id='other']//tbody/tr")
    return [[" ".join(cell.text_content().split()) for cell in row] for row in rows]


def test_two_changes_of_different_things_come_together_in_the_form(studio, page, client):
    first, second = read_form(studio.get(page)), read_form(studio.get(page))
    studio.post(page, data={**first, "title": "By the first tab", "tags": "maps", "do": "publish"})

    reply = studio.post(page, data={**second, "notes": "By the second tab", "season": "4", "do": "publish"})
    again = studio.post(page, data={**read_form(reply), "do": "publish"})

    assert list_differences(reply) == [
        ["Title", "By the first tab", "Why maps lie", "Theirs"],
        ["Show notes", "Theirs: About maps. Yours: By the second tab", "Yours Take theirs Show notes"],
        ["Season", "(nothing)", "4", "Yours Take theirs Season"],
        ["Tags", "maps", "(nothing)", "Theirs"],
    ]
    assert again.status_code == 303
    after = studio.get(page)
    assert [read_field(after, name) for name in ("title", "tags", "season", "notes")] == [
        "By the first tab",
        "maps",
        "4",
        "By the second tab",
    ]


def test_where_both_changed_the_same_yours_stays_unless_theirs_is_ticked(studio, page, client):
    first, second = read_form(studio.get(page)), read_form(studio.get(page))
    studio.post(page, data={**first, "title": "By the first tab", "notes": "One\n\nTwo", "do": "publish"})

    reply = studio.post(page, data={**second, "title": "By the second", "notes": "One\n\nThree", "do": "publish"})
    ticked = studio.post(page, data={**read_form(reply), "take": "title", "do": "publish"})

    assert read_field(reply, "title") == "By the second"
    assert list_differences(reply)[1][1] == "Theirs: Two Yours: Three" or "Theirs: Two" in list_differences(reply)[1][1]
    assert ticked.status_code == 303
    assert read_titles(client) == ["By the first tab"]
    assert read_field(studio.get(page), "notes") == "One\n\nThree"


def test_a_form_of_long_ago_without_marks_takes_nothing_over(studio, page):
    first, second = read_form(studio.get(page)), read_form(studio.get(page))
    studio.post(page, data={**first, "title": "By the first tab", "do": "publish"})

    for base in ("", "[]", "{", '{"title": 7}'):
        reply = studio.post(page, data={**second, "base": base, "do": "publish"})

        assert reply.status_code == 409
        assert read_field(reply, "title") == "Why maps lie"


def test_a_draft_that_was_deleted_meanwhile_can_be_saved_anew(studio, publish):
    path = publish("draft").location.partition("?")[0]
    form = read_form(studio.get(path))
    studio.post(f"{path}/delete", data={"csrf_token": form["csrf_token"]})

    reply = studio.post(path, data={**form, "notes": "Typed meanwhile", "do": "draft"})
    again = studio.post("/studio/episodes/new", data={**read_form(reply), "do": "draft"})

    assert reply.status_code == 409
    assert "deleted while the form was open" in reply.text
    assert read_field(reply, "notes") == "Typed meanwhile"
    assert again.status_code == 303
    assert read_field(studio.get(again.location), "notes") == "Typed meanwhile"


def test_new_audio_has_a_new_address_and_the_old_one_goes_on_a7(studio, page, client, root):
    old = html.fromstring(client.get("/feed.xml").data).xpath("//enclosure/@url")[0]

    save(studio, page, audio=make_m4a(9))

    new = html.fromstring(client.get("/feed.xml").data).xpath("//enclosure/@url")[0]
    assert sorted(path.name for path in (root / FOLDER).iterdir()) == ["audio.m4a", "notes.md"]
    assert new != old
    assert client.get(new).data == make_m4a(9)
    assert client.get(old).data == RECORDING


def test_new_audio_of_a_members_episode_stays_the_members(studio, publish, root):
    path = publish(audio=RECORDING, who="members").location.partition("?")[0]

    save(studio, path, audio=make_mp3(9))

    assert sorted(each.name for each in (root / FOLDER).iterdir()) == ["members.mp3", "notes.md"]
    assert (root / FOLDER / "members.mp3").read_bytes() == make_mp3(9)


def test_a_file_beside_can_be_taken_out(studio, publish, root):
    path = publish(audio=RECORDING, preview=make_mp3(2)).location.partition("?")[0]

    save(studio, path, remove="preview")

    assert sorted(each.name for each in (root / FOLDER).iterdir()) == ["audio.mp3", "notes.md"]


def test_the_last_sound_of_a_published_episode_cannot_be_taken_out(studio, publish, root):
    path = publish(audio=RECORDING, who="members").location.partition("?")[0]

    reply = save(studio, path, remove="members")

    assert reply.status_code == 422
    assert (root / FOLDER / "members.mp3").is_file()


def test_members_first_shows_its_day_and_can_be_moved(studio, publish, root):
    path = publish(audio=RECORDING, who="first", first_days="3").location.partition("?")[0]
    shown = studio.get(path)

    save(studio, path, public_at="2026-06-20T06:00")

    assert read_field(shown, "public_at") == "2026-06-05T12:00"
    assert "public_from: 2026-06-20 06:00\n" in read_notes(root, FOLDER)


@pytest.fixture
def ten_days_later(at_ten, studio, services, ada):
    """Lets ten days pass; Ada signs in again."""

    def wait():
        at_ten.shift(10 * 24 * 3600)
        sign_in(studio, services, ada)

    return wait


def test_members_first_from_now_on_counts_from_now(studio, page, ten_days_later, client, root):
    ten_days_later()

    save(studio, page, who="first", first_days="3")

    assert "public_from: 2026-06-15 12:00\n" in read_notes(root, FOLDER)
    assert read_titles(client) == []


def test_an_old_day_of_members_first_is_no_mistake(studio, publish, ten_days_later):
    path = publish(audio=RECORDING, who="first", first_days="3").location.partition("?")[0]
    ten_days_later()

    assert save(studio, path, summary="Short.").status_code == 303


@pytest.mark.parametrize("content", [b"GIF89a" + bytes(5000), b"", make_m4a(60)[:9000]])
def test_new_audio_that_cannot_be_used_leaves_the_old(studio, page, root, content):
    reply = save(studio, page, audio=content, title="Typed")

    assert reply.status_code == 422
    assert read_field(reply, "title") == "Typed"
    assert (root / FOLDER / "audio.mp3").read_bytes() == RECORDING


def test_a_mistake_brings_the_form_back_as_typed(studio, page, root):
    reply = save(studio, page, at="never", title="Typed")

    assert reply.status_code == 422
    assert "Enter a day and time" in reply.text
    assert read_field(reply, "title") == "Typed"
    assert "Why maps lie" in read_notes(root, FOLDER)


def test_a_draft_is_published(studio, draft, client):
    reply = save(studio, draft)

    assert "It is out." in studio.get(reply.location).text
    assert read_titles(client) == ["Why maps lie"]


def test_a_draft_is_saved_as_one(studio, draft, root, client):
    save(studio, draft, "draft", notes="More words.")

    assert read_notes(root, FOLDER).endswith("\nMore words.\n")
    assert "date:" not in read_notes(root, FOLDER)
    assert read_titles(client) == []


def test_a_published_episode_does_not_become_a_draft(studio, page, client):
    save(studio, page, "draft")

    assert read_titles(client) == ["Why maps lie"]


def test_withdrawing_asks_first(studio, page, client):
    asked = studio.get(f"{page}/withdraw")

    assert "You can bring it back." in asked.text
    assert read_titles(client) == ["Why maps lie"]


def test_withdrawn_is_gone_from_feed_and_page_and_can_come_back(studio, page, press, client):
    press(f"{page}/withdraw", f"{page}/withdraw")
    gone = read_titles(client), client.get("/episodes/why-maps-lie/").status_code

    press(page, f"{page}/bring-back")

    assert gone == ([], 410)
    assert read_titles(client) == ["Why maps lie"]
    assert client.get("/episodes/why-maps-lie/").status_code == 200


def test_a_draft_is_deleted_with_its_folder(studio, draft, press, root):
    reply = press(f"{draft}/delete", f"{draft}/delete")

    assert "The draft is deleted." in studio.get(reply.location).text
    assert not (root / FOLDER).exists()
    assert studio.get(draft).status_code == 404


def test_a_published_episode_is_not_deleted(page, press, root):
    reply = press(f"{page}/delete", f"{page}/delete")

    assert reply.status_code == 409
    assert "Withdraw it instead." in reply.text
    assert (root / FOLDER).is_dir()


def test_notes_with_a_mistake_are_shown_not_overwritten(studio, page, root):
    values = read_form(studio.get(page))
    path = root / FOLDER / "notes.md"
    broken = path.read_text().replace("date: 2026-06-02 12:00", "date: next week")
    path.write_text(broken)

    shown = studio.get(page)
    saved = studio.post(page, data={**values, "title": "Typed", "do": "publish"})

    assert "notes.md:3" in shown.text
    assert (saved.status_code, read_field(saved, "title")) == (409, "Typed")
    assert "notes.md:3" in saved.text
    assert path.read_text() == broken


def test_what_was_typed_can_be_sent_again_once_the_notes_are_mended(studio, page, root, client):
    values = read_form(studio.get(page))
    path = root / FOLDER / "notes.md"
    whole = path.read_text()
    path.write_text(whole.replace("date: 2026-06-02 12:00", "date: next week"))
    refused = studio.post(page, data={**values, "title": "Typed", "do": "publish"})
    path.write_text(whole)

    reply = studio.post(page, data={**read_form(refused), "do": "publish"})

    assert reply.status_code == 303
    assert read_titles(client) == ["Typed"]


def test_a_folder_that_is_gone_says_so(studio, page, root):
    for path in (root / FOLDER).iterdir():
        path.unlink()
    (root / FOLDER).rmdir()

    assert "not there any more" in studio.get(page).text


def test_what_was_typed_for_a_folder_that_is_gone_is_still_on_the_page(studio, page, root):
    values = read_form(studio.get(page))
    shutil.rmtree(root / FOLDER)

    reply = studio.post(page, data={**values, "notes": "Typed", "do": "publish"})

    assert (reply.status_code, read_field(reply, "notes")) == (409, "Typed")


def test_an_episode_that_never_was_is_not_found(studio):
    assert studio.get("/studio/episodes/99").status_code == 404


def test_the_list_is_searched_and_narrowed(studio, publish):
    publish(audio=RECORDING, title="About maps")
    publish("draft", title="About salt")

    assert "About salt" not in studio.get("/studio/episodes?q=MAPS").text
    assert "About maps" not in studio.get("/studio/episodes?state=draft").text
    assert "No episode fits that." in studio.get("/studio/episodes?q=nothing").text


def test_a_folder_put_there_by_hand_is_read_at_a_press(studio, press, root):
    folder = root / "by-hand"
    folder.mkdir()
    (folder / "notes.md").write_text("---\ntitle: By hand\n---\n")

    reply = press("/studio/episodes", "/studio/scan")

    assert "By hand" in studio.get(reply.location).text


@pytest.mark.parametrize("act", ["withdraw", "bring-back"])
def test_a_full_disk_while_withdrawing_or_bringing_back_is_told(studio, page, root, act):
    before, token = read_notes(root, FOLDER), read_token(studio.get(page))

    with full_disk():
        reply = studio.post(f"{page}/{act}", data={"csrf_token": token})

    assert reply.status_code == 503
    assert f"The folder {FOLDER} could not be written" in reply.text
    assert read_notes(root, FOLDER) == before


# ---- a date before that of the newest episode (rule 5.6)

BACKDATED = "do not announce it as new"


def test_5_6_an_episode_that_comes_out_at_an_older_date_is_told_of(studio, publish, page):
    older = publish(audio=make_mp3(3), title="Found again", when="at", at="2026-05-01T06:00")
    newer = publish(audio=make_mp3(4), title="Next", when="at", at="2026-06-09T06:00")

    assert BACKDATED in studio.get(older.location).text
    assert BACKDATED not in studio.get(newer.location).text
    assert BACKDATED not in studio.get(older.location.partition("?")[0]).text


def test_5_6_only_a_date_that_was_changed_is_told_of(studio, publish, page):
    older = publish(audio=make_mp3(3), title="Found again", when="at", at="2026-05-01T06:00").location.partition("?")[0]

    renamed = save(studio, older, title="Found once more")
    moved_back = save(studio, older, at="2026-04-01T06:00")
    newest_moved_back = save(studio, page, at="2026-06-02T11:00")
    behind_the_other = save(studio, page, at="2026-03-01T11:00")

    said = [BACKDATED in studio.get(each.location).text for each in (renamed, moved_back)]
    assert said == [False, True]
    assert BACKDATED not in studio.get(newest_moved_back.location).text
    assert BACKDATED in studio.get(behind_the_other.location).text


def test_5_6_a_draft_is_not_announced_anyhow(studio, publish, page):
    draft = publish("draft", audio=make_mp3(3), title="Later", when="at", at="2026-05-01T06:00")

    assert BACKDATED not in studio.get(draft.location).text
