"""Reading a show's own files, ``show.yaml``, its artwork and the audio of its notices, and saving its row."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from podcastsvc.catalogue.addresses import write_feed_path
from podcastsvc.catalogue.artwork.drawing import LEAST_LOGO_PIXELS, LEAST_PIXELS
from podcastsvc.catalogue.artwork.keeping import KeptPicture, save_picture
from podcastsvc.catalogue.identity import make_show_guid
from podcastsvc.catalogue.limits import MOST_PICTURE_BYTES, too_large
from podcastsvc.catalogue.remarks import Remark, advise, make_remark
from podcastsvc.catalogue.scanning.folders import find_artwork, find_logo, find_show_file
from podcastsvc.catalogue.scanning.notices import ReadNotices, read_notices, save_notices
from podcastsvc.catalogue.scanning.reading import Places
from podcastsvc.catalogue.scanning.report import Change
from podcastsvc.catalogue.scanning.saving import touch_show
from podcastsvc.catalogue.show import ShowFacts
from podcastsvc.catalogue.showfile.reading import read_show
from podcastsvc.catalogue.shownotes import make_slug
from podcastsvc.catalogue.tree import SHOW_FILE, Folder
from podcastsvc.errors import Invalid
from podcastsvc.kit.language import N_
from podcastsvc.settings import Settings
from podcastsvc.storage.facts import find_fact, save_fact
from podcastsvc.storage.tables.show import Show

MAIN_KEY = "main"
"""The key of the show in the root folder; no address shows it while it is the first."""

NO_SHOW = Remark(SHOW_FILE, N_("is missing. Write one with at least a line such as  title: Room Tone"))


@dataclass(frozen=True, slots=True)
class ReadShow:
    """A show's files, read. ``facts`` are None where the file is missing or cannot be read; then what was known stays.

    ``has_picture`` and ``has_logo`` False mean that the artwork, or the logo, could not be read.
    """

    folder: Folder
    facts: ShowFacts | None
    remarks: tuple[Remark, ...]
    has_picture: bool
    picture: KeptPicture | None
    has_logo: bool
    logo: KeptPicture | None
    notices: ReadNotices

    @property
    def is_spoilt(self) -> bool:
        """Whether ``show.yaml`` itself has a mistake."""
        file = find_show_file(self.folder)
        return self.facts is None or any(remark.is_mistake and remark.file == file for remark in self.remarks)


def read_show_files(places: Places, folder: Folder, known_files: Mapping[str, Any], *, now_ns: int) -> ReadShow:
    """Reads the files of a show. ``known_files`` is the audio of notices that an earlier scan has measured, as JSON.

    OSError and Unavailable pass through.
    """
    remarks: list[Remark] = []
    facts = _read_facts(places, folder, remarks)
    artwork, mark = find_artwork(folder), find_logo(folder)
    if artwork is None:
        advice = N_("is missing. Directories ask for a square picture of 1400 to 3000 pixels.")
        remarks.append(advise("artwork.jpg", advice))
    name = make_slug(facts.text("title", facts.language)) if facts is not None else ""
    has_picture, picture = _read_picture(places, folder, artwork, name, remarks)
    has_logo, logo = _read_picture(places, folder, mark, f"{name}-logo", remarks, least=LEAST_LOGO_PIXELS)
    notices = ReadNotices()
    if facts is not None:
        notices = read_notices(places, folder, known_files, facts.language, remarks, now_ns=now_ns)
    return ReadShow(folder, facts, tuple(remarks), has_picture, picture, has_logo, logo, notices)


def _read_picture(
    places: Places, folder: Folder, file: str | None, slug: str, remarks: list[Remark], *, least: int = LEAST_PIXELS
) -> tuple[bool, KeptPicture | None]:
    """Whether a picture could be read, and what it is; None where there is no such file."""
    if file is None:
        return True, None
    try:
        if folder.files[file].size_bytes > MOST_PICTURE_BYTES:
            raise Invalid(too_large(MOST_PICTURE_BYTES))
        raw = places.tree.read_bytes(folder.path(file)) or b""
        return True, places.pictures.keep(raw, slug or "artwork", least=least)
    except Invalid as refusal:
        remarks.append(Remark(file, refusal.message))
        return False, None


def _read_facts(places: Places, folder: Folder, remarks: list[Remark]) -> ShowFacts | None:
    file = find_show_file(folder)
    raw = places.tree.read_bytes(folder.path(file)) if file is not None else None
    if raw is None or file is None:
        remarks.append(NO_SHOW)
        return None
    try:
        facts, found = read_show(raw, file=file)
    except Invalid as refusal:
        remarks.append(make_remark(refusal, file))
        return None
    remarks += found
    return facts


def save_show(session: Session, read: ReadShow, settings: Settings, now: datetime) -> tuple[Show | None, Change]:
    """Brings a show's row in line with its files. A file with a mistake changes nothing of a show that is known."""
    show = session.scalar(select(Show).where(Show.folder == read.folder.name))
    if read.facts is None or (show is not None and read.is_spoilt):
        return show, Change.REFUSED
    change = Change.CHANGED
    if show is None:
        show = _make_row(session, read.folder.name, now)
        session.add(show)
        change = Change.ADDED
    facts = read.facts.as_json()
    wanted = {
        "title": read.facts.text("title", read.facts.language),
        "facts": facts,
        "position": read.facts.position if not read.folder.name else max(read.facts.position, 1),
        "guid": _choose_guid(session, show, read.facts, settings),
    }
    if read.has_picture:
        wanted["artwork_id"] = save_picture(session, read.picture, now)
    if read.has_logo:
        wanted["logo_id"] = save_picture(session, read.logo, now)
    is_heard_of = _concerns_feeds(show, wanted)
    differing = {name: value for name, value in wanted.items() if not _is_same(getattr(show, name), value)}
    for name, value in differing.items():
        setattr(show, name, value)
    session.flush()  # Its notices and its episodes need the id.
    has_other_sound = save_notices(session, show, read.notices, now)
    if change is Change.CHANGED and not differing and not has_other_sound:
        return show, Change.UNCHANGED
    if is_heard_of or has_other_sound:
        touch_show(session, show, (), now)
    return show, change


