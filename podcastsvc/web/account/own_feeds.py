"""A member's own feeds as pages offer them: addresses, apps that open them, and the QR code for another device."""

from dataclasses import dataclass

from markupsafe import Markup

from podcastsvc.members import feed_tokens, setup_codes
from podcastsvc.storage.tables.member import FeedLink
from podcastsvc.web.context import now, services, settings
from podcastsvc.web.language import make_address
from podcastsvc.web.pages import gettext
from podcastsvc.web.site.shows import has_several_shows, list_further_shows, main_show
from podcastsvc.web.site.viewing import get_device
from podcastsvc.web.site.ways import Way, list_apps

PRIVATE_LINK_ID = "private-link"


@dataclass(frozen=True, slots=True)
class OwnAddress:
    """One show's feed for one member."""

    title: str
    href: str
    apps: tuple[Way, ...]


@dataclass(frozen=True, slots=True)
class OwnFeed:
    """One link with its address for each show, the site's own first; none where it cannot be shown again."""

    id: int
    label: str
    addresses: tuple[OwnAddress, ...]

    @property
    def first(self) -> OwnAddress | None:
        return self.addresses[0] if self.addresses else None


def make_own_feed(link: FeedLink) -> OwnFeed:
    """What a page shows of a link to whoever may see it."""
    secrets = feed_tokens.show_link(services().keys, link)
    if secrets is None:
        return OwnFeed(link.id, link.label, ())
    show = main_show()
    found = [_make_address(secrets.feed_token, show.title if show is not None else "", None)]
    if has_several_shows():
        found += [_make_address(secrets.feed_token, each.title, each.key) for each in list_further_shows()]
    return OwnFeed(link.id, link.label, tuple(found))


def _make_address(feed_token: str, title: str, key: str | None) -> OwnAddress:
    href = settings().base_url + feed_tokens.write_feed_path(feed_token, key)
    other = Way(gettext("Another app"), f"#{PRIVATE_LINK_ID}", letter="…", icon_name="arrow")
    return OwnAddress(title, href, (*list_apps(href, get_device()), other))


def draw_setup_code(link: FeedLink) -> Markup:
    """A QR code, as SVG without styles, that opens the link's app list on another device for 15 minutes."""
    import segno

    code = setup_codes.make_setup_code(services().keys, link, now=now())
    drawn = segno.make_qr(make_address("add.page", code=code), error="m")
    return Markup(drawn.svg_inline(border=2, omitsize=True, svgclass="qr", lineclass=None))  # noqa: S704 -- only paths
