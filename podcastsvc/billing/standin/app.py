"""The stand-in as one object: a WSGI application with Stripe's API under /v1 and its pages beside it."""

import json
import secrets
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from werkzeug.exceptions import HTTPException
from werkzeug.http import http_date
from werkzeug.wrappers import Request, Response

from podcastsvc.billing.standin import clock, notices
from podcastsvc.billing.standin.api.answering import Answer, Asked, answer, check_key, check_version, is_reading
from podcastsvc.billing.standin.api.notices import make_endpoint
from podcastsvc.billing.standin.faults import MAX_WAIT_SECONDS, Faults
from podcastsvc.billing.standin.guards import refuse_client
from podcastsvc.billing.standin.refusals import Refusal
from podcastsvc.billing.standin.store import Store
from podcastsvc.billing.standin.work import API_VERSION, DAY, Work, make_id
from podcastsvc.kit.clock import now as real_now

MAX_BODY_BYTES = 1024 * 1024


class TimedOut(Exception):
    """A fault in process: the request got no answer in time."""


class Cut(ConnectionError):
    """A fault: the connection was cut before the answer."""


def make_standin(
    path_or_memory: Path | str,
    *,
    base_url: str,
    webhook_url: str,
    secret: str = "",
    now: Callable[[], datetime] = real_now,
) -> "Standin":
    """The stand-in over a SQLite file, or over ``":memory:"``.

    ``base_url`` is the absolute address its pages are reached at, prefix included, without a slash at its end.
    ``webhook_url`` is where notices go; its signing secret is made at the first start unless one is given.
    """
    standin = Standin(Store(path_or_memory), base_url.rstrip("/"), now)
    standin.prepare(webhook_url, secret)
    return standin


