"""Sign-in codes: six digits and a link in one letter, for signing in, a new password, or another e-mail address.

Asking does the same work whether or not an address has an account: it counts, keeps a row and queues a job, and only
the job looks for the account. So neither text, status nor time tells them apart (rule T-A6). Code and link are worked
out from the row's id and a key, so nothing that opens an account is stored.
"""

import hmac
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import Select, delete, or_, select, update
from sqlalchemy.orm import Session

from podcastsvc.kit.keys import Keys
from podcastsvc.kit.secrets import derive_token, hash_secret, make_ulid, read_token
from podcastsvc.mail.addresses import Address
from podcastsvc.members import attempts
from podcastsvc.members.attempts import Asker
from podcastsvc.storage import jobs
from podcastsvc.storage.tables.member import Member, SignInCode

ASKED_JOB = "code.asked"
KEY_PURPOSE = "sign-in-codes"
CODE_LIFETIME = timedelta(minutes=10)
LINK_LIFETIME = timedelta(minutes=15)
ONE_USE_LINK_LIFETIME = timedelta(hours=1)
MOST_TRIES = 5
_DIGITS = 6


class Purpose(StrEnum):
    """What a code is for."""

    SIGN_IN = "sign_in"
    PASSWORD = "password"  # noqa: S105 -- a word, no secret
    EMAIL_CHANGE = "email_change"


@dataclass(frozen=True, slots=True)
class Asking:
    """Who asks for a code, and how. ``browser`` is the secret of a cookie that binds the code to it (rule T-A5).

    ``asker`` is what limits count. ``signs_up``: an address without an account gets a letter as well, and
    an account when it is used. ``member_id`` is set for a change of e-mail, where ``address`` is the new one.
    """

    purpose: Purpose
    address: Address
    browser: str
    asker: Asker
    language: str
    signs_up: bool = False
    member_id: int | None = None


class Outcome(StrEnum):
    """How a code or link was judged. SPENT: used, too old, tried too often, or made void by a newer one."""

    RIGHT = "right"
    WRONG = "wrong"
    SPENT = "spent"


@dataclass(frozen=True, slots=True)
class Proof:
    """What the holder of a letter has proved. ``member_id`` is None where the address is to become an account."""

    purpose: Purpose
    member_id: int | None
    new_email: str | None


@dataclass(frozen=True, slots=True)
class Answer:
    """The judgement; ``proof`` is there for RIGHT only."""

    outcome: Outcome
    proof: Proof | None = None


@dataclass(frozen=True, slots=True)
class LinkPage:
    """What the page of a link shows before its button is pressed.

    ``code`` is there where another browser asked, to be typed in that one.
    """

    purpose: Purpose
    email: str
    is_same_browser: bool
    code: str | None


def ask(session: Session, keys: Keys, asking: Asking, now: datetime) -> None:
    """Keeps a new code and queues its letter; older codes for the same purpose and address are void.

    Raises TooMany, before anything else is done, where a limit of rule 10 is used up.
    """
    if not asking.asker.browser:
        attempts.spend(session, attempts.SIGN_IN_FROM_NETWORK, asking.asker.network, now)
    if asking.signs_up:
        attempts.spend_sign_up(session, asking.asker, now)
    attempts.spend_letter(session, asking.address.mailbox_key, asking.asker, now)
    _void_older(session, asking, now)
    row_id = make_ulid().lower()
    session.add(
        SignInCode(
            id=row_id,
            purpose=asking.purpose,
            email_key=asking.address.email_key,
            member_id=asking.member_id,
            code_hash=_hash_code(row_id, asking.browser, make_code(keys, row_id)),
            link_hash=hash_secret(make_link_token(keys, row_id)),
            browser_hash=hash_secret(asking.browser),
            new_email=asking.address.email if asking.signs_up or asking.purpose is Purpose.EMAIL_CHANGE else None,
            created_at=now,
            code_expires_at=now + CODE_LIFETIME,
            link_expires_at=now + LINK_LIFETIME,
        )
    )
    jobs.enqueue(session, ASKED_JOB, {"code": row_id, "language": asking.language}, priority=2)


def make_one_use_link(session: Session, keys: Keys, member: Member, now: datetime) -> str:
    """A link token that signs a member in once, in any browser, within an hour: for the command line (rule T-A12)."""
    row_id = make_ulid().lower()
    token = make_link_token(keys, row_id)
    session.add(
        SignInCode(
            id=row_id,
            purpose=Purpose.SIGN_IN,
            email_key=member.email_key or "",
            member_id=member.id,
            link_hash=hash_secret(token),
            created_at=now,
            code_expires_at=now,
            link_expires_at=now + ONE_USE_LINK_LIFETIME,
        )
    )
    return token


