"""Pages whose address holds a number or a secret, so that no list can name them: found as people find them, by the links of
the listed pages and of letters."""

import re
from collections import Counter
from collections.abc import Container, Iterable
from urllib.parse import urlsplit

from werkzeug.exceptions import HTTPException
from werkzeug.routing import Map, RequestRedirect

from podcastsvc.members.reminders import make_stop_token
from podcastsvc.services import Services
from podcastsvc.settings import Settings
from tests.flows.visitor import Page, Visitor
from tests.site import Site, read_body, wait_for

_LOOKED_AT = 8
_ADDRESS = re.compile(r"http://127\.0\.0\.1:\d+(/\S*[^\s.,)])")


def find_endpoint(url_map: Map, path: str) -> str:
    """The name of what answers at a path, whatever its query; "" where a page of the host's or nothing does."""
    adapter = url_map.bind("127.0.0.1")
    try:
        return str(adapter.match(urlsplit(path).path, method="GET")[0])
    except (HTTPException, RequestRedirect):
        return ""


def follow_links(visitor: Visitor, paths: Iterable[str], url_map: Map, known: Container[str]) -> dict[str, str]:
    """One path for each endpoint that is not ``known`` and that links lead to, from these pages on.

    Some pages of each kind are looked through: a draft's leads elsewhere than a published one's.
    """
    found: dict[str, str] = {}
    looked_at: Counter[str] = Counter()
    waiting = list(dict.fromkeys(paths))
    met = set(waiting)
    while waiting:
        for path in _list_links(visitor.get(waiting.pop(0))):
            endpoint = find_endpoint(url_map, path)
            if not endpoint or path in met:
                continue
            met.add(path)
            if endpoint not in known:
                found.setdefault(endpoint, path)
            if looked_at[endpoint] < _LOOKED_AT:
                looked_at[endpoint] += 1
                waiting.append(path)
    return found


def _list_links(page: Page) -> list[str]:
    """The paths of this site, with their queries, that a page leads to; none where it is no page."""
    if not page.headers.get("Content-Type", "").startswith("text/html"):
        return []
    parts = [urlsplit(href) for href in page.document.xpath("//a/@href")]
    own = [each for each in parts if not each.netloc and each.path.startswith("/")]
    return [each.path + (f"?{each.query}" if each.query else "") for each in own]


def read_letters(site: Site, url_map: Map, known: Container[str]) -> dict[str, str]:
    """The same for the links of all letters, the latest first."""
    found: dict[str, str] = {}
    for letter in reversed(site.list_letters()):
        for path in _ADDRESS.findall(read_body(letter)):
            endpoint = find_endpoint(url_map, path)
            if endpoint and endpoint not in known:
                found.setdefault(endpoint, path)
    return found


def use_everything(site: Site, people: dict[str, Visitor]) -> None:
    """Somebody gives a gift and books a talk, Ben is sent his links, Ada leaves drafts: pages and letters more."""
    visitor, ada, ben = people["visitor"], people["ada"], people["ben"]
    card = {"number": "4242 4242 4242 4242", "expiry": "12/34", "cvc": "123"}
    gift = {
        "buyer_name": "Gil",
        "email": "gil@example.org",
        "recipient_name": "Ina",
        "recipient_email": "ina@example.org",
    }
    visitor.send(visitor.send(visitor.get("/gift"), "Continue to payment", **gift), "Pay €", **card)
    times = visitor.get("/consultation/30?zone=UTC")
    (time, *_rest) = times.document.xpath("//input[@name='time']/@value")
    booked = visitor.send(times, "Continue to payment", time=time, email="gil@example.org", name="Gil")
    visitor.send(booked, "Pay €", **card)
    ben.send(ben.get("/account"), "E-mail me the links")
    visitor.send(visitor.get("/sign-in"), "Send a code", email="ben@example.org")
    ada.send(ada.get("/studio/episodes/new"), "Save draft", title="A draft")
    ada.send(ada.get("/studio/articles/new"), "Save draft", title="A draft")
    ada.send(ada.get("/studio/old-addresses/new"), "Save", old="/before/", new="/about/")
    site.run("members", "add", "ina@example.org", "--plan", "members")
    wait_for(lambda: len(site.list_letters()) >= 6, "the letters")


def find_hidden(site: Site, people: dict[str, Visitor]) -> list[tuple[str, str]]:
    """Who comes to pages that neither a link nor an early letter leads to, and their paths."""
    (invitation,) = people["ben"].get("/account/group").document.xpath("//input[@id='group-link']/@value")
    services = Services(Settings(data=site.data))
    stop = make_stop_token(services.keys, member_id=2)
    services.close()
    return [("visitor", urlsplit(invitation).path), ("visitor", f"/reminders/{stop}"), ("visitor", "/sign-in/code")]
