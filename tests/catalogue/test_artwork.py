"""Artwork is what we drew from the pixels, whatever was sent."""

import io
import os
import struct
import time
import zlib

import pytest
from PIL import Image, ImageCms, ImageDraw

from podcastsvc.catalogue.artwork import drawing
from podcastsvc.catalogue.artwork.drawing import make_picture
from podcastsvc.catalogue.formats.pictures import read_size
from podcastsvc.errors import Invalid


def draw(width=1500, height=None, *, mode="RGB", colour=None) -> Image.Image:
    image = Image.new(mode, (width, height or width), colour if colour is not None else 0)
    if colour is None:
        ImageDraw.Draw(image).ellipse((10, 10, width // 2, width // 2), fill=255 if mode in {"L", "1", "P"} else "red")
    return image


def write(image: Image.Image, kind: str, **options) -> bytes:
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def read(content: bytes) -> Image.Image:
    image = Image.open(io.BytesIO(content))
    image.load()
    return image


def make_noise(side: int) -> Image.Image:
    return Image.frombytes("RGB", (side, side), os.urandom(side * side * 3))


def make_png_head(width: int, height: int) -> bytes:
    body = b"IHDR" + struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunk = struct.pack(">I", 13) + body + struct.pack(">I", zlib.crc32(body))
    return b"\x89PNG\r\n\x1a\n" + chunk + struct.pack(">I", 10) + b"IDAT" + b"\0" * 10


@pytest.mark.parametrize(("kind", "extension", "format_"), [("JPEG", ".jpg", "JPEG"), ("PNG", ".png", "PNG")])
def test_picture_is_drawn_anew_with_renditions(kind, extension, format_):
    picture = make_picture(write(draw(), kind))

    image = read(picture.content)
    assert (picture.extension, picture.pixels, picture.mime) == (extension, 1500, drawing.MIMES[extension])
    assert (image.format, image.size, image.mode) == (format_, (1500, 1500), "RGB")
    assert {width: read(content).size for width, content in picture.renditions.items()} == {
        width: (width, width) for width in drawing.WIDTHS
    }
    assert all(read(content).format == "WEBP" for content in picture.renditions.values())


def test_same_picture_gives_the_same_bytes():
    raw = write(draw(), "JPEG")

    assert make_picture(raw) == make_picture(raw)


def test_large_picture_is_made_smaller():
    picture = make_picture(write(draw(5000), "JPEG"))

    assert picture.pixels == 3000
    assert read(picture.content).size == (3000, 3000)


def test_photograph_sent_as_png_becomes_a_jpeg_of_bearable_size():
    picture = make_picture(write(make_noise(1400), "PNG", compress_level=1))

    assert picture.extension == ".jpg"
    assert len(picture.content) < 2 * 1024 * 1024


def test_metadata_is_not_kept():
    exif = Image.Exif()
    exif[0x010E] = "taken at 52.37 N, 4.89 E"
    raw = write(draw(), "JPEG", exif=exif, comment=b"secret")

    picture = make_picture(raw)

    assert b"52.37" not in picture.content
    assert b"secret" not in picture.content
    assert len(read(picture.content).getexif()) == 0


def test_turned_photograph_stands_upright():
    image = Image.new("RGB", (1500, 1500), "white")
    image.paste("red", (0, 0, 750, 1500))
    exif = Image.Exif()
    exif[0x0112] = 6

    picture = make_picture(write(image, "JPEG", exif=exif))

    upright = read(picture.content)
    assert upright.getpixel((750, 100))[1] < 60
    assert upright.getpixel((750, 1400))[1] > 200


@pytest.mark.parametrize("mode", ["RGBA", "LA", "P", "L", "1", "I;16"])
def test_every_kind_of_png_becomes_rgb(mode):
    image = draw(mode="L").point(lambda value: value * 200).convert("I;16") if mode == "I;16" else draw().convert(mode)

    picture = make_picture(write(image, "PNG"))

    assert read(picture.content).mode == "RGB"


def test_what_shows_through_is_white():
    picture = make_picture(write(Image.new("RGBA", (1400, 1400), (255, 0, 0, 0)), "PNG"))

    assert read(picture.content).getpixel((700, 700)) == (255, 255, 255)


def test_print_colours_and_profiles_become_screen_colours():
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    printed = draw(colour="green").convert("CMYK")

    pictures = [
        make_picture(write(printed, "JPEG")),
        make_picture(write(draw(colour="green"), "JPEG", icc_profile=profile)),
    ]

    for picture in pictures:
        image = read(picture.content)
        assert image.mode == "RGB"
        assert "icc_profile" not in image.info
        red, green, blue = image.getpixel((700, 700))
        assert green > 90
        assert max(red, blue) < 60


def test_nearly_square_picture_is_cut():
    picture = make_picture(write(draw(1500, 1495), "PNG"))

    assert picture.pixels == 1495


def test_other_shape_is_cut_where_asked_for():
    picture = make_picture(write(draw(2000, 1500), "PNG"), cut=True)

    assert read(picture.content).size == (1500, 1500)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (write(draw(1399), "PNG"), "1399 × 1399 pixels; apps ask for at least 1400 × 1400"),
        (write(draw(2000, 1500), "PNG"), "it must be square"),
        (write(draw(1500), "GIF"), drawing.NOT_A_PICTURE),
        (write(draw(1500), "WEBP"), drawing.NOT_A_PICTURE),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", drawing.NOT_A_PICTURE),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n(x) print\n", drawing.NOT_A_PICTURE),
        (b"", drawing.NOT_A_PICTURE),
        (b"\xff\xd8\xff" + b"%!PS-Adobe", drawing.UNREADABLE),
        (write(draw(), "PNG")[:3000], drawing.UNREADABLE),
        (make_png_head(50_000, 50_000), "more than 36 megapixels"),
        (make_png_head(6001, 6000), "more than 36 megapixels"),
        (make_png_head(2000, 2000), drawing.UNREADABLE),
    ],
)
def test_what_is_no_artwork_is_refused_with_what_to_do(content, words):
    with pytest.raises(Invalid, match=words):
        make_picture(content)


