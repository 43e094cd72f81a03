"""The preview that we cut from an episode's recording where its host asks for one."""

from pathlib import Path

from flask import request

from podcastsvc.catalogue import previews, uploads
from podcastsvc.catalogue.previews import MOST_MINUTES, USUAL_MINUTES, TooShort
from podcastsvc.catalogue.publishing import Contents
from podcastsvc.catalogue.uploads import Kind
from podcastsvc.errors import Failure
from podcastsvc.storage.tables.upload import Upload
from podcastsvc.web.pages import gettext
from podcastsvc.web.studio.episodes.form import EpisodeForm
from podcastsvc.web.studio.episodes.uploads import keep, limit_of, spool
from podcastsvc.web.studio.forms import FormReader

FIELD = "preview_minutes"


def add_preview(
    typed: EpisodeForm,
    contents: Contents,
    found: dict[Kind, Upload],
    errors: dict[str, str],
    there: dict[Kind, Path] | None = None,
) -> None:
    """Cuts a preview and puts it among the uploads, if the form asks for one and brings none of its own.

    ``there`` are the recordings that the episode has already. What stands in the way is noted under the minutes; but a
    recording too short for the usual ones, which the host has not chosen, goes out without a preview.
    """
    if not typed.make_preview or contents.access_kind == "public" or Kind.PREVIEW in found:
        return
    reader = FormReader(request.form.to_dict() | {FIELD: typed.preview_minutes}, errors)
    minutes = reader.whole(FIELD, most=MOST_MINUTES) or USUAL_MINUTES
    recording = _find_recording(contents, found, there or {})
    if errors or recording is None:
        return
    try:
        arrival = previews.cut_preview(recording, spool(), seconds=minutes * 60, limit_bytes=limit_of(Kind.PREVIEW))
        found[Kind.PREVIEW] = keep(arrival)
    except TooShort:
        # The box is ticked from the start, and the page says that short audio gets none.
        return
    except Failure as refusal:
        if refusal.message == previews.TOO_SHORT and minutes == USUAL_MINUTES:
            return
        errors[FIELD] = gettext(refusal.message)


def _find_recording(contents: Contents, found: dict[Kind, Upload], there: dict[Kind, Path]) -> Path | None:
    """What the public will hear later, if there is such a time; else what members hear."""
    wanted = [Kind.MEMBERS, Kind.AUDIO] if contents.public_from is None else [Kind.AUDIO, Kind.MEMBERS]
    here = {**there, **{kind: uploads.path_of(upload, spool()) for kind, upload in found.items()}}
    return next((here[kind] for kind in wanted if kind in here), None)
