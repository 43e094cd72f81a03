"""Checks both locks: every pin has hashes, no address is in them, and every direct dependency of ours is in its lock."""

import json
import re
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[1]


def main() -> int:
    """Prints what is wrong; 1 where something is."""
    lock = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    pinned = {_fold(name) for name in re.findall(r"^([A-Za-z0-9._-]+)(?:\[[^\]]*\])?==", lock, re.MULTILINE)}
    wanted = project["dependencies"] + project["optional-dependencies"]["postgres"]
    problems = [f"{name} is not locked; run `make lock`" for name in map(_name, wanted) if name not in pinned]
    problems += [f"the lock file holds an address: {found}" for found in re.findall(r"\w+://\S+", lock)]
    entries = re.split(r"^(?=[A-Za-z0-9])", lock, flags=re.MULTILINE)[1:]
    problems += [f"{entry.split()[0]} has no hash" for entry in entries if "--hash=sha256:" not in entry]
    problems += _check_web_tools(ROOT / "scripts" / "web-check")
    print("\n".join(problems))
    return 1 if problems else 0


def _check_web_tools(folder: Path) -> list[str]:
    text = (folder / "package-lock.json").read_text(encoding="utf-8")
    packages = json.loads(text)["packages"]
    wanted = json.loads((folder / "package.json").read_text(encoding="utf-8"))
    problems = [
        f"the lock file of web-check holds an address: {found}" for found in re.findall(r"\w+://[^\s\"]+", text)
    ]
    problems += [f"{name} has no hash" for name, each in packages.items() if name and "integrity" not in each]
    for name, version in (wanted["dependencies"] | wanted["devDependencies"]).items():
        if packages.get(f"node_modules/{name}", {}).get("version") != version:
            problems.append(f"{name} {version} is not locked; run `make lock`")
    return problems


def _name(requirement: str) -> str:
    return _fold(re.split(r"[\[<>=~! ;]", requirement, maxsplit=1)[0])


def _fold(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


if __name__ == "__main__":
    sys.exit(main())
