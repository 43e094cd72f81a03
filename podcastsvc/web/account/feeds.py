"""A member's feed links: one for each app, if wanted, each with a label, its last use and its own replacement."""

import logging
from dataclasses import dataclass

from flask import Response, abort, make_response, request
from flask_login import current_user
from sqlalchemy.orm import Session

from podcastsvc.errors import Conflict
from podcastsvc.kit.language import N_
from podcastsvc.members import feed_tokens, letters, link_use
from podcastsvc.stats.reports import SharedLink
from podcastsvc.storage.tables.member import FeedLink, LinkReader
from podcastsvc.web.account import usage, watching
from podcastsvc.web.account.blueprint import blueprint, get_self, go
from podcastsvc.web.account.own_feeds import OwnFeed, make_own_feed
from podcastsvc.web.account.page import find_done
from podcastsvc.web.account.watching import Watch
from podcastsvc.web.context import now, services
from podcastsvc.web.guards.headers import mark_personal
from podcastsvc.web.pages import gettext, render
from podcastsvc.web.sign_in.gates import member_only, read_session_cookie

log = logging.getLogger(__name__)

DONE = {
    "added": (N_("A further link is ready."), N_("Give it to one app only, and you can replace it alone.")),
    "named": (N_("Saved."), ""),
    "sent": (N_("The links are on their way."), N_("Open the e-mail on the phone you listen with.")),
}


@dataclass(frozen=True, slots=True)
class LinkRow:
    """One link as the page shows it. ``used`` are sentences; ``sign`` says why it looks shared, "" where it does not."""

    link: FeedLink
    feed: OwnFeed
    watch: Watch
    used: list[str]
    sign: str


@blueprint.get("/feeds")
@member_only
def feeds() -> str:
    """All links with their addresses."""
    return _show_feeds()


def _show_feeds(errors: dict[str, str] | None = None) -> str:
    with services().db.reading() as session:
        links = feed_tokens.list_links(session, current_user.id)
        readers = link_use.list_readers(session, [link.id for link in links])
        shared = usage.find_shared(session, [link.id for link in links])
    return render(
        "account/feeds.html",
        rows=[_make_row(link, readers[link.id], shared.get(link.id)) for link in links],
        may_add=0 < len(links) < feed_tokens.MOST_LINKS,
        done=find_done(DONE),
        errors=errors or {},
    )


def _make_row(link: FeedLink, readers: list[LinkReader], sign: SharedLink | None) -> LinkRow:
    return LinkRow(
        link=link,
        feed=make_own_feed(link),
        watch=watching.make_account_watch(link, readers, "account.feeds"),
        used=usage.describe_use(link, readers),
        sign=usage.describe_shared(sign) if sign is not None else "",
    )


@blueprint.get("/feeds/seen")
def feeds_seen() -> Response:
    """Which links an app has read, for the pages that wait for one: they ask again and again, so one read and no more.

    It stands behind no gate, which would cost another read: the cookie is part of that one.
    """
    mark_personal()
    secret = read_session_cookie()
    if secret is None:
        return watching.answer(None)
    return watching.answer(link_use.list_readings_of_browser(services().db, secret, now()))


@blueprint.post("/feeds/<int:link_id>/opened")
@member_only
def feed_opened(link_id: int) -> Response:
    """Takes note that the member tapped an app for this link; the page's script tells it."""
    with services().db.reading() as session:
        link = _get_link(session, link_id)
    watching.note_opening(link)
    return Response(status=204)


@blueprint.post("/feeds")
@member_only
def add_feed() -> str | Response:
    """One more link, under a label."""
    try:
        with services().db.transaction() as session:
            feed_tokens.add_link(
                session, services().keys, current_user.id, label=request.form.get("label", ""), now=now()
            )
    except Conflict as refusal:
        return make_response(_show_feeds({"label": gettext(refusal.message)}), 409)
    log.info("link made", extra={"member": current_user.id})
    return go("feeds", done="added")


@blueprint.post("/feeds/<int:link_id>/name")
@member_only
def name_feed(link_id: int) -> Response:
    """Gives a link another label."""
    with services().db.transaction() as session:
        feed_tokens.rename_link(session, _get_link(session, link_id), request.form.get("label", ""))
    return go("feeds", done="named")


@blueprint.post("/feeds/<int:link_id>/send")
@member_only
def send_feed(link_id: int) -> Response:
    """Sends the member the address of one link by e-mail."""
    sender = services().make_sender()
    with services().db.transaction() as session:
        link = _get_link(session, link_id)
        letters.write_links_letter(session, services().keys, sender, get_self(session), link, now())
    log.info("link sent", extra={"member": current_user.id, "link": link_id})
    return go("feeds" if request.form.get("from") == "feeds" else "page", done="sent")


@blueprint.get("/feeds/<int:link_id>/replace")
@member_only
def replace_feed(link_id: int) -> str:
    """Says what a new link means, and asks."""
    with services().db.reading() as session:
        link = _get_link(session, link_id)
    return render("account/replace.html", link=link)


@blueprint.post("/feeds/<int:link_id>/replace")
@member_only
def replace_feed_now(link_id: int) -> Response:
    """Puts a new link in place of one, which stops at once."""
    with services().db.transaction() as session:
        link = feed_tokens.find_link(session, current_user.id, link_id)
        # Pressed twice, the second press finds the link replaced already: the page is the same.
        if link is not None:
            feed_tokens.replace_link(session, services().keys, link, now=now())
    log.info("link replaced", extra={"member": current_user.id, "link": link_id})
    return go("page", done="replaced")


def _get_link(session: Session, link_id: int) -> FeedLink:
    """A live link of the signed-in member; 404 for everybody else's (rule T-A10)."""
    link = feed_tokens.find_link(session, current_user.id, link_id)
    if link is None:
        abort(404)
    return link
