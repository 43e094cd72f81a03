"""Accounts: signing up, hosts, changes of name, language and e-mail, and removal."""

from datetime import datetime

from sqlalchemy import delete, or_, select, update
from sqlalchemy.orm import Session

from podcastsvc.errors import Conflict, NotFound
from podcastsvc.kit.keys import Keys
from podcastsvc.kit.language import N_
from podcastsvc.kit.text import clean_line, clean_text
from podcastsvc.mail.addresses import Address
from podcastsvc.members import feed_tokens, link_use, seats, sessions
from podcastsvc.members.codes import void_codes
from podcastsvc.storage import jobs
from podcastsvc.storage.inserts import change_rows, insert_if_absent
from podcastsvc.storage.tables.billing import Order
from podcastsvc.storage.tables.consultation import Consultation
from podcastsvc.storage.tables.letter import Letter
from podcastsvc.storage.tables.member import Member, SignInCode
from podcastsvc.storage.tables.offer import Gift
from podcastsvc.storage.tables.refund import RefundRequest

EMAIL_CHANGED_JOB = "member.email_changed"
LONGEST_NAME_CHARS = 100
LONGEST_NOTE_CHARS = 5000
NO_MEMBER = N_("There is no such member.")
ADDRESS_TAKEN = N_("That address belongs to another account. Sign in with it, or use another one.")


def find_by_email(session: Session, email_key: str) -> Member | None:
    """The member with this canonical address; None also for one who was removed."""
    return session.scalar(select(Member).where(Member.email_key == email_key))


def find(session: Session, member_id: int) -> Member | None:
    """The member with this id, unless removed."""
    member = session.get(Member, member_id)
    return None if member is None or member.removed_at is not None else member


def get(session: Session, member_id: int) -> Member:
    """The member with this id. Raises NotFound, also where the member was removed."""
    member = find(session, member_id)
    if member is None:
        raise NotFound(NO_MEMBER)
    return member


def find_held(session: Session, member_id: int) -> Member | None:
    """The member as it stands now, unless removed; nobody else decides about it until this transaction ends."""
    member = session.get(Member, member_id, with_for_update={"key_share": True}, populate_existing=True)
    return None if member is None or member.removed_at is not None else member


def sign_up(session: Session, keys: Keys, address: Address, *, language: str, name: str = "", now: datetime) -> Member:
    """The account of an address; makes one, with its feed link, where there is none. Two at once make one."""
    values = {
        "email": address.email,
        "email_key": address.email_key,
        "name": clean_line(name, limit_chars=LONGEST_NAME_CHARS),
        "language": language,
        "role": "member",
        "note": "",
        "created_at": now,
    }
    is_new = insert_if_absent(session, Member, values)
    member = session.scalars(select(Member).where(Member.email_key == address.email_key)).one()
    if is_new:
        feed_tokens.make_link(session, keys, member.id, now=now)
    return member


def add_host(session: Session, keys: Keys, address: Address, *, language: str, now: datetime) -> Member:
    """Makes the account of an address a host's, making the account first where there is none.

    Whatever opened the account before opens it no more: password, codes and links in letters, signed-in browsers
    (rules T-A1, T-A2). Where nobody ever proved the address, its feed links are replaced too: a stranger may hold them.
    """
    known = find_by_email(session, address.email_key)
    member = sign_up(session, keys, address, language=language, now=now)
    if member.role != "host":
        void_codes(session, member, now)
        sessions.end_sessions(session, member.id)
        if known is not None and known.confirmed_at is None:
            for link in feed_tokens.list_links(session, member.id):
                feed_tokens.replace_link(session, keys, link, now=now)
        _change(session, member, role="host", password_hash=None)
    return member


def list_hosts(session: Session) -> list[Member]:
    """All hosts, the first one first."""
    return list(session.scalars(select(Member).where(Member.role == "host").order_by(Member.id)))


def rename(session: Session, member: Member, name: str) -> None:
    """Sets what the person wants to be called; empty is allowed."""
    _change(session, member, name=clean_line(name, limit_chars=LONGEST_NAME_CHARS))


def write_note(session: Session, member: Member, note: str) -> None:
    """Keeps the host's own words about a person; nobody else sees them."""
    _change(session, member, note=clean_text(note, limit_chars=LONGEST_NOTE_CHARS))


def change_language(session: Session, member: Member, language: str) -> None:
    """Sets the language of a person's letters and pages. The caller has checked that the site offers it."""
    _change(session, member, language=language)


