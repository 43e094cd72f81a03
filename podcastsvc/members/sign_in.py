"""What a proof or a password opens: the account, made where it signs up, and a session in the browser."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from podcastsvc.errors import NotFound
from podcastsvc.kit.keys import Keys
from podcastsvc.kit.language import N_
from podcastsvc.mail.addresses import Address, read_address
from podcastsvc.members import accounts, attempts, passwords, sessions
from podcastsvc.members.attempts import Asker
from podcastsvc.members.codes import Proof
from podcastsvc.storage.db import Database
from podcastsvc.storage.tables.member import Member


@dataclass(frozen=True, slots=True)
class Entered:
    """A signed-in member and the secret for the cookie."""

    member: Member
    secret: str


def enter(session: Session, keys: Keys, proof: Proof, *, language: str, agent: str, now: datetime) -> Entered:
    """Signs a browser in with what a code or link proved. ``language`` is for an account that is made by it.

    Raises NotFound where the account was removed meanwhile.
    """
    if proof.member_id is not None:
        member = accounts.get(session, proof.member_id)
    elif proof.new_email is not None:
        member = accounts.sign_up(session, keys, read_address(proof.new_email), language=language, now=now)
    else:
        raise NotFound(N_("There is no such member."))
    accounts.confirm(session, member, now)
    return Entered(member, sessions.start_session(session, member, agent=agent, now=now))


def enter_with_password(
    db: Database, address: Address, raw: str, *, asker: Asker, agent: str, now: datetime
) -> Entered | None:
    """Signs a browser in with a password; None where it is not right, there is none, or there is no such account.

    Two short transactions with the costly check between them. Raises TooMany before it where a limit is used up; the
    limit on failures shuts out passwords only, so a code or link still opens the account (rule T-A7).
    """
    with db.transaction() as session:
        attempts.spend_password(session, address.email_key, asker, now)
        member = accounts.find_by_email(session, address.email_key)
    stored = member.password_hash if member is not None else None
    is_right = passwords.is_password(stored, raw)
    fresh = passwords.hash_password(raw) if is_right and stored and passwords.needs_rehash(stored) else None
    with db.transaction() as session:
        found = accounts.find_by_email(session, address.email_key)
        # Another password may have been set, or the account removed, while this one was checked.
        if not is_right or found is None or found.password_hash != stored:
            attempts.note_failed_password(session, address.email_key, asker, now)
            return None
        if fresh is not None:
            found.password_hash = fresh
        return Entered(found, sessions.start_session(session, found, agent=agent, now=now))
