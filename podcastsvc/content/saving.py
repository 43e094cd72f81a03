"""Saving texts that were read: rows and old addresses, in the caller's transaction."""

import hashlib
import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from podcastsvc.catalogue.old_addresses import keeping as old_addresses
from podcastsvc.catalogue.remarks import Remark, advise
from podcastsvc.catalogue.scanning.report import Change
from podcastsvc.content.kinds.kind import Kind
from podcastsvc.content.pictures import keeping
from podcastsvc.content.reading import ReadWriting
from podcastsvc.content.search import following
from podcastsvc.kit import clock
from podcastsvc.kit.language import sentence
from podcastsvc.storage.tables.writing import Writing, WritingAlias

_NOT_SHOWN = frozenset(("id", "file", "shown_hash", "changed_at", "created_at", "body"))
_SHOWN = tuple(column.name for column in Writing.__table__.columns if column.name not in _NOT_SHOWN)


@dataclass(frozen=True, slots=True)
class Saved:
    """What became of one file."""

    change: Change
    writing_id: int | None
    remarks: tuple[Remark, ...] = ()


def save_writing(
    session: Session, kind: Kind, read: ReadWriting, *, now: datetime, is_there: Callable[[str], bool]
) -> Saved:
    """Brings the row of a file in line with what was read, which must be usable.

    ``is_there`` tells whether a path is still in the tree: a file that was renamed keeps its row and address.
    """
    path = f"{kind.folder}/{read.file}"
    row = session.scalar(select(Writing).where(Writing.file == path))
    rival = session.scalar(
        select(Writing).where(Writing.kind == kind.name, Writing.slug == read.slug, Writing.language == read.language)
    )
    if rival is not None and rival is not row:
        if row is not None or is_there(rival.file):
            message = sentence("has the same address as %(file)s. Give one of them another slug.", file=rival.file)
            return Saved(Change.REFUSED, None, (Remark(read.file, message),))
        row = rival
    is_new = row is None
    row = row or Writing(kind=kind.name, slug=read.slug, shown_hash="", changed_at=now, created_at=now)
    old_path, new_path = kind.write_path(row.slug), kind.write_path(read.slug)
    row.file, row.slug, row.language = path, read.slug, read.language
    for name, value in read.values.items():
        setattr(row, name, value)
    ids = {picture.source_sha256: keeping.save_picture(session, picture, now) for picture in read.kept}
    row.picture_id = ids[read.picture.source_sha256] if read.picture is not None else None
    shown = _hash_shown(row)
    change = Change.ADDED if is_new else Change.UNCHANGED if shown == row.shown_hash else Change.CHANGED
    if change is not Change.UNCHANGED:
        row.shown_hash, row.changed_at = shown, now
        following.enqueue(session, now)
    session.add(row)
    session.flush()  # Old addresses need its id.
    aliases = read.aliases
    if old_path != new_path:
        aliases = (*aliases, old_path)
        old_addresses.follow_page(session, old_path, new_path, now)
    return Saved(change, row.id, tuple(_save_aliases(session, row, read.file, aliases)))


def drop_writing(session: Session, file: str) -> None:
    """Takes a text out of the index, because its file is gone."""
    row = session.scalar(select(Writing).where(Writing.file == file))
    if row is not None:
        session.delete(row)
        following.enqueue(session, clock.now())


def _save_aliases(session: Session, row: Writing, file: str, paths: Iterable[str]) -> list[Remark]:
    """Old addresses of the text; they redirect for ever. One that another text has stays there."""
    remarks = []
    for path in paths:
        found = session.get(WritingAlias, path)
        if found is None:
            session.add(WritingAlias(path=path, writing_id=row.id))
            session.flush()
        elif found.writing_id != row.id:
            owner = session.scalar(select(Writing.file).where(Writing.id == found.writing_id))
            message = sentence(
                "the old address %(path)s leads to %(folder)s already, and stays there.", path=path, folder=owner
            )
            remarks.append(advise(file, message))
    return remarks


def _hash_shown(row: Writing) -> str:
    text = json.dumps({name: getattr(row, name) for name in _SHOWN}, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()
