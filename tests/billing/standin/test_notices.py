"""Notices: signed as Stripe signs, in order, once each, tried again, one worker at a time, and what faults do to them."""

import json
from datetime import datetime

import pytest
import stripe
import time_machine

from podcastsvc.billing.standin.app import make_standin
from podcastsvc.billing.standin.faults import Faults
from podcastsvc.billing.standin.notices import KINDS
from tests.billing.standin.playing import BASE, FAILS_LATER, HOOK, SITE, Watch


class Site:
    """The site's hook: keeps what arrives, and answers as it is told."""

    def __init__(self, *answers):
        self.answers = list(answers)
        self.got = []

    def __call__(self, address, body, headers):
        self.got.append((address, body, headers))
        answer = self.answers.pop(0) if self.answers else 200
        if isinstance(answer, Exception):
            raise answer
        return answer

    @property
    def kinds(self):
        return [json.loads(body)["type"] for _, body, _ in self.got]

    @property
    def ids(self):
        return [json.loads(body)["id"] for _, body, _ in self.got]


JOINED = [
    "customer.subscription.created",
    "invoice.paid",
    "customer.subscription.updated",
    "checkout.session.completed",
]


def test_notices_are_verified_by_the_stripe_package(player):
    player.join()
    site = Site()

    player.standin.deliver_due(site)

    address, body, headers = site.got[-1]
    with time_machine.travel(player.watch.now):
        event = stripe.Webhook.construct_event(body, headers["Stripe-Signature"], player.standin.read_secret())
    assert (address, event.type, event.api_version) == (HOOK, "checkout.session.completed", "2026-10-28.endive")
    assert (event.livemode, event.data.object.payment_status) == (False, "paid")


def test_signature_bears_the_outer_clock_after_ours_was_moved(player):
    player.join()
    player.standin.advance(3)
    site = Site()

    player.standin.deliver_due(site)

    assert site.got[0][2]["Stripe-Signature"].startswith(f"t={int(player.watch.now.timestamp())},v1=")


def test_notices_arrive_in_order_and_once(player):
    player.join()
    site = Site()

    sent = player.standin.deliver_due(site)
    again = player.standin.deliver_due(site)

    assert (sent, again) == (4, 0)
    assert site.kinds == JOINED


def test_only_the_20_types_are_sent_and_everything_is_listed(player):
    player.join(FAILS_LATER)
    player.standin.advance(29)
    site = Site()

    player.standin.deliver_due(site)

    assert len(KINDS) == 20
    assert set(site.kinds) <= set(KINDS)
    assert "payment_intent.payment_failed" in player.kinds()
    assert [event.id for event in player.api.events.list({"types": list(KINDS), "limit": 100}).data] == site.ids[::-1]


@pytest.mark.parametrize("answer", [500, 302, ConnectionRefusedError("down"), TimeoutError()])
def test_refused_notice_is_sent_again_later_and_holds_up_no_other(player, answer):
    player.join()
    site = Site(answer)

    player.standin.deliver_due(site)
    early = player.standin.deliver_due(site)
    player.watch.go(seconds=61)
    late = player.standin.deliver_due(site)

    assert (early, late) == (0, 1)
    assert site.ids[-1] == site.ids[0]
    assert len(site.got) == 5


def test_notice_is_given_up_after_about_three_days(player):
    player.api.customers.update(player.api.customers.create({}).id, {"name": "Ben"})
    site = Site(*[500] * 99)

    for _ in range(100):
        player.standin.deliver_due(site)
        player.watch.go(hours=1)

    assert len(site.got) == 9
    assert not player.standin.has_notices()


def test_event_counts_what_is_still_to_be_sent(player):
    player.join()
    before = player.api.events.list().data[0].pending_webhooks

    player.standin.deliver_due(Site())

    assert (before, player.api.events.list().data[0].pending_webhooks) == (1, 0)


