"""What is remembered of an app that asked for a member's feed: when, by its name, and what it got."""

import pytest

from podcastsvc.storage.tables.member import FeedLink
from tests.web.apps.audio import AGENT, later


@pytest.fixture
def ask(client, services):
    """Asks for a feed as AntennaPod; what its link then says of it."""

    def send(listening, method="GET", **headers):
        client.open(listening.feed_path, method=method, headers=AGENT | headers)
        return read(listening)

    def read(listening):
        services.fetches.flush()
        with services.db.reading() as session:
            link = session.get(FeedLink, listening.link.id)
        return link.fetched_by, link.fetched_answer

    return send


def test_a_whole_feed_and_then_nothing_new_are_told_apart(stage, client, ask, ben, clock):
    etag = client.get(ben.feed_path).headers["ETag"]

    first = ask(ben)
    clock.move_to(later(minutes=11))
    then = ask(ben, **{"If-None-Match": etag})

    assert first == ("AntennaPod", "full")
    assert then == ("AntennaPod", "unchanged")


def test_a_failed_payment_within_its_grace_still_brings_the_whole_feed(stage, ask):
    gus = stage.add_member("gus")
    stage.subscribe(gus, status="past_due", access_kept_until=later(days=18), past_due_since=later(days=-3))

    assert ask(gus) == ("AntennaPod", "full")


@pytest.mark.parametrize("status", ["paused", "incomplete", "canceled", "unpaid", None])
def test_a_membership_that_does_not_run_brings_its_notice(stage, ask, status):
    pam = stage.add_member("pam")
    if status:
        stage.subscribe(pam, status=status)

    assert ask(pam) == ("AntennaPod", "ended")


def test_an_app_that_has_a_notice_already_is_remembered_with_it(stage, client, ask, cleo, clock):
    etag = client.get(cleo.feed_path).headers["ETag"]
    clock.move_to(later(minutes=11))

    assert ask(cleo, **{"If-None-Match": etag}) == ("AntennaPod", "ended")


def test_a_replaced_link_brings_its_notice_and_is_refused_after_thirty_days(stage, ask, ben, clock):
    stage.replace_link(ben)

    at_once = ask(ben)
    clock.move_to(later(days=30))

    assert at_once == ("AntennaPod", "replaced")
    assert ask(ben) == ("AntennaPod", "gone")


def test_a_link_that_was_taken_away_remembers_who_still_asks(stage, ask, ben):
    stage.revoke_link(ben)

    assert ask(ben) == ("AntennaPod", "gone")


def test_what_was_asked_too_often_is_remembered_at_once(stage, services, ask, ben):
    limit = services.settings.member_requests_per_hour

    answers = {ask(ben) for _number in range(limit)}

    assert answers == {("AntennaPod", "full")}
    assert ask(ben) == ("AntennaPod", "too_often")


def test_refusals_that_come_again_and_again_are_noted_once_in_ten_minutes(stage, services, ask, ben, clock):
    stage.revoke_link(ben)
    ask(ben)
    before = services.db.writes

    for minutes in range(1, 10):
        clock.move_to(later(minutes=minutes))
        ask(ben)

    assert services.db.writes == before


def test_a_head_request_is_no_fetch(stage, ask, ben):
    assert ask(ben, method="HEAD") == ("", "")


def test_of_a_link_that_nobody_knows_nothing_is_remembered(stage, services, client, ben):
    client.get(f"/private/{'b' * 32}/feed.xml", headers=AGENT)
    services.fetches.flush()

    with services.db.reading() as session:
        assert session.get(FeedLink, ben.link.id).fetched_at is None
