"""The overview: the clock, the notices sent with their answers, what waits for a bank, and faults as switches."""

import json
from dataclasses import fields
from sqlite3 import Row
from typing import get_args

from werkzeug.wrappers import Response

from podcastsvc.billing.standin import clock, notices
from podcastsvc.billing.standin.books import checkout, disputes, refunds
from podcastsvc.billing.standin.books.subscriptions import period_end
from podcastsvc.billing.standin.faults import Answering, Async, Ending, Faults, read_faults
from podcastsvc.billing.standin.pages.view import View
from podcastsvc.billing.standin.refusals import invalid, missing
from podcastsvc.billing.standin.work import Body, Work
from podcastsvc.kit.language import N_

SHOWN = 40
STEPS = (1, 3, 7, 14, 31, 365)

SWITCHES = {
    "duplicate_notices": N_("Send each notice twice"),
    "reorder_notices": N_("Send waiting notices newest first"),
    "drop_notices": N_("Lose notices"),
    "refunds_fail": N_("Refunds fail a day later"),
    "finalizing_fails": N_("Renewals cannot be finalized"),
}
ANSWERS = {
    "": N_("Answer as usual"),
    "429": N_("Too many requests (429)"),
    "500": N_("Error (500)"),
    "time-out": N_("No answer in time"),
    "cut": N_("Cut the connection"),
    "answer-lost": N_("Do it, then lose the answer"),
}
BANKS = {
    "": N_("Pay at once"),
    "succeeds": N_("Wait three days, then pay"),
    "fails": N_("Wait three days, then fail"),
    "waits": N_("Wait until decided here"),
}
ENDINGS = {
    "cancel": N_("End the subscription"),
    "unpaid": N_("Mark it unpaid"),
    "past_due": N_("Leave it past due"),
}


def show(view: View) -> Response:
    with view.standin.work(writes=False) as work:
        return _page(view, work)


def _page(view: View, work: Work, *, errors: dict[str, str] | None = None) -> Response:
    return view.show(
        "overview",
        status=422 if errors else 200,
        now=work.now,
        ahead_days=(work.now - work.wall) // 86400,
        steps=STEPS,
        most_days=clock.MAX_DAYS,
        faults=work.faults,
        switches=SWITCHES,
        answers={word: ANSWERS[word] for word in get_args(Answering)},
        banks={word: BANKS[word] for word in get_args(Async)},
        endings={word: ENDINGS[word] for word in get_args(Ending)},
        waiting=notices.count_waiting(work),
        sent=[_describe(row, event) for row, event in notices.list_latest(work, SHOWN)],
        subscriptions=[_subscription(work, one) for one in _first(work, "subscription")],
        checkouts=[one for one in _first(work, "checkout.session") if _interesting(one)],
        disputes=[one for one in _first(work, "dispute") if one["status"] not in {"won", "lost", "warning_closed"}],
        refunds=[one for one in _first(work, "refund") if one["status"] == "succeeded"],
        errors=errors or {},
    )


def _first(work: Work, kind: str) -> list[Body]:
    return [body for body in work.rows(kind) if not body.get("deleted")][:SHOWN]


def _interesting(session: Body) -> bool:
    waits = session["status"] == "complete" and session["payment_status"] == "unpaid"
    return bool(session["status"] == "open" or waits)


def _describe(row: Row, event: Body) -> Body:
    """A notice as the table shows it."""
    return {
        "serial": row["serial"],
        "type": event["type"],
        "created": event["created"],
        "state": row["state"],
        "attempts": row["attempts"],
        "answer": row["answer"],
        "body": json.dumps(event["data"], indent=1),
    }


def _subscription(work: Work, subscription: Body) -> Body:
    customer = work.find(subscription["customer"], "customer") or {}
    return {
        "id": subscription["id"],
        "status": subscription["status"],
        "email": customer.get("email") or "",
        "price": subscription["items"]["data"][0]["price"],
        "period_end": period_end(subscription),
        "cancel_at": subscription["cancel_at"],
        "ended_at": subscription["ended_at"],
    }


def advance(view: View) -> Response:
    typed = view.field("days", 10)
    try:
        view.standin.advance(float(typed))
    except (ValueError, OverflowError):
        with view.standin.work(writes=False) as work:
            text = view.gettext(N_("Enter a number of days above 0, at most %(most)s.")) % {"most": clock.MAX_DAYS}
            return _page(view, work, errors={"days": text})
    return view.go("/")


def set_faults(view: View) -> Response:
    sent = {field.name: view.field(field.name) for field in fields(Faults) if view.field(field.name)}
    try:
        faults = read_faults({} if view.field("do") == "clear" else sent)
    except ValueError:
        with view.standin.work(writes=False) as work:
            return _page(view, work, errors={"faults": view.gettext(N_("Numbers must be whole and not below 0."))})
    view.standin.set_faults(faults)
    return view.go("/#faults")


def send_again(view: View, serial: str) -> Response:
    with view.standin.work() as work:
        notices.send_again(work, int(serial))
    return view.go("/#notices")


def settle_checkout(view: View, session_id: str, ending: str) -> Response:
    with view.standin.work() as work:
        checkout.settle(work, work.get("checkout.session", session_id), succeeds=ending == "paid")
    return view.go("/")


def close_dispute(view: View, dispute_id: str, ending: str) -> Response:
    with view.standin.work() as work:
        dispute = work.get("dispute", dispute_id)
        if dispute["status"] in {"won", "lost", "warning_closed"}:
            raise invalid("This dispute is already closed.")
        disputes.close_dispute(work, dispute, "won" if ending == "won" else "lost")
    return view.go("/")


def fail_refund(view: View, refund_id: str) -> Response:
    with view.standin.work() as work:
        refund = work.find(refund_id, "refund")
        if refund is None:
            raise missing("refund", refund_id)
        refunds.fail(work, refund)
    return view.go("/")
