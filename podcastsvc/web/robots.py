"""What search engines may read: everything that is open, as the pages themselves say, and a map of the public pages."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from xml.sax.saxutils import escape, quoteattr

from flask import Blueprint, Response
from sqlalchemy.orm import Session

from podcastsvc.catalogue import episodes
from podcastsvc.catalogue.shows import list_shows
from podcastsvc.content import calls, naming, writings
from podcastsvc.content.kinds import article, page
from podcastsvc.web.context import now, services, settings
from podcastsvc.web.episodes.people import list_site_people
from podcastsvc.web.language import make_address

blueprint = Blueprint("robots", __name__)

# Names nothing that is closed: a crawler that may not fetch an address cannot see the header that keeps it unlisted (rule
# F8), and a list of what is closed would lead there.
_TEXT = "User-agent: *\nAllow: /\nSitemap: {sitemap}\n"
# What one map may hold. Source: sitemaps.org, protocol.
_MOST_ADDRESSES = 50_000
_ALWAYS = ("site.home", "episodes.index", "naming.people", "site.follow", "join.page", "gift.page")
_LEGAL = ("pages.privacy", "pages.terms", "pages.accessibility")
_OPEN = {"donation": "support.page", "consultation": "consultation.page"}


@dataclass(frozen=True, slots=True)
class Place:
    """One page in all languages, or only in ``languages``."""

    endpoint: str
    values: dict[str, Any] = field(default_factory=dict)
    changed_at: datetime | None = None
    languages: tuple[str, ...] = ()


@blueprint.get("/robots.txt")
def robots() -> Response:
    response = Response(_TEXT.format(sitemap=make_address("robots.sitemap")), mimetype="text/plain")
    response.headers["Cache-Control"] = "public, max-age=86400"
    return response


@blueprint.get("/sitemap.xml")
def sitemap() -> Response:
    """The public pages, each language with the others beside it."""
    codes = settings().languages
    places = _list_places(_MOST_ADDRESSES // len(codes))
    parts = (part for place in places for part in _write_place(place, codes))
    head = (
        '<?xml version="1.0" encoding="UTF-8"?>\n<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"'
        ' xmlns:xhtml="http://www.w3.org/1999/xhtml">\n'
    )
    response = Response(head + "".join(parts) + "</urlset>\n", mimetype="application/xml")
    response.headers["Cache-Control"] = "public, max-age=3600"
    return response


def _list_places(most: int) -> list[Place]:
    offers = services().open_offers.get()
    places = [Place(endpoint) for endpoint in (*_ALWAYS, *(_OPEN[kind] for kind in offers))]
    with services().db.reading() as session:
        for number, show in enumerate(list_shows(session)):
            key = show.key if number else None
            if key is not None:
                places += [Place(endpoint, {"key": key}) for endpoint in ("site.home", "episodes.index", "site.follow")]
            out = episodes.list_places_out(session, show.id, now(), limit=most)
            places += [Place("episodes.page", {"key": key, "slug": each.slug}, each.changed_at) for each in out]
        coming, over = calls.list_calls(session, now(), settings().default_language)
        places += [Place("calls.index")] if coming or over else []
        places += [Place("calls.page", {"slug": each.slug}, each.changed_at) for each in (*coming, *over)]
        tags = naming.list_tags(session, now(), settings().default_language)
        places += [Place("naming.tag", {"slug": each.slug}) for each in tags]
        people = list_site_people(session, settings().default_language)
        places += [Place("naming.person", {"slug": each.slug}) for each in people if each.is_listed]
        places += _list_texts(session)
    return [*places, *map(Place, _LEGAL)][:most]


def _list_texts(session: Session) -> list[Place]:
    """The articles and the host's own pages that are out, each in the languages in which there is a text."""
    codes = settings().languages
    found: list[Place] = []
    for kind, endpoint in ((article.KIND, "articles.page"), (page.KIND, "pages.page")):
        places = [each for each in writings.list_places_out(session, kind.name, now()) if each.slug not in kind.fixed]
        if places and kind is article.KIND:
            found.append(Place("articles.index"))
        for each in places:
            languages = tuple(code for code in codes if code in each.languages) or codes[:1]
            found.append(Place(endpoint, {"slug": each.slug}, each.changed_at, languages))
    return found


def _write_place(place: Place, codes: tuple[str, ...]) -> Iterator[str]:
    codes = place.languages or codes
    addresses = {code: make_address(place.endpoint, in_language=code, **place.values) for code in codes}
    beside = ""
    if len(codes) > 1:
        named = [*addresses.items(), ("x-default", addresses[codes[0]])]
        beside = "".join(
            f'<xhtml:link rel="alternate" hreflang={quoteattr(code)} href={quoteattr(address)}/>'
            for code, address in named
        )
    changed = f"<lastmod>{place.changed_at:%Y-%m-%dT%H:%M:%SZ}</lastmod>" if place.changed_at is not None else ""
    for address in addresses.values():
        yield f"<url><loc>{escape(address)}</loc>{changed}{beside}</url>\n"