def test_huge_file_is_refused_unread(tmp_path):
    path = tmp_path / "cover.jpg"
    with path.open("wb") as file:
        file.truncate(21 * 1024 * 1024)

    with pytest.raises(Invalid, match="smaller than 20 MB"):
        make_picture(path)


@pytest.mark.parametrize(
    ("mode", "kind"), [("RGBA", "PNG"), ("RGB", "PNG"), ("CMYK", "JPEG"), ("RGB", "JPEG"), ("P", "PNG")]
)
def test_largest_picture_fits_into_the_childs_memory_and_time(mode, kind):
    raw = write(Image.new(mode, (5999, 5999)), kind)

    started = time.monotonic()
    picture = make_picture(raw)

    assert picture.pixels == 3000
    assert time.monotonic() - started < 15


# ---- which square of a longer picture


def draw_stripes(width, height):
    """Red at the left or upper end, green in the middle, blue at the other."""
    image = Image.new("RGB", (width, height), "green")
    painter = ImageDraw.Draw(image)
    if width > height:
        painter.rectangle((0, 0, width // 3, height), fill="red")
        painter.rectangle((width * 2 // 3, 0, width, height), fill="blue")
    else:
        painter.rectangle((0, 0, width, height // 3), fill="red")
        painter.rectangle((0, height * 2 // 3, width, height), fill="blue")
    return image


# What a camera does to a picture before it notes how to undo it.
UNDONE = {
    1: None,
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_90,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_270,
}


@pytest.mark.parametrize("orientation", list(UNDONE))
@pytest.mark.parametrize("size", [(4200, 1400), (1400, 4200)], ids=["wide", "tall"])
def test_the_chosen_square_is_cut_as_people_see_the_picture(size, orientation):
    seen = draw_stripes(*size)
    exif = Image.Exif()
    exif[0x0112] = orientation
    turned = seen if UNDONE[orientation] is None else seen.transpose(UNDONE[orientation])
    raw = write(turned, "JPEG", exif=exif, quality=90)

    for position, colour in (("start", (255, 0, 0)), ("centre", (0, 128, 0)), ("end", (0, 0, 255))):
        picture = make_picture(raw, cut=True, position=position)

        found = read(picture.content).getpixel((700, 700))
        assert picture.came_as == size
        assert all(abs(one - other) < 12 for one, other in zip(found, colour, strict=True)), (position, found)


@pytest.mark.parametrize(
    ("raw", "size"),
    [
        (write(draw(1600, 900), "PNG"), (1600, 900)),
        (write(draw(1600, 900), "JPEG"), (1600, 900)),
        (write(draw(1600, 900), "JPEG", progressive=True), (1600, 900)),
        (b"\xff\xd8\xff", (0, 0)),
        (b"\xff\xd8" + b"\xff" * 5000, (0, 0)),
        (b"\x89PNG\r\n\x1a\n", (0, 0)),
        (b"GIF89a", (0, 0)),
        (b"", (0, 0)),
    ],
)
def test_a_header_tells_the_size_and_nothing_is_decoded(raw, size):
    assert read_size(raw) == size
