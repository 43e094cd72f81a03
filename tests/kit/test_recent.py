"""A value kept for a moment: read once, and again when the time is over or this process changed something."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from podcastsvc.kit.recent import Recent, RecentByKey


@pytest.fixture
def reads():
    return []


def make(reads, *, seconds=3600.0, stamp=lambda: 0):
    return Recent(lambda: reads.append(1) or len(reads), stamp=stamp, seconds=seconds)


def test_it_is_read_once(reads):
    recent = make(reads)

    assert [recent.get() for _ in range(5)] == [1] * 5


def test_it_is_read_again_when_its_time_is_over(reads):
    recent = make(reads, seconds=0)

    assert [recent.get(), recent.get()] == [1, 2]


def test_it_is_read_again_when_the_stamp_is_another(reads):
    stamps = iter([1, 1, 2, 2])
    recent = make(reads, stamp=lambda: next(stamps))

    assert [recent.get() for _ in range(4)] == [1, 1, 2, 2]


def test_what_reading_raises_is_raised_and_tried_again():
    answers = [OSError("away"), "value"]

    def read():
        answer = answers.pop(0)
        if isinstance(answer, OSError):
            raise answer
        return answer

    recent = Recent(read, stamp=lambda: 0, seconds=60)

    with pytest.raises(OSError, match="away"):
        recent.get()
    assert recent.get() == "value"


def test_twenty_threads_at_once_read_once(reads):
    gate = threading.Barrier(20)
    recent = make(reads)

    def ask(_number):
        gate.wait()
        return recent.get()

    with ThreadPoolExecutor(20) as pool:
        assert set(pool.map(ask, range(20))) == {1}


def test_while_one_thread_reads_again_the_others_use_the_old_value():
    began, gate, reads = threading.Event(), threading.Event(), []

    def read():
        reads.append(1)
        if len(reads) > 1:
            began.set()
            gate.wait(10)
        return len(reads)

    recent = Recent(read, stamp=lambda: 0, seconds=0)
    recent.get()
    with ThreadPoolExecutor(1) as pool:
        renewing = pool.submit(recent.get)
        began.wait(10)

        meanwhile = recent.get()
        gate.set()

    assert (meanwhile, renewing.result()) == (1, 2)


def test_each_key_is_read_once_and_what_is_not_there_again(reads):
    recent = RecentByKey(lambda key: reads.append(key) or (None if key == "none" else key.upper()), stamp=lambda: 0)

    found = [recent.get(key) for key in ("a", "b", "a", "none", "none")]

    assert found == ["A", "B", "A", None, None]
    assert reads == ["a", "b", "none", "none"]


def test_no_more_keys_are_kept_than_there_is_room_for(reads):
    recent = RecentByKey(lambda key: reads.append(key) or key, stamp=lambda: 0, seconds=3600, most=2)

    for key in ("a", "b", "c", "b", "a"):
        recent.get(key)

    assert reads == ["a", "b", "c", "a"]


def test_twenty_threads_at_once_read_a_key_once(reads):
    gate = threading.Barrier(20)
    recent = RecentByKey(lambda key: reads.append(key) or key, stamp=lambda: 0, seconds=3600)

    def ask(_number):
        gate.wait()
        return recent.get("a")

    with ThreadPoolExecutor(20) as pool:
        assert set(pool.map(ask, range(20))) == {"a"}
    assert reads == ["a"]


def test_while_one_thread_reads_a_key_again_the_others_use_the_old_value():
    began, gate, reads = threading.Event(), threading.Event(), []

    def read(_key):
        reads.append(1)
        if len(reads) > 1:
            began.set()
            gate.wait(10)
        return len(reads)

    recent = RecentByKey(read, stamp=lambda: 0, seconds=0)
    recent.get("a")
    with ThreadPoolExecutor(1) as pool:
        renewing = pool.submit(recent.get, "a")
        began.wait(10)

        meanwhile = recent.get("a")
        gate.set()

    assert (meanwhile, renewing.result()) == (1, 2)


def test_who_waited_for_a_reading_that_failed_reads_itself():
    began, gate, answers = threading.Event(), threading.Event(), [OSError("away"), "value"]

    def read(_key):
        answer = answers.pop(0)
        if isinstance(answer, OSError):
            began.set()
            gate.wait(10)
            raise answer
        return answer

    recent = RecentByKey(read, stamp=lambda: 0, seconds=60)
    with ThreadPoolExecutor(2) as pool:
        failing = pool.submit(recent.get, "a")
        began.wait(10)
        waiting = pool.submit(recent.get, "a")
        gate.set()

        assert isinstance(failing.exception(), OSError)
        assert waiting.result() == "value"
