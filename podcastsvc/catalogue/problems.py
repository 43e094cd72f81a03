"""What the last scan found to mend, folder by folder, for the studio."""

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from podcastsvc.catalogue.remarks import Remark, remark_from_json
from podcastsvc.catalogue.tree import is_text_file
from podcastsvc.storage.tables.episode import ScanEntry


@dataclass(frozen=True, slots=True)
class FolderProblems:
    """One folder, named from the root, with at least one remark."""

    folder: str
    remarks: tuple[Remark, ...]

    @property
    def has_mistake(self) -> bool:
        return any(remark.is_mistake for remark in self.remarks)


def list_problems(session: Session) -> list[FolderProblems]:
    """Folders with remarks, those with a mistake first."""
    entries = session.scalars(select(ScanEntry).order_by(ScanEntry.folder))
    found = [
        FolderProblems(_name_place(entry.folder), tuple(remark_from_json(each) for each in entry.problems))
        for entry in entries
    ]
    return sorted((each for each in found if each.remarks), key=lambda each: (not each.has_mistake, each.folder))


def _name_place(folder: str) -> str:
    """The folder around a text, whose remarks name the file themselves."""
    return folder.partition("/")[0] if is_text_file(folder) else folder


def find_problems(session: Session, folder: str) -> FolderProblems | None:
    """What is to mend in one folder; None where all is well."""
    entry = session.get(ScanEntry, folder)
    if entry is None or not entry.problems:
        return None
    return FolderProblems(folder, tuple(remark_from_json(each) for each in entry.problems))
