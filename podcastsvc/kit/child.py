"""Runs one of our functions over a stranger's file in a limited child process, and brings its plain answer back.

A few warders, small single-threaded processes started by exec, fork one limited grandchild for each run. So a server
full of threads never forks, a run costs a few milliseconds, and what a file does to its reader ends with that reader.
A warder sits in the cage itself, gets none of our environment, and ends when its pipe closes, after a minute without
work, or after a grandchild that outstayed its time, which then ends with it.
Source: rule T-F3.
"""

import atexit
import contextlib
import importlib
import json
import os
import queue
import select
import signal
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict
from functools import reduce
from types import TracebackType
from typing import Any, Final, ParamSpec, Self, TypeVar, cast

from podcastsvc.errors import Failure, Invalid, Unavailable
from podcastsvc.kit import cage
from podcastsvc.kit.cage import Limits
from podcastsvc.kit.language import N_, pack, unpack

P = ParamSpec("P")
T = TypeVar("T")

UNREADABLE = N_("The file cannot be read.")
_HEADER = struct.Struct(">I")
_IDLE_SECONDS = 60
_WAIT_SECONDS = 300
_DEFAULT: Final = Limits()


def run(function: Callable[P, T], *arguments: P.args, **named: P.kwargs) -> T:
    """The function's answer, worked out in a child of the shared pool with the default limits.

    The function stands at the top of a module; arguments and answer are plain JSON data (tuples come back as lists).
    A module that names others in ``CHILD_IMPORTS`` has them imported once by each warder, not once by each run.
    Raises Invalid: with the function's own message if it raised Invalid, else with ``UNREADABLE``, whatever
    happened: an exception, a crash, too much memory, too much time.
    """
    return cast("T", shared().run(cast("Callable[..., object]", function), arguments, dict(named)))


class Pool:
    """Some warders, started when they are first needed; safe to use from many threads."""

    def __init__(self, size: int = 2) -> None:
        self._warders: queue.LifoQueue[_Warder | None] = queue.LifoQueue()
        for _ in range(size):
            self._warders.put(None)

    def run(
        self,
        function: Callable[..., object],
        arguments: Sequence[object] = (),
        named: dict[str, object] | None = None,
        *,
        limits: Limits = _DEFAULT,
    ) -> object:
        """As ``run`` of this module. Raises Unavailable if no warder becomes free in five minutes."""
        request = {
            "path": sys.path,
            "module": function.__module__,
            "function": function.__qualname__,
            "arguments": list(arguments),
            "named": named or {},
            "limits": asdict(limits),
        }
        answer = self._ask(json.dumps(request).encode(), limits)
        if "answer" in answer:
            return answer["answer"]
        raise Invalid(unpack(answer.get("invalid", UNREADABLE)))

    def _ask(self, request: bytes, limits: Limits) -> dict[str, Any]:
        try:
            warder = self._warders.get(timeout=_WAIT_SECONDS)
        except queue.Empty:
            raise Unavailable(N_("Too many files are being read at once. Try again in a moment.")) from None
        try:
            # A warder may have gone home a moment ago, so one that does not answer is replaced once.
            if warder is not None and (answer := warder.ask(request, limits)) is not None:
                return answer
            warder = _replace(warder)
            if (answer := warder.ask(request, limits)) is not None:
                return answer
            warder.close()
            warder = None
            return {}
        finally:
            self._warders.put(warder)

    def close(self) -> None:
        """Ends all warders that are not at work; those at work end with their run."""
        idle: list[_Warder | None] = []
        with contextlib.suppress(queue.Empty):
            while True:
                idle.append(self._warders.get_nowait())
        for warder in idle:
            if warder is not None:
                warder.close()
            self._warders.put(None)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()


