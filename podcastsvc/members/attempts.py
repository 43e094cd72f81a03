"""Limits on what strangers may try, checked before anything costly is done (rule T-L1 and the table of rule 10).

No limit lets a stranger lock a person out (rule T-A7): what is asked about an account counts for the network that asks,
and apart for each browser that signed in to it before. Letters to one mailbox are bounded by the quarter of an hour,
which is how long their links live: where that bound is reached, a link that works is in the mailbox.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from podcastsvc.errors import TooMany
from podcastsvc.kit.language import N_
from podcastsvc.storage import limits

TRY_LATER = N_("Too many tries. Wait a while, or use the link in an e-mail that we sent you.")
CARDS_FAILED = N_("Three payments did not go through. Ask your bank, and try again in an hour.")
_HOUR, _DAY = timedelta(hours=1), timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Limit:
    """``most`` of one thing in each ``window``."""

    what: str
    most: int
    window: timedelta


@dataclass(frozen=True, slots=True)
class Asker:
    """Who asks. ``browser`` names one that signed in to this account before; "" for every other."""

    network: str
    browser: str = ""

    def name_at(self, whose: str) -> str:
        """What is counted for one account or mailbox: the known browser apart, all others of a network together."""
        return f"{whose} browser {self.browser}" if self.browser else f"{whose} {self.network}"


SIGN_IN_AT_ACCOUNT = Limit("sign-in account", 10, _HOUR)
SIGN_IN_FROM_NETWORK = Limit("sign-in network", 20, _HOUR)
FAILED_PASSWORDS = Limit("failed passwords", 20, _DAY)
FAILED_PASSWORDS_OF_STRANGERS = Limit("failed passwords of strangers", 100, _DAY)
LETTERS_AN_HOUR = Limit("letters", 3, _HOUR)
LETTERS_A_DAY = Limit("letters", 6, _DAY)
LETTERS_TO_MAILBOX = Limit("letters to mailbox", 4, timedelta(minutes=15))
LETTERS_OF_SITE = Limit("letters of site", 300, _HOUR)
SIGN_UP_FROM_NETWORK = Limit("sign-up network", 10, _HOUR)
SIGN_UPS_OF_SITE = Limit("sign-ups of site", 100, _HOUR)
CHECKOUT_FROM_NETWORK = Limit("checkout network", 10, _HOUR)
CHECKOUT_OF_MEMBER = Limit("checkout member", 5, _HOUR)
CONSULTATIONS = Limit("consultations", 3, _HOUR)
MESSAGES_FROM_NETWORK = Limit("messages network", 5, _HOUR)
MESSAGES_OF_SENDER = Limit("messages sender", 5, _DAY)
MESSAGES_TO_HOST = Limit("messages to host", 200, _DAY)
FAILED_CARDS = Limit("failed cards", 3, _HOUR)
UNKNOWN_TOKENS = Limit("unknown tokens", 30, timedelta(minutes=10))


def spend(session: Session, limit: Limit, whom: str, now: datetime) -> None:
    """Counts one more for ``whom``. Raises TooMany, with the instant at which it may be tried again, past the limit."""
    if not limits.is_within(session, limit.what, whom, limit.most, window=limit.window, now=now):
        raise TooMany(TRY_LATER, until=limits.find_end(limit.window, now))


def check(session: Session, limit: Limit, whom: str, now: datetime, *, message: str = TRY_LATER) -> None:
    """Raises TooMany where nothing is left for ``whom``; counts nothing."""
    if is_used_up(session, limit, whom, now):
        raise TooMany(message, until=limits.find_end(limit.window, now))


def note(session: Session, limit: Limit, whom: str, now: datetime) -> None:
    """Counts one more for ``whom`` and refuses nothing."""
    limits.count(session, limit.what, whom, window=limit.window, now=now)


def is_used_up(session: Session, limit: Limit, whom: str, now: datetime) -> bool:
    """Whether nothing is left for ``whom``; counts nothing."""
    return limits.read(session, limit.what, whom, window=limit.window, now=now) >= limit.most


def spend_password(session: Session, email_key: str, asker: Asker, now: datetime) -> None:
    """One try of a password. Raises TooMany past the limits; a code or link opens the account all the same."""
    spend(session, SIGN_IN_AT_ACCOUNT, asker.name_at(email_key), now)
    check(session, FAILED_PASSWORDS, asker.name_at(email_key), now)
    if not asker.browser:
        spend(session, SIGN_IN_FROM_NETWORK, asker.network, now)
        check(session, FAILED_PASSWORDS_OF_STRANGERS, email_key, now)


def note_failed_password(session: Session, email_key: str, asker: Asker, now: datetime) -> None:
    """Counts a password that was not right."""
    note(session, FAILED_PASSWORDS, asker.name_at(email_key), now)
    if not asker.browser:
        note(session, FAILED_PASSWORDS_OF_STRANGERS, email_key, now)


def spend_letter(session: Session, mailbox_key: str, asker: Asker, now: datetime) -> None:
    """One letter that somebody asked for, to one mailbox. Raises TooMany past its limits.

    While the site is past its own, each mailbox gets one letter in a quarter of an hour, and so a link that works.
    """
    spend(session, LETTERS_AN_HOUR, asker.name_at(mailbox_key), now)
    spend(session, LETTERS_A_DAY, asker.name_at(mailbox_key), now)
    if not asker.browser:
        is_flood = is_used_up(session, LETTERS_OF_SITE, "", now)
        spend(session, replace(LETTERS_TO_MAILBOX, most=1) if is_flood else LETTERS_TO_MAILBOX, mailbox_key, now)


def spend_sign_up(session: Session, asker: Asker, now: datetime) -> None:
    """One address that may become an account. Raises TooMany past the limits, also the site's: nobody is locked out by it."""
    spend(session, SIGN_UP_FROM_NETWORK, asker.network, now)
    check(session, LETTERS_OF_SITE, "", now)
    note(session, SIGN_UPS_OF_SITE, "", now)


def note_failed_card(session: Session, member_id: int, now: datetime) -> None:
    """Counts a payment of a member that did not go through, as far as Stripe tells us."""
    note(session, FAILED_CARDS, str(member_id), now)


def spend_checkout(session: Session, member_id: int | None, network: str, now: datetime) -> None:
    """One checkout. Raises TooMany past the limits, and after three payments of the member that failed in an hour."""
    if member_id is not None:
        check(session, FAILED_CARDS, str(member_id), now, message=CARDS_FAILED)
        spend(session, CHECKOUT_OF_MEMBER, str(member_id), now)
    spend(session, CHECKOUT_FROM_NETWORK, network, now)


def spend_consultation(session: Session, network: str, now: datetime) -> None:
    """One time that is held for somebody who goes on to pay, so that nobody holds them all. Raises TooMany."""
    spend(session, CONSULTATIONS, network, now)


def spend_own_letter(session: Session, mailbox_key: str, now: datetime) -> None:
    """One letter that a signed-in member asked for, to the own mailbox; no stranger uses these up."""
    spend(session, LETTERS_AN_HOUR, f"{mailbox_key} own", now)
    spend(session, LETTERS_A_DAY, f"{mailbox_key} own", now)


def spend_message(session: Session, mailbox_key: str, network: str, now: datetime) -> None:
    """One message to the host by the form on the site. Raises TooMany past the limits of its network, sender or the site."""
    spend(session, MESSAGES_FROM_NETWORK, network, now)
    spend(session, MESSAGES_OF_SENDER, mailbox_key, now)
    spend(session, MESSAGES_TO_HOST, "", now)
