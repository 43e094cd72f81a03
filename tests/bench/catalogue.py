"""Scanning: first, unchanged, and one new episode until every member's feed has it."""

import contextlib
import itertools
import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path

from podcastsvc.storage.db import Database
from tests.bench.load import Beside
from tests.bench.rows import Row
from tests.bench.stage import fill_members, write_episode, write_show
from tests.catalogue.recordings import make_mp3
from tests.site import Site

SMALL_BYTES = 16_000
_SETTLES_SECONDS = 3


def measure_scans(folder: Path) -> Iterator[Row]:
    """First scans and unchanged ones, 500 episodes of 1 MB and 10,000 small ones; a cold start; publishing."""
    for episodes, audio_bytes in ((500, 1_000_000), (10_000, SMALL_BYTES)):
        site = Site(folder / f"scan-{episodes}", workers=2, threads=256, log_level="warning")
        write_show(site.episodes, episodes, audio_bytes=audio_bytes)
        site.run("init", "--host-email", "ada@example.org")
        began = time.monotonic()
        site.run("scan", seconds=600)
        spent = time.monotonic() - began
        what = f"first scan, {episodes:,} episodes of {audio_bytes / 1_000_000:g} MB"
        yield {
            "what": what,
            "value": round(episodes / spent),
            "unit": "episodes/s",
            "aim": 60,
            "met": episodes / spent >= 60,
        }
        report = site.ask("scan")
        aim = 0.3 if episodes == 500 else 5
        yield {
            "what": f"scan, {episodes:,} unchanged",
            "value": round(report["seconds"], 3),
            "unit": "s",
            "aim": aim,
            "met": report["seconds"] <= aim,
        }
        if episodes == 500:
            yield from _measure_running(site)


def _measure_running(site: Site) -> Iterator[Row]:
    db = Database(f"sqlite:///{site.data / 'podcastsvc.db'}")
    tokens = fill_members(db, site.data, 10_000)
    db.dispose()
    began = time.monotonic()
    site.start()
    spent = time.monotonic() - began
    what = "cold start to the first 200"
    yield {"what": what, "value": round(spent, 2), "unit": "s", "aim": 1.5, "met": spent <= 1.5}
    try:
        for token in tokens[:10]:
            site.fetch(f"/private/{token}/feed.xml", headers={"Accept-Encoding": "gzip"})
        yield from _measure_publishing(site, tokens)
    finally:
        site.stop()


def _measure_publishing(site: Site, tokens: list[str]) -> Iterator[Row]:
    """From the commit that brings a new episode to the last member's feed without it, while members ask all the time."""
    write_episode(site.episodes / "2024-12-31-new", 20_001, make_mp3(60), day="2024-12-31 06:00")
    kept = site.data / "cache" / "feeds"
    before = list_renderings(kept)
    with CommitWatch(site.data / "podcastsvc.db") as commit, MembersAsk(site, tokens, b"Episode 20001<") as members:
        site.run("scan")
        time.sleep(_SETTLES_SECONDS)
        made = list_renderings(kept) - before
    assert members.answers_after(commit.at) > len(tokens[:10]), "too few members asked"
    yield {
        "what": "new episode until every member's feed has it",
        "value": round(max(members.last_without - commit.at, 0), 2),
        "unit": "s",
        "aim": 1,
        "met": members.last_without - commit.at <= 1,
        "renderings": len(made | members.renderings - before),
        "views": len(list(kept.glob("*.feed"))),
        "answers": members.answers_after(commit.at),
    }


def list_renderings(folder: Path) -> set[tuple[str, int]]:
    """What is kept: each rendering is a file of its own, which takes the name of the one before."""
    return {(path.name, path.stat().st_ino) for path in folder.glob("*.feed")}


class CommitWatch(Beside):
    """Notices when another process has changed the first show in the database; ``at`` is by the monotonic clock."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self._path = path
        self.at = 0.0

    def work(self) -> None:
        with contextlib.closing(sqlite3.connect(self._path)) as connection:
            version = before = connection.execute("SELECT version FROM show").fetchone()[0]
            while version == before and not self.ended.wait(0.002):
                version = connection.execute("SELECT version FROM show").fetchone()[0]
            self.at = time.monotonic()


class MembersAsk(Beside):
    """Members who ask for their feeds one after the other, and note who of them still lacks ``words``."""

    def __init__(self, site: Site, tokens: list[str], words: bytes) -> None:
        super().__init__()
        self._site, self._tokens, self._words = site, tokens, words
        self._answers: list[float] = []
        self.last_without = 0.0
        self.renderings: set[tuple[str, int]] = set()

    def answers_after(self, at: float) -> int:
        return sum(1 for each in self._answers if each > at)

    def work(self) -> None:
        for token in itertools.cycle(self._tokens):
            if self.ended.is_set():
                return
            reply = self._site.fetch(f"/private/{token}/feed.xml")
            at = time.monotonic()
            self._answers.append(at)
            if self._words not in reply.body:
                self.last_without = at
            with contextlib.suppress(FileNotFoundError):
                self.renderings |= list_renderings(self._site.data / "cache" / "feeds")