class _Warder:
    """Our end of one warder process."""

    def __init__(self) -> None:
        start = f"import sys; sys.path[:] = {sys.path!r}; from podcastsvc.kit import child; child.serve()"
        its_stdin, self._to = os.pipe()
        self._from, its_stdout = os.pipe()
        self._process = subprocess.Popen(
            [sys.executable, "-I", "-S", "-c", start],
            stdin=its_stdin,
            stdout=its_stdout,
            stderr=subprocess.DEVNULL,
            env={"LC_ALL": "C.UTF-8", "PYTHONDONTWRITEBYTECODE": "1"},
            start_new_session=True,
        )
        os.close(its_stdin)
        os.close(its_stdout)

    def ask(self, request: bytes, limits: Limits) -> dict[str, Any] | None:
        """The warder's answer; None where it is gone or silent past the limit."""
        try:
            _send(self._to, request)
            raw = _receive(self._from, time.monotonic() + limits.wall_seconds + 30)
        except OSError:
            return None
        return None if raw is None else cast("dict[str, Any]", json.loads(raw))

    def close(self) -> None:
        os.close(self._to)
        os.close(self._from)
        try:
            self._process.wait(timeout=0.5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


def _replace(warder: _Warder | None) -> _Warder:
    if warder is not None:
        warder.close()
    return _Warder()


_lock = threading.Lock()
_shared: Pool | None = None
_inherited: list[Pool] = []


def shared() -> Pool:
    """The pool that this process uses by default: as many warders as processors, two to four."""
    global _shared  # noqa: PLW0603  (one pool for each process, made when it is first needed)
    with _lock:
        if _shared is None:
            _shared = Pool(min(max(os.cpu_count() or 2, 2), 4))
        return _shared


def close() -> None:
    """Ends the shared pool's warders; the next run starts new ones."""
    if _shared is not None:
        _shared.close()


def _forget() -> None:
    # After a fork of the server the pipes belong to the parent; two processes on one pipe would mix their answers.
    global _shared, _lock
    if _shared is not None:
        _inherited.append(_shared)
    _shared, _lock = None, threading.Lock()


atexit.register(close)
os.register_at_fork(after_in_child=_forget)


# ---- the warder's side


def serve() -> None:
    """The warder: reads requests from its standard input and answers on its standard output until either ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    nothing = os.open(os.devnull, os.O_RDWR)
    cage.refuse_calls()
    while (raw := _receive(0, time.monotonic() + _IDLE_SECONDS)) is not None:
        try:
            answer = _answer(json.loads(raw), nothing)
            _send(1, answer or b"{}")
        except BrokenPipeError:
            return
        if answer is None:
            return


def _answer(request: dict[str, Any], nothing: int) -> bytes | None:
    """The grandchild's answer; ``{}`` where it broke down, None where it still runs past its time."""
    sys.path[:] = request["path"]
    module = importlib.import_module(request["module"])
    for name in getattr(module, "CHILD_IMPORTS", ()):
        importlib.import_module(name)
    limits = Limits(**request["limits"])
    reading, writing = os.pipe()
    pid = os.fork()
    if pid == 0:
        _work(request, limits, writing, nothing)
    os.close(writing)
    try:
        answer = _collect(reading, limits)
    finally:
        os.close(reading)
    if answer is not None:
        os.waitpid(pid, 0)
    return answer


def _work(request: dict[str, Any], limits: Limits, target: int, nothing: int) -> None:
    """The grandchild: never returns. Answers nothing where anything but a refusal of ours is raised."""
    try:
        cage.end_with_parent()
        for number in (0, 1, 2):
            os.dup2(nothing, number)
        function = reduce(getattr, request["function"].split("."), importlib.import_module(request["module"]))
        cage.set_limits(limits)
        try:
            answer = {"answer": cast("Callable[..., object]", function)(*request["arguments"], **request["named"])}
        except Failure as refusal:
            answer = {"invalid": pack(refusal.message)}
        view = memoryview(json.dumps(answer).encode())
        while view:
            view = view[os.write(target, view) :]
    finally:
        os._exit(0)


def _collect(source: int, limits: Limits) -> bytes | None:
    """All that the grandchild writes before it ends, ``{}`` where that is no answer; None past the limits."""
    until = time.monotonic() + limits.wall_seconds
    parts: list[bytes] = []
    length = 0
    while (part := _read_some(source, 1 << 20, until)) is not None:
        if not part:
            raw = b"".join(parts)
            return raw if raw.endswith(b"}") else b"{}"
        parts.append(part)
        length += len(part)
        if length > limits.answer_bytes:
            return None
    return None


def _read_some(source: int, length: int, until: float) -> bytes | None:
    """Bytes as they come; empty at the end, None past the time."""
    ready = select.select([source], [], [], max(until - time.monotonic(), 0))[0]
    return os.read(source, length) if ready else None


def _receive(source: int, until: float) -> bytes | None:
    """One message; None at the end of the pipe or past the time."""
    header = _read_exactly(source, _HEADER.size, until)
    return None if header is None else _read_exactly(source, _HEADER.unpack(header)[0], until)


def _read_exactly(source: int, length: int, until: float) -> bytes | None:
    parts = bytearray()
    while len(parts) < length:
        part = _read_some(source, length - len(parts), until)
        if not part:
            return None
        parts += part
    return bytes(parts)


def _send(target: int, message: bytes) -> None:
    view = memoryview(_HEADER.pack(len(message)) + message)
    while view:
        view = view[os.write(target, view) :]
