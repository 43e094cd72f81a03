"""The report of a scan: what became of each folder, and what the host should know or mend."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from podcastsvc.catalogue.remarks import Remark
from podcastsvc.catalogue.tree import SHOW_FILE
from podcastsvc.kit.files import explain
from podcastsvc.kit.language import sentence


class Change(StrEnum):
    """What became of a folder. Refused: it holds a mistake, and the catalogue keeps what it knew before."""

    ADDED = "added"
    CHANGED = "changed"
    UNCHANGED = "unchanged"
    WAITING = "waiting"
    REFUSED = "refused"
    REMOVED = "removed"


@dataclass(frozen=True, slots=True)
class FolderReport:
    """One folder's outcome. ``folder`` is named from the root; a show's own file has "show.yaml" at the end of its."""

    folder: str
    change: Change
    remarks: tuple[Remark, ...] = ()
    episode_id: int | None = None

    @property
    def place(self) -> str:
        """The folder itself, for a show the one that its file lies in."""
        return self.folder.removesuffix(SHOW_FILE).rstrip("/")

    @property
    def mistakes(self) -> tuple[Remark, ...]:
        return tuple(remark for remark in self.remarks if remark.is_mistake)


@dataclass(frozen=True, slots=True)
class ScanReport:
    """One pass over the tree: every folder that changed or about which there is something to say, and the counts of all."""

    folders: tuple[FolderReport, ...]
    counts: dict[str, int]
    seconds: float

    @property
    def mistakes(self) -> list[FolderReport]:
        """Folders with at least one mistake."""
        return [folder for folder in self.folders if folder.mistakes]

    def count(self, change: Change) -> int:
        return self.counts.get(change, 0)

    def write(self) -> str:
        """The report as lines for a terminal: remarks by folder, then the sum."""
        lines: list[str] = []
        for folder in self.folders:
            if folder.change is Change.WAITING:
                lines.append(f"{folder.folder}: a file is still being copied; the next scan looks again.")
            for remark in folder.remarks:
                mark = "mistake" if remark.is_mistake else "advice"
                place = "/".join(part for part in (folder.place, remark.place) if part)
                lines.append(f"{mark}: {place}: {remark.message}")
        shown = [f"{self.counts[change]} {change}" for change in Change if self.counts.get(change)]
        lines.append(f"{', '.join(shown) or 'nothing to read'} in {self.seconds:.1f} s")
        return "\n".join(lines)


def make_disk_remark(problem: OSError) -> Remark:
    """The remark on a folder that a disk did not give: it says nothing about the folder, which the next scan reads."""
    return Remark("", sentence("could not be read. %(why)s", why=explain(problem)))


def make_report(folders: Iterable[FolderReport], seconds: float) -> ScanReport:
    """The report over all folders; those that are unchanged and well are counted only."""
    every = sorted(folders, key=lambda folder: folder.folder)
    counts = Counter(str(folder.change) for folder in every)
    told = [folder for folder in every if folder.change is not Change.UNCHANGED or folder.remarks]
    return ScanReport(tuple(told), dict(counts), seconds)
