"""Taking folders over into the catalogue: read in threads, saved in the order of their names, several at a time."""

import logging
import os
import time
from collections import deque
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor, wait

from sqlalchemy.exc import IntegrityError

from podcastsvc.catalogue.remarks import Remark
from podcastsvc.catalogue.scanning.folders import fingerprint, is_settled
from podcastsvc.catalogue.scanning.reading import Known, ReadFolder, read_folder
from podcastsvc.catalogue.scanning.report import Change, make_disk_remark
from podcastsvc.catalogue.scanning.saving import Saved, save_folders
from podcastsvc.catalogue.scanning.state import Pass
from podcastsvc.catalogue.tree import Folder
from podcastsvc.errors import Failure
from podcastsvc.kit.language import N_

log = logging.getLogger(__name__)

_THREADS = min(max(os.cpu_count() or 1, 2), 4)
_AHEAD = 32
"""How many folders are read ahead, so that reading goes on while others are saved."""
_TOGETHER = 16
_PATIENCE_SECONDS = 1.0
"""One transaction saves so many folders, fewer where they are not read within this time."""

Progress = Callable[[int, int], None]


def take(scan: Pass, wanted: list[Folder], folders: Mapping[str, Folder], progress: Progress | None) -> None:
    """Reads folders and saves them. ``folders`` has all of the tree: one whose guid another took is read once more."""
    queue, total, done = deque(wanted), len(wanted), 0
    running: deque[tuple[Folder, Future[ReadFolder]]] = deque()
    with ThreadPoolExecutor(_THREADS, thread_name_prefix="scan") as threads:
        while queue or running:
            while queue and len(running) < _AHEAD:
                folder = queue.popleft()
                running.append((folder, threads.submit(_read, scan, folder)))
            ready = _pop_ready(running)
            reads = [read for folder, future in ready if (read := _settle(scan, folder, future)) is not None]
            queue.extend(folders[name] for name in _save(scan, reads) if name in folders)
            done += len(ready)
            if progress is not None:
                progress(min(done, total), total)


def _pop_ready(running: deque[tuple[Folder, Future[ReadFolder]]]) -> list[tuple[Folder, Future[ReadFolder]]]:
    """The next folders in order, the first of them waited for as long as it takes."""
    ready = [running.popleft()]
    wait([ready[0][1]])
    until = time.monotonic() + _PATIENCE_SECONDS
    while running and len(ready) < _TOGETHER and not wait([running[0][1]], max(until - time.monotonic(), 0)).not_done:
        ready.append(running.popleft())
    return ready


def _read(scan: Pass, folder: Folder) -> ReadFolder:
    known = Known(scan.read_files(folder.name), scan.guids.get(folder.name, ""))
    return read_folder(scan.places, folder, scan.contexts[folder.show], known, now_ns=time.time_ns())


def _settle(scan: Pass, folder: Folder, future: Future[ReadFolder]) -> ReadFolder | None:
    """What was read of a folder, if the folder still looks so; None where there is nothing to save."""
    try:
        read = future.result()
    except OSError as problem:
        scan.report(folder.name, Change.REFUSED, [make_disk_remark(problem)])
        return None
    except Failure:
        raise
    except Exception:
        # A fault of ours that one folder brings to light must not keep the others from being read.
        log.exception("folder could not be read", extra={"folder": folder.name})
        scan.report(folder.name, Change.REFUSED, [_OUR_FAULT])
        return None
    after = scan.tree.look(folder.name)
    if read.is_arriving or not is_settled(read.folder, after):
        # What was put into the store while the file changed may be neither the old nor the new sound.
        for key in read.new_keys:
            scan.media.remove(key)
        scan.let_wait(after or folder)
        return None
    return read


def _save(scan: Pass, reads: list[ReadFolder]) -> list[str]:
    """Saves some folders in one transaction; returns the names of those whose guid another one took."""
    if not reads:
        return []
    try:
        with scan.db.transaction() as session:
            outcomes = save_folders(session, reads, now=scan.now, is_there=scan.names.__contains__)
            for read, saved in zip(reads, outcomes, strict=True):
                # A folder that is well in itself and lost to another one is looked at again by every scan.
                is_lost = read.is_usable and saved.change is Change.REFUSED
                mark = "" if is_lost else fingerprint(read.folder, scan.contexts[read.folder.show].mark)
                scan.save_entry(session, read.folder.name, mark, dict(read.files), (*read.remarks, *saved.remarks))
    except IntegrityError:
        if len(reads) > 1:
            return [name for read in reads for name in _save(scan, [read])]
        # Another process was faster with the same folder; what it wrote is what we would write.
        scan.let_wait(reads[0].folder)
        return []
    for read, saved in zip(reads, outcomes, strict=True):
        _note(scan, read, saved)
    return [saved.displaced for saved in outcomes if saved.displaced is not None]


def _note(scan: Pass, read: ReadFolder, saved: Saved) -> None:
    scan.marks.setdefault(read.folder.name, "")
    if saved.change in {Change.ADDED, Change.CHANGED}:
        scan.touched.add(scan.contexts[read.folder.show].show_id)
    scan.report(read.folder.name, saved.change, (*read.remarks, *saved.remarks), saved.episode_id)


_OUR_FAULT = Remark("", N_("could not be read: a fault in the program, see its log."))
