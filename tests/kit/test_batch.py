"""Noting now and writing later: nothing waits, nothing is lost that could be kept."""

import subprocess
import sys
import threading
import time

import pytest

from podcastsvc.errors import Unavailable
from podcastsvc.kit.batch import Batcher


@pytest.fixture
def written():
    return []


def test_what_is_added_is_written_in_one_list_in_order(written):
    batcher = Batcher(written.append, name="test", every_seconds=3600)
    for number in range(5):
        batcher.add(number)

    batcher.flush()
    batcher.close()

    assert written == [[0, 1, 2, 3, 4]]


def test_the_thread_writes_by_itself():
    came = threading.Event()
    batcher = Batcher(lambda _things: came.set(), name="test", every_seconds=0.01)

    batcher.add(1)

    assert came.wait(10)
    batcher.close()


def test_what_somebody_waits_for_is_written_soon_with_all_that_came_before():
    came, written = threading.Event(), []

    def write(things):
        written.extend(things)
        came.set()

    batcher = Batcher(write, name="test", every_seconds=3600)
    batcher.add("can wait")
    batcher.add("cannot", soon=True)

    assert came.wait(10)
    batcher.close()
    assert written == ["can wait", "cannot"]


def test_what_cannot_be_written_now_is_written_later_before_newer_things(written):
    is_away = [True]

    def write(things):
        if is_away.pop():
            raise Unavailable("away")
        written.append(things)

    batcher = Batcher(write, name="test", every_seconds=3600)
    batcher.add("old")
    batcher.flush()
    batcher.add("new")
    is_away.append(False)

    batcher.close()

    assert written == [["old", "new"]]


def test_what_could_not_be_written_is_tried_again_although_nobody_adds_anything():
    tries, came = [], threading.Event()

    def write(things):
        tries.append((time.monotonic(), things))
        if len(tries) < 4:
            raise Unavailable("away")
        came.set()

    batcher = Batcher(write, name="test", every_seconds=0.1)
    batcher.add("only")

    assert came.wait(10)
    batcher.close()
    assert [things for _at, things in tries] == [["only"]] * 4
    # Waiting for its time, not trying without a pause.
    assert tries[-1][0] - tries[0][0] >= 0.3


def test_what_is_added_while_the_list_is_taken_is_not_forgotten():
    came, written = threading.Event(), []

    def write(things):
        written.extend(things)
        if "second" in written:
            came.set()

    class AddsMeanwhile(threading.Event):
        """Somebody else adds at the very moment at which the sign that something came is taken down."""

        def clear(self):
            if "second" not in started:
                started.append("second")
                other = threading.Thread(target=batcher.add, args=("second",))
                other.start()
                other.join(0.5)
            super().clear()

    started = []
    batcher = Batcher(write, name="test", every_seconds=0.01)
    batcher._came = AddsMeanwhile()
    batcher.add("first")

    assert came.wait(10)
    batcher.close()
    assert written == ["first", "second"]


def test_d10_what_is_added_is_written_within_five_seconds_where_nothing_else_is_said():
    came = threading.Event()
    batcher = Batcher(lambda _things: came.set(), name="test")

    batcher.add(1)

    assert came.wait(5)
    batcher.close()


def test_a_store_that_stays_away_costs_the_oldest_not_the_memory(written):
    answers = [Unavailable("away")] * 3

    def write(things):
        if answers:
            raise answers.pop()
        written.append(things)

    batcher = Batcher(write, name="test", every_seconds=3600, most_waiting=4)
    for start in (0, 3, 6):
        for number in range(start, start + 3):
            batcher.add(number)
        batcher.flush()

    batcher.close()

    assert written == [[5, 6, 7, 8]]


def test_adding_does_not_wait_for_a_slow_write():
    gate, began, written = threading.Event(), threading.Event(), []

    def write(things):
        began.set()
        gate.wait(10)
        written.extend(things)

    batcher = Batcher(write, name="test", every_seconds=0)
    batcher.add(1)
    began.wait(10)

    batcher.add(2)
    gate.set()
    batcher.close()

    assert written == [1, 2]


def test_a_process_that_ends_writes_what_waits():
    code = (
        "from podcastsvc.kit.batch import Batcher\n"
        "batcher = Batcher(lambda things: print(things, flush=True), name='test', every_seconds=3600)\n"
        "batcher.add('last')\n"
    )

    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)

    assert ended.stdout == "['last']\n"
