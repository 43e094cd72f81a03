"""What one pass of the scan knows while it runs, and what it will report of each folder."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import select
from sqlalchemy.orm import Session

from podcastsvc.catalogue.artwork.keeping import PictureDesk
from podcastsvc.catalogue.remarks import Remark, remark_from_json
from podcastsvc.catalogue.scanning.folders import fingerprint
from podcastsvc.catalogue.scanning.reading import Context, Places
from podcastsvc.catalogue.scanning.report import Change, FolderReport
from podcastsvc.catalogue.show import facts_from_json
from podcastsvc.catalogue.tree import Folder, Tree
from podcastsvc.settings import Settings
from podcastsvc.storage.db import Database
from podcastsvc.storage.media import MediaStore
from podcastsvc.storage.tables.episode import ScanEntry
from podcastsvc.storage.tables.show import Show

_SEEN = "."


@dataclass(slots=True)
class Pass:
    """One pass over the tree, or over one folder of it.

    ``contexts`` by a show's folder; ``names`` of all episode folders; ``marks`` and ``problems`` of earlier scans by
    folder, ``guids`` of their episodes; ``touched`` are the ids of shows of which something changed.
    """

    db: Database
    media: MediaStore
    settings: Settings
    tree: Tree
    now: datetime
    places: Places = field(init=False)
    contexts: dict[str, Context] = field(default_factory=dict)
    names: frozenset[str] = frozenset()
    marks: dict[str, str] = field(default_factory=dict)
    guids: dict[str, str] = field(default_factory=dict)
    problems: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    reports: dict[str, FolderReport] = field(default_factory=dict)
    touched: set[int] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.places = Places(self.tree, self.media, PictureDesk(self.db, self.media))

    def make_contexts(self, shows: Iterable[Show]) -> None:
        """What the reading of each show's folders depends on."""
        own_host = urlsplit(self.settings.base_url).netloc
        for show in shows:
            facts = facts_from_json(show.facts)
            self.contexts[show.folder] = Context(show.id, facts.language, facts.timezone, facts.explicit, own_host)

    def report(self, name: str, change: Change, remarks: Iterable[Remark] = (), episode_id: int | None = None) -> None:
        """Notes what became of a folder; the last word counts."""
        self.reports[name] = FolderReport(name, change, tuple(remarks), episode_id)

    def report_unchanged(self, name: str) -> None:
        """Notes that a folder is as it was, with what there was to say about it."""
        self.report(name, Change.UNCHANGED, [remark_from_json(remark) for remark in self.problems.get(name, ())])

    # ---- what a scan leaves for the next one

    def read_files(self, name: str) -> dict[str, Any]:
        """The files of a folder that an earlier scan has measured, as JSON."""
        if name not in self.marks:
            return {}
        with self.db.reading() as session:
            return session.scalar(select(ScanEntry.hashes).where(ScanEntry.folder == name)) or {}

    def save_entry(
        self, session: Session, name: str, mark: str, files: dict[str, Any], remarks: Iterable[Remark]
    ) -> None:
        """Keeps what was found in a folder; the next scan passes over it if its fingerprint is ``mark`` then."""
        problems = [remark.as_json() for remark in remarks]
        entry = session.get(ScanEntry, name) if name in self.marks else None
        if entry is None:
            session.add(ScanEntry(folder=name, fingerprint=mark, hashes=files, problems=problems, seen_at=self.now))
        else:
            entry.fingerprint, entry.hashes, entry.problems, entry.seen_at = mark, files, problems, self.now

    def let_wait(self, folder: Folder) -> None:
        """Leaves a folder that is being changed to the next scan, which takes it if it looks the same then."""
        with self.db.transaction() as session:
            entry = session.get(ScanEntry, folder.name)
            files = {**(entry.hashes if entry is not None else {}), _SEEN: fingerprint(folder, "")}
            self.marks.setdefault(folder.name, "")
            self.save_entry(session, folder.name, entry.fingerprint if entry is not None else "", files, ())
        self.report(folder.name, Change.WAITING)

    def list_seen(self, folders: Iterable[Folder]) -> set[str]:
        """The names of those that an earlier scan let wait and saw exactly so: they have settled since."""
        every = {folder.name: folder for folder in folders}
        query = select(ScanEntry.folder, ScanEntry.hashes).where(ScanEntry.folder.in_(sorted(every)))
        with self.db.reading() as session:
            rows = session.execute(query)
            return {name for name, files in rows if files.get(_SEEN) == fingerprint(every[name], "")}
