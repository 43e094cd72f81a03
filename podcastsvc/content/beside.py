"""Pictures beside texts: a file that a host sends is looked at in a limited child process, and kept under a free name."""

from pathlib import Path

from podcastsvc.catalogue.limits import MOST_PICTURE_BYTES, too_large
from podcastsvc.catalogue.shownotes import make_slug
from podcastsvc.content.pictures.drawing import make_picture, name_kind
from podcastsvc.errors import Invalid, Unavailable
from podcastsvc.kit import files
from podcastsvc.kit.language import sentence

ACCEPT = ".jpg,.jpeg,.png,.webp,image/jpeg,image/png,image/webp"
_EXTENSIONS = {"JPEG": ".jpg", "PNG": ".png", "WEBP": ".webp"}


def keep_picture(root: Path, folder: str, source: Path, name: str) -> str:
    """Puts a picture into a folder of texts and returns its name there, made of the one that it came with.

    The same picture again is kept once. Raises Invalid, with a sentence for the host, for what is no picture of ours, and
    Unavailable on a full disk.
    """
    if source.stat().st_size > MOST_PICTURE_BYTES:
        raise Invalid(too_large(MOST_PICTURE_BYTES))
    raw = source.read_bytes()
    # What cannot be drawn now could not be shown later; the drawing is thrown away, and the scan makes it anew.
    make_picture(raw)
    extension = _EXTENSIONS[name_kind(raw) or ""]
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


def _find_place(place: Path, stem: str, extension: str, raw: bytes) -> Path:
    """The file that holds this picture already, else the first name that is free in whatever case."""
    taken = {path.name.lower(): path for path in place.iterdir()}
    number = 1
    while (found := taken.get(f"{stem if number == 1 else f'{stem}-{number}'}{extension}")) is not None:
        if found.is_file() and found.stat().st_size == len(raw) and found.read_bytes() == raw:
            return found
        number += 1
    return place / f"{stem if number == 1 else f'{stem}-{number}'}{extension}"
