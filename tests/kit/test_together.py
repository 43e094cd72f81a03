"""Writing together: one for all, each with an answer of its own."""

import threading

import pytest

from podcastsvc.errors import Unavailable
from podcastsvc.kit import guard
from podcastsvc.kit.together import Together


class Writer:
    """Writes numbers, doubled; the first list waits until ``go``. Thirteen cannot be written."""

    def __init__(self):
        self.lists, self.began, self.go = [], threading.Event(), threading.Event()

    def __call__(self, numbers):
        self.began.set()
        assert self.go.wait(20)
        if 13 in numbers:
            raise Unavailable("not that one")
        self.lists.append(sorted(numbers))
        return [number * 2 for number in numbers]


class Turn:
    """Counts how often it was lent."""

    def __init__(self):
        self.lent = threading.Semaphore(0)

    def give_back(self):
        self.lent.release()

    def take_again(self):
        pass


@pytest.fixture
def writer():
    made = Writer()
    yield made
    made.go.set()


@pytest.fixture
def run(writer):
    """Has numbers written by a thread each, after a first one that waits: ``run(1, 2)`` gives their answers."""
    together, answers = Together(writer), {}

    def ask(number, turn):
        with guard.holding(turn):
            try:
                answers[number] = together.do(number)
            except Unavailable as problem:
                answers[number] = problem.message

    def go(*numbers):
        turn = Turn()
        first = threading.Thread(target=ask, args=(0, turn))
        first.start()
        assert writer.began.wait(20)
        threads = [threading.Thread(target=ask, args=(number, turn)) for number in numbers]
        for thread in threads:
            thread.start()
        # All of them have come, and lent their turn.
        assert all(turn.lent.acquire(timeout=20) for _ in range(len(numbers) + 1))
        writer.go.set()
        for thread in [first, *threads]:
            thread.join(20)
        return answers

    return go


def test_those_who_come_while_one_writes_are_written_at_once(run, writer):
    answers = run(1, 2, 3, 4)

    assert writer.lists == [[0], [1, 2, 3, 4]]
    assert answers == {0: 0, 1: 2, 2: 4, 3: 6, 4: 8}


def test_nobody_fails_for_anothers_sake(run, writer):
    answers = run(1, 13, 3)

    assert answers == {0: 0, 1: 2, 13: "not that one", 3: 6}
    assert sorted(writer.lists) == [[0], [1], [3]]


def test_one_alone_is_written_at_once(writer):
    writer.go.set()

    assert Together(writer).do(21) == 42
    assert writer.lists == [[21]]
