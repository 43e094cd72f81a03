"""Feeds looked at as apps get them: their sizes, what breaks a rule, what is left out, and when pages begin."""

from dataclasses import replace
from datetime import timedelta
from time import process_time

import pytest
from sqlalchemy import event

from podcastsvc.catalogue.access import Audience
from podcastsvc.feeds.examining import examine, list_views, name_view
from podcastsvc.feeds.notices import NoticeKind
from podcastsvc.feeds.renderer import Renderer
from podcastsvc.feeds.versions import list_states
from podcastsvc.feeds.views import PUBLIC_VIEW, FeedView
from tests.feeds.rows import NOW, make_episode, make_episodes, make_show

MEMBERS = FeedView(Audience(frozenset({"gold"})), is_personal=True)
PLANS = {"gold": "Gold", "iron": "Iron"}


@pytest.fixture
def renderer(db, settings):
    return Renderer(db, settings)


@pytest.fixture
def fill(db):
    """Puts episodes into a show; the state of its feeds."""

    def run(*episodes, **facts):
        with db.transaction() as session:
            show = make_show(session, **facts)
            for values in episodes:
                make_episode(session, show, **values)
        with db.reading() as session:
            return list_states(session)[0]

    return run


@pytest.fixture
def look(renderer, settings, fill):
    """Puts episodes into a show, and examines a feed of it."""
    return lambda view, *episodes, **facts: examine(renderer, settings, fill(*episodes, **facts), view, NOW)


@pytest.mark.parametrize("view", [PUBLIC_VIEW, MEMBERS])
def test_a_feed_in_order_tells_its_sizes_and_its_last_change(look, view):
    report = look(view, {"title": "One"}, {"title": "Two & <three>"})

    assert (report.items, report.pages, report.findings, report.mistakes) == (2, 1, (), 0)
    assert 300 < report.packed_bytes < report.length_bytes
    assert report.changed_at == NOW - timedelta(days=10)


def test_an_empty_feed_can_be_read_too(look):
    assert look(PUBLIC_VIEW).items == 0


@pytest.mark.parametrize("notice", list(NoticeKind))
def test_the_feeds_of_those_without_access_are_in_order(look, notice):
    audience = MEMBERS.audience if notice is NoticeKind.PAYMENT_FAILED else PUBLIC_VIEW.audience
    report = look(FeedView(audience, is_personal=True, notice=notice), {"title": "One"})

    assert report.findings == ()


def test_an_episode_that_cannot_stand_in_the_feed_is_named_with_its_reason(look):
    report = look(PUBLIC_VIEW, {"title": "Good"}, {"title": "Same", "guid": "g"}, {"title": "\u0001", "guid": "h"})

    (finding,) = report.findings
    assert (report.items, report.mistakes) == (2, 1)
    assert finding.problem == "“h” is left out: it has no title."
    assert finding.advice == "Mend its notes.md, then scan."


def test_what_was_left_out_is_known_after_a_restart_too(look, db, settings):
    look(PUBLIC_VIEW, {"title": "\u0001", "guid": "h"})
    with db.reading() as session:
        (state,) = list_states(session)

    again = examine(Renderer(db, settings), settings, state, PUBLIC_VIEW, NOW)

    assert [finding.problem for finding in again.findings] == ["“h” is left out: it has no title."]


def test_what_the_host_can_add_is_advised(look):
    report = look(PUBLIC_VIEW, {"title": "One", "feed_html": ""}, categories=(), owner_email="", description={})

    assert [(finding.problem, finding.items) for finding in report.findings] == [
        ("The show has no description.", ()),
        ("The show names no owner, so you cannot prove to directories that it is yours.", ()),
        ("The show is in no category; directories refuse it without.", ()),
        ("Episodes without show notes: apps show their title a second time instead.", ("One",)),
    ]


def test_it_says_when_paging_is_near_and_when_it_has_started_5_4(db, settings, fill):
    few = replace(settings, feed_max_items=10)
    state = fill(*({"title": f"E{number}"} for number in range(10)))

    near = examine(Renderer(db, few), few, state, PUBLIC_VIEW, NOW)
    cut = replace(settings, feed_max_items=9)
    started = examine(Renderer(db, cut), cut, state, PUBLIC_VIEW, NOW)

    assert [finding.problem for finding in near.findings] == [
        "The feed's first page is nearly full: it holds 10 episodes or 4 MB."
    ]
    assert [finding.problem for finding in started.findings] == [
        "The feed is cut into 2 pages; the first holds the newest 9 episodes."
    ]
    assert (near.mistakes, started.mistakes, started.pages) == (0, 0, 2)


@pytest.fixture
def look_paged(db, settings, fill):
    """Puts episodes into a show, the newest first, and examines its feed in pages of two episodes."""
    few = replace(settings, feed_max_items=2, feed_page_items=2)

    def run(*episodes, **facts):
        dated = [{"published_at": NOW - timedelta(days=number + 1)} | each for number, each in enumerate(episodes)]
        return examine(Renderer(db, few), few, fill(*dated, **facts), PUBLIC_VIEW, NOW)

    return run


