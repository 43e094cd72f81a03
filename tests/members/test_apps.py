"""Links that open podcast apps with a private feed."""

import pytest

from podcastsvc.members.apps import APPS, WITHOUT_PRIVATE_FEEDS, Device, guess_device, list_app_links

FEED = "https://show.example/private/abc/feed.xml"
IPHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) Version/19.0 Mobile Safari/604.1"
IPAD = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) Version/19.0 Safari/605.1.15"
ANDROID = "Mozilla/5.0 (Linux; Android 15; Pixel 9) Chrome/140.0.0.0 Mobile Safari/537.36"
WINDOWS = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) Chrome/140.0.0.0 Safari/537.36"


def get_hrefs(feed, device):
    return {link.app.key: link.href for link in list_app_links(feed, device)}


@pytest.mark.parametrize(
    ("device", "key", "href"),
    [
        (
            Device.APPLE,
            "overcast",
            "overcast://x-callback-url/add?url=https%3A%2F%2Fshow.example%2Fprivate%2Fabc%2Ffeed.xml",
        ),
        (Device.APPLE, "apple", "podcast://show.example/private/abc/feed.xml"),
        (Device.APPLE, "pocketcasts", "pktc://subscribe/https://show.example/private/abc/feed.xml"),
        (Device.ANDROID, "pocketcasts", "pktc://subscribehttps/show.example/private/abc/feed.xml"),
        (Device.ANDROID, "antennapod", "pcast:https://show.example/private/abc/feed.xml"),
        (Device.ANDROID, "podcastaddict", "pcast:https://show.example/private/abc/feed.xml"),
        (Device.OTHER, "pocketcasts", "pktc://subscribe/https://show.example/private/abc/feed.xml"),
    ],
)
def test_link_has_the_form_that_the_app_reads(device, key, href):
    assert get_hrefs(FEED, device)[key] == href


def test_trial_without_https_is_not_sent_to_https():
    hrefs = get_hrefs("http://127.0.0.1:8000/private/abc/feed.xml", Device.ANDROID)

    assert hrefs["pocketcasts"] == "pktc://subscribe/127.0.0.1:8000/private/abc/feed.xml"
    assert hrefs["antennapod"] == "pcast:http://127.0.0.1:8000/private/abc/feed.xml"


@pytest.mark.parametrize(
    ("agent", "first"),
    [
        (IPHONE, ["apple", "overcast", "pocketcasts"]),
        (IPAD, ["apple", "overcast", "pocketcasts"]),
        (ANDROID, ["antennapod", "pocketcasts", "podcastaddict"]),
        (WINDOWS, ["apple", "overcast", "pocketcasts", "antennapod", "podcastaddict"]),
        ("", ["apple", "overcast"]),
    ],
)
def test_apps_of_the_device_come_first(agent, first):
    keys = [link.app.key for link in list_app_links(FEED, guess_device(agent))]

    assert keys[: len(first)] == first
    assert sorted(keys) == sorted(app.key for app in APPS)


def test_no_link_goes_through_a_web_site():
    for device in Device:
        assert not any(href.startswith("http") for href in get_hrefs(FEED, device).values())


def test_apps_that_take_no_private_feed_are_named_and_not_offered():
    assert set(WITHOUT_PRIVATE_FEEDS).isdisjoint(app.name for app in APPS)
