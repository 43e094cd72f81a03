"""The clock: moving it, and doing in order what falls due on the way."""

from collections.abc import Callable

from podcastsvc.billing.standin.books import changes, checkout, disputes, refunds, subscriptions
from podcastsvc.billing.standin.work import Body, Work

MAX_DAYS = 1100
BATCH = 40


def _expire_checkout(work: Work, session: Body) -> None:
    if session["status"] == "open":
        checkout.expire(work, session)


def _bank_paid(work: Work, session: Body) -> None:
    checkout.settle(work, session, succeeds=True)


def _bank_refused(work: Work, session: Body) -> None:
    checkout.settle(work, session, succeeds=False)


def _cycle(work: Work, subscription: Body) -> None:
    running = subscription["status"] in {"trialing", "active", "past_due", "unpaid"}
    if running and subscriptions.period_end(subscription) == work.now:
        subscriptions.cycle(work, subscription)


def _cancel(work: Work, subscription: Body) -> None:
    if subscriptions.is_running(subscription) and subscription["cancel_at"] == work.now:
        subscriptions.end(work, subscription, "cancellation_requested")


def _warn(work: Work, subscription: Body) -> None:
    ends = subscription["trial_end"] or 0
    if subscription["status"] == "trialing" and work.now < ends <= work.now + 3 * 86400:
        work.emit("customer.subscription.trial_will_end", subscription)


def _retry(work: Work, invoice: Body) -> None:
    if invoice["status"] == "open" and invoice["next_payment_attempt"] == work.now:
        subscriptions.retry(work, invoice)


def _finalize(work: Work, invoice: Body) -> None:
    if invoice["status"] == "draft":
        subscriptions.finalize_again(work, invoice)


def _expire_update(work: Work, subscription: Body) -> None:
    pending = subscription["pending_update"]
    if pending is None or pending["expires_at"] != work.now:
        return
    changes.drop_pending(work, subscription)


_WHAT: dict[str, tuple[str, Callable[[Work, Body], None]]] = {
    "checkout.expire": ("checkout.session", _expire_checkout),
    "checkout.succeeds": ("checkout.session", _bank_paid),
    "checkout.fails": ("checkout.session", _bank_refused),
    "subscription.cycle": ("subscription", _cycle),
    "subscription.cancel": ("subscription", _cancel),
    "subscription.trial_will_end": ("subscription", _warn),
    "subscription.update_expires": ("subscription", _expire_update),
    "invoice.retry": ("invoice", _retry),
    "invoice.finalize": ("invoice", _finalize),
    "charge.dispute": ("charge", disputes.open_dispute),
    "refund.fails": ("refund", refunds.fail),
}


def has_due(work: Work) -> bool:
    """Whether anything waits that should have happened by now."""
    return work.connection.execute("SELECT 1 FROM due WHERE at <= ? LIMIT 1", (work.now,)).fetchone() is not None


def settle(work: Work, limit: int = BATCH) -> bool:
    """Does what is due, earliest first, each at its own instant; at most ``limit`` of it. Whether more waits."""
    until = work.now
    try:
        for _ in range(limit):
            row = work.connection.execute(
                "SELECT serial, at, what, object_id FROM due WHERE at <= ? ORDER BY at, serial LIMIT 1", (until,)
            ).fetchone()
            if row is None:
                return False
            work.connection.execute("DELETE FROM due WHERE serial = ?", (row["serial"],))
            kind, act = _WHAT[row["what"]]
            body = work.find(row["object_id"], kind)
            if body is not None and not body.get("deleted"):
                work.now = row["at"]
                act(work, body)
    finally:
        work.now = until
    return has_due(work)
