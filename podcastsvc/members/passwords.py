"""Passwords, which are optional: what is accepted, hashing and checking, setting and removing (rule T-A4)."""

import threading
import unicodedata
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING

from sqlalchemy import update
from sqlalchemy.orm import Session

from podcastsvc.errors import Invalid, Unavailable
from podcastsvc.kit.language import N_
from podcastsvc.members import sessions
from podcastsvc.members.guessing import is_guessable
from podcastsvc.storage.tables.member import Member

if TYPE_CHECKING:
    from argon2 import PasswordHasher

FEWEST_CHARS = 15
FEWEST_CHARS_WITH_SECOND_FACTOR = 8
MOST_CHARS = 256
TOO_SHORT = N_("Use at least 15 characters: a few words in a row are easy to keep in mind.")
TOO_SHORT_WITH_SECOND_FACTOR = N_("Use at least 8 characters.")
TOO_LONG = N_("Use at most 256 characters.")
GUESSABLE = N_("That is among the first passwords that others would try. Use words that do not belong together.")

# 19 MiB each (rule T-A4): two at a time keep a flood of sign-ins from taking the memory of everything else.
_MEMORY_KIB, _PASSES, _LANES, _AT_ONCE = 19 * 1024, 2, 1, 2
_LONGEST_WAIT_SECONDS = 5.0
_slots = threading.BoundedSemaphore(_AT_ONCE)


def check_password(raw: str, personal: Iterable[str] = (), *, has_second_factor: bool = False) -> None:
    """Raises Invalid, for the field ``password``, for one that is too short, too long, or easily guessed.

    Any characters are fine. ``personal`` holds the show's and the person's name and address.
    """
    least = FEWEST_CHARS_WITH_SECOND_FACTOR if has_second_factor else FEWEST_CHARS
    problem = None
    if len(_compose(raw)) < least:
        problem = TOO_SHORT_WITH_SECOND_FACTOR if has_second_factor else TOO_SHORT
    elif len(raw) > MOST_CHARS:
        problem = TOO_LONG
    elif is_guessable(raw, personal):
        problem = GUESSABLE
    if problem is not None:
        raise Invalid(problem, {"password": problem})


def hash_password(raw: str) -> str:
    """Argon2id, 19 MiB, 2 passes: some 26 ms, so call it before the transaction. Raises Unavailable in a flood."""
    with _slot():
        return _get_hasher().hash(_encode(raw))


def is_password(stored: str | None, raw: str) -> bool:
    """Whether ``raw`` is the password behind a stored hash. Takes as long where there is none (rule T-A6).

    Call it outside of transactions. Raises Unavailable in a flood.
    """
    from argon2.exceptions import InvalidHashError, VerificationError

    if len(raw) > MOST_CHARS:
        raw = ""
    with _slot():
        try:
            _get_hasher().verify(stored or _get_decoy(), _encode(raw))
        except (VerificationError, InvalidHashError):
            return False
    return stored is not None


def needs_rehash(stored: str) -> bool:
    """Whether a hash was made with other costs than today's and should be made anew at this sign-in."""
    return _get_hasher().check_needs_rehash(stored)


def save_password(session: Session, member: Member, hashed: str | None, *, but: str | None = None) -> None:
    """Sets a password's hash, or with None removes the password, and signs out every other browser.

    ``but`` is the id hash of the session that stays; give it another secret with ``sessions.renew_session``.
    """
    session.execute(update(Member).where(Member.id == member.id).values(password_hash=hashed))
    sessions.end_sessions(session, member.id, but=but)


@contextmanager
def _slot() -> Iterator[None]:
    if not _slots.acquire(timeout=_LONGEST_WAIT_SECONDS):
        raise Unavailable(N_("Too many people are signing in at once. Please try again in a moment."))
    try:
        yield
    finally:
        _slots.release()


def _compose(raw: str) -> str:
    # One person's keyboards write the same accented letter in two ways.
    return unicodedata.normalize("NFC", raw)


def _encode(raw: str) -> bytes:
    return _compose(raw).encode("utf-8", "surrogatepass")


@cache
def _get_hasher() -> "PasswordHasher":
    from argon2 import PasswordHasher

    return PasswordHasher(time_cost=_PASSES, memory_cost=_MEMORY_KIB, parallelism=_LANES)


@cache
def _get_decoy() -> str:
    """A hash that no password has, with the same costs."""
    return _get_hasher().hash(b"\xff")
