"""Who asks for audio, chapters or a transcript: the public, or a member by the listen token in the address."""

from dataclasses import dataclass
from datetime import datetime

from flask import Response

from podcastsvc.catalogue.access import PUBLIC, Access, Audience, State, state_of
from podcastsvc.errors import NotAllowed
from podcastsvc.kit.secrets import read_token
from podcastsvc.members import feed_tokens
from podcastsvc.members.feed_tokens import LinkState
from podcastsvc.members.opening import open_audio
from podcastsvc.services import Services
from podcastsvc.web.context import now, services, settings
from podcastsvc.web.errors import make_error_response
from podcastsvc.web.pages import gettext


@dataclass(frozen=True, slots=True)
class Listener:
    """What a request may hear. ``token`` and ``link_id`` are a member's; ``is_gone``: the link works no more."""

    audience: Audience
    token: str | None = None
    link_id: int | None = None
    is_gone: bool = False


EVERYONE = Listener(PUBLIC)


def get_listener(token: str | None) -> Listener | None:
    """The public without a token; else who the listen token belongs to, None where it is none."""
    return EVERYONE if token is None else find_listener(services(), token, now())


def find_listener(services: Services, token: str, at: datetime) -> Listener | None:
    """Who a listen token belongs to, None where it is none. Asked at each request, for each range (rule M8)."""
    opened = open_audio(services.db, token, at)
    if opened is None:
        return None
    if feed_tokens.state_of(opened.link, at) is not LinkState.LIVE:
        return Listener(PUBLIC, is_gone=True)
    return Listener(opened.entitlement.audience, read_token(token), opened.link.id)


def refuse(access: Access) -> Response | None:
    """What somebody gets who may not hear an episode: 403 where it is out for others, 410 where it was withdrawn. None
    for one that has not come out: it does not exist yet (rules 6.3, T-A11)."""
    state, address = state_of(access, now()), {"address": f"{settings().base_url}/"}
    if state is State.PUBLISHED:
        raise NotAllowed(gettext("This episode is for members. See %(address)s") % address)
    if state is State.WITHDRAWN:
        text = gettext("This episode was withdrawn. The show is at %(address)s")
        return make_error_response(410, text % address)
    return None
