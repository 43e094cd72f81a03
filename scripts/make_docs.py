"""Writes the generated parts of docs/: the page of settings and the map of the rooms. --check only compares."""

import ast
import sys
from pathlib import Path

from podcastsvc.settings import Settings, list_settings

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "podcastsvc"
MAP = ROOT / "docs" / "architecture.md"
BEGIN, END = "<!-- map: begin -->", "<!-- map: end -->"

ROOMS = (
    ("9", ("app.py", "cli.py", "commands")),
    ("8", ("web", "worker.py")),
    ("7", ("importing", "services.py")),
    ("6", ("billing", "content")),
    ("5", ("feeds", "members", "stats")),
    ("4", ("catalogue", "mail")),
    ("3", ("storage",)),
    ("2", ("settings.py",)),
    ("1", ("errors.py", "kit")),
)

SETTINGS_HEAD = """\
# Settings

Each setting is an environment variable. A secret may also come from a file: give the file's name in the same variable
with `_FILE` at its end. Unknown names that begin with `PODCASTSVC_` stop the start, so that a typing mistake is seen.
`podcastsvc settings` prints all of them with their present values; secrets stay hidden.

| name | default | meaning |
|---|---|---|
"""


def main() -> int:
    """Writes the pages; with --check, 1 where one differs from what would be written."""
    pages = {ROOT / "docs" / "settings.md": write_settings(), MAP: write_architecture()}
    stale = [path for path, text in pages.items() if not path.exists() or path.read_text(encoding="utf-8") != text]
    if "--check" in sys.argv:
        for path in stale:
            print(f"{path.relative_to(ROOT)} is not up to date; run `make docs`")
        return 1 if stale else 0
    for path in stale:
        path.write_text(pages[path], encoding="utf-8")
    return 0


def write_settings() -> str:
    """The page of settings, from the dataclass."""
    rows = (
        f"| `{row['name']}` | {'`' + row['default'] + '`' if row['default'] else ''} | {row['sentence'].replace('|', '&#124;')} |"
        for row in list_settings(Settings())
    )
    return SETTINGS_HEAD + "\n".join(rows) + "\n"


def write_architecture() -> str:
    """The page about the house with its map made anew."""
    before, rest = MAP.read_text(encoding="utf-8").split(BEGIN)
    _old, after = rest.split(END)
    return f"{before}{BEGIN}\n{write_map()}{END}{after}"


def write_map() -> str:
    """Each module with the first line of its docstring, by floor and room."""
    lines = []
    for floor, rooms in ROOMS:
        lines.append(f"\n### Floor {floor}\n")
        lines.extend(_list_room(PACKAGE / room) for room in rooms)
    return "\n".join(lines) + "\n"


def _list_room(room: Path) -> str:
    paths = [room] if room.suffix else sorted(path for path in room.rglob("*.py") if "versions" not in path.parts)
    found = [f"- `{path.relative_to(PACKAGE).as_posix()}`: {line}" for path in paths if (line := read_purpose(path))]
    return "\n".join(found) or f"- `{room.name}/`: nothing yet"


def read_purpose(path: Path) -> str:
    """The first line of a module's docstring."""
    return (ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or "").split("\n")[0]


if __name__ == "__main__":
    sys.exit(main())