def make_code(keys: Keys, row_id: str) -> str:
    """The six digits of a row."""
    number = int.from_bytes(hmac.digest(keys.sign_with(KEY_PURPOSE)[-1], b"code\0" + row_id.encode(), "sha256"), "big")
    return f"{number % 10**_DIGITS:0{_DIGITS}d}"


def make_link_token(keys: Keys, row_id: str) -> str:
    """The token in the link of a row."""
    return derive_token(keys.sign_with(KEY_PURPOSE)[-1], "link", row_id.encode())


def find_asked(session: Session, browser: str) -> SignInCode | None:
    """The newest code that this browser asked for, in whatever state."""
    return session.scalar(_newest_of(browser))


def use_code(session: Session, browser: str, typed: str, now: datetime) -> Answer:
    """Judges digits typed in the browser that asked; spaces do not matter. Each wrong one counts, the right one is used up.

    A code dies after five tries; its link does not, so nobody is locked out by a stranger (rule T-A7).
    """
    row = session.scalar(_newest_of(browser).with_for_update())
    if row is None or row.used_at is not None or row.code_expires_at <= now or row.tries >= MOST_TRIES:
        return Answer(Outcome.SPENT)
    row.tries += 1
    digits = "".join(typed.split())
    if not hmac.compare_digest(_hash_code(row.id, browser, digits), row.code_hash or "") or not _was_sent(row):
        return Answer(Outcome.WRONG)
    return _use(row, now)


def look_at_link(session: Session, keys: Keys, token: str, browser: str | None, now: datetime) -> LinkPage | None:
    """What the page of a link shows; changes nothing, so that mail scanners do not use it up. None for a dead link."""
    row = _find_by_link(session, token)
    if row is None or _is_dead(row, now):
        return None
    is_same = row.browser_hash is None or (browser is not None and hash_secret(browser) == row.browser_hash)
    is_typable = not is_same and row.code_expires_at > now and row.tries < MOST_TRIES
    knows_code = make_link_token(keys, row.id) == read_token(token)
    return LinkPage(
        purpose=Purpose(row.purpose),
        email=row.new_email or row.email_key,
        is_same_browser=is_same,
        code=make_code(keys, row.id) if is_typable and knows_code else None,
    )


def use_link(session: Session, token: str, now: datetime) -> Answer:
    """Judges and uses up a link, after the button on its page was pressed. It works in every browser."""
    row = _find_by_link(session, token, for_update=True)
    if row is None:
        return Answer(Outcome.WRONG)
    return Answer(Outcome.SPENT) if _is_dead(row, now) else _use(row, now)


def void_codes(session: Session, member: Member, now: datetime) -> None:
    """Makes every unused code of a member worthless, after a change of e-mail or at a removal."""
    theirs = or_(SignInCode.member_id == member.id, SignInCode.email_key == (member.email_key or ""))
    session.execute(update(SignInCode).where(theirs, SignInCode.used_at.is_(None)).values(used_at=now))


def sweep(session: Session, now: datetime) -> None:
    """Removes codes whose link is over for a day."""
    session.execute(delete(SignInCode).where(SignInCode.link_expires_at < now - timedelta(days=1)))


def _void_older(session: Session, asking: Asking, now: datetime) -> None:
    same = SignInCode.email_key == asking.address.email_key
    if asking.member_id is not None:
        same = or_(same, SignInCode.member_id == asking.member_id)
    older = (same, SignInCode.purpose == asking.purpose, SignInCode.used_at.is_(None))
    session.execute(update(SignInCode).where(*older).values(used_at=now))


def _newest_of(browser: str) -> Select[SignInCode]:
    # Ids sort by the millisecond in which they were made.
    mine = SignInCode.browser_hash == hash_secret(browser)
    return select(SignInCode).where(mine).order_by(SignInCode.id.desc()).limit(1)


def _find_by_link(session: Session, token: str, *, for_update: bool = False) -> SignInCode | None:
    found = read_token(token)
    if found is None:
        return None
    statement = select(SignInCode).where(SignInCode.link_hash == hash_secret(found))
    return session.scalar(statement.with_for_update() if for_update else statement)


def _is_dead(row: SignInCode, now: datetime) -> bool:
    return row.used_at is not None or row.link_expires_at <= now or not _was_sent(row)


def _was_sent(row: SignInCode) -> bool:
    """False for the row of an address without an account: its code is in no letter, so only a guess can be right."""
    return row.member_id is not None or row.new_email is not None


def _use(row: SignInCode, now: datetime) -> Answer:
    row.used_at = now
    return Answer(Outcome.RIGHT, Proof(Purpose(row.purpose), row.member_id, row.new_email))


def _hash_code(row_id: str, browser: str, code: str) -> str:
    # The browser's secret is not stored, so a copy of the database does not give the million codes to try.
    return hash_secret(f"{row_id}:{browser}:{code}")
