"""The list of old addresses: saved, listed, looked up, and how often each is used."""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cache

from sqlalchemy import ColumnElement, func, insert, select, true, update
from sqlalchemy import delete as sql_delete
from sqlalchemy.orm import Session

from podcastsvc.catalogue.addresses import write_episode_path
from podcastsvc.catalogue.old_addresses.reading import write_form
from podcastsvc.catalogue.old_addresses.settling import Entry, Page, Problem, Settled, Site, settle
from podcastsvc.catalogue.shows import list_shows
from podcastsvc.errors import Invalid
from podcastsvc.kit.language import sentence
from podcastsvc.storage.db import lock_writes
from podcastsvc.storage.inserts import change_rows
from podcastsvc.storage.tables.episode import Episode, EpisodeAlias
from podcastsvc.storage.tables.old_address import OldAddress

# Databases take only so many values in one statement.
_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Report:
    """What became of the entries that were to be saved. ``refused`` maps their places in the list to the reasons.

    ``straightened`` are paths whose way was cut short; ``moved`` counts saved addresses that now skip a step.
    """

    added: int = 0
    changed: int = 0
    unchanged: int = 0
    refused: Mapping[int, Problem] = field(default_factory=dict)
    straightened: tuple[str, ...] = ()
    moved: int = 0


@dataclass(frozen=True, slots=True)
class Use:
    """One request that was sent on."""

    address_id: int
    day: date


def read_site(
    session: Session, base_url: str, find_page: Callable[[str], Page | None], *, prefixes: Iterable[str] = ()
) -> Site:
    """What answers on the site without the list: its pages, its episodes, and the earlier addresses of those."""
    pages = _list_episode_pages(session)
    aliases = session.execute(select(EpisodeAlias.path, EpisodeAlias.episode_id))
    return Site(
        base_url,
        cache(find_page),
        tuple(prefixes),
        frozenset(pages.values()),
        {write_form(path): pages[episode_id] for path, episode_id in aliases},
    )


def _list_episode_pages(session: Session) -> dict[int, str]:
    keys = {show.id: show.key if position else None for position, show in enumerate(list_shows(session))}
    rows = session.execute(select(Episode.id, Episode.show_id, Episode.slug))
    return {row.id: write_episode_path(row.slug, keys[row.show_id]) for row in rows}


@dataclass(frozen=True, slots=True)
class Prepared:
    """What was settled before the transaction that saves it, and from which list and site that was."""

    saved: Mapping[str, str]
    site: Site
    settled: Settled

    def holds_for(self, saved: Mapping[str, str], site: Site) -> bool:
        """Whether nothing has changed since then that it hangs on."""
        return (self.saved, self.site.episodes, self.site.aliases) == (saved, site.episodes, site.aliases)


def prepare(session: Session, wanted: Sequence[Entry], site: Site, *, replaces: bool = False) -> Prepared:
    """Settles what ``save`` is to save, with the same ``replaces``: many lines take seconds, in which others may write."""
    saved = dict(session.execute(select(OldAddress.path, OldAddress.target)).all())
    return Prepared(saved, site, settle(wanted, saved, site, replaces=replaces))


def save(
    session: Session,
    wanted: Sequence[Entry],
    site: Site,
    *,
    origin: str = "host",
    replaces: bool = False,
    prepared: Prepared | None = None,
    now: datetime,
) -> Report:
    """Saves what can be saved, and says of the rest why not. ``replaces`` lets entries change what is in the list.

    What was ``prepared`` from these entries is used if it still holds. Others who save wait, and see what was saved here:
    else the same address came twice, and two ways of one step became one of two.
    """
    lock_writes(session, OldAddress)
    rows = {row.path: row for row in session.scalars(select(OldAddress))}
    saved = {path: row.target for path, row in rows.items()}
    is_ready = prepared is not None and prepared.holds_for(saved, site)
    settled = prepared.settled if prepared and is_ready else settle(wanted, saved, site, replaces=replaces)
    counts = _write(session, rows, wanted, settled.targets, origin, now)
    _move(rows, settled.moved, now)
    return Report(
        added=counts["added"],
        changed=counts["changed"],
        unchanged=counts["unchanged"],
        refused=settled.refused,
        straightened=tuple(wanted[at].path for at in sorted(settled.straightened)),
        moved=len(settled.moved),
    )


def _write(
    session: Session,
    rows: Mapping[str, OldAddress],
    wanted: Sequence[Entry],
    targets: Mapping[int, str],
    origin: str,
    now: datetime,
) -> Counter[str]:
    """Writes entries, by their places, with their targets; how many were added, changed and unchanged."""
    known = {path: Entry(path, row.target, row.is_permanent) for path, row in rows.items()}
    written: dict[str, Entry] = {}
    counts: Counter[str] = Counter()
    for at, target in targets.items():
        entry = Entry(wanted[at].path, target, wanted[at].is_permanent)
        before = known.get(entry.path)
        counts["added" if before is None else "unchanged" if before == entry else "changed"] += 1
        if before != entry:
            known[entry.path] = written[entry.path] = entry
    added = []
    for path, entry in written.items():
        row = rows.get(path)
        if row is not None:
            row.target, row.is_permanent, row.changed_at = entry.target, entry.is_permanent, now
            continue
        values = {"path": path, "target": entry.target, "is_permanent": entry.is_permanent, "origin": origin}
        added.append(values | {"created_at": now, "changed_at": now})
    if added:
        # All at once: one object for each row takes four times as long.
        session.execute(insert(OldAddress), added)
    return counts


