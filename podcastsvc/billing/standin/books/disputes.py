"""Disputes: a bank takes a payment back, or only asks about it; and how that ends."""

from typing import Literal

from podcastsvc.billing.standin.books.payments import card_of
from podcastsvc.billing.standin.books.periods import DAY
from podcastsvc.billing.standin.work import Body, Work, make_id

EVIDENCE = (
    "access_activity_log billing_address cancellation_policy cancellation_policy_disclosure cancellation_rebuttal"
    " customer_communication customer_email_address customer_name customer_purchase_ip customer_signature"
    " duplicate_charge_documentation duplicate_charge_explanation duplicate_charge_id product_description receipt"
    " refund_policy refund_policy_disclosure refund_refusal_explanation service_date service_documentation"
    " shipping_address shipping_carrier shipping_date shipping_documentation shipping_tracking_number"
    " uncategorized_file uncategorized_text"
).split()


def open_dispute(work: Work, charge: Body) -> None:
    """The bank of a disputed card speaks up. An inquiry (``warning_…``) moves no money."""
    method = work.find(charge["payment_method"] or "", "payment_method")
    status = card_of(method).dispute if method else "needs_response"
    inquiry = status.startswith("warning")
    dispute = work.put(
        {
            "id": make_id("dp"),
            "object": "dispute",
            "amount": charge["amount"],
            "balance_transactions": [],
            "charge": charge["id"],
            "created": work.now,
            "currency": charge["currency"],
            "enhanced_eligibility_types": [],
            "evidence": dict.fromkeys(EVIDENCE) | {"enhanced_evidence": {}},
            "evidence_details": {
                "due_by": work.now + 7 * DAY,
                "enhanced_eligibility": {},
                "has_evidence": False,
                "past_due": False,
                "submission_count": 0,
            },
            "is_charge_refundable": inquiry,
            "livemode": False,
            "metadata": {},
            "payment_intent": charge["payment_intent"],
            "payment_method_details": {
                "card": {
                    "brand": "visa",
                    "case_type": "inquiry" if inquiry else "chargeback",
                    "network": "visa",
                    "network_reason_code": "10.4",
                },
                "type": "card",
            },
            "reason": "fraudulent",
            "status": status,
            "_customer": charge["customer"],
        }
    )
    charge["disputed"] = not inquiry
    work.put(charge)
    work.emit("charge.dispute.created", dispute)


def close_dispute(work: Work, dispute: Body, ending: Literal["won", "lost"]) -> None:
    """The bank has decided. An inquiry just closes."""
    inquiry = dispute["status"].startswith("warning")
    dispute |= {"status": "warning_closed" if inquiry else ending, "is_charge_refundable": inquiry}
    work.put(dispute)
    if not inquiry and ending == "won":
        charge = work.get("charge", dispute["charge"])
        work.put(charge | {"disputed": False})
    work.emit("charge.dispute.closed", dispute)
