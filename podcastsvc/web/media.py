"""Audio's addresses: the public ones and each member's own (section 8). ``apps.quick`` answers most of it before."""

from typing import cast

from flask import Blueprint, Response, request

from podcastsvc.catalogue.access import Access
from podcastsvc.errors import Failure, NotFound
from podcastsvc.kit.language import N_
from podcastsvc.web.apps import pacing, playing, readers
from podcastsvc.web.apps.listeners import refuse
from podcastsvc.web.apps.playing import Missing, NotForYou, Outcome
from podcastsvc.web.apps.wire import FEED_METHODS, OUTCOME, Answer, keep_private, make_options, make_response
from podcastsvc.web.context import now, services

blueprint = Blueprint("media", __name__)
blueprint.after_request(keep_private)

NO_AUDIO = N_("There is no audio at this address.")


@blueprint.route("/media/<file_name>", methods=FEED_METHODS, provide_automatic_options=False)
def public(file_name: str) -> Response:
    """Audio that everyone may hear, and that of notices."""
    return make_options() if request.method == "OPTIONS" else _answer(file_name, None)


@blueprint.route("/private/<token>/media/<file_name>", methods=FEED_METHODS, provide_automatic_options=False)
def member(token: str, file_name: str) -> Response:
    """Audio through a member's listen token."""
    return make_options() if request.method == "OPTIONS" else _answer(file_name, token)


def _answer(file_name: str, token: str | None) -> Response:
    found = _find_outcome(file_name, token)
    if isinstance(found, Answer):
        return make_response(found)
    if found is Missing.STRANGER:
        raise readers.refuse_stranger()
    if found is Missing.GONE:
        return readers.answer_gone()
    return _refuse(found.access if isinstance(found, NotForYou) else None)


def _find_outcome(file_name: str, token: str | None) -> Outcome:
    """What the quick answers found already and left to be said in words, or what is found here."""
    found = request.environ.get(OUTCOME)
    if isinstance(found, Failure):
        raise found
    if found is not None:
        return cast("Outcome", found)
    wanted = playing.read_wanted(request.environ, file_name, token, now())
    return playing.play(services(), pacing.paces(), wanted)


def _refuse(access: Access | None) -> Response:
    said = None if access is None else refuse(access)
    if said is None:
        raise NotFound(NO_AUDIO)
    return said
