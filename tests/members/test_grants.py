"""Grants by the host: until a day, for good, changed and ended."""

from datetime import UTC, date, datetime, timedelta

import pytest

from podcastsvc.errors import Invalid
from podcastsvc.members import grants
from podcastsvc.members.entitlements import Standing, get_entitlement
from podcastsvc.storage.tables.billing import Plan
from podcastsvc.storage.tables.member import Member

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)


@pytest.fixture
def session(db):
    with db.transaction() as session:
        session.add(Plan(key="members", texts={"en": {"title": "Member"}}, created_at=NOW))
        session.add(Member(id=1, email="dev@example.org", email_key="dev@example.org", language="en", created_at=NOW))
        session.flush()
        yield session


def give(session, until, now=NOW):
    grants.give(session, 1, "members", until=until, zone="Europe/Madrid", now=now)


def test_plan_is_given_through_the_end_of_the_day_in_the_shows_zone(session):
    give(session, date(2026, 6, 10))

    last = datetime(2026, 6, 10, 21, 59, 59, tzinfo=UTC)
    found = get_entitlement(session, 1, last)
    assert (found.standing, found.audience.plans) == (Standing.COMP, {"members"})
    assert not get_entitlement(session, 1, last + timedelta(seconds=1)).has_access


def test_plan_given_for_good_has_no_end(session):
    give(session, None)

    assert get_entitlement(session, 1, NOW + timedelta(days=9999)).until is None


def test_giving_again_changes_the_end_and_makes_no_second_grant(session):
    give(session, None)
    give(session, date(2026, 7, 1))

    (grant,) = grants.list_grants(session, 1)
    assert grant.ends_at == datetime(2026, 7, 1, 21, 59, 59, 999999, tzinfo=UTC)


def test_today_may_be_the_last_day_and_yesterday_not(session):
    give(session, date(2026, 6, 1))

    with pytest.raises(Invalid) as caught:
        give(session, date(2026, 5, 31))
    assert "until" in caught.value.fields


def test_unknown_plan_is_refused_with_the_names_of_the_known_ones(session):
    with pytest.raises(Invalid, match="The plans are: members"):
        grants.give(session, 1, "gold", until=None, zone="UTC", now=NOW)


def test_ended_grant_is_over_at_once_and_can_be_given_anew(session):
    give(session, None)
    (grant,) = grants.list_grants(session, 1)

    assert grants.end_grant(session, grant.id, NOW)
    assert not grants.end_grant(session, grant.id, NOW)
    assert not get_entitlement(session, 1, NOW).has_access
    give(session, date(2026, 8, 1), NOW + timedelta(days=1))
    assert get_entitlement(session, 1, NOW + timedelta(days=2)).has_access


@pytest.mark.parametrize("until", [date(9001, 1, 1), date(9999, 12, 31)])
def test_day_that_no_calendar_reaches_is_refused(session, until):
    with pytest.raises(Invalid) as refused:
        grants.give(session, 1, "members", until=until, zone="Europe/Madrid", now=NOW)

    assert list(refused.value.fields) == ["until"]
