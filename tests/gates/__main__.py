"""``make web-check``: Lighthouse, pa11y and the Nu HTML Checker over every kind of page, against the budgets.

Serves the sample show from a folder of its own, with a host, a member, one whose card was refused, and one who has left.
Prints a table, writes var/web-check.json, and ends with 1 where a budget is missed or a tool is missing. Words behind the
command choose kinds whose names hold them.
"""

import json
import sys
import tempfile
from dataclasses import asdict, dataclass, field
from pathlib import Path

from tests.gates import lighthouse, validity
from tests.gates.kinds import KINDS, Kind, list_misses
from tests.gates.lighthouse import Figures
from tests.gates.pages import open_for_business, pass_a_year, put_long_episode, serve_sample

OUT = Path("var/web-check.json")
HEAD = f"{'page':<24} perf a11y best  seo   LCP s TBT ms    CLS    bytes  requests pa11y Nu"


@dataclass
class Row:
    """One kind of page, and what was found there."""

    name: str
    path: str
    figures: Figures | None = None
    indexed: bool = True
    pa11y: int | None = None
    nu: int | None = None
    misses: list[str] = field(default_factory=list)

    def write(self) -> str:
        line = f"{self.name:<24} "
        if self.figures is not None:
            scores = [self.figures.scores[name] for name in ("performance", "accessibility", "best-practices")]
            line += " ".join(f"{score:4}" for score in scores)
            line += f" {self.figures.scores['seo'] if self.indexed else '–':>4}"
            line += f" {self.figures.lcp_ms / 1000:7.2f} {self.figures.tbt_ms:6.0f} {self.figures.cls:6.3f}"
            line += f" {self.figures.bytes:8,} {self.figures.requests:9}"
        else:
            line = line.ljust(len(HEAD) - 9)
        return f"{line} {_show(self.pa11y):>5} {_show(self.nu):>2}  {'ok' if not self.misses else 'MISSED'}"


def main(words: list[str]) -> int:
    """Prints what was found; 1 where that is not good enough."""
    missing = [*lighthouse.list_missing(), *validity.list_missing()]
    for name in missing:
        print(f"missing: {name}: what needs it is left out")
    kinds = [kind for kind in KINDS if not words or any(word in kind.name for word in words)]
    with tempfile.TemporaryDirectory() as folder:
        rows = check(kinds, Path(folder), has_browser=not lighthouse.list_missing(), has_nu=not validity.list_missing())
    OUT.parent.mkdir(exist_ok=True)
    OUT.write_text(json.dumps([asdict(row) for row in rows], indent=1))
    missed = [f"{row.name}: {miss}" for row in rows for miss in row.misses]
    print(
        "\n".join(
            ["", *missed, f"{len(rows)} kinds of pages, {len(missed)} budgets missed, {len(missing)} tools missing"]
        )
    )
    return 1 if missed or missing else 0


def check(kinds: list[Kind], folder: Path, *, has_browser: bool, has_nu: bool) -> list[Row]:
    """Looks at each kind in turn, and prints its line."""
    site = serve_sample(folder, prepare=put_long_episode)
    try:
        people = open_for_business(site) | pass_a_year(site)
        print(HEAD)
        rows = []
        for kind in kinds:
            page = people[kind.who].get(kind.path)
            robots = page.headers.get("X-Robots-Tag", "") + "".join(
                page.document.xpath("//meta[@name='robots']/@content")
            )
            row = Row(kind.name, kind.path, indexed="noindex" not in robots and page.status == 200)
            cookie = "; ".join(f"{each.name}={each.value}" for each in people[kind.who].cookies)
            if has_browser:
                _look(row, kind, site.base_url + kind.path, cookie, folder)
            if has_nu:
                _read(row, page.body, folder)
            rows.append(row)
            print(row.write(), flush=True)
        return rows
    finally:
        site.kill()


def _look(row: Row, kind: Kind, url: str, cookie: str, folder: Path) -> None:
    try:
        if not kind.actions:
            row.figures, row.misses = _measure(kind, url, cookie, folder, indexed=row.indexed)
        issues = lighthouse.list_issues(url, cookie, folder, kind.actions)
    except AssertionError as problem:
        row.misses.append(str(problem))
        return
    row.pa11y = len(issues)
    row.misses += issues


def _measure(kind: Kind, url: str, cookie: str, folder: Path, *, indexed: bool) -> tuple[Figures | None, list[str]]:
    """Twice where something is missed: what else the machine does may have been in the way."""
    best: tuple[Figures | None, list[str]] = (None, [])
    for attempt in range(2):
        try:
            figures = lighthouse.measure(url, cookie, folder)
        except AssertionError as problem:
            best = best if attempt and best[0] else (None, [str(problem)])
            continue
        misses = list_misses(kind, figures, indexed=indexed)
        if best[0] is None or len(misses) < len(best[1]):
            best = (figures, misses)
        if not misses:
            break
    return best


def _read(row: Row, body: bytes, folder: Path) -> None:
    pages = folder / "nu"
    pages.mkdir(exist_ok=True)
    mistakes = validity.list_mistakes({row.name: body}, pages)
    row.nu = len(mistakes)
    row.misses += [f"{each.message} {each.extract}" for each in mistakes]


def _show(count: int | None) -> str:
    return "–" if count is None else str(count)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
