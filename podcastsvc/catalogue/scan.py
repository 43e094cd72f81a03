"""The scan: one pass over the tree of shows and episodes that brings the catalogue up to date, and says what it found.

A folder whose files have the sizes and times of the last scan is not opened. A folder that is being filled waits. One
mistake stops nothing but its own folder. Nothing is ever written to the tree but a missing guid, and nothing deleted.
"""

import fcntl
import time
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from podcastsvc.catalogue.audio import is_audio
from podcastsvc.catalogue.remarks import Remark
from podcastsvc.catalogue.scanning import rows, showfiles
from podcastsvc.catalogue.scanning.audiofiles import AUDIO_FOLDER
from podcastsvc.catalogue.scanning.dropping import drop_episodes, drop_gone, tidy
from podcastsvc.catalogue.scanning.folders import Plan, fingerprint, is_of_show, is_settled, list_young, sort_out
from podcastsvc.catalogue.scanning.report import Change, FolderReport, ScanReport, make_disk_remark, make_report
from podcastsvc.catalogue.scanning.showfiles import NO_SHOW
from podcastsvc.catalogue.scanning.state import Pass
from podcastsvc.catalogue.scanning.taking import Progress, take
from podcastsvc.catalogue.tree import SHOW_FILE, Folder, Tree, open_tree
from podcastsvc.errors import NotFound
from podcastsvc.kit import clock
from podcastsvc.kit.language import N_, sentence
from podcastsvc.settings import Settings
from podcastsvc.storage.db import Database
from podcastsvc.storage.media import MediaStore
from podcastsvc.storage.tables.episode import AudioFile, Episode, ScanEntry
from podcastsvc.storage.tables.show import NoticeAudio, Show

YOUNG_SECONDS = 3
"""A file that changed so short a time ago may still be growing, and is looked at twice."""

SETTLE_SECONDS = 1.0
"""How long a scan waits, once, between two looks at files that are young."""

_NS = 1_000_000_000


def scan_tree(
    db: Database,
    media: MediaStore,
    settings: Settings,
    *,
    tree: Tree | None = None,
    now: datetime | None = None,
    settle_seconds: float = SETTLE_SECONDS,
    progress: Progress | None = None,
    checks_media: bool = True,
) -> ScanReport:
    """Scans everything. ``progress`` is told how many of the folders to read are done.

    With ``checks_media`` folders are read again, though nothing in them has changed, whose audio is not whole in the
    media store any more: it is put there again from them (rule T-D2), that of notices too. Costs a list of the store.

    Raises Misconfigured where there is no tree, Unavailable where files, media store or database do not answer; what
    was scanned until then is kept. A second scan waits for the first.
    """
    with _alone(settings.data):
        started = time.monotonic()
        scan = Pass(db, media, settings, tree or open_tree(settings), now or clock.now())
        plan = _load(scan)
        lost = _list_lost(scan) if checks_media else frozenset()
        _scan_shows(scan, plan, lost)
        changed = [folder for name in plan.episodes for folder in _list_changed(scan, plan.episodes[name], lost)]
        folders = {folder.name: folder for found in plan.episodes.values() for folder in found}
        young = {folder.name: folder for folder in list_young(changed, time.time_ns(), young_ns=YOUNG_SECONDS * _NS)}
        for name in scan.list_seen(young.values()) if young else ():
            del young[name]
        take(scan, [folder for folder in changed if folder.name not in young], folders, progress)
        if young:
            time.sleep(max(settle_seconds - (time.monotonic() - started), 0))
            take(scan, _list_settled(scan, young.values()), folders, None)
        drop_gone(scan, plan)
        tidy(scan)
        return make_report(scan.reports.values(), time.monotonic() - started)


def scan_folder(
    db: Database,
    media: MediaStore,
    settings: Settings,
    folder: str,
    *,
    tree: Tree | None = None,
    now: datetime | None = None,
) -> FolderReport:
    """Scans one episode's folder (named from the tree's root) at once, for whoever has just written it whole.

    Raises NotFound where its show is not known yet; then a scan of everything is due. A folder that is gone takes its
    episode out of the index.
    """
    scan = Pass(db, media, settings, tree or open_tree(settings), now or clock.now())
    wanted = Folder(folder)
    with db.reading() as session:
        shows = list(session.scalars(select(Show)))
        scan.make_contexts(shows)
        if wanted.show not in scan.contexts:
            raise NotFound(sentence("The show of %(folder)s is not known yet. Run `podcastsvc scan`.", folder=folder))
        _load_guids(scan, session, folder)
        if session.get(ScanEntry, folder) is not None:
            scan.marks[folder] = ""
    plan = sort_out(scan.tree.list_folders(), [show.folder for show in shows])
    folders = {each.name: each for found in plan.episodes.values() for each in found}
    scan.names = plan.names
    if folder in folders:
        take(scan, [folders[folder]], folders, None)
    else:
        drop_episodes(scan, [folder])
    tidy(scan)
    return scan.reports[folder]


def scan_show(
    db: Database,
    media: MediaStore,
    settings: Settings,
    folder: str,
    *,
    tree: Tree | None = None,
    now: datetime | None = None,
) -> FolderReport:
    """Scans one show's own files ("" is the show in the root) at once, for whoever has just written them whole.

    What its episodes take from it is left to the next scan of everything. Raises NotFound where the folder is gone.
    """
    scan = Pass(db, media, settings, tree or open_tree(settings), now or clock.now())
    found = scan.tree.look(folder)
    if found is None:
        raise NotFound(sentence("The folder %(folder)s is not there any more.", folder=folder))
    key = found.path(SHOW_FILE)
    with db.reading() as session:
        if session.get(ScanEntry, key) is not None:
            scan.marks[key] = ""
    _scan_show(scan, folder, found)
    tidy(scan)
    return scan.reports[key]


