"""Which row of the catalogue a folder continues, and under which slug: guids, slugs and names that others have."""

import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from podcastsvc.catalogue.remarks import Remark
from podcastsvc.catalogue.scanning.reading import ReadFolder
from podcastsvc.kit.language import sentence
from podcastsvc.storage.tables.episode import AudioFile, Episode
from podcastsvc.storage.tables.show import Show

NAME_CHARS: Final = 80
"""The most that a slug or a name in an address may have (rule A5)."""

HASH_CHARS: Final = 8


class Shelf:
    """The rows and names that the folders of one transaction can meet, fetched once for all of them.

    What the transaction itself adds must be put on the shelf, where the next folder meets it.
    """

    def __init__(self, session: Session, reads: Iterable[ReadFolder]) -> None:
        self._session = session
        usable = [read for read in reads if read.is_usable]
        slugs = {slug for read in usable for slug in read.wanted_slugs}
        query = select(Episode).where(
            or_(
                Episode.folder.in_([read.folder.name for read in usable]),
                Episode.slug.in_(slugs),
                Episode.guid.in_([read.notes.guid for read in usable]),
            )
        )
        self._rows = list(session.scalars(query))
        self._asked = {
            name_audio(slug, audio.sha256, audio.variant)[0]
            for read in usable
            for slug in read.wanted_slugs
            for audio in read.audio
        }
        self._names = set(session.scalars(select(AudioFile.name).where(AudioFile.name.in_(self._asked))))

    def list_rivals(self, show: Show, read: ReadFolder) -> list[Episode]:
        """Every row that has the folder, the guid, or a slug that this folder would like."""
        return [
            row
            for row in self._rows
            if row.guid == read.notes.guid
            or (row.show_id == show.id and (row.folder == read.folder.name or row.slug in read.wanted_slugs))
        ]

    def add(self, row: Episode) -> None:
        self._rows.append(row)

    def take_name(self, names: Iterable[str]) -> str:
        """The first of some names that no audio file has, which is then taken."""
        free = next(name for name in names if not self._is_taken(name))
        self._names.add(free)
        return free

    def _is_taken(self, name: str) -> bool:
        if name not in self._asked:
            self._asked.add(name)
            if self._session.scalar(select(AudioFile.id).where(AudioFile.name == name)) is not None:
                self._names.add(name)
        return name in self._names


def name_audio(slug: str, sha256: str, variant: str) -> list[str]:
    """Names for audio, ``why-maps-lie-3f9a2c41`` first: slug and the beginning of the content's hash, longer where that
    is taken (rule A5).

    Made of nothing but the files, so a catalogue that is built anew has the same addresses (rule T-D6).
    """
    short = sha256[:HASH_CHARS]
    endings = (short, f"{short}-{variant}", sha256[:16], sha256[:32], sha256 + variant)
    return [f"{slug[: max(NAME_CHARS - len(ending) - 1, 1)].rstrip('-')}-{ending}" for ending in endings]


@dataclass(frozen=True, slots=True)
class Found:
    """The row that a folder continues, if any; ``displaced`` is the folder that had it; a remark refuses the folder."""

    row: Episode | None = None
    displaced: str | None = None
    remark: Remark | None = None


def find_row(
    session: Session, show: Show, read: ReadFolder, rivals: Iterable[Episode], is_there: Callable[[str], bool]
) -> Found:
    """The row that a folder continues: that of its guid, wherever its folder was, else that of the folder.

    Of two folders with one guid the first by name has it; the other is refused.
    """
    folder, guid = read.folder.name, read.notes.guid
    here = next((row for row in rivals if row.show_id == show.id and row.folder == folder), None)
    there = next((row for row in rivals if row.guid == guid), None)
    if not guid or (there is None and (here is None or is_provisional(here.guid))) or there is here is not None:
        return Found(here)
    displaced = None
    if there is not None and is_there(there.folder):
        if there.folder < folder:
            message = sentence(
                "has the guid of %(folder)s. Give one of the two another guid, or take the line out for a new one.",
                folder=there.folder,
            )
            return Found(remark=Remark("notes.md", message))
        displaced = there.folder
    if here is not None:
        _set_aside(session, here)
    if there is not None:
        there.show_id = show.id
    return Found(there, displaced)


def _set_aside(session: Session, row: Episode) -> None:
    """Frees the folder and the slug of a row whose guid this folder has no more; another folder may still have it."""
    row.folder, row.slug = f"gone/{row.id}", f"gone-{row.id}"
    session.flush()


def make_provisional_guid(show_id: int, folder: str) -> str:
    """Stands in for the guid of a draft, which gets its own when it is given a date."""
    return f"draft-{hashlib.sha256(f'{show_id}/{folder}'.encode()).hexdigest()[:32]}"


def is_provisional(guid: str) -> bool:
    """Whether a guid only stands in for one."""
    return guid.startswith("draft-")


def choose_slug(
    session: Session,
    row: Episode,
    read: ReadFolder,
    rivals: Iterable[Episode],
    is_there: Callable[[str], bool],
    remarks: list[Remark],
) -> str | None:
    """The first wanted slug that no other episode of the show has; None, with a remark, where the host's own is taken."""
    # A slug that is among the wanted ones stays, so that an address does not move when a better one becomes free.
    is_settled = row.folder == read.folder.name and row.slug in read.wanted_slugs
    others = {other.slug: other for other in rivals if other is not row and other.show_id == row.show_id}
    for slug in (row.slug, *read.wanted_slugs) if is_settled else read.wanted_slugs:
        other = others.get(slug)
        if other is None:
            return slug
        if not is_there(other.folder):
            other.slug = f"gone-{other.id}"
            session.flush()  # The name must be free before this row takes it.
            return slug
    if read.notes.slug:
        owner = others[read.notes.slug].folder
        message = sentence(
            "the slug %(slug)s belongs to %(folder)s. Choose another one.", slug=repr(read.notes.slug), folder=owner
        )
        remarks.append(Remark("notes.md", message))
        return None
    return f"{read.wanted_slugs[-1][: NAME_CHARS - 9]}-{hashlib.sha256(read.folder.name.encode()).hexdigest()[:8]}"
