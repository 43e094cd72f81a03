"""Each dependency of the project is used; nobody installs what nothing imports."""

import ast
import re
import tomllib
from collections.abc import Iterable
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
# What works without being imported by us, and by whom it is used.
SILENT = {
    "granian": "started by its command",
    "psycopg": "named in the database's address",
    "tzdata": "read by zoneinfo",
    "djlint": "a command of make check",
    "flask-cors": "imported by the object store of the tests",
    "import-linter": "a command of make check",
    "mypy": "a command of make check",
    "pytest-playwright": "a plugin",
    "pytest-rerunfailures": "a plugin",
    "pytest-randomly": "a plugin",
    "pytest-timeout": "a plugin",
    "pytest-xdist": "a plugin",
    "ruff": "a command of make check",
    "types-pyyaml": "read by mypy",
}


def list_imported(*folders: str) -> set[str]:
    """The distributions whose modules are imported in some folders, in their canonical form."""
    found = set()
    for path in (path for folder in folders for path in (ROOT / folder).rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Import):
                found |= {name.name.partition(".")[0] for name in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                found.add(node.module.partition(".")[0])
    owners = packages_distributions()
    return {_name(owner) for module in found for owner in owners.get(module, ())}


def _name(requirement: str) -> str:
    found = re.match(r"[A-Za-z0-9._-]+", requirement)
    assert found is not None
    return re.sub(r"[-_.]+", "-", found[0]).lower()


def _list_unused(requirements: Iterable[str], *folders: str) -> list[str]:
    return sorted({_name(each) for each in requirements} - list_imported(*folders) - SILENT.keys())


def test_each_dependency_is_imported_by_the_package() -> None:
    assert _list_unused(PROJECT["dependencies"], "podcastsvc") == []


@pytest.mark.parametrize("extra", sorted(PROJECT["optional-dependencies"]))
def test_each_dependency_of_an_extra_is_imported_somewhere(extra: str) -> None:
    assert _list_unused(PROJECT["optional-dependencies"][extra], "podcastsvc", "tests", "scripts") == []


def test_what_is_used_in_silence_is_a_dependency() -> None:
    extras = (each for extra in PROJECT["optional-dependencies"].values() for each in extra)

    assert SILENT.keys() <= {_name(each) for each in (*PROJECT["dependencies"], *extras)}


def test_b4_nothing_else_is_installed_under_the_name_of_feedgen() -> None:
    owners = packages_distributions()["feedgen"]

    assert set(owners) == {"feedgen"}
    assert "feedgen2" not in (ROOT / "requirements.lock").read_text()
