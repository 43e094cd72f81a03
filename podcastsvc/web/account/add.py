"""The page behind a QR code or a letter's link: the apps that open one member's feed, without a sign-in."""

from flask import Blueprint, Response, make_response

from podcastsvc.members import link_use, setup_codes
from podcastsvc.members.apps import WITHOUT_PRIVATE_FEEDS
from podcastsvc.web.account import watching
from podcastsvc.web.account.own_feeds import make_own_feed
from podcastsvc.web.context import now, services
from podcastsvc.web.guards.headers import mark_personal
from podcastsvc.web.guards.strangers import check_guesses, note_guess
from podcastsvc.web.language import make_path
from podcastsvc.web.pages import render

blueprint = Blueprint("add", __name__)


@blueprint.get("/add/<code>")
def page(code: str) -> str | Response:
    """The app list of the link behind a code; nothing else of the account."""
    mark_personal()
    check_guesses()
    with services().db.reading() as session:
        link = setup_codes.open_setup_code(session, services().keys, code, now=now())
        readers = link_use.list_readers(session, [link.id])[link.id] if link is not None else []
    if link is None:
        note_guess()
        return make_response(render("add/over.html"), 404)
    watching.note_opening(link)
    watch = watching.make_watch(link, readers, "add.page", asks=make_path("add.seen", code=code), code=code)
    return render("add/page.html", feed=make_own_feed(link), watch=watch, without=WITHOUT_PRIVATE_FEEDS)


@blueprint.get("/add/<code>/seen")
def seen(code: str) -> Response:
    """Whether an app has read the feed of the link behind a code; asked by that page again and again, so one read."""
    mark_personal()
    link_id = setup_codes.read_setup_code(services().keys, code, now=now())
    if link_id is None:
        return watching.answer(None)
    with services().db.reading() as session:
        return watching.answer(link_use.find_reading(session, link_id))