def change(session: Session, row: OldAddress, wanted: Entry, site: Site, now: datetime) -> Report:
    """Changes one old address of ``find_to_change``, also its path. Raises Invalid with a sentence for "old" or "new"."""
    others = {each.path: each for each in session.scalars(select(OldAddress)) if each.id != row.id}
    settled = settle([wanted], {path: each.target for path, each in others.items()}, site, replaces=False)
    problem = settled.refused.get(0)
    if problem is None and wanted.path in others:
        problem = Problem("old", sentence("%(path)s is in the list already.", path=wanted.path))
    if problem is not None:
        raise Invalid(problem.sentence, {problem.side: problem.sentence})
    row.path, row.target, row.is_permanent, row.changed_at = wanted.path, settled.targets[0], wanted.is_permanent, now
    _move(others, settled.moved, now)
    return Report(changed=1, straightened=(wanted.path,) if settled.straightened else (), moved=len(settled.moved))


def _move(rows: Mapping[str, OldAddress], moved: Mapping[str, str], now: datetime) -> None:
    for path, target in moved.items():
        rows[path].target, rows[path].changed_at = target, now


def find_by_id(session: Session, address_id: int) -> OldAddress | None:
    return session.get(OldAddress, address_id)


def find_to_change(session: Session, address_id: int) -> OldAddress | None:
    """The same; others who save wait until this transaction ends."""
    lock_writes(session, OldAddress)
    return session.get(OldAddress, address_id)


def look_up(session: Session, forms: Sequence[str]) -> OldAddress | None:
    """The first of some forms that is in the list; one indexed read."""
    found = {row.path: row for row in session.scalars(select(OldAddress).where(OldAddress.path.in_(forms)))}
    return next((found[form] for form in forms if form in found), None)


def list_addresses(
    session: Session, *, words: str = "", origin: str | None = None, offset: int = 0, limit: int | None = None
) -> list[OldAddress]:
    """The list, newest first, of those that hold some words in either address."""
    query = select(OldAddress).where(_fits(words, origin)).order_by(OldAddress.id.desc()).offset(offset)
    return list(session.scalars(query if limit is None else query.limit(limit)))


def count_addresses(session: Session, *, words: str = "") -> dict[str, int]:
    """How many there are of each origin."""
    query = select(OldAddress.origin, func.count()).where(_fits(words, None)).group_by(OldAddress.origin)
    return dict(session.execute(query).all())


def _fits(words: str, origin: str | None) -> ColumnElement[bool]:
    fits = true() if origin is None else OldAddress.origin == origin
    if not words:
        return fits
    in_target = func.lower(OldAddress.target).contains(words.lower(), autoescape=True)
    return fits & (OldAddress.path.contains(words.lower(), autoescape=True) | in_target)


def list_by_id(session: Session, ids: Iterable[int]) -> list[OldAddress]:
    """Those that are there of some ids, in the order of their paths."""
    return [row for some in _cut(sorted(set(ids))) for row in _list_of(session, OldAddress.id.in_(some))]


def list_by_path(session: Session, paths: Iterable[str]) -> list[OldAddress]:
    """Those that are there of some paths."""
    return [row for some in _cut(sorted(set(paths))) for row in _list_of(session, OldAddress.path.in_(some))]


def _list_of(session: Session, condition: ColumnElement[bool]) -> Iterable[OldAddress]:
    return session.scalars(select(OldAddress).where(condition).order_by(OldAddress.path))


def _cut(things: list[int] | list[str]) -> Iterable[Sequence[object]]:
    return (things[start : start + _AT_ONCE] for start in range(0, len(things), _AT_ONCE))


def remove(session: Session, ids: Iterable[int]) -> int:
    """Takes addresses out of the list; how many there were."""
    some = _cut(sorted(set(ids)))
    return sum(change_rows(session, sql_delete(OldAddress).where(OldAddress.id.in_(each))) for each in some)


def record_uses(session: Session, uses: Iterable[Use]) -> None:
    """Adds requests that were sent on to the counts; those of addresses that are gone are forgotten."""
    counts: Counter[int] = Counter()
    days: dict[int, date] = {}
    for use in uses:
        counts[use.address_id] += 1
        days[use.address_id] = max(use.day, days.get(use.address_id, use.day))
    for address_id, count in sorted(counts.items()):
        values = {"uses": OldAddress.uses + count, "used_on": days[address_id]}
        session.execute(update(OldAddress).where(OldAddress.id == address_id).values(values))


def follow_page(session: Session, old: str, new: str, now: datetime) -> None:
    """Sends on what led to a page of an episode whose path has changed, in every language, so that it is one step again."""
    written = re.compile(rf"((?:/[a-z]{{2,3}}(?:-[A-Za-z]{{2,4}})?)?){re.escape(old)}((?:transcript)?(?:[?#].*)?)")
    for row in session.scalars(select(OldAddress).where(OldAddress.target.contains(old, autoescape=True))):
        found = written.fullmatch(row.target)
        if found is not None:
            row.target, row.changed_at = found[1] + new + found[2], now
