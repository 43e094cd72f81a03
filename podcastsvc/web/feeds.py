"""The feeds' addresses: the public feed and each member's own (sections 6.3 and 7)."""

from flask import Blueprint, Response, request

from podcastsvc.errors import Failure, NotFound
from podcastsvc.kit.language import N_
from podcastsvc.kit.secrets import read_token
from podcastsvc.storage.tables.member import FeedAnswer
from podcastsvc.web.apps import asked, pacing, readers
from podcastsvc.web.apps.asked import Asked, Gone, NoShow, Stranger
from podcastsvc.web.apps.feeding import NO_PAGE, Fetching, answer_feed
from podcastsvc.web.apps.wire import FEED_METHODS, OUTCOME, keep_private, make_options, make_response
from podcastsvc.web.context import now, services

blueprint = Blueprint("feeds", __name__)
blueprint.after_request(keep_private)

NO_SHOW = N_("There is no such show here.")


@blueprint.route("/feed.xml", methods=FEED_METHODS, provide_automatic_options=False)
def public() -> Response:
    """The first show's public feed."""
    return _answer_public(None)


@blueprint.route("/feeds/<show>.xml", methods=FEED_METHODS, provide_automatic_options=False)
def public_of(show: str) -> Response:
    """A further show's public feed."""
    return _answer_public(show)


@blueprint.route("/private/<token>/feed.xml", methods=FEED_METHODS, provide_automatic_options=False)
def member(token: str) -> Response:
    """A member's feed of the first show."""
    return _answer_member(token, None)


@blueprint.route("/private/<token>/<show>.xml", methods=FEED_METHODS, provide_automatic_options=False)
def member_of(token: str, show: str) -> Response:
    """A member's feed of a further show."""
    return _answer_member(token, show)


# ---- what was asked for


def _answer_public(key: str | None) -> Response:
    if request.method == "OPTIONS":
        return make_options()
    fetching = Fetching(request.environ, page=_read_page())
    return _answer(asked.ask_public(services(), key, fetching.page, now()), fetching)


def _answer_member(token: str, key: str | None) -> Response:
    if request.method == "OPTIONS":
        return make_options()
    fetching = Fetching(request.environ, token=read_token(token) or "", page=_read_page())
    return _answer(asked.ask_member(services(), token, key, fetching.page, now()), fetching)


def _answer(found: Asked | Stranger | Gone | NoShow, fetching: Fetching) -> Response:
    # What the quick answers refused is only to be said in words.
    if isinstance(refusal := request.environ.get(OUTCOME), Failure):
        raise refusal
    if isinstance(found, Stranger):
        raise readers.refuse_stranger()
    if isinstance(found, Gone):
        fetching.note(services(), found, FeedAnswer.GONE)
        return readers.answer_gone()
    if isinstance(found, NoShow):
        raise NotFound(NO_SHOW)
    return make_response(answer_feed(services(), pacing.paces(), found, fetching))


def _read_page() -> int:
    raw = request.args.get("page", "1")
    if not (raw.isascii() and raw.isdigit() and len(raw) <= 6):
        raise NotFound(NO_PAGE)
    return int(raw)
