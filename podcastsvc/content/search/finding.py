"""Finding: what somebody may know of the things in which their words stand. ``catalogue.access`` alone decides it.

Of what a person may not hear or read, they learn that it is there, by whole words that stand anywhere in it: no words of
it, no time, no beginning of a word. Otherwise its text could be asked out of the index letter by letter.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Row, literal, select
from sqlalchemy.orm import Session

from podcastsvc.catalogue import episodes
from podcastsvc.catalogue.access import PUBLIC, Audience, is_out, may_hear, read_access
from podcastsvc.content.search.excerpts import Excerpt, Matcher, choose, cut_at
from podcastsvc.content.search.texts import CHAPTER, INSIDE_PARTS, OPEN_PARTS, TRANSCRIPT, write_stamp
from podcastsvc.storage import search
from podcastsvc.storage.search import Found, Passage, Place, Query
from podcastsvc.storage.tables.episode import Episode
from podcastsvc.storage.tables.writing import Writing

PER_PAGE = 10


class Mark(StrEnum):
    """What of a result is closed to the person who looks."""

    NONE = "none"
    CLOSED = "closed"
    """The words stand in what only members hear or read."""
    PARTLY = "partly"
    """Some of the words stand in a part that only members hear."""


@dataclass(frozen=True, slots=True)
class Looker:
    """Who looks: what they may hear, and the language of their page."""

    audience: Audience
    language: str


@dataclass(frozen=True, slots=True)
class Result:
    """One thing with the words of a query."""

    kind: str
    ref_id: int
    mark: Mark
    excerpts: list[Excerpt]


@dataclass(frozen=True, slots=True)
class Results:
    """One page of what was found. ``kinds``: how many of each kind there are on all pages, whatever kind is shown.

    ``count`` of them are of the kind that is shown. ``is_cut``: there were more than are ever looked at.
    """

    results: list[Result]
    count: int
    kinds: Mapping[str, int]
    is_cut: bool = False


@dataclass(frozen=True, slots=True)
class _Judged:
    """A thing that may be shown. ``is_open``: all of it may be; ``is_fresh``: it is as it was when it was indexed."""

    found: Found
    is_open: bool
    is_fresh: bool
    slug: str
    language: str

    @property
    def page(self) -> tuple[str, str]:
        """What names its page, whatever the language."""
        return self.found.kind, self.slug


def find(
    session: Session, query: Query, looker: Looker, now: datetime, *, kind: str | None = None, page: int = 1
) -> Results:
    """What has all words of a query and may be known of, in the order of ``storage.search.find``.

    ``kind`` narrows the results to one; ``page`` counts from 1.
    """
    founds = search.find(session, query, now)
    judged = _judge(session, founds, looker, now)
    kinds = Counter(each.found.kind for each in judged)
    shown = [each for each in judged if kind is None or each.found.kind == kind]
    on_page = shown[(page - 1) * PER_PAGE : page * PER_PAGE]
    is_cut = len(founds) == search.MOST_FOUND
    return Results(_describe(session, query, on_page, looker, now), len(shown), dict(kinds), is_cut)


# ---- who may know of what


def _judge(session: Session, founds: Sequence[Found], looker: Looker, now: datetime) -> list[_Judged]:
    rows = _read_rows(session, founds)
    judged = []
    for found in founds:
        row = rows.get((found.kind, found.ref_id))
        if row is None or not row.listed or not is_out(read_access(row), now):
            continue
        # What a page about a person says is shown to all or to nobody.
        is_open = may_hear(read_access(row), PUBLIC if found.kind == "person" else looker.audience, now)
        if found.kind == "person" and not is_open:
            continue
        each = _Judged(found, is_open, found.stamp == write_stamp(row.shown_hash), row.slug, row.language)
        if _may_know(each):
            judged.append(each)
    hanging = [each.found.ref_id for each in judged if _hangs_on_length(each)]
    shortened = _list_shortened(session, hanging, looker.audience, now)
    kept = [each for each in judged if not (_hangs_on_length(each) and each.found.ref_id in shortened)]
    return _pick_languages(kept, looker)


def _read_rows(session: Session, founds: Sequence[Found]) -> dict[tuple[str, int], Row[*tuple[Any, ...]]]:
    """Of each thing what ``catalogue.access`` reads, and what tells whether it is as it was indexed."""
    rows: dict[tuple[str, int], Row[*tuple[Any, ...]]] = {}
    for table, kind in ((Episode, literal("episode")), (Writing, Writing.kind)):
        ids = [each.ref_id for each in founds if (each.kind == "episode") is (table is Episode)]
        if ids:
            columns = [getattr(table, name) for name in _JUDGED_BY]
            query = select(kind.label("kind"), *columns).where(table.id.in_(ids))
            rows.update({(row.kind, row.id): row for row in session.execute(query)})
    return rows


_JUDGED_BY = (
    "id slug language shown_hash access_kind plans published_at public_from public_until expires_at listed".split()
)


def _pick_languages(judged: Sequence[_Judged], looker: Looker) -> list[_Judged]:
    """A text that is there in several languages once, in the reader's where it was found in that."""
    best: dict[tuple[str, str], _Judged] = {}
    for each in judged:
        known = best.get(each.page)
        is_better = known is not None and known.language != looker.language and each.language == looker.language
        if known is None or is_better:
            best[each.page] = each
    return [each for each in judged if each.found.kind == "episode" or best[each.page] is each]


