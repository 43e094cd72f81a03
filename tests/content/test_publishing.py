"""Writing from the studio: files as a person would write them, read back by the scan, and nothing lost."""

import io
from dataclasses import replace
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from PIL import Image

from podcastsvc.content import beside, publishing
from podcastsvc.content.kinds.table import KINDS
from podcastsvc.content.publishing import Contents
from podcastsvc.errors import Conflict, Invalid, NotFound, Unavailable
from tests.catalogue.disks import full_disk
from tests.catalogue.folders import write
from tests.catalogue.sites import NOW, changes_of

ZONE = ZoneInfo("UTC")
"""That of the show in these trees."""
ARTICLE, PAGE, PERSON, CALL = (KINDS[name] for name in ("article", "page", "person", "call"))
MAPS = Contents(
    "Why maps lie",
    "Every map is *drawn*.",
    published_at=datetime(2026, 5, 30, 6, 0, tzinfo=UTC),
    access_kind="members",
    public_from=datetime(2026, 6, 5, 6, 0, tzinfo=UTC),
    tags=("maps", "empire"),
    summary="What a line hides.",
    facts={
        "authors": [{"name": "Ada Lind", "role": "author", "group": "cast", "url": "https://ada.example/", "image": ""}]
    },
)


def create(site, kind, contents, *, language="en"):
    return publishing.create(site.root, kind, contents, zone=ZONE, now=NOW, language=language)


def change(site, path, kind, **changes):
    opened = publishing.open_text(site.root, path, kind, zone=ZONE)
    contents = replace(read_contents(opened.text), **changes)
    publishing.change(site.root, path, kind, contents, zone=ZONE, seen=opened.mark)


def read_contents(text):
    notes = text.notes
    return Contents(
        title=notes.title,
        body=notes.body,
        is_draft=text.is_draft,
        published_at=notes.published_at,
        updated_at=text.updated_at,
        access_kind=notes.access_kind,
        plans=notes.plans,
        public_from=notes.public_from,
        slug=notes.slug,
        language=notes.language,
        summary=notes.summary,
        tags=notes.tags,
        listed=notes.listed,
        picture=text.picture,
        picture_alt=text.picture_alt,
        picture_credit=text.picture_credit,
        facts=text.own.facts,
        starts_at=text.own.starts_at,
    )


def test_an_article_is_a_file_that_the_scan_reads(lite):
    path = create(lite, ARTICLE, MAPS)
    raw = (lite.root / path).read_text()

    lite.scan()
    row = lite.get(path)

    assert path == "articles/2026-05-30-why-maps-lie.md"
    assert "date: 2026-05-30 06:00\n" in raw
    assert "authors: [{name: Ada Lind, url: https://ada.example/}]\n" in raw
    assert "public_from: 2026-06-05 06:00\n" in raw
    assert (row.slug, row.title, row.access_kind, row.tags) == (
        "why-maps-lie",
        "Why maps lie",
        "members",
        ["maps", "empire"],
    )
    assert row.guid in raw
    assert changes_of(lite.scan()) == {}


def test_a_draft_has_neither_date_nor_guid(lite):
    path = create(lite, ARTICLE, Contents("Not yet", "Half."))

    assert path == "articles/2026-06-01-not-yet.md"
    assert (lite.root / path).read_text() == "---\ntitle: Not yet\n---\n\nHalf.\n"


def test_names_that_are_taken_are_left_alone(lite):
    first = create(lite, PAGE, Contents("FAQ"))
    before = (lite.root / first).read_bytes()

    second = create(lite, PAGE, Contents("FAQ"))

    assert (first, second) == ("pages/faq.md", "pages/faq-2.md")
    assert (lite.root / first).read_bytes() == before


def test_a_text_in_another_language_has_it_in_its_name(lite):
    path = create(lite, PAGE, Contents("Quiénes somos", slug="about", language="es"))

    assert path == "pages/about.es.md"
    assert (lite.root / path).read_text() == "---\ntitle: Quiénes somos\n---\n"


