"""Artwork that is not square: the squares that could be cut of it, shown, chosen, and cut."""

import tempfile
from pathlib import Path
from typing import NamedTuple

from flask import Response, abort, make_response, request

from podcastsvc.catalogue import uploads
from podcastsvc.catalogue.artwork import drawing
from podcastsvc.catalogue.artwork.drawing import POSITIONS
from podcastsvc.catalogue.uploads import Kind
from podcastsvc.errors import Failure
from podcastsvc.kit.language import N_
from podcastsvc.storage.tables.upload import Upload
from podcastsvc.web.context import services
from podcastsvc.web.language import make_path
from podcastsvc.web.pages import gettext
from podcastsvc.web.sign_in.gates import host_only
from podcastsvc.web.studio.blueprint import blueprint
from podcastsvc.web.studio.episodes.uploads import keep, limit_of, spool

FIELD = "cover_crop"
CHOOSE = N_("The picture is %(width)s × %(height)s. Apps show a square: choose which part.")
_WIDE = {"start": N_("The left"), "centre": N_("The middle"), "end": N_("The right")}
_TALL = {"start": N_("The top"), "centre": N_("The middle"), "end": N_("The bottom")}
_SHOWN_PIXELS = 320


class Crop(NamedTuple):
    """One square that could be cut: what the form sends, its name, where it can be seen, and whether it is chosen."""

    position: str
    label: str
    src: str
    is_chosen: bool


def list_crops(cover: Upload | None) -> list[Crop]:
    """The squares of a picture that has to be cut; none for one that is square."""
    if cover is None or not _needs_cut(cover):
        return []
    facts = uploads.read_facts(cover)
    chosen = request.form.get(FIELD, "centre")
    names = _WIDE if facts.width > facts.height else _TALL
    return [
        Crop(
            each,
            gettext(names[each]),
            make_path("studio.crop_of_upload", upload_id=cover.id, position=each),
            each == chosen,
        )
        for each in POSITIONS
    ]


def crop_cover(found: dict[Kind, Upload], errors: dict[str, str]) -> None:
    """Puts the chosen square in the place of a picture that is not square; asks for one where none is chosen."""
    cover = found.get(Kind.COVER)
    if cover is None or not _needs_cut(cover):
        return
    position = request.form.get(FIELD, "")
    if position not in POSITIONS:
        facts = uploads.read_facts(cover)
        errors[Kind.COVER] = gettext(CHOOSE) % {"width": facts.width, "height": facts.height}
        return
    try:
        picture = drawing.make_picture(uploads.path_of(cover, spool()), cut=True, position=position)
        with tempfile.NamedTemporaryFile(dir=spool(), prefix="upload-", suffix=".part") as file:
            file.write(picture.content)
            file.flush()
            limit = limit_of(Kind.COVER)
            cut = uploads.take(Path(file.name), spool(), Kind.COVER, cover.declared_name, limit_bytes=limit)
        found[Kind.COVER] = keep(cut)
    except Failure as refusal:
        errors[Kind.COVER] = gettext(refusal.message)


def _needs_cut(cover: Upload) -> bool:
    facts = uploads.read_facts(cover)
    return not drawing.is_square(facts.width, facts.height)


@blueprint.get("/uploads/<upload_id>/crop/<position>")
@host_only
def crop_of_upload(upload_id: str, position: str) -> Response:
    """One of the squares, small."""
    with services().db.reading() as session:
        cover = uploads.find_upload(session, spool(), upload_id, Kind.COVER)
    if cover is None or position not in POSITIONS:
        abort(404)
    picture = drawing.make_picture(uploads.path_of(cover, spool()), cut=True, position=position)
    response = make_response(picture.renditions[_SHOWN_PIXELS])
    response.mimetype = "image/webp"
    return response
