"""What an audio file's first bytes tell while it is on its way, and the files that come as parts of a form."""

import tempfile
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any, TypeVar, cast

from flask import Response, g, jsonify, request
from flask_login import current_user
from werkzeug.datastructures import FileStorage

from podcastsvc.catalogue import uploads
from podcastsvc.catalogue.limits import MOST_PICTURE_BYTES, MOST_TEXT_BYTES, too_large
from podcastsvc.catalogue.uploads import Kind, UploadFacts
from podcastsvc.errors import Invalid
from podcastsvc.settings import MIB
from podcastsvc.storage.tables.upload import Upload
from podcastsvc.web.context import now, services, settings
from podcastsvc.web.requests import LARGER, ArrivingPart, spool_folder
from podcastsvc.web.sign_in.gates import host_only
from podcastsvc.web.studio.blueprint import blueprint
from podcastsvc.web.studio.episodes.checks import as_json, list_checks, write_shown

HEAD_BYTES = 2 * MIB

View = TypeVar("View", bound=Callable[..., Any])

# A read at the very limit counts as one beyond it where the server marks the end of the body itself.
LARGER["studio.upload_head"] = HEAD_BYTES + 1


def for_script(view: View) -> View:
    """For addresses that our own script asks: failures are plain lines."""

    @wraps(view)
    def marked(*args: Any, **kwargs: Any) -> Any:
        g.is_for_machines = True
        return view(*args, **kwargs)

    return marked  # type: ignore[return-value]


@blueprint.post("/uploads/head")
@host_only
@for_script
def upload_head() -> Response:
    """Reads the tags of a file from its first bytes, while the rest is on its way; keeps nothing."""
    size = min(max(request.args.get("size", 0, type=int) or 0, 0), limit_of(Kind.AUDIO))
    with tempfile.NamedTemporaryFile(dir=spool(), prefix="head-", suffix=".part") as file:
        while block := request.stream.read(MIB):
            file.write(block)
        file.flush()
        facts = uploads.read_head(Path(file.name), Kind.AUDIO, size)
    extension = Path(request.args.get("name", "")).suffix.lower()
    return jsonify({} if facts is None else describe(facts, extension))


def describe(facts: UploadFacts, extension: str) -> dict[str, Any]:
    """What the upload script fills in and shows."""
    filled = {
        "title": facts.title or None,
        "season": facts.season,
        "number": facts.episode,
        "notes": facts.notes or None,
        "language": facts.language or None,
    }
    return {"facts": filled, "shown": write_shown(facts, extension), "checks": as_json(list_checks(facts))}


# ---- parts of forms


def keep_part(part: FileStorage, kind: Kind) -> Upload:
    """Keeps a file that came as a part of a form. Raises Invalid where it cannot be used, Unavailable without room."""
    limit = limit_of(kind)
    return keep(uploads.take(_check_part(part, limit), spool(), kind, part.filename or "", limit_bytes=limit))


def receive_picture(part: FileStorage) -> Path:
    """Where a picture lies until its request ends. Raises Invalid where it is too large, Unavailable without room."""
    return _check_part(part, MOST_PICTURE_BYTES)


def _check_part(part: FileStorage, limit: int) -> Path:
    arrived = cast("ArrivingPart", part.stream)
    try:
        arrived.check()
    except Invalid:
        raise Invalid(too_large(limit)) from None
    path = Path(arrived.name)
    if path.stat().st_size > limit:
        raise Invalid(too_large(limit))
    return path


def keep(arrival: uploads.Arrival) -> Upload:
    """Writes the row of what has arrived."""
    with services().db.transaction() as session:
        return uploads.save_upload(session, arrival, member_id=current_user.id, now=now())


def limit_of(kind: Kind) -> int:
    """The most bytes that a file of one kind may have (rule T-F9)."""
    if kind.is_audio:
        return settings().max_audio_mib * MIB
    return MOST_PICTURE_BYTES if kind is Kind.COVER else MOST_TEXT_BYTES


def spool() -> Path:
    """The folder where uploads lie."""
    return spool_folder(settings().data)
