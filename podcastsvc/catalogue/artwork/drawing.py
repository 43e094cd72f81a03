"""Artwork: JPEG or PNG from anywhere becomes a square picture of our own making, with small WebP renditions for pages.

Pictures are opened in a limited child process by the reader for exactly the format that their first bytes show, their
size is read before they are decoded, and nothing of the original file is kept but the pixels. Source: rules T-F2, T-F3,
T-F5; feeds.md 3.4.
"""

import base64
import io
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from podcastsvc.catalogue.artwork.pixels import PILLOW, flatten, lanczos, make_plain, match_colours, save, turn
from podcastsvc.catalogue.limits import MOST_PICTURE_BYTES, too_large
from podcastsvc.errors import Invalid
from podcastsvc.kit import child
from podcastsvc.kit.language import N_, sentence

if TYPE_CHECKING:
    from PIL.Image import Image

LEAST_PIXELS, MOST_PIXELS = 1400, 3000
LEAST_LOGO_PIXELS = 512
"""What a home screen may show of a site's own mark."""

WIDTHS = (160, 320, 640)
"""Widths of the renditions for pages, in pixels."""

MIMES = {".jpg": "image/jpeg", ".png": "image/png"}
CHILD_IMPORTS = PILLOW

NOT_A_PICTURE = N_("The picture must be a JPEG or PNG.")
UNREADABLE = N_("The picture cannot be read. Export it again as JPEG or PNG.")
MOST_AREA = 36_000_000
_WANTED_BYTES = 512 * 1024
_QUALITIES = (88, 80, 70)
_SMALL_PIXELS, _SMALL_COLOURS = 192, 128
_NEARLY_SQUARE = 0.01

POSITIONS = {"start": 0.0, "centre": 0.5, "end": 1.0}
"""Which square of a longer picture is taken: that at its left or upper end, its middle, or that at the other end."""
# Which notes of a camera turn the longer side of a wide or a tall picture round, and which lay it on its side.
_TURNED_WIDE, _TURNED_TALL = frozenset({2, 3, 7, 8}), frozenset({3, 4, 6, 7})
_ON_ITS_SIDE = frozenset({5, 6, 7, 8})


@dataclass(frozen=True, slots=True)
class Picture:
    """A finished picture: ``pixels`` is its side; ``renditions`` are WebP bytes by width.

    ``came_as`` is the width and height of what it was drawn from, upright.
    """

    content: bytes
    extension: str
    pixels: int
    renditions: dict[int, bytes]
    came_as: tuple[int, int]

    @property
    def mime(self) -> str:
        return MIMES[self.extension]


def make_picture(
    source: Path | bytes, *, cut: bool = False, least: int = LEAST_PIXELS, position: str = "centre"
) -> Picture:
    """A picture for feeds and pages. With ``cut`` a square of another shape is taken: that at its ``position``, one of
    ``POSITIONS`` along its longer side.

    Raises Invalid, with a sentence for the host, for what is no JPEG or PNG, over 20 MiB or 36 megapixels, not square,
    or with fewer than ``least`` pixels a side.
    """
    raw = source if isinstance(source, bytes) else _read_limited(source)
    try:
        answer = child.run(draw, base64.b64encode(raw).decode(), cut=cut, least=least, position=position)
    except Invalid as refusal:
        raise Invalid(UNREADABLE if refusal.message == child.UNREADABLE else refusal.message) from None
    return Picture(
        content=base64.b64decode(answer["content"]),
        extension=".png" if answer["extension"] == ".png" else ".jpg",
        pixels=int(answer["pixels"]),
        renditions={int(width): base64.b64decode(content) for width, content in answer["renditions"].items()},
        came_as=(int(answer["came_as"][0]), int(answer["came_as"][1])),
    )


def is_square(width: int, height: int) -> bool:
    """Whether a picture needs no cutting."""
    return abs(width - height) <= _NEARLY_SQUARE * max(width, height)


def make_icon(content: bytes, pixels: int) -> bytes:
    """A picture of ours as a small PNG, for tabs and home screens. Raises Invalid where it cannot be read."""
    return base64.b64decode(child.run(draw_icon, base64.b64encode(content).decode(), pixels))


def _read_limited(path: Path) -> bytes:
    if path.stat().st_size > MOST_PICTURE_BYTES:
        raise Invalid(too_large(MOST_PICTURE_BYTES))
    return path.read_bytes()


# ---- in the child


