"""What a change of money owes: letters, notes to the hosts, an end at Stripe. Each is a job in the caller's transaction, once."""

from datetime import datetime

from sqlalchemy.orm import Session

from podcastsvc.storage import jobs
from podcastsvc.storage.tables.billing import Order

LETTER_JOB = "billing.letter"
PAYMENT_JOB = "payment.sync"
GIVE_BACK_JOB = "order.give_back"
HOST_NOTE_JOB = "billing.host_note"
END_JOB = "subscription.end"


def owe_note(session: Session, kind: str, object_id: str, word: str = "") -> None:
    """Has each host told what needs a look; once for each kind and object."""
    note = {"kind": kind, "object": object_id, "word": word}
    jobs.enqueue(session, HOST_NOTE_JOB, note, unique_key=f"{HOST_NOTE_JOB}:{kind}:{object_id}:{word}")


def owe_letter(session: Session, kind: str, subscription_id: str, period: str) -> None:
    """Has one of a subscription's letters written; ``period`` tells one from those before it."""
    payload = {"kind": kind, "subscription": subscription_id, "period": period}
    jobs.enqueue(session, LETTER_JOB, payload, unique_key=f"{LETTER_JOB}:{kind}:{subscription_id}:{period}")


def owe_order_letter(session: Session, kind: str, order_id: str) -> None:
    """Has one of an order's letters written."""
    payload = {"kind": kind, "order": order_id}
    jobs.enqueue(session, LETTER_JOB, payload, unique_key=f"{LETTER_JOB}:{kind}:{order_id}")


def owe_payment_letter(session: Session, kind: str, payment_id: str, period: str, **values: str) -> None:
    """Has one of a payment's letters written; ``period`` tells one from those before it."""
    payload = {"kind": kind, "payment": payment_id, "period": period, **values}
    jobs.enqueue(session, LETTER_JOB, payload, unique_key=f"{LETTER_JOB}:{kind}:{payment_id}:{period}")


def owe_member_letter(session: Session, kind: str, member_id: int, **values: str) -> None:
    """Has a letter to a member written that is about no payment; ``values`` tell one from those before it."""
    payload = {"kind": kind, "member": member_id, **values}
    key = ":".join((LETTER_JOB, kind, str(member_id), *values.values()))
    jobs.enqueue(session, LETTER_JOB, payload, unique_key=key)


def owe_consultation_letter(
    session: Session, consultation_id: str, what: str, sequence: int, *, run_at: datetime | None = None
) -> None:
    """Has buyer and hosts of a consultation written to: that it is booked, moved, cancelled, or tomorrow. ``sequence``
    tells one change from those before it."""
    payload = {"kind": "consultation", "consultation": consultation_id, "what": what, "sequence": sequence}
    key = f"{LETTER_JOB}:consultation:{consultation_id}:{what}:{sequence}"
    jobs.enqueue(session, LETTER_JOB, payload, run_at=run_at, unique_key=key)


def enqueue_give_back(session: Session, order: Order) -> None:
    """Sends a paid order's money back and ends what it bought; it is tried until it is done."""
    order.state, order.browser_hash = "refunded", None
    resume_give_back(session, order.id)


def resume_give_back(session: Session, order_id: str) -> None:
    """The job of ``enqueue_give_back``, where it is not there any more."""
    payload = {"order": order_id}
    key = f"{GIVE_BACK_JOB}:{order_id}"
    jobs.enqueue(session, GIVE_BACK_JOB, payload, unique_key=key, max_attempts=jobs.NO_LAST_ATTEMPT)


def enqueue_payment(session: Session, payment_id: str) -> None:
    """Has a payment mirrored once the transaction is committed."""
    jobs.enqueue(session, PAYMENT_JOB, {"payment": payment_id}, unique_key=f"{PAYMENT_JOB}:{payment_id}")


def enqueue_end(session: Session, subscription_id: str, *, run_at: datetime | None = None) -> None:
    """Ends a subscription at Stripe, so that it charges nobody again; it is tried until it is done."""
    payload = {"subscription": subscription_id}
    key = f"{END_JOB}:{subscription_id}"
    jobs.enqueue(session, END_JOB, payload, run_at=run_at, unique_key=key, max_attempts=jobs.NO_LAST_ATTEMPT)
