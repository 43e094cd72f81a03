"""The check that a form comes from our own page: a same-origin mark from the browser and a signed token (rule T-A9)."""

from collections.abc import Callable
from typing import Any, TypeVar
from urllib.parse import urlsplit

from flask import g, request
from flask_login import current_user
from itsdangerous import BadData, URLSafeTimedSerializer

from podcastsvc.errors import NotAllowed
from podcastsvc.kit.language import N_
from podcastsvc.web.context import services, settings

View = TypeVar("View", bound=Callable[..., Any])

FIELD = "csrf_token"
HEADER = "X-CSRF-Token"
_LIFETIME_SECONDS = 24 * 3600
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})

STALE = N_("This page was open for too long. Go back, load it again, and send the form once more.")
FOREIGN = N_("This form was sent from another site. Open it here and send it again.")


def make_csrf_token() -> str:
    """A token for one browser: bound to the session of a signed-in person, else to the site; good for a day."""
    return _serializer().dumps(_bound_to())


def check_origin() -> None:
    """Refuses a state change that another site's page sent. Needs only headers, so it runs before a body is read.

    "null" passes here: pages with ``Referrer-Policy: no-referrer`` send it. The token is checked all the same.
    """
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None and site not in {"same-origin", "none"}:
        raise NotAllowed(FOREIGN)
    origin = request.headers.get("Origin")
    if origin not in {None, "null", settings().base_url} and not _is_same_loopback(origin or ""):
        raise NotAllowed(FOREIGN)


def signs_itself(view: View) -> View:
    """Marks a view that proves its caller by a signature of its own and so needs no form token."""
    view.has_own_signature = True  # type: ignore[attr-defined]
    return view


def check_token() -> None:
    """Refuses a state change without a good token, in the form or in the header ``X-CSRF-Token``."""
    token = request.headers.get(HEADER) or request.form.get(FIELD, "")
    try:
        bound_to = _serializer().loads(token, max_age=_LIFETIME_SECONDS)
    except BadData:
        raise NotAllowed(STALE) from None
    if bound_to != _bound_to():
        raise NotAllowed(STALE)


def _bound_to() -> str:
    # Asking who is signed in loads the session's row.
    session = g.get("member_session") if current_user.is_authenticated else None
    return session.id_hash[:32] if session is not None else "visitor"


def _serializer() -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(services().keys.sign_with("csrf"), salt="form")


def _is_same_loopback(origin: str) -> bool:
    return settings().is_loopback and urlsplit(origin).netloc == request.host
