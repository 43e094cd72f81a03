"""Taking out of the catalogue what has left the tree. Files are never deleted."""

from collections.abc import Iterable

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from podcastsvc.catalogue.remarks import Remark
from podcastsvc.catalogue.scanning import saving
from podcastsvc.catalogue.scanning.folders import Plan, find_show_file
from podcastsvc.catalogue.scanning.report import Change
from podcastsvc.catalogue.scanning.state import Pass
from podcastsvc.catalogue.tree import SHOW_FILE, is_text_file
from podcastsvc.kit.language import N_
from podcastsvc.storage.tables.episode import Episode, ScanEntry
from podcastsvc.storage.tables.show import Show


def drop_gone(scan: Pass, plan: Plan) -> None:
    """Takes episodes out of the index whose folders are gone; not all of them at once, which looks like a lost disk."""
    with scan.db.reading() as session:
        gone = sorted(set(session.scalars(select(Episode.folder))) - scan.names)
    root = plan.shows.get("")
    if gone and not scan.names and (root is None or find_show_file(root) is None):
        scan.report(SHOW_FILE, Change.REFUSED, [_NOTHING_LEFT])
        return
    drop_episodes(scan, gone)
    kept = {*scan.names, *(folder.path(SHOW_FILE) for folder in plan.shows.values())}
    old = sorted(name for name in scan.marks.keys() - kept if not is_text_file(name))
    if old or len(plan.shows) < len(scan.contexts):
        with scan.db.transaction() as session:
            for name in old:
                session.execute(delete(ScanEntry).where(ScanEntry.folder == name))
            _drop_shows(session, scan, plan)


def drop_episodes(scan: Pass, names: Iterable[str]) -> None:
    """Takes the episodes of some folders out of the index."""
    for name in names:
        with scan.db.transaction() as session:
            saving.lock_shows(session)
            row = session.scalar(select(Episode).where(Episode.folder == name))
            if row is not None:
                scan.touched.add(row.show_id)
                saving.drop_episode(session, row, session.get_one(Show, row.show_id), scan.now)
            session.execute(delete(ScanEntry).where(ScanEntry.folder == name))
        if not name.startswith("gone/"):
            scan.report(name, Change.REMOVED)


def _drop_shows(session: Session, scan: Pass, plan: Plan) -> None:
    """A further show whose whole folder is gone leaves the index; the root's never does."""
    for show in session.scalars(select(Show).where(Show.folder != "")):
        if show.folder not in plan.shows:
            session.delete(show)
            scan.touched.discard(show.id)
            scan.report(f"{show.folder}/{SHOW_FILE}", Change.REMOVED)


def tidy(scan: Pass) -> None:
    """Counts the coming instants of all shows anew of which something changed."""
    for show_id in sorted(scan.touched):
        with scan.db.transaction() as session:
            saving.lock_shows(session)
            saving.tidy_instants(session, session.get_one(Show, show_id), scan.now)


_NOTHING_LEFT = Remark(
    SHOW_FILE,
    N_("is missing, and so are all episodes. The catalogue keeps what it knew, in case a disk is not there."),
)
