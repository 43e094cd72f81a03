"""Writes texts as hosts do, and looks at what a scan made of them."""

from sqlalchemy import select

from podcastsvc.content import scan
from podcastsvc.storage.tables.writing import Writing
from tests.catalogue.folders import write
from tests.catalogue.sites import NOW, Site


def write_text(root, path, *, body="About maps.\n", **head):
    """A text in place, an hour old."""
    lines = "".join(f"{key}: {value}\n" for key, value in head.items())
    return write(root / path, f"---\n{lines}---\n{body}")


class Texts(Site):
    """A tree with texts."""

    def scan_all(self):
        """The episodes first, for the show."""
        super().scan()
        return self.scan()

    def scan(self, *, now=NOW, settle_seconds=0.0, tree=None):
        return scan.scan_writings(self.db, self.media, self.settings, now=now, settle_seconds=settle_seconds, tree=tree)

    def write(self, path, **head):
        return write_text(self.root, path, **head)

    def get(self, path) -> Writing:
        with self.db.reading() as session:
            return session.scalars(select(Writing).where(Writing.file == path)).one()

    def list_files(self):
        with self.db.reading() as session:
            return sorted(session.scalars(select(Writing.file)))
