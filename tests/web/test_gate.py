"""The gate before the application: how many requests run, wait, and are told to come back; and the pace of forms."""

import threading
from datetime import UTC, datetime

import pytest
import time_machine
from werkzeug.test import Client, EnvironBuilder, run_wsgi_app

from podcastsvc.kit import guard
from podcastsvc.web.guards.gate import Gate, Turns
from tests.web.conftest import read_token

NOW = datetime(2026, 6, 2, 10, 0, 30, tzinfo=UTC)


class Works:
    """An application whose answers wait until they are let go."""

    def __init__(self):
        self.begun = threading.Semaphore(0)
        self.go = threading.Event()

    def __call__(self, environ, start_response):
        self.begun.release()
        assert self.go.wait(20)
        start_response("200 OK", [])
        return [environ["wsgi.input"].read()]


class Asks:
    """A request in a thread of its own; ``status`` once it is answered."""

    def __init__(self, app, path="/", **more):
        self.status = self.headers = None
        self._thread = threading.Thread(target=self._run, args=(app, path), kwargs=more)
        self._thread.start()

    def _run(self, app, path, **environ):
        environ = EnvironBuilder(path).get_environ() | environ
        _body, self.status, self.headers = run_wsgi_app(app, environ, buffered=True)

    def end(self):
        self._thread.join(20)
        return self.status


def wait_until_waiting(gate, number):
    """Until so many requests wait for their turn."""
    for _ in range(100_000):
        if gate.turns.waiting == number:
            return
        threading.Event().wait(0.001)
    raise AssertionError(f"{gate.turns.waiting} wait")


@pytest.fixture
def works():
    made = Works()
    yield made
    made.go.set()


def test_what_neither_runs_nor_waits_is_told_when_to_come_back_t_h4(settings, works):
    gate = Gate(works, settings, running=2, waiting=3)
    running = [Asks(gate) for _ in range(2)]
    assert all(works.begun.acquire(timeout=20) for _ in range(2))
    waiting = [Asks(gate) for _ in range(3)]
    wait_until_waiting(gate, 3)

    refused = [Client(gate).get(path) for path in ("/", "/es/episodes/", "/media/a.mp3")]
    works.go.set()

    assert [reply.status_code for reply in refused] == [503] * 3
    assert [reply.headers["Retry-After"] for reply in refused] == ["5"] * 3
    assert [reply.mimetype for reply in refused] == ["text/html", "text/html", "text/plain"]
    assert "Try again" in refused[0].text
    assert "Intentar de nuevo" in refused[1].text
    assert {each.end() for each in [*running, *waiting]} == {"200 OK"}
    assert Client(gate).get("/").status_code == 200


def test_whoever_waits_for_too_long_is_told_when_to_come_back_t_h4(settings, works):
    gate = Gate(works, settings, running=1, waiting=1, patience_seconds=0.05)
    running = Asks(gate)
    assert works.begun.acquire(timeout=20)

    assert Client(gate).get("/").status_code == 503
    works.go.set()
    assert running.end() == "200 OK"


def test_a_failing_answer_gives_its_place_back(settings):
    def fail(_environ, _start_response):
        raise ValueError("ours")

    gate = Gate(fail, settings, running=1, waiting=0)

    for _ in range(3):
        with pytest.raises(ValueError, match="ours"):
            Client(gate).get("/")


class Stalled:
    """A body that does not arrive until it is let go."""

    def __init__(self):
        self.asked, self.go = threading.Event(), threading.Event()

    def read(self, _size=-1):
        self.asked.set()
        assert self.go.wait(20)
        return b""


def test_a_stalled_upload_holds_no_place_t_h3(settings, works):
    works.go.set()
    gate = Gate(works, settings, running=1, waiting=0)
    stalled = [Stalled() for _ in range(5)]
    uploads = []
    for body in stalled:
        uploads.append(Asks(gate, **{"wsgi.input": body}))
        assert body.asked.wait(20)

    meanwhile = Client(gate).get("/").status_code
    for body in stalled:
        body.go.set()

    assert meanwhile == 200
    assert {each.end() for each in uploads} == {"200 OK"}


def test_who_waits_for_stripe_holds_no_place_t_h4(settings):
    asked, answers = threading.Event(), threading.Event()

    def application(environ, start_response):
        if environ["PATH_INFO"] == "/join":
            with guard.outside("Stripe"):
                asked.set()
                assert answers.wait(20)
        start_response("200 OK", [])
        return []

    gate = Gate(application, settings, running=1, waiting=0)
    joining = Asks(gate, "/join")
    assert asked.wait(20)

    meanwhile = Client(gate).get("/").status_code
    answers.set()

    assert meanwhile == 200
    assert joining.end() == "200 OK"
    assert Client(gate).get("/").status_code == 200


def test_turns_go_to_whoever_has_waited_longest():
    turns, order = Turns(1, 10, 20), []
    assert turns.take()

    def wait(name):
        assert turns.take()
        order.append(name)
        turns.give_back()

    threads = []
    for name in "abc":
        threads.append(threading.Thread(target=wait, args=(name,)))
        threads[-1].start()
        while turns.waiting < len(threads):
            threading.Event().wait(0.001)
    turns.give_back()
    for thread in threads:
        thread.join(20)

    assert order == ["a", "b", "c"]


# ---- how often


def test_sixty_forms_a_minute_are_enough_for_one_session(studio, client):
    with time_machine.travel(NOW, tick=False) as clock:
        token = read_token(studio.get("/studio/members/new"))
        sent = [studio.post("/studio/preview", data={"csrf_token": token}).status_code for _ in range(61)]
        late = studio.post("/studio/preview", data={"csrf_token": token})
        clock.shift(60)
        again = studio.post("/studio/preview", data={"csrf_token": token}).status_code

    assert sent == [200] * 60 + [429]
    assert "too much in one minute" in late.text
    assert int(late.headers["Retry-After"]) == 30
    assert again == 200


def test_a_hundred_notices_a_second_are_taken_from_one_sender(client):
    def send(address):
        return client.post("/webhooks/stripe", data=b"{}", environ_overrides={"REMOTE_ADDR": address}).status_code

    with time_machine.travel(NOW, tick=False) as clock:
        sent = [send("203.0.113.9") for _ in range(101)]
        other = send("198.51.100.4")
        clock.shift(1)
        again = send("203.0.113.9")

    assert sent == [400] * 100 + [429]
    assert (other, again) == (400, 400)