def test_second_worker_finds_nothing_to_do_while_one_is_at_it(player):
    player.join()
    inner = Site()
    found = []

    def hook(address, body, headers):
        found.append(player.standin.deliver_due(inner))
        return 200

    sent = player.standin.deliver_due(hook)

    assert (sent, found, inner.got) == (4, [0, 0, 0, 0], [])


def test_turn_of_a_worker_that_died_is_taken_over(player):
    player.join()

    def dies(address, body, headers):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        player.standin.deliver_due(dies)
    site = Site()
    player.standin.deliver_due(site)

    assert site.kinds == JOINED


def test_hook_may_ask_the_stand_in_while_it_is_told(player):
    subscription = player.join()

    def hook(address, body, headers):
        assert player.fetch(subscription.id).status == "active"
        return 200

    assert player.standin.deliver_due(hook) == 4


def test_second_endpoint_has_its_own_types_and_secret(player):
    made = player.api.webhook_endpoints.create({"url": f"{SITE}/second", "enabled_events": ["invoice.paid"]})
    player.join()
    site = Site()

    player.standin.deliver_due(site)

    second = [(body, headers) for address, body, headers in site.got if address == f"{SITE}/second"]
    assert len(second) == 1
    with time_machine.travel(player.watch.now):
        stripe.Webhook.construct_event(second[0][0], second[0][1]["Stripe-Signature"], made.secret)
    assert "secret" not in player.api.webhook_endpoints.retrieve(made.id).to_dict()


def test_version_of_an_endpoint_cannot_be_changed(player):
    endpoint = player.api.webhook_endpoints.list().data[0]

    with pytest.raises(stripe.InvalidRequestError, match="unknown parameter: api_version"):
        player.api.webhook_endpoints.update(endpoint.id, {"api_version": "2026-10-28.endive"})


def test_disabled_and_deleted_endpoints_get_nothing(player):
    one = player.api.webhook_endpoints.create({"url": f"{SITE}/one", "enabled_events": ["*"]})
    two = player.api.webhook_endpoints.create({"url": f"{SITE}/two", "enabled_events": ["*"]})
    player.api.webhook_endpoints.update(one.id, {"disabled": True})
    player.join()
    player.api.webhook_endpoints.delete(two.id)
    site = Site()

    player.standin.deliver_due(site)

    assert {address for address, _, _ in site.got} == {HOOK}


def read_account(standin):
    with standin.work(writes=False) as work:
        return work.account_id


def test_secret_and_account_outlive_a_restart(tmp_path):
    path, watch = tmp_path / "standin.db", Watch()
    first = make_standin(path, base_url=BASE, webhook_url=HOOK, now=watch)

    second = make_standin(path, base_url=BASE, webhook_url=f"{SITE}/moved", now=watch)

    secrets, accounts = {one.read_secret() for one in (first, second)}, {read_account(one) for one in (first, second)}
    first.close()
    second.close()
    assert (len(secrets), len(accounts)) == (1, 1)
    assert secrets.pop().startswith("whsec_")
    assert path.stat().st_mode & 0o077 == 0


def test_given_secret_is_used():
    standin = make_standin(":memory:", base_url=BASE, webhook_url=HOOK, secret="whsec_given")

    secret = standin.read_secret()

    standin.close()
    assert secret == "whsec_given"


# Faults


def test_duplicated_notices_come_twice(player):
    player.standin.set_faults(Faults(duplicate_notices=True))
    player.join()
    site = Site()

    player.standin.deliver_due(site)

    assert site.kinds == [kind for kind in JOINED for _ in range(2)]
    assert site.ids[0] == site.ids[1]


def test_reordered_notices_come_newest_first(player):
    player.standin.set_faults(Faults(reorder_notices=True))
    player.join()
    site = Site()

    player.standin.deliver_due(site)

    assert site.kinds == JOINED[::-1]


def test_dropped_notices_are_listed_but_not_sent(player):
    player.standin.set_faults(Faults(drop_notices=True))
    player.join()
    site = Site()

    player.standin.deliver_due(site)

    assert site.got == []
    assert "checkout.session.completed" in player.kinds()


