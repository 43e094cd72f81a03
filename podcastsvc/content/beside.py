"""Pictures beside texts: a file that a host sends is looked at in a limited child process, and kept under a free name."""

import base64
import io
from pathlib import Path
from typing import Any

from podcastsvc.catalogue.limits import MOST_PICTURE_BYTES, too_large
from podcastsvc.catalogue.shownotes import make_slug
from podcastsvc.errors import Invalid, Unavailable
from podcastsvc.kit import child, files
from podcastsvc.kit.language import N_, sentence

CHILD_IMPORTS = ("PIL.Image", "PIL.JpegImagePlugin", "PIL.PngImagePlugin", "PIL.WebPImagePlugin")
ACCEPT = ".jpg,.jpeg,.png,.webp,image/jpeg,image/png,image/webp"
NOT_A_PICTURE = N_("The picture must be a JPEG, PNG or WebP.")
UNREADABLE = N_("The picture cannot be read. Export it again as JPEG, PNG or WebP.")

_MOST_AREA = 36_000_000
_KINDS = {"JPEG": ".jpg", "PNG": ".png", "WEBP": ".webp"}


def keep_picture(root: Path, folder: str, source: Path, name: str) -> str:
    """Puts a picture into a folder of texts and returns its name there, made of the one that it came with.

    The same picture again is kept once. Raises Invalid, with a sentence for the host, for what is no picture of ours, and
    Unavailable on a full disk.
    """
    if source.stat().st_size > MOST_PICTURE_BYTES:
        raise Invalid(too_large(MOST_PICTURE_BYTES))
    raw = source.read_bytes()
    extension = check_picture(raw)
    place = root / folder
    try:
        place.mkdir(exist_ok=True)
        with files.alone_in(place):
            target = _find_place(place, make_slug(Path(name).stem) or "picture", extension, raw)
            if not target.exists():
                files.check_room(place, coming_bytes=len(raw))
                files.write_whole(target, raw)
    except OSError as problem:
        raise Unavailable(
            sentence("%(file)s could not be written. %(why)s", file=folder, why=files.explain(problem))
        ) from problem
    return target.name


def check_picture(raw: bytes) -> str:
    """The extension that fits a picture's bytes. Raises Invalid for what cannot be read to its end."""
    try:
        kind = child.run(look, base64.b64encode(raw).decode())["kind"]
    except Invalid as refusal:
        raise Invalid(UNREADABLE if refusal.message == child.UNREADABLE else refusal.message) from None
    return _KINDS[kind]


def look(encoded: str) -> dict[str, Any]:
    """What a picture is; runs in the child, and reads all of it."""
    from PIL import Image

    raw = base64.b64decode(encoded)
    kind = _name_kind(raw)
    # Opening reads the header alone; our own check comes before decoding, and says what is wrong.
    Image.MAX_IMAGE_PIXELS = None
    image = Image.open(io.BytesIO(raw), formats=[kind])
    if image.width * image.height > _MOST_AREA:
        size = f"{image.width} × {image.height}"
        raise Invalid(
            sentence(
                "The picture has %(size)s pixels; more than 36 megapixels are not read. Make it smaller.", size=size
            )
        )
    image.load()
    return {"kind": kind}


def _name_kind(raw: bytes) -> str:
    if raw.startswith(b"\xff\xd8\xff"):
        return "JPEG"
    if raw.startswith(b"\x89PNG\r\n\x1a\n"):
        return "PNG"
    if raw[:4] == b"RIFF" and raw[8:12] == b"WEBP":
        return "WEBP"
    raise Invalid(NOT_A_PICTURE)


def _find_place(place: Path, stem: str, extension: str, raw: bytes) -> Path:
    """The file that holds this picture already, else the first name that is free in whatever case."""
    taken = {path.name.lower(): path for path in place.iterdir()}
    number = 1
    while (found := taken.get(f"{stem if number == 1 else f'{stem}-{number}'}{extension}")) is not None:
        if found.is_file() and found.stat().st_size == len(raw) and found.read_bytes() == raw:
            return found
        number += 1
    return place / f"{stem if number == 1 else f'{stem}-{number}'}{extension}"
