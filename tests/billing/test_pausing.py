"""Pausing, where the host allows it: by Stripe's portal, without access and without payments until it goes on."""

import pytest

from podcastsvc.billing import plans, portal
from podcastsvc.kit import clock
from podcastsvc.members.entitlements import Standing
from podcastsvc.storage.tables.billing import Payment


@pytest.fixture
def let(till):
    """The host's word on pausing."""

    def let_pause(*, may):
        with till.db.transaction() as session:
            portal.let_members_pause(session, may=may)
        till.work()

    return let_pause


def press(till, row, what):
    """Presses a button of the portal."""
    url = portal.open_portal(till.desk, row.member_id, language="en")
    answer = till.post(f"{url}/{what}/{row.stripe_id}", {})
    till.settle()
    return answer


def test_portal_offers_no_pause_unless_the_host_says_so(till):
    row = till.subscribe()

    press(till, row, "pause")

    assert till.entitlement().standing is Standing.ACTIVE


def test_paused_member_pays_nothing_and_hears_what_is_public_until_it_goes_on(till, let):
    let(may=True)
    row = till.subscribe()

    press(till, row, "pause")
    paused = till.entitlement()
    till.live(40)
    paid_in_pause = len(till.rows(Payment))
    press(till, row, "resume")

    assert (paused.standing, paused.has_access) == (Standing.PAUSED, False)
    assert paid_in_pause == 1
    assert (till.entitlement().standing, till.entitlement().has_access) == (Standing.ACTIVE, True)


def test_host_can_take_it_back(till, let):
    let(may=True)
    let(may=False)
    row = till.subscribe()

    press(till, row, "pause")

    assert till.entitlement().standing is Standing.ACTIVE


def test_setting_survives_a_changed_plan(till, let):
    let(may=True)
    with till.db.transaction() as session:
        plans.save_plan(session, "members", {"en": {"title": "Friend"}}, now=clock.now())
    till.work()
    row = till.subscribe()

    press(till, row, "pause")

    assert till.entitlement().standing is Standing.PAUSED
