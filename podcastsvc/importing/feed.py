"""Moving a show in from the feed that it has elsewhere: its facts, episodes and files, written as a host would write them.

Guids, the show's guid and dates stay as they are, so that apps which follow the feed see no episode twice (rules G1, G6,
T16). It can be stopped at any moment and run again: an episode whose guid a folder has is not taken twice.
"""

import contextlib
import shutil
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo
from pathlib import Path
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from podcastsvc.catalogue import publishing, shownotes
from podcastsvc.catalogue.publishing import Contents, Files
from podcastsvc.catalogue.show import FILE as SHOW_FILE
from podcastsvc.catalogue.showfile.reading import read_show
from podcastsvc.catalogue.texts import frontmatter, heads
from podcastsvc.catalogue.texts.frontmatter import Value
from podcastsvc.catalogue.uploads import Kind
from podcastsvc.errors import Conflict, Failure, Invalid, Unavailable
from podcastsvc.importing.arriving import Places, get_file, get_page, get_text, get_transcript, open_corner, read_file
from podcastsvc.importing.rss import Channel, Entry, read_page
from podcastsvc.importing.shownotes import write_markdown
from podcastsvc.kit import files
from podcastsvc.kit.language import N_, sentence
from podcastsvc.kit.text import is_web_address

MOST_PAGES = 100
MOST_ENTRIES = 20_000


@dataclass(frozen=True, slots=True)
class Feed:
    """All pages of a feed. Entries are in the order of the feed; of those with one guid there is the first."""

    channel: Channel
    entries: tuple[Entry, ...]


@dataclass(slots=True)
class Moved:
    """What became of a feed. ``problems`` are sentences that name the episode; nothing that they name stops the others."""

    folders: list[str] = field(default_factory=list)
    known: int = 0
    has_show: bool = False
    problems: list[str] = field(default_factory=list)


def read_feed(source: str, *, excepted: Collection[str] = ()) -> Feed:
    """Reads all pages of a feed at an address, or the document in a file. Raises Invalid and Unavailable."""
    raw = get_page(source, excepted) if is_web_address(source) else read_file(source)
    first = page = read_page(raw)
    found = list(page.entries)
    asked = {source}
    while page.next_url and page.next_url not in asked and len(asked) < MOST_PAGES:
        asked.add(page.next_url)
        page = read_page(get_page(page.next_url, excepted))
        found += page.entries
    entries: dict[str, Entry] = {}
    for entry in found:
        entries.setdefault(entry.guid, entry)
    if len(entries) > MOST_ENTRIES:
        raise Invalid(sentence("This feed has more than %(count)s episodes.", count=MOST_ENTRIES))
    return Feed(first.channel, tuple(entries.values()))


def check_owner(channel: Channel, *, is_mine: bool) -> None:
    """Raises Conflict for a feed that says that nobody may move it, unless the host says that it is theirs."""
    if channel.is_locked and not is_mine:
        raise Conflict(
            sentence(
                "This feed says that it must not be moved (podcast:locked), and names %(owner)s. If that is you, unlock it at "
                "the service you come from, or say that the show is yours.",
                owner=channel.locked_for or channel.owner_email or "?",
            )
        )


def move_in(
    feed: Feed,
    places: Places,
    *,
    now: datetime,
    most: int | None = None,
    progress: Callable[[int, int], None] = lambda done, whole: None,
) -> Moved:
    """Writes the show's file, unless there is one, and a folder for each episode that no folder has, oldest first.

    ``most`` stops after so many new ones; ``progress`` is told how many of the new ones are done. Raises Conflict where
    the folder holds another show, Unavailable where the disk refuses; the folders written until then stay.
    """
    with _keeping(), _alone(places):
        moved = Moved()
        zone = _move_show(feed.channel, places, moved)
        known = set(_list_guids(places.root, zone))
        fresh = [entry for entry in feed.entries if entry.guid not in known]
        moved.known = len(feed.entries) - len(fresh)
        fresh.sort(key=lambda entry: entry.date or datetime.max.replace(tzinfo=UTC))
        chosen = fresh[:most]
        for number, entry in enumerate(chosen, start=1):
            _move_entry(entry, feed.channel, places, zone, moved, now)
            progress(number, len(chosen))
    return moved


@contextlib.contextmanager
def _alone(places: Places) -> Iterator[None]:
    """While no other process moves in here: both folders are there, and what a killed run left is gone."""
    for folder in (places.root, places.arriving):
        folder.mkdir(parents=True, exist_ok=True)
    with files.alone_in(places.arriving):
        for left in places.arriving.iterdir():
            shutil.rmtree(left, ignore_errors=True)
        yield


@contextlib.contextmanager
def _keeping() -> Iterator[None]:
    """Raises Unavailable for what the disk refuses meanwhile."""
    try:
        yield
    except OSError as problem:
        raise Unavailable(
            sentence("A file could not be written. %(why)s Mend that, then run it again.", why=files.explain(problem))
        ) from problem


# ---- the show


def _move_show(channel: Channel, places: Places, moved: Moved) -> tzinfo:
    """Writes ``show.yaml`` and the artwork where there are none, and the guid where there is none. Returns the zone."""
    path = places.root / SHOW_FILE
    raw = path.read_bytes() if path.exists() else None
    if raw is not None:
        facts, _ = read_show(raw)
        if channel.guid and facts.guid and facts.guid != channel.guid:
            raise Conflict(
                sentence(
                    "%(file)s has another guid than this feed: it describes another show. Name a folder of its own "
                    "for this one.",
                    file=SHOW_FILE,
                )
            )
        if channel.guid and not facts.guid:
            files.write_whole(path, frontmatter.edit_mapping(raw, {"guid": channel.guid}, file=SHOW_FILE))
        return ZoneInfo(facts.timezone)
    if not channel.title:
        raise Invalid(N_("The feed has no title. Write a show.yaml with a title first."))
    files.write_whole(path, frontmatter.edit_mapping(b"", _write_show(channel), file=SHOW_FILE))
    moved.has_show = True
    if channel.picture and not list(places.root.glob("artwork.*")):
        with open_corner(places) as folder, _telling(SHOW_FILE, moved):
            picture = get_file(channel.picture, folder, Kind.COVER, places)
            files.write_whole(places.root / f"artwork{picture.suffix}", picture.read_bytes())
    return UTC


