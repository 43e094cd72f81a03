"""Two accounts of one person become one (situation 26)."""

import pytest

from podcastsvc.billing import merging
from podcastsvc.errors import Conflict, NotFound
from podcastsvc.kit import clock
from podcastsvc.members import accounts, feed_tokens
from podcastsvc.members.entitlements import Standing
from podcastsvc.storage.tables.billing import BillingCustomer, Payment, Subscription

OLD, NEW = "ben@work.example.org", "ben@example.org"


def find_link(till, email):
    member = till.get_member(email)
    with till.db.reading() as session:
        (link,) = feed_tokens.list_links(session, member.id)
    return link.id, feed_tokens.show_link(till.desk.keys, link).feed_token


def merge(till, kept=NEW, folded=OLD):
    kept_id, folded_id = till.get_member(kept).id, till.get_member(folded).id
    with till.db.transaction() as session:
        plan = merging.merge(session, kept_id, folded_id, clock.now())
    till.settle()
    return plan


def test_26_two_addresses_of_one_person_work_side_by_side_and_are_made_one(till):
    till.subscribe(OLD)
    till.redeem(till.buy_gift("gina@example.org"), NEW)
    both = (till.entitlement(OLD).standing, till.entitlement(NEW).standing)
    links = {find_link(till, OLD)[0], find_link(till, NEW)[0]}

    plan = merge(till)

    assert both == (Standing.ACTIVE, Standing.GIFT)
    assert plan.ends is None
    assert till.get_member(OLD) is None
    assert till.entitlement(NEW).standing is Standing.ACTIVE
    member = till.get_member(NEW)
    with till.db.reading() as session:
        assert {link.id for link in feed_tokens.list_links(session, member.id)} == links
    assert {row.member_id for row in till.rows(BillingCustomer)} == {member.id}
    assert till.letters(NEW).count("merged") == 1
    assert till.letters(OLD).count("merged") == 1


def test_26_after_merging_two_paying_members_neither_is_charged_twice(till):
    till.subscribe(OLD)
    kept = till.subscribe(NEW)

    plan = merge(till)
    till.live(66, step=11)

    assert plan.ends is not None
    running = [row for row in till.rows(Subscription) if row.ended_at is None]
    assert [row.stripe_id for row in running] == [kept.stripe_id]
    assert till.entitlement(NEW).standing is Standing.ACTIVE
    late = [row for row in till.rows(Payment) if (row.paid_at - kept.started_at).days > 1]
    assert {row.subscription_id for row in late} == {kept.stripe_id}
    assert {row.member_id for row in till.rows(Payment)} == {till.get_member(NEW).id}


def test_the_kept_address_is_the_one_at_stripe(till):
    till.subscribe(OLD)
    till.sign_up(NEW)

    merge(till)

    assert [each.email for each in till.client().customers.list().data] == [NEW]


def test_the_old_address_can_sign_up_anew_and_has_nothing(till):
    till.subscribe(OLD)
    till.sign_up(NEW)
    merge(till)

    till.sign_up(OLD)

    assert till.entitlement(OLD).standing is Standing.NONE


@pytest.mark.parametrize(
    ("kept", "folded", "refusal"),
    [(NEW, NEW, Conflict), (NEW, "ada@example.org", Conflict)],
)
def test_what_cannot_be_merged_is_refused_and_nothing_moves(till, kept, folded, refusal):
    till.subscribe(NEW)
    before = till.snapshot()

    with pytest.raises(refusal):
        merge(till, kept, folded)

    assert till.snapshot() == before


def test_an_account_that_is_gone_is_refused(till):
    till.sign_up(NEW)
    gone = till.sign_up(OLD)
    kept = till.get_member(NEW).id
    with till.db.transaction() as session:
        accounts.remove(session, accounts.get(session, gone), clock.now())

    with till.db.transaction() as session, pytest.raises(NotFound):
        merging.plan_merge(session, kept, gone, clock.now())
