"""How those are answered who ask below ``/private/`` with a secret that opens nothing, or nothing any more."""

from flask import Response

from podcastsvc.errors import NotFound
from podcastsvc.kit.language import N_
from podcastsvc.web.context import settings
from podcastsvc.web.errors import make_error_response
from podcastsvc.web.guards.strangers import check_guesses, note_guess
from podcastsvc.web.pages import gettext

NO_SUCH_LINK = N_("This link does not work. The show's page has the right one.")


def refuse_stranger() -> NotFound:
    """What an unknown secret is answered with; many of them from one network raise TooMany (rules F10, T-M6)."""
    check_guesses()
    note_guess()
    return NotFound(NO_SUCH_LINK)


def answer_gone() -> Response:
    """A link that the host took away, or that was replaced more than 30 days ago (rule S5)."""
    text = gettext("This link was taken back. The show is at %(address)s")
    return make_error_response(410, text % {"address": f"{settings().base_url}/"})
