"""Our cookies: one name and one set of attributes for all of them (the wire defaults of rule T-X3)."""

from flask import Response, request

from podcastsvc.web.context import settings

_LONGEST_CHARS = 400


def name_cookie(name: str) -> str:
    """``__Host-sid`` on https; browsers refuse that prefix on plain http, so there it is ``sid``."""
    return f"__Host-{name}" if settings().is_https else name


def read_cookie(name: str) -> str | None:
    """The value that came with the request; None for none, and for one longer than any of ours."""
    found = request.cookies.get(name_cookie(name), "")
    return found if 0 < len(found) <= _LONGEST_CHARS else None


def give_cookie(response: Response, name: str, value: str, *, max_age_seconds: int) -> None:
    """Sets a cookie that scripts cannot read: Lax, for the whole site, secure on https."""
    response.set_cookie(
        name_cookie(name),
        value,
        max_age=max_age_seconds,
        path="/",
        secure=settings().is_https,
        httponly=True,
        samesite="Lax",
    )


def forget_cookie(response: Response, name: str) -> None:
    """Takes a cookie away."""
    response.delete_cookie(name_cookie(name), path="/", secure=settings().is_https, httponly=True, samesite="Lax")