def list_findings(report):
    """What there is to say, but for how the feed is cut."""
    return [(each.rule, each.items, each.page_numbers) for each in report.findings if each.rule != "5.4"]


def test_every_page_of_a_feed_is_looked_at(db, settings, fill):
    state = fill(*({"title": f"E{number}"} for number in range(5)))
    few = replace(settings, feed_max_items=2, feed_page_items=2)

    whole = examine(Renderer(db, settings), settings, state, PUBLIC_VIEW, NOW)
    report = examine(Renderer(db, few), few, state, PUBLIC_VIEW, NOW)

    assert (report.items, report.pages, list_findings(report)) == (5, 3, [])
    assert whole.length_bytes < report.length_bytes < 3 * whole.length_bytes
    assert whole.packed_bytes < report.packed_bytes < report.length_bytes


def test_what_is_wrong_on_some_pages_only_has_their_numbers(look_paged):
    plain = {"feed_html": ""}
    episodes = [{"title": f"E{number}"} | (plain if number in {2, 4, 5, 9} else {}) for number in range(10)]

    assert list_findings(look_paged(*episodes)) == [("3.2", ("E2", "E4", "E5", "E9"), "2–3, 5")]


def test_what_is_wrong_on_all_pages_has_no_numbers(look_paged):
    report = look_paged({"title": "E0"}, {"title": "E1"}, {"title": "E2"}, owner_email="")

    assert list_findings(report) == [("3.1", (), "")]


def test_episodes_are_compared_across_pages_g5(look_paged):
    same_day = {"title": "Same", "published_at": NOW - timedelta(days=9)}

    report = look_paged({"title": "E0"}, same_day, same_day, {"title": "E3", "published_at": NOW - timedelta(days=10)})

    assert list_findings(report) == [("G5", ("Same",), "2")]


def test_what_is_left_out_of_a_further_page_is_named_with_the_page(look_paged):
    report = look_paged({"title": "E0"}, {"title": "E1"}, {"title": "E2"}, {"title": "\u0001", "guid": "h"})

    assert (list_findings(report), report.items) == ([("T-X4", (), "2")], 3)


def test_the_kept_rendering_of_500_episodes_is_examined_in_less_than_a_second(db, settings, renderer):
    notes = f"<p>{'Maps lie, and that is what they are for. ' * 70}</p>"
    with db.transaction() as session:
        show = make_show(session)
        shown = [
            {"title": f"E{n}", "published_at": NOW - timedelta(days=n), "feed_html": f"{notes}{n}"} for n in range(500)
        ]
        make_episodes(session, show, shown)
    with db.reading() as session:
        (state,) = list_states(session)
    renderer.get(state, MEMBERS, 1, NOW)
    asked = []
    event.listen(db.engine, "before_cursor_execute", lambda *args: asked.append(args[2]))

    start = process_time()
    report = examine(renderer, settings, state, MEMBERS, NOW)
    seconds = process_time() - start

    assert (report.items, report.mistakes) == (500, 0)
    assert asked == []
    assert seconds < 1


# ---- which feeds


def test_public_and_used_views_are_listed_those_with_access_first(renderer, fill):
    state = fill({"title": "One"})
    ended = FeedView(is_personal=True, notice=NoticeKind.ENDED)
    for view in (ended, MEMBERS):
        renderer.get(state, view, 1, NOW)

    assert list_views(renderer, state, PLANS, NOW) == [PUBLIC_VIEW, MEMBERS, ended]


def test_before_any_member_came_the_feed_with_all_plans_is_looked_at(renderer, fill):
    state = fill({"title": "One"})

    assert list_views(renderer, state, {}, NOW) == [PUBLIC_VIEW]
    assert list_views(renderer, state, PLANS, NOW) == [
        PUBLIC_VIEW,
        FeedView(Audience(frozenset({"gold", "iron"})), is_personal=True),
    ]


@pytest.mark.parametrize(
    ("view", "plans", "name"),
    [
        (PUBLIC_VIEW, PLANS, "Public feed"),
        (MEMBERS, {"gold": "Gold"}, "Members' feed"),
        (MEMBERS, PLANS, "Members' feed: Gold"),
        (replace(MEMBERS, audience=Audience(frozenset({"gold", "gone"}))), PLANS, "Members' feed: Gold, gone"),
        (FeedView(is_personal=True, notice=NoticeKind.ENDED), PLANS, "Members' feed after the end"),
        (
            replace(MEMBERS, notice=NoticeKind.PAYMENT_FAILED),
            PLANS,
            "Members' feed after a failed payment: Gold",
        ),
    ],
)
def test_views_have_names_with_their_plans_where_there_are_several(view, plans, name):
    assert name_view(view, plans) == name
