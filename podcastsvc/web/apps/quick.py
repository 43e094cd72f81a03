"""What apps ask day and night, answered before the framework wakes: feeds and audio.

It says what the view would say, header for header; whatever it is not certain about goes on to the view.
"""

import logging
import re
from collections.abc import Iterable
from enum import Enum, auto
from wsgiref.types import StartResponse, WSGIEnvironment

from flask import Flask
from werkzeug.http import HTTP_STATUS_CODES

from podcastsvc.errors import Failure
from podcastsvc.kit import clock
from podcastsvc.services import Services
from podcastsvc.web.apps import pacing, playing
from podcastsvc.web.apps.asked import Asked, ask_member, ask_public
from podcastsvc.web.apps.feeding import Fetching, answer_feed
from podcastsvc.web.apps.playing import Outcome
from podcastsvc.web.apps.wire import OUTCOME, Answer
from podcastsvc.web.guards.gate import Gate
from podcastsvc.web.guards.headers import NO_PAGE_POLICY, list_defaults

log = logging.getLogger(__name__)

# Of each kind in one process. These answers are all work: of 32 members at once the slowest in a hundred waits 220 ms for
# a feed of 770 kB with 4 at work, 410 ms with 16, and no fewer are served.
_RUNNING = 4
_PUBLIC = re.compile(r"/feed\.xml|/feeds/(?P<show>[^/]+)\.xml")
_MEMBER = re.compile(r"/private/(?P<token>[a-zA-Z2-7]{32})/(?:feed|(?P<show>[^/]+))\.xml")
_AUDIO = re.compile(r"(?:/private/(?P<token>[a-zA-Z2-7]{32}))?/media/(?P<file>[a-z0-9-]{1,100}\.[a-z0-9]{1,5})")


class _Turn(Enum):
    NONE = auto()
    """So many wait for such an answer that this one is refused."""


class QuickAnswers:
    """Stands before the application: GET and HEAD of audio and of a feed's first page."""

    def __init__(self, app: Flask, services: Services, beneath: Gate) -> None:
        self._app = app
        self._services = services
        self.beneath = beneath
        defaults = list_defaults(is_https=services.settings.is_https, is_personal=False)
        self._defaults = defaults | {"Content-Security-Policy": NO_PAGE_POLICY}
        kinds = ((_AUDIO, self._find_audio), (_MEMBER, self._find_member_feed), (_PUBLIC, self._find_public_feed))
        self._kinds = tuple((pattern, find, beneath.turns.make_others(_RUNNING)) for pattern, find in kinds)

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        found = self._find(environ) if self._is_ours(environ) else None
        if found is _Turn.NONE:
            return self.beneath.refuse(environ, start_response)
        if isinstance(found, Answer):
            headers = list((self._defaults | found.headers).items())
            start_response(f"{found.status} {HTTP_STATUS_CODES[found.status].upper()}", headers)
            return found.body
        if found is not None:
            environ[OUTCOME] = found
        answer: Iterable[bytes] = self.beneath(environ, start_response)
        return answer

    def _is_ours(self, environ: WSGIEnvironment) -> bool:
        here = f"{environ['wsgi.url_scheme']}://{environ.get('HTTP_HOST')}"
        return environ["REQUEST_METHOD"] in {"GET", "HEAD"} and here == self._services.settings.base_url

    def _find(self, environ: WSGIEnvironment) -> Outcome | Failure | _Turn | None:
        """The answer, or what the view shall put into words; None for whatever the view shall find itself.

        A few at a time: hundreds of threads that are all about to run get a turn of some ms each, one after the other,
        and so seconds pass until one of them is done. Sending the answer is no part of it.
        """
        for pattern, find, turns in self._kinds:
            if asked := pattern.fullmatch(environ["PATH_INFO"]):
                if not turns.take():
                    return _Turn.NONE
                try:
                    return find(asked, environ)
                except Failure as failure:
                    return failure
                except Exception:
                    # The view meets the same fault, and has the page and the reference for it.
                    log.exception("a quick answer failed")
                    return None
                finally:
                    turns.give_back()
        return None

    # ---- what is asked for

    def _find_audio(self, asked: re.Match[str], environ: WSGIEnvironment) -> Outcome:
        wanted = playing.read_wanted(environ, asked["file"], asked["token"], clock.now())
        return playing.play(self._services, pacing.paces_of(self._app), wanted)

    def _find_member_feed(self, asked: re.Match[str], environ: WSGIEnvironment) -> Answer | None:
        if environ.get("QUERY_STRING"):
            return None
        found = ask_member(self._services, asked["token"], asked["show"], 1, clock.now())
        return self._answer_feed(found, Fetching(environ, asked["token"].lower()))

    def _find_public_feed(self, asked: re.Match[str], environ: WSGIEnvironment) -> Answer | None:
        if environ.get("QUERY_STRING"):
            return None
        return self._answer_feed(ask_public(self._services, asked["show"], 1, clock.now()), Fetching(environ))

    def _answer_feed(self, found: object, fetching: Fetching) -> Answer | None:
        if not isinstance(found, Asked):
            return None
        return answer_feed(self._services, pacing.paces_of(self._app), found, fetching)
