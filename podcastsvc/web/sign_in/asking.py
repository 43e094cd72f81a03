"""Sending a code to an address, and the cookie that binds it to the browser that asked (rule T-A5)."""

import secrets

from flask import Response, make_response, redirect

from podcastsvc.mail.addresses import Address
from podcastsvc.members import codes
from podcastsvc.members.codes import Asking, Purpose
from podcastsvc.web.context import language, now, services
from podcastsvc.web.guards.cookies import forget_cookie, give_cookie, read_cookie
from podcastsvc.web.language import make_path
from podcastsvc.web.sign_in.known import read_asker

_NAME = "ask"
_SECRET_BYTES = 32
_LONGEST_CHARS = 100
# Longer than a code lives, so that the page can say that it is over and offer a new one.
_COOKIE_SECONDS = 3600


def send_code(
    purpose: Purpose,
    address: Address,
    *,
    signs_up: bool = False,
    member_id: int | None = None,
    target: str | None = None,
) -> Response:
    """Asks for a code and goes on to the page where it is typed. Raises TooMany past the limits.

    ``target`` names the page that follows. The answer is the same whether or not the address has an account.
    """
    browser = read_browser() or secrets.token_urlsafe(_SECRET_BYTES)
    asker = read_asker(address)
    asking = Asking(purpose, address, browser, asker, language(), signs_up=signs_up, member_id=member_id)
    with services().db.transaction() as session:
        codes.ask(session, services().keys, asking, now())
    response = make_response(redirect(make_path("sign_in.code", next=target), 303))
    give_cookie(response, _NAME, browser, max_age_seconds=_COOKIE_SECONDS)
    return response


def read_browser() -> str | None:
    """The secret of the browser that asked, or None."""
    found = read_cookie(_NAME)
    return found if found is not None and len(found) <= _LONGEST_CHARS else None


def forget_browser(response: Response) -> None:
    """Takes the cookie away once the code was used."""
    if read_cookie(_NAME) is not None:
        forget_cookie(response, _NAME)
