"""The scan of texts: files become rows, mistakes are named, nothing in the tree is lost."""

import os
from datetime import UTC, datetime, timedelta

import pytest

from podcastsvc.catalogue.problems import list_problems
from podcastsvc.catalogue.tree import TEXT_FOLDERS, Folder, open_tree
from podcastsvc.content import writings
from podcastsvc.content.kinds.table import KINDS
from podcastsvc.storage.tables.episode import ScanEntry
from tests.catalogue.folders import write, write_episode
from tests.catalogue.sites import NOW, changes_of, remarks_of

ARTICLE = "articles/2026-05-30-why-maps-lie.md"


def test_an_article_becomes_a_row_with_all_that_its_file_says(texts):
    texts.write(
        ARTICLE,
        title="Why maps lie",
        date="2026-05-30 06:00",
        updated="2026-05-31",
        authors="[{name: Ada Lind, url: https://ada.example/}, Ben Otero]",
        tags="[maps, empire]",
        access="members",
        public_from="2026-06-05 06:00",
        body="## Lines\n\nEvery map is *drawn*.\n",
    )

    report = texts.scan()
    row = texts.get(ARTICLE)

    assert changes_of(report) == {ARTICLE: "added"}
    assert (row.kind, row.slug, row.language, row.title) == ("article", "why-maps-lie", "en", "Why maps lie")
    assert row.html == "<h2>Lines</h2>\n<p>Every map is <em>drawn</em>.</p>"
    assert [(person["name"], person["role"]) for person in row.people] == [
        ("Ada Lind", "author"),
        ("Ben Otero", "author"),
    ]
    assert (row.access_kind, row.public_from) == ("members", datetime(2026, 6, 5, 6, tzinfo=UTC))
    assert (row.words, row.tags, row.summary) == (5, ["maps", "empire"], "")
    assert row.updated_at == datetime(2026, 5, 31, tzinfo=UTC)


def test_a_guid_is_written_into_an_article_that_comes_out_and_every_other_byte_stays(lite):
    path = write(lite.root / ARTICLE, "---\r\n# mine\r\ntitle: Maps\r\ndate: 2026-05-30\r\n---\r\nText\r\n")

    lite.scan()
    guid = lite.get(ARTICLE).guid

    assert guid
    assert (
        path.read_bytes()
        == f"---\r\n# mine\r\ntitle: Maps\r\ndate: 2026-05-30\r\nguid: {guid}\r\n---\r\nText\r\n".encode()
    )
    assert changes_of(lite.scan()) == {}


def test_a_draft_and_a_page_get_no_guid(lite):
    draft = lite.write("articles/draft.md", title="Not yet")
    page = lite.write("pages/about.md", title="About")
    before = draft.read_bytes(), page.read_bytes()

    lite.scan()

    assert (draft.read_bytes(), page.read_bytes()) == before
    assert lite.get("articles/draft.md").published_at is None


def test_a_page_is_out_without_a_date_unless_it_is_a_draft(texts):
    texts.write("pages/about.md", title="About")
    texts.write("pages/faq.md", title="FAQ", draft="true")
    texts.scan()

    with texts.db.reading() as session:
        found = [row.slug for row in writings.list_out(session, "page", NOW)]

    assert found == ["about"]


def test_one_page_in_two_languages_has_one_slug_and_is_shown_in_the_readers(texts):
    texts.write("pages/about.md", title="About")
    texts.write("pages/about.es.md", title="Quiénes somos")
    texts.write("pages/faq.md", title="FAQ")
    texts.scan()

    with texts.db.reading() as session:
        spanish = [row.title for row in writings.list_out(session, "page", NOW, language="es")]
        found = writings.find_writing(session, "page", "about", ["es-mx", "en"])
        other = writings.find_writing(session, "page", "faq", ["es"])
        languages = writings.list_languages(session, "page", "about", NOW)

    assert sorted(spanish) == ["FAQ", "Quiénes somos"]
    assert (found.title, other.title, languages) == ("Quiénes somos", "FAQ", ["en", "es"])


def test_a_call_knows_when_it_begins_and_where(lite):
    lite.write(
        "calls/june.md", title="June call", starts="2026-06-09 19:00", minutes="45", room="https://meet.example/june"
    )

    lite.scan()
    row = lite.get("calls/june.md")

    assert row.starts_at == datetime(2026, 6, 9, 19, tzinfo=UTC)
    assert (row.facts["minutes"], row.facts["room"]) == (45, "https://meet.example/june")


@pytest.mark.parametrize(
    ("path", "text", "said"),
    [
        (ARTICLE, "---\ntitle: Maps\ndate: yesterday\n---\n", "2026-05-30-why-maps-lie.md:3: 'date' is not a day"),
        (ARTICLE, "---\ntitle: [\n---\n", "2026-05-30-why-maps-lie.md:"),
        (ARTICLE, "---\naccess: freinds\n---\n", "'access' must be public, members, or a list of plan keys"),
        (ARTICLE, "---\ntitle: Maps\n", "the front matter has no end"),
        ("pages/about.md", b"\xff\xfe", "this is not UTF-8 text"),
        ("pages/join.md", "---\ntitle: Join\n---\n", "at /join/ the site has a page of its own"),
        ("calls/june.md", "---\ntitle: June\n---\n", "a call needs its day and time"),
        (
            "calls/june.md",
            "---\nstarts: 2026-06-09 19:00\nroom: javascript:alert(1)\n---\n",
            "must be an address that begins",
        ),
    ],
)
def test_a_mistake_is_named_with_file_and_advice_and_nothing_is_taken_over(lite, path, text, said):
    write(lite.root / path, text)

    report = lite.scan()

    assert any(said in remark for remark in remarks_of(report, path.partition("/")[0]))
    assert report.mistakes
    assert lite.list_files() == []
    with lite.db.reading() as session:
        assert list_problems(session)[0].folder == path.partition("/")[0]


