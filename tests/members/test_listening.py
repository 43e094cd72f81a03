"""The one sentence that says why a member cannot listen: the first thing that is wrong is chosen, whatever else is."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from podcastsvc.catalogue.access import Audience
from podcastsvc.members.entitlements import Entitlement, Standing
from podcastsvc.members.feed_tokens import LinkState
from podcastsvc.members.listening import Diagnosis, Hindrance, LinkUse, diagnose, read_use
from podcastsvc.storage.tables.member import FeedAnswer, FeedLink

NOW = datetime(2026, 6, 2, 10, tzinfo=UTC)


def ago(days=0.0, **span):
    return NOW - timedelta(days=days, **span)


RUNS = Entitlement(audience=Audience(frozenset({"gold"})), standing=Standing.ACTIVE)
FAILED = replace(RUNS, standing=Standing.PAST_DUE, until=ago(-9), needs_card=True)
OVER = Entitlement(standing=Standing.ENDED, until=ago(3))
# A link in use: made long ago, asked for an hour ago, heard yesterday.
USED = LinkUse(
    id=1,
    state=LinkState.LIVE,
    created_at=ago(100),
    fetched_at=ago(hours=1),
    fetched_by="Overcast",
    answer=FeedAnswer.UNCHANGED,
    heard_at=ago(1),
)
FRESH = LinkUse(id=2, state=LinkState.LIVE, created_at=ago(2))
REPLACED = replace(USED, state=LinkState.REPLACED, replaced_at=ago(2), answer=FeedAnswer.REPLACED)
LONG_REPLACED = replace(REPLACED, state=LinkState.GONE, replaced_at=ago(40), answer=FeedAnswer.GONE)
REVOKED = replace(USED, state=LinkState.GONE, revoked_at=ago(5), answer=FeedAnswer.GONE)
UNUSED_SINCE = replace(REPLACED, fetched_at=ago(3))


def told(hindrance, day=None, app="", link_id=None):
    return Diagnosis(hindrance, day, app, link_id)


MEMBERSHIP = [
    (Entitlement(), [USED], told(Hindrance.NO_PLAN)),
    (Entitlement(changes_at=ago(-3)), [USED], told(Hindrance.NOT_YET, ago(-3))),
    (replace(OVER, changes_at=ago(-3)), [USED], told(Hindrance.NOT_YET, ago(-3))),
    (Entitlement(standing=Standing.CONFIRMING), [], told(Hindrance.CONFIRMING)),
    (Entitlement(standing=Standing.PAUSED, changes_at=ago(-3)), [USED], told(Hindrance.PAUSED)),
    (OVER, [USED], told(Hindrance.ENDED, ago(3))),
    (OVER, [REVOKED], told(Hindrance.ENDED, ago(3))),
    (replace(OVER, is_unconfirmed=True), [USED], told(Hindrance.UNCONFIRMED, ago(3))),
]
LINKS = [
    (RUNS, [], told(Hindrance.NO_LINK)),
    (RUNS, [LONG_REPLACED], told(Hindrance.NO_LINK)),
    (RUNS, [REVOKED], told(Hindrance.TAKEN_AWAY, ago(5))),
    (RUNS, [LONG_REPLACED, REVOKED, replace(REVOKED, revoked_at=ago(4))], told(Hindrance.TAKEN_AWAY, ago(4))),
    # An app that asks with what works no more.
    (RUNS, [REPLACED, FRESH], told(Hindrance.OLD_LINK, ago(2), "Overcast", 2)),
    (RUNS, [LONG_REPLACED, FRESH], told(Hindrance.OLD_LINK, ago(40), "Overcast", 2)),
    (RUNS, [REVOKED, FRESH], told(Hindrance.OLD_LINK, ago(5), "Overcast", 2)),
    (
        RUNS,
        [REPLACED, replace(USED, id=2, fetched_by="Castro")],
        told(Hindrance.OLD_LINK, ago(2), "Overcast", 2),
    ),
    (
        RUNS,
        [REPLACED, replace(USED, id=2, fetched_by="Castro", fetched_at=ago(2))],
        told(Hindrance.OLD_LINK, ago(2), "Overcast", 2),
    ),
    # It has moved to the new link, or was given up long ago.
    (RUNS, [REPLACED, replace(USED, id=2, fetched_at=NOW)], told(Hindrance.NONE, NOW, "Overcast", 2)),
    (
        RUNS,
        [replace(REPLACED, replaced_at=ago(20), fetched_at=ago(8)), replace(USED, id=2, fetched_by="Castro")],
        told(Hindrance.NONE, ago(hours=1), "Castro", 2),
    ),
    (RUNS, [UNUSED_SINCE, FRESH], told(Hindrance.NEVER_ASKED, ago(2), link_id=2)),
]
ASKING = [
    (RUNS, [FRESH], told(Hindrance.NEVER_ASKED, ago(2), link_id=2)),
    (RUNS, [replace(FRESH, opened_at=ago(1))], told(Hindrance.OPENED_ONLY, ago(1), link_id=2)),
    (RUNS, [FRESH, replace(FRESH, id=3, opened_at=ago(1))], told(Hindrance.OPENED_ONLY, ago(1), link_id=3)),
    (
        RUNS,
        [replace(USED, answer=FeedAnswer.TOO_OFTEN)],
        told(Hindrance.TOO_OFTEN, ago(hours=1), "Overcast", 1),
    ),
    (RUNS, [replace(USED, fetched_at=ago(7))], told(Hindrance.STAYS_AWAY, ago(7), "Overcast", 1)),
    (
        RUNS,
        [replace(USED, fetched_at=ago(90), answer=FeedAnswer.ENDED)],
        told(Hindrance.STAYS_AWAY, ago(90), "Overcast", 1),
    ),
    (RUNS, [replace(USED, answer=FeedAnswer.ENDED)], told(Hindrance.TOLD_ENDED, ago(hours=1), "Overcast", 1)),
    # The newest episode came out two days ago.
    (RUNS, [replace(USED, fetched_at=ago(3))], told(Hindrance.BEHIND, ago(3), "Overcast", 1)),
    # One link of several is enough.
    (
        RUNS,
        [replace(USED, fetched_at=ago(30)), FRESH, replace(USED, id=3)],
        told(Hindrance.NONE, ago(hours=1), "Overcast", 3),
    ),
    (RUNS, [USED, FRESH], told(Hindrance.NONE, ago(hours=1), "Overcast", 1)),
]
HEARING = [
    (RUNS, [replace(USED, heard_at=None)], told(Hindrance.NEVER_HEARD, ago(hours=1), "Overcast", 1)),
    (FAILED, [replace(USED, heard_at=None)], told(Hindrance.NEVER_HEARD, ago(hours=1), "Overcast", 1)),
    (
        RUNS,
        [replace(USED, heard_at=None, created_at=ago(hours=23))],
        told(Hindrance.NONE, ago(hours=1), "Overcast", 1),
    ),
    (
        RUNS,
        [UNUSED_SINCE, replace(USED, id=2, created_at=ago(2), heard_at=None)],
        told(Hindrance.NONE, ago(hours=1), "Overcast", 2),
    ),
    (FAILED, [USED], told(Hindrance.PAST_DUE, ago(-9), "Overcast", 1)),
    (RUNS, [USED], told(Hindrance.NONE, ago(hours=1), "Overcast", 1)),
    (replace(RUNS, standing=Standing.ENDING, until=ago(-9)), [USED], told(Hindrance.NONE, ago(hours=1), "Overcast", 1)),
]
CASES = [*MEMBERSHIP, *LINKS, *ASKING, *HEARING]


@pytest.mark.parametrize(("entitlement", "links", "expected"), CASES)
def test_the_first_thing_that_is_wrong_is_named(entitlement, links, expected):
    assert diagnose(entitlement, links, newest_at=ago(2), now=NOW) == expected


def test_every_hindrance_has_its_case():
    assert {expected.hindrance for _entitlement, _links, expected in CASES} == set(Hindrance)


@pytest.mark.parametrize(
    ("newest_at", "hindrance"),
    [(None, Hindrance.NONE), (ago(hours=23), Hindrance.NONE), (ago(1), Hindrance.BEHIND), (ago(4), Hindrance.NONE)],
)
def test_an_app_is_behind_a_day_after_an_episode_it_has_not_asked_for(newest_at, hindrance):
    links = [replace(USED, fetched_at=ago(3))]

    assert diagnose(RUNS, links, newest_at=newest_at, now=NOW).hindrance is hindrance


def test_a_links_row_is_read_with_its_state_and_answer():
    row = FeedLink(
        id=1, created_at=ago(100), replaced_at=ago(40), fetched_at=ago(1), fetched_by="Castro", fetched_answer="gone"
    )

    use = read_use(row, NOW)

    assert (use.state, use.answer, use.fetched_by) == (LinkState.GONE, FeedAnswer.GONE, "Castro")
    assert use.stopped_at == ago(40)
    assert read_use(FeedLink(id=1, created_at=NOW, fetched_answer=""), NOW).answer is None
