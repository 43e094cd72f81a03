"""Members who ask for money back, and the host's answers (``payments.md`` 12)."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from podcastsvc.billing import owing
from podcastsvc.errors import Conflict, Invalid, NotFound
from podcastsvc.kit.language import N_
from podcastsvc.kit.text import clean_text
from podcastsvc.storage.inserts import change_rows, insert_if_absent
from podcastsvc.storage.tables.billing import Payment
from podcastsvc.storage.tables.member import Member
from podcastsvc.storage.tables.refund import RefundRequest

LONGEST_CHARS = 2000
NO_REQUEST = N_("There is no such request.")
ASKED_BEFORE = N_("You have asked for this payment before.")
NOTHING_LEFT = N_("This payment has come back already.")
SAY_WHY = N_("Say in a sentence what went wrong.")
ANSWER = N_("Write them a sentence or two.")
CLOSED = N_("This request was answered already.")


@dataclass(frozen=True, slots=True)
class OpenRequest:
    """One request in the host's queue, with the payment it is about."""

    request: RefundRequest
    payment: Payment
    member: Member | None


def ask(session: Session, member_id: int, payment_id: str, reason: str, now: datetime) -> None:
    """Puts a request into the hosts' queue and tells them. Raises NotFound, Conflict or Invalid."""
    row = get_own_payment(session, member_id, payment_id)
    text = _read_text(reason, SAY_WHY, "reason")
    if row.refunded_minor >= row.amount_minor:
        raise Conflict(NOTHING_LEFT)
    values = {"payment_id": payment_id, "member_id": member_id, "reason": text, "answer": "", "created_at": now}
    if not insert_if_absent(session, RefundRequest, {**values, "state": "open"}):
        raise Conflict(ASKED_BEFORE)
    owing.owe_note(session, "host_asked_back", payment_id)


def decline(session: Session, request_id: int, answer: str, *, by: int, now: datetime) -> str:
    """Answers no, by letter; the payment's id. Raises NotFound, Invalid without an answer, Conflict for one that is closed."""
    row = session.get(RefundRequest, request_id)
    if row is None:
        raise NotFound(NO_REQUEST)
    values = {"state": "declined", "answer": _read_text(answer, ANSWER, "answer"), "closed_at": now, "closed_by": by}
    still_open = (RefundRequest.id == request_id, RefundRequest.state == "open")
    if not change_rows(session, update(RefundRequest).where(*still_open).values(**values)):
        raise Conflict(CLOSED)
    owing.owe_payment_letter(session, "refund_declined", row.payment_id, str(row.id))
    return row.payment_id


def close_returned(session: Session, payment_id: str, *, by: int, now: datetime) -> None:
    """Closes the open request for a payment that goes back, in full or part."""
    still_open = (RefundRequest.payment_id == payment_id, RefundRequest.state == "open")
    session.execute(update(RefundRequest).where(*still_open).values(state="refunded", closed_at=now, closed_by=by))


def find_request(session: Session, payment_id: str) -> RefundRequest | None:
    """What was asked about a payment, answered or not."""
    return session.scalar(select(RefundRequest).where(RefundRequest.payment_id == payment_id))


def list_states(session: Session, member_id: int) -> dict[str, str]:
    """A member's requests as ``{payment: state}``."""
    query = select(RefundRequest.payment_id, RefundRequest.state).where(RefundRequest.member_id == member_id)
    return {row.payment_id: row.state for row in session.execute(query)}


def list_open(session: Session) -> list[OpenRequest]:
    """The hosts' queue, oldest first."""
    query = (
        select(RefundRequest, Payment, Member)
        .join(Payment, Payment.stripe_id == RefundRequest.payment_id)
        .outerjoin(Member, Member.id == RefundRequest.member_id)
        .where(RefundRequest.state == "open")
        .order_by(RefundRequest.created_at, RefundRequest.id)
    )
    return [OpenRequest(row[0], row[1], row[2]) for row in session.execute(query)]


def count_open(session: Session) -> int:
    """How many wait for an answer."""
    query = select(func.count()).select_from(RefundRequest).where(RefundRequest.state == "open")
    return session.scalar(query) or 0


def get_own_payment(session: Session, member_id: int, payment_id: str) -> Payment:
    """A member's own payment. Raises NotFound for anybody else's."""
    row = session.get(Payment, payment_id)
    if row is None or row.member_id != member_id or row.paid_at is None:
        raise NotFound(N_("There is no such receipt."))
    return row


def _read_text(raw: str, missing: str, field: str) -> str:
    text = clean_text(raw).strip()[:LONGEST_CHARS]
    if not text:
        raise Invalid(missing, fields={field: missing})
    return text
