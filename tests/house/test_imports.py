"""Rules of the house about imports: floors, the owners of outside packages, and packages that export nothing."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "podcastsvc"

OWNERS = {
    "flask": ("web/", "app.py"),
    "flask_login": ("web/", "app.py"),
    "stripe": ("billing/gateway.py",),
    "feedgen": ("feeds/",),
    "mutagen": ("catalogue/audio.py", "catalogue/chapters.py"),
    "obstore": ("storage/media.py",),
    "alembic": ("storage/",),
    "granian": ("commands/serving.py",),
    "argon2": ("members/passwords.py",),
    "segno": ("members/", "web/"),
    "smtplib": ("mail/",),
}


def list_modules() -> list[Path]:
    return sorted(path for path in PACKAGE.rglob("*.py") if "versions" not in path.parts)


def list_imports(path: Path) -> Iterator[str]:
    """The full names of all that a module imports, also inside functions."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield from (f"{node.module}.{name.name}" for name in node.names)


def write_name(path: Path) -> str:
    return path.relative_to(PACKAGE).as_posix()


def test_imports_go_down_and_never_sideways():
    # The floors are written down in pyproject.toml; a room without a floor fails here too. In a process of its own,
    # since the linter's set-up of the logs switches off every logger that is there.
    linter = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run([linter, "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("package", OWNERS)
def test_an_outside_package_is_imported_only_by_its_owner(package):
    strangers = [
        write_name(path)
        for path in list_modules()
        if any(name == package or name.startswith(f"{package}.") for name in list_imports(path))
        and not write_name(path).startswith(OWNERS[package])
    ]

    assert strangers == []


def test_package_roots_export_nothing():
    roots = [path for path in PACKAGE.rglob("__init__.py") if path.parent != PACKAGE]

    assert [write_name(path) for path in roots if path.read_text(encoding="utf-8").strip()] == []


def test_every_module_says_in_its_first_line_what_it_is_for():
    silent = []
    for path in list_modules():
        text = path.read_text(encoding="utf-8")
        docstring = ast.get_docstring(ast.parse(text))
        if text.strip() and not (docstring and docstring.split("\n")[0].rstrip().endswith((".", ";", ":"))):
            silent.append(write_name(path))

    assert silent == []


def test_nothing_reads_the_environment_but_the_settings():
    readers = [
        write_name(path)
        for path in list_modules()
        if "os.environ" in path.read_text(encoding="utf-8") or "getenv" in path.read_text(encoding="utf-8")
    ]

    assert set(readers) <= {"settings.py", "commands/serving.py", "kit/cage.py", "kit/child.py"}


def test_rooms_never_commit():
    wrong = [write_name(path) for path in list_modules() if ".commit()" in path.read_text(encoding="utf-8")]

    assert [name for name in wrong if not name.startswith(("storage/db.py", "billing/standin/"))] == []
