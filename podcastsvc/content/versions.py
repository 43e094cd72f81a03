"""One text in several languages: which of its versions a reader gets, and how texts stand beside each other. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from podcastsvc.catalogue.access import State, is_out, read_access, state_of
from podcastsvc.storage.tables.writing import Writing

_RELATED = 3


def choose(rows: Sequence[Writing], languages: Sequence[str], now: datetime, *, sees_all: bool) -> Writing | None:
    """The version in the first of some languages among those that are out, else one in another language; else one that was
    taken back. Of the others only who ``sees_all`` gets any; then the language alone counts."""

    def rank(row: Writing) -> tuple[int, int]:
        state = state_of(read_access(row), now)
        order = 0 if state is State.PUBLISHED or sees_all else 1 if state is State.WITHDRAWN else 2
        return order, languages.index(row.language) if row.language in languages else len(languages)

    found = min(rows, key=rank, default=None)
    return None if found is None or rank(found)[0] == 2 else found


def list_languages(rows: Iterable[Writing], now: datetime) -> list[str]:
    """The languages of the versions that are out."""
    return sorted({row.language for row in rows if is_out(read_access(row), now)})


@dataclass(frozen=True, slots=True)
class Beside:
    """What stands beside a text in a list of newest first: the one before it in time, the one after it, and those that
    share most tags with it."""

    previous: Writing | None = None
    next: Writing | None = None
    related: tuple[Writing, ...] = ()


def look_beside(rows: Sequence[Writing], slug: str, tags: Iterable[str]) -> Beside:
    """The neighbours of a slug among rows that are newest first."""
    wanted = {tag.casefold() for tag in tags}
    shared = {row.id: len(wanted & {tag.casefold() for tag in row.tags}) for row in rows if row.slug != slug}
    close = [row for row in rows if shared.get(row.id)]
    related = sorted(close, key=lambda row: -shared[row.id])[:_RELATED]
    at = next((number for number, row in enumerate(rows) if row.slug == slug), None)
    if at is None:
        return Beside(related=tuple(related))
    return Beside(
        previous=rows[at + 1] if at + 1 < len(rows) else None,
        next=rows[at - 1] if at else None,
        related=tuple(related),
    )
