"""The search index: one interface over SQLite's FTS5 and PostgreSQL's tsvector, which answer alike.

Both get the same words, folded and cut to their stems by ``kit.words``; so neither's own parser decides anything, a query
is made of words only and can never be wrong, and English and Spanish are found side by side. What is indexed of an item
is which words it has, by place: in its title, about it, in its body, and inside, where not everybody may look.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum
from typing import Any

from sqlalchemy import BindParameter, Integer, Subquery, bindparam, column, delete, func, insert, select, text, update
from sqlalchemy.orm import Session

from podcastsvc.kit.text import clean_text
from podcastsvc.kit.words import list_words, stem
from podcastsvc.storage.inserts import insert_or_change
from podcastsvc.storage.tables.search import SearchItem, SearchPassage

MOST_QUERY_CHARS = 200
MOST_QUERY_WORDS = 12
MOST_FOUND = 500
"""So many items are found at most, the best ones: nobody reads on for longer."""

_LEAST_PREFIX_CHARS = 2
# PostgreSQL takes a tsvector of up to 1 MiB.
_MOST_BYTES = 400_000
# Left out of a query that has other words: they stand almost everywhere, and where one does not, nobody minds.
_SMALL = frozenset(
    "a an and at by for from in of on or the to with"
    " al con de del e el en la las lo los o para por u un una unas unos y".split()
)


class Place(IntEnum):
    """Where all words of a query were found: in the title; with what stands about it; with its body; only with what is
    inside."""

    TITLE = 1
    ABOUT = 2
    BODY = 3
    INSIDE = 4


@dataclass(frozen=True, slots=True)
class Passage:
    """A piece of text that results may show. ``times``: pairs of a character and the ms at which it is heard."""

    part: str
    language: str
    text: str
    start_ms: int | None = None
    times: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Words:
    """The stems of an item's words by place. The first three places are open to everybody who knows of the item, what is
    ``inside`` may be closed."""

    title: tuple[str, ...]
    about: tuple[str, ...]
    body: tuple[str, ...]
    inside: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Item:
    """What the index takes of one thing."""

    kind: str
    ref_id: int
    stamp: str
    dated_at: datetime
    words: Words
    passages: Sequence[Passage] = ()


@dataclass(frozen=True, slots=True)
class Query:
    """Words to find, folded. The last one may be the beginning of a longer word."""

    words: tuple[str, ...] = ()
    is_cut: bool = False

    @property
    def prefix(self) -> str:
        """What a word may begin with instead of being the last one; "" where that is too short to tell anything."""
        last = self.words[-1] if self.words else ""
        return last if len(last) >= _LEAST_PREFIX_CHARS else ""


@dataclass(frozen=True, slots=True)
class Found:
    """An item with all words of a query. ``is_whole``: each of them is there as a word, not only as a beginning."""

    item_id: int
    kind: str
    ref_id: int
    stamp: str
    place: Place
    is_whole: bool


def read_query(raw: str) -> Query:
    """What somebody typed, whatever it is: signs count for nothing, and what is too long is cut."""
    words = list(dict.fromkeys(list_words(clean_text(raw[:MOST_QUERY_CHARS]))))
    telling = [word for word in words if word not in _SMALL] or words
    is_cut = len(raw) > MOST_QUERY_CHARS or len(telling) > MOST_QUERY_WORDS
    return Query(tuple(telling[:MOST_QUERY_WORDS]), is_cut)


def make_words(*, title: str = "", about: str = "", body: str = "", inside: str = "") -> Words:
    """The words of texts. An hour of talk takes some milliseconds, so make them before a transaction begins."""
    return Words(*(_list_stems(text) for text in (title, about, body, inside)))


def put(session: Session, item: Item) -> None:
    """Indexes one item, in place of what was indexed of it before, in the caller's transaction."""
    values = {"kind": item.kind, "ref_id": item.ref_id, "stamp": item.stamp, "dated_at": item.dated_at}
    changes = {"stamp": item.stamp, "dated_at": item.dated_at}
    insert_or_change(session, SearchItem, values, key=["kind", "ref_id"], changes=changes)
    key = (SearchItem.kind == item.kind, SearchItem.ref_id == item.ref_id)
    item_id = session.scalars(select(SearchItem.id).where(*key)).one()
    session.execute(delete(SearchPassage).where(SearchPassage.item_id == item_id))
    if item.passages:
        session.execute(insert(SearchPassage), [_write_passage(item_id, each) for each in item.passages])
    places = (item.words.title, item.words.about, item.words.body, item.words.inside)
    if _is_sqlite(session):
        _forget_words(session, [item_id])
        given = {name: " ".join(words) for name, words in zip(_PLACES, places, strict=True)}
        session.execute(_PUT_SQLITE, {"item": item_id, **given})
    else:
        session.execute(_PUT_POSTGRES, {"item": item_id, "open": _write_open(places), "all": _write_all(places)})


