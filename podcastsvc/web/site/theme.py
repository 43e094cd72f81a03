"""The site's own sheet, ``/theme.css``: the theme with the host's colour and scheme. Without a choice nobody asks for it."""

import hashlib
from functools import cache, lru_cache

from flask import Blueprint, Response, abort, request

from podcastsvc.catalogue.showfile.look import SCHEMES, Look
from podcastsvc.web.assets import FOLDER, FOREVER, asset
from podcastsvc.web.site.palette import Tokens, read_tokens, write_theme
from podcastsvc.web.site.shows import main_show

blueprint = Blueprint("theme", __name__)

_BASE = "css/paper.css"
_DIGEST_CHARS = 10


@blueprint.get("/theme.css")
def sheet() -> Response:
    """Takes the place of ``paper.css``. An old digest still answers, but is not kept by the browser."""
    look = _find_look()
    if not is_own(look):
        abort(404)
    css = _write(look.colour, look.scheme)
    response = Response(css, mimetype="text/css")
    response.headers["Cache-Control"] = FOREVER if request.args.get("v") == _name(css) else "no-cache"
    return response


def is_own(look: Look) -> bool:
    """Whether a look differs from the theme's, and so needs a sheet of its own."""
    return bool(look.colour) or look.scheme != SCHEMES[0]


def write_sheet_path() -> str:
    """The address of the sheet that every page links first."""
    look = _find_look()
    return f"/theme.css?v={_name(_write(look.colour, look.scheme))}" if is_own(look) else asset(_BASE)


def get_scheme() -> str:
    """What browsers are told of the site's schemes: "light dark", or the one that the host has chosen."""
    scheme = _find_look().scheme
    return "light dark" if scheme == SCHEMES[0] else scheme


def list_grounds() -> list[tuple[str, str]]:
    """The colour around pages, for the browser's own frame: pairs of a media query and a colour."""
    look, tokens = _find_look(), _read_tokens()
    if look.scheme != SCHEMES[0]:
        return [("", tokens[look.scheme]["bg"])]
    return [(f"(prefers-color-scheme: {scheme})", tokens[scheme]["bg"]) for scheme in ("light", "dark")]


def get_ground() -> str:
    """The colour around pages in the light scheme, or in the only one."""
    return list_grounds()[0][1]


def get_accent() -> str:
    """The colour of buttons in the light scheme, or in the only one."""
    look = _find_look()
    scheme = "dark" if look.scheme == "dark" else "light"
    return read_tokens(_write(look.colour, SCHEMES[0]))[scheme]["accent"]


def _find_look() -> Look:
    show = main_show()
    return show.facts.look if show is not None else Look()


@lru_cache(16)
def _write(colour: str, scheme: str) -> str:
    return write_theme(_read_base(), colour=colour, scheme=scheme)


@lru_cache(16)
def _name(css: str) -> str:
    return hashlib.sha256(css.encode()).hexdigest()[:_DIGEST_CHARS]


@cache
def _read_tokens() -> dict[str, Tokens]:
    return read_tokens(_read_base())


@cache
def _read_base() -> str:
    return (FOLDER / _BASE).read_text(encoding="utf-8")