def draw(encoded: str, *, cut: bool, least: int, position: str) -> dict[str, Any]:
    """The picture and its renditions as plain data; runs in the child. Raises Invalid for what is not taken."""
    raw = base64.b64decode(encoded)
    image, came_as = _open(raw, cut=cut, least=least, position=position)
    has_few_colours = raw.startswith(b"\x89PNG")
    content, extension = _write(image, as_png=has_few_colours)
    side = image.width
    renditions: dict[str, str] = {}
    for width in sorted((width for width in WIDTHS if width <= side), reverse=True):
        image = image.resize((width, width), lanczos(), reducing_gap=3.0)
        renditions[str(width)] = base64.b64encode(save(image, "WEBP", quality=80, method=4)).decode()
    return {
        "content": base64.b64encode(content).decode(),
        "extension": extension,
        "pixels": side,
        "renditions": renditions,
        "came_as": came_as,
    }


def draw_icon(encoded: str, pixels: int) -> str:
    """The same as plain data; runs in the child."""
    from PIL import Image

    image, _ = _open(base64.b64decode(encoded), cut=True, least=1)
    image = image.resize((pixels, pixels), lanczos(), reducing_gap=3.0)
    if pixels <= _SMALL_PIXELS:
        # Browsers fetch it with every first page: few colours make it a third as long, and nobody sees it at that size.
        way = Image.Quantize.MAXCOVERAGE
        image = image.quantize(_SMALL_COLOURS, method=way, kmeans=1, dither=Image.Dither.NONE)
    return base64.b64encode(save(image, "PNG", optimize=True)).decode()


def _open(raw: bytes, *, cut: bool, least: int, position: str = "centre") -> "tuple[Image, tuple[int, int]]":
    """A square RGB image of at most 3,000 pixels, upright; and the width and height that it came with, upright."""
    from PIL import Image, ImageOps

    kind = "JPEG" if raw.startswith(b"\xff\xd8\xff") else "PNG" if raw.startswith(b"\x89PNG\r\n\x1a\n") else None
    if kind is None:
        raise Invalid(NOT_A_PICTURE)
    # Opening reads the header alone; our own check comes before decoding, and says what is wrong.
    Image.MAX_IMAGE_PIXELS = None
    image: Image.Image = Image.open(io.BytesIO(raw), formats=[kind])
    _check_size(*image.size, cut=cut, least=least)
    profile, orientation = image.info.get("icc_profile"), image.getexif().get(0x0112, 1)
    came_as = image.size[::-1] if orientation in _ON_ITS_SIDE else image.size
    place = _find_place(image.width > image.height, orientation, position)
    side = min(image.size)
    # The decoder may halve a JPEG on the way in; what it leaves is never smaller than what is asked for.
    image.draft("RGB", (min(side, MOST_PIXELS),) * 2)
    image = make_plain(image)
    target = min(side, MOST_PIXELS)
    image = (
        ImageOps.fit(image, (target, target), lanczos(), centering=(place, place))
        if image.size != (target, target)
        else image
    )
    return turn(flatten(match_colours(image, profile)), orientation), came_as


def _find_place(is_wide: bool, orientation: int, position: str) -> float:
    """Where a square lies along the longer side of a picture that is still as the camera wrote it: 0 to 1."""
    place = POSITIONS[position]
    return 1 - place if orientation in (_TURNED_WIDE if is_wide else _TURNED_TALL) else place


def _check_size(width: int, height: int, *, cut: bool, least: int) -> None:
    size = f"{width} × {height}"
    if width * height > MOST_AREA:
        raise Invalid(
            sentence(
                "The picture has %(size)s pixels; more than 36 megapixels are not read. 3000 × 3000 are enough.",
                size=size,
            )
        )
    if min(width, height) < LEAST_PIXELS <= least:
        raise Invalid(sentence("The picture has %(size)s pixels; apps ask for at least 1400 × 1400.", size=size))
    if min(width, height) < least:
        wanted = f"{least} × {least}"
        raise Invalid(sentence("The picture has %(size)s pixels; it needs %(wanted)s.", size=size, wanted=wanted))
    if not cut and not is_square(width, height):
        raise Invalid(
            sentence(
                "The picture has %(size)s pixels; it must be square. Cut it to a square of 1400 to 3000 pixels.",
                size=size,
            )
        )


def _write(image: "Image", *, as_png: bool) -> tuple[bytes, str]:
    """Content and extension: PNG where it came as one and stays small, else the best JPEG under 512 KiB."""
    if as_png:
        content = save(image, "PNG", optimize=True)
        if len(content) <= _WANTED_BYTES:
            return content, ".png"
    content = b""
    for quality in _QUALITIES:
        content = save(image, "JPEG", quality=quality, optimize=True, progressive=True)
        if len(content) <= _WANTED_BYTES:
            break
    return content, ".jpg"
