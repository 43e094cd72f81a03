"""Uploads that go on where they stopped: tus 1.0 (core, creation, termination, checksum, expiration), and their end.

Signed in, and with the form's token in ``X-CSRF-Token``, as all forms of the studio. ``POST …/uploads/<id>`` is ours: it
looks at a file that is all here and says what was read from it; asked again, it says the same.
Source: https://tus.io/protocols/resumable-upload, version 1.0.0.
"""

import base64
import binascii
from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

from flask import Response, abort, after_this_request, jsonify, make_response, request
from flask_login import current_user
from werkzeug.http import http_date

from podcastsvc.catalogue import uploads
from podcastsvc.catalogue.limits import too_large
from podcastsvc.catalogue.spooling import resuming
from podcastsvc.catalogue.spooling.resuming import CHECKSUMS, Checksum, Damaged, Part
from podcastsvc.catalogue.uploads import Kind
from podcastsvc.errors import NotFound
from podcastsvc.storage.tables.upload import UnfinishedUpload
from podcastsvc.web.context import now, services
from podcastsvc.web.errors import make_error_response
from podcastsvc.web.language import make_path
from podcastsvc.web.pages import gettext
from podcastsvc.web.requests import allow_audio
from podcastsvc.web.sign_in.gates import host_only
from podcastsvc.web.studio.blueprint import blueprint
from podcastsvc.web.studio.episodes.uploads import describe, for_script, limit_of, spool

VERSION = "1.0.0"
EXTENSIONS = "creation,expiration,checksum,termination"
PART_TYPE = "application/offset+octet-stream"
CHECKSUM_MISMATCH = 460
_MOST_DIGITS = 15

View = TypeVar("View", bound=Callable[..., Any])

allow_audio("studio.send_part")
# For those who cannot send PATCH.
allow_audio("studio.finish_upload")


def speaks_tus(view: View) -> View:
    """For addresses of the protocol: every answer names its version, and another one is refused."""

    @wraps(view)
    def spoken(*args: Any, **kwargs: Any) -> Any:
        after_this_request(_name_version)
        if request.headers.get("Tus-Resumable") != VERSION:
            abort(412)
        return view(*args, **kwargs)

    return spoken  # type: ignore[return-value]


def _name_version(response: Response) -> Response:
    response.headers["Tus-Resumable"] = VERSION
    response.headers.setdefault("Cache-Control", "no-store")
    if response.status_code == 412:
        response.headers["Tus-Version"] = VERSION
    return response


@blueprint.route("/uploads", methods=["OPTIONS"], provide_automatic_options=False)
@host_only
@for_script
def describe_uploads() -> Response:
    """What the protocol's clients may ask for here."""
    response = make_response("", 204)
    response.headers["Tus-Resumable"] = response.headers["Tus-Version"] = VERSION
    response.headers["Tus-Extension"] = EXTENSIONS
    response.headers["Tus-Max-Size"] = str(limit_of(Kind.AUDIO))
    response.headers["Tus-Checksum-Algorithm"] = ",".join(CHECKSUMS)
    return response


@blueprint.post("/uploads", provide_automatic_options=False)
@host_only
@for_script
@speaks_tus
def begin_upload() -> Response:
    """Makes an empty upload of a length; its address is in ``Location``."""
    if "Upload-Defer-Length" in request.headers:
        abort(400)
    length = _read_number("Upload-Length")
    limit = limit_of(Kind.AUDIO)
    if length > limit:
        return make_error_response(413, too_large(limit))
    names = _read_metadata(request.headers.get("Upload-Metadata", ""))
    row = resuming.begin(
        services().db,
        spool(),
        member_id=current_user.id,
        name=names.get("filename", ""),
        length_bytes=length,
        fingerprint=names.get("fingerprint", ""),
        limit_bytes=limit,
    )
    response = make_response("", 201)
    response.headers["Location"] = make_path("studio.send_part", upload_id=row.id)
    return _tell_end(response, row)


@blueprint.route("/uploads/<upload_id>", methods=["HEAD"], provide_automatic_options=False)
@host_only
@for_script
@speaks_tus
def find_offset(upload_id: str) -> Response:
    """How much of a file is here for certain."""
    row = _get(upload_id)
    response = make_response("", 200)
    response.headers["Upload-Offset"] = str(row.offset_bytes)
    response.headers["Upload-Length"] = str(row.length_bytes)
    response.headers["Upload-Metadata"] = _write_metadata(filename=row.declared_name, fingerprint=row.fingerprint)
    response.headers["Cache-Control"] = "no-store"
    return _tell_end(response, row)


