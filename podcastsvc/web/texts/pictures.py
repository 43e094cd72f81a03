"""The pictures of texts: public to all who know their address, which nobody can guess, and never another picture."""

import re

from flask import Blueprint, Response, request

from podcastsvc.content.pictures.keeping import MIME, find_picture, write_key
from podcastsvc.errors import NotFound, Unavailable
from podcastsvc.kit.language import N_
from podcastsvc.kit.ranges import matches
from podcastsvc.web.apps.beside import AWAY, FOR_EVER
from podcastsvc.web.apps.wire import FEED_METHODS, make_empty, make_options, make_whole, open_to_all
from podcastsvc.web.context import services

blueprint = Blueprint("pictures", __name__)

_NAME = re.compile(r"(.+)-(\d{1,4})")


@blueprint.route("/pictures/<name>.webp", methods=FEED_METHODS, provide_automatic_options=False)
def picture(name: str) -> Response:
    """One rendition of a picture."""
    if request.method == "OPTIONS":
        return make_options()
    found = _NAME.fullmatch(name)
    width = int(found[2]) if found is not None else 0
    with services().db.reading() as session:
        row = find_picture(session, found[1]) if found is not None else None
    if row is None or width not in row.widths:
        raise NotFound(N_("There is no picture at this address."))
    etag = f'"{row.source_sha256[:28]}-{width}"'
    response: Response = make_empty(304, MIME)
    if not matches(request.headers.get("If-None-Match"), (etag,)):
        content = services().media.read_bytes(write_key(row.name, width))
        if content is None:
            raise Unavailable(AWAY)
        response = make_whole(content, MIME)
    response.headers["ETag"] = etag
    response.headers["Cache-Control"] = FOR_EVER
    open_to_all(response)
    return response
