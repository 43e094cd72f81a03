"""Our own styles, scripts and icons, at addresses that change with their content."""

import hashlib
from functools import cache
from pathlib import Path

from flask import Blueprint, Response, send_from_directory
from werkzeug.exceptions import NotFound

FOLDER = Path(__file__).parent / "static"
FOREVER = "public, max-age=31536000, immutable"
"""For an address that changes with its content."""

blueprint = Blueprint("assets", __name__)


@cache
def get_digest() -> str:
    """Ten characters that stand for all static files together, so that relative links between them keep working."""
    found = hashlib.sha256()
    for path in sorted(FOLDER.rglob("*")):
        if path.is_file():
            found.update(str(path.relative_to(FOLDER)).encode() + b"\0" + path.read_bytes())
    return found.hexdigest()[:10]


def asset(path: str) -> str:
    """The address of a static file; a name that does not exist is a mistake of ours and raises."""
    if not (FOLDER / path).is_file():
        raise FileNotFoundError(path)
    return f"/static/{get_digest()}/{path}"


@blueprint.get("/static/<digest>/<path:path>")
def file(digest: str, path: str) -> Response:
    """One static file. An old digest still answers, but is not kept by the browser."""
    if any(part.startswith(".") for part in path.split("/")):
        raise NotFound
    response = send_from_directory(FOLDER, path, conditional=True, etag=True)
    response.headers["Cache-Control"] = FOREVER if digest == get_digest() else "no-cache"
    return response