def test_a_call_says_when_and_where(lite):
    start = datetime(2026, 6, 9, 19, 0, tzinfo=UTC)
    facts = {"minutes": 60, "room": "https://meet.example/june", "recording": ""}

    path = create(lite, CALL, Contents("June call", starts_at=start, facts=facts))
    lite.scan()

    assert path == "calls/2026-06-09-june-call.md"
    assert "starts: 2026-06-09 19:00\nroom: https://meet.example/june\n" in (lite.root / path).read_text()
    assert lite.get(path).slug == "june-call"


def test_a_page_keeps_its_sponsors_and_reviews(lite):
    facts = {
        "menu": 3,
        "sponsors": [{"name": "Harbour & Lane", "url": "https://books.example/", "logo": "", "text": "Books: by sea"}],
        "reviews": [{"text": "Calm.", "by": "Ben", "source": "", "url": "", "stars": 5}],
    }
    path = create(lite, PAGE, Contents("Sponsors", facts=facts))
    lite.scan()

    assert lite.get(path).facts["sponsors"] == facts["sponsors"]
    assert lite.get(path).facts["reviews"] == facts["reviews"]
    assert lite.get(path).facts["menu"] == 3


def test_a_person_keeps_role_and_links(lite):
    facts = {"role": "Historian", "links": [{"name": "Web", "url": "https://ada.example/"}]}
    path = create(lite, PERSON, Contents("Ada Lind", "Writes.", facts=facts))
    lite.scan()

    assert path == "people/ada-lind.md"
    assert {name: lite.get(path).facts[name] for name in facts} == facts


def test_a_change_keeps_every_other_byte(lite):
    before = "---\r\n# mine\r\nTitle: x\r\ntitle: Old   # soon\r\ndate: 2026-05-30\r\nguid: g\r\n---\r\nText\r\n"
    path = write(lite.root / "articles/a.md", before)

    change(lite, "articles/a.md", ARTICLE, title="New", tags=("maps",))

    after = before.replace("title: Old ", "title: New ").replace("guid: g\r\n", "guid: g\r\ntags: [maps]\r\n")
    assert path.read_bytes() == after.encode()


def test_saving_what_was_read_writes_nothing(lite):
    path = create(lite, ARTICLE, MAPS)
    before = (lite.root / path).stat()

    change(lite, path, ARTICLE)

    assert (lite.root / path).stat().st_mtime_ns == before.st_mtime_ns


def test_a_draft_that_comes_out_gets_a_guid(lite):
    path = create(lite, ARTICLE, Contents("Not yet"))

    change(lite, path, ARTICLE, published_at=NOW)

    assert "guid: " in (lite.root / path).read_text()


def test_a_page_becomes_a_draft_and_comes_out_again(lite):
    path = create(lite, PAGE, Contents("About"))

    change(lite, path, PAGE, is_draft=True)
    lite.scan()
    hidden = lite.get(path).published_at
    change(lite, path, PAGE, is_draft=False)
    lite.scan()

    assert hidden is None
    assert lite.get(path).published_at is not None
    assert "draft" not in (lite.root / path).read_text()


def test_who_saves_second_is_told_and_overwrites_nothing(lite):
    path = create(lite, PAGE, Contents("About"))
    opened = publishing.open_text(lite.root, path, PAGE, zone=ZONE)
    change(lite, path, PAGE, title="About us")
    before = (lite.root / path).read_bytes()

    with pytest.raises(Conflict, match="changed by somebody else"):
        publishing.change(lite.root, path, PAGE, Contents("Mine"), zone=ZONE, seen=opened.mark)

    assert (lite.root / path).read_bytes() == before


