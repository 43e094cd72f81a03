"""A feed on its way to an app: 304, or the rendering with the member's secrets in its gaps (section 7). No framework."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from wsgiref.types import WSGIEnvironment

from podcastsvc.errors import NotFound, TooMany
from podcastsvc.feeds.document import Gap
from podcastsvc.feeds.notices import fill_notice
from podcastsvc.feeds.rendering import Rendering
from podcastsvc.feeds.versions import find_change
from podcastsvc.kit.language import N_
from podcastsvc.kit.ranges import matches
from podcastsvc.members import feed_tokens
from podcastsvc.members.opening import LinkRow
from podcastsvc.services import Services
from podcastsvc.stats.agents import MOST_CHARS
from podcastsvc.storage.tables.member import FeedAnswer
from podcastsvc.web.apps.asked import Asked, Gone, note_fetch
from podcastsvc.web.apps.pacing import Paces
from podcastsvc.web.apps.wire import OPEN_TO_ALL, PERSONAL, Answer, takes_gzip
from podcastsvc.web.context import cut_address

log = logging.getLogger(__name__)

MIME_TYPE = "application/rss+xml; charset=utf-8"
PUBLIC_CACHING = "public, max-age=300, stale-while-revalidate=600"
PRIVATE_CACHING = "private, no-cache"
NO_PAGE = N_("This feed has no such page.")


@dataclass(frozen=True, slots=True)
class Fetching:
    """One request for a feed. ``token`` is the feed token of its address in canonical form, "" for the public feed."""

    environ: WSGIEnvironment
    token: str = ""
    page: int = 1

    @property
    def takes_gzip(self) -> bool:
        return takes_gzip(self.environ.get("HTTP_ACCEPT_ENCODING", ""))

    def note(self, services: Services, found: Asked | Gone, answer: FeedAnswer) -> None:
        """Takes note of what a GET got."""
        if self.environ["REQUEST_METHOD"] == "GET":
            network = cut_address(self.environ.get("REMOTE_ADDR", ""))
            agent = self.environ.get("HTTP_USER_AGENT", "")[:MOST_CHARS]
            note_fetch(services, found, network=network, agent=agent, answer=answer)


def answer_feed(services: Services, paces: Paces, found: Asked, fetching: Fetching) -> Answer:
    """The answer to a GET or HEAD, without the headers that every answer carries.

    Raises TooMany past a link's limit, NotFound for a page that is not there, Unavailable where nothing can be read.
    """
    is_packed = fetching.takes_gzip
    headers = _write_headers(found, is_packed=is_packed)
    is_unchanged = matches(fetching.environ.get("HTTP_IF_NONE_MATCH"), found.etags.both)
    # The first page is always there, so nothing has to be looked at to say that it has not changed.
    if is_unchanged and (fetching.page == 1 or _get_rendering(services, found, fetching.page)):
        fetching.note(services, found, FeedAnswer.UNCHANGED)
        return Answer(304, headers, [])
    _spend(services, paces, found, fetching)
    rendering = _get_rendering(services, found, fetching.page)
    values = _list_values(services, found, fetching.token)
    body = rendering.fill_packed(values) if is_packed else rendering.fill(values)
    fetching.note(services, found, found.reading.answer)
    headers |= {"Content-Type": MIME_TYPE, "Content-Length": str(len(body))}
    if is_packed:
        headers["Content-Encoding"] = "gzip"
    return Answer(200, headers, [] if fetching.environ["REQUEST_METHOD"] == "HEAD" else [body])


def _write_headers(found: Asked, *, is_packed: bool) -> dict[str, str]:
    """What whole answers and 304 have in common. No Last-Modified: a large client then forgets the ETag (rule F3)."""
    return {
        "ETag": found.etags.gzip if is_packed else found.etags.identity,
        "Cache-Control": PUBLIC_CACHING if found.link is None else PRIVATE_CACHING,
        "Vary": "Accept-Encoding",
        **(OPEN_TO_ALL if found.link is None else PERSONAL),
    }


def _spend(services: Services, paces: Paces, found: Asked, fetching: Fetching) -> None:
    """One member feed that is about to be sent (rule F10; a 304 costs nothing)."""
    if found.link is None:
        return
    try:
        paces.feeds.spend(services.db, found.link.id, found.at)
    except TooMany:
        fetching.note(services, found, FeedAnswer.TOO_OFTEN)
        raise


def _get_rendering(services: Services, found: Asked, page: int) -> Rendering:
    rendering = services.renderer.get(found.show, found.reading.view, page, found.at)
    if rendering is None:
        raise NotFound(NO_PAGE)
    return rendering


def _list_values(services: Services, found: Asked, token: str) -> Mapping[Gap, str]:
    """What stands in the gaps of one member's feed; its own address is written in canonical form, in lower case."""
    if found.link is None:
        return {}
    values = {Gap.FEED_TOKEN: token}
    if found.reading.view.has_private_audio:
        values[Gap.LISTEN_TOKEN] = _get_listen_token(services, found.link)
    if found.reading.notice is not None:
        values |= fill_notice(found.reading.notice, found.show.language, find_change(found.show, found.at))
    return values


def _get_listen_token(services: Services, link: LinkRow) -> str:
    token = feed_tokens.find_listen_token(services.keys, link)
    if token is not None:
        return token
    log.warning("a listen token was made anew", extra={"link": link.id})
    with services.db.transaction() as session:
        return feed_tokens.renew_listen_token(session, services.keys, link)
