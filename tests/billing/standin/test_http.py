"""The stand-in over HTTP on a loopback port, and shared by several processes."""

import multiprocessing
import threading
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor

import pytest
import stripe
from werkzeug.middleware.dispatcher import DispatcherMiddleware
from werkzeug.serving import WSGIRequestHandler, make_server

from podcastsvc.billing.standin.app import make_standin
from podcastsvc.billing.standin.faults import Faults
from tests.billing.standin.playing import BASE, HOOK
from tests.billing.standin.processes import start_and_make


class Quiet(WSGIRequestHandler):
    """Says nothing, not even about a cut connection."""

    def log(self, kind, message, *values):
        pass


def refuse(environ, start_response):
    start_response("404 Not Found", [("Content-Length", "0")])
    return []


@pytest.fixture
def address(standin):
    """The stand-in at a prefix of a server on a free port."""
    app = DispatcherMiddleware(refuse, {"/stripe-stand-in": standin})
    server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=Quiet)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/stripe-stand-in"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def standin(tmp_path):
    standin = make_standin(tmp_path / "standin.db", base_url=BASE, webhook_url=HOOK)
    yield standin
    standin.close()


@pytest.fixture
def client(address):
    http = stripe.RequestsClient(timeout=(3.05, 1))
    yield stripe.StripeClient("sk_test_x", base_addresses={"api": address}, http_client=http)
    http.close()


def test_stripe_package_speaks_to_it_over_http(client):
    ben = client.v1.customers.create({"email": "ben@example.org", "metadata": {"site": "s"}})

    found = client.v1.customers.list({"email": "ben@example.org"})

    assert [one.id for one in found.data] == [ben.id]
    assert found.last_response.headers["Stripe-Version"] == "2026-10-28.endive"


def test_error_over_http_is_the_packages_own(client):
    with pytest.raises(stripe.InvalidRequestError) as caught:
        client.v1.subscriptions.retrieve("sub_none")

    assert caught.value.code == "resource_missing"
    assert str(caught.value.request_id).startswith("req_")


@pytest.mark.parametrize("fault", [Faults(answer="cut"), Faults(answer="time-out", wait_seconds=2)])
def test_connection_that_is_cut_or_silent_is_a_connection_error(client, standin, fault):
    standin.set_faults(fault)

    with pytest.raises(stripe.APIConnectionError):
        client.v1.customers.create({"name": "Ben"})

    standin.set_faults(Faults())
    assert client.v1.customers.list().data == []


def test_lost_answer_asked_for_again_with_its_key_has_one_effect(client, standin):
    standin.set_faults(Faults(answer="answer-lost", answer_times=1))
    with pytest.raises(stripe.APIConnectionError):
        client.v1.customers.create({"name": "Ben"}, {"idempotency_key": "k"})

    ben = client.v1.customers.create({"name": "Ben"}, {"idempotency_key": "k"})

    assert [one.id for one in client.v1.customers.list().data] == [ben.id]


def test_same_key_at_the_same_time_has_one_effect(client):
    with ThreadPoolExecutor(8) as pool:
        made = list(
            pool.map(lambda _: client.v1.customers.create({"name": "Ben"}, {"idempotency_key": "k"}).id, range(24))
        )

    assert len(set(made)) == 1
    assert len(client.v1.customers.list({"limit": 100}).data) == 1


def test_processes_share_one_file_from_the_first_start(tmp_path):
    path = str(tmp_path / "standin.db")

    with ProcessPoolExecutor(3, multiprocessing.get_context("spawn")) as pool:
        found = list(pool.map(start_and_make, [path] * 3))

    standin = make_standin(path, base_url=BASE, webhook_url=HOOK)
    with standin.work(writes=False) as work:
        kept = {body["id"] for body in work.rows("customer")}
    secret = standin.read_secret()
    standin.close()
    assert {one for one, _ in found} == {secret}
    assert kept == {one for _, made in found for one in made}
    assert len(kept) == 30
