"""Podcast apps: which ones open a private feed by a link, in what order a device sees them, and how to add it by hand."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import quote

from podcastsvc.kit.language import N_


class Device(StrEnum):
    """What kind of device a browser runs on, as far as apps differ."""

    APPLE = "apple"
    ANDROID = "android"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class App:
    """One app. ``forms`` holds its link by device, with these places for the feed's address:

    ``{encoded}`` the whole address, percent-encoded; ``{address}`` the whole address; ``{rest}`` what follows ``://``.
    A device that is missing gets the form of OTHER. ``by_hand`` says where to paste the address; "" where nobody needs it.
    """

    key: str
    name: str
    letters: str
    forms: Mapping[Device, str]
    by_hand: str = ""
    home: frozenset[Device] = frozenset()


@dataclass(frozen=True, slots=True)
class AppLink:
    """An app as a list shows it; ``href`` opens it with the feed ready to follow."""

    app: App
    href: str


# Checked in the apps' sources. AntennaPod's own scheme loses its colon in browsers, and its web link would show the
# address to another site; without a scheme inside, pcast: goes over plain http.
APPS = (
    App(
        "apple",
        "Apple Podcasts",
        "A",
        {Device.OTHER: "podcast://{rest}"},
        N_("Library, then “Follow a Show by URL”."),
        frozenset({Device.APPLE}),
    ),
    App(
        "overcast",
        "Overcast",
        "O",
        {Device.OTHER: "overcast://x-callback-url/add?url={encoded}"},
        N_("The plus sign, then “Add URL”."),
        frozenset({Device.APPLE}),
    ),
    App(
        "pocketcasts",
        "Pocket Casts",
        "P",
        {Device.OTHER: "pktc://subscribe/{address}", Device.ANDROID: "pktc://subscribehttps/{rest}"},
        N_("Paste it into the search field."),
        frozenset({Device.APPLE, Device.ANDROID}),
    ),
    App(
        "antennapod",
        "AntennaPod",
        "An",
        {Device.OTHER: "pcast:{address}"},
        N_("Add podcast, then by address. New episodes can take up to 12 hours."),
        frozenset({Device.ANDROID}),
    ),
    App(
        "podcastaddict",
        "Podcast Addict",
        "PA",
        {Device.OTHER: "pcast:{address}"},
        home=frozenset({Device.ANDROID}),
    ),
)
ANDROID_FIRST = ("antennapod", "pocketcasts", "podcastaddict")
# These fetch feeds for all their listeners at once, so nobody's own feed can be added there.
WITHOUT_PRIVATE_FEEDS = ("Spotify", "YouTube Music", "Amazon Music")


def list_app_links(feed_address: str, device: Device) -> list[AppLink]:
    """Every app with its link to a feed, those that run on the device first."""
    ordered = sorted(APPS, key=lambda app: _place(app, device))
    return [AppLink(app, make_href(app, feed_address, device)) for app in ordered]


def make_href(app: App, feed_address: str, device: Device) -> str:
    """The link that opens an app with a feed's address, which is whole and begins with http:// or https://."""
    form = app.forms.get(device, app.forms[Device.OTHER])
    if not feed_address.startswith("https://"):
        # A trial on one's own machine has no https, which this form would put in front.
        form = form.replace("subscribehttps", "subscribe")
    rest = feed_address.partition("://")[2]
    return form.format(encoded=quote(feed_address, safe=""), address=feed_address, rest=rest)


def guess_device(user_agent: str) -> Device:
    """The device by its User-Agent header; an iPad says that it is a Mac."""
    if "Android" in user_agent:
        return Device.ANDROID
    if any(mark in user_agent for mark in ("iPhone", "iPad", "iPod", "Macintosh")):
        return Device.APPLE
    return Device.OTHER


def _place(app: App, device: Device) -> tuple[bool, int]:
    is_away = device is not Device.OTHER and device not in app.home
    ordered = ANDROID_FIRST if device is Device.ANDROID else ()
    return is_away, ordered.index(app.key) if app.key in ordered else len(ordered)
