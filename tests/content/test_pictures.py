"""Pictures beside texts are drawn anew in the widths of pages; what is wrong with one is named, and hides no text."""

import io

import pytest
from PIL import Image

from podcastsvc.content.pictures.drawing import make_picture
from podcastsvc.content.pictures.keeping import write_key
from podcastsvc.errors import Invalid
from podcastsvc.storage.tables.writing import Picture
from tests.catalogue.folders import make_cover, write
from tests.catalogue.sites import changes_of, remarks_of

ARTICLE = "articles/2026-05-30-maps.md"


def draw(width, height, kind="JPEG", mode="RGB", **more):
    out = io.BytesIO()
    Image.new(mode, (width, height), "teal" if mode == "RGB" else 0).save(out, kind, **more)
    return out.getvalue()


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_a_picture_becomes_webp_in_the_widths_of_pages(kind):
    drawn = make_picture(draw(2000, 1000, kind))

    sizes = {width: Image.open(io.BytesIO(content)).size for width, content in drawn.renditions.items()}
    assert sizes == {480: (480, 240), 960: (960, 480), 1600: (1600, 800)}
    assert (drawn.width, drawn.height) == (1600, 800)


def test_a_small_picture_is_never_made_larger():
    drawn = make_picture(draw(700, 300))

    assert sorted(drawn.renditions) == [480, 700]


def test_a_transparent_picture_gets_a_white_ground():
    drawn = make_picture(draw(100, 50, "PNG", "RGBA"))

    assert Image.open(io.BytesIO(drawn.renditions[100])).getpixel((5, 5)) == (255, 255, 255)


def test_what_a_camera_wrote_about_place_and_time_is_gone():
    exif = Image.Exif()
    exif[0x010E] = "at home"
    exif[0x0112] = 6

    drawn = make_picture(draw(100, 50, exif=exif))

    assert list(drawn.renditions) == [50]
    assert b"at home" not in drawn.renditions[50]


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        (b"no picture", "must be a JPEG, PNG or WebP"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "must be a JPEG, PNG or WebP"),
        (b"GIF89a" + b"\0" * 100, "must be a JPEG, PNG or WebP"),
        (b"\xff\xd8\xff" + b"x" * 100, "cannot be read"),
        (draw(600, 600)[:400], "cannot be read"),
        (b"RIFF\x10\0\0\0WEBP" + b"x" * 60, "cannot be read"),
        (b"x" * (20 * 1024 * 1024 + 1), "20 MB"),
    ],
    ids=["words", "svg", "gif", "broken", "cut", "webp", "large"],
)
def test_what_is_no_picture_is_refused(raw, said):
    with pytest.raises(Invalid) as refusal:
        make_picture(raw)

    assert said in refusal.value.message


def test_more_than_36_megapixels_are_not_decoded():
    with pytest.raises(Invalid, match="more than 36 megapixels"):
        make_picture(draw(7000, 6000, "PNG", "1"))


def test_pictures_of_a_text_lie_in_the_store_and_stand_in_its_html(texts):
    write(texts.root / "articles/Old harbour.jpg", make_cover(1400))
    texts.write(
        ARTICLE,
        title="Maps",
        date="2026-05-30",
        picture="Old harbour.jpg",
        picture_alt="Boats",
        body='![Boats](<Old harbour.jpg> "At noon")\n',
    )

    report = texts.scan()
    row = texts.get(ARTICLE)

    assert remarks_of(report, "articles") == []
    assert texts.count(Picture) == 1
    with texts.db.reading() as session:
        picture = session.get(Picture, row.picture_id)
    assert picture.name.startswith("old-harbour-")
    assert f'<figure><img src="/pictures/{picture.name}-960.webp"' in row.html
    assert [texts.media.read_bytes(write_key(picture.name, width))[:4] for width in picture.widths] == [b"RIFF"] * 3


def test_a_picture_that_changes_is_read_again_under_another_address(lite):
    write(lite.root / "articles/harbour.jpg", make_cover(1400))
    lite.write(ARTICLE, title="Maps", date="2026-05-30", body="![Boats](harbour.jpg)\n")
    lite.scan()
    before = lite.get(ARTICLE).html

    assert changes_of(lite.scan()) == {}
    write(lite.root / "articles/harbour.jpg", make_cover(1400, colour="red"))

    assert changes_of(lite.scan()) == {ARTICLE: "changed"}
    assert lite.get(ARTICLE).html != before


def test_a_picture_that_arrives_later_is_shown_then(lite):
    lite.write(ARTICLE, title="Maps", date="2026-05-30", body="\n\n![Boats](harbour.jpg)\n\nWords.\n")

    report = lite.scan()

    (said,) = remarks_of(report, "articles")
    assert "2026-05-30-maps.md:" in said
    assert "harbour.jpg is not shown: there is no such picture beside the text." in said
    assert "Words." in lite.get(ARTICLE).html
    write(lite.root / "articles/harbour.jpg", make_cover(1400))
    lite.scan()
    assert "<figure>" in lite.get(ARTICLE).html


def test_what_is_no_picture_is_named_with_its_line_and_the_text_is_shown_without_it(lite):
    write(lite.root / "articles/harbour.jpg", "words")
    lite.write(ARTICLE, title="Maps", date="2026-05-30", body="Words.\n\n![Boats](harbour.jpg)\n")

    report = lite.scan()

    (said,) = remarks_of(report, "articles")
    assert said.startswith("2026-05-30-maps.md:8: harbour.jpg is not shown. The picture must be a JPEG, PNG or WebP.")
    assert lite.get(ARTICLE).html == "<p>Words.</p>\n<p><em>Boats</em></p>"


def test_a_picture_without_words_is_shown_with_advice(lite):
    write(lite.root / "articles/harbour.jpg", make_cover(1400))
    lite.write(ARTICLE, title="Maps", date="2026-05-30", body="![](harbour.jpg)\n")

    report = lite.scan()

    assert any("has no words that say what it shows" in each for each in remarks_of(report, "articles"))
    assert "<figure>" in lite.get(ARTICLE).html


def test_a_picture_outside_the_folder_is_none(lite):
    write(lite.root / "cover.jpg", make_cover(1400))
    lite.write(ARTICLE, title="Maps", date="2026-05-30", picture="../cover.jpg")

    lite.scan()

    assert lite.get(ARTICLE).picture_id is None


def test_the_logos_of_sponsors_are_pictures_too(lite):
    write(lite.root / "pages/acme.png", draw(300, 100, "PNG"))
    lite.write("pages/sponsors.md", title="Sponsors", sponsors="[{name: Acme, logo: acme.png}, {name: Bolt}]")

    lite.scan()

    assert lite.get("pages/sponsors.md").facts["logos"]["acme.png"]["widths"] == [300]


def test_a_members_text_gives_no_more_away_in_its_summary_than_its_opening(lite):
    body = "The first words. " * 3 + "\n\n" + "The secret ending. " * 20

    lite.write(ARTICLE, title="Maps", date="2026-05-30", access="members", body=body)
    lite.scan()
    row = lite.get(ARTICLE)

    assert "secret" not in row.summary
    assert "The first words." in row.summary
