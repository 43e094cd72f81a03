"""Artwork in the media store and its row: made once for each source picture, shared by all that show it."""

import hashlib
import threading
from concurrent.futures import Future
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from podcastsvc.catalogue.artwork.drawing import LEAST_PIXELS, make_picture
from podcastsvc.storage.db import Database
from podcastsvc.storage.media import MediaStore
from podcastsvc.storage.tables.episode import Artwork
from podcastsvc.storage.tables.show import Show

_HASH_CHARS = 8


@dataclass(frozen=True, slots=True)
class KeptPicture:
    """A picture that lies in the media store. ``id`` is its row's; None while it has none, then the rest fills it."""

    source_sha256: str
    id: int | None = None
    name: str = ""
    extension: str = ""
    mime: str = ""
    length_bytes: int = 0
    pixels: int = 0
    sha256: str = ""
    media_key: str = ""
    widths: tuple[int, ...] = ()


class PictureDesk:
    """Draws each source picture once, whoever asks for it and in however many threads."""

    def __init__(self, db: Database, media: MediaStore) -> None:
        self._db = db
        self._media = media
        self._lock = threading.Lock()
        self._found: dict[str, Future[KeptPicture]] = {}

    def find(self, source_sha256: str) -> KeptPicture | None:
        """The picture that was made of these source bytes before, by us or by an earlier scan."""
        with self._lock:
            future = self._found.get(source_sha256)
        if future is not None and future.done() and future.exception() is None:
            return future.result()
        with self._db.reading() as session:
            return find_picture(session, source_sha256)

    def keep(self, source: bytes, slug: str, *, least: int = LEAST_PIXELS) -> KeptPicture:
        """As ``keep_picture``, for a picture that may be known already."""
        source_sha256 = _hash(source, least)
        known = self.find(source_sha256)
        if known is not None:
            return known
        with self._lock:
            future = self._found.get(source_sha256)
            is_ours = future is None
            if future is None:
                future = self._found[source_sha256] = Future()
        if is_ours:
            try:
                future.set_result(keep_picture(self._media, source, slug, least=least))
            except BaseException as problem:
                future.set_exception(problem)
                raise
        return future.result()


def rendition_key(name: str, width: int) -> str:
    """Where the WebP of ``width`` pixels of the artwork called ``name`` lies in the media store."""
    return f"art/{name}-{width}.webp"


def icon_key(name: str, pixels: int) -> str:
    """Where the icon made of the artwork called ``name`` lies in the media store."""
    return f"art/{name}-icon-{pixels}.png"


def find_mark(session: Session, name: str) -> Artwork | None:
    """The artwork of a name, where it is a show's cover or logo."""
    is_shown = select(Show.id).where(or_(Show.artwork_id == Artwork.id, Show.logo_id == Artwork.id)).exists()
    return session.scalar(select(Artwork).where(Artwork.name == name, is_shown))


def find_picture(session: Session, source_sha256: str) -> KeptPicture | None:
    """The picture that was made of these source bytes before."""
    found = session.scalar(select(Artwork.id).where(Artwork.source_sha256 == source_sha256).limit(1))
    return None if found is None else KeptPicture(source_sha256, found)


def keep_picture(media: MediaStore, source: bytes, slug: str, *, least: int = LEAST_PIXELS) -> KeptPicture:
    """Draws a picture anew and puts it with its renditions into the media store; its row is not written here.

    The name ends in a hash of the source: another picture has another address, and a rebuilt catalogue the same.
    Raises Invalid, with a sentence for the host, for what is no artwork.
    """
    picture = make_picture(source, least=least)
    source_sha256 = _hash(source, least)
    name = f"{slug[: 80 - _HASH_CHARS - 1].rstrip('-')}-{source_sha256[:_HASH_CHARS]}"
    key = f"art/{name}{picture.extension}"
    media.save_bytes(key, picture.content, mime=picture.mime)
    for width, content in picture.renditions.items():
        media.save_bytes(rendition_key(name, width), content, mime="image/webp")
    return KeptPicture(
        source_sha256=source_sha256,
        name=name,
        extension=picture.extension.removeprefix("."),
        mime=picture.mime,
        length_bytes=len(picture.content),
        pixels=picture.pixels,
        sha256=hashlib.sha256(picture.content).hexdigest(),
        media_key=key,
        widths=tuple(sorted(picture.renditions)),
    )


def _hash(source: bytes, least: int) -> str:
    """The name of source bytes; a small picture that serves as a mark is none that may serve as artwork."""
    return hashlib.sha256(source if least == LEAST_PIXELS else b"%d\0%b" % (least, source)).hexdigest()


def save_picture(session: Session, picture: KeptPicture | None, now: datetime) -> int | None:
    """The id of a picture's row, which is written where there is none; None without a picture."""
    if picture is None or picture.id is not None:
        return picture.id if picture is not None else None
    known = find_picture(session, picture.source_sha256)
    if known is not None:
        return known.id
    row = Artwork(
        name=picture.name,
        extension=picture.extension,
        mime=picture.mime,
        length_bytes=picture.length_bytes,
        pixels=picture.pixels,
        sha256=picture.sha256,
        source_sha256=picture.source_sha256,
        media_key=picture.media_key,
        widths=list(picture.widths),
        created_at=now,
    )
    session.add(row)
    session.flush()  # The row that shows it needs the id.
    return row.id
