"""Pictures in texts: JPEG, PNG or WebP of any shape become WebP of our own making, in the widths that pages show.

Opened in a limited child process by the reader for exactly the format that the first bytes show; the size is read before
anything is decoded, and nothing of the original is kept but the pixels. Source: rules T-F2, T-F3, T-F5.
"""

import base64
import io
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from podcastsvc.catalogue.artwork.drawing import MOST_AREA
from podcastsvc.catalogue.artwork.pixels import PILLOW, flatten, lanczos, make_plain, match_colours, save, turn
from podcastsvc.catalogue.limits import MOST_PICTURE_BYTES, too_large
from podcastsvc.errors import Invalid
from podcastsvc.kit import child
from podcastsvc.kit.language import N_, sentence

if TYPE_CHECKING:
    from PIL.Image import Image

CHILD_IMPORTS = PILLOW

WIDTHS = (480, 960, 1600)
"""Widths of the renditions in pixels; a smaller picture has its own width as the last, since none is made larger."""

NOT_A_PICTURE = N_("The picture must be a JPEG, PNG or WebP.")
UNREADABLE = N_("The picture cannot be read. Export it again as JPEG, PNG or WebP.")
_MOST_HEIGHT = 4000
_QUALITY = 80


@dataclass(frozen=True, slots=True)
class Drawn:
    """A finished picture; ``width`` and ``height`` are those of the largest of ``renditions``, WebP bytes by width."""

    width: int
    height: int
    renditions: dict[int, bytes]


def make_picture(raw: bytes) -> Drawn:
    """Raises Invalid, with a sentence for the host, for what is no picture, over 20 MiB, or over 36 megapixels."""
    if len(raw) > MOST_PICTURE_BYTES:
        raise Invalid(too_large(MOST_PICTURE_BYTES))
    try:
        answer = child.run(draw, base64.b64encode(raw).decode())
    except Invalid as refusal:
        raise Invalid(UNREADABLE if refusal.message == child.UNREADABLE else refusal.message) from None
    return Drawn(
        width=int(answer["width"]),
        height=int(answer["height"]),
        renditions={int(width): base64.b64decode(content) for width, content in answer["renditions"].items()},
    )


# ---- in the child


def draw(encoded: str) -> dict[str, Any]:
    """The renditions as plain data; runs in the child. Raises Invalid for what is not taken."""
    image = _open(base64.b64decode(encoded))
    width, height = image.size
    widths = sorted({min(each, width) for each in WIDTHS}, reverse=True)
    renditions: dict[str, str] = {}
    for each in widths:
        if each != image.width:
            image = image.resize((each, max(1, round(height * each / width))), lanczos(), reducing_gap=3.0)
        renditions[str(each)] = base64.b64encode(save(image, "WEBP", quality=_QUALITY, method=4)).decode()
    return {"width": width, "height": height, "renditions": renditions}


def _open(raw: bytes) -> "Image":
    """An upright RGB image no larger than the largest rendition."""
    from PIL import Image

    kind = name_kind(raw)
    if kind is None:
        raise Invalid(NOT_A_PICTURE)
    # Opening reads the header alone; our own check comes before decoding, and says what is wrong.
    Image.MAX_IMAGE_PIXELS = None
    image: Image.Image = Image.open(io.BytesIO(raw), formats=[kind])
    if image.width * image.height > MOST_AREA:
        size = f"{image.width} × {image.height}"
        raise Invalid(
            sentence(
                "The picture has %(size)s pixels; more than 36 megapixels are not read. Make it smaller.", size=size
            )
        )
    profile, orientation = image.info.get("icc_profile"), image.getexif().get(0x0112, 1)
    most = WIDTHS[-1]
    # The decoder may halve a JPEG on the way in; what it leaves is never smaller than what is asked for.
    image.draft("RGB", (most, most))
    image = turn(flatten(match_colours(make_plain(image), profile)), orientation)
    scale = min(1.0, most / image.width, _MOST_HEIGHT / image.height)
    if scale < 1.0:
        size_now = (max(1, round(image.width * scale)), max(1, round(image.height * scale)))
        image = image.resize(size_now, lanczos(), reducing_gap=3.0)
    return image


def name_kind(raw: bytes) -> str | None:
    """What a picture's first bytes show it to be; None for what is none of ours."""
    if raw.startswith(b"\xff\xd8\xff"):
        return "JPEG"
    if raw.startswith(b"\x89PNG\r\n\x1a\n"):
        return "PNG"
    return "WEBP" if raw[:4] == b"RIFF" and raw[8:12] == b"WEBP" else None
