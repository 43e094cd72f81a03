"""``/v1/payment_intents``, ``/v1/charges``, ``/v1/refunds`` and ``/v1/disputes``."""

from podcastsvc.billing.standin.api.lists import PAGING, answer_list
from podcastsvc.billing.standin.books import disputes, refunds
from podcastsvc.billing.standin.books.disputes import EVIDENCE
from podcastsvc.billing.standin.forms import Params
from podcastsvc.billing.standin.refusals import invalid, needed
from podcastsvc.billing.standin.work import Body, Work

LIST_INTENTS = PAGING | {"created", "customer", "customer_account"}
LIST_CHARGES = PAGING | {"created", "customer", "payment_intent", "transfer_group"}
CREATE_REFUND = frozenset(
    "amount charge currency customer expand instructions_email metadata origin payment_intent reason"
    " refund_application_fee reverse_transfer".split()
)
UPDATE_REFUND = frozenset({"expand", "metadata"})
LIST_REFUNDS = PAGING | {"charge", "created", "payment_intent"}
UPDATE_DISPUTE = frozenset({"evidence", "expand", "intended_submission_method", "metadata", "submit"})
LIST_DISPUTES = PAGING | {"charge", "created", "payment_intent"}


def retrieve_intent(work: Work, params: Params, intent_id: str) -> Body:
    return work.get("payment_intent", intent_id)


def list_intents(work: Work, params: Params) -> Body:
    customer = params.text("customer")
    return answer_list(work, params, "/v1/payment_intents", work.rows("payment_intent", customer))


def retrieve_charge(work: Work, params: Params, charge_id: str) -> Body:
    return work.get("charge", charge_id)


def list_charges(work: Work, params: Params) -> Body:
    intent = params.text("payment_intent")
    return answer_list(
        work,
        params,
        "/v1/charges",
        work.rows("charge", params.text("customer")),
        lambda body: not intent or body["payment_intent"] == intent,
    )


def create_refund(work: Work, params: Params) -> Body:
    return refunds.refund(
        work,
        _charge_to_refund(work, params),
        amount=params.whole("amount"),
        reason=params.choice("reason", ("duplicate", "fraudulent", "requested_by_customer")),
        metadata=params.metadata(),
    )


def _charge_to_refund(work: Work, params: Params) -> Body:
    if params.has("charge"):
        return work.get("charge", params.text("charge"), "charge")
    if not params.has("payment_intent"):
        raise needed("payment_intent")
    intent = work.get("payment_intent", params.text("payment_intent"), "payment_intent")
    if intent["status"] != "succeeded":
        raise invalid(
            f"This PaymentIntent ({intent['id']}) does not have a successful charge to refund.", "payment_intent"
        )
    return work.get("charge", intent["latest_charge"])


def retrieve_refund(work: Work, params: Params, refund_id: str) -> Body:
    return work.get("refund", refund_id)


def update_refund(work: Work, params: Params, refund_id: str) -> Body:
    refund = work.get("refund", refund_id)
    refund["metadata"] = params.metadata(refund["metadata"])
    return work.change(refund, "refund.updated")


def list_refunds(work: Work, params: Params) -> Body:
    wanted = {name: params.text(name) for name in ("charge", "payment_intent")}
    return answer_list(
        work,
        params,
        "/v1/refunds",
        work.rows("refund"),
        lambda body: all(not value or body[name] == value for name, value in wanted.items()),
    )


def retrieve_dispute(work: Work, params: Params, dispute_id: str) -> Body:
    return work.get("dispute", dispute_id)


def update_dispute(work: Work, params: Params, dispute_id: str) -> Body:
    """Evidence is kept as it is sent; ``submit`` puts the dispute under review."""
    dispute = work.get("dispute", dispute_id)
    dispute["metadata"] = params.metadata(dispute["metadata"])
    sent = params.nested("evidence")
    sent.refuse_unknown(frozenset(EVIDENCE) | {"enhanced_evidence"})
    for name in sent.values:
        if name != "enhanced_evidence":
            dispute["evidence"][name] = sent.text(name, max_chars=20_000) or None
    dispute["evidence_details"]["has_evidence"] = any(dispute["evidence"][name] for name in EVIDENCE)
    if params.flag("submit", default=bool(sent.values)) and dispute["status"] in _REVIEWED:
        dispute["status"] = _REVIEWED[dispute["status"]]
        dispute["evidence_details"]["submission_count"] += 1
    return work.change(dispute, "charge.dispute.updated")


_REVIEWED = {"needs_response": "under_review", "warning_needs_response": "warning_under_review"}


def close_dispute(work: Work, params: Params, dispute_id: str) -> Body:
    """Giving in: the dispute is lost."""
    dispute = work.get("dispute", dispute_id)
    if dispute["status"] in {"won", "lost", "warning_closed"}:
        raise invalid("This dispute is already closed.")
    disputes.close_dispute(work, dispute, "lost")
    return work.get("dispute", dispute_id)


def list_disputes(work: Work, params: Params) -> Body:
    wanted = {name: params.text(name) for name in ("charge", "payment_intent")}
    return answer_list(
        work,
        params,
        "/v1/disputes",
        work.rows("dispute"),
        lambda body: all(not value or body[name] == value for name, value in wanted.items()),
    )
