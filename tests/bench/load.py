"""Load on a server of ours: requests a second and CPU milliseconds a request, by wrk and by the operating system's accounts."""

import os
import re
import shutil
import subprocess
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

_TICKS = os.sysconf("SC_CLK_TCK")
SECONDS = 4
CONNECTIONS = 32


@dataclass(frozen=True, slots=True)
class Rate:
    """What one run of load saw; ``cpu_ms`` is the server's, all its processes, for each request."""

    per_second: float
    p99_ms: float
    cpu_ms: float
    errors: int


def has_wrk() -> bool:
    return shutil.which("wrk") is not None


def run_load(
    url: str, pid: int, *, headers: Sequence[str] = (), script: Path | None = None, connections: int = CONNECTIONS
) -> Rate:
    """A few seconds of wrk on an address of this machine; ``pid`` is the server whose process group pays.

    A second before them is not counted: 32 first requests, which wait for templates to be read, would be more than one in
    a hundred. What a cold start costs is a row of its own.
    """
    command = ["wrk", "-t2", f"-c{connections}", "--latency"]
    for header in headers:
        command += ["-H", header]
    if script is not None:
        command += ["-s", str(script)]
    subprocess.run([*command, "-d1s", url], capture_output=True, check=True, timeout=60)
    before = read_cpu_seconds(pid)
    done = subprocess.run([*command, f"-d{SECONDS}s", url], capture_output=True, text=True, check=True, timeout=60)
    spent = read_cpu_seconds(pid) - before
    return _read_report(done.stdout, spent)


def _read_report(report: str, cpu_seconds: float) -> Rate:
    requests = int(_find(r"(\d+) requests in", report, "0"))
    refused = re.search(r"Non-2xx or 3xx responses: (\d+)", report)
    slowest = re.search(r"99%\s+([\d.]+)(us|ms|s)", report)
    milliseconds = float(slowest[1]) * {"us": 0.001, "ms": 1, "s": 1000}[slowest[2]] if slowest else 0.0
    return Rate(
        per_second=float(_find(r"Requests/sec:\s+([\d.]+)", report, "0")),
        p99_ms=round(milliseconds, 1),
        cpu_ms=round(cpu_seconds * 1000 / max(requests, 1), 2),
        errors=int(refused[1]) if refused else 0,
    )


def _find(pattern: str, text: str, otherwise: str) -> str:
    found = re.search(pattern, text)
    return found[1] if found else otherwise


def list_processes(pid: int) -> list[int]:
    """A process and everything in its process group."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                fields = (entry / "stat").read_text().rsplit(")", 1)[1].split()
            except OSError:
                continue
            if int(fields[2]) == os.getpgid(pid):
                found.append(int(entry.name))
    return found


def read_cpu_seconds(pid: int) -> float:
    """CPU that a process group has spent so far, user and system."""
    total = 0
    for each in list_processes(pid):
        try:
            fields = Path(f"/proc/{each}/stat").read_text().rsplit(")", 1)[1].split()
        except OSError:
            continue
        total += int(fields[11]) + int(fields[12])
    return total / _TICKS


def read_memory_mib(pid: int) -> float:
    """Memory that a process group holds now; a page that several processes share counts once in all."""
    total = 0
    for each in list_processes(pid):
        try:
            rollup = Path(f"/proc/{each}/smaps_rollup").read_text()
        except OSError:
            continue
        total += sum(int(line.split()[1]) for line in rollup.splitlines() if line.startswith("Pss:"))
    return total / 1024


class Beside:
    """Work of a thread of its own while a ``with`` block runs; ``work`` ends soon after ``ended`` is set."""

    def __init__(self) -> None:
        self.ended = threading.Event()
        self._thread = threading.Thread(target=self.work, daemon=True)

    def work(self) -> None:
        raise NotImplementedError

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self.ended.set()
        self._thread.join()


class MemoryWatch(Beside):
    """The most memory, in MiB, that a process group held, and how much more that was than at the beginning."""

    def __init__(self, pid: int) -> None:
        super().__init__()
        self._pid = pid
        self._begun = self.most_mib = read_memory_mib(pid)

    @property
    def grown_mib(self) -> float:
        return self.most_mib - self._begun

    def work(self) -> None:
        while not self.ended.wait(0.02):
            self.most_mib = max(self.most_mib, read_memory_mib(self._pid))
