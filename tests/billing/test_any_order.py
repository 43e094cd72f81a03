"""Whatever happens, in whatever order, and whatever gets lost on its way: after a pass over Stripe access is what Stripe says."""

import random
from contextlib import suppress
from datetime import timedelta

import pytest
import stripe

from podcastsvc.billing import portal
from podcastsvc.billing.checkout import Opened
from podcastsvc.billing.following import recovery
from podcastsvc.errors import Failure
from podcastsvc.kit import clock
from podcastsvc.storage.tables.billing import Order, Payment, Subscription
from tests.billing.till import CONFIRMS_ONCE, DECLINED, FAILS_LATER, GOOD, session_of

STEPS = 100
GRACE = timedelta(days=21)
PEOPLE = [f"{name}@example.org" for name in ("ben", "cleo", "dev", "eve", "finn")]


class Life:
    """Steps taken at random, and the notices that wait until they are delivered, late and in no order."""

    def __init__(self, till, seed):
        self.till = till
        self.random = random.Random(seed)
        self.late = []
        self.done = []

    def live(self, steps):
        for _ in range(steps):
            step = self.random.choice(_STEPS)
            self.done.append(step.__name__)
            # What a page would say to the person; nothing may be half made all the same.
            with suppress(Failure, stripe.StripeError):
                step(self)
            self.till.work(strict=False)

    # What people do

    def join(self):
        email = self.random.choice(PEOPLE)
        member = self.till.get_member(email)
        member_id = member.id if member is not None and self.random.random() < 0.5 else None
        opened = self.till.join(email, member_id=member_id, interval=self.random.choice(("month", "year")))
        if not isinstance(opened, Opened) or self.random.random() < 0.1:
            return
        self.till.pay(opened.url, self.random.choice((GOOD, GOOD, FAILS_LATER, CONFIRMS_ONCE, DECLINED)), email=email)
        if self.random.random() < 0.5:
            self.till.come_back(session_of(opened.url))

    def leave(self):
        portal.leave(self.till.desk, self._pick_member())

    def stay(self):
        portal.stay(self.till.desk, self._pick_member())

    def give_a_new_card(self):
        url = portal.open_portal(self.till.desk, self._pick_member(), language="en", flow="card")
        self.till.pay_with_new_card(url, self.random.choice((GOOD, FAILS_LATER)))

    # What the host does at Stripe

    def end_at_stripe(self):
        rows = self.till.rows(Subscription)
        if rows and self.random.random() < 0.3:
            self.till.end_at_stripe(self.random.choice(rows).stripe_id)

    def refund_at_stripe(self):
        rows = self.till.rows(Payment)
        if rows:
            self.till.client().refunds.create({"payment_intent": self.random.choice(rows).stripe_id})

    # What time and the network do

    def let_time_pass(self):
        self.till.move(days=self.random.randint(1, 20), minutes=self.random.randint(0, 600))

    def carry(self):
        """Delivers what waits: some as it should be, some twice, some late, some never."""
        self.till.standin.deliver_due(self._post)

    def deliver_late_ones(self):
        self.random.shuffle(self.late)
        while self.late:
            self._hand_over(self.late.pop())

    def _post(self, _address, body, _headers):
        kind = self.random.choice(("well", "well", "twice", "late", "lost"))
        if kind in {"well", "twice"}:
            self._hand_over(body)
        if kind == "twice":
            self._hand_over(body)
        if kind == "late":
            self.late.append(body)
        return 200

    def _hand_over(self, body):
        assert self.till.receive(body, self.till.sign(body, at=clock.now().timestamp())) == 200

    def _pick_member(self):
        member = self.till.get_member(self.random.choice(PEOPLE))
        if member is None:
            raise Failure("nobody")
        return member.id


_STEPS = (
    Life.join,
    Life.join,
    Life.leave,
    Life.stay,
    Life.give_a_new_card,
    Life.end_at_stripe,
    Life.refund_at_stripe,
    Life.let_time_pass,
    Life.carry,
    Life.carry,
    Life.deliver_late_ones,
)


def read_access_from_stripe(till):
    """Who has access by what Stripe itself says now: worked out from its answers, with none of our rules or rows but the
    order's member."""
    owners = {order.id: order.member_id for order in till.rows(Order)}
    client, now, found = till.client(), clock.now().timestamp(), set()
    for each in client.subscriptions.list({"status": "all", "limit": 100}).auto_paging_iter():
        subscription = each.to_dict()
        is_good = subscription["status"] in {"active", "trialing"}
        if subscription["status"] == "past_due":
            unpaid = client.invoices.list({"subscription": subscription["id"], "status": "open", "limit": 100}).data
            is_good = now < min(invoice.created for invoice in unpaid) + GRACE.total_seconds()
        if is_good:
            found.add(owners[subscription["metadata"]["order"]])
    return found


@pytest.mark.timeout(600)
@pytest.mark.parametrize("seed", [1, 2, None])
def test_any_sequence_ends_with_access_as_stripe_has_it(till, seed):
    seed = random.randrange(2**32) if seed is None else seed
    life = Life(till, seed)

    for _ in range(2):
        life.live(STEPS)
        till.work(strict=False)
        recovery.sync(till.desk, clock.now())
        till.work(strict=False)
        recovery.sync(till.desk, clock.now())

        members = {till.get_member(email).id: email for email in PEOPLE if till.get_member(email) is not None}
        ours = {member_id for member_id, email in members.items() if till.entitlement(email).has_access}
        assert ours == read_access_from_stripe(till), (seed, life.done)
    assert len(till.rows(Subscription)) > 1, seed
