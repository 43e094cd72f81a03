"""A tree, a database and a media store for tests of the scan, and short words for looking at them."""

from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import func, select

from podcastsvc.catalogue import episodes, scan
from podcastsvc.catalogue.scanning.report import Change
from podcastsvc.settings import Settings
from podcastsvc.storage.db import Database
from podcastsvc.storage.media import LocalMedia
from podcastsvc.storage.tables.episode import AudioFile, Episode
from podcastsvc.storage.tables.job import Job
from podcastsvc.storage.tables.show import Show

NOW = datetime(2026, 6, 1, 12, 0, tzinfo=UTC)


class Site:
    """A tree, a database and a media store, and short words for looking at them."""

    def __init__(self, db: Database, folder: Path) -> None:
        self.db = db
        self.root = folder / "episodes"
        self.root.mkdir(exist_ok=True)
        self.settings = Settings(data=folder / "var", episodes=str(self.root), base_url="https://show.example")
        self.media = LocalMedia(folder / "media")

    def scan(self, *, now=NOW, tree=None, settle_seconds=0.0, media=None):
        return scan.scan_tree(
            self.db, media or self.media, self.settings, now=now, tree=tree, settle_seconds=settle_seconds
        )

    def scan_folder(self, name, *, now=NOW):
        return scan.scan_folder(self.db, self.media, self.settings, name, now=now)

    def get(self, folder: str) -> Episode:
        with self.db.reading() as session:
            row = session.scalars(select(Episode).where(Episode.folder == folder)).one()
            return episodes.find_by_id(session, row.id)

    def list_folders(self) -> list[str]:
        with self.db.reading() as session:
            return sorted(session.scalars(select(Episode.folder)))

    def list_audio(self, folder: str) -> list[AudioFile]:
        return sorted(self.get(folder).audio, key=lambda audio: (audio.replaced_at is not None, audio.variant))

    def get_show(self, folder: str = "") -> Show:
        with self.db.reading() as session:
            return session.scalars(select(Show).where(Show.folder == folder)).one()

    def list_jobs(self) -> list[Job]:
        with self.db.reading() as session:
            return list(session.scalars(select(Job).order_by(Job.id)))

    def count(self, table) -> int:
        with self.db.reading() as session:
            return session.scalar(select(func.count()).select_from(table))


def changes_of(report) -> dict[str, str]:
    return {each.folder: str(each.change) for each in report.folders if each.change is not Change.UNCHANGED}


def remarks_of(report, folder: str) -> list[str]:
    return [str(remark) for each in report.folders if each.folder == folder for remark in each.remarks]
