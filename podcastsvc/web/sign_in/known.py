"""The cookie by which a browser is known that signed in to an account before: limits keep it a share (rule T-A7)."""

from flask import Response

from podcastsvc.mail.addresses import Address, read_address
from podcastsvc.members import known_browsers
from podcastsvc.members.attempts import Asker
from podcastsvc.storage.tables.member import Member
from podcastsvc.web.context import client_network, services
from podcastsvc.web.guards.cookies import give_cookie, read_cookie

_NAME = "known"
_LIFETIME_SECONDS = 400 * 24 * 3600  # the longest that browsers keep a cookie


def read_asker(address: Address) -> Asker:
    """Who asks for this address: the network, and the browser where it signed in to it before."""
    mark = known_browsers.find_mark(services().keys, read_cookie(_NAME), address.mailbox_key)
    return Asker(client_network(), mark or "")


def remember(response: Response, member: Member) -> None:
    """Marks this browser as one that has proved the member's address."""
    if member.email is None:
        return
    mailbox_key = read_address(member.email).mailbox_key
    marks = known_browsers.add_mark(services().keys, read_cookie(_NAME), mailbox_key)
    give_cookie(response, _NAME, marks, max_age_seconds=_LIFETIME_SECONDS)
