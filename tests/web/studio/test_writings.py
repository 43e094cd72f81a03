"""Articles, pages, people and calls in the studio: written, changed, withdrawn, brought back, with their pictures."""

import io

import pytest
from lxml import html
from PIL import Image

from podcastsvc.storage.tables.writing import Writing
from tests.catalogue.disks import full_disk
from tests.web.shelf import main_of, read, words
from tests.web.studio.conftest import read_field, send_form

pytestmark = pytest.mark.usefixtures("show")

ARTICLE = "articles/2026-06-02-why-maps-lie.md"
REQUIRED = {"calls": {"starts": "2026-06-09T19:00"}}


def read_form(reply):
    """The values of the page's form as a browser would send them without a change."""
    form = html.fromstring(reply.data).get_element_by_id("form")
    values = {name: value for name, value in form.form_values() if not name.endswith(("_file", "_files"))}
    return {**values, "notes": values["notes"].removeprefix("\n")}


@pytest.fixture
def send(studio):
    """Sends the form of a page as a browser would: all its fields, then what the test says."""

    def press(path, do="publish", **typed):
        values = read_form(studio.get(path))
        files = {name: value for name, value in typed.items() if isinstance(value, bytes)}
        texts = {name: value for name, value in typed.items() if not isinstance(value, bytes)}
        return send_form(studio, path, {**values, **texts, "do": do}, files)

    return press


@pytest.fixture
def article(send):
    """The path of a published article's page in the studio."""
    reply = send(
        "/studio/articles/new",
        title="Why maps lie",
        notes="Every map is *drawn*.",
        authors="Ada Lind https://ada.example/",
    )
    return reply.location.partition("?")[0]


def make_picture(kind="PNG"):
    out = io.BytesIO()
    Image.new("RGB", (40, 30), "teal").save(out, kind)
    return out.getvalue()


def read_rows(services):
    with services.db.reading() as session:
        return {row.file: row for row in session.query(Writing)}


@pytest.mark.parametrize("place", ["articles", "pages", "people", "calls"])
def test_a_text_of_each_kind_is_written_listed_and_opened_again(studio, send, services, place):
    empty = main_of(studio.get(f"/studio/{place}"))

    reply = send(f"/studio/{place}/new", title="First one", notes="Words.", **REQUIRED.get(place, {}))
    page = studio.get(reply.location)
    listed = main_of(studio.get(f"/studio/{place}"))

    assert "Nothing here yet" in empty
    assert reply.status_code == 303
    assert "It is saved and out." in main_of(page)
    assert read_field(page, "title") == "First one"
    assert "First one Published" in listed
    assert [row.title for row in read_rows(services).values()] == ["First one"]


def test_an_article_says_all_that_the_form_says(studio, send, root, services):
    send(
        "/studio/articles/new",
        title="Why maps lie",
        notes="Every map is *drawn*.",
        authors="Ada Lind https://ada.example/\nBen Otero",
        who="first",
        first_days="3",
        tags="maps, empire",
        summary="What a line hides.",
        updated="2026-06-02T11:00",
        slug="maps",
    )

    raw = (root / "articles/2026-06-02-maps.md").read_text()

    assert "date: 2026-06-02 12:00\n" in raw
    assert "updated: 2026-06-02 11:00\n" in raw
    assert "access: members\npublic_from: 2026-06-05 12:00\n" in raw
    assert "authors: [{name: Ada Lind, url: https://ada.example/}, {name: Ben Otero}]\n" in raw
    assert "tags: [maps, empire]\n" in raw
    assert read_rows(services)["articles/2026-06-02-maps.md"].slug == "maps"


def test_saving_without_a_change_changes_no_byte(studio, send, article, root):
    before = (root / ARTICLE).read_bytes()

    reply = send(article)

    assert reply.status_code == 303
    assert (root / ARTICLE).read_bytes() == before


def test_what_the_form_does_not_know_stays(send, article, root):
    path = root / ARTICLE
    path.write_text(path.read_text().replace("title:", "mood: calm  # mine\ntitle:", 1))

    send(article, summary="Short.")

    assert "mood: calm  # mine\n" in path.read_text()
    assert "summary: Short.\n" in path.read_text()


