"""From a request to an answer: the key, the version, idempotency keys, and errors as bodies."""

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from podcastsvc.billing.standin.api.expand import render
from podcastsvc.billing.standin.api.routes import Found, act, find_route
from podcastsvc.billing.standin.forms import Params, read_form
from podcastsvc.billing.standin.refusals import Refusal, invalid, unauthorised
from podcastsvc.billing.standin.work import API_VERSION, DAY, Body, Work

KEEP_KEYS_SECONDS = DAY
# Answers that were given before any operation began are given anew each time.
_NOT_KEPT = frozenset({"url_invalid", "parameter_unknown"})


@dataclass(frozen=True, slots=True)
class Asked:
    """One request to the API, header names in lower case."""

    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: str

    @property
    def key(self) -> str:
        """The idempotency key, which counts for POST only."""
        return self.headers.get("idempotency-key", "") if self.method == "POST" else ""

    @property
    def encoded(self) -> str:
        return self.body if self.method == "POST" else self.query


@dataclass(frozen=True, slots=True)
class Answer:
    """Status, JSON body and further headers."""

    status: int
    body: Body
    headers: dict[str, str] = field(default_factory=dict)


def check_key(headers: Mapping[str, str]) -> None:
    """Raises Refusal for a request without a key, or with one that is live or no secret key."""
    match = re.fullmatch(r"(?i:bearer) (\S+)", headers.get("authorization", ""))
    if match is None:
        raise unauthorised("You did not provide an API key in the Authorization header (Bearer …).")
    key = match[1]
    if key.startswith(("sk_live_", "rk_live_")):
        raise unauthorised("The stand-in for Stripe refuses live keys. No money moves here; use a test key.")
    if not key.startswith(("sk_test_", "rk_test_")):
        raise unauthorised(f"Invalid API Key provided: {key[:3]}****")


def check_version(headers: Mapping[str, str]) -> None:
    """Raises Refusal for a version of the API other than the one spoken here."""
    version = headers.get("stripe-version", API_VERSION)
    if version != API_VERSION:
        raise invalid(f"Invalid Stripe API version: {version}. The stand-in speaks {API_VERSION} only.")


def is_reading(asked: Asked) -> bool:
    """Whether a request changes nothing, so that a reading transaction is enough."""
    return asked.method == "GET"


def answer(work: Work, asked: Asked) -> Answer:
    """The answer to one request whose key has been checked. Never raises Refusal."""
    work.connection.execute("SAVEPOINT request")
    try:
        found = find_route(asked.method, asked.path)
        params = Params(read_form(asked.encoded))
        known = _find_answer(work, asked, params)
        if known is not None:
            return known
        work.idempotency_key = asked.key or None
        given = Answer(200, _carry_out(work, found, params))
    except Refusal as refusal:
        if not refusal.keeps:
            work.connection.execute("ROLLBACK TO request")
        given = Answer(refusal.status, refusal.as_body())
        if refusal.kind == "idempotency_error" or refusal.code in _NOT_KEPT:
            return given
    _keep_answer(work, asked, given)
    return given


def _carry_out(work: Work, found: Found, params: Params) -> Body:
    body = act(work, found, params)
    if body.get("object") == "list" or body.get("deleted"):
        return body
    # The secret of a new endpoint is on the object that was just made, and nowhere later.
    return render(work, body, params.words("expand"))


def _hash(params: Params) -> str:
    return hashlib.sha256(json.dumps(params.values, sort_keys=True).encode()).hexdigest()


def _find_answer(work: Work, asked: Asked, params: Params) -> Answer | None:
    """The answer that was given to this key before. Raises Refusal where the key came with something else."""
    if not asked.key:
        return None
    if len(asked.key) > 255:
        raise invalid("Idempotency keys are at most 255 characters long.")
    row = work.connection.execute("SELECT * FROM answer WHERE key = ?", (asked.key,)).fetchone()
    if row is None or row["created"] < work.now - KEEP_KEYS_SECONDS:
        return None
    if row["request"] != f"{asked.method} {asked.path}":
        raise _refuse_key(
            "Keys for idempotent requests can only be used for the same endpoint they were first used for.", asked
        )
    if row["params"] != _hash(params):
        raise _refuse_key(
            "Keys for idempotent requests can only be used with the same parameters they were first used with.", asked
        )
    return Answer(row["status"], json.loads(row["body"]), {"Idempotent-Replayed": "true"})


def _refuse_key(message: str, asked: Asked) -> Refusal:
    return Refusal(f"{message} Try using a key other than '{asked.key}'.", kind="idempotency_error")


def _keep_answer(work: Work, asked: Asked, given: Answer) -> None:
    if not asked.key:
        return
    values: tuple[Any, ...] = (
        asked.key,
        f"{asked.method} {asked.path}",
        _hash(Params(read_form(asked.encoded))),
        given.status,
        json.dumps(given.body),
        work.now,
    )
    work.connection.execute(
        "INSERT OR REPLACE INTO answer (key, request, params, status, body, created) VALUES (?, ?, ?, ?, ?, ?)", values
    )
