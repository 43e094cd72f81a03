"""Where the studio writes texts: the tree's folder, the file of each, and the scan that follows each change."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from zoneinfo import ZoneInfo

from flask import abort
from sqlalchemy.orm import Session

from podcastsvc.catalogue.scanning.report import Change, FolderReport
from podcastsvc.catalogue.tree import open_tree
from podcastsvc.content import writings
from podcastsvc.content.kinds.kind import Kind
from podcastsvc.content.kinds.table import BY_FOLDER
from podcastsvc.errors import Misconfigured
from podcastsvc.kit.language import N_
from podcastsvc.storage.tables.writing import Writing
from podcastsvc.web.context import services, settings
from podcastsvc.web.language import add_prefix
from podcastsvc.web.pages import gettext, zone_of_show
from podcastsvc.web.site.shows import main_show

NO_FOLDER = N_("The texts lie in an object store. Put files there by hand; the studio writes to a folder only.")
RULE = "<any(articles, pages, people, calls):place>"
"""The part of an address that names the kind."""


@dataclass(frozen=True, slots=True)
class WritingPlace:
    """One kind's folder below the tree's root, with what the show says for all its texts."""

    kind: Kind
    root: Path
    timezone: str
    language: str
    first_days: int

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.timezone)


def open_place(name: str) -> WritingPlace:
    """The place of a kind by its folder's name. Raises Misconfigured where the tree is no local folder."""
    root = open_tree(settings()).root
    if root is None:
        raise Misconfigured(gettext(NO_FOLDER))
    show = main_show()
    return WritingPlace(
        BY_FOLDER[name],
        root,
        zone_of_show(),
        show.facts.language if show is not None else settings().default_language,
        show.facts.members_first_days if show is not None else 3,
    )


def get_row(session: Session, place: str, writing_id: int) -> Writing:
    """A text by its row's id; 404 where there is none of this kind."""
    row = writings.find_by_id(session, writing_id)
    if row is None or row.kind != BY_FOLDER[place].name:
        abort(404)
    return row


def write_public_path(row: Writing) -> str:
    """Where a text's page is, in its own language; hosts see it also before it comes out."""
    path = BY_FOLDER[row.file.partition("/")[0]].write_path(row.slug)
    return add_prefix(path, row.language if row.language in settings().languages else settings().default_language)


def rescan(path: str) -> FolderReport:
    """Reads one file at once, so that pages show the change when the answer comes."""
    from podcastsvc.content.scan import scan_writing

    return scan_writing(services().db, services().media, settings(), path)


def find_id(path: str) -> int | None:
    """The row of a file; None where its text cannot be used: the scan's report says why."""
    with services().db.reading() as session:
        row = writings.find_by_file(session, path)
        return None if row is None else row.id


def was_refused(report: FolderReport) -> bool:
    return report.change is Change.REFUSED


def list_taken(session: Session, kind: Kind, language: str, *, but: int | None = None) -> set[str]:
    """The slugs that texts of a kind have in a language, without that of one row."""
    return {row.slug for row in writings.list_all(session, kind.name) if row.language == language and row.id != but}


def find_free_slug(wanted: str, taken: Sequence[str] | set[str], kind: Kind) -> str:
    """The slug that was wanted, or the first that is free with a number behind it."""
    number = 1
    while (found := wanted if number == 1 else f"{wanted}-{number}") in taken or kind.is_reserved(found):
        number += 1
    return found
