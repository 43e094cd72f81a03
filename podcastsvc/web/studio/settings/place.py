"""The show whose file a page of settings changes: found, opened, saved, scanned."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from flask import request

from podcastsvc.catalogue.showfile import writing
from podcastsvc.catalogue.showfile.writing import NewPicture, OpenedShow, Pictures
from podcastsvc.catalogue.shows import list_shows
from podcastsvc.catalogue.texts.frontmatter import Value
from podcastsvc.catalogue.tree import open_tree
from podcastsvc.errors import Conflict, Failure, Misconfigured
from podcastsvc.kit.language import N_
from podcastsvc.web.context import services, settings
from podcastsvc.web.pages import gettext
from podcastsvc.web.studio.episodes.uploads import receive_picture

NO_FOLDER = N_(
    "The files of the show lie in an object store. Change show.yaml there by hand; the studio writes to a folder only."
)


@dataclass(frozen=True, slots=True)
class ShowChoice:
    """One of several shows, for the links between their settings."""

    key: str
    title: str


@dataclass(slots=True)
class SettingsPlace:
    """A show's folder and its file as it stands. ``opened`` is None where it cannot be changed here; ``problem`` says why.

    ``name`` is the folder's from the tree's root; ``key`` is "" for the site's first show, which may not exist yet.
    ``other`` is the file as somebody else has left it while the form was open.
    """

    root: Path | None
    name: str
    key: str
    shows: list[ShowChoice]
    opened: OpenedShow | None = None
    problem: str = ""
    other: str = ""

    @property
    def folder(self) -> Path:
        if self.root is None:
            raise Misconfigured(gettext(NO_FOLDER))
        return self.root / self.name

    def list_pictures(self) -> dict[str, str]:
        """The files that the folder has of each kind of picture, by its name."""
        found: dict[str, str] = {}
        if self.root is not None and self.folder.is_dir():
            for path in sorted(self.folder.iterdir()):
                stem, _, extension = path.name.lower().rpartition(".")
                if stem in writing.LEAST and extension in {"jpg", "jpeg", "png"}:
                    found[stem] = path.name
        return found


def open_place(key: str = "") -> SettingsPlace:
    """The show that an address names, else the site's first one, with its file read now."""
    with services().db.reading() as session:
        shows = [(show.key, show.title, show.folder) for show in list_shows(session)]
    chosen = next((show for show in shows if show[0] == key), shows[0] if shows else ("", "", ""))
    is_first = not shows or chosen == shows[0]
    place = SettingsPlace(
        open_tree(settings()).root,
        name=chosen[2],
        key="" if is_first else chosen[0],
        shows=[ShowChoice(key="" if each == shows[0] else each[0], title=each[1]) for each in shows],
    )
    try:
        place.opened = writing.open_show(place.folder)
    except Failure as failure:
        place.problem = gettext(failure.message)
    return place


def save(place: SettingsPlace, changes: Mapping[str, Value], pictures: Pictures | None = None) -> None:
    """Writes what was changed and has it read, so that pages show it when the answer comes.

    Raises what ``writing.change`` does; after a Conflict the place has the file as it stands now, so that sending the form
    once more puts this change in its place.
    """
    from podcastsvc.catalogue.scan import scan_show

    try:
        writing.change(place.folder, changes, pictures or Pictures(), seen=request.form.get("seen", ""))
    except Conflict:
        place.opened = writing.open_show(place.folder)
        place.other = place.opened.text
        raise
    scan_show(services().db, services().media, settings(), place.name)


def receive_pictures(errors: dict[str, str], names: tuple[str, ...]) -> dict[str, NewPicture]:
    """The pictures that a form brings; what is none is noted under its name."""
    found = {}
    for name in names:
        part = request.files.get(name)
        if part is None or not part.filename:
            continue
        try:
            found[name] = writing.read_picture(receive_picture(part), name, cut=bool(request.form.get(f"{name}_cut")))
        except Failure as refusal:
            errors[name] = gettext(refusal.message)
    return found
