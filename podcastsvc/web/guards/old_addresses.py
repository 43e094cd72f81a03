"""Old addresses that still lead somewhere: those of moved episodes and texts, of feeds elsewhere, and with a slash too many."""

from urllib.parse import urlsplit

from flask import current_app, request
from sqlalchemy.orm import Session
from werkzeug.exceptions import NotFound
from werkzeug.routing import BuildError, RequestRedirect
from werkzeug.wrappers import Response

from podcastsvc.catalogue.access import State, read_access, state_of
from podcastsvc.catalogue.episodes import find_by_alias
from podcastsvc.catalogue.shownotes import make_slug
from podcastsvc.catalogue.shows import list_shows
from podcastsvc.content.kinds.table import KINDS
from podcastsvc.content.writings import find_old
from podcastsvc.web.context import language, now, services
from podcastsvc.web.guards.machines import is_for_machines, send_on
from podcastsvc.web.language import add_prefix, make_path

# What other programs call their pages and feeds; people and apps keep such addresses for years.
ELSEWHERE = {
    "/feed": "feeds.public",
    "/feed/podcast": "feeds.public",
    "/rss": "feeds.public",
    "/podcast.xml": "feeds.public",
    "/lost-password": "sign_in.page",
    "/forgot-password": "sign_in.page",
    "/wp-login.php": "sign_in.page",
    "/donate": "support.page",
}
# Where WordPress lists what is about one thing; categories lie in each other, lists have pages, and each has a feed.
_LISTS = frozenset(("category", "tag"))
_FEEDS = frozenset(("feed", "rss", "rss2", "rdf", "atom"))


def redirect_old_address() -> Response | None:
    """Runs before each request that no page answers: the redirect that is due, or None for a plain 404."""
    if isinstance(request.routing_exception, RequestRedirect):
        # A slash is missing. The router does not know of the language's prefix.
        there = urlsplit(request.routing_exception.new_url)
        return send_on(_in_language(there.path, there.query), request.routing_exception.code)
    if not isinstance(request.routing_exception, NotFound) or request.method not in {"GET", "HEAD"}:
        return None
    without_slash = request.path.rstrip("/")
    if request.path != without_slash and _is_page(without_slash):
        return send_on(_in_language(without_slash, request.query_string.decode("latin-1")), 308)
    target = _find_elsewhere(without_slash)
    if target is None and not _is_file_of_machines(request.path):
        target = find_old_address(request.path)
    return None if target is None else send_on(target, 301)


def find_list() -> Response | None:
    """The redirect of an old site's list to the page of its tag. The host's own list knows better: ask that first."""
    slug = read_list(request.path) if request.method in {"GET", "HEAD"} else ""
    return send_on(make_path("naming.tag", slug=slug), 301) if slug else None


def read_list(path: str) -> str:
    """The tag that an old site's list is about, as the tag's address has it; "" where the path is no such list. Pure.

    An app that asks for such a list's feed is not sent to a page (rule S3).
    """
    kind, *parts = path.strip("/").split("/")
    if kind not in _LISTS or not parts or parts[-1] in _FEEDS:
        return ""
    if len(parts) > 2 and parts[-2] == "page" and parts[-1].isdecimal():
        parts = parts[:-2]
    return make_slug(parts[-1])


def find_old_address(path: str) -> str | None:
    """Where the episode or text is today whose old address this is; None where nobody may know of it (rule T-A11)."""
    with services().db.reading() as session:
        return _find_episode_path(session, path) or _find_text_path(session, path)


def _find_episode_path(session: Session, path: str) -> str | None:
    episode = find_by_alias(session, path)
    if episode is None or state_of(read_access(episode), now()) not in {State.PUBLISHED, State.WITHDRAWN}:
        return None
    shows = list_shows(session)
    key = next((show.key for show in shows[1:] if show.id == episode.show_id), None)
    return make_path("episodes.page", slug=episode.slug, key=key)


def _find_text_path(session: Session, path: str) -> str | None:
    writing = find_old(session, path)
    if writing is None or state_of(read_access(writing), now()) not in {State.PUBLISHED, State.WITHDRAWN}:
        return None
    there = KINDS[writing.kind].write_path(writing.slug)
    return add_prefix(there, language()) if _is_page(there) else None


def _is_file_of_machines(path: str) -> bool:
    """Whether an app may be behind it. One that was sent to a page would follow the page's own feed (rule S3); an old
    site's pages may have lain at such paths too, but without a file's ending."""
    return is_for_machines(path) and ("." in path.rpartition("/")[2] or path.startswith("/private/"))


def _find_elsewhere(path: str) -> str | None:
    endpoint = ELSEWHERE.get(path)
    try:
        return None if endpoint is None else make_path(endpoint)
    except BuildError:
        return None


def _in_language(path: str, query: str) -> str:
    return add_prefix(path, language()) + (f"?{query}" if query else "")


def _is_page(path: str) -> bool:
    return bool(path) and current_app.url_map.bind(request.host).test(path, "GET")
