"""Killed at any step: whatever call to Stripe or commit was the last one, going on afterwards ends in the same place."""

import pytest
from sqlalchemy import event

from podcastsvc.billing import portal
from podcastsvc.billing.checkout import AlreadyPaid
from podcastsvc.billing.following import recovery
from podcastsvc.kit import clock
from podcastsvc.members.entitlements import Standing
from podcastsvc.storage.tables.billing import BillingCustomer, Order, Payment, Subscription
from podcastsvc.storage.tables.member import FeedLink
from tests.billing.till import session_of
from tests.faults import each_failing


class Killed(BaseException):
    """kill -9, as far as the code can tell: nothing catches it, nothing runs after it."""


class Executioner:
    """Kills at the n-th step: before or after a call to Stripe, before or after a commit."""

    def __init__(self, till, last):
        self.till, self.last, self.steps, self.call = till, last, 0, till.line.call

    def __enter__(self):
        self.till.line.call = self._call
        event.listen(self.till.db.engine, "commit", self._step)
        return self

    def __exit__(self, *_):
        self.till.line.call = self.call
        event.remove(self.till.db.engine, "commit", self._step)

    def _call(self, *request):
        self._step()
        answer = self.call(*request)
        self._step()
        return answer

    def _step(self, *_):
        self.steps += 1
        if self.steps == self.last:
            raise Killed


def join(till, number):
    """What a person does, and does again after a crash: sends the same form, and pays where that is asked."""
    email = f"ben{number}@example.org"
    opened = till.join(email, order_id=f"01K00000000000000000{number:06d}")
    if isinstance(opened, AlreadyPaid):
        return opened.checkout_id
    till.pay(opened.url, email=email)
    return session_of(opened.url)


def join_and_return(till, number):
    till.come_back(join(till, number))
    till.settle()


def join_by_notice(till, number):
    join(till, number)
    till.settle()


def check_joined(till, number):
    found = till.entitlement(f"ben{number}@example.org")
    assert (found.standing, found.audience.plans) == (Standing.ACTIVE, {"members"})
    member_id = till.get_member(f"ben{number}@example.org").id
    for table in (Subscription, Payment, BillingCustomer, FeedLink, Order):
        assert sum(row.member_id == member_id for row in till.rows(table)) == 1, table
    assert till.letters(f"ben{number}@example.org") == ["welcome"]


@pytest.mark.parametrize("story", [join_and_return, join_by_notice])
def test_joining_killed_at_any_step_and_gone_on_with_ends_in_one_membership(till, story):
    with Executioner(till, 0) as executioner:
        story(till, 0)
    check_joined(till, 0)

    kills = 0
    for last in range(1, executioner.steps + 1, 3):
        kills += survive(till, lambda: story(till, last), last)  # noqa: B023 -- called at once
        check_joined(till, last)

    assert kills > 15
    total = len(till.rows(Subscription))
    assert len(list(till.client().subscriptions.list({"status": "all", "limit": 100}).auto_paging_iter())) == total


def test_leaving_killed_at_any_step_ends_in_what_was_wanted(till):
    row = till.subscribe()

    def leave():
        portal.leave(till.desk, row.member_id, reason="unused")
        till.settle()

    def stay():
        portal.stay(till.desk, row.member_id)
        till.settle()

    for last in range(1, 20, 2):
        survive(till, leave, last)
        assert till.entitlement().standing is Standing.ENDING
        survive(till, stay, last)
        assert till.entitlement().standing is Standing.ACTIVE
    assert len(till.rows(Payment)) == 1


def test_repairing_killed_at_any_step_is_repaired_by_the_next_pass(till):
    row = till.subscribe()
    till.end_at_stripe(row.stripe_id)

    for last in range(1, 40, 4):
        with Executioner(till, last):
            try:
                recovery.sync(till.desk, clock.now())
                till.work()
            except Killed:
                pass
        till.move(minutes=2)

    recovery.sync(till.desk, clock.now())
    till.work()
    assert till.entitlement().standing is Standing.ENDED
    assert till.letters() == ["ended", "welcome"] or till.letters() == ["welcome", "ended"]


def survive(till, story, last):
    """Runs a story, kills it, and begins again two minutes later, as a person and a server would."""
    killed = False
    with Executioner(till, last):
        try:
            story()
        except Killed:
            killed = True
    till.move(minutes=2)
    till.settle()
    story()
    till.move(minutes=2)
    till.settle()
    return killed


def test_a_notice_is_stored_whole_or_not_taken_whichever_write_fails_t_d3(till):
    refused = 0
    for number, write in enumerate(each_failing(till.db.engine)):
        checkout = till.join(f"ben{number}@example.org", order_id=f"01K00000000000000001{number:06d}")
        till.pay(checkout.url, email=f"ben{number}@example.org")
        before = len(till.notice_rows())
        with write:
            statuses = till.deliver_once()
        refused += statuses.count(503)

        # What was answered with 200 is stored; what was not comes again, and ends in the same place.
        assert set(statuses) <= {200, 503}
        assert len(till.notice_rows()) == before + statuses.count(200)
        till.move(hours=1)
        till.settle()
        check_joined(till, number)

    assert refused > 3
