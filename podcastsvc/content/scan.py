"""The scan of texts: brings articles, pages, people and calls in line with their files, after that of the episodes."""

import fcntl
import hashlib
import json
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import select

from podcastsvc.catalogue import identity
from podcastsvc.catalogue.limits import MOST_PICTURE_BYTES, too_large
from podcastsvc.catalogue.remarks import Remark, Unreadable, remark_from_json
from podcastsvc.catalogue.scan import scan_tree
from podcastsvc.catalogue.scanning.folders import find_show_file
from podcastsvc.catalogue.scanning.report import Change, FolderReport, ScanReport, make_disk_remark, make_report
from podcastsvc.catalogue.show import facts_from_json
from podcastsvc.catalogue.shows import find_show
from podcastsvc.catalogue.texts import frontmatter
from podcastsvc.catalogue.tree import Folder, Stamp, Tree, is_text_file, open_tree
from podcastsvc.content import saving
from podcastsvc.content.kinds.kind import Kind
from podcastsvc.content.kinds.table import BY_FOLDER
from podcastsvc.content.pictures.keeping import KeptPicture, keep_picture
from podcastsvc.content.reading import Context, ReadWriting, read_writing
from podcastsvc.errors import Invalid
from podcastsvc.kit import clock
from podcastsvc.settings import Settings
from podcastsvc.storage.db import Database
from podcastsvc.storage.media import MediaStore
from podcastsvc.storage.tables.episode import ScanEntry
from podcastsvc.storage.tables.writing import Writing

YOUNG_SECONDS = 3
SETTLE_SECONDS = 1.0
"""A file that changed so short a time ago may still be growing: it is looked at twice, so far apart."""

_NS = 1_000_000_000
_PICTURES = "pictures"


def scan_everything(db: Database, media: MediaStore, settings: Settings, *, checks_media: bool = True) -> ScanReport:
    """Episodes, then texts, in one report. Raises what ``catalogue.scan.scan_tree`` raises."""
    first = scan_tree(db, media, settings, checks_media=checks_media)
    second = scan_writings(db, media, settings)
    counts = {change: first.counts.get(change, 0) + second.counts.get(change, 0) for change in Change}
    return ScanReport(
        (*first.folders, *second.folders),
        {str(change): count for change, count in counts.items() if count},
        first.seconds + second.seconds,
    )


def scan_writings(
    db: Database,
    media: MediaStore,
    settings: Settings,
    *,
    tree: Tree | None = None,
    now: datetime | None = None,
    settle_seconds: float = SETTLE_SECONDS,
) -> ScanReport:
    """All texts. One with a mistake is reported with file, line and advice, and what was known of it stays.

    Writes nothing to the tree but a missing guid of an article that has a date. Raises Unavailable.
    """
    with _alone(settings.data):
        started = time.monotonic()
        scan = _Pass(db, media, settings, tree or open_tree(settings), now or clock.now())
        scan.look()
        changed = list(scan.list_changed())
        young = [path for path in changed if scan.is_young(path)]
        scan.take(path for path in changed if path not in young)
        if young:
            time.sleep(max(settle_seconds - (time.monotonic() - started), 0))
            scan.take(scan.list_settled(young))
        scan.drop_gone()
        return make_report(scan.reports.values(), time.monotonic() - started)


def preview_writing(db: Database, media: MediaStore, settings: Settings, path: str, raw: bytes) -> ReadWriting:
    """What a scan would make of a text with these bytes, and with the pictures that lie beside it now; nothing is saved
    but pictures drawn, which nobody can guess the addresses of."""
    scan = _Pass(db, media, settings, open_tree(settings), clock.now())
    scan.look()
    return scan.read(path, raw)


def scan_writing(db: Database, media: MediaStore, settings: Settings, path: str) -> FolderReport:
    """One text at once, for whoever has just written it whole; ``path`` is from the root, ``articles/why-maps-lie.md``.

    A file that is gone takes its text out of the index.
    """
    scan = _Pass(db, media, settings, open_tree(settings), clock.now())
    scan.look()
    if path in scan.stamps:
        scan.take([path])
    else:
        scan.drop([path])
    return scan.reports[path]


