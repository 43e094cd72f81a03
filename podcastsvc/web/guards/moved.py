"""The host's list of old addresses at work: looked at only where nothing else answers, with one indexed read.

Where an address leads stands in the list; of the request only the rest of its query is passed on, and only to pages of
this site. Visitors' browsers may remember a redirect for a day, so that a mistake can be mended.
"""

from flask import current_app, request
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from podcastsvc.catalogue.access import State, read_access, state_of
from podcastsvc.catalogue.addresses import read_episode_path
from podcastsvc.catalogue.episodes import find_by_place
from podcastsvc.catalogue.old_addresses import keeping
from podcastsvc.catalogue.old_addresses.keeping import Use
from podcastsvc.catalogue.old_addresses.reading import drop_pair, is_own, list_forms, split_target, write_path
from podcastsvc.catalogue.old_addresses.settling import is_reserved, strip_prefix
from podcastsvc.content.kinds.table import find_named
from podcastsvc.content.writings import is_known
from podcastsvc.storage.tables.old_address import OldAddress
from podcastsvc.web.context import now, services, settings
from podcastsvc.web.guards.machines import send_on
from podcastsvc.web.guards.strange_paths import has_control_characters
from podcastsvc.web.site_map import make_site_map

_FOR_A_DAY = "public, max-age=86400"


def redirect_front() -> Response | None:
    """Runs before each request, for ``/?p=123``: the front page would answer whatever its query is."""
    return find_moved() if request.path == "/" and request.query_string else None


def find_moved() -> Response | None:
    """The redirect that is due by the list; None where the list does not know the address."""
    path, prefix = request.path, request.environ.get("podcastsvc.prefix", "")
    if request.method not in {"GET", "HEAD"} or is_reserved(path) or has_control_characters(path):
        return None
    query = request.query_string.decode("latin-1")
    whole = list_forms(prefix + path, query)
    # A page of the old site may have lain below what is a language here; else the list holds for all languages.
    plain = list_forms(path, query) if prefix else []
    with services().db.reading() as session:
        row = keeping.look_up(session, [*whole, *plain])
        if row is None or _is_hidden(session, row.target):
            return None
    services().old_address_uses.add(Use(row.id, now().date()))
    response = send_on(
        _write_target(row, query, prefix if row.path not in whole else ""), 301 if row.is_permanent else 302
    )
    response.headers["Cache-Control"] = _FOR_A_DAY if row.is_permanent else "no-cache"
    return response


def _is_hidden(session: Session, target: str) -> bool:
    """Whether a target is the page of an episode or text that visitors may not know of (rule T-A11)."""
    if not is_own(target):
        return False
    prefixes = make_site_map(current_app, settings()).prefixes
    path = strip_prefix(split_target(target)[0], prefixes)
    named = find_named(path)
    if named is not None:
        return not is_known(session, *named, now())
    place = read_episode_path(path)
    if place is None:
        return False
    episode = find_by_place(session, place)
    return episode is None or state_of(read_access(episode), now()) not in {State.PUBLISHED, State.WITHDRAWN}


def _write_target(row: OldAddress, query: str, prefix: str) -> str:
    """The whole of where a request goes: in the reader's language where the page has it, with the rest of the query."""
    if not is_own(row.target):
        return row.target
    path, own_query, fragment = split_target(row.target)
    page = make_site_map(current_app, settings()).find_page(prefix + path) if prefix else None
    rest = drop_pair(query, row.path)
    written = write_path(page.path if page is not None else path)
    return written + (own_query or (f"?{rest}" if rest else "")) + fragment
