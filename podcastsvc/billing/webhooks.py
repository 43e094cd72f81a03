"""Receiving notices: checked, stored once, answered. What they lead to is worked on by a job, after the answer."""

import logging
from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum

from sqlalchemy.orm import Session

from podcastsvc.billing.calls.writing import NOTICE_TYPES
from podcastsvc.billing.facts import NoticeFacts
from podcastsvc.billing.gateway import verify
from podcastsvc.errors import Invalid
from podcastsvc.kit.clock import from_timestamp
from podcastsvc.kit.language import N_
from podcastsvc.members.subscriptions import Account, find_account
from podcastsvc.storage import jobs
from podcastsvc.storage.db import Database
from podcastsvc.storage.inserts import insert_if_absent
from podcastsvc.storage.tables.billing import Notice

log = logging.getLogger(__name__)

WORK_JOB = "notice.work"
MOST_BYTES = 1024 * 1024


class Received(StrEnum):
    """What became of a notice. All three are answered with 200; bad ones raise Invalid (400), a full disk Unavailable (503)."""

    STORED = "stored"
    KNOWN = "known"
    IGNORED = "ignored"


def receive(db: Database, secrets: Sequence[str], body: bytes, header: str | None, now: datetime) -> Received:
    """Checks a body as it came and stores which object changed. Raises as ``read`` and ``store_all`` do."""
    return store_all(db, [read(secrets, body, header)], now)[0]


def read(secrets: Sequence[str], body: bytes, header: str | None) -> NoticeFacts:
    """The notice in a body that nothing has parsed yet.

    Raises Invalid for a body that is too long, unsigned or unreadable, Misconfigured without a secret.
    """
    if len(body) > MOST_BYTES:
        raise Invalid(N_("The notice is too long."))
    return verify(body, header, secrets)


def store_all(db: Database, notices: Sequence[NoticeFacts], now: datetime) -> list[Received]:
    """Stores which objects changed, in one transaction.

    Raises Unavailable where the rows could not be written: Stripe then sends the notices again, for three days.
    """
    with db.transaction() as session:
        return [store(session, notice, now) for notice in notices]


def store(session: Session, notice: NoticeFacts, now: datetime) -> Received:
    """Writes a notice and its job, once. Those of another mode, account or type are written as ignored, to be counted."""
    wanted = _is_wanted(notice, find_account(session))
    row = {
        "notice_id": notice.id,
        "type": notice.type,
        "object_kind": notice.object_kind,
        "object_id": notice.object_id,
        # The columns keep whole seconds; a hostile year would not fit them.
        "created_at": from_timestamp(int(notice.created_at.timestamp())),
        "livemode": notice.livemode,
        "received_at": now,
        "state": "new" if wanted else "ignored",
        "attempts": 0,
        "done_at": None if wanted else now,
    }
    if not insert_if_absent(session, Notice, row):
        return Received.KNOWN
    if not wanted:
        log.info("notice ignored", extra={"notice": notice.id, "type": notice.type, "livemode": notice.livemode})
        return Received.IGNORED
    enqueue_work(session, notice.id, 0, now)
    return Received.STORED


def enqueue_work(session: Session, notice_id: str, attempt: int, run_at: datetime) -> None:
    """The job that works on a notice. Each attempt has a key of its own, for a running job still holds its key."""
    jobs.enqueue(
        session, WORK_JOB, {"notice": notice_id}, run_at=run_at, unique_key=f"notice:{notice_id}:{attempt}", priority=2
    )


def _is_wanted(notice: NoticeFacts, account: Account | None) -> bool:
    if account is None or notice.type not in NOTICE_TYPES or notice.livemode != account.livemode:
        return False
    return notice.account is None or notice.account == account.id
