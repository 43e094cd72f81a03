"""Reminders: two letters to a member whose feed no app has read, one day and three days after it became full.

Each is written once for a member, whatever crashes and however many workers there are; after a week there is none.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from itsdangerous import BadSignature, URLSafeSerializer
from sqlalchemy import ColumnElement, func, or_, select, union_all, update
from sqlalchemy.orm import Session

from podcastsvc.errors import NotFound
from podcastsvc.kit.keys import Keys
from podcastsvc.kit.language import N_, gettext
from podcastsvc.mail.letters import write_letter
from podcastsvc.mail.sender import Sender
from podcastsvc.members import feed_tokens, setup_codes
from podcastsvc.members.apps import APPS
from podcastsvc.members.entitlements import get_entitlement, list_entitlements
from podcastsvc.members.subscriptions import is_of_account
from podcastsvc.storage.db import Database
from podcastsvc.storage.tables.base import Instant
from podcastsvc.storage.tables.billing import Grant, Subscription
from podcastsvc.storage.tables.letter import Letter
from podcastsvc.storage.tables.member import FeedLink, LinkReader, Member
from podcastsvc.storage.tables.offer import Seat

REMIND_JOB = "members.remind"
KIND = "no_app_yet"
KEY_PURPOSE = "reminders"
LINK_OVER = N_("This link does not work. Sign in to choose which e-mails you get.")
# What a run leaves over is found by the next one, an hour later; nobody's mail server gets thousands at once.
MOST_AT_ONCE = 200
_READ_AT_ONCE = 500
_BOUNCES_KNOWN_FOR = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Reminder:
    """One of the two letters: due ``after`` the beginning, and until ``before``, when the next one is, or none."""

    number: int
    after: timedelta
    before: timedelta


REMINDERS = (
    Reminder(1, timedelta(days=1), timedelta(days=3)),
    Reminder(2, timedelta(days=3), timedelta(days=7)),
)


def find_due(began_at: datetime, now: datetime) -> Reminder | None:
    """The letter that is due to somebody whose feed became full at an instant; of two that were missed, the second. Pure."""
    age = now - began_at
    return next((each for each in REMINDERS if each.after <= age < each.before), None)


# ---- the work


def remind(db: Database, keys: Keys, sender: Sender, now: datetime, *, most: int = MOST_AT_ONCE) -> int:
    """Writes the letters that are due, at most ``most`` of them; how many. The handler of ``members.remind``.

    Each is a transaction of its own: on SQLite nobody waits for all of them, and a crash loses none.
    """
    with db.reading() as session:
        due = list_due(session, keys, now, most=most)
    written = 0
    for member_id, reminder in due:
        with db.transaction() as session:
            written += _write(session, keys, sender, member_id, reminder, now)
    return written


def list_due(session: Session, keys: Keys, now: datetime, *, most: int = MOST_AT_ONCE) -> list[tuple[int, Reminder]]:
    """Who is owed which letter, by member id. Only who can be written to counts, so that nobody keeps others waiting."""
    due = {member_id: found for member_id, at in _list_beginnings(session, now) if (found := find_due(at, now))}
    ids, owed = sorted(due), list[tuple[int, Reminder]]()
    for start in range(0, len(ids), _READ_AT_ONCE):
        some = {member_id: due[member_id] for member_id in ids[start : start + _READ_AT_ONCE]}
        owed += _leave_out(session, keys, some, now)
        if len(owed) >= most:
            break
    return owed[:most]


def _list_beginnings(session: Session, now: datetime) -> list[tuple[int, datetime]]:
    """Since when each member who waits has paid or been given what runs now, where that began in the last days."""
    oldest, newest = now - max(each.before for each in REMINDERS), now - min(each.after for each in REMINDERS)
    ours = is_of_account(Subscription.account, Subscription.livemode)
    paid = select(Subscription.member_id, Subscription.started_at.label("at")).where(
        ours, Subscription.ended_at.is_(None)
    )
    lasting = or_(Grant.ends_at.is_(None), Grant.ends_at > now)
    given = select(Grant.member_id, Grant.starts_at.label("at")).where(Grant.starts_at <= now, lasting)
    seated = select(Seat.member_id, Seat.taken_at.label("at"))
    recent = union_all(
        paid.where(Subscription.started_at > oldest, Subscription.started_at <= newest),
        given.where(Grant.starts_at > oldest, Grant.starts_at <= newest),
        seated.where(Seat.taken_at > oldest, Seat.taken_at <= newest),
    ).subquery()
    waiting = select(Member.id).where(Member.id.in_(select(recent.c.member_id)), *_who_waits()).subquery()
    running = union_all(paid, given, seated).subquery()
    began = func.min(running.c.at, type_=Instant())
    query = select(running.c.member_id, began).join(waiting, waiting.c.id == running.c.member_id)
    return [(member_id, at) for member_id, at in session.execute(query.group_by(running.c.member_id)) if at > oldest]


def _who_waits() -> tuple[ColumnElement[bool], ...]:
    """Members who take reminders, and whose links nobody has used: no app, and no player on our own pages."""
    links = select(FeedLink.id).where(FeedLink.member_id == Member.id)
    used = links.outerjoin(LinkReader, LinkReader.feed_link_id == FeedLink.id).where(
        or_(LinkReader.is_app, FeedLink.heard_at.is_not(None))
    )
    return (
        Member.role == "member",
        Member.removed_at.is_(None),
        Member.email.is_not(None),
        Member.no_reminders_at.is_(None),
        links.where(FeedLink.replaced_at.is_(None), FeedLink.revoked_at.is_(None)).exists(),
        ~used.exists(),
    )


def _leave_out(session: Session, keys: Keys, due: Mapping[int, Reminder], now: datetime) -> list[tuple[int, Reminder]]:
    """Those of them who hear anything now, whose letter is not written yet, whose address takes letters, and whose link
    can be shown."""
    ids = list(due)
    entitled = list_entitlements(session, ids, now)
    names = [str(member_id) for member_id in ids]
    rows = session.execute(
        select(Letter.object_id, Letter.period).where(Letter.kind == KIND, Letter.object_id.in_(names))
    )
    written = {(row.object_id, row.period) for row in rows}
    refused, shown = _list_refused(session, ids, now), _list_shown(session, keys, ids)
    return [
        (member_id, reminder)
        for member_id, reminder in due.items()
        if entitled[member_id].has_access
        and member_id not in refused
        and member_id in shown
        and (str(member_id), str(reminder.number)) not in written
    ]


def _list_refused(session: Session, ids: Sequence[int], now: datetime) -> set[int]:
    """Members to whose address the newest letter of the last weeks could not be sent: it was refused, or given up."""
    ended = (Letter.state != "queued", Letter.created_at > now - _BOUNCES_KNOWN_FOR)
    query = select(Member.id, Letter.state).join(Letter, (Letter.member_id == Member.id) & (Letter.to == Member.email))
    rows = session.execute(query.where(Member.id.in_(ids), *ended).order_by(Letter.created_at, Letter.id))
    newest: dict[int, str] = {}
    for member_id, state in rows:
        newest[member_id] = state
    return {member_id for member_id, state in newest.items() if state == "dead"}


def _list_shown(session: Session, keys: Keys, ids: Sequence[int]) -> set[int]:
    """Members whose first live link, which the letter names, can be shown: its key is not lost, nor was it imported."""
    live = (FeedLink.replaced_at.is_(None), FeedLink.revoked_at.is_(None))
    query = select(FeedLink).where(FeedLink.member_id.in_(ids), *live).order_by(FeedLink.id)
    first: dict[int, FeedLink] = {}
    for link in session.scalars(query):
        first.setdefault(link.member_id, link)
    return {member_id for member_id, link in first.items() if feed_tokens.show_link(keys, link) is not None}


def _write(session: Session, keys: Keys, sender: Sender, member_id: int, reminder: Reminder, now: datetime) -> bool:
    """Writes one letter, unless what it says is not true any more; whether it was written."""
    member = session.scalar(select(Member).where(Member.id == member_id, *_who_waits()))
    if member is None or member.email is None or not get_entitlement(session, member_id, now).has_access:
        return False
    link = feed_tokens.list_links(session, member_id)[0]
    shown = feed_tokens.show_link(keys, link)
    if shown is None:
        return False
    code = setup_codes.make_setup_code(keys, link, now=now, lifetime=setup_codes.LIFETIME_IN_LETTERS)
    stop_link = sender.link(f"/reminders/{make_stop_token(keys, member_id)}", member.language)
    say = gettext(member.language).gettext
    return write_letter(
        session,
        sender,
        kind=KIND,
        to=member.email,
        language=member.language,
        values={
            "is_last": reminder is REMINDERS[-1],
            "setup_link": sender.link(f"/add/{code}", member.language),
            "feed_link": sender.base_url + feed_tokens.write_feed_path(shown.feed_token),
            "by_hand": [(app.name, say(app.by_hand)) for app in APPS if app.by_hand],
            "episodes_link": sender.link("/episodes/", member.language),
            "stop_link": stop_link,
        },
        # Mailboxes show a button of their own for it. Source: RFC 2369 section 3.2, RFC 8058.
        headers={"List-Unsubscribe": f"<{stop_link}>", "List-Unsubscribe-Post": "List-Unsubscribe=One-Click"},
        object_id=str(member_id),
        period=str(reminder.number),
        member_id=member_id,
    )


# ---- no more of these


def make_stop_token(keys: Keys, member_id: int) -> str:
    """What a letter's link carries to say who wants no more of them; it opens nothing else, and does not end."""
    return str(_make_serializer(keys).dumps(member_id))


def read_stop_token(keys: Keys, token: str) -> int:
    """The member's id. Raises NotFound for a token that is not ours."""
    try:
        return int(_make_serializer(keys).loads(token))
    except (BadSignature, TypeError, ValueError) as problem:
        raise NotFound(LINK_OVER) from problem


def want(session: Session, member_id: int, now: datetime, *, are_wanted: bool) -> None:
    """Sets whether a member takes reminders; asked for twice, the first time counts."""
    differs = Member.no_reminders_at.is_not(None) if are_wanted else Member.no_reminders_at.is_(None)
    changed = update(Member).where(Member.id == member_id, differs)
    session.execute(changed.values(no_reminders_at=None if are_wanted else now))


def _make_serializer(keys: Keys) -> URLSafeSerializer:
    return URLSafeSerializer(keys.sign_with(KEY_PURPOSE), salt="reminders")