def test_a_text_is_withdrawn_and_brought_back(lite):
    path = create(lite, ARTICLE, MAPS)
    before = (lite.root / path).read_bytes()

    publishing.withdraw(lite.root, path, ARTICLE, zone=ZONE, now=NOW)
    lite.scan()
    withdrawn = lite.get(path).expires_at
    publishing.bring_back(lite.root, path, ARTICLE, zone=ZONE)

    assert withdrawn == NOW
    assert (lite.root / path).read_bytes() == before


def test_only_drafts_are_deleted(lite):
    draft, article, page = (
        create(lite, ARTICLE, Contents("Not yet")),
        create(lite, ARTICLE, MAPS),
        create(lite, PAGE, Contents("About")),
    )

    publishing.delete_draft(lite.root, draft, ARTICLE, zone=ZONE)
    for path, kind in ((article, ARTICLE), (page, PAGE)):
        with pytest.raises(Conflict, match="Withdraw it instead"):
            publishing.delete_draft(lite.root, path, kind, zone=ZONE)

    assert not (lite.root / draft).exists()
    assert (lite.root / article).exists()


def test_what_is_gone_or_has_a_mistake_is_not_written(lite):
    with pytest.raises(NotFound):
        publishing.open_text(lite.root, "pages/none.md", PAGE, zone=ZONE)
    path = write(lite.root / "pages/about.md", "---\ndate: soon\n---\n")
    with pytest.raises(Invalid, match="Mend the file by hand first"):
        publishing.withdraw(lite.root, "pages/about.md", PAGE, zone=ZONE, now=NOW)

    assert path.read_text() == "---\ndate: soon\n---\n"


def test_a_full_disk_leaves_everything_as_it_was(lite):
    path = create(lite, PAGE, Contents("About", "Long ago."))
    before = (lite.root / path).read_bytes()
    opened = publishing.open_text(lite.root, path, PAGE, zone=ZONE)

    with full_disk():
        with pytest.raises(Unavailable):
            create(lite, PAGE, Contents("FAQ", "Why?"))
        with pytest.raises(Unavailable):
            publishing.change(lite.root, path, PAGE, Contents("Mine"), zone=ZONE, seen=opened.mark)

    assert sorted(each.name for each in (lite.root / "pages").iterdir()) == ["about.md"]
    assert (lite.root / path).read_bytes() == before


# ---- pictures beside texts


def make_picture(kind, colour="teal"):
    out = io.BytesIO()
    Image.new("RGB", (40, 30), colour).save(out, kind)
    return out.getvalue()


@pytest.mark.parametrize(("kind", "name"), [("JPEG", "el-mapa.jpg"), ("PNG", "el-mapa.png"), ("WEBP", "el-mapa.webp")])
def test_a_picture_is_kept_beside_the_text_under_a_plain_name(lite, tmp_path, kind, name):
    source = write(tmp_path / "sent.part", make_picture(kind))

    kept = [beside.keep_picture(lite.root, "articles", source, "../El Mapa!.PNG") for _ in range(2)]

    assert kept == [name, name]
    assert (lite.root / "articles" / name).read_bytes() == source.read_bytes()


def test_another_picture_of_the_same_name_gets_a_number(lite, tmp_path):
    one, two = write(tmp_path / "1", make_picture("PNG")), write(tmp_path / "2", make_picture("PNG", "red"))

    names = [beside.keep_picture(lite.root, "pages", each, "map.png") for each in (one, two)]

    assert names == ["map.png", "map-2.png"]


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        (b"<svg onload='alert(1)'/>", "must be a JPEG, PNG or WebP"),
        (b"\xff\xd8\xff" + b"x" * 90, "cannot be read"),
        (make_picture("PNG")[:60], "cannot be read"),
        (b"GIF89a", "must be a JPEG"),
    ],
)
def test_what_is_no_picture_is_not_kept(lite, tmp_path, raw, said):
    source = write(tmp_path / "sent.part", raw)

    with pytest.raises(Invalid, match=said):
        beside.keep_picture(lite.root, "articles", source, "map.png")

    assert not (lite.root / "articles").exists()