def test_delayed_notices_wait_by_the_clock_here(player):
    player.standin.set_faults(Faults(delay_seconds=3600))
    player.join()
    site = Site()

    early = player.standin.deliver_due(site)
    player.standin.advance(0.05)
    late = player.standin.deliver_due(site)

    assert (early, late) == (0, 4)


@pytest.mark.parametrize(("fault", "error"), [("429", stripe.RateLimitError), ("500", stripe.APIError)])
def test_api_answers_with_an_error(player, fault, error):
    player.standin.set_faults(Faults(answer=fault))

    with pytest.raises(error):
        player.api.accounts.retrieve_current()


@pytest.mark.parametrize("fault", ["time-out", "cut"])
def test_api_gives_no_answer_and_does_nothing(player, fault):
    player.standin.set_faults(Faults(answer=fault, answer_times=1))

    with pytest.raises(stripe.APIConnectionError):
        player.api.customers.create({"name": "Ben"})

    assert player.api.customers.list().data == []


def test_lost_answer_has_done_its_work_once_when_it_is_asked_again(player):
    player.standin.set_faults(Faults(answer="answer-lost", answer_times=1))
    with pytest.raises(stripe.APIConnectionError):
        player.api.customers.create({"name": "Ben"}, {"idempotency_key": "k"})

    ben = player.api.customers.create({"name": "Ben"}, {"idempotency_key": "k"})

    assert [one.id for one in player.api.customers.list().data] == [ben.id]


def test_fault_is_over_after_its_number_of_requests(player):
    player.standin.set_faults(Faults(answer="500", answer_times=2))

    for _ in range(2):
        with pytest.raises(stripe.APIError):
            player.api.accounts.retrieve_current()

    assert player.api.accounts.retrieve_current().id
    assert not player.standin.read_faults().any_on


def test_fault_strikes_only_where_it_is_told_to(player):
    player.standin.set_faults(Faults(answer="500", answer_path="/v1/checkout"))

    with pytest.raises(stripe.APIError):
        player.open()

    assert player.api.accounts.retrieve_current().id


def test_key_without_a_permission_is_told_which(player):
    player.standin.set_faults(Faults(forbidden="refunds disputes"))

    with pytest.raises(stripe.PermissionError, match="'rak_refunds_read' permission"):
        player.api.refunds.list()

    assert player.api.customers.list().data == []


def test_unknown_status_is_answered_in_every_form(player):
    subscription = player.join()

    player.standin.set_faults(Faults(unknown_status="dormant"))

    assert player.fetch(subscription.id).status == "dormant"
    assert player.api.subscriptions.list({"status": "all"}).data[0].status == "dormant"
    assert player.api.checkout.sessions.list({"expand": ["data.subscription"]}).data[0].subscription.status == "dormant"


# The clock


def test_clock_moves_in_order_through_everything_due(player):
    player.join()
    player.join(FAILS_LATER)

    player.standin.advance(100)

    created = [event.created for event in player.api.events.list({"limit": 100}).auto_paging_iter()]
    assert created == sorted(created, reverse=True)
    assert player.standin.offset_seconds() == 100 * 86400


@pytest.mark.parametrize("days", [0, -1, 1101, float("nan"), float("inf")])
def test_clock_cannot_be_moved_back_or_too_far(player, days):
    with pytest.raises(ValueError, match="can be moved by"):
        player.standin.advance(days)


def test_what_falls_due_by_itself_happens_without_an_advance(player):
    subscription = player.join()

    player.watch.go(days=29)

    assert player.fetch(subscription.id).latest_invoice.billing_reason == "subscription_cycle"


def test_clock_here_is_the_outer_one_until_it_is_moved(player):
    made = player.api.customers.create({}).created

    assert datetime.fromtimestamp(made, player.watch.now.tzinfo) == player.watch.now