def _may_know(judged: _Judged) -> bool:
    """Whether the words that were found may be told of: what is closed answers to whole words only."""
    if judged.found.place is not Place.INSIDE:
        # What was open when it was indexed need not be now.
        return judged.is_fresh or judged.is_open or judged.found.place < Place.BODY
    return judged.found.is_whole or judged.is_open


def _hangs_on_length(judged: _Judged) -> bool:
    """Whether a beginning of a word was found that may stand in a part which only others hear."""
    return judged.found.kind == "episode" and judged.found.place is Place.INSIDE and not judged.found.is_whole


def _list_shortened(session: Session, ids: Sequence[int], audience: Audience, now: datetime) -> set[int]:
    """Those episodes of which somebody else hears more than this audience."""
    if not ids:
        return set()
    return {each.id for each in episodes.list_by_id(session, ids) if _find_limit(each, audience, now) is not None}


# ---- what is shown of a page's worth


def _describe(session: Session, query: Query, judged: Sequence[_Judged], looker: Looker, now: datetime) -> list[Result]:
    matcher = Matcher(query)
    of_episodes = [each.found.ref_id for each in judged if each.found.kind == "episode"]
    rows = {each.id: each for each in episodes.list_by_id(session, of_episodes)} if of_episodes else {}
    fresh = [each for each in judged if each.is_fresh]
    opened = [each.found.item_id for each in fresh if each.is_open]
    closed = [each.found.item_id for each in fresh if not each.is_open]
    passages = search.list_passages(session, opened, (*OPEN_PARTS, *INSIDE_PARTS))
    # What is closed is not even read.
    passages |= search.list_passages(session, closed, OPEN_PARTS)
    results = []
    for each in judged:
        found = passages.get(each.found.item_id, [])
        if each.found.kind != "episode":
            results.append(_describe_text(each, found, matcher, looker))
        elif each.found.ref_id in rows:
            results.append(_describe_episode(each, rows[each.found.ref_id], found, matcher, looker, now))
    return results


def _describe_text(judged: _Judged, passages: list[Passage], matcher: Matcher, looker: Looker) -> Result:
    is_closed = judged.found.place is Place.INSIDE and not judged.is_open
    excerpts = choose(passages, matcher, (looker.language, judged.language))
    return Result(judged.found.kind, judged.found.ref_id, Mark.CLOSED if is_closed else Mark.NONE, excerpts)


def _describe_episode(
    judged: _Judged, episode: Episode, passages: list[Passage], matcher: Matcher, looker: Looker, now: datetime
) -> Result:
    limit_ms = _find_limit(episode, looker.audience, now) if judged.is_open else None
    shown = _keep_heard(passages, episode, looker.audience, now, limit_ms) if judged.is_open else passages
    excerpts = choose(shown, matcher, (looker.language, episode.language))
    mark = Mark.NONE
    if judged.found.place is Place.INSIDE:
        if not judged.is_open:
            mark = Mark.CLOSED
        elif limit_ms is not None and not _are_all_there(shown, episode, matcher):
            mark = Mark.PARTLY
    return Result("episode", episode.id, mark, excerpts)


def _find_limit(episode: Episode, audience: Audience, now: datetime) -> int | None:
    """Where an audience's audio ends while somebody else hears on; None where it hears all there is, or there is none."""
    audio = episodes.pick_audio(episode, audience, now)
    if audio is None or not episodes.is_shortened(episode, audio):
        return None
    return audio.seconds * 1000


def _keep_heard(
    passages: Sequence[Passage], episode: Episode, audience: Audience, now: datetime, limit_ms: int | None
) -> list[Passage]:
    """The passages that go along with what an audience hears: as an episode's page shows them."""
    audio = episodes.pick_audio(episode, audience, now)
    heard = {(each.start_ms, each.title) for each in episodes.list_chapters(episode, audio) if each.toc}
    kept = [each for each in passages if each.part != CHAPTER or (each.start_ms, each.text) in heard]
    if limit_ms is None:
        return kept
    cut = (cut_at(each, limit_ms) if each.part == TRANSCRIPT else each for each in kept)
    return [each for each in cut if each is not None]


def _are_all_there(passages: Sequence[Passage], episode: Episode, matcher: Matcher) -> bool:
    words = frozenset[int]().union(*(matcher.find_words(each.text) for each in passages))
    return words | matcher.find_words(f"{episode.title} {episode.summary}") >= matcher.all
