"""How views reach what the process works with, and what belongs to the present request."""

from datetime import datetime
from functools import lru_cache
from ipaddress import IPv6Address, IPv6Network, ip_address
from typing import cast

from flask import Request, current_app, g, request

from podcastsvc.kit import clock
from podcastsvc.services import Services
from podcastsvc.settings import Settings

EXTENSION = "podcastsvc"


def services() -> Services:
    """The services of this process."""
    return cast("Services", current_app.extensions[EXTENSION])


def settings() -> Settings:
    return services().settings


def now() -> datetime:
    """One instant for the whole request, so that a rule never changes its mind half way through a page."""
    if "now" not in g:
        g.now = clock.now()
    return cast("datetime", g.now)


def client_network(of: Request | None = None) -> str:
    """The address cut to what limits count: all of an IPv4, the /64 of an IPv6."""
    return cut_address((of or request).remote_addr or "")


@lru_cache(4096)
def cut_address(raw: str) -> str:
    """The same for any address; what is none stays as it is."""
    try:
        address = ip_address(raw)
    except ValueError:
        return raw
    if isinstance(address, IPv6Address):
        mapped = address.ipv4_mapped
        return str(mapped) if mapped else str(IPv6Network((address, 64), strict=False).network_address)
    return str(address)


def language() -> str:
    """The language of this request's page: from the address; in the studio and on personal pages the person's own."""
    found = g.get("language")
    return cast("str", found) if found else settings().default_language