def _write_show(channel: Channel) -> dict[str, Value]:
    owner = {"name": channel.owner_name, "email": channel.owner_email}
    found: dict[str, Value] = {
        "title": channel.title,
        "language": channel.language,
        "description": channel.description,
        "author": channel.author,
        "owner": {name: value for name, value in owner.items() if value},
        "copyright": channel.copyright,
        "categories": list(channel.categories),
        "explicit": channel.explicit,
        "type": channel.type,
        "complete": channel.is_complete or None,
        "guid": channel.guid,
        "people": [heads.write_person(person) for person in channel.people],
    }
    return {name: value for name, value in found.items() if value not in ("", None, [], {})}


def _list_guids(root: Path, zone: tzinfo) -> Iterator[str]:
    """The guids that the folders of a show have, whether they are in the catalogue or not."""
    for path in root.glob(f"*/{shownotes.FILE}"):
        with contextlib.suppress(Failure, OSError):
            guid = shownotes.read_shownotes(path.read_bytes(), zone, []).guid
            if guid:
                yield guid


# ---- episodes


@dataclass(frozen=True, slots=True)
class Gathered:
    """The files of one entry, arrived and looked at; ``texts`` are small ones by the names they get."""

    parts: dict[Kind, Path]
    texts: dict[str, bytes]


def _move_entry(entry: Entry, channel: Channel, places: Places, zone: tzinfo, moved: Moved, now: datetime) -> None:
    name = entry.title or entry.guid or "?"
    if not entry.guid or not entry.audio:
        moved.problems.append(sentence("%(name)s: it has no audio, so it was left out.", name=name))
        return
    if len(entry.guid) > shownotes.MOST_GUID_CHARS:
        moved.problems.append(
            sentence(
                "%(name)s: its guid has more than %(count)s characters, so it was left out.",
                name=name,
                count=shownotes.MOST_GUID_CHARS,
            )
        )
        return
    if entry.date is None:
        moved.problems.append(
            sentence("%(name)s: its date cannot be read, so it is a draft. Give it one in its notes.md.", name=name)
        )
    with open_corner(places) as folder:
        gathered = _gather(entry, channel, folder, places, name, moved)
        if gathered is None:
            return
        # Unavailable here means that our own disk is full, which ends it all.
        with _telling(name, moved, (Invalid,)):
            moved.folders.append(
                publishing.create(
                    places.root,
                    _write_contents(entry),
                    Files(gathered.parts),
                    zone=zone,
                    now=entry.date or now,
                    keys=_write_keys(entry, channel),
                    texts=gathered.texts,
                )
            )


def _gather(entry: Entry, channel: Channel, folder: Path, places: Places, name: str, moved: Moved) -> Gathered | None:
    """Fetches what an entry offers. None where the audio does not come; without the rest an episode is still one."""
    gathered = Gathered({}, {})
    with _telling(name, moved):
        gathered.parts[Kind.AUDIO] = get_file(entry.audio, folder, Kind.AUDIO, places)
    if not gathered.parts:
        return None
    with _telling(name, moved):
        if entry.picture and entry.picture != channel.picture:
            gathered.parts[Kind.COVER] = get_file(entry.picture, folder, Kind.COVER, places)
    with _telling(name, moved):
        for link in entry.transcripts:
            found = get_transcript(link, folder, places)
            if found is not None:
                language = f".{link.language}" if link.language.isalpha() else ""
                gathered.texts.setdefault(f"transcript{language}{found.suffix}", found.read_bytes())
    with _telling(name, moved):
        if entry.chapters:
            gathered.texts["chapters.json"] = get_text(entry.chapters, places)
    return gathered


def _write_contents(entry: Entry) -> Contents:
    return Contents(
        title=entry.title,
        notes=write_markdown(entry.html),
        published_at=entry.date,
        season=entry.season,
        number=entry.number,
        type=entry.type,
        explicit=entry.explicit,
        summary=entry.summary,
        people=entry.people,
        tags=entry.tags,
    )


def _write_keys(entry: Entry, channel: Channel) -> dict[str, Value]:
    """What the form knows nothing of: the guid and the date to the second, and addresses that go on working."""
    path = urlsplit(entry.link).path
    slug = path.rstrip("/").rpartition("/")[2].lower()
    has_path = not urlsplit(entry.link).query and path.strip("/") and "\\" not in path and not path.startswith("//")
    found: dict[str, Value] = {
        "guid": entry.guid,
        "date": entry.date.isoformat(sep=" ") if entry.date is not None else None,
        "slug": slug if slug and shownotes.make_slug(slug) == slug else None,
        "aliases": [path] if has_path else None,
        "season_name": entry.season_name or None,
        "episode_display": entry.number_display or None,
        "author": entry.author if entry.author != channel.author else None,
    }
    return {name: value for name, value in found.items() if value}


@contextlib.contextmanager
def _telling(name: str, moved: Moved, kinds: tuple[type[Failure], ...] = (Invalid, Unavailable)) -> Iterator[None]:
    """What fails inside is told with the episode's name and stops nothing else."""
    try:
        yield
    except kinds as failure:
        moved.problems.append(sentence("%(name)s: %(problem)s", name=name, problem=failure.message))
