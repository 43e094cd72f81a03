"""Ways to follow a show: podcast apps that open with its feed, and the platforms that its host names."""

from collections.abc import Iterable
from dataclasses import dataclass

from podcastsvc.members.apps import AppLink, Device, list_app_links
from podcastsvc.members.feed_tokens import write_feed_path
from podcastsvc.web.context import settings
from podcastsvc.web.language import make_path
from podcastsvc.web.pages import gettext
from podcastsvc.web.site.shows import PageShow
from podcastsvc.web.site.viewing import Viewing

_TINTS = {"apple": "violet", "overcast": "orange", "pocketcasts": "red", "antennapod": "blue", "podcastaddict": "olive"}
_FEW = 3
_PILLS = 5


@dataclass(frozen=True, slots=True)
class Way:
    """One way as a list shows it; the first names are those of the macro ``app_list``.

    ``key`` names an app within the page that lists all; "" for a platform. ``by_hand`` says where an app takes an address.
    """

    name: str
    href: str
    letter: str = ""
    tint: str = "grey"
    icon_name: str = "open"
    key: str = ""
    by_hand: str = ""


@dataclass(frozen=True, slots=True)
class Pills:
    """A handful of ways for the home page, and how many there are beside them."""

    ways: tuple[Way, ...]
    more: int


def list_apps(feed_address: str, device: Device) -> list[Way]:
    """Every app, opened by its own scheme with a feed's address, those of the device first."""
    return [_make_way(link, link.href) for link in list_app_links(feed_address, device)]


def list_platforms(show: PageShow) -> list[Way]:
    """The pages of the show elsewhere, in the host's order."""
    return [Way(link.name, link.url, letter=link.name[:1].upper()) for link in show.platforms]


def pick_pills(show: PageShow, device: Device) -> Pills:
    """What the home page offers at once: the host's platforms first, then apps; one name stands once."""
    found = _drop_repeats([*list_platforms(show), *_list_reliable(show, device)])
    return Pills(tuple(found[:_PILLS]), len(found) - _PILLS if len(found) > _PILLS else 0)


def pick_few(show: PageShow, viewing: Viewing, device: Device) -> list[Way]:
    """Three apps for a side card and the way to the rest: with a member's own feed, or with the public one."""
    own = write_own_feed_address(viewing, show)
    if own is not None:
        links = [link for link in list_app_links(own, device) if device in link.app.home][:_FEW]
        last = Way(gettext("All apps and your private link"), make_path("account.page"), icon_name="arrow")
        return [*(_make_way(link, link.href) for link in links), last]
    named = {platform.name.casefold(): platform for platform in list_platforms(show)}
    apps = _list_reliable(show, device)[:_FEW]
    last = Way(gettext("More apps and RSS"), _follow_path(show), icon_name="arrow")
    return [*(named.get(app.name.casefold(), app) for app in apps), last]


def write_own_feed_address(viewing: Viewing, show: PageShow) -> str | None:
    """The whole address of a member's own feed of a show; None for all who have no access."""
    if viewing.feed_token is None:
        return None
    return settings().base_url + write_feed_path(viewing.feed_token, show.key_in_path)


def _list_reliable(show: PageShow, device: Device) -> list[Way]:
    """Apps with the public feed where their link can work; else they lead to the page that says how to add it by hand.

    A browser without the app leaves the reader of an app's own scheme with nothing, and cannot say so.
    """
    return [
        _make_way(link, link.href if device in link.app.home else f"{_follow_path(show)}#{link.app.key}")
        for link in list_app_links(show.public_feed, device)
    ]


def _make_way(link: AppLink, href: str) -> Way:
    return Way(
        name=link.app.name,
        href=href,
        letter=link.app.letters,
        tint=_TINTS.get(link.app.key, "grey"),
        icon_name="open" if ":" in href.partition("/")[0] else "arrow",
        key=link.app.key,
        by_hand=gettext(link.app.by_hand) if link.app.by_hand else "",
    )


def _follow_path(show: PageShow) -> str:
    return make_path("site.follow", key=show.key_in_path)


def _drop_repeats(ways: Iterable[Way]) -> list[Way]:
    found: dict[str, Way] = {}
    for way in ways:
        found.setdefault(way.name.casefold(), way)
    return list(found.values())
