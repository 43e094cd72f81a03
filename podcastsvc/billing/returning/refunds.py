"""Money back by the host's page: in full or part, with or without an end of what it bought (``payments.md`` 13)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from podcastsvc.billing import apply, owing
from podcastsvc.billing.account import require_account
from podcastsvc.billing.calls import payments
from podcastsvc.billing.desk import Desk
from podcastsvc.billing.gateway import Missing, Refused
from podcastsvc.billing.kinds import gifts
from podcastsvc.billing.returning import effects, requests
from podcastsvc.errors import Conflict, Invalid, NotFound
from podcastsvc.kit import clock
from podcastsvc.kit.language import N_
from podcastsvc.kit.money import Money
from podcastsvc.storage import jobs
from podcastsvc.storage.tables.billing import Payment

REFUND_JOB = "payment.refund"
NO_PAYMENT = N_("There is no such payment.")
CHANGED = N_("Something was given back since this page was opened. Look at it again.")
TOO_MUCH = N_("Enter an amount that is not above what is left of the payment.")
DISPUTED = N_("The bank has taken this payment back, or may do so, so it cannot be returned here.")


@dataclass(frozen=True, slots=True)
class RefundWish:
    """What a host has decided. ``number`` is how many refunds of ours the page showed, so that a form sent twice, or in
    two windows, gives money back once. ``by`` is the host."""

    payment_id: str
    money: Money
    ends_access: bool
    number: int
    by: int


def check_dispute(desk: Desk, payment_id: str) -> None:
    """Raises Conflict for a disputed payment, unless Stripe says that it can be returned."""
    with desk.db.reading() as session:
        row = session.get(Payment, payment_id)
    if row is None or row.dispute_state is None:
        return
    dispute = payments.find_dispute_of(desk.gateway, payment_id)
    if dispute is not None and not dispute.is_refundable:
        raise Conflict(DISPUTED)


def decide(session: Session, wish: RefundWish, account: tuple[str, bool], now: datetime) -> dict[str, Any]:
    """Writes a refund down, with the job that carries it out whatever happens to this process; the job's payload.

    ``account`` is ours at Stripe and its mode. Raises NotFound, Conflict where the page was out of date, Invalid for an
    amount above what is left.
    """
    row = session.get(Payment, wish.payment_id, with_for_update=True)
    if row is None or row.paid_at is None or (row.account, row.livemode) != account:
        raise NotFound(NO_PAYMENT)
    if row.refunds_made != wish.number:
        raise Conflict(CHANGED)
    left = row.amount_minor - row.refunded_minor
    if wish.money.currency != row.currency or not 0 < wish.money.amount_minor <= left:
        raise Invalid(TOO_MUCH, fields={"amount": TOO_MUCH})
    row.refunds_made += 1
    payload = {
        "payment": row.stripe_id,
        "amount": wish.money.amount_minor,
        "currency": row.currency,
        "number": row.refunds_made,
        "ends_access": wish.ends_access,
    }
    key = f"{REFUND_JOB}:{row.stripe_id}:{row.refunds_made}"
    jobs.enqueue(session, REFUND_JOB, payload, unique_key=key, max_attempts=jobs.NO_LAST_ATTEMPT)
    requests.close_returned(session, row.stripe_id, by=wish.by, now=now)
    return payload


def carry_out(desk: Desk, payload: Mapping[str, Any]) -> bool:
    """Gives the money back, mirrors it, ends what it bought where the host said so, and writes to the member. The handler
    of ``payment.refund``, which the page runs too, so that the host sees the outcome.

    False where Stripe refuses for good: the hosts are told. Every step can be repeated.
    """
    require_account(desk)
    payment_id, number = str(payload["payment"]), int(payload["number"])
    money = Money(int(payload["amount"]), str(payload["currency"]))
    try:
        if not payments.has_refunded(desk.gateway, payment_id, number):
            payments.refund(desk.gateway, payment_id, money, "requested_by_customer", number=number)
    except (Refused, Missing):
        with desk.db.transaction() as session:
            owing.owe_note(session, "host_refund_refused", payment_id, str(number))
        return False
    apply.sync_payment(desk, payment_id)
    with desk.db.transaction() as session:
        row = session.get(Payment, payment_id)
        if row is None:
            return True
        if payload["ends_access"]:
            effects.end_bought(session, row, clock.now())
        elif row.kind == "gift" and row.order_id is not None and row.refunded_minor >= row.amount_minor:
            gifts.end_refunded(session, row.order_id, clock.now(), end_access=False)
        ended = "1" if payload["ends_access"] else ""
        owing.owe_payment_letter(
            session, "refunded", payment_id, str(number), amount=str(money.amount_minor), ended=ended
        )
    return True
