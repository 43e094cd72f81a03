"""The files of an episode's form: those that came with it, those kept from before, and how the page shows them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from flask import request
from flask_login import current_user
from sqlalchemy.orm import Session
from werkzeug.datastructures import FileStorage

from podcastsvc.catalogue import audio, uploads
from podcastsvc.catalogue.spooling import resuming
from podcastsvc.catalogue.uploads import Kind, UploadFacts
from podcastsvc.errors import Conflict, Failure, Invalid
from podcastsvc.kit.language import N_
from podcastsvc.storage.tables.upload import Upload
from podcastsvc.web.context import services
from podcastsvc.web.pages import gettext, write_megabytes
from podcastsvc.web.studio.episodes.checks import Check, list_checks, write_shown
from podcastsvc.web.studio.episodes.cropping import Crop, list_crops
from podcastsvc.web.studio.episodes.uploads import keep_part, limit_of, spool

GONE = N_("The uploaded file is used already, or older than seven days. Choose it again.")
_LABELS = {
    Kind.AUDIO: (N_("Audio file"), "", audio.ACCEPT),
    Kind.MEMBERS: (
        N_("Members' cut"),
        N_("What members hear instead: longer, or without advertisements. mp3 or m4a."),
        audio.ACCEPT,
    ),
    Kind.PREVIEW: (
        N_("Preview file"),
        N_("What visitors hear of a members' episode, in place of one that we cut. mp3 or m4a."),
        audio.ACCEPT,
    ),
    Kind.TRANSCRIPT: (N_("Transcript"), N_("A .vtt or .srt file in the episode's language."), ".vtt,.srt,text/vtt"),
    Kind.COVER: (
        N_("Artwork"),
        N_("A JPEG or PNG of 1400 to 3000 pixels. If it is not square, you choose which part apps show."),
        ".jpg,.jpeg,.png,image/jpeg,image/png",
    ),
}


@dataclass(frozen=True, slots=True)
class PartView:
    """One file as the form shows it. ``upload_id`` is set where it waits in the spool; ``name`` also for one in the folder."""

    kind: Kind
    label: str
    hint: str
    accept: str
    name: str = ""
    shown: str = ""
    upload_id: str = ""
    error: str = ""
    is_removed: bool = False
    crops: Sequence[Crop] = ()


def receive_parts(errors: dict[str, str]) -> dict[Kind, Upload]:
    """The uploads that this request brings or names; what cannot be used is noted under the part's name, and does not
    take the place of one that the request names as well."""
    found = {}
    for kind in Kind:
        part, named = request.files.get(kind), request.form.get(f"{kind}_upload", "")
        upload = _keep(part, kind, errors) if part is not None and part.filename else None
        if upload is None and named:
            upload = _find(named, kind, errors)
        if upload is not None:
            found[kind] = upload
    return found


def _keep(part: FileStorage, kind: Kind, errors: dict[str, str]) -> Upload | None:
    try:
        return keep_part(part, kind)
    except Failure as refusal:
        errors[kind] = gettext(refusal.message)
        return None


def _find(upload_id: str, kind: Kind, errors: dict[str, str]) -> Upload | None:
    try:
        return _get(upload_id, kind)
    except Conflict as refusal:
        # It is still on its way: a draft goes without it, and it can be gone on with there.
        if request.form.get("do") not in {"draft", "preview"}:
            errors.setdefault(kind, gettext(refusal.message))
    except Failure as refusal:
        errors.setdefault(kind, gettext(refusal.message))
    return None


def _get(upload_id: str, kind: Kind) -> Upload:
    with services().db.reading() as session:
        found = uploads.find_upload(session, spool(), upload_id, kind)
    if found is None and kind.is_audio:
        # All of it is here, and the server died or the page was left before it was looked at; or not all of it.
        limit = limit_of(kind)
        found = resuming.finish(services().db, spool(), upload_id, current_user.id, kind, limit_bytes=limit)
    if found is None:
        raise Invalid(GONE)
    return found


def find_uploads(session: Session, fields: Mapping[str, str]) -> dict[Kind, Upload]:
    """The uploads that a kept form names, as ``receive_parts`` would give them; those that are gone are left out."""
    named = {kind: uploads.find_upload(session, spool(), fields.get(f"{kind}_upload", ""), kind) for kind in Kind}
    return {kind: upload for kind, upload in named.items() if upload is not None}


def list_paths(found: Mapping[Kind, Upload]) -> dict[Kind, Path]:
    """Where uploads lie."""
    return {kind: uploads.path_of(upload, spool()) for kind, upload in found.items()}


def let_go(found: Mapping[Kind, Upload]) -> None:
    """Drops uploads that an episode uses now: the rows, then the names in the spool."""
    with services().db.transaction() as session:
        uploads.drop(session, [upload.id for upload in found.values()])
    for path in list_paths(found).values():
        path.unlink(missing_ok=True)


def view_parts(
    found: Mapping[Kind, Upload],
    errors: Mapping[str, str],
    there: Mapping[Kind, str] | None = None,
    removed: Iterable[str] = (),
) -> dict[str, PartView]:
    """All kinds of files as the form shows them; ``there`` are the names in the episode's folder."""
    views = {}
    taken_out = set(removed)
    for kind, (label, hint, accept) in _LABELS.items():
        upload = found.get(kind)
        views[str(kind)] = PartView(
            kind=kind,
            label=gettext(label),
            hint=gettext(hint) if hint else "",
            accept=accept,
            name=upload.declared_name if upload is not None else (there or {}).get(kind, ""),
            shown=_show(upload) if upload is not None else "",
            upload_id=upload.id if upload is not None else "",
            error=errors.get(kind, ""),
            is_removed=kind in taken_out,
            crops=list_crops(upload) if kind is Kind.COVER else (),
        )
    return views


def list_part_checks(found: Mapping[Kind, Upload], there: Iterable[Kind] = ()) -> list[Check]:
    """The list "Ready for the apps" of the main audio; empty before it is here."""
    main = found.get(Kind.AUDIO)
    return [] if main is None else list_checks(uploads.read_facts(main), {*found, *there})


def read_main_facts(found: Mapping[Kind, Upload]) -> UploadFacts | None:
    """What was read from the main audio."""
    main = found.get(Kind.AUDIO)
    return None if main is None else uploads.read_facts(main)


def _show(upload: Upload) -> str:
    size, facts = write_megabytes(upload.length_bytes), uploads.read_facts(upload)
    return f"{size} · {write_shown(facts, upload.extension)}" if facts.seconds else size
