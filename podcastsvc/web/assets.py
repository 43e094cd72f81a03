"""Our own styles, scripts and icons, at addresses that change with their content."""

import gzip
import hashlib
import mimetypes
import re
from functools import cache
from pathlib import Path

from flask import Blueprint, Response, request, send_from_directory
from werkzeug.exceptions import NotFound
from werkzeug.security import safe_join

FOLDER = Path(__file__).parent / "static"
FOREVER = "public, max-age=31536000, immutable"
"""For an address that changes with its content."""
# A third of their length over the wire.
_PACKED = frozenset((".css", ".js", ".svg"))
# Comments, and the white space at the beginnings of lines; our sheets have no text that runs over a line.
_FOR_WRITERS = re.compile(rb"/\*.*?\*/|^\s+", re.DOTALL | re.MULTILINE)

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
    name = safe_join(str(FOLDER), path)
    packs = name is not None and Path(name).suffix in _PACKED and Path(name).is_file()
    if name is not None and packs and request.accept_encodings["gzip"] > 0 and "Range" not in request.headers:
        response = _send_packed(name)
    else:
        response = send_from_directory(FOLDER, path, conditional=True, etag=True)
    if packs:
        response.vary.add("Accept-Encoding")
    response.headers["Cache-Control"] = FOREVER if digest == get_digest() else "no-cache"
    return response


def _send_packed(name: str) -> Response:
    """A file with its body compressed, under a tag of its own."""
    body = _pack(name, Path(name).stat().st_mtime_ns)
    response = Response(body, mimetype=mimetypes.guess_type(name)[0])
    response.headers["Content-Encoding"] = "gzip"
    response.set_etag(hashlib.sha256(body).hexdigest()[:20])
    response.make_conditional(request)
    return response


@cache
def _pack(name: str, _changed_ns: int) -> bytes:
    """There are few of them, and they change with a release only. Sheets travel without what is for their writers alone."""
    body = Path(name).read_bytes()
    return gzip.compress(_FOR_WRITERS.sub(b"", body) if name.endswith(".css") else body, 9, mtime=0)
