"""Who is signed in: Flask-Login over our own session rows, and the two gates that views stand behind."""

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

from flask import Flask, Response, abort, g, redirect, request
from flask_login import LoginManager, current_user

from podcastsvc.members import sessions
from podcastsvc.storage.tables.member import Member
from podcastsvc.web.context import now, services
from podcastsvc.web.guards.cookies import forget_cookie, give_cookie, read_cookie
from podcastsvc.web.guards.headers import mark_personal
from podcastsvc.web.language import make_path, set_personal_language

_NAME = "sid"
View = TypeVar("View", bound=Callable[..., Any])

login_manager = LoginManager()
# Flask-Login's own sessions and remember cookies still work after a sign-out, so neither is used (rule T-A1).
login_manager.session_protection = None


class Viewer:
    """The signed-in person as views and templates see them; ``session`` is the row behind the cookie."""

    is_authenticated = True
    is_active = True
    is_anonymous = False

    def __init__(self, member: Member) -> None:
        self.member = member
        self.id = member.id
        self.name = member.name
        self.email = member.email or ""
        self.role = member.role
        self.is_host = member.role == "host"

    def get_id(self) -> str:
        return str(self.id)


def register(app: Flask) -> None:
    """Sets up Flask-Login for an application."""
    login_manager.request_loader(load_viewer)
    login_manager.init_app(app)


def load_viewer(_request: Any) -> Viewer | None:
    """The person whose cookie came with the request, or None; moves the session's last use along."""
    secret = read_session_cookie()
    if secret is None:
        return None
    with services().db.reading() as session:
        found = sessions.find_session(session, secret, now())
    if found is None:
        return None
    if sessions.needs_touch(found.row, now()):
        with services().db.transaction() as session:
            sessions.touch(session, found.row.id_hash, now())
    g.member_session = found.row
    return Viewer(found.member)


def read_session_cookie() -> str | None:
    """The secret that the browser sent, good or not; None where it sent none."""
    return read_cookie(_NAME)


def set_session_cookie(response: Response, secret: str, max_age_seconds: int) -> None:
    """Gives the browser its session's secret: http-only, Lax, secure on https."""
    give_cookie(response, _NAME, secret, max_age_seconds=max_age_seconds)


def clear_session_cookie(response: Response) -> None:
    forget_cookie(response, _NAME)


def member_only(view: View) -> View:
    """For a signed-in person's own pages: others are sent to sign in, and come back to a named page (rule T-A8)."""

    @wraps(view)
    def guarded(*args: Any, **kwargs: Any) -> Any:
        mark_personal()
        if not current_user.is_authenticated:
            return redirect(make_path("sign_in.page", next=request.endpoint), 303)
        return view(*args, **kwargs)

    return guarded  # type: ignore[return-value]


def host_only(view: View) -> View:
    """For the studio: a visitor is sent to sign in, a member finds nothing there (rule T-A10)."""

    @wraps(view)
    def guarded(*args: Any, **kwargs: Any) -> Any:
        mark_personal()
        if not current_user.is_authenticated:
            return redirect(make_path("sign_in.page", next="studio"), 303)
        if not current_user.is_host:
            abort(404)
        set_personal_language(current_user.member.language)
        return view(*args, **kwargs)

    return guarded  # type: ignore[return-value]
