"""Renderings are made once: for all threads, for all processes, and beyond a restart."""

import multiprocessing
import os
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest

from podcastsvc.catalogue.access import Audience
from podcastsvc.feeds.build import build_feed
from podcastsvc.feeds.document import Gap
from podcastsvc.feeds.keeping import RenderingCache, RenderingFolder, Slot, read_rendering, write_rendering
from podcastsvc.feeds.notices import NoticeKind
from podcastsvc.feeds.rendering import make_rendering
from podcastsvc.feeds.views import PUBLIC_VIEW, FeedView
from tests.feeds.samples import make_member_sample

GOLD = Slot(1, FeedView(Audience(frozenset({"gold"})), is_personal=True))
NOTICE = Slot(2, FeedView(is_personal=True, notice=NoticeKind.ENDED), page=3)
PUBLIC = Slot(1, PUBLIC_VIEW)
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)


def make_text(text):
    return make_rendering(text.encode())


def never():
    raise AssertionError("it was made again")


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "cache" / "feeds"


# ---- in memory


def test_forty_requests_at_once_make_one_rendering():
    cache, made, gate = RenderingCache(), [], threading.Barrier(40)

    def make():
        made.append(1)
        return make_text("x")

    def ask(_number):
        gate.wait()
        return cache.get(GOLD, "v1", make)

    with ThreadPoolExecutor(40) as pool:
        answers = list(pool.map(ask, range(40)))

    assert len(made) == 1
    assert len({id(answer) for answer in answers}) == 1


def test_a_new_version_replaces_the_old_one():
    cache = RenderingCache()
    cache.get(GOLD, "v1", lambda: make_text("old"))

    renewed = cache.get(GOLD, "v2", lambda: make_text("new"))

    assert renewed.fill({}) == b"new"


def test_a_failed_rendering_is_tried_again(folder):
    cache = RenderingCache(RenderingFolder(folder))

    def fail():
        raise OSError("no")

    with pytest.raises(OSError, match="no"):
        cache.get(GOLD, "v1", fail)

    assert cache.get(GOLD, "v1", lambda: make_text("x")).fill({}) == b"x"


def test_those_unused_for_longest_go_when_the_room_is_used_up():
    cache, made = RenderingCache(limit_bytes=2 * make_text("x" * 100).size_bytes + 1), []

    def ask(name):
        cache.get(Slot(name, PUBLIC_VIEW), "v1", lambda: made.append(name) or make_text("x" * 100))

    for name in (1, 2, 1, 3, 1, 2):
        ask(name)

    assert made == [1, 2, 3, 2]


# ---- in a folder


@pytest.mark.parametrize("slot", [GOLD, NOTICE, PUBLIC])
def test_what_is_written_is_read_again(slot):
    rendering = make_rendering(build_feed(make_member_sample()), pages=4)

    content = write_rendering(slot, "v1", rendering)

    assert read_rendering(content, "v1") == rendering
    assert read_rendering(content, "v2") is None


@pytest.mark.parametrize("at", [0, 1, 200, -1, -20])
def test_a_damaged_file_is_none(at):
    content = bytearray(write_rendering(GOLD, "v1", make_rendering(build_feed(make_member_sample()))))
    content[at] ^= 0xFF

    assert read_rendering(bytes(content), "v1") is None


@pytest.mark.parametrize("length", [0, 1, 100, 5_000])
def test_half_a_file_is_none(length):
    content = write_rendering(GOLD, "v1", make_rendering(build_feed(make_member_sample())))

    assert read_rendering(content[:length], "v1") is None


def test_a_restart_finds_what_was_made(folder):
    RenderingFolder(folder).get(GOLD, "v1", lambda: make_text("made before"))

    assert RenderingFolder(folder).get(GOLD, "v1", never).fill({}) == b"made before"


def test_a_damaged_file_is_made_anew(folder):
    RenderingFolder(folder).get(GOLD, "v1", lambda: make_text("whole"))
    (path,) = folder.glob("*.feed")
    path.write_bytes(path.read_bytes()[:-1])

    assert RenderingFolder(folder).get(GOLD, "v1", lambda: make_text("whole")).fill({}) == b"whole"
    assert RenderingFolder(folder).get(GOLD, "v1", never).fill({}) == b"whole"


def test_a_folder_that_cannot_be_written_costs_the_rendering_only(tmp_path):
    (tmp_path / "cache").write_text("a file, where the folder should be")

    assert RenderingFolder(tmp_path / "cache" / "feeds").get(GOLD, "v1", lambda: make_text("x")).fill({}) == b"x"


def _ask_once(folder, gate, made):
    def make():
        with made.get_lock():
            made.value += 1
        return make_text("x")

    gate.wait(30)
    RenderingCache(RenderingFolder(folder)).get(GOLD, "v1", make)


def test_four_processes_that_ask_at_once_make_one_rendering(folder):
    context = multiprocessing.get_context("fork")
    gate, made = context.Barrier(4), context.Value("i", 0)
    others = [context.Process(target=_ask_once, args=(folder, gate, made)) for _ in range(4)]

    for each in others:
        each.start()
    for each in others:
        each.join(30)

    assert [each.exitcode for each in others] == [0, 0, 0, 0]
    assert made.value == 1


def test_slots_in_use_are_known_and_the_others_go(folder):
    kept = RenderingFolder(folder)
    for slot in (GOLD, NOTICE, PUBLIC):
        kept.get(slot, "v1", lambda: make_text("x"))
    for path in folder.glob("*.feed"):
        if b'"ended"' in path.read_bytes():
            os.utime(path, (LONG_AGO.timestamp(), LONG_AGO.timestamp()))

    used = kept.list_used(datetime.now(UTC) - timedelta(days=1))

    assert set(used) == {GOLD, PUBLIC}
    assert len(list(folder.iterdir())) == 4


def test_renewing_is_no_use_and_asking_is(folder):
    kept = RenderingFolder(folder)
    kept.get(GOLD, "v1", lambda: make_text("old"))
    (path,) = folder.glob("*.feed")
    os.utime(path, (LONG_AGO.timestamp(), LONG_AGO.timestamp()))

    kept.renew(GOLD, "v2", lambda: make_text("new"))

    assert path.stat().st_mtime == LONG_AGO.timestamp()
    assert kept.get(GOLD, "v2", pytest.fail).fill({}) == b"new"
    assert path.stat().st_mtime > LONG_AGO.timestamp()


def test_renewing_makes_nothing_that_nobody_has_asked_for(folder):
    RenderingFolder(folder).renew(GOLD, "v1", pytest.fail)

    assert not list(folder.glob("*.feed"))


def test_secrets_are_in_no_file(folder):
    rendering = RenderingFolder(folder).get(GOLD, "v1", lambda: make_rendering(build_feed(make_member_sample())))

    filled = rendering.fill({Gap.FEED_TOKEN: "b" * 32, Gap.LISTEN_TOKEN: "e" * 32})

    assert b"b" * 32 in filled
    assert not any(b"b" * 32 in path.read_bytes() for path in folder.iterdir())
