"""The headers that every answer carries, and the ones of each kind of answer (the wire defaults of rule T-X3)."""

from collections.abc import Sequence
from typing import cast

from flask import Response, g

from podcastsvc.web.context import settings

CHECKOUT_ORIGINS = "https://checkout.stripe.com https://billing.stripe.com"
PERMISSIONS = "camera=(), microphone=(), geolocation=(), payment=(), usb=(), browsing-topics=()"

NO_STORE = "private, no-store"
# For whatever is no page: opened as one by mistake, it can do nothing.
NO_PAGE_POLICY = "default-src 'none'; sandbox; frame-ancestors 'none'"


def add_security_headers(response: Response) -> Response:
    """Sets what the view has not set itself."""
    headers = response.headers
    for name, value in list_defaults(is_https=settings().is_https, is_personal=bool(g.get("is_personal"))).items():
        headers.setdefault(name, value)
    if response.mimetype == "text/html":
        headers.setdefault("Content-Security-Policy", _write_policy())
        headers.setdefault("Cache-Control", NO_STORE if g.get("is_personal") else "private, no-cache")
        if g.get("is_personal"):
            headers.setdefault("X-Robots-Tag", "noindex")
    else:
        headers.setdefault("Content-Security-Policy", NO_PAGE_POLICY)
    return response


def list_defaults(*, is_https: bool, is_personal: bool) -> dict[str, str]:
    """What every answer says that says nothing else. Pure."""
    defaults = {
        "X-Content-Type-Options": "nosniff",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Permissions-Policy": PERMISSIONS,
        "Referrer-Policy": "no-referrer" if is_personal else "strict-origin-when-cross-origin",
    }
    return defaults | {"Strict-Transport-Security": "max-age=63072000"} if is_https else defaults


def write_framed_policy() -> str:
    """The policy of the one page that other sites may frame (the embedded player)."""
    return _write_policy().replace("frame-ancestors 'none'", "frame-ancestors *")


def mark_personal() -> None:
    """Says that this answer belongs to one person: not stored, not indexed, no address in the Referer header."""
    g.is_personal = True


def allow_frames(origins: Sequence[str]) -> None:
    """Says that this page may hold frames of these origins."""
    g.frame_origins = tuple(origins)


def find_frames() -> tuple[str, ...]:
    """The origins of which this page may hold frames; of no other."""
    return cast("tuple[str, ...]", g.get("frame_origins", ()))


def _write_policy() -> str:
    # Audio of an object store comes by a redirect to the store's own host. Chromium blocks a form whose answer leads
    # to an origin that is not listed, so the checkout hosts stand here too.
    media = "'self' https:" if settings().media_url else "'self'"
    frames = f"frame-src {' '.join(find_frames())}; " if find_frames() else ""
    return (
        f"{frames}default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
        f"media-src {media}; font-src 'self'; connect-src 'self'; form-action 'self' {CHECKOUT_ORIGINS}; "
        "frame-ancestors 'none'; base-uri 'none'; object-src 'none'; manifest-src 'self'; "
        "require-trusted-types-for 'script'"
    )