def remove(session: Session, item_ids: Collection[int]) -> None:
    """Takes items out of the index."""
    if not item_ids:
        return
    session.execute(delete(SearchPassage).where(SearchPassage.item_id.in_(item_ids)))
    _forget_words(session, item_ids)
    session.execute(delete(SearchItem).where(SearchItem.id.in_(item_ids)))


def forget_stamps(session: Session) -> None:
    """Makes every item look changed, so that all of them are indexed anew; until then they are found as they are."""
    session.execute(update(SearchItem).values(stamp=""))


def find(session: Session, query: Query, now: datetime) -> list[Found]:
    """The items that have come out by ``now`` and have all words: by place, and newer ones first among equals."""
    if not query.words:
        return []
    hits = _find_sqlite(query) if _is_sqlite(session) else _find_postgres(query)
    place, whole = func.min(hits.c.place), func.max(hits.c.place)
    rows = session.execute(
        select(SearchItem.id, SearchItem.kind, SearchItem.ref_id, SearchItem.stamp, place, whole)
        .join(hits, hits.c.item_id == SearchItem.id)
        .where(SearchItem.dated_at <= now)
        .group_by(SearchItem.id)
        .order_by(place, SearchItem.dated_at.desc(), SearchItem.id.desc())
        .limit(MOST_FOUND)
    )
    # An item without all of the whole words was found by the beginning of one.
    return [
        Found(item_id, kind, ref_id, stamp, Place(first), is_whole=last == _WHOLE)
        for item_id, kind, ref_id, stamp, first, last in rows
    ]


def list_passages(session: Session, item_ids: Collection[int], parts: Collection[str]) -> dict[int, list[Passage]]:
    """The passages of items that stand in some parts of them, in their order."""
    found: dict[int, list[Passage]] = {item_id: [] for item_id in item_ids}
    rows = session.execute(
        select(
            SearchPassage.item_id,
            SearchPassage.part,
            SearchPassage.language,
            SearchPassage.text,
            SearchPassage.start_ms,
            SearchPassage.times,
        )
        .where(SearchPassage.item_id.in_(item_ids), SearchPassage.part.in_(parts))
        .order_by(SearchPassage.id)
    )
    for item_id, part, language, words, start_ms, times in rows:
        pairs = tuple((at, ms) for at, ms in times)
        found[item_id].append(Passage(part, language, words, start_ms, pairs))
    return found


# ---- words in


_PLACES = ("title", "about", "body", "inside")


def _list_stems(text: str) -> tuple[str, ...]:
    return tuple(_cut(sorted({stem(word) for word in set(list_words(text))})))


def _cut(words: Iterable[str]) -> list[str]:
    """As many of the words as the databases take."""
    kept: list[str] = []
    left = _MOST_BYTES
    for word in words:
        left -= len(word.encode()) + 8
        if left < 0:
            break
        kept.append(word)
    return kept


def _write_passage(item_id: int, passage: Passage) -> dict[str, Any]:
    return {
        "item_id": item_id,
        "part": passage.part,
        "language": passage.language,
        "start_ms": passage.start_ms,
        "text": passage.text,
        "times": [list(pair) for pair in passage.times],
    }


