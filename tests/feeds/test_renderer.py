"""The way from a show to a rendering: which version, which page, and what is made anew after a change."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import delete

from podcastsvc.catalogue.access import Audience
from podcastsvc.feeds.document import Gap
from podcastsvc.feeds.renderer import Renderer
from podcastsvc.feeds.versions import list_states
from podcastsvc.feeds.views import PUBLIC_VIEW, FeedView
from podcastsvc.kit import clock
from podcastsvc.storage.tables.episode import AudioFile, Episode
from podcastsvc.storage.tables.show import Show
from tests.feeds.rows import NOW, days, make_episode, make_episodes, make_show

GOLD = FeedView(Audience(frozenset({"gold"})), is_personal=True)
VALUES = {Gap.FEED_TOKEN: "f" * 32, Gap.LISTEN_TOKEN: "l" * 32}


@pytest.fixture
def stage(db, settings):
    """The database with a show of one episode."""
    with db.transaction() as session:
        make_episode(session, make_show(session), "First")
    return db


@pytest.fixture
def make_renderer(stage, settings):
    """A renderer as a process has it; a further one is another process, or the same after a restart."""
    return lambda: Renderer(stage, settings)


def read_state(db):
    with db.reading() as session:
        return list_states(session)[0]


def list_inodes(settings):
    """The files of kept renderings; one that is written anew is another file."""
    return {path.stat().st_ino for path in (settings.data / "cache" / "feeds").glob("*.feed")}


def change(db):
    with db.transaction() as session:
        show = session.get_one(Show, 1)
        make_episode(session, show, "Second", published_at=NOW - timedelta(hours=1))
        show.version += 1


def read(renderer, db, view=PUBLIC_VIEW, page=1, at=NOW):
    found = renderer.get(read_state(db), view, page, at)
    return None if found is None else found.fill(VALUES).decode()


def test_a_change_shows_at_once(stage, make_renderer):
    renderer = make_renderer()
    assert "Second" not in read(renderer, stage)

    change(stage)

    assert "Second" in read(renderer, stage)


def test_t15_a_scheduled_episode_comes_with_its_time_without_a_write(stage, make_renderer):
    due = NOW + days(1)
    with stage.transaction() as session:
        show = session.get_one(Show, 1)
        make_episode(session, show, "Later", published_at=due)
        show.instants = [due.isoformat()]

    renderer = make_renderer()

    assert "Later" not in read(renderer, stage, at=due - timedelta(seconds=1))
    assert "Later" in read(renderer, stage, at=due)


def test_a_page_beyond_the_last_is_none_and_costs_no_rendering(stage, settings, make_renderer):
    renderer = make_renderer()
    read(renderer, stage)
    files = sorted((settings.data / "cache" / "feeds").iterdir())

    assert [read(renderer, stage, page=page) for page in (0, 2, 999_999)] == [None, None, None]
    assert sorted((settings.data / "cache" / "feeds").iterdir()) == files


def test_long_feeds_have_their_further_pages(stage, settings):
    with stage.transaction() as session:
        shapes = [{"title": f"E{n}", "published_at": NOW - timedelta(minutes=n + 1)} for n in range(12)]
        make_episodes(session, session.get_one(Show, 1), shapes)
    renderer = Renderer(stage, replace(settings, feed_max_items=5, feed_page_items=4))

    pages = [read(renderer, stage, page=page) for page in (1, 2, 3, 4)]

    assert [page.count("<item>") for page in pages[:3]] == [5, 4, 4]
    assert pages[3] is None


def test_renewing_makes_what_is_in_use_and_another_process_finds_it(stage, settings, make_renderer):
    renderer = make_renderer()
    for view in (PUBLIC_VIEW, GOLD):
        read(renderer, stage, view)
    change(stage)

    assert make_renderer().renew(clock.now()) == 2

    made = list_inodes(settings)
    state = read_state(stage)
    for view in (PUBLIC_VIEW, GOLD):
        found = make_renderer().get(state, view, 1, clock.now())
        assert b"Second" in found.fill(VALUES)
    assert list_inodes(settings) == made


def test_a_show_that_is_gone_is_not_renewed(stage, make_renderer):
    renderer = make_renderer()
    read(renderer, stage)
    with stage.transaction() as session:
        for table in (AudioFile, Episode, Show):
            session.execute(delete(table))

    assert make_renderer().renew(clock.now()) == 0
