"""Pins what checks the pages, with all it needs, in scripts/web-check/package-lock.json; without any address. Needs npm."""

import json
import subprocess
from pathlib import Path

FOLDER = Path(__file__).parent / "web-check"


def main() -> None:
    """Writes the lock anew; npm adds who asks for money, with addresses, which nobody reads there."""
    silent = ["--ignore-scripts", "--omit-lockfile-registry-resolved=true", "--no-audit", "--no-fund"]
    subprocess.run(["npm", "install", "--package-lock-only", *silent], cwd=FOLDER, check=True)
    path = FOLDER / "package-lock.json"
    lock = json.loads(path.read_text(encoding="utf-8"))
    for package in lock["packages"].values():
        package.pop("funding", None)
        package.pop("resolved", None)
    path.write_text(json.dumps(lock, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
