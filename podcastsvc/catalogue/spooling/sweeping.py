"""Sweeping the spool folder: uploads that nobody used, those that nobody went on with, and what killed processes left."""

import time
from datetime import datetime
from pathlib import Path

from sqlalchemy import delete, select

from podcastsvc.catalogue import uploads
from podcastsvc.catalogue.spooling import drafts, resuming
from podcastsvc.storage.db import Database
from podcastsvc.storage.tables.upload import UnfinishedUpload, Upload

_LEFTOVER_SECONDS = 3600


def sweep(db: Database, spool: Path, now: datetime) -> int:
    """Removes uploads of more than seven days ago, unfinished ones that nobody touched for as long, and files without a
    row that nothing has written to for an hour.

    Returns how many files went. The handler of ``uploads.sweep``.
    """
    with db.transaction() as session:
        rows = list(session.scalars(select(Upload)))
        old = [row for row in rows if row.created_at < now - uploads.KEPT_FOR]
        uploads.drop(session, [row.id for row in old])
        halves = list(session.scalars(select(UnfinishedUpload)))
        left = [row for row in halves if resuming.ends_at(row) < now]
        session.execute(delete(UnfinishedUpload).where(UnfinishedUpload.id.in_([row.id for row in left])))
        drafts.sweep(session, now)
    gone = {uploads.path_of(row, spool) for row in old} | {resuming.path_of(spool, row.id) for row in left}
    kept = {uploads.path_of(row, spool) for row in rows} | {resuming.path_of(spool, row.id) for row in halves}
    limit = time.time() - _LEFTOVER_SECONDS
    removed = 0
    for path in spool.iterdir() if spool.is_dir() else ():
        # A file that has just arrived has no row yet.
        if path in gone or (path not in kept and uploads.changed_at(path) < limit):
            path.unlink(missing_ok=True)
            removed += 1
    return removed
