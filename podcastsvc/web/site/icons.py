"""The site on a home screen: its manifest, and its mark as PNG in the sizes that browsers ask for."""

import json
from typing import Any

from flask import Blueprint, Response
from werkzeug.exceptions import NotFound

from podcastsvc.catalogue.artwork.drawing import make_icon
from podcastsvc.catalogue.artwork.keeping import find_mark, icon_key
from podcastsvc.kit.language import name_direction
from podcastsvc.kit.text import cut_text
from podcastsvc.web.assets import FOREVER
from podcastsvc.web.context import language, services
from podcastsvc.web.language import make_path
from podcastsvc.web.pages import gettext
from podcastsvc.web.site.shows import main_show
from podcastsvc.web.site.theme import get_accent, get_ground

SIZES = (32, 180, 192, 512)
"""Tabs, home screens of iOS, home screens of Android, and the picture while it opens."""

blueprint = Blueprint("icons", __name__)

_SHORT_CHARS = 24


@blueprint.get("/manifest.webmanifest")
def manifest() -> Response:
    """What a home screen needs to know of the site, in the language of the address."""
    show = main_show()
    name = show.title if show is not None else gettext("Your show")
    home = make_path("site.home")
    found: dict[str, Any] = {
        "id": home,
        "name": name,
        "short_name": cut_text(name, _SHORT_CHARS),
        "lang": language(),
        "dir": name_direction(language()),
        "start_url": home,
        "scope": home,
        "display": "minimal-ui",
        "background_color": get_ground(),
        "theme_color": get_accent(),
    }
    if show is not None:
        found["description"] = show.promise
        found["icons"] = [
            {"src": show.icon(pixels), "sizes": f"{pixels}x{pixels}", "type": "image/png"}
            for pixels in SIZES[2:]
            if show.mark is not None
        ]
    response = Response(json.dumps(found, ensure_ascii=False), mimetype="application/manifest+json")
    response.headers["Cache-Control"] = "public, max-age=3600"
    return response


@blueprint.get("/icons/<name>-<int:pixels>.png")
def icon(name: str, pixels: int) -> Response:
    """A show's mark in one size: drawn when it is asked for first, and kept beside the picture that it is made of."""
    if pixels not in SIZES:
        raise NotFound
    with services().db.reading() as session:
        mark = find_mark(session, name)
    if mark is None:
        raise NotFound
    key, media = icon_key(name, pixels), services().media
    content = media.read_bytes(key)
    if content is None:
        source = media.read_bytes(mark.media_key)
        if source is None:
            raise NotFound
        content = make_icon(source, pixels)
        media.save_bytes(key, content, mime="image/png")
    response = Response(content, mimetype="image/png")
    response.headers["Cache-Control"] = FOREVER
    return response