@blueprint.patch("/uploads/<upload_id>", provide_automatic_options=False)
@host_only
@for_script
@speaks_tus
def send_part(upload_id: str) -> Response:
    """Adds the body at an offset, which must be where the file ends."""
    if request.mimetype != PART_TYPE:
        abort(415)
    row = _get(upload_id)
    part = Part(_read_number("Upload-Offset"), request.stream, request.content_length, _read_checksum())
    try:
        offset = resuming.append(services().db, spool(), row, part)
    except Damaged as problem:
        return make_error_response(CHECKSUM_MISMATCH, problem.message)
    response = make_response("", 204)
    response.headers["Upload-Offset"] = str(offset)
    row.changed_at = now()
    return _tell_end(response, row)


@blueprint.delete("/uploads/<upload_id>", provide_automatic_options=False)
@host_only
@for_script
@speaks_tus
def remove_upload(upload_id: str) -> Response:
    """Forgets an unfinished file."""
    resuming.remove(services().db, spool(), _get(upload_id))
    return make_response("", 204)


@blueprint.post("/uploads/<upload_id>", provide_automatic_options=False)
@host_only
@for_script
def finish_upload(upload_id: str) -> Response:
    """Looks at a file that is all here: what was read from it, and the id that the form carries.

    ``?kind=members`` takes it for the members' cut, ``preview`` for the preview; it is the main audio else.
    Who cannot send PATCH or DELETE says here which of them is meant, as the protocol has it.
    """
    meant = request.headers.get("X-HTTP-Method-Override", "").upper()
    if meant in {"PATCH", "DELETE"}:
        return send_part(upload_id) if meant == "PATCH" else remove_upload(upload_id)
    kind = _read_kind()
    found = resuming.finish(services().db, spool(), upload_id, current_user.id, kind, limit_bytes=limit_of(kind))
    if found is None:
        raise NotFound(resuming.UNKNOWN)
    return jsonify({"upload": found.id, **describe(uploads.read_facts(found), found.extension)})


def _read_kind() -> Kind:
    named = request.args.get("kind", Kind.AUDIO.value)
    return next((kind for kind in Kind if kind.is_audio and kind == named), None) or abort(400)


def _get(upload_id: str) -> UnfinishedUpload:
    """One's own unfinished upload; 404 where there is none, 410 for one that was left for too long."""
    with services().db.reading() as session:
        row = resuming.find(session, spool(), upload_id, current_user.id)
    if row is None:
        raise NotFound(resuming.UNKNOWN)
    if resuming.ends_at(row) <= now():
        abort(make_error_response(410, gettext(resuming.UNKNOWN)))
    return row


def _tell_end(response: Response, row: UnfinishedUpload) -> Response:
    response.headers["Upload-Expires"] = http_date(resuming.ends_at(row))
    return response


# ---- headers


def _read_number(name: str) -> int:
    raw = request.headers.get(name, "")
    if not (raw.isascii() and raw.isdigit() and len(raw) <= _MOST_DIGITS):
        abort(400)
    return int(raw)


def _read_metadata(raw: str) -> dict[str, str]:
    """``filename dGFsay5tcDM=,fingerprint …``: keys and values in base 64; what cannot be read is left out."""
    found = {}
    for pair in raw.split(","):
        key, _, value = pair.strip().partition(" ")
        try:
            found[key] = base64.b64decode(value, validate=True).decode()
        except (binascii.Error, UnicodeDecodeError, ValueError):
            continue
    return found


def _write_metadata(**values: str) -> str:
    return ",".join(f"{key} {base64.b64encode(value.encode()).decode()}" for key, value in values.items())


def _read_checksum() -> Checksum | None:
    """``sha1 <base 64>``. Another algorithm or form is a bad request, as the protocol has it."""
    raw = request.headers.get("Upload-Checksum")
    if raw is None:
        return None
    algorithm, _, value = raw.partition(" ")
    try:
        digest = base64.b64decode(value, validate=True)
    except (binascii.Error, ValueError):
        abort(400)
    if algorithm not in CHECKSUMS:
        abort(400)
    return Checksum(algorithm, digest)