def test_a_draft_is_kept_and_comes_out_later(studio, send, services, root):
    page = send("/studio/articles/new", "draft", title="Not yet").location.partition("?")[0]
    kept = main_of(studio.get(f"{page}?done=saved"))

    send(page, title="Now", when="now")

    assert "Nobody but you sees it." in kept
    (row,) = read_rows(services).values()
    assert (row.title, row.published_at is not None) == ("Now", True)


def test_a_scheduled_article_is_shown_with_utc_and_goes_back_to_a_draft(studio, send, services):
    page = send("/studio/articles/new", title="Later", when="at", at="2026-06-09T06:00").location.partition("?")[0]
    shown = main_of(studio.get(page))

    send(page, "draft")

    assert "Tuesday 9 June at 06:00, Europe/Madrid (Tuesday 9 June at 04:00, UTC)" in shown
    (row,) = read_rows(services).values()
    assert row.published_at is None


@pytest.mark.parametrize(
    ("place", "typed", "said"),
    [
        ("articles", {"title": ""}, "Enter a title."),
        ("articles", {"slug": "Why Maps"}, "such as why-maps"),
        ("articles", {"language": "klingon!"}, "Enter a language's code"),
        ("articles", {"when": "at", "at": "soon"}, "Enter a day and time"),
        ("articles", {"authors": "x" * 200}, "Line 1 cannot be used"),
        ("pages", {"slug": "join"}, "the site has a page of its own"),
        ("pages", {"title": "Search"}, "the site has a page of its own"),
        ("pages", {"menu": "first"}, "Enter a whole number"),
        ("pages", {"sponsors": "Harbour | javascript:alert(1)"}, "Line 1 cannot be used"),
        ("pages", {"reviews": "Calm. | Ben | Paper | https://x.example | 9"}, "Line 1 cannot be used"),
        ("calls", {"starts": ""}, "on which day and at what time"),
        ("calls", {"room": "javascript:alert(1)"}, "begins with https://"),
        ("people", {"links": "nowhere"}, "Line 1 cannot be used"),
    ],
)
def test_a_mistake_is_named_and_nothing_typed_is_lost(send, root, place, typed, said):
    reply = send(f"/studio/{place}/new", **{"title": "First", "notes": "My words.", **REQUIRED.get(place, {}), **typed})

    assert reply.status_code == 422
    assert said in main_of_refusal(reply)
    assert read_field(reply, "notes") == "My words."
    assert all(read_field(reply, name) == value for name, value in typed.items() if name != "when")
    assert not (root / place).exists()


def main_of_refusal(reply):
    return words(html.fromstring(reply.data).find(".//main"))


def test_two_tabs_the_second_sees_both_field_by_field_and_may_save_over(studio, send, article, root):
    values = read_form(studio.get(article))
    send(article, title="From the first tab", tags="maps")

    reply = studio.post(article, data={**values, "title": "From the second tab", "do": "publish"})
    shown = main_of_refusal(reply)
    again = studio.post(article, data={**read_form(reply), "do": "publish"})

    assert reply.status_code == 409
    assert "Title There now From the first tab Yours From the second tab" in shown
    assert "Tags There now maps Yours –" in shown
    assert read_field(reply, "title") == "From the second tab"
    assert again.status_code == 303
    assert "title: From the second tab\n" in (root / ARTICLE).read_text()


def test_a_second_press_writes_no_second_text(studio, root):
    values = {**read_form(studio.get("/studio/pages/new")), "title": "About", "do": "publish"}

    replies = [studio.post("/studio/pages/new", data=values) for _ in range(2)]

    assert [reply.status_code for reply in replies] == [303, 409]
    assert [path.name for path in (root / "pages").iterdir()] == ["about.md"]


def test_a_title_that_is_there_already_gets_an_address_of_its_own(send, services):
    for _ in range(2):
        send("/studio/calls/new", title="Open questions", starts="2026-06-09T19:00")

    assert sorted(row.slug for row in read_rows(services).values()) == ["open-questions", "open-questions-2"]


