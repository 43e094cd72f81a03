"""Artwork that is not square, and what is said about a file before it goes out."""

import io

import pytest
from lxml import html
from PIL import Image

from tests.catalogue.recordings import make_id3, make_id3_frame, make_mp3, make_picture, make_text
from tests.catalogue.test_artwork import draw, draw_stripes, write
from tests.web.conftest import read_token
from tests.web.studio.conftest import RECORDING, read_field
from tests.web.studio.test_publishing import upload

pytestmark = pytest.mark.usefixtures("show")
FOLDER = "2026-06-02-why-maps-lie"
WIDE = write(draw_stripes(4200, 1400), "JPEG")


def list_crops(page):
    return html.fromstring(page.data).xpath("//fieldset[@class='crops']//input")


def test_a_picture_that_is_not_square_asks_which_part_and_keeps_the_form(publish, studio, root):
    page = publish(audio=RECORDING, cover=WIDE, notes="Typed notes")
    crops = list_crops(page)
    shown = [studio.get(src) for src in html.fromstring(page.data).xpath("//fieldset[@class='crops']//img/@src")]

    again = publish(
        audio_upload=read_field(page, "audio_upload"), cover_upload=read_field(page, "cover_upload"), cover_crop="end"
    )

    assert page.status_code == 422
    assert "The picture is 4200 × 1400. Apps show a square: choose which part." in page.text
    assert read_field(page, "notes") == "Typed notes"
    assert [(each.get("value"), each.get("checked")) for each in crops] == [
        ("start", None),
        ("centre", "checked"),
        ("end", None),
    ]
    assert [reply.mimetype for reply in shown] == ["image/webp"] * 3
    assert [Image.open(io.BytesIO(reply.data)).size for reply in shown] == [(320, 320)] * 3
    assert again.status_code == 303
    cover = Image.open(root / FOLDER / "cover.jpg")
    assert cover.size == (1400, 1400)
    assert cover.getpixel((700, 700))[2] > 200


@pytest.mark.parametrize("do", ["publish", "draft"])
def test_a_part_that_is_none_is_asked_for_again(publish, root, do):
    page = publish(do, audio=RECORDING, cover=WIDE, cover_crop="everything")

    assert page.status_code == 422
    assert [path for path in root.iterdir() if path.is_dir()] == []


def test_a_square_picture_is_asked_nothing(publish, root):
    reply = publish(audio=RECORDING, cover=write(draw(1500), "PNG"))

    assert reply.status_code == 303
    assert (root / FOLDER / "cover.png").exists()


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (write(draw(4200, 1000), "JPEG"), "apps ask for at least 1400"),
        (b"\xff\xd8\xff" + b"none" * 500, "cannot be read"),
        (b"<svg/>" * 100, "must be a JPEG or PNG"),
        (write(draw(1500), "GIF"), "must be a JPEG or PNG"),
    ],
)
def test_a_picture_that_is_none_is_refused_and_nothing_else_is_lost(publish, content, sentence):
    page = publish(audio=RECORDING, cover=content, notes="Typed notes")

    assert page.status_code == 422
    assert sentence in page.text
    assert read_field(page, "audio_upload")
    assert read_field(page, "notes") == "Typed notes"


def test_a_picture_is_changed_on_an_episodes_page(publish, studio, root):
    path = publish(audio=RECORDING).location.partition("?")[0]
    page = studio.get(path)
    fields = {name: read_field(page, name) for name in ("title", "notes", "seen", "at", "base")}
    usual = {"csrf_token": read_token(page), "do": "publish", "when": "at", "who": "everyone", **fields}

    asked = studio.post(path, data={**usual, "cover": (io.BytesIO(WIDE), "wide.jpg")})
    saved = studio.post(path, data={**usual, "cover_upload": read_field(asked, "cover_upload"), "cover_crop": "start"})

    assert (asked.status_code, saved.status_code) == (422, 303)
    assert Image.open(root / FOLDER / "cover.jpg").getpixel((700, 700))[0] > 200


# ---- ready for the apps


def make_gain(text):
    return make_id3_frame("TXXX", b"\x03replaygain_track_gain\0" + text.encode())


def list_checks(studio, *frames, **more):
    found = upload(studio, make_mp3(5, tags=make_id3(make_text("TIT2", "T"), *frames), **more)).get_json()["checks"]
    return {each["text"]: (each["state"], each["fix"], each["href"]) for each in found}


@pytest.mark.parametrize(
    ("gain", "line", "state"),
    [
        ("-1.90 dB", "Loudness -16.1 LUFS, right on target", "ok"),
        ("+4.5 dB", "Loudness -22.5 LUFS; apps expect about −16.", "warn"),
        ("-8", "Loudness -10 LUFS; apps expect about −16.", "warn"),
    ],
)
def test_loudness_is_told_where_a_tag_tells_it(studio, gain, line, state):
    assert list_checks(studio, make_gain(gain))[line][0] == state


@pytest.mark.parametrize("gain", ["", "loud", "nan dB", "-123456 dB"])
def test_a_gain_that_is_none_is_passed_over(studio, gain):
    assert not any("Loudness" in line for line in list_checks(studio, make_gain(gain)))


@pytest.mark.parametrize(
    ("width", "height", "line", "fix"),
    [
        (3000, 3000, "Artwork 3000 × 3000, from the file", ""),
        (1920, 1080, "The artwork in the file is too small: 1920 × 1080.", "Choose a square picture."),
        (3000, 1600, "The artwork in the file is not square: 3000 × 1600.", "Choose a square picture."),
    ],
)
def test_artwork_in_the_file_is_measured(studio, width, height, line, fix):
    picture = make_picture(write(Image.new("RGB", (width, height)), "JPEG"))

    assert list_checks(studio, picture)[line][1] == fix


def test_each_problem_has_one_fix(studio):
    checks = list_checks(studio, kbps=(64, 96))

    assert checks["No transcript yet."] == ("warn", "Add a .vtt or .srt file, or publish without one.", "#transcript")
    assert (
        checks["Variable bitrate: some apps jump to the wrong place."][1] == "Export it again with a constant bitrate."
    )


def test_an_episodes_page_says_what_is_missing_and_where_to_mend_it(publish, studio):
    path = publish(audio=make_mp3(60)).location.partition("?")[0]

    links = html.fromstring(studio.get(path).data).xpath("//ul[@data-checks]//a[@href]/@href")

    assert links == [f"{path}/chapters", f"{path}/transcript"]
