"""Lighthouse with its profile of a phone, and pa11y, over one page at a time."""

import json
import os
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.gates.tools import LIGHTHOUSE, PA11Y, find_chromium, find_node, list_chromium_flags

SECONDS = 240


@dataclass(frozen=True, slots=True)
class Figures:
    """What Lighthouse measured. Scores are 0 to 100; ``lcp_ms`` is when the largest part of the page had come.

    ``flaws`` names by category what a score below 100 was lost for.
    """

    scores: dict[str, int]
    lcp_ms: float
    tbt_ms: float
    cls: float
    bytes: int
    requests: int
    flaws: dict[str, list[str]]


def list_missing() -> list[str]:
    """What both need and the machine lacks, in words."""
    found = {"Node 20 (npm)": find_node(), "Chromium": find_chromium()}
    found |= {"lighthouse (npm)": LIGHTHOUSE.is_file(), "pa11y (npm)": PA11Y.is_file()}
    return [name for name, there in found.items() if not there]


def measure(url: str, cookie: str, folder: Path) -> Figures:
    """Opens a page as a person with this cookie does; ``folder`` takes the report."""
    path = folder / "lighthouse.json"
    headers = folder / "headers.json"
    headers.write_text(json.dumps({"Cookie": cookie} if cookie else {}))
    flags = " ".join(["--headless=new", "--disable-gpu", *list_chromium_flags()])
    options = ["--quiet", "--ignore-status-code", "--output=json", f"--output-path={path}", f"--chrome-flags={flags}"]
    done = _run([str(LIGHTHOUSE), url, *options, f"--extra-headers={headers}"])
    if done.returncode:
        raise AssertionError(f"Lighthouse failed at {url}:\n{done.stderr[-1500:]}")
    return _read(json.loads(path.read_text(encoding="utf-8")))


def _read(report: dict[str, Any]) -> Figures:
    audits = report["audits"]
    return Figures(
        scores={name: round(each["score"] * 100) for name, each in report["categories"].items()},
        lcp_ms=audits["largest-contentful-paint"]["numericValue"],
        tbt_ms=audits["total-blocking-time"]["numericValue"],
        cls=audits["cumulative-layout-shift"]["numericValue"],
        bytes=int(audits["total-byte-weight"]["numericValue"]),
        requests=len(audits["network-requests"]["details"]["items"]),
        flaws={name: _list_flaws(each, audits) for name, each in report["categories"].items()},
    )


def _list_flaws(category: dict[str, Any], audits: dict[str, Any]) -> list[str]:
    counted = [ref["id"] for ref in category["auditRefs"] if ref["weight"]]
    return [
        name for name in counted if (audits[name]["score"] or 0) < 1 and audits[name]["scoreDisplayMode"] == "binary"
    ]


def list_issues(url: str, cookie: str, folder: Path, actions: tuple[str, ...] = ()) -> list[str]:
    """The errors pa11y finds by WCAG 2 AA, after it has done ``actions``."""
    chromium = {"executablePath": find_chromium(), "args": list_chromium_flags()}
    config = {"chromeLaunchConfig": chromium, "standard": "WCAG2AA", "actions": actions, "timeout": 90_000}
    path = folder / "pa11y.json"
    path.write_text(json.dumps(config | {"headers": {"Cookie": cookie} if cookie else {}}))
    done = _run([str(PA11Y), "--config", str(path), "--reporter", "json", url])
    # It ends with 2 where it has found something.
    if done.returncode not in {0, 2}:
        raise AssertionError(f"pa11y failed at {url}:\n{done.stderr[-1500:]}")
    return [f"{each['code']}: {each['message']} {each['context'][:200]}" for each in json.loads(done.stdout)]


def _run(command: list[str]) -> subprocess.CompletedProcess[str]:
    environ = os.environ | {"CHROME_PATH": find_chromium() or ""}
    node = find_node() or "node"
    return subprocess.run([node, *command], capture_output=True, text=True, timeout=SECONDS, env=environ, check=False)