# ---- what there is


def _load(scan: Pass) -> Plan:
    """Looks at the tree and at what earlier scans know of it."""
    folders = scan.tree.list_folders()
    with scan.db.reading() as session:
        known = list(session.scalars(select(Show.folder)))
        _load_guids(scan, session)
        entries = session.execute(select(ScanEntry.folder, ScanEntry.fingerprint, ScanEntry.problems))
        for folder, mark, problems in entries:
            scan.marks[folder] = mark
            if problems:
                scan.problems[folder] = problems
    plan = sort_out(folders, known)
    scan.names = plan.names | _name_closed(scan, folders)
    root = next(folder for folder in folders if not folder.name)
    for name in root.files:
        if is_audio(name) and not is_of_show(name):
            scan.report(name, Change.REFUSED, [_LOOSE])
    if not plan.shows:
        scan.report(SHOW_FILE, Change.REFUSED, [NO_SHOW])
    else:
        for folder in plan.homeless:
            scan.report(folder.name, Change.REFUSED, [_HOMELESS])
    return plan


def _name_closed(scan: Pass, folders: Iterable[Folder]) -> set[str]:
    """The known folders at and below those that cannot be looked into: what the catalogue knows of them stays."""
    closed = {folder.name: folder.problem for folder in folders if folder.problem is not None}
    for name, problem in closed.items():
        scan.report(name, Change.REFUSED, [Remark("", sentence("cannot be looked into. %(why)s", why=problem))])
    below = tuple(f"{name}/" for name in closed)
    return {name for name in scan.marks if f"{name}/".startswith(below)}


def _load_guids(scan: Pass, session: Session, folder: str | None = None) -> None:
    query = select(Episode.folder, Episode.guid)
    for name, guid in session.execute(query if folder is None else query.where(Episode.folder == folder)):
        if not rows.is_provisional(guid):
            scan.guids[name] = guid


def _scan_shows(scan: Pass, plan: Plan, lost: Collection[str]) -> None:
    """Brings the shows in line with their own files; those of their episodes come after."""
    for name, folder in plan.shows.items():
        _scan_show(scan, name, folder, is_lost=folder.path(SHOW_FILE) in lost)
    with scan.db.reading() as session:
        scan.make_contexts(session.scalars(select(Show)))


def _scan_show(scan: Pass, name: str, folder: Folder, *, is_lost: bool = False) -> None:
    key = folder.path(SHOW_FILE)
    own = Folder(name, {file: stamp for file, stamp in folder.files.items() if is_of_show(file)})
    mark = fingerprint(own, scan.settings.base_url)
    if not is_lost and scan.marks.get(key) == mark:
        scan.report_unchanged(key)
        return
    try:
        read = showfiles.read_show_files(scan.places, own, scan.read_files(key), now_ns=time.time_ns())
    except OSError as problem:
        scan.report(key, Change.REFUSED, [make_disk_remark(problem)])
        return
    with scan.db.transaction() as session:
        show, change = showfiles.save_show(session, read, scan.settings, scan.now)
        scan.save_entry(session, key, "" if read.notices.is_arriving else mark, read.notices.files, read.remarks)
    if show is not None and change is not Change.REFUSED:
        scan.touched.add(show.id)
    scan.report(key, change, read.remarks)


def _list_lost(scan: Pass) -> frozenset[str]:
    """The folders of episodes, and the files of shows, of which audio has vanished from the media store, or lies there
    cut short."""
    query = select(Episode.folder, AudioFile.media_key, AudioFile.length_bytes).join(
        AudioFile, AudioFile.episode_id == Episode.id
    )
    of_shows = select(Show.folder, NoticeAudio.media_key, NoticeAudio.length_bytes).join(
        NoticeAudio, NoticeAudio.show_id == Show.id
    )
    with scan.db.reading() as session:
        offered = [(*row,) for row in session.execute(query.where(AudioFile.replaced_at.is_(None)))]
        spoken = session.execute(of_shows.where(NoticeAudio.replaced_at.is_(None)))
        offered += [(Folder(folder).path(SHOW_FILE), key, length_bytes) for folder, key, length_bytes in spoken]
    there = scan.media.list_lengths(AUDIO_FOLDER) if offered else {}
    return frozenset(folder for folder, key, length_bytes in offered if there.get(key) != length_bytes)


def _list_changed(scan: Pass, folders: Iterable[Folder], lost: Collection[str]) -> Iterator[Folder]:
    for folder in folders:
        context = scan.contexts.get(folder.show)
        if context is None:
            continue
        if folder.name not in lost and scan.marks.get(folder.name) == fingerprint(folder, context.mark):
            scan.report_unchanged(folder.name)
        else:
            yield folder


def _list_settled(scan: Pass, folders: Iterable[Folder]) -> list[Folder]:
    """Those that look as they did before; the others wait for the next scan."""
    settled = []
    for folder in sorted(folders, key=lambda each: each.name):
        after = scan.tree.look(folder.name)
        if is_settled(folder, after):
            settled.append(folder)
        else:
            scan.let_wait(after or folder)
    return settled


_LOOSE = Remark("", N_("lies beside the episodes' folders. Put it into one of its own."))
_HOMELESS = Remark("", N_("is inside of an episode's folder, and is not read."))


@contextmanager
def _alone(data: Path) -> Iterator[None]:
    """One scan at a time on this machine; several machines meet in the database, which refuses what came second."""
    data.mkdir(parents=True, exist_ok=True)
    with (data / "scan.lock").open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
