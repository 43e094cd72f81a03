"""Letters about money that goes back, or does not."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy.orm import Session

from podcastsvc.billing.desk import Desk
from podcastsvc.billing.returning import requests
from podcastsvc.kit.money import Money
from podcastsvc.mail.letters import write_letter
from podcastsvc.members import accounts
from podcastsvc.storage.tables.billing import Order, Payment

Values = dict[str, Any]


def write_of_payment(session: Session, desk: Desk, payload: Mapping[str, Any]) -> None:
    """Writes ``refunded`` or ``refund_declined`` to whoever paid; to nobody where the account is gone."""
    payment = session.get(Payment, str(payload["payment"]))
    if payment is None:
        return
    member = accounts.find(session, payment.member_id) if payment.member_id is not None else None
    order = session.get(Order, payment.order_id) if payment.order_id is not None else None
    to = member.email if member is not None else order.email if order is not None else None
    if to is None:
        return
    language = member.language if member is not None else order.language if order is not None else "en"
    write_letter(
        session,
        desk.sender,
        kind=str(payload["kind"]),
        to=to,
        language=language,
        values=_write_values(session, desk, payload, payment, language),
        object_id=payment.stripe_id,
        period=str(payload["period"]),
        member_id=payment.member_id,
    )


def _write_values(session: Session, desk: Desk, payload: Mapping[str, Any], payment: Payment, language: str) -> Values:
    values: Values = {
        "paid": Money(payment.amount_minor, payment.currency).format(language),
        "paid_on": desk.local(payment.paid_at),
    }
    if payload["kind"] == "refunded":
        amount = Money(int(payload["amount"]), payment.currency)
        return values | {
            "amount": amount.format(language),
            "is_whole": amount.amount_minor >= payment.amount_minor,
            "has_ended": bool(payload["ended"]),
        }
    request = requests.find_request(session, payment.stripe_id)
    return values | {"answer": request.answer if request is not None else ""}
