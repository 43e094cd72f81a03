"""Guessing secrets in addresses: how often one network may try, for all pages whose address is a secret."""

from podcastsvc.members import attempts
from podcastsvc.web.context import client_network, now, services


def check_guesses() -> None:
    """Raises TooMany where this network has tried too many unknown secrets (rule 10). Known ones are not counted."""
    with services().db.reading() as session:
        attempts.check(session, attempts.UNKNOWN_TOKENS, client_network(), now())


def note_guess() -> None:
    """Counts one secret that opened nothing."""
    with services().db.transaction() as session:
        attempts.note(session, attempts.UNKNOWN_TOKENS, client_network(), now())
