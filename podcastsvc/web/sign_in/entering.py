"""What follows a proof: a session in this browser, and the page to go on to, chosen from a list (rule T-A8)."""

import logging
import re
from dataclasses import dataclass

from flask import Response, g, make_response, redirect, request
from flask_login import current_user
from sqlalchemy.orm import Session

from podcastsvc.mail.addresses import read_address
from podcastsvc.mail.sender import Sender
from podcastsvc.members import accounts, letters, sessions, sign_in
from podcastsvc.members.codes import Proof
from podcastsvc.members.sessions import LIFETIMES
from podcastsvc.members.sign_in import Entered
from podcastsvc.storage.tables.member import Member
from podcastsvc.web.context import language, now, services
from podcastsvc.web.guards.cookies import read_cookie
from podcastsvc.web.language import make_path
from podcastsvc.web.sign_in.asking import forget_browser
from podcastsvc.web.sign_in.gates import set_session_cookie
from podcastsvc.web.sign_in.known import remember

log = logging.getLogger(__name__)

# Where a sign-in may lead, by the name in the query. An address is never taken from the request.
TARGETS = {
    "account.page": "account.page",
    "account.feeds": "account.feeds",
    "account.profile": "account.profile",
    "account.password": "account.password",
    "account.email": "account.email",
    "account.cancel": "account.cancel",
    "account.receipts": "account.receipts",
    "join.page": "join.page",
    "account.group": "account.group",
    "redeem.page": "redeem.page",
    "seat.page": "seat.page",
    "support.page": "support.page",
    "welcome.page": "welcome.page",
}
STUDIO = "studio"
MONEY = "studio.export"
# The codes of what waits for a sign-in: a gift, a seat in a group. A letter's link names no page to go on to.
GIFT_COOKIE = "gift"
SEAT_COOKIE = "seat"
WAITING = {GIFT_COOKIE: "redeem.page", SEAT_COOKIE: "seat.page"}
# One member's page in the studio: the name and the member's number.
_MEMBER = re.compile(r"studio\.member\.(\d{1,18})", re.ASCII)


@dataclass(frozen=True, slots=True)
class Confirmed:
    """A change of address that was carried out; ``secret`` is the session's new one where this browser is theirs."""

    member: Member
    secret: str | None


def go_to(path: str) -> Response:
    """After a form was taken: the page that shows the result, so that loading it again sends nothing twice."""
    return make_response(redirect(path, 303))


def read_target() -> str | None:
    """The name in the query or form, where it is one that we know; else what this browser was about to accept."""
    name = request.values.get("next", "")
    if name in TARGETS or name in {STUDIO, MONEY} or _MEMBER.fullmatch(name):
        return name
    return next((target for cookie, target in WAITING.items() if read_cookie(cookie) is not None), None)


def write_target(member: Member, name: str | None) -> str:
    """The path of a named page; the account page, or the studio for hosts, where none was named."""
    is_host = member.role == "host"
    if is_host and name in {None, STUDIO}:
        return make_path("studio.overview")
    if is_host and name == MONEY:
        return make_path("studio.money")
    found = _MEMBER.fullmatch(name or "")
    if is_host and found:
        return make_path("studio.member", member_id=int(found[1]))
    return make_path(TARGETS.get(name or "", "account.page"))


def enter(session: Session, proof: Proof) -> Entered:
    """Signs this browser in with a code's or link's proof, in the caller's transaction; its earlier session ends."""
    end_present(session)
    agent = request.headers.get("User-Agent", "")
    return sign_in.enter(session, services().keys, proof, language=language(), agent=agent, now=now())


def end_present(session: Session) -> None:
    """Ends the session that this browser has now, if any: another one follows under another secret."""
    if current_user.is_authenticated:
        sessions.end_session(session, g.member_session.id_hash, member_id=current_user.id)


def answer_entered(entered: Entered, path: str, *, is_proved: bool = True) -> Response:
    """Goes on to a page with the new session's cookie, and remembers a browser whose person proved the address."""
    log.info("signed in", extra={"member": entered.member.id})
    response = go_to(path)
    give_cookie(response, entered.member, entered.secret)
    if is_proved:
        remember(response, entered.member)
    forget_browser(response)
    return response


def give_cookie(response: Response, member: Member, secret: str) -> None:
    """The cookie of a session, for as long as it can last at most."""
    set_session_cookie(response, secret, int(LIFETIMES[member.role].absolute.total_seconds()))


def change_email(session: Session, proof: Proof, sender: Sender) -> Confirmed:
    """Carries out a confirmed change of address; the old one is told, and every other browser signed out.

    Raises Conflict where the new one is taken.
    """
    member = accounts.get(session, proof.member_id or 0)
    is_theirs = current_user.is_authenticated and current_user.id == member.id
    kept = g.member_session.id_hash if is_theirs else None
    old_email = accounts.change_email(session, member, read_address(proof.new_email or ""), now(), but=kept)
    if old_email:
        letters.write_email_changed_letter(session, sender, member, old_email=old_email)
    log.info("e-mail changed", extra={"member": member.id})
    return Confirmed(member, sessions.renew_session(session, kept) if kept is not None else None)
