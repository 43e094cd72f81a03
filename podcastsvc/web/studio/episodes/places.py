"""Where the studio writes: the folders of shows and episodes, and the scan that follows each change."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from zoneinfo import ZoneInfo

from flask import abort
from sqlalchemy.orm import Session

from podcastsvc.catalogue import episodes
from podcastsvc.catalogue.show import ShowFacts
from podcastsvc.catalogue.shows import get_card, list_shows
from podcastsvc.catalogue.tree import open_tree
from podcastsvc.errors import Misconfigured
from podcastsvc.kit.language import N_
from podcastsvc.storage.tables.episode import Episode
from podcastsvc.storage.tables.show import Show
from podcastsvc.web.context import services, settings
from podcastsvc.web.pages import gettext

NO_SHOW = N_("There is no show yet. Put a show.yaml with a title into the episodes folder first.")
NO_FOLDER = N_("The episodes lie in an object store. Put files there by hand; the studio writes to a folder only.")


@dataclass(frozen=True, slots=True)
class ShowPlace:
    """A show and its folder."""

    row: Show
    facts: ShowFacts
    folder: Path

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.facts.timezone)


@dataclass(frozen=True, slots=True)
class EpisodePlace:
    """An episode, its folder, and the show it belongs to."""

    episode: Episode
    show: ShowPlace
    folder: Path


def list_places(session: Session) -> list[ShowPlace]:
    """All shows with their folders, the site's face first. Raises Misconfigured without a show or a local folder."""
    root = _root()
    places = [ShowPlace(row, get_card(session, row).facts, root / row.folder) for row in list_shows(session)]
    if not places:
        raise Misconfigured(gettext(NO_SHOW))
    return places


def pick_place(places: Sequence[ShowPlace], key: str) -> ShowPlace:
    """The show that a form names, else the first."""
    return next((place for place in places if place.row.key == key), places[0])


def get_place(session: Session, episode_id: int) -> EpisodePlace:
    """An episode by its row's id; 404 where there is none."""
    episode = episodes.find_by_id(session, episode_id)
    if episode is None:
        abort(404)
    show = next(place for place in list_places(session) if place.row.id == episode.show_id)
    return EpisodePlace(episode, show, _root() / episode.folder)


def is_there(episode_id: int) -> bool:
    """Whether there is an episode with a row's id."""
    with services().db.reading() as session:
        return episodes.find_by_id(session, episode_id) is not None


def _root() -> Path:
    root = open_tree(settings()).root
    if root is None:
        raise Misconfigured(gettext(NO_FOLDER))
    return root


def rescan(folder: Path) -> int | None:
    """Reads one folder at once, so that feeds show the change when the answer comes; the id of its episode.

    None where the folder cannot be used: the scan's report says why.
    """
    from podcastsvc.catalogue.scan import scan_folder

    report = scan_folder(services().db, services().media, settings(), folder.relative_to(_root()).as_posix())
    return report.episode_id
