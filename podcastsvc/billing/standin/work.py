"""One piece of work on the stand-in's objects: a transaction, an instant, and what may be done in it.

Objects are kept as Stripe's JSON. Fields that begin with ``_`` are ours and never leave.
"""

import json
import secrets
import string
from collections.abc import Iterator
from dataclasses import dataclass, field
from sqlite3 import Connection
from typing import Any

from podcastsvc.billing.standin.faults import Faults, read_faults
from podcastsvc.billing.standin.refusals import missing

API_VERSION = "2026-10-28.endive"
DAY = 86400
Body = dict[str, Any]
"""A Stripe object as JSON."""

# What Stripe calls each object in its sentences, where it differs from the object's own name.
_NOUNS = {
    "checkout.session": "checkout.session",
    "payment_intent": "payment_intent",
    "payment_method": "PaymentMethod",
    "billing_portal.session": "billing portal session",
    "billing_portal.configuration": "configuration",
    "promotion_code": "promotion code",
}
_OF_KIND = "SELECT body FROM object WHERE kind = ? ORDER BY serial DESC"
_OF_CUSTOMER = "SELECT body FROM object WHERE customer = ? AND kind = ? ORDER BY serial DESC"
_LETTERS = string.ascii_letters + string.digits


def make_id(prefix: str, length: int = 24) -> str:
    """A new id such as ``sub_1a2B…``."""
    return f"{prefix}_" + "".join(secrets.choice(_LETTERS) for _ in range(length))


def public(body: Body) -> Body:
    """An object without the fields that are ours, also inside its parts."""
    return {key: _public(value) for key, value in body.items() if not key.startswith("_")}


def _public(value: Any) -> Any:
    if isinstance(value, dict):
        return public(value)
    return [_public(entry) for entry in value] if isinstance(value, list) else value


@dataclass(slots=True)
class Work:
    """Reading and writing objects at one instant of the stand-in's clock (seconds since 1970)."""

    connection: Connection
    wall: int
    """The instant outside, which no ``advance`` has moved."""
    now: int
    site: str
    """Absolute address of the stand-in's pages, without a slash at its end."""
    request_id: str | None = None
    idempotency_key: str | None = None
    _faults: Faults | None = field(default=None)

    # Objects

    def find(self, object_id: str, kind: str = "") -> Body | None:
        """An object, also a deleted one; None where there is none of that kind."""
        row = self.connection.execute("SELECT kind, body FROM object WHERE id = ?", (object_id,)).fetchone()
        if row is None or (kind and row["kind"] != kind):
            return None
        body: Body = json.loads(row["body"])
        return body

    def get(self, kind: str, object_id: str, param: str = "id") -> Body:
        """An object that is there. Raises Refusal with ``resource_missing`` naming ``param``."""
        body = self.find(object_id, kind)
        if body is None or body.get("deleted"):
            raise missing(_NOUNS.get(kind, kind), object_id, param)
        return body

    def put(self, body: Body) -> Body:
        """Writes an object, new or changed."""
        self.connection.execute(
            "INSERT INTO object (id, kind, customer, created, body) VALUES (?, ?, ?, ?, ?)"
            " ON CONFLICT (id) DO UPDATE SET customer = excluded.customer, body = excluded.body",
            (body["id"], body["object"], body.get("customer") or "", body.get("created", self.now), json.dumps(body)),
        )
        return body

    def change(self, body: Body, event: str = "") -> Body:
        """Writes a changed object and tells of it with the attributes that were different before."""
        before = public(self.find(body["id"]) or {})
        self.put(body)
        after = public(body)
        previous = {key: before.get(key) for key in after if before.get(key) != after[key]}
        if event and previous:
            self.emit(event, body, previous)
        return body

    def rows(self, kind: str, customer: str = "") -> Iterator[Body]:
        """Objects of one kind, newest first; those of one customer where one is named."""
        query = (_OF_CUSTOMER, (customer, kind)) if customer else (_OF_KIND, (kind,))
        for row in self.connection.execute(*query).fetchall():
            yield json.loads(row["body"])

    def serial(self, object_id: str) -> int:
        """An object's place in the order of making; 0 where there is none."""
        row = self.connection.execute("SELECT serial FROM object WHERE id = ?", (object_id,)).fetchone()
        return int(row["serial"]) if row else 0

    # What falls due

    def later(self, at: int, what: str, object_id: str) -> None:
        """Leaves a note for the clock; it is checked against the object when its time comes."""
        self.connection.execute("INSERT INTO due (at, what, object_id) VALUES (?, ?, ?)", (at, what, object_id))

    # Notices

    def emit(self, event: str, body: Body, previous: Body | None = None) -> Body:
        """Records an event and puts a notice into the outbox for each endpoint that listens to its type."""
        data: Body = {"object": public(body)}
        if previous is not None:
            data["previous_attributes"] = previous
        notice: Body = {
            "id": make_id("evt"),
            "object": "event",
            "api_version": API_VERSION,
            "created": self.now,
            "data": data,
            "livemode": False,
            "pending_webhooks": 0,
            "request": {"id": self.request_id, "idempotency_key": self.idempotency_key},
            "type": event,
        }
        self.put(notice)
        endpoints = [one for one in self.rows("webhook_endpoint") if self._listens(one, event)]
        for endpoint in reversed(endpoints):
            for _ in range(2 if self.faults.duplicate_notices else 1):
                self._post(notice["id"], endpoint["id"])
        return notice

    def _listens(self, endpoint: Body, event: str) -> bool:
        kinds = endpoint.get("enabled_events", [])
        return endpoint.get("status") == "enabled" and ("*" in kinds or event in kinds)

    def _post(self, event_id: str, endpoint_id: str) -> None:
        state = "dropped" if self.faults.drop_notices else "waiting"
        self.connection.execute(
            "INSERT INTO outbox (event_id, endpoint_id, state, next_try_at) VALUES (?, ?, ?, ?)",
            (event_id, endpoint_id, state, self.now + self.faults.delay_seconds),
        )

    # Settings

    def read(self, name: str, default: str = "") -> str:
        """A kept setting of the stand-in itself."""
        row = self.connection.execute("SELECT value FROM setting WHERE name = ?", (name,)).fetchone()
        return str(row["value"]) if row else default

    def keep(self, name: str, value: str) -> None:
        self.connection.execute(
            "INSERT INTO setting (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
            (name, value),
        )

    @property
    def faults(self) -> Faults:
        if self._faults is None:
            self._faults = read_faults(json.loads(self.read("faults", "{}")))
        return self._faults

    def keep_faults(self, faults: Faults) -> None:
        self.keep("faults", json.dumps(faults.as_values()))
        self._faults = faults

    @property
    def account_id(self) -> str:
        return self.read("account")
