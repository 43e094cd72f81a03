"""Working on a stored notice: fetch what changed, write it, mark the notice; try again later where that fails."""

import logging
from collections.abc import Callable
from datetime import datetime, timedelta

from sqlalchemy import delete, func, or_, select, update
from sqlalchemy.orm import Session

from podcastsvc.billing import apply, customers, fulfil, owing
from podcastsvc.billing.calls import payments, reading
from podcastsvc.billing.calls.writing import NOTICE_TYPES
from podcastsvc.billing.desk import Desk
from podcastsvc.billing.facts import NoticeFacts
from podcastsvc.billing.gateway import Gateway, any_of
from podcastsvc.billing.webhooks import enqueue_work
from podcastsvc.errors import Failure, NotFound
from podcastsvc.kit import clock
from podcastsvc.kit.language import N_, sentence
from podcastsvc.members import attempts
from podcastsvc.storage.inserts import change_rows
from podcastsvc.storage.tables.billing import Notice, Subscription

log = logging.getLogger(__name__)

KEPT_FOR = timedelta(days=400)
# After each failure; after the last one the notice is dead and the host is told.
WAITS = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 30, 120, 360, 1440))


def work(desk: Desk, notice_id: str) -> None:
    """Does what a notice calls for, once or again: each step writes Stripe's present state. The handler of ``notice.work``."""
    with desk.db.reading() as session:
        notice = session.get(Notice, notice_id)
    if notice is None or notice.state in {"done", "ignored"}:
        return
    try:
        _WORK.get(notice.object_kind, _ignore)(desk, notice.object_id, notice.object_kind)
    except NotFound:
        # Another product's on the same account, or gone from both sides: nothing of ours changed.
        _close(desk, notice, "ignored")
    except Failure as problem:
        _fail(desk, notice, problem.message)
    except Exception as problem:
        # The edge of this work: whatever it was, the notice must be tried again at its own times.
        log.exception("notice failed", extra={"notice": notice_id, "type": notice.type})
        _fail(desk, notice, type(problem).__name__)
    else:
        _close(desk, notice, "done")


def _work_checkout(desk: Desk, object_id: str, _kind: str) -> None:
    fulfil.fulfil_now(desk, object_id)


def _work_subscription(desk: Desk, object_id: str, _kind: str) -> None:
    apply.sync_subscription(desk, object_id)


def _work_invoice(desk: Desk, object_id: str, _kind: str) -> None:
    apply.sync_invoice(desk, object_id)


def _work_payment(desk: Desk, object_id: str, kind: str) -> None:
    payment_id = payments.find_payment_of(desk.gateway, kind, object_id)
    if payment_id is None:
        raise NotFound(N_("This charge belongs to no payment of ours."))
    apply.sync_payment(desk, payment_id, may_be_disputed=kind == "dispute")


def _work_customer(desk: Desk, object_id: str, _kind: str) -> None:
    for subscription_id in customers.sync_customer(desk, object_id):
        apply.sync_subscription(desk, subscription_id)


def _ignore(_desk: Desk, _object_id: str, kind: str) -> None:
    raise NotFound(sentence("Objects of kind %(kind)s mean nothing to us.", kind=repr(kind)))


_WORK: dict[str, Callable[[Desk, str, str], None]] = {
    "checkout.session": _work_checkout,
    "subscription": _work_subscription,
    "invoice": _work_invoice,
    "charge": _work_payment,
    "refund": _work_payment,
    "dispute": _work_payment,
    "customer": _work_customer,
}


def _close(desk: Desk, notice: Notice, state: str) -> None:
    now = clock.now()
    closing = (
        update(Notice)
        .where(Notice.notice_id == notice.notice_id, Notice.state.not_in(("done", "ignored")))
        .values(state=state, attempts=Notice.attempts + 1, done_at=now, next_try_at=None, error=None)
    )
    with desk.db.transaction() as session:
        if change_rows(session, closing) and notice.type == "invoice.payment_failed":
            _note_failed_card(session, notice, now)


def _note_failed_card(session: Session, notice: Notice, now: datetime) -> None:
    """Counts a card that failed just now, whoever brought the notice; one that comes late counts for nobody's hour."""
    is_late = now - notice.created_at > attempts.FAILED_CARDS.window
    query = select(Subscription.member_id).where(Subscription.latest_invoice == notice.object_id)
    member_id = None if is_late else session.scalar(query)
    if member_id is not None:
        attempts.note_failed_card(session, member_id, now)


def _fail(desk: Desk, notice: Notice, why: str) -> None:
    now = clock.now()
    is_last = notice.attempts >= len(WAITS)
    next_try_at = None if is_last else now + WAITS[notice.attempts]
    with desk.db.transaction() as session:
        session.execute(
            update(Notice)
            .where(Notice.notice_id == notice.notice_id, Notice.attempts == notice.attempts)
            .values(
                state="dead" if is_last else "failed",
                attempts=notice.attempts + 1,
                next_try_at=next_try_at,
                error=why[:500],
            )
        )
        if next_try_at is not None:
            enqueue_work(session, notice.notice_id, notice.attempts + 1, next_try_at)
        else:
            owing.owe_note(session, "host_dead_notice", notice.notice_id, notice.type)
    level = logging.ERROR if is_last else logging.WARNING
    log.log(level, "notice not worked on", extra={"notice": notice.notice_id, "type": notice.type, "why": why[:200]})


def list_past(gateway: Gateway, since: datetime) -> list[NoticeFacts]:
    """All notices of our types that Stripe has sent since then, oldest first. Stripe keeps 30 days."""
    params = any_of({"types": [*NOTICE_TYPES], "created": {"gte": int(since.timestamp())}, "limit": 100})
    return gateway.fetch_all(reading.read_notice, lambda client: client.v1.events.list(params))[::-1]


def retry_dead(session: Session, now: datetime) -> int:
    """Gives dead notices, and failed ones that lost their job, another round; how many."""
    lost = (Notice.state == "failed") & (Notice.next_try_at < now - timedelta(days=1))
    found = list(session.scalars(select(Notice).where(or_(Notice.state == "dead", lost))))
    for notice in found:
        notice.state, notice.attempts, notice.next_try_at = "failed", 0, now
        enqueue_work(session, notice.notice_id, 0, now)
    return len(found)


def count_states(session: Session) -> dict[str, int]:
    """How many notices are in each state, for the check."""
    rows = session.execute(select(Notice.state, func.count().label("many")).group_by(Notice.state)).all()
    return {row.state: row.many for row in rows}


def sweep(session: Session, now: datetime) -> None:
    """Removes notices that ended more than 400 days ago."""
    ended = Notice.state.in_(("done", "ignored"))
    session.execute(delete(Notice).where(ended, Notice.received_at < now - KEPT_FOR))
