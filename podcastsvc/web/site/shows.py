"""The show as pages see it: its texts in the page's language, its artwork, its links."""

from dataclasses import dataclass
from typing import cast

from flask import abort, g, redirect, request

from podcastsvc.catalogue.show import Link, Person, ShowFacts
from podcastsvc.catalogue.shows import ShowCard, find_show, get_card, list_shows
from podcastsvc.feeds.addresses import Addresses
from podcastsvc.storage.tables.show import Show
from podcastsvc.web.context import language, services, settings
from podcastsvc.web.language import make_path
from podcastsvc.web.site.addresses import Picture, make_picture


@dataclass(frozen=True, slots=True)
class PageLink:
    """A link with its words, for lists of links in templates."""

    name: str
    href: str


class PageShow:
    """One show in the language of the present page. ``is_first``: it is the site's face, and no address mentions it."""

    def __init__(self, card: ShowCard, *, is_first: bool = True) -> None:
        self.is_first = is_first
        self.row: Show = card.row
        self.facts: ShowFacts = card.facts
        self.artwork: Picture | None = make_picture(card.artwork)
        self._logo = card.logo or card.artwork
        # What stands for the site in its header: the host's logo, else the cover.
        self.mark: Picture | None = make_picture(card.logo) or self.artwork

    def text(self, name: str) -> str:
        return self.facts.text(name, language())

    def icon(self, pixels: int) -> str:
        """The path of the mark as a PNG of that size (one of ``icons.SIZES``); "" where there is none."""
        return f"/icons/{self._logo.name}-{pixels}.png" if self._logo is not None else ""

    @property
    def id(self) -> int:
        return self.row.id

    @property
    def key(self) -> str:
        return self.row.key

    @property
    def key_in_path(self) -> str | None:
        """What addresses of this show's pages begin with behind ``/shows/``; None for the site's first show."""
        return None if self.is_first else self.key

    @property
    def public_feed(self) -> str:
        """The whole address of the public feed."""
        return Addresses(settings().base_url, self.row, is_first=self.is_first).public_feed

    @property
    def title(self) -> str:
        return self.text("title")

    @property
    def description(self) -> str:
        return self.text("description")

    @property
    def tagline(self) -> str:
        return self.text("tagline")

    @property
    def promise(self) -> str:
        return self.text("promise") or self.text("description")

    @property
    def author(self) -> str:
        return self.facts.author

    @property
    def timezone(self) -> str:
        return self.facts.timezone

    @property
    def people(self) -> tuple[Person, ...]:
        return self.facts.people

    @property
    def links(self) -> list[PageLink]:
        return [PageLink(link.name, link.url) for link in self.platforms]

    @property
    def platforms(self) -> tuple[Link, ...]:
        return self.facts.platforms

    @property
    def benefits(self) -> list[str]:
        """What members get, in the page's language."""
        own = self.facts.language
        return [texts.get(language()) or texts.get(own) or next(iter(texts.values())) for texts in self.facts.benefits]


def main_show() -> PageShow | None:
    """The show that is the site's face; None before the first scan found one. Read once a request."""
    if "main_show" not in g:
        g.main_show = load_show(None)
    return cast("PageShow | None", g.main_show)


def find_page_show(key: str | None) -> PageShow | None:
    """The show of a page's address; None before there is any. An unknown key is not found.

    The site's first show has no key in its addresses; with one they redirect.
    """
    if key is None:
        return main_show()
    show = load_show(key)
    if show is None:
        abort(404)
    if show.is_first:
        values = {name: value for name, value in (request.view_args or {}).items() if name != "key"}
        query = request.query_string.decode("latin-1")
        abort(redirect(make_path(request.endpoint or "", **values) + (f"?{query}" if query else ""), 308))
    return show


def load_show(key: str | None) -> PageShow | None:
    """A show by its key, or the first one."""
    with services().db.reading() as session:
        first = find_show(session)
        show = first if key is None else find_show(session, key)
        if first is None or show is None:
            return None
        return PageShow(get_card(session, show), is_first=show.id == first.id)


def list_further_shows() -> list[PageShow]:
    """All shows but the one that is the site's face."""
    with services().db.reading() as session:
        return [PageShow(get_card(session, show), is_first=False) for show in list_shows(session)[1:]]


def has_several_shows() -> bool:
    """Whether pages and addresses mention shows at all."""
    if "show_count" not in g:
        with services().db.reading() as session:
            g.show_count = len(list_shows(session))
    return cast("int", g.show_count) > 1
