"""Who may speak to the stand-in: this machine only, by a name of this machine, and forms from its own pages only."""

import ipaddress
import re
from urllib.parse import urlsplit

from werkzeug.wrappers import Request

FORWARDED = ("X-Forwarded-For", "X-Real-IP")


def is_loopback(address: str) -> bool:
    """Whether an address, also an IPv4 one written as IPv6, is this machine."""
    try:
        found = ipaddress.ip_address(address.strip("[]"))
    except ValueError:
        return False
    mapped = getattr(found, "ipv4_mapped", None)
    return bool((mapped or found).is_loopback)


def refuse_client(request: Request) -> str | None:
    """Why a client is refused; None where it is this machine, also behind a proxy and by its name."""
    if not is_loopback(request.remote_addr or ""):
        return "The stand-in for Stripe answers only this machine."
    for name in FORWARDED:
        addresses = re.split(r"[,\s]+", request.headers.get(name, "").strip())
        if not all(is_loopback(address) for address in addresses if address):
            return "The stand-in for Stripe answers only this machine, and a proxy says that you are elsewhere."
    if "for=" in request.headers.get("Forwarded", "").lower():
        return "The stand-in for Stripe does not answer through a proxy."
    # A name of another site that was pointed at this machine would come with that site's pages.
    host = urlsplit(f"//{request.host}").hostname or ""
    if host != "localhost" and not is_loopback(host):
        return "Open the stand-in by 127.0.0.1 or localhost."
    return None


def is_own_form(request: Request) -> bool:
    """Whether a POST came from a page of this origin (rule T-A9)."""
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None:
        return site in {"same-origin", "none"}
    origin = request.headers.get("Origin")
    return origin is not None and origin == f"{request.scheme}://{request.host}"
