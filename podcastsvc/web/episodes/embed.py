"""An episode on other sites: a small player that may be framed, and oEmbed, by which sites find it. Public episodes alone."""

import json
from typing import Any
from urllib.parse import urlsplit

from flask import Response, abort, current_app, make_response, request
from markupsafe import escape
from sqlalchemy.orm import Session
from werkzeug.exceptions import HTTPException

from podcastsvc.catalogue import episodes
from podcastsvc.catalogue.access import PUBLIC, is_out, may_hear, read_access
from podcastsvc.storage.tables.episode import Episode
from podcastsvc.web.context import language, now, services, settings
from podcastsvc.web.episodes.pages import blueprint
from podcastsvc.web.episodes.player import make_player
from podcastsvc.web.guards.headers import write_framed_policy
from podcastsvc.web.language import make_address, split_language
from podcastsvc.web.pages import gettext
from podcastsvc.web.site.addresses import make_picture
from podcastsvc.web.site.shows import PageShow, load_show
from podcastsvc.web.site.viewing import VISITOR

WIDTH, HEIGHT = 640, 260
_LEAST_WIDTH = 280
_SECONDS_KEPT = 3600


@blueprint.get("/episodes/<slug>/embed")
@blueprint.get("/shows/<key>/episodes/<slug>/embed")
def embed(slug: str, key: str | None = None) -> Response:
    """The player alone. It reads no cookie: whoever frames it, a member's secrets are not in it."""
    show = load_show(key) or abort(404)
    with services().db.reading() as session:
        episode = _find_public(session, show, slug) or abort(404)
        player = make_player(episode, VISITOR) or abort(404)
        values: dict[str, Any] = {
            "title": episode.title,
            "language_of_title": episode.language,
            "picture": make_picture(episode.artwork) or show.artwork,
        }
    # Rendered without what pages are given otherwise, since that asks who is signed in.
    template = current_app.jinja_env.get_template("episodes/embed.html")
    response = make_response(
        template.render(
            values,
            player=player,
            show_title=show.title,
            href=make_address("episodes.page", in_language=language(), slug=slug, key=show.key_in_path),
            language=language(),
        )
    )
    response.headers["Content-Security-Policy"] = write_framed_policy()
    response.headers["Cache-Control"] = f"public, max-age={_SECONDS_KEPT}"
    response.headers["X-Robots-Tag"] = "noindex"
    return response


@blueprint.get("/oembed")
def oembed() -> Response:
    """What to put into a page for an episode's address. Source: oembed.com, version 1.0."""
    if request.args.get("format", "json") != "json":
        abort(501, gettext("Only JSON is spoken here."))
    slug, key, code = _read_address(request.args.get("url", ""))
    show = load_show(key) or abort(404)
    with services().db.reading() as session:
        episode = _find_public(session, show, slug) or abort(404)
        title, picture = episode.title, make_picture(episode.artwork) or show.artwork
    width = max(min(_read_size("maxwidth", WIDTH), WIDTH), _LEAST_WIDTH)
    address = make_address("episodes.embed", in_language=code, slug=slug, key=show.key_in_path)
    found: dict[str, Any] = {
        "version": "1.0",
        "type": "rich",
        "title": title,
        "provider_name": show.title,
        "provider_url": settings().base_url,
        "width": width,
        "height": HEIGHT,
        "html": _write_frame(address, title, width),
        "cache_age": _SECONDS_KEPT,
    }
    if picture is not None:
        found["thumbnail_url"] = settings().base_url + picture.large
    response = Response(json.dumps(found), mimetype="application/json")
    response.headers["Cache-Control"] = f"public, max-age={_SECONDS_KEPT}"
    response.headers["Access-Control-Allow-Origin"] = "*"
    return response


def is_embeddable(episode: Episode) -> bool:
    """Whether everybody may hear an episode, so that other sites may show it."""
    access = read_access(episode)
    return is_out(access, now()) and episode.listed and may_hear(access, PUBLIC, now())


def _find_public(session: Session, show: PageShow, slug: str) -> Episode | None:
    episode = episodes.find_by_slug(session, show.id, slug)
    return episode if episode is not None and is_embeddable(episode) else None


def _write_frame(address: str, title: str, width: int) -> str:
    return (
        f'<iframe src="{escape(address)}" title="{escape(title)}" width="{width}" height="{HEIGHT}" loading="lazy"'
        ' style="border:0;max-width:100%" allow="autoplay"></iframe>'
    )


def _read_address(typed: str) -> tuple[str, str | None, str]:
    """Which episode of which show an address of ours names, and its language; 404 for anything else."""
    parts, ours = urlsplit(typed[:2000]), urlsplit(settings().base_url)
    if parts.scheme not in {"http", "https"} or parts.netloc != ours.netloc:
        abort(404)
    code, path = split_language(parts.path)
    try:
        endpoint, values = current_app.url_map.bind("").match(path, "GET")
    except HTTPException:
        abort(404)
    if endpoint != "episodes.page":
        abort(404)
    return values["slug"], values.get("key"), code


def _read_size(name: str, default: int) -> int:
    written = request.args.get(name, "")
    return int(written) if written.isascii() and written.isdecimal() and len(written) < 6 else default
