"""The benchmarks: `make bench`, or some of them: `make bench ONLY="feeds serving"`. Prints a table, writes var/bench.json.

Ratios count; absolute figures vary from machine to machine.
"""

import json
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from tests.bench.arriving import measure_notices, measure_uploads
from tests.bench.catalogue import measure_scans
from tests.bench.feeds import measure_feeds, measure_growth
from tests.bench.front import Nginx
from tests.bench.load import has_wrk
from tests.bench.rows import Row, write_row
from tests.bench.searching import measure_searching
from tests.bench.serving import measure_serving

PARTS: dict[str, Callable[[Path], Iterator[Row]]] = {
    "scan": measure_scans,
    "feeds": measure_feeds,
    "growth": measure_growth,
    "serving": measure_serving,
    "uploads": measure_uploads,
    "notices": measure_notices,
    "search": measure_searching,
}
WITHOUT_LOAD = {"scan", "uploads", "search"}


def main(names: list[str]) -> int:
    """Runs the named parts, or all, each in a folder of its own."""
    unknown = set(names) - PARTS.keys()
    if unknown:
        print(f"There is no part {', '.join(sorted(unknown))}; there are {', '.join(PARTS)}.", file=sys.stderr)
        return 2
    rows: list[Row] = []
    for name in names or PARTS:
        if name not in WITHOUT_LOAD and not has_wrk():
            print(f"{name}: left out, wrk is missing. As root: apt-get install wrk nginx", file=sys.stderr)
            continue
        with tempfile.TemporaryDirectory(prefix="podcastsvc-bench-") as folder:
            for row in PARTS[name](Path(folder)):
                rows.append(row)
                print(write_row(row), flush=True)
    if not Nginx.is_installed():
        print("No ratios: nginx is missing. As root: apt-get install nginx", file=sys.stderr)
    target = Path("var/bench.json")
    target.parent.mkdir(exist_ok=True)
    made_at = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    target.write_text(json.dumps({"made_at": made_at, "rows": rows}, indent=2))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
