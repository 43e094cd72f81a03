"""The Nu HTML Checker over many pages at a time: starting Java takes longer than reading a hundred of them."""

import json
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.gates.tools import NU, find_java


@dataclass(frozen=True, slots=True)
class Mistake:
    """One error in a page's HTML; ``page`` is the name under which it was given."""

    page: str
    line: int
    message: str
    extract: str


def list_missing() -> list[str]:
    """What the check needs and the machine lacks, in words."""
    missing = [] if find_java() else ["Java"]
    return missing if NU.is_file() else [*missing, "vnu-jar (npm)"]


def need() -> None:
    """Skips the test that asks, and names what the machine lacks for the check."""
    if missing := list_missing():
        pytest.skip(f"{' and '.join(missing)} missing: the pages' HTML is not checked")


def list_mistakes(pages: dict[str, bytes], folder: Path) -> list[Mistake]:
    """The errors in pages by name; ``folder`` takes them for the time."""
    names = {}
    for number, (name, body) in enumerate(pages.items()):
        path = folder / f"{number:04d}.html"
        path.write_bytes(body)
        names[path.name] = name
    java = find_java()
    assert java is not None
    command = [java, "-Xss4m", "-jar", str(NU), "--format", "json", "--exit-zero-always", str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=150, check=False)
    try:
        messages = json.loads(done.stderr)["messages"]
    except ValueError as problem:
        raise AssertionError(f"the Nu HTML Checker failed:\n{done.stderr[-2000:]}") from problem
    assert not [each for each in messages if each["type"] == "non-document-error"], messages[:3]
    return [
        Mistake(names[each["url"].rsplit("/", 1)[1]], each.get("lastLine", 0), each["message"], each.get("extract", ""))
        for each in messages
        if each["type"] == "error"
    ]