class Standin:
    """One stand-in; safe to share between threads, and between processes that use the same file."""

    def __init__(self, store: Store, base_url: str, now: Callable[[], datetime]) -> None:
        self.store = store
        self.base_url = base_url
        self._now = now

    def close(self) -> None:
        self.store.close()

    # Work

    @contextmanager
    def work(self, *, writes: bool = True, request_id: str | None = None) -> Iterator[Work]:
        """A transaction at this instant, with everything due done before."""
        if writes:
            with self.store.transaction() as connection:
                work = self._make_work(connection, request_id)
                while clock.settle(work):
                    pass
                yield work
            return
        if self._has_due():
            self.settle()
        with self.store.transaction(writes=False) as connection:
            yield self._make_work(connection, request_id)

    def _make_work(self, connection: Any, request_id: str | None = None) -> Work:
        wall = int(self._now().timestamp())
        work = Work(connection, wall, wall, self.base_url, request_id)
        work.now += int(work.read("offset_seconds", "0"))
        return work

    def _has_due(self) -> bool:
        with self.store.transaction(writes=False) as connection:
            return clock.has_due(self._make_work(connection))

    def settle(self) -> None:
        """Does what has fallen due, a batch to a transaction."""
        more = True
        while more:
            with self.store.transaction() as connection:
                more = clock.settle(self._make_work(connection))

    def prepare(self, webhook_url: str, secret: str = "") -> None:
        """At each start: the account, and the endpoint the site's own notices go to."""
        with self.store.transaction() as connection:
            work = self._make_work(connection)
            if not work.account_id:
                work.keep("account", make_id("acct", 16))
                work.keep("created", str(work.now))
            own = work.find(work.read("own_endpoint"), "webhook_endpoint")
            if own is None or own.get("deleted"):
                own = make_endpoint(work, webhook_url, list(notices.KINDS), secret=secret)
                work.keep("own_endpoint", own["id"])
            own["url"] = webhook_url
            if secret:
                own["_secret"] = secret
            work.put(own)

    def read_secret(self) -> str:
        """The signing secret of the site's own endpoint."""
        with self.work(writes=False) as work:
            return str(work.get("webhook_endpoint", work.read("own_endpoint"))["_secret"])

    # The clock

    def offset_seconds(self) -> int:
        """How far the stand-in's clock has been moved ahead of the one outside."""
        with self.store.transaction(writes=False) as connection:
            return int(self._make_work(connection).read("offset_seconds", "0"))

    def advance(self, days: float) -> None:
        """Moves the clock and does everything that falls due on the way, in order. Raises ValueError for a bad span."""
        if not 0 < days <= clock.MAX_DAYS:
            raise ValueError(f"the clock can be moved by more than 0 and at most {clock.MAX_DAYS} days")
        self.settle()
        with self.store.transaction() as connection:
            work = self._make_work(connection)
            offset = int(work.read("offset_seconds", "0")) + round(days * DAY)
            work.keep("offset_seconds", str(offset))
        self.settle()

    # Faults

    def read_faults(self) -> Faults:
        with self.work(writes=False) as work:
            return work.faults

    def set_faults(self, faults: Faults) -> None:
        """Switches faults; ``Faults()`` switches all of them off."""
        with self.work() as work:
            work.keep_faults(faults)

    # Notices

    def has_notices(self) -> bool:
        """Whether any notice could be sent now; cheap, for a worker that looks often."""
        with self.work(writes=False) as work:
            return notices.count_waiting(work) > 0

    def deliver_due(self, post: notices.Post, limit: int = 100) -> int:
        """Sends what waits, in order, and returns how many were accepted; 0 while another worker is at it.

        No transaction is open while a notice is on its way.
        """
        with self.work() as work:
            turn = notices.take_turn(work)
            serials = notices.list_due(work, limit) if turn else []
        if turn is None:
            return 0
        accepted = 0
        try:
            for serial in serials:
                accepted += self._deliver(post, serial, turn)
        finally:
            with self.work() as work:
                notices.end_turn(work, turn)
        return accepted

    def _deliver(self, post: notices.Post, serial: int, turn: str) -> bool:
        with self.work() as work:
            notice = notices.read_notice(work, serial) if notices.still_mine(work, turn) else None
        if notice is None:
            return False
        try:
            status = post(notice.address, notice.body, notice.headers)
        except OSError as problem:
            told, accepted = type(problem).__name__, False
        else:
            told, accepted = str(status), 200 <= status < 300
        with self.work() as work:
            notices.note_answer(work, serial, told, accepted=accepted)
        return accepted

    # WSGI

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        request = Request(environ)
        request.max_content_length = MAX_BODY_BYTES
        refused = refuse_client(request)
        if refused is not None:
            return Response(refused + "\n", 403, mimetype="text/plain")(environ, start_response)
        try:
            answering = self._answer_any(request)
        except Cut:
            if environ.get("standin.in_process"):
                raise
            return _cut_connection(start_response)
        return answering(environ, start_response)

    def _answer_any(self, request: Request) -> WSGIApplication:
        if request.path.startswith("/v1/"):
            return self._answer_api(request)
        # Here, not above: pages need templates, which the API does not.
        from podcastsvc.billing.standin.pages.site import answer_page

        try:
            return answer_page(self, request)
        except HTTPException as problem:
            return problem

    def _answer_api(self, request: Request) -> Response:
        request_id = make_id("req", 14)
        in_process = bool(request.environ.get("standin.in_process"))
        fault = self._take_fault(request.path)
        if fault in {"time-out", "cut"}:
            self._fail(fault, in_process=in_process)
        given = _FAULTY[fault] if fault in _FAULTY else self._answer(request, request_id)
        if fault == "answer-lost":
            self._fail("cut", in_process=in_process)
        return self._respond(given, request_id, request)

    def _answer(self, request: Request, request_id: str) -> Answer:
        headers = {name.lower(): value for name, value in request.headers.items()}
        try:
            check_key(headers)
            check_version(headers)
            body = request.get_data().decode("utf-8")
        except Refusal as refusal:
            return Answer(refusal.status, refusal.as_body())
        except UnicodeDecodeError:
            return Answer(400, Refusal("The request body is no UTF-8.").as_body())
        except HTTPException as problem:
            return Answer(problem.code or 400, Refusal(problem.description or "The request cannot be read.").as_body())
        asked = Asked(request.method, request.path, request.query_string.decode("latin-1"), headers, body)
        with self.work(writes=not is_reading(asked), request_id=request_id) as work:
            return answer(work, asked)

    def _respond(self, given: Answer, request_id: str, request: Request) -> Response:
        response = Response(json.dumps(given.body, indent=2) + "\n", given.status, mimetype="application/json")
        response.headers["Request-Id"] = request_id
        response.headers["Stripe-Version"] = API_VERSION
        # The clock outside: Stripe's own clock never moves with a simulated one.
        response.headers["Date"] = http_date(self._now())
        if key := request.headers.get("Idempotency-Key"):
            response.headers["Idempotency-Key"] = key
        for name, value in given.headers.items():
            response.headers[name] = value
        return response

    def _take_fault(self, path: str) -> str:
        """The fault for this request, counted down where it is set for a number of requests."""
        with self.store.transaction(writes=False) as connection:
            faults = self._make_work(connection).faults
        if not faults.answer or not path.startswith(faults.answer_path):
            return ""
        with self.store.transaction() as connection:
            work = self._make_work(connection)
            if work.faults.answer and work.faults.answer_times:
                work.keep_faults(_counted_down(work.faults))
        return faults.answer

    def _fail(self, fault: str, *, in_process: bool) -> None:
        """Never returns: ends a request without an answer."""
        if fault == "time-out":
            if in_process:
                raise TimedOut("the stand-in was told to answer too late")
            time.sleep(min(self.read_faults().wait_seconds, MAX_WAIT_SECONDS))
        raise Cut("the stand-in was told to cut the connection")


def _cut_connection(start_response: StartResponse) -> Iterator[bytes]:
    """Promises more than it sends and breaks off: servers close the connection then, where an error before the first
    byte would make them answer 500."""
    start_response("200 OK", [("Content-Type", "application/json"), ("Content-Length", "1000")])
    return _break_off()


def _break_off() -> Iterator[bytes]:
    yield b"{"
    raise Cut("the stand-in was told to cut the connection")


def _counted_down(faults: Faults) -> Faults:
    left = faults.answer_times - 1
    return replace(faults, answer_times=left, answer=faults.answer if left else "")


_FAULTY = {
    "429": Answer(429, Refusal("Too many requests hit the API too quickly.", status=429, code="rate_limit").as_body()),
    "500": Answer(500, Refusal("An unknown error occurred.", status=500, kind="api_error").as_body()),
}


def make_test_key() -> str:
    """A key the stand-in accepts; it opens nothing else."""
    return f"sk_test_standin_{secrets.token_hex(8)}"