@dataclass(slots=True)
class _Pass:
    """One pass: what lies in the folders of texts, what earlier scans know of it, and what will be reported."""

    db: Database
    media: MediaStore
    settings: Settings
    tree: Tree
    now: datetime
    context: Context = field(init=False)
    stamps: dict[str, Stamp] = field(default_factory=dict)
    beside: dict[str, Stamp] = field(default_factory=dict)
    closed: set[str] = field(default_factory=set)
    entries: dict[str, ScanEntry] = field(default_factory=dict)
    reports: dict[str, FolderReport] = field(default_factory=dict)
    pictures: dict[str, KeptPicture | Invalid | None] = field(default_factory=dict)

    def look(self) -> None:
        """Looks at the tree and at what is known."""
        for folder in self.tree.list_texts():
            if folder.problem is not None:
                self.closed.add(folder.name)
                self.report(folder.name, Change.REFUSED, [Remark("", folder.problem)])
            self._sort(folder)
        with self.db.reading() as session:
            show = find_show(session)
            facts = None if show is None else facts_from_json(show.facts)
            every = session.scalars(select(ScanEntry).where(ScanEntry.folder.like("%.md")))
            self.entries = {entry.folder: entry for entry in every if is_text_file(entry.folder)}
        self.context = Context(
            language=facts.language if facts is not None else self.settings.default_language,
            timezone=facts.timezone if facts is not None else "UTC",
            own_host=urlsplit(self.settings.base_url).netloc,
        )

    def _sort(self, folder: Folder) -> None:
        for name, stamp in folder.files.items():
            path = folder.path(name)
            (self.stamps if is_text_file(path) else self.beside)[path] = stamp

    def list_changed(self) -> Iterator[str]:
        """The files that have to be read; of the others it is reported that they are as they were."""
        for path in sorted(self.stamps):
            entry = self.entries.get(path)
            if entry is not None and entry.fingerprint == self._fingerprint(path, entry.hashes.get(_PICTURES, ())):
                self.report(path, Change.UNCHANGED, [remark_from_json(remark) for remark in entry.problems])
            else:
                yield path

    def is_young(self, path: str) -> bool:
        return abs(time.time_ns() - self.stamps[path].changed_ns) < YOUNG_SECONDS * _NS

    def list_settled(self, young: Iterable[str]) -> Iterator[str]:
        """Those that look as they did before; the others wait for the next scan."""
        after = {folder.path(name): stamp for folder in self.tree.list_texts() for name, stamp in folder.files.items()}
        for path in young:
            if after.get(path) == self.stamps[path]:
                yield path
            else:
                self.report(path, Change.WAITING)

    def take(self, paths: Iterable[str]) -> None:
        """Reads and saves files, one transaction each."""
        for path in paths:
            try:
                self._take(path)
            except OSError as problem:
                self.report(path, Change.REFUSED, [make_disk_remark(problem)])

    def _take(self, path: str) -> None:
        folder, _, name = path.partition("/")
        kind = BY_FOLDER[folder]
        raw = self.tree.read_bytes(path)
        if raw is None:
            return  # It was listed a moment ago: the next scan sees what became of it.
        read = self.read(path, raw)
        if self._needs_guid(kind, read) and not self._write_guid(path, name, raw):
            self.report(path, Change.WAITING)
            return
        if self._needs_guid(kind, read):
            raw = self.tree.read_bytes(path) or raw
            read = self.read(path, raw)
        with self.db.transaction() as session:
            saved = saving.Saved(Change.REFUSED, None)
            if read.is_usable:
                saved = saving.save_writing(session, kind, read, now=self.now, is_there=self.stamps.__contains__)
            remarks = (*read.remarks, *saved.remarks)
            values: dict[str, Any] = {
                "fingerprint": self._fingerprint(path, read.pictures),
                "hashes": {_PICTURES: list(read.pictures)},
                "problems": [remark.as_json() for remark in remarks],
                "seen_at": self.now,
            }
            session.merge(ScanEntry(folder=path, **values))
        self.report(path, saved.change, remarks)

    def read(self, path: str, raw: bytes) -> ReadWriting:
        folder, _, name = path.partition("/")
        return read_writing(raw, BY_FOLDER[folder], name, self.context, partial(self._find_kept, folder))

    def _find_kept(self, folder: str, file: str) -> KeptPicture | None:
        """A picture beside a text, kept in the media store; looked at once in a pass, whatever shows it."""
        path = f"{folder}/{file}"
        if path not in self.pictures:
            self.pictures[path] = self._keep(path, file)
        found = self.pictures[path]
        if isinstance(found, Invalid):
            raise found
        return found

    def _keep(self, path: str, file: str) -> KeptPicture | Invalid | None:
        stamp = self.beside.get(path)
        if stamp is None:
            return None
        if stamp.size_bytes > MOST_PICTURE_BYTES:
            return Invalid(too_large(MOST_PICTURE_BYTES))
        raw = self.tree.read_bytes(path)
        try:
            return None if raw is None else keep_picture(self.db, self.media, raw, file)
        except Invalid as refusal:
            return refusal

    def _needs_guid(self, kind: Kind, read: ReadWriting) -> bool:
        return kind.is_dated and read.is_usable and read.values["published_at"] is not None and not read.values["guid"]

    def _write_guid(self, path: str, name: str, raw: bytes) -> bool:
        """Puts a guid into an article's file at its first publication, every other byte kept."""
        with self.db.reading() as session:
            known = session.scalar(select(Writing.guid).where(Writing.file == path))
        try:
            edited = frontmatter.write_guid(raw, known or identity.make_episode_guid(), file=name)
        except Unreadable:
            return False
        if not self.tree.swap_bytes(path, raw, edited):
            return False
        after = {folder.path(name): stamp for folder in self.tree.list_texts() for name, stamp in folder.files.items()}
        self.stamps[path] = after.get(path, self.stamps[path])
        return True

    def drop_gone(self) -> None:
        """Takes texts out of the index whose files are gone; those of a folder that cannot be looked into stay."""
        with self.db.reading() as session:
            known = {*session.scalars(select(Writing.file)), *self.entries}
        gone = sorted(path for path in known - self.stamps.keys() if path.partition("/")[0] not in self.closed)
        root = self.tree.look("")
        if gone and not self.stamps and (root is None or find_show_file(root) is None):
            return  # Nothing is left at all, which looks like a lost disk; the scan of the episodes says so.
        self.drop(gone)

    def drop(self, paths: Iterable[str]) -> None:
        for path in paths:
            with self.db.transaction() as session:
                saving.drop_writing(session, path)
                entry = session.get(ScanEntry, path)
                if entry is not None:
                    session.delete(entry)
            self.report(path, Change.REMOVED)

    def report(self, path: str, change: Change, remarks: Sequence[Remark] = ()) -> None:
        place = path.partition("/")[0]  # The remarks name the file.
        self.reports[path] = FolderReport(place if remarks else path, change, tuple(remarks))

    def _fingerprint(self, path: str, pictures: Iterable[str]) -> str:
        """What changes when a file does, a picture that it shows, or all else that its reading depends on."""
        folder = path.partition("/")[0]
        beside: Mapping[str, Stamp | None] = {name: self.beside.get(f"{folder}/{name}") for name in sorted(pictures)}
        return hashlib.sha256(json.dumps([self.context.mark, self.stamps.get(path), beside]).encode()).hexdigest()


@contextmanager
def _alone(data: Path) -> Iterator[None]:
    """One scan of texts at a time on this machine; several machines meet in the database."""
    data.mkdir(parents=True, exist_ok=True)
    with (data / "texts.lock").open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
