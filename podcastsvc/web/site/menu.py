"""The menu and the site map: the host's own links, or what there is. A place that nothing answers at stays out by itself."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from flask import current_app, g, request
from flask_login import current_user

from podcastsvc.catalogue.show import choose
from podcastsvc.catalogue.showfile.look import MOST_PLACES, MenuPlace
from podcastsvc.content.site_map import PagePlace
from podcastsvc.kit.language import N_, translate
from podcastsvc.web.context import language, services, settings
from podcastsvc.web.language import add_prefix
from podcastsvc.web.site.shows import main_show
from podcastsvc.web.site_map import SiteMap, make_site_map

LEGAL = ("/privacy", "/terms", "/accessibility")
"""Pages that each site has, at the very bottom."""


@dataclass(frozen=True, slots=True)
class Place:
    """One link. ``language`` is that of its words where it is not the page's; ``below`` are the links of its sub-menu."""

    label: str
    href: str
    is_here: bool = False
    icon_name: str = ""
    language: str | None = None
    below: tuple["Place", ...] = ()


@dataclass(frozen=True, slots=True)
class Column:
    """One list of the site map."""

    title: str
    places: list[Place]


# What the site offers by itself: a path, its words, and what must be there. A kind of text that must be out, or a kind of
# order that must be open; "" for nothing.
_EPISODES = ("/episodes/", N_("Episodes"), "")
_ARTICLES = ("/articles/", N_("Articles"), "article")
_FOLLOW = ("/follow", N_("Follow"), "")
_SUPPORT = ("/support", N_("Support"), "donation")
_SEARCH = ("/search", N_("Search"), "")
_LEGAL_NAMES = {"/privacy": N_("Privacy"), "/terms": N_("Terms"), "/accessibility": N_("Accessibility")}
_LISTEN = (
    ("/episodes/", N_("All episodes"), ""),
    ("/follow", N_("Podcast apps"), ""),
    ("/feed.xml", N_("RSS feed"), ""),
    ("/search", N_("Search"), ""),
)
_READ = (
    ("/articles/", N_("Articles"), "article"),
    ("/people/", N_("People"), ""),
    ("/newsletter", N_("Newsletter"), ""),
)
_TAKE_PART = (
    ("/join", N_("Become a member"), ""),
    ("/gift", N_("Give a membership"), ""),
    ("/support", N_("Support the show"), "donation"),
    ("/consultation", N_("Book a consultation"), "consultation"),
    ("/calls/", N_("Members' calls"), "call"),
    ("/contact/", N_("Write to the host"), ""),
)
_SIGN_IN = ("/sign-in", N_("Sign in"), "")
_ACCOUNT = ("/account", N_("Your account"), "")


def list_menu() -> list[Place]:
    """The header's links, at most five: the host's own, else what the site has most need to show."""
    show = main_show()
    own = show.facts.look.menu if show is not None else ()
    if own:
        fallback = show.facts.language if show is not None else ""
        return [_make_own(each, fallback) for each in own]
    first, last = _list_there((_EPISODES, _ARTICLES)), _list_there((_SUPPORT, _SEARCH))
    room = MOST_PLACES - len(first) - len(last)
    pages = [_make_page(each) for each in _list_pages() if each.place is not None][:room]
    if len(pages) < room:
        pages += _list_there((_FOLLOW,))
    return [*first, *pages, *last]


def list_site_map() -> list[Column]:
    """The footer's lists: everything that a reader may look for."""
    pages = [_make_page(each) for each in _list_pages() if each.place is not None]
    found = (
        Column(_say(N_("Listen")), _list_there(_LISTEN)),
        Column(_say(N_("Read")), _list_there(_READ)),
        Column(
            _say(N_("Take part")), _list_there((*_TAKE_PART, _ACCOUNT if current_user.is_authenticated else _SIGN_IN))
        ),
        Column(_say(N_("The show")), pages),
    )
    return [column for column in found if column.places]


def list_legal() -> list[Place]:
    """What stands beside the copyright."""
    written = {each.path.rstrip("/"): each for each in _list_pages()}
    found = []
    for path in LEGAL:
        if path in written:
            found.append(_make_page(written[path]))
        elif answers(path, is_fixed=True):
            found.append(_make(path, _say(_LEGAL_NAMES[path])))
    return found


def answers(path: str, *, is_fixed: bool = False) -> bool:
    """Whether something of the site answers at a path; with ``is_fixed`` by a rule of its own, whatever the host wrote."""
    page = _get_site_map().find_page(path)
    return page is not None and (page.is_fixed or not is_fixed)


def localize(path: str) -> str:
    """A path in the language of the page, where its pages exist in each; any other address as it is."""
    if not path.startswith("/") or language() == settings().default_language:
        return path
    prefixed = add_prefix(path, language())
    return prefixed if _get_site_map().find_page(prefixed.partition("?")[0].partition("#")[0]) is not None else path


def _list_there(places: Iterable[tuple[str, str, str]]) -> list[Place]:
    needed = services().written_places.get().kinds | set(services().open_offers.get())
    return [
        _make(path, _say(words), icon_name="search" if path == _SEARCH[0] else "")
        for path, words, needs in places
        if (not needs or needs in needed) and answers(path, is_fixed=True)
    ]


def _list_pages() -> list[PagePlace]:
    return [each for each in services().written_places.get().pages if answers(each.path)]


def _make_own(place: MenuPlace, fallback: str) -> Place:
    below = tuple(_make_own(each, fallback) for each in place.below)
    label, code = _pick(place.title, fallback)
    if place.below and place.address:
        # A summary opens its list and leads nowhere: the way there is the first of it.
        below = (_make(place.address, label, in_language=code), *below)
    return _make(place.address, label, in_language=code, below=below)


def _make_page(page: PagePlace) -> Place:
    show = main_show()
    label, code = _pick(page.titles, show.facts.language if show is not None else settings().default_language)
    return _make(page.path, label, in_language=code)


def _make(
    address: str,
    label: str,
    *,
    in_language: str | None = None,
    icon_name: str = "",
    below: tuple[Place, ...] = (),
) -> Place:
    is_here = address == request.path or any(each.is_here for each in below)
    return Place(label, localize(address) if address else "", is_here, icon_name, in_language, below)


def _pick(titles: Mapping[str, str], fallback: str) -> tuple[str, str | None]:
    """The words in the page's language, else in the fallback; and the language where it is another one."""
    label = choose(titles, language(), fallback)
    code = next((code for code, text in titles.items() if text == label and code == language()), None)
    found = code or next((each for each, text in titles.items() if text == label), None)
    return label, found if found != language() else None


def _say(text: str) -> str:
    return translate(text, language())


def _get_site_map() -> SiteMap:
    if "site_map" not in g:
        g.site_map = make_site_map(current_app, settings())
    found: SiteMap = g.site_map
    return found