def confirm(session: Session, member: Member, now: datetime) -> None:
    """Notes that the person has shown that letters to the address reach them; the first time counts.

    Before it anybody may have opened the account by paying for the address, so at the first time an earlier password
    goes and every browser is signed out (rule T-A1). Call it before the session of the one who proved it starts.
    """
    first = update(Member).where(Member.id == member.id, Member.confirmed_at.is_(None))
    if change_rows(session, first.values(confirmed_at=now, password_hash=None)):
        sessions.end_sessions(session, member.id)


def change_email(session: Session, member: Member, address: Address, now: datetime, *, but: str | None = None) -> str:
    """Gives an account another address, which was confirmed by a code, and voids every code on its way.

    Every browser is signed out, except the session with the id hash ``but``; give that one another secret (rule T-A1).
    Returns the old address, which is owed a letter. Raises Conflict where the new one is another account's by now.
    """
    holder = find_by_email(session, address.email_key)
    if holder is not None and holder.id != member.id:
        raise Conflict(ADDRESS_TAKEN)
    old_email = member.email or ""
    void_codes(session, member, now)
    sessions.end_sessions(session, member.id, but=but)
    _change(session, member, email=address.email, email_key=address.email_key, confirmed_at=now)
    jobs.enqueue(session, EMAIL_CHANGED_JOB, {"member": member.id}, unique_key=f"{EMAIL_CHANGED_JOB}:{member.id}")
    return old_email


def remove(session: Session, member: Member, now: datetime) -> None:
    """Takes an account away for good: signed out everywhere, feed links answer 410, name and address forgotten.

    The row stays without a name, so that payments keep what the law needs. A running subscription must have been ended
    at Stripe before (rule T-P7).
    """
    void_codes(session, member, now)
    session.execute(delete(SignInCode).where(SignInCode.member_id == member.id))
    session.execute(delete(Letter).where(Letter.member_id == member.id, Letter.state == "queued"))
    session.execute(update(Letter).where(Letter.member_id == member.id).values(to=""))
    sessions.end_sessions(session, member.id)
    feed_tokens.revoke_links(session, member.id, now=now)
    _change(session, member, email=None, email_key=None, name="", note="", password_hash=None, removed_at=now)
    link_use.forget_use(session, member.id)
    seats.forget(session, member.id)
    _forget_gifts(session, member.id)
    _forget_words(session, member.id)
    _forget_consultations(session, member.id, now)


def _forget_gifts(session: Session, member_id: int) -> None:
    """Takes a member's name and address out of gifts: those given, and those accepted. What is on its way still arrives."""
    theirs = select(Order.id).where(Order.member_id == member_id, Order.kind == "gift")
    session.execute(update(Gift).where(Gift.order_id.in_(theirs)).values(buyer_email="", buyer_name=""))
    accepted = {"recipient_email": None, "recipient_name": "", "message": ""}
    session.execute(update(Gift).where(Gift.redeemed_by == member_id).values(**accepted))
    # What the form said is needed no more once the gift is made.
    settled = (Order.kind == "gift", Order.state != "open")
    taken = select(Gift.order_id).where(Gift.redeemed_by == member_id)
    session.execute(
        update(Order).where(or_(Order.member_id == member_id, Order.id.in_(taken)), *settled).values(details={})
    )


def _forget_words(session: Session, member_id: int) -> None:
    """Takes out what a member wrote: with donations, and to have money back. A request that waits for its answer keeps its
    reason, without who asked."""
    given = (Order.member_id == member_id, Order.kind == "donation", Order.state != "open")
    session.execute(update(Order).where(*given).values(details={}))
    theirs = RefundRequest.member_id == member_id
    session.execute(update(RefundRequest).where(theirs, RefundRequest.state != "open").values(reason="", answer=""))
    session.execute(update(RefundRequest).where(theirs).values(member_id=None))


def _forget_consultations(session: Session, member_id: int, now: datetime) -> None:
    """Takes a member's name, address and words out of consultations that are over. For one to come they are needed still;
    they go later by themselves."""
    theirs = select(Order.id).where(Order.member_id == member_id, Order.kind == "consultation", Order.state != "open")
    is_over = or_(Consultation.state == "cancelled", Consultation.ends_at <= now)
    over = update(Consultation).where(Consultation.order_id.in_(theirs), is_over)
    session.execute(over.values(name="", email="", question=""))
    session.execute(update(Order).where(Order.id.in_(theirs)).values(details={}))


def _change(session: Session, member: Member, **values: object) -> None:
    session.execute(update(Member).where(Member.id == member.id).values(**values))
