"""What needs a sign-in of the last 15 minutes (rule T-A2): how one signs in, and members' links for the host.

A code to one's own address is one.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

from flask import Response, g, request
from flask_login import current_user

from podcastsvc.mail.addresses import read_address
from podcastsvc.members import sessions
from podcastsvc.members.codes import Purpose
from podcastsvc.members.sessions import SignedIn
from podcastsvc.web.account.blueprint import blueprint, go
from podcastsvc.web.context import now
from podcastsvc.web.pages import render
from podcastsvc.web.sign_in.asking import send_code
from podcastsvc.web.sign_in.entering import read_target
from podcastsvc.web.sign_in.gates import member_only

View = TypeVar("View", bound=Callable[..., Any])


def freshly_proved(view: View) -> View:
    """For views behind ``member_only`` or ``host_only``: who signed in longer ago proves it is them, and comes back."""

    @wraps(view)
    def guarded(*args: Any, **kwargs: Any) -> Any:
        if sessions.is_fresh(SignedIn(g.member_session, current_user.member), now()):
            return view(*args, **kwargs)
        return go("prove", next=_name_page())

    return guarded  # type: ignore[return-value]


def _name_page() -> str:
    """The page to come back to: a form's own, and the member's for what the studio does about one."""
    endpoint = request.endpoint or ""
    member_id = (request.view_args or {}).get("member_id")
    if endpoint.startswith("studio.") and member_id is not None:
        return f"studio.member.{member_id}"
    return endpoint.removesuffix("_post")


@blueprint.get("/prove")
@member_only
def prove() -> str:
    """Says why, and offers the code."""
    return render("account/prove.html", email=current_user.email, target=read_target())


@blueprint.post("/prove")
@member_only
def prove_post() -> Response:
    """Sends a code to the member's own address."""
    return send_code(Purpose.SIGN_IN, read_address(current_user.email), target=read_target())
