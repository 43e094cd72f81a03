"""A whole installation for tests: a folder of its own, the commands, and the real server on a port."""

import contextlib
import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import time
from dataclasses import dataclass
from email.message import EmailMessage
from email.parser import BytesParser
from email.policy import default
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit


@dataclass(frozen=True)
class Reply:
    """An answer as it came over the wire; ``headers`` by names in lower case."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode()


class Site:
    """An installation in ``folder``; ``start`` serves it, ``run`` gives it a command, ``fetch`` asks it."""

    server: tuple[str, ...] = ("-m", "podcastsvc.cli", "serve")

    def __init__(self, folder: Path, **settings: Any) -> None:
        self.port = find_port()
        self.base_url = f"http://127.0.0.1:{self.port}"
        self.data = folder / "var"
        self.episodes = folder / "episodes"
        self.episodes.mkdir(parents=True, exist_ok=True)
        self.log_path = folder / "server.log"
        given = {
            "base_url": self.base_url,
            "port": self.port,
            "data": self.data,
            "episodes": self.episodes,
            "workers": 1,
            "threads": 32,
            "log_format": "json",
            **settings,
        }
        self.settings = {f"PODCASTSVC_{name.upper()}": str(value) for name, value in given.items()}
        self._server: subprocess.Popen[bytes] | None = None

    @property
    def environ(self) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith("PODCASTSVC_")}
        return {**kept, **self.settings}

    def run(self, *words: str, expect: int = 0, seconds: float = 120) -> str:
        """What a command printed; fails the test where its exit code is not the expected one."""
        done = subprocess.run(
            [sys.executable, "-m", "podcastsvc.cli", *words],
            env=self.environ,
            capture_output=True,
            text=True,
            timeout=seconds,
            check=False,
        )
        assert done.returncode == expect, f"{words}: {done.returncode}\n{done.stdout}\n{done.stderr}"
        return done.stdout + (done.stderr if expect else "")

    def ask(self, *words: str) -> Any:
        """What a command printed with --json."""
        return json.loads(self.run(*words, "--json"))

    def start(self) -> "Site":
        """Starts the server and waits until it answers."""
        with self.log_path.open("ab") as log:
            self._server = subprocess.Popen(
                [sys.executable, *self.server],
                env=self.environ,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        wait_for(lambda: self.fetch("/healthz").status == 200, "the server to answer", self.read_log)
        return self

    def kill(self) -> None:
        """kill -9 for the server and all its processes."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        """Ends the server as an operator would."""
        self._end(signal.SIGTERM)

    def _end(self, number: int) -> None:
        if self._server is None:
            return
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._server.pid, number)
        self.wait()

    def wait(self) -> None:
        """Until the server, which was told to, has ended."""
        assert self._server is not None
        try:
            self._server.wait(30)
        finally:
            self._server = None

    @property
    def pid(self) -> int:
        assert self._server is not None
        return self._server.pid

    def read_log(self) -> str:
        return self.log_path.read_text(errors="replace") if self.log_path.exists() else ""

    def fetch(
        self, path: str, *, method: str = "GET", headers: dict[str, str] | None = None, body: bytes | None = None
    ) -> Reply:
        """One request; ``path`` may be a whole address of this site."""
        parts = urlsplit(path)
        target = parts.path + (f"?{parts.query}" if parts.query else "")
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            connection.request(method, target, body=body, headers=headers or {})
            answer = connection.getresponse()
            found = {name.lower(): value for name, value in answer.getheaders()}
            return Reply(answer.status, found, answer.read())
        finally:
            connection.close()

    def list_letters(self) -> list[EmailMessage]:
        """The letters written so far, oldest first."""
        paths = sorted((self.data / "mail").glob("*.eml"), key=lambda path: path.stat().st_mtime_ns)
        return [BytesParser(policy=default).parsebytes(path.read_bytes()) for path in paths]

    def wait_for_letter(self, to: str, number: int = 1) -> EmailMessage:
        """The newest letter to an address, once there are ``number`` of them."""
        wait_for(lambda: len(self.letters_to(to)) >= number, f"letter {number} to {to}", self.read_log)
        return self.letters_to(to)[-1]

    def letters_to(self, to: str) -> list[EmailMessage]:
        return [letter for letter in self.list_letters() if letter["To"] == to]


def wait_for(condition: Any, what: str, explain: Any = lambda: "", *, seconds: float = 40) -> None:
    """Polls until something outside this process has happened; fails the test where it does not."""
    until = time.monotonic() + seconds
    while True:
        try:
            if condition():
                return
        except OSError:
            pass
        if time.monotonic() > until:
            raise AssertionError(f"waited {seconds} s for {what}\n{explain()[-4000:]}")
        time.sleep(0.05)


def find_port() -> int:
    """A port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def read_body(letter: EmailMessage, kind: str = "plain") -> str:
    """The text of a letter."""
    part = letter.get_body((kind,))
    assert part is not None
    return str(part.get_content())
