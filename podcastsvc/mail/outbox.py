"""The outbox: sends one letter when its job comes up, and lets go of what it said."""

import logging
from datetime import datetime, timedelta
from email import policy
from email.message import EmailMessage
from email.utils import format_datetime

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from podcastsvc.errors import Invalid, Misconfigured, Unavailable
from podcastsvc.kit import clock
from podcastsvc.mail.transports import Transport
from podcastsvc.storage.db import Database
from podcastsvc.storage.tables.letter import Letter

TRIED_FOR = timedelta(days=3)
KEPT_FOR = timedelta(days=400)

log = logging.getLogger(__name__)


def send_letter(db: Database, transport: Transport, letter_id: str) -> None:
    """Sends a queued letter; one that was sent, given up or removed is left alone. The handler of ``letter.send``.

    What it says is wiped once it is sent or given up: after a refusal for good, or three days of trying (rule T-D10).
    Raises Unavailable or Misconfigured where the queue should try again. A crash between handing over and noting it
    sends the letter twice under one Message-ID, by which mailboxes know it again.
    """
    with db.reading() as session:
        letter = session.get(Letter, letter_id)
    if letter is None or letter.state != "queued":
        return
    try:
        transport.send(build_message(letter))
    except Invalid as problem:
        _note(db, letter_id, state="dead", error=problem.message)
        log.warning("letter refused", extra={"letter": letter_id, "kind": letter.kind})
    except (Unavailable, Misconfigured) as problem:
        if clock.now() - letter.created_at < TRIED_FOR:
            _note(db, letter_id, state="queued", error=problem.message)
            raise
        _note(db, letter_id, state="dead", error=problem.message)
        log.error("letter given up", extra={"letter": letter_id, "kind": letter.kind})
    else:
        _note(db, letter_id, state="sent", error=None)
        log.info("letter sent", extra={"letter": letter_id, "kind": letter.kind})


def build_message(letter: Letter) -> EmailMessage:
    """The letter as it travels: one recipient, plain text and HTML (rule T-S7), and a calendar's file where it has one."""
    message = EmailMessage(policy=policy.SMTP)
    for name, value in letter.headers.items():
        message[name] = _break_words(value)
    message["To"] = letter.to
    message["Subject"] = _break_words(letter.subject)
    message["Date"] = format_datetime(letter.created_at)
    message["Message-ID"] = f"<{letter.id}@{message['From'].addresses[0].domain}>"
    message["Content-Language"] = letter.language
    # Keeps out-of-office answers from coming back. Source: RFC 3834 section 5.
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(letter.text or "", cte="quoted-printable")
    message.add_alternative(letter.html or "", subtype="html", cte="quoted-printable")
    if letter.calendar:
        # Calendars take an entry in by itself where the part says what is asked of them. Source: RFC 6047 section 2.4.
        method = "CANCEL" if "METHOD:CANCEL" in letter.calendar else "REQUEST"
        params = {"method": method, "charset": "utf-8"}
        message.add_attachment(letter.calendar.encode(), "text", "calendar", filename="invite.ics", params=params)
    return message


def _break_words(value: str) -> str:
    """A header's value in which no encoded word stands: Python decodes those, line ends and all, and writes them out."""
    return value.replace("=?", "= ?")


def list_recent(session: Session, *, limit: int = 100) -> list[Letter]:
    """The newest letters in any state, for the studio."""
    return list(session.scalars(select(Letter).order_by(Letter.created_at.desc(), Letter.id.desc()).limit(limit)))


def count_given_up(session: Session, since: datetime) -> int:
    """How many letters written since an instant were refused or given up."""
    query = select(func.count(Letter.id)).where(Letter.state == "dead", Letter.created_at >= since)
    return session.scalar(query) or 0


def sweep(session: Session, now: datetime) -> None:
    """Removes letters of more than 400 days ago; until then the rows prove what was sent."""
    session.execute(delete(Letter).where(Letter.state != "queued", Letter.created_at < now - KEPT_FOR))


def _note(db: Database, letter_id: str, *, state: str, error: str | None) -> None:
    values: dict[str, object] = {"state": state, "error": error, "attempts": Letter.attempts + 1}
    if state != "queued":
        values |= {"text": None, "html": None, "calendar": None, "subject": "", "headers": {}}
    if state == "sent":
        values["sent_at"] = clock.now()
    with db.transaction() as session:
        session.execute(update(Letter).where(Letter.id == letter_id, Letter.state == "queued").values(**values))