def test_an_address_that_another_text_has_is_refused(send):
    send("/studio/pages/new", title="About")

    reply = send("/studio/pages/new", title="Us", slug="about")

    assert "Another text has this address" in main_of_refusal(reply)


def test_a_translation_has_the_same_address_and_its_language_in_the_file_s_name(studio, send, services):
    page = send("/studio/pages/new", title="About").location.partition("?")[0]
    (link,) = [
        link.get("href")
        for link in read(studio.get(page)).iter("a")
        if "Write it in this language: Español" in words(link)
    ]

    send(link, title="Quiénes somos")

    rows = read_rows(services)
    assert {name: (row.slug, row.language) for name, row in rows.items()} == {
        "pages/about.md": ("about", "en"),
        "pages/about.es.md": ("about", "es"),
    }


def test_a_published_text_is_withdrawn_and_brought_back(studio, article, press, root):
    before = (root / ARTICLE).read_bytes()

    press(f"{article}/withdraw", f"{article}/withdraw")
    withdrawn = main_of(studio.get(f"{article}?done=saved"))
    press(article, f"{article}/bring-back")

    assert "told that it is gone" in withdrawn
    assert (root / ARTICLE).read_bytes() == before


def test_a_draft_is_deleted_and_what_is_out_is_not(studio, send, article, press, root):
    draft = send("/studio/articles/new", "draft", title="Half").location.partition("?")[0]

    gone = press(f"{draft}/delete", f"{draft}/delete")
    kept = press(f"{article}/delete", f"{article}/delete")

    assert gone.location == "/studio/articles?done=deleted"
    assert kept.status_code == 409
    assert [path.name for path in (root / "articles").iterdir()] == ["2026-06-02-why-maps-lie.md"]


def test_a_picture_is_kept_beside_the_text(send, article, root):
    send(article, picture_file=make_picture(), picture_alt="A map", picture_credit="Ada")

    raw = (root / ARTICLE).read_text()

    assert "picture: picture-file.png\npicture_alt: A map\npicture_credit: Ada\n" in raw
    assert (root / "articles/picture-file.png").read_bytes() == make_picture()


def test_pictures_for_the_body_come_back_as_lines_to_copy_and_the_form_as_typed(send, root):
    reply = send("/studio/pages/new", "upload", title="About", notes="Half.", inside_files=make_picture("WEBP"))

    assert reply.status_code == 200
    assert 'value="![What the picture shows](inside-files.webp)"' in reply.text
    assert read_field(reply, "notes") == "Half."
    assert [path.name for path in (root / "pages").iterdir()] == ["inside-files.webp"]


def test_a_file_that_is_no_picture_is_refused_and_nothing_typed_is_lost(send, root):
    reply = send("/studio/pages/new", title="About", notes="Mine.", picture_file=b"<svg onload=alert(1)>")

    assert reply.status_code == 422
    assert "The picture must be a JPEG, PNG or WebP." in main_of_refusal(reply)
    assert read_field(reply, "notes") == "Mine."
    assert not (root / "pages").exists()


def test_a_full_disk_is_said_and_nothing_typed_is_lost(studio, send, article, root):
    before = (root / ARTICLE).read_bytes()
    values = {**read_form(studio.get(article)), "title": "New", "do": "publish"}

    with full_disk():
        reply = studio.post(article, data=values)

    assert reply.status_code == 503
    assert read_field(reply, "title") == "New"
    assert (root / ARTICLE).read_bytes() == before


def test_a_file_with_a_mistake_is_shown_and_not_changed(studio, send, article, root):
    values = read_form(studio.get(article))
    path = root / ARTICLE
    path.write_text(path.read_text().replace("date: 2026", "date: soon 2026"))

    page = main_of(studio.get(article))
    reply = studio.post(article, data={**values, "title": "New", "do": "publish"})

    assert "The text cannot be changed here." in page
    assert reply.status_code == 409
    assert read_field(reply, "title") == "New"


