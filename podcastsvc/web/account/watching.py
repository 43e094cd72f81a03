"""The place on a page that says whether an app has read a member's feed: "Overcast has your feed".

With JavaScript the page asks again by itself (``static/js/watch.js``); without, a link loads the page again, which then
looks for another minute. Until an app has come, it says after 25 seconds how to add the feed by hand.
"""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask import Response, jsonify, request

from podcastsvc.errors import Unavailable
from podcastsvc.members import link_use
from podcastsvc.members.link_use import Reading
from podcastsvc.stats.agents import name_app
from podcastsvc.storage.tables.member import FeedLink, LinkReader
from podcastsvc.web.context import now, services
from podcastsvc.web.language import make_path
from podcastsvc.web.pages import gettext

log = logging.getLogger(__name__)

MOST_LOOKS = 20
# A page without JavaScript loads again every 3 seconds: after 25 of them it is loaded for the ninth time.
HELP_FROM_LOOK = 9
# The query's name; the account page has another one for payments.
LOOKS = "waits"


@dataclass(frozen=True, slots=True)
class Watch:
    """What a page says of one link's readers, and how it finds out more.

    ``asks`` is the address that ``answer`` serves; ``opened``, if not "", takes note of a tap on an app. Readings before
    ``since``, in seconds of the epoch, are no answer to such a tap. ``fact`` is what there is to say, "" while no app has
    come. ``again`` loads the page for another look, ``next_look`` is the one that comes by itself.
    """

    link_id: int
    asks: str
    opened: str
    since: int
    fact: str
    again: str
    next_look: str | None
    looks: int

    @property
    def id(self) -> str:
        return f"watch-{self.link_id}"

    @property
    def is_waiting(self) -> bool:
        return not self.fact

    @property
    def has_help(self) -> bool:
        return self.is_waiting and self.looks >= HELP_FROM_LOOK


def make_watch(
    link: FeedLink, readers: Sequence[LinkReader], endpoint: str, *, asks: str, opened: str = "", **values: Any
) -> Watch:
    """The watch over a link on the page ``endpoint`` with these ``values`` in its address."""
    last = next((each for each in readers if each.is_app), None)
    looks = min(max(request.args.get(LOOKS, 0, type=int), 0), MOST_LOOKS)
    goes_on = last is None and 0 < looks < MOST_LOOKS
    return Watch(
        link_id=link.id,
        asks=asks,
        opened=opened,
        since=int(now().timestamp()) if last is not None else 0,
        fact=write_fact(last.name) if last is not None else "",
        again=_write_look(link, endpoint, 1, values),
        next_look=_write_look(link, endpoint, looks + 1, values) if goes_on else None,
        looks=looks,
    )


def make_account_watch(link: FeedLink, readers: Sequence[LinkReader], endpoint: str) -> Watch:
    """The same on a page of the signed-in member."""
    opened = make_path("account.feed_opened", link_id=link.id)
    return make_watch(link, readers, endpoint, asks=make_path("account.feeds_seen"), opened=opened)


def _write_look(link: FeedLink, endpoint: str, number: int, values: Mapping[str, Any]) -> str:
    return f"{make_path(endpoint, **{**values, LOOKS: number})}#watch-{link.id}"


def write_fact(name: str) -> str:
    """``Overcast has your feed.``"""
    app = name_app(name)
    return gettext("%(app)s has your feed.") % {"app": app} if app else gettext("Your app has your feed.")


def answer(found: Mapping[int, Reading] | None) -> Response:
    """What the page's script reads: of each link that an app has read, when last and what to say.

    None is answered with 403, where the script gives up: signed out, or the code is over.
    """
    if found is None:
        return Response(status=403)
    links = {
        str(link_id): {"at": int(each.at.timestamp()), "fact": write_fact(each.name)} for link_id, each in found.items()
    }
    response = jsonify({"links": links})
    response.headers["Cache-Control"] = "private, no-store"
    return response


def note_opening(link: FeedLink) -> None:
    """Notes that the member opened this link in an app, or the list of apps; the page is shown also where that fails."""
    if request.method == "HEAD" or not link_use.is_opening_worth_noting(link, now()):
        return
    try:
        with services().db.transaction() as session:
            link_use.record_opening(session, link.id, now())
    except Unavailable:
        log.warning("an opening was not noted", extra={"link": link.id})
