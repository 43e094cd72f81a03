"""The feed of articles for news readers; 304 as long as nothing on the site changed."""

import gzip
import hashlib
from dataclasses import dataclass
from typing import cast

from flask import Blueprint, Response, current_app, request

from podcastsvc.content.article_feed import list_public
from podcastsvc.feeds.articles import ArticleFeed, build_articles
from podcastsvc.kit.language import translate
from podcastsvc.kit.ranges import matches
from podcastsvc.web.apps.feeding import MIME_TYPE, PUBLIC_CACHING
from podcastsvc.web.apps.wire import FEED_METHODS, make_empty, make_options, make_whole, open_to_all, takes_gzip
from podcastsvc.web.context import now, services, settings
from podcastsvc.web.guards.kept import get_state
from podcastsvc.web.language import make_address
from podcastsvc.web.site.shows import main_show

blueprint = Blueprint("article_feed", __name__)

_EXTENSION = "podcastsvc.article_feed"


@dataclass(frozen=True, slots=True)
class _Kept:
    """The feed as it was built for a state of the site."""

    state: str
    body: bytes
    packed: bytes
    etag: str


@blueprint.route("/articles/feed.xml", methods=FEED_METHODS, provide_automatic_options=False)
def feed() -> Response:
    """All that everyone may read, the newest first; what members read first comes when it is everyone's."""
    if request.method == "OPTIONS":
        return make_options()
    kept = _get()
    is_packed = takes_gzip(request.headers.get("Accept-Encoding", ""))
    etags = (f'"{kept.etag}"', f'"{kept.etag}-gzip"')
    response: Response = make_empty(304, MIME_TYPE)
    if not matches(request.headers.get("If-None-Match"), etags):
        response = make_whole(kept.packed if is_packed else kept.body, MIME_TYPE)
        if is_packed:
            response.headers["Content-Encoding"] = "gzip"
    response.headers["ETag"] = etags[is_packed]
    response.headers["Cache-Control"] = PUBLIC_CACHING
    response.headers["Vary"] = "Accept-Encoding"
    open_to_all(response)
    return response


def _get() -> _Kept:
    state = get_state()
    kept = cast("_Kept | None", current_app.extensions.get(_EXTENSION))
    if kept is None or kept.state != state:
        body = _build()
        packed = gzip.compress(body, 6, mtime=0)
        kept = _Kept(state, body, packed, hashlib.sha256(body).hexdigest()[:32])
        current_app.extensions[_EXTENSION] = kept
    return kept


def _build() -> bytes:
    show = main_show()
    language = show.facts.language if show is not None else settings().default_language

    def write_address(slug: str) -> str:
        return make_address("articles.page", in_language=settings().default_language, slug=slug)

    with services().db.reading() as session:
        found = list_public(session, now(), language, write_address)
    title = show.facts.text("title", language) if show is not None else translate("Your show", language)
    return build_articles(
        ArticleFeed(
            title=f"{title}: {translate('Articles', language)}",
            link=make_address("articles.index", in_language=settings().default_language),
            self_url=make_address("article_feed.feed"),
            description=show.facts.text("promise", language) if show is not None else "",
            language=language,
            image_url=settings().base_url + show.artwork.large if show is not None and show.artwork else "",
            changed_at=found.changed_at or now().replace(hour=0, minute=0, second=0, microsecond=0),
            items=found.items,
        )
    )
