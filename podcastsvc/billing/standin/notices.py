"""Notices: signing them as Stripe does, and sending what waits in the outbox, in order, by one worker at a time."""

import hmac
import json
import secrets
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from sqlite3 import Row

from podcastsvc.billing.standin.work import Body, Work

KINDS = (
    "checkout.session.completed",
    "checkout.session.async_payment_succeeded",
    "checkout.session.async_payment_failed",
    "checkout.session.expired",
    "customer.subscription.created",
    "customer.subscription.updated",
    "customer.subscription.deleted",
    "customer.subscription.paused",
    "customer.subscription.resumed",
    "customer.subscription.trial_will_end",
    "invoice.paid",
    "invoice.payment_failed",
    "invoice.payment_action_required",
    "invoice.finalization_failed",
    "charge.refunded",
    "refund.failed",
    "charge.dispute.created",
    "charge.dispute.closed",
    "customer.updated",
    "customer.deleted",
)
"""The 20 types the site listens to (rules of payments 8)."""

RETRY_SECONDS = (60, 300, 1800, 7200, 21600, 43200, 86400, 86400)
"""Waits after each failed try, by the stand-in's clock: about three days in all."""
LEASE_SECONDS = 60

Post = Callable[[str, bytes, dict[str, str]], int]
"""Sends one notice (address, body, headers) and returns the status. An OSError counts as no answer."""


@dataclass(frozen=True, slots=True)
class Notice:
    """One notice on its way: where to, what, and how it is signed."""

    serial: int
    event_id: str
    address: str
    body: bytes
    headers: dict[str, str]


def sign(body: bytes, secret: str, at: int) -> str:
    """The ``Stripe-Signature`` header: ``t=…,v1=…``, HMAC-SHA256 over instant, point and body."""
    mac = hmac.digest(secret.encode(), str(at).encode() + b"." + body, "sha256")
    return f"t={at},v1={mac.hex()}"


def write_body(event: Body) -> bytes:
    """An event as the bytes that are signed and sent."""
    return json.dumps(event, indent=2).encode()


def take_turn(work: Work) -> str | None:
    """Makes this worker the one that sends; None while another is at it."""
    _holder, until = (work.read("sender") or "- 0").split()
    if int(until) > work.wall:
        return None
    mine = secrets.token_hex(8)
    work.keep("sender", f"{mine} {work.wall + LEASE_SECONDS}")
    return mine


def still_mine(work: Work, turn: str) -> bool:
    """Whether the turn is still this worker's; if so it is made longer."""
    holder, _ = (work.read("sender") or "- 0").split()
    if holder == turn:
        work.keep("sender", f"{turn} {work.wall + LEASE_SECONDS}")
    return holder == turn


def end_turn(work: Work, turn: str) -> None:
    if work.read("sender").startswith(turn):
        work.keep("sender", "- 0")


def list_due(work: Work, limit: int = 100) -> list[int]:
    """Serials of the notices that may be sent now, in the order they are to be sent."""
    rows = work.connection.execute(
        "SELECT serial FROM outbox WHERE state = 'waiting' AND next_try_at <= ? ORDER BY serial LIMIT ?",
        (work.now, limit),
    ).fetchall()
    serials = [int(row["serial"]) for row in rows]
    return serials[::-1] if work.faults.reorder_notices else serials


def read_notice(work: Work, serial: int) -> Notice | None:
    """One waiting notice, signed now; None where it has gone meanwhile."""
    row = work.connection.execute("SELECT * FROM outbox WHERE serial = ? AND state = 'waiting'", (serial,)).fetchone()
    if row is None:
        return None
    event, endpoint = work.get("event", row["event_id"]), work.get("webhook_endpoint", row["endpoint_id"])
    body = write_body(event | {"pending_webhooks": 1, "api_version": endpoint["api_version"]})
    # Signed by the outer clock, as a receiver compares it with its own.
    signature = sign(body, endpoint["_secret"], work.wall)
    headers = {
        "Content-Type": "application/json; charset=utf-8",
        "Stripe-Signature": signature,
        "User-Agent": "Stripe/1.0 (stand-in)",
    }
    return Notice(serial, row["event_id"], endpoint["url"], body, headers)


def note_answer(work: Work, serial: int, answer: str, *, accepted: bool) -> None:
    """Writes what came back; a refused notice waits for its next try, or is given up after the last."""
    row = work.connection.execute("SELECT attempts FROM outbox WHERE serial = ?", (serial,)).fetchone()
    if row is None:
        return
    attempts = row["attempts"] + 1
    last = attempts > len(RETRY_SECONDS)
    state = "sent" if accepted else "given up" if last else "waiting"
    wait = 0 if accepted or last else RETRY_SECONDS[attempts - 1]
    work.connection.execute(
        "UPDATE outbox SET state = ?, attempts = ?, answer = ?, next_try_at = ? WHERE serial = ?",
        (state, attempts, answer, work.now + wait, serial),
    )


def send_again(work: Work, serial: int) -> None:
    """Puts one notice back, whatever became of it; also one that was sent, as a replay."""
    work.connection.execute("UPDATE outbox SET state = 'waiting', next_try_at = ? WHERE serial = ?", (work.now, serial))


def count_waiting(work: Work) -> int:
    """Notices that could be sent now."""
    row = work.connection.execute(
        "SELECT count(*) AS waiting FROM outbox WHERE state = 'waiting' AND next_try_at <= ?", (work.now,)
    ).fetchone()
    return int(row["waiting"])


def list_latest(work: Work, limit: int = 50) -> Iterator[tuple[Row, Body]]:
    """The newest rows of the outbox with their events, for the overview."""
    rows = work.connection.execute("SELECT * FROM outbox ORDER BY serial DESC LIMIT ?", (limit,)).fetchall()
    for row in rows:
        yield row, work.get("event", row["event_id"])
