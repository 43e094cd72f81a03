"""Feeds: whole and 304, beside nginx with the same bytes; and how their cost grows with episodes and members."""

import gzip
import time
from collections.abc import Iterator
from pathlib import Path

from podcastsvc.feeds.rendering import GAP_BYTES
from podcastsvc.storage.db import Database
from tests.bench.front import Nginx
from tests.bench.load import MemoryWatch, Rate, run_load
from tests.bench.rows import Row, describe
from tests.bench.samples import make_long_feed
from tests.bench.stage import BareSite, fill_members, fill_show, write_script

ZIPPED = "Accept-Encoding: gzip"
# Members ask more often than the limit of an hour allows; the limit is off, its counting is not.
NO_LIMIT = 1_000_000_000


def make_site(folder: Path, *, episodes: int, members: int) -> tuple[BareSite, list[str]]:
    """A running server over a filled database, and a thousand feed tokens."""
    site = BareSite(
        folder, workers=2, threads=256, member_requests_per_hour=NO_LIMIT, log_level="warning", payments_mode="off"
    )
    site.run("init", "--host-email", "ada@example.org")
    db = Database(f"sqlite:///{site.data / 'podcastsvc.db'}")
    fill_show(db, episodes)
    tokens = fill_members(db, site.data, members)
    db.dispose()
    site.start()
    return site, tokens


def measure_feeds(folder: Path) -> Iterator[Row]:
    """500 episodes with 3 KB of notes, 1,000 members in turn, beside nginx in the same run."""
    site, tokens = make_site(folder / "feeds", episodes=500, members=1_000)
    front = Nginx(folder / "nginx") if Nginx.is_installed() else None
    try:
        yield from _measure_public(site, front)
        yield from _measure_members(site, tokens, front, folder)
        # Looking at memory costs the server a third of its time, so it is looked at in a run of its own.
        with MemoryWatch(site.pid) as watch:
            run_load(site.base_url, site.pid, script=write_script(folder, tokens, {"Accept-Encoding": "gzip"}))
        yield {
            "what": "memory, all processes, 1,000 members' feeds in turn",
            "value": round(watch.most_mib),
            "unit": "MiB",
            "aim": 400,
            "met": watch.most_mib < 400,
        }
    finally:
        site.stop()
    yield measure_filling()


def _measure_public(site: BareSite, front: Nginx | None) -> Iterator[Row]:
    reply = site.fetch("/feed.xml", headers={"Accept-Encoding": "gzip"})
    theirs, not_changed = _measure_front(front, reply.body)
    url = f"{site.base_url}/feed.xml"
    what = f"public feed, gzip, 200 ({len(reply.body) // 1000} kB)"
    yield describe(what, run_load(url, site.pid, headers=[ZIPPED]), theirs=theirs, part=0.5)
    again = run_unchanged(site, "/feed.xml", reply.headers["etag"])
    yield describe("public feed, 304", again, theirs=not_changed, part=0.05)


def _measure_members(site: BareSite, tokens: list[str], front: Nginx | None, folder: Path) -> Iterator[Row]:
    path = f"/private/{tokens[0]}/feed.xml"
    reply = site.fetch(path, headers={"Accept-Encoding": "gzip"})
    theirs, not_changed = _measure_front(front, reply.body)
    script = write_script(folder, tokens, {"Accept-Encoding": "gzip"})
    rate = run_load(site.base_url, site.pid, script=script)
    what = f"member feed, gzip, 200, each another ({len(reply.body) // 1000} kB)"
    yield describe(what, rate, theirs=theirs, part=0.2)
    again = run_unchanged(site, path, reply.headers["etag"])
    yield describe("member feed, 304", again, theirs=not_changed, part=0.05)


def run_unchanged(site: BareSite, path: str, etag: str) -> Rate:
    """Load by a client that has the feed already; wrk does not tell 200 from 304, so one answer is looked at before."""
    headers = {"Accept-Encoding": "gzip", "If-None-Match": etag}
    assert site.fetch(path, headers=headers).status == 304
    return run_load(site.base_url + path, site.pid, headers=[f"{name}: {value}" for name, value in headers.items()])


def _measure_front(front: Nginx | None, body: bytes) -> tuple[Rate | None, Rate | None]:
    """nginx sending the same bytes, and its 304."""
    if front is None:
        return None, None
    front.put("feed.xml", gzip.decompress(body))
    front.put("feed.xml.gz", body)
    pid = front.start()
    try:
        url = f"{front.base_url}/feed.xml"
        tag = front.fetch_etag("/feed.xml", len(body))
        return run_load(url, pid, headers=[ZIPPED]), run_load(url, pid, headers=[ZIPPED, f"If-None-Match: {tag}"])
    finally:
        front.stop()


def measure_filling() -> Row:
    """CPU of filling one member's feed in compressed form, without a server."""

    rendering = make_long_feed(500)
    values = {gap: "x" * length for gap, length in GAP_BYTES.items()}
    times = 500
    began = time.process_time()
    for _ in range(times):
        rendering.fill_packed(values)
    spent = (time.process_time() - began) / times * 1000
    return {
        "what": "filling one member feed of 500 episodes, gzip",
        "value": round(spent, 3),
        "unit": "ms CPU",
        "aim": 2,
        "met": spent < 2,
        "gaps": len(rendering.gaps),
        "plain_kb": rendering.packed.length_bytes // 1000,
    }


def measure_growth(folder: Path) -> Iterator[Row]:
    """304 and whole member feeds with more episodes, and with more members."""
    for episodes, members in ((100, 1_000), (500, 10), (500, 1_000), (500, 100_000), (2_000, 1_000), (10_000, 1_000)):
        site, tokens = make_site(folder / f"growth-{episodes}-{members}", episodes=episodes, members=members)
        try:
            path = f"/private/{tokens[0]}/feed.xml"
            reply = site.fetch(path, headers={"Accept-Encoding": "gzip"})
            script = write_script(folder, tokens, {"Accept-Encoding": "gzip"})
            size = f"{episodes:,} episodes, {members:,} members"
            yield describe(f"304, {size}", run_unchanged(site, path, reply.headers["etag"]))
            whole = run_load(site.base_url, site.pid, script=script)
            yield describe(f"whole, {size}", whole) | {"kb": len(reply.body) // 1000}
        finally:
            site.stop()
