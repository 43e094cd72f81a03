"""A stranger's file is read in a process that can do nothing but read."""

import os
import signal
import socket
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from podcastsvc.errors import Invalid
from podcastsvc.kit import child
from podcastsvc.kit.cage import Limits
from podcastsvc.kit.language import Sentence, sentence


@pytest.fixture(scope="module")
def pool():
    with child.Pool(2) as pool:
        yield pool


def add(first: int, second: int, *, third: int = 0) -> int:
    return first + second + third


def refuse() -> None:
    raise Invalid("The file must be an mp3 or m4a.")


def refuse_with_a_number() -> None:
    raise Invalid(sentence("The file has %(count)s parts.", count=20_000))


def break_down() -> None:
    raise RuntimeError("a bug in a library")


def recurse() -> None:
    recurse()


def burn_time() -> None:
    while True:
        pass


def eat_memory() -> int:
    return len(bytearray(1 << 30))


def sleep_long() -> None:
    time.sleep(60)


def crash() -> None:
    os.abort()


def answer_too_much() -> str:
    return "x" * 2_000_000


def answer_what_is_no_json() -> object:
    return object()


def try_network() -> str:
    return _name_refusal(socket.socket)


def try_program() -> str:
    return _name_refusal(lambda: os.execv("/bin/true", ["/bin/true"]))


def try_signal(pid: int) -> str:
    return _name_refusal(lambda: os.kill(pid, signal.SIGTERM))


def try_write(path: str) -> str:
    return _name_refusal(lambda: Path(path).write_text("taken over"))


def try_remove(path: str) -> str:
    return _name_refusal(Path(path).unlink)


def read_length(path: str) -> int:
    return len(Path(path).read_bytes())


def list_environment() -> list[str]:
    return sorted(os.environ)


def _name_refusal(action) -> str:
    try:
        action()
    except OSError as problem:
        return type(problem).__name__
    return "allowed"


def test_answer_of_a_function_comes_back(pool):
    answer = pool.run(add, [1, 2], {"third": 3})

    assert answer == 6


def test_shared_pool_runs_and_is_started_again_after_it_was_closed():
    first = child.run(add, 1, 2)
    child.close()
    second = child.run(add, 2, third=3, second=5)

    assert (first, second) == (3, 10)


def test_our_own_refusal_keeps_its_words(pool):
    with pytest.raises(Invalid, match="must be an mp3 or m4a"):
        pool.run(refuse)


@pytest.mark.parametrize("function", [break_down, recurse, crash, eat_memory, answer_what_is_no_json])
def test_whatever_happens_in_the_child_is_an_unreadable_file(pool, function):
    with pytest.raises(Invalid) as caught:
        pool.run(function)

    assert caught.value.message == child.UNREADABLE
    assert pool.run(add, [1, 2]) == 3


@pytest.mark.parametrize(
    ("function", "limits"),
    [
        (burn_time, Limits(cpu_seconds=1)),
        (sleep_long, Limits(wall_seconds=1)),
        (answer_too_much, Limits(answer_bytes=1_000_000)),
    ],
)
def test_child_ends_at_its_limits(pool, function, limits):
    started = time.monotonic()

    with pytest.raises(Invalid):
        pool.run(function, limits=limits)

    assert time.monotonic() - started < 15


@pytest.mark.skipif(os.uname().sysname != "Linux", reason="only Linux can refuse calls")
class TestCage:
    def test_child_has_no_network_and_starts_no_program(self, pool):
        assert pool.run(try_network) == "PermissionError"
        assert pool.run(try_program) == "PermissionError"

    def test_child_sends_no_signal(self, pool):
        with subprocess.Popen(["/bin/sleep", "30"]) as bystander:
            answer = pool.run(try_signal, [bystander.pid])
            still_there = bystander.poll() is None
            bystander.kill()

        assert answer == "PermissionError"
        assert still_there

    def test_child_reads_but_changes_no_file(self, pool, tmp_path):
        path = tmp_path / "audio.mp3"
        path.write_text("sound")

        answers = [
            pool.run(try_write, [str(path)]),
            pool.run(try_remove, [str(path)]),
            pool.run(read_length, [str(path)]),
        ]

        assert answers == ["PermissionError", "PermissionError", 5]
        assert path.read_text() == "sound"


def test_child_sees_none_of_our_environment(pool, monkeypatch):
    monkeypatch.setenv("PODCASTSVC_STRIPE_SECRET_KEY", "sk_test_1")

    names = pool.run(list_environment)

    assert "PODCASTSVC_STRIPE_SECRET_KEY" not in names
    assert "PATH" not in names


def test_killed_warder_is_replaced(pool):
    pool.run(add, [1, 2])
    for warder in list(pool._warders.queue):
        if warder is not None:
            warder._process.kill()
            warder._process.wait()

    answers = [pool.run(add, [number, 1]) for number in range(4)]

    assert answers == [1, 2, 3, 4]


def test_many_threads_share_two_warders_without_mixing_answers(pool):
    with ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(lambda number: pool.run(add, [number, 0]), range(100)))

    assert answers == list(range(100))


def test_forked_server_process_gets_a_pool_of_its_own():
    child.run(add, 1, 1)
    reading, writing = os.pipe()

    forked = os.fork()
    if forked == 0:
        os.write(writing, str(child.run(add, 20, 3)).encode())
        child.close()
        os._exit(0)
    os.waitpid(forked, 0)

    assert os.read(reading, 10) == b"23"
    assert child.run(add, 2, 2) == 4
    os.close(reading)
    os.close(writing)


def test_a_refusal_still_knows_what_fills_it(pool):
    with pytest.raises(Invalid, match="The file has 20,000 parts") as refused:
        pool.run(refuse_with_a_number)

    said = refused.value.message
    assert isinstance(said, Sentence)
    assert (said.template, said.values) == ("The file has %(count)s parts.", {"count": 20_000})
