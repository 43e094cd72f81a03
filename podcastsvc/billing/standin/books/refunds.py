"""Refunds: giving money back, and the rare case that it does not arrive."""

from podcastsvc.billing.standin.books.periods import DAY
from podcastsvc.billing.standin.refusals import invalid
from podcastsvc.billing.standin.work import Body, Work, make_id


def refund(work: Work, charge: Body, *, amount: int | None, reason: str, metadata: dict[str, str]) -> Body:
    """Gives back all that is left of a charge, or a part. Raises Refusal where there is nothing to give back."""
    left = charge["amount_captured"] - charge["amount_refunded"]
    if not charge["paid"]:
        raise invalid(f"Charge {charge['id']} was not paid.", "charge")
    if charge["disputed"]:
        raise invalid(f"Charge {charge['id']} has been charged back; cannot issue a refund.", code="charge_disputed")
    if left == 0:
        raise invalid(f"Charge {charge['id']} has already been refunded.", code="charge_already_refunded")
    wanted = left if amount is None else amount
    if wanted < 1:
        raise invalid("Invalid positive integer", "amount", "parameter_invalid_integer")
    if wanted > left:
        raise invalid(f"Refund amount ({wanted}) is greater than unrefunded amount on charge ({left})", "amount")
    refunded = work.put(
        {
            "id": make_id("re"),
            "object": "refund",
            "amount": wanted,
            "balance_transaction": None,
            "charge": charge["id"],
            "created": work.now,
            "currency": charge["currency"],
            "customer": charge["customer"],
            "customer_account": None,
            "destination_details": {"card": {"reference_status": "pending", "type": "refund"}, "type": "card"},
            "metadata": metadata,
            "payment_intent": charge["payment_intent"],
            "payment_method": charge["payment_method"],
            "reason": reason or None,
            "receipt_number": None,
            "source_transfer_reversal": None,
            "status": "succeeded",
            "transfer_reversal": None,
        }
    )
    _count(work, charge, wanted)
    work.emit("refund.created", refunded)
    work.emit("charge.refunded", charge)
    if work.faults.refunds_fail:
        work.later(work.now + DAY, "refund.fails", refunded["id"])
    return refunded


def _count(work: Work, charge: Body, amount: int) -> None:
    charge["amount_refunded"] += amount
    charge["refunded"] = charge["amount_refunded"] == charge["amount_captured"]
    work.put(charge)


def fail(work: Work, refunded: Body) -> None:
    """The bank sends a refund back: the amount counts as paid again."""
    if refunded["status"] == "failed":
        return
    refunded |= {"status": "failed", "failure_reason": "lost_or_stolen_card"}
    work.put(refunded)
    _count(work, work.get("charge", refunded["charge"]), -refunded["amount"])
    work.emit("refund.failed", refunded)