def test_a_mistake_in_one_text_keeps_what_was_known_and_changes_no_other(lite):
    lite.write("pages/about.md", title="About")
    lite.write("pages/faq.md", title="FAQ")
    lite.scan()

    lite.write("pages/about.md", title="New", date="soon")
    lite.write("pages/faq.md", title="Questions")
    lite.scan()

    assert lite.get("pages/about.md").title == "About"
    assert lite.get("pages/faq.md").title == "Questions"


def test_an_unchanged_text_is_not_read_again(lite):
    path = lite.write("pages/about.md", title="About")
    lite.scan()
    stamp = path.stat()
    path.write_bytes(b"x" * stamp.st_size)
    os.utime(path, ns=(stamp.st_atime_ns, stamp.st_mtime_ns))

    assert changes_of(lite.scan()) == {}
    assert lite.get("pages/about.md").title == "About"


def test_two_texts_with_one_address_are_refused_by_name(lite):
    lite.write("articles/2026-05-01-maps.md", title="One", date="2026-05-01")
    lite.write("articles/2026-05-02-maps.md", title="Two", date="2026-05-02")

    report = lite.scan()

    assert any("has the same address as articles/2026-05-01-maps.md" in each for each in remarks_of(report, "articles"))
    assert lite.list_files() == ["articles/2026-05-01-maps.md"]


def test_a_renamed_file_keeps_its_row_and_guid(lite):
    path = lite.write("articles/2026-05-01-maps.md", title="One", date="2026-05-01")
    lite.scan()
    before = lite.get("articles/2026-05-01-maps.md")

    path.rename(path.with_name("2026-05-02-maps.md"))
    lite.scan()
    after = lite.get("articles/2026-05-02-maps.md")

    assert (after.id, after.guid) == (before.id, before.guid)
    assert lite.list_files() == ["articles/2026-05-02-maps.md"]


def test_a_new_slug_leaves_the_old_address_leading_there(lite):
    lite.write("pages/about.md", title="About", aliases="[/quienes-somos/]")
    lite.scan()
    lite.write("pages/about.md", title="About", slug="about-us")
    lite.scan()

    with lite.db.reading() as session:
        found = [writings.find_old(session, path).slug for path in ("/about/", "/quienes-somos/")]

    assert found == ["about-us", "about-us"]


def test_a_deleted_file_takes_its_text_out_of_the_index(lite):
    path = lite.write("pages/about.md", title="About")
    lite.scan()
    path.unlink()

    report = lite.scan()

    assert changes_of(report) == {"pages/about.md": "removed"}
    assert lite.list_files() == []
    with lite.db.reading() as session:
        assert session.get(ScanEntry, "pages/about.md") is None


def test_a_lost_disk_takes_nothing(lite):
    lite.write("pages/about.md", title="About").unlink()
    lite.write("pages/about.md", title="About")
    lite.scan()
    (lite.root / "pages/about.md").unlink()
    (lite.root / "show.yaml").unlink()

    lite.scan()

    assert lite.list_files() == ["pages/about.md"]


def test_a_file_that_grows_waits_for_the_next_scan(lite):
    path = write(lite.root / "pages/about.md", "---\ntitle: About\n---\nHalf", age_seconds=0)

    class Growing(type(lite_tree(lite))):
        looks = 0

        def list_texts(self):
            found = super().list_texts()
            type(self).looks += 1
            path.write_text(f"---\ntitle: About\n---\nHalf and {'more' * self.looks}")
            return found

    report = lite.scan(tree=Growing(lite.root))

    assert changes_of(report) == {"pages/about.md": "waiting"}
    assert lite.list_files() == []


def lite_tree(site):
    return open_tree(site.settings)


def test_the_scan_of_episodes_leaves_texts_and_what_is_known_of_them_alone(lite):
    write(lite.root / "articles/notes.md", "---\ntitle: Notes on maps\ndate: 2026-05-01\n---\n")
    write_episode(lite.root, "2026-05-30-maps")
    lite.scan()

    super(type(lite), lite).scan()

    assert lite.list_folders() == ["2026-05-30-maps"]
    assert changes_of(lite.scan()) == {}
    assert lite.list_files() == ["articles/notes.md"]


def test_the_state_changes_with_each_change_and_with_each_instant(texts):
    texts.write(ARTICLE, title="Maps", date="2026-06-02")
    texts.scan()

    def read(now):
        with texts.db.reading() as session:
            return writings.read_state(session, now)

    before = read(NOW)
    assert before == read(NOW + timedelta(minutes=1))
    assert before != read(NOW + timedelta(days=2))
    texts.write(ARTICLE, title="Charts", date="2026-06-02")
    texts.scan(now=NOW + timedelta(minutes=1))
    assert before != read(NOW)


def test_each_kind_has_a_folder_that_the_tree_lists(lite):
    assert sorted(kind.folder for kind in KINDS.values()) == sorted(TEXT_FOLDERS)


def test_a_folder_that_cannot_be_looked_into_keeps_its_texts(lite):
    lite.write("pages/about.md", title="About")
    lite.scan()

    class Closed(type(lite_tree(lite))):
        def list_texts(self):
            return [Folder("pages", problem="You may not read it.")]

    report = lite.scan(tree=Closed(lite.root))

    assert any("You may not read it" in each for each in remarks_of(report, "pages"))
    assert lite.list_files() == ["pages/about.md"]
