"""Pictures of texts in the media store and their rows: drawn once for each source, shared by all texts that show it."""

import hashlib
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from podcastsvc.catalogue.shownotes import make_slug
from podcastsvc.content.markup.shown import Shown, read_shown
from podcastsvc.content.pictures.drawing import make_picture
from podcastsvc.storage.db import Database
from podcastsvc.storage.media import MediaStore
from podcastsvc.storage.tables.writing import Picture

MIME = "image/webp"
_HASH_CHARS = 8
_STEM_CHARS = 60


@dataclass(frozen=True, slots=True)
class KeptPicture:
    """A picture whose renditions lie in the media store; it may have no row yet."""

    source_sha256: str
    shown: Shown
    length_bytes: int


def write_key(name: str, width: int) -> str:
    """Where a rendition lies in the media store."""
    return f"pictures/{name}-{width}.webp"


def find_picture(session: Session, name: str) -> Picture | None:
    """A picture by the name in its address."""
    return session.scalar(select(Picture).where(Picture.name == name))


def keep_picture(db: Database, media: MediaStore, raw: bytes, file: str) -> KeptPicture:
    """The picture of a file's bytes, drawn and put into the media store where it is not there yet; outside transactions.

    Raises Invalid, with a sentence for the host, for what is no picture.
    """
    source_sha256 = hashlib.sha256(raw).hexdigest()
    with db.reading() as session:
        row = session.scalar(select(Picture).where(Picture.source_sha256 == source_sha256))
    if row is not None and media.find_length(write_key(row.name, max(row.widths))) is not None:
        return KeptPicture(source_sha256, read_shown(row), row.length_bytes)
    drawn = make_picture(raw)
    # The name ends in a hash of the source: another picture has another address, and a rebuilt catalogue the same.
    stem = make_slug(file.rpartition(".")[0])[:_STEM_CHARS].rstrip("-") or "picture"
    name = row.name if row is not None else f"{stem}-{source_sha256[:_HASH_CHARS]}"
    for width, content in drawn.renditions.items():
        media.save_bytes(write_key(name, width), content, mime=MIME)
    shown = Shown(name, drawn.width, drawn.height, tuple(sorted(drawn.renditions)))
    return KeptPicture(source_sha256, shown, len(drawn.renditions[drawn.width]))


def save_picture(session: Session, picture: KeptPicture, now: datetime) -> int:
    """The id of a picture's row, which is written where there is none."""
    row = session.scalar(select(Picture).where(Picture.source_sha256 == picture.source_sha256))
    if row is None:
        row = Picture(name=picture.shown.name, source_sha256=picture.source_sha256, created_at=now)
    row.width, row.height, row.widths = picture.shown.width, picture.shown.height, list(picture.shown.widths)
    row.length_bytes = picture.length_bytes
    session.add(row)
    session.flush()  # The text that shows it needs the id.
    return row.id