def _make_row(session: Session, folder: str, now: datetime) -> Show:
    key = wanted = make_slug(folder) or MAIN_KEY if folder else MAIN_KEY
    number = 1
    while session.scalar(select(Show.id).where(Show.key == key)) is not None:
        number += 1
        key = f"{wanted}-{number}"
    return Show(key=key, folder=folder, title="", facts={}, instants=[], version=0, changed_at=now)


def _choose_guid(session: Session, show: Show, facts: ShowFacts, settings: Settings) -> str:
    """The show's own guid, else that of its first public feed address, kept from then on (rule G6).

    An address of this machine is nobody's for ever: while the site has one, the guid follows it.
    """
    if facts.guid:
        return facts.guid
    name = f"show guid {show.key}"
    made = find_fact(session, name)
    if show.guid and (made is None or not made["is_loopback"]):
        return show.guid
    is_first = not show.folder or session.scalar(select(func.count(Show.id)).where(Show.folder != show.folder)) == 0
    save_fact(session, name, {"is_loopback": settings.is_loopback})
    return make_show_guid(settings.base_url + write_feed_path(None if is_first else show.key))


def _concerns_feeds(show: Show, wanted: Mapping[str, Any]) -> bool:
    """Whether what changes is more than the site's looks, of which feeds know nothing."""
    return any(
        not _is_same(_leave_out_look(getattr(show, name)), _leave_out_look(value))
        for name, value in wanted.items()
        if name != "logo_id"
    )


def _leave_out_look(value: Any) -> Any:
    return {key: each for key, each in value.items() if key != "look"} if isinstance(value, Mapping) else value


def _is_same(old: object, new: object) -> bool:
    """Whether two values are the same once they are kept as JSON."""
    return json.dumps(old, sort_keys=True) == json.dumps(new, sort_keys=True)
