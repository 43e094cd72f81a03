"""What answers on the site at a path: asked before an old address is saved, so that none hides a page or leads nowhere."""

from dataclasses import dataclass, replace
from urllib.parse import unquote, urlsplit

from flask import Flask
from sqlalchemy.orm import Session
from werkzeug.exceptions import MethodNotAllowed, NotFound
from werkzeug.routing import Map, RequestRedirect, Rule

from podcastsvc.catalogue.old_addresses import keeping
from podcastsvc.catalogue.old_addresses.reading import write_form
from podcastsvc.catalogue.old_addresses.settling import Page, Site, strip_prefix
from podcastsvc.content.kinds import page
from podcastsvc.content.kinds.table import KINDS
from podcastsvc.content.writings import list_aliases, list_slugs
from podcastsvc.settings import Settings
from podcastsvc.web.guards.old_addresses import ELSEWHERE
from podcastsvc.web.guards.page_slugs import telling
from podcastsvc.web.language import LOCALIZED


@dataclass(frozen=True, slots=True)
class SiteMap:
    """The pages of an application; ``prefixes`` are those of the languages that have one, ``slugs`` those of the host's own
    pages, which are read where none are given."""

    url_map: Map
    prefixes: tuple[str, ...]
    slugs: frozenset[str] | None = None

    def find_page(self, path: str) -> Page | None:
        """What answers at a decoded path, or is one redirect away by its slash; None for nothing."""
        bare = strip_prefix(path, self.prefixes)
        prefix = path.removesuffix(bare) if bare != "/" else path.rstrip("/")
        found = self._match(bare) or self._match(bare.rstrip("/"))
        if found is None or (prefix and found[0].endpoint.split(".")[0] not in LOCALIZED):
            return None
        rule, there = found
        return Page(prefix + there, is_fixed=not rule.arguments)

    def _match(self, path: str) -> tuple[Rule, str] | None:
        adapter = self.url_map.bind("")
        endpoint = ELSEWHERE.get(path)
        there = path if endpoint is None else adapter.build(endpoint)
        try:
            with telling(self.slugs):
                rule, _ = adapter.match(there or "/", "GET", return_rule=True)
        except RequestRedirect as onward:
            return self._match(unquote(urlsplit(onward.new_url).path))
        except (NotFound, MethodNotAllowed):
            return None
        return rule, there or "/"


def make_site_map(app: Flask, settings: Settings) -> SiteMap:
    """The pages of an application in all languages."""
    return SiteMap(app.url_map, tuple(f"/{code}" for code in settings.languages[1:]))


def read_site(session: Session, app: Flask, settings: Settings) -> Site:
    """All that answers without the list of old addresses."""
    slugs = list_slugs(session, page.KIND.name) - page.FIXED
    pages = replace(make_site_map(app, settings), slugs=slugs)
    site = keeping.read_site(session, settings.base_url, pages.find_page, prefixes=pages.prefixes)
    texts = {write_form(path): KINDS[kind].write_path(slug) for path, kind, slug in list_aliases(session)}
    return replace(site, aliases={**texts, **site.aliases})
