"""Files are whole or not there."""

import os
import signal
import stat
import subprocess
import sys
import time
from types import SimpleNamespace

import pytest

from podcastsvc.errors import Unavailable
from podcastsvc.kit import files


def list_names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_written_file_has_the_bytes_and_leaves_nothing_else(tmp_path):
    files.write_whole(tmp_path / "notes.md", b"first")
    files.write_whole(tmp_path / "notes.md", b"second")

    assert (tmp_path / "notes.md").read_bytes() == b"second"
    assert list_names(tmp_path) == ["notes.md"]


def test_replaced_file_keeps_its_mode(tmp_path):
    path = tmp_path / "notes.md"
    path.write_bytes(b"first")
    path.chmod(0o640)

    files.write_whole(path, b"second")

    assert stat.S_IMODE(path.stat().st_mode) == 0o640


def test_broken_write_leaves_the_old_file(tmp_path):
    path = tmp_path / "notes.md"
    path.write_bytes(b"first")

    with pytest.raises(ZeroDivisionError), files.open_whole(path) as file:
        file.write(b"sec")
        raise ZeroDivisionError

    assert path.read_bytes() == b"first"
    assert list_names(tmp_path) == ["notes.md"]


def test_killed_writer_leaves_no_partial_file_under_the_name(tmp_path):
    script = (
        "import sys, pathlib\n"
        "from podcastsvc.kit import files\n"
        "with files.open_whole(pathlib.Path(sys.argv[1])) as file:\n"
        "    file.write(b'x' * 100000); file.flush(); print('half', flush=True); sys.stdin.read()\n"
    )
    target = tmp_path / "audio.mp3"
    with subprocess.Popen(
        [sys.executable, "-c", script, str(target)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as writer:
        assert writer.stdout.readline() == "half\n"
        writer.send_signal(signal.SIGKILL)

    assert not target.exists()
    assert [files.is_leftover(name) for name in list_names(tmp_path)] == [True]
    assert files.sweep_leftovers(tmp_path) == 0
    assert files.sweep_leftovers(tmp_path, older_than_seconds=-5) == 1
    assert list_names(tmp_path) == []


def test_sweep_takes_only_our_old_leftovers(tmp_path):
    below = tmp_path / "2026-10-01-maps"
    below.mkdir()
    old, young, other = below / ".writing-aa.part", below / ".writing-bb.part", below / "audio.part"
    for path in (old, young, other):
        path.write_bytes(b"x")
    os.utime(old, (time.time() - 7200, time.time() - 7200))
    os.utime(other, (time.time() - 7200, time.time() - 7200))

    removed = files.sweep_leftovers(tmp_path)

    assert removed == 1
    assert list_names(below) == [".writing-bb.part", "audio.part"]


GB = 10**9


@pytest.mark.parametrize(
    ("whole", "needed"),
    [(1000 * GB, 50 * GB), (100 * GB, 5 * GB), (10 * GB, files.GIB), (2 * files.GIB, files.GIB), (GB, GB // 20)],
)
def test_a_gibibyte_or_a_twentieth_of_a_disk_stays_free_t_d4(whole, needed):
    assert files.count_needed(whole) == needed


def test_room_is_refused_before_the_disk_is_full_t_d4(tmp_path, monkeypatch):
    disk = SimpleNamespace(f_frsize=1000, f_blocks=100 * GB // 1000, f_bavail=6 * GB // 1000)
    monkeypatch.setattr(os, "statvfs", lambda _folder: disk)

    assert files.read_room(tmp_path) == files.Room(6 * GB, 5 * GB)
    files.check_room(tmp_path, coming_bytes=GB)
    with pytest.raises(Unavailable, match=r"almost full: 5,722 MiB free.*Nothing was changed"):
        files.check_room(tmp_path, coming_bytes=GB + 1)
