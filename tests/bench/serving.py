"""Pages and audio: how many a second."""

from collections.abc import Iterator
from pathlib import Path

from tests.bench.load import run_load
from tests.bench.rows import Row, describe
from tests.bench.stage import write_show
from tests.site import Site


def measure_serving(folder: Path) -> Iterator[Row]:
    """Ranges, home and an episode's page, of a show with 100 episodes."""
    site = Site(folder / "serving", workers=2, threads=256, log_level="warning")
    write_show(site.episodes, 100)
    site.run("init", "--host-email", "ada@example.org")
    site.run("scan")
    site.start()
    try:
        item = site.fetch("/feed.xml").text.split("<item>")[1]
        address, page = item.split('<enclosure url="')[1].split('"')[0], item.split("<link>")[1].split("</link>")[0]
        ranges = run_load(address, site.pid, headers=["Range: bytes=100000-165535"])
        yield describe("audio ranges of 64 KiB", ranges, aim=3_000)
        for what, url in (("home page", f"{site.base_url}/"), ("episode page", page)):
            yield describe(what, run_load(url, site.pid), aim=300)
    finally:
        site.stop()