def test_the_list_is_searched_and_narrowed(studio, send, article):
    send("/studio/articles/new", "draft", title="Half a thought")

    by_word = main_of(studio.get("/studio/articles?q=MAPS"))
    by_state = main_of(studio.get("/studio/articles?state=draft"))
    nothing = main_of(studio.get("/studio/articles?q=zebra"))

    assert ("Why maps lie" in by_word, "Half a thought" in by_word) == (True, False)
    assert ("Why maps lie" in by_state, "Half a thought" in by_state) == (False, True)
    assert "No text fits that." in nothing


def test_sponsors_and_reviews_stand_in_lines_and_come_back_as_they_were(studio, send, root):
    lines = {
        "sponsors": "Harbour Books | https://books.example/ | Books by sea | harbour.png\nNorte Coffee",
        "reviews": "Calm and clear. | Ben | The Paper | https://paper.example/ | 5",
    }
    page = send("/studio/pages/new", title="Thanks", menu="3", **lines).location.partition("?")[0]
    raw = (root / "pages/thanks.md").read_text()

    shown = studio.get(page)
    send(page)

    assert {name: read_field(shown, name) for name in lines} == lines
    assert (root / "pages/thanks.md").read_text() == raw
    assert "stars: 5" in raw


def test_an_object_store_is_said_as_for_episodes(studio, services):
    object.__setattr__(services.settings, "episodes", "s3://show/tree")

    reply = studio.get("/studio/pages/new")

    assert reply.status_code == 500
    assert "The texts lie in an object store" in reply.text


def test_of_another_kind_nothing_is_found_at_a_text_s_number(studio, article):
    number = article.rpartition("/")[2]

    assert studio.get(f"/studio/pages/{number}").status_code == 404
    assert studio.get("/studio/articles/999").status_code == 404


# ---- forms that save themselves


def keep(studio, path, **typed):
    """What the script sends after ten seconds; the id of what was kept."""
    page = studio.get(path)
    place = path.split("/")[2]
    reply = studio.post(f"/studio/{place}/keep", data={**read_form(page), **typed})
    assert reply.status_code == 200, reply.text
    return reply.json["kept"]


def test_a_new_text_that_was_not_saved_is_offered_and_gone_on_with(studio, send, root):
    kept = keep(studio, "/studio/articles/new", title="Half a thought", notes="And then")
    link = next(each for each in read(studio.get("/studio/articles")).iter("a") if words(each) == "Half a thought")

    page = studio.get(link.get("href"))
    send(link.get("href"))

    assert kept in link.get("href")
    assert (read_field(page, "title"), read_field(page, "notes")) == ("Half a thought", "And then")
    assert "Not saved yet" not in main_of(studio.get("/studio/articles"))
    assert [path.name for path in (root / "articles").iterdir()] == ["2026-06-02-half-a-thought.md"]


def test_what_was_typed_about_a_text_waits_on_its_page_and_changes_nothing(studio, send, article, root):
    before = (root / ARTICLE).read_bytes()

    kept = keep(studio, article, title="Another title")
    page = main_of(studio.get(article))
    again = studio.get(f"{article}?kept={kept}")

    assert "is not saved." in page
    assert (root / ARTICLE).read_bytes() == before
    assert read_field(again, "title") == "Another title"


def test_saving_forgets_what_was_kept(studio, send, article):
    keep(studio, article, title="Another title")

    send(article, title="A third")

    assert "is not saved." not in main_of(studio.get(article))


def test_what_was_kept_can_be_thrown_away(studio, press):
    kept = keep(studio, "/studio/pages/new", title="Half")

    reply = press("/studio/pages", f"/studio/unsaved/{kept}/remove")

    assert reply.location == "/studio/pages"
    assert "Half" not in main_of(studio.get("/studio/pages"))


def test_forms_of_texts_are_no_drafts_of_episodes_and_no_others(studio, article):
    kept = keep(studio, "/studio/pages/new", title="Half a page")

    assert "Half a page" not in studio.get("/studio/episodes/new").text
    assert read_field(studio.get(f"/studio/articles/new?kept={kept}"), "title") == ""
    assert read_field(studio.get(f"/studio/episodes/new?kept={kept}"), "title") == ""