def _write_open(places: Sequence[Sequence[str]]) -> str:
    """A tsvector with a weight for each of the open places, the greatest one for a word of several."""
    weights: dict[str, str] = {}
    for words, weight in zip(places, "ABC", strict=False):
        for word in words:
            weights.setdefault(word, weight)
    return " ".join(f"'{word}':1{weight}" for word, weight in weights.items())


def _write_all(places: Sequence[Sequence[str]]) -> str:
    return " ".join(f"'{word}'" for word in _cut(dict.fromkeys(word for words in places for word in words)))


def _forget_words(session: Session, item_ids: Collection[int]) -> None:
    name = "rowid" if _is_sqlite(session) else "item_id"
    ids: BindParameter[list[int]] = bindparam("ids", expanding=True)
    session.execute(text(f"DELETE FROM search_words WHERE {name} IN :ids").bindparams(ids), {"ids": list(item_ids)})  # noqa: S608


_PUT_SQLITE = text(
    "INSERT INTO search_words (rowid, title, about, body, inside) VALUES (:item, :title, :about, :body, :inside)"
)
_PUT_POSTGRES = text(
    "INSERT INTO search_words (item_id, open_words, all_words)"
    " VALUES (:item, CAST(:open AS tsvector), CAST(:all AS tsvector))"
    " ON CONFLICT (item_id) DO UPDATE SET open_words = excluded.open_words, all_words = excluded.all_words"
)


# ---- words out: each row is an item and a place in which all words are; _WHOLE says that all are there as words

_WHOLE = 5


def _find_sqlite(query: Query) -> Subquery:
    begins = " AND ".join(_write_fts(query, word) for word in query.words)
    whole = " AND ".join(f'"{stem(word)}"' for word in query.words)
    asked = (
        f"{{title}} : ({begins})",
        f"{{title about}} : ({begins})",
        f"{{title about body}} : ({begins})",
        begins,
        whole,
    )
    selects = (
        f"SELECT rowid AS item_id, {place} AS place FROM search_words WHERE search_words MATCH :match{place}"  # noqa: S608
        for place in range(1, len(asked) + 1)
    )
    values = {f"match{place}": each for place, each in enumerate(asked, 1)}
    return _make_subquery(" UNION ALL ".join(selects), values)


def _write_fts(query: Query, word: str) -> str:
    # Words are letters and digits (kit.words), so nothing in them can end the quotes.
    return f'("{stem(word)}" OR "{word}" *)' if word == query.prefix else f'"{stem(word)}"'


def _find_postgres(query: Query) -> Subquery:
    places = [" & ".join(_write_ts(query, word, weights) for word in query.words) for weights in ("A", "AB", "ABC", "")]
    whole = " & ".join(f"'{stem(word)}'" for word in query.words)
    statement = (
        "SELECT item_id, CASE WHEN open_words @@ CAST(:q1 AS tsquery) THEN 1 WHEN open_words @@ CAST(:q2 AS tsquery) THEN 2"
        " WHEN open_words @@ CAST(:q3 AS tsquery) THEN 3 ELSE 4 END AS place"
        " FROM search_words WHERE all_words @@ CAST(:q4 AS tsquery)"
        " UNION ALL SELECT item_id, 5 AS place FROM search_words WHERE all_words @@ CAST(:q5 AS tsquery)"
    )
    return _make_subquery(statement, {f"q{number}": each for number, each in enumerate((*places, whole), 1)})


def _write_ts(query: Query, word: str, weights: str) -> str:
    exact = f"'{stem(word)}'" + (f":{weights}" if weights else "")
    return f"({exact} | '{word}':*{weights})" if word == query.prefix else exact


def _make_subquery(statement: str, values: dict[str, str]) -> Subquery:
    columns = (column("item_id", Integer), column("place", Integer))
    return text(statement).bindparams(**values).columns(*columns).subquery()


def _is_sqlite(session: Session) -> bool:
    return session.get_bind().dialect.name == "sqlite"
