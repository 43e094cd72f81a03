"""Letters about accounts: codes, feed links, and the note to an old address."""

from datetime import datetime

from sqlalchemy.orm import Session

from podcastsvc.kit.keys import Keys
from podcastsvc.kit.secrets import make_ulid
from podcastsvc.mail.addresses import mask_address, read_address
from podcastsvc.mail.letters import write_letter
from podcastsvc.mail.sender import Sender
from podcastsvc.members import accounts, attempts, feed_tokens, setup_codes
from podcastsvc.members.codes import Purpose, make_code, make_link_token
from podcastsvc.storage.tables.member import FeedLink, Member, SignInCode


def write_code_letter(
    session: Session, keys: Keys, sender: Sender, *, code_id: str, language: str, now: datetime
) -> bool:
    """Writes the letter of a code that was asked for, where there is someone to write to. The handler of ``code.asked``.

    An address without an account gets none, unless it signs up; nor does an address that is another account's already.
    """
    row = session.get(SignInCode, code_id)
    if row is None or row.used_at is not None or row.link_expires_at <= now:
        return False
    holder = accounts.find_by_email(session, row.email_key)
    to = _choose_address(row, holder)
    if to is None:
        return False
    if row.purpose != Purpose.EMAIL_CHANGE and holder is not None:
        row.member_id = holder.id
    attempts.note(session, attempts.LETTERS_OF_SITE, "", now)
    link = sender.link(f"/sign-in/link/{make_link_token(keys, row.id)}", language)
    return write_letter(
        session,
        sender,
        kind=row.purpose,
        to=to,
        language=language,
        values={"code": make_code(keys, row.id), "link": link},
        object_id=row.id,
        member_id=row.member_id,
    )


def _choose_address(row: SignInCode, holder: Member | None) -> str | None:
    if row.purpose == Purpose.EMAIL_CHANGE:
        return row.new_email if holder is None else None
    return holder.email if holder is not None else row.new_email


def write_links_letter(
    session: Session, keys: Keys, sender: Sender, member: Member, link: FeedLink, now: datetime
) -> None:
    """Sends a member the address of one feed link. Raises TooMany past the limits for letters that somebody asked for.

    Does nothing for a link that cannot be shown, or a member without an address.
    """
    shown = feed_tokens.show_link(keys, link)
    if shown is None or member.email is None:
        return
    attempts.spend_own_letter(session, read_address(member.email).mailbox_key, now)
    code = setup_codes.make_setup_code(keys, link, now=now, lifetime=setup_codes.LIFETIME_IN_LETTERS)
    write_letter(
        session,
        sender,
        kind="feed_links",
        to=member.email,
        language=member.language,
        values={
            "setup_link": sender.link(f"/add/{code}", member.language),
            "feed_link": sender.base_url + feed_tokens.write_feed_path(shown.feed_token),
        },
        object_id=make_ulid().lower(),
        member_id=member.id,
    )


def write_email_changed_letter(session: Session, sender: Sender, member: Member, *, old_email: str) -> None:
    """Tells the old address that the account uses another one now, without naming that one in full."""
    write_letter(
        session,
        sender,
        kind="email_changed",
        to=old_email,
        language=member.language,
        values={"new_address": mask_address(member.email or "")},
        object_id=make_ulid().lower(),
        member_id=member.id,
    )


def write_password_changed_letter(session: Session, sender: Sender, member: Member) -> None:
    """Tells a member that the password was set, changed or removed."""
    if member.email is not None:
        write_letter(
            session,
            sender,
            kind="password_changed",
            to=member.email,
            language=member.language,
            values={},
            object_id=make_ulid().lower(),
            member_id=member.id,
        )
