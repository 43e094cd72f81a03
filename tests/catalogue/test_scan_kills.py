"""The scan and breakdowns: from files alone, after a kill, on a full disk, and two at once."""

import errno
import random
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import event, select

import tests.site
from podcastsvc.catalogue.scanning.report import Change
from podcastsvc.catalogue.tree import LocalTree
from podcastsvc.errors import Unavailable
from podcastsvc.settings import Settings
from podcastsvc.storage import schema
from podcastsvc.storage.db import Database
from podcastsvc.storage.media import LocalMedia
from podcastsvc.storage.tables.episode import AudioFile, Episode, Transcript
from tests.catalogue.folders import GUID, make_cover, write, write_episode, write_show
from tests.catalogue.recordings import make_mp3
from tests.catalogue.sites import Site, changes_of, remarks_of


def test_catalogue_built_anew_has_the_same_guids_addresses_dates_and_notes(lite, tmp_path):
    write(lite.root / "artwork.jpg", make_cover())
    write_show(lite.root / "tonos", "title: Tonos\n")
    for number, name in enumerate(["2026-05-23-news", "2026-05-30-news", "2026-06-10-later", "tonos/2026-05-30-news"]):
        folder = write_episode(
            lite.root, name, title=f"Episode {number}", date=f"2026-05-{number + 20}", audio=make_mp3(number + 2)
        )
        write(folder / "members.mp3", make_mp3(number + 3))
        write(folder / "transcript.vtt", "WEBVTT\n\n00:00.000 --> 00:01.000\nHello.\n")
    lite.scan()
    other = Database(f"sqlite:///{tmp_path / 'other.db'}")
    schema.upgrade(other)

    rebuilt = Site(other, tmp_path)
    rebuilt.scan()

    def describe(site):
        return [
            (
                (episode := site.get(name)).guid,
                episode.slug,
                episode.title,
                episode.published_at,
                episode.notes_html,
                [(audio.variant, audio.name, audio.extension) for audio in site.list_audio(name)],
                [transcript.name for transcript in episode.transcripts],
            )
            for name in site.list_folders()
        ]

    assert describe(rebuilt) == describe(lite)
    other.dispose()


def test_scan_that_is_killed_again_and_again_ends_like_an_undisturbed_one(tmp_path):
    killed, calm = tests.site.Site(tmp_path / "killed"), tests.site.Site(tmp_path / "calm")
    write_show(killed.episodes)
    for number in range(24):
        folder = write_episode(killed.episodes, f"2026-05-{number + 1:02}-episode-{number}", title=f"Episode {number}")
        write(folder / "transcript.vtt", "WEBVTT\n\n00:00.000 --> 00:01.000\nHello.\n")
    write(folder / "cover.jpg", make_cover())
    killed.run("init", "--host-email", "ada@example.org")
    calm.run("init", "--host-email", "ada@example.org")

    for files in sorted(random.Random(7).sample(range(1, 24), 5)):
        kill_when(killed, files)
        check_audio_is_there(killed)
    killed.run("scan")
    shutil.copytree(killed.episodes, calm.episodes, dirs_exist_ok=True)
    calm.run("scan")

    assert killed.ask("scan")["counts"] == {"unchanged": 25}
    assert describe(killed) == describe(calm)
    assert len(describe(calm)) == 24
    for folder in killed.episodes.iterdir():
        if folder.is_dir():
            # What the kill of a writer leaves has a name that no scan reads and the hourly sweep knows.
            assert all(path.name.startswith((".writing-", *MADE)) for path in folder.iterdir())
            assert (folder / "notes.md").read_bytes().count(b"guid:") == 1


MADE = ("notes.md", "audio.mp3", "transcript.vtt", "cover.jpg")


def kill_when(site, files: int) -> None:
    """Runs the command, and kills it as soon as so many files lie in the media store."""
    with subprocess.Popen(
        [sys.executable, "-m", "podcastsvc.cli", "scan"], env=site.environ, stdout=subprocess.DEVNULL
    ) as process:
        while process.poll() is None and len(list((site.data / "media" / "audio").glob("*.mp3"))) < files:
            pass
        process.kill()


def check_audio_is_there(site) -> None:
    """What the catalogue names is there, whole, with that length (rule T-D2)."""
    with open_catalogue(site) as session:
        for audio in session.scalars(select(AudioFile)):
            assert (site.data / "media" / audio.media_key).stat().st_size == audio.length_bytes


def describe(site) -> list[tuple[object, ...]]:
    """All that makes an episode's addresses and identity."""
    query = (
        select(Episode.folder, Episode.guid, Episode.slug, Episode.published_at, AudioFile.name, Transcript.name)
        .outerjoin(AudioFile, AudioFile.episode_id == Episode.id)
        .outerjoin(Transcript, Transcript.episode_id == Episode.id)
        .order_by(Episode.folder)
    )
    with open_catalogue(site) as session:
        return [tuple(row) for row in session.execute(query)]


@contextmanager
def open_catalogue(site):
    db = Database(Settings(data=site.data).database)
    with db.reading() as session:
        yield session
    db.dispose()


# ---- a full disk


class FillingMedia(LocalMedia):
    """A disk that is full at the n-th write, and stays so."""

    def __init__(self, folder, writes: int) -> None:
        super().__init__(folder)
        self._left = writes

    def save_file(self, key, path, *, mime):
        self._count()
        super().save_file(key, path, mime=mime)

    def save_bytes(self, key, content, *, mime):
        self._count()
        super().save_bytes(key, content, mime=mime)

    def _count(self) -> None:
        self._left -= 1
        if self._left < 0:
            raise OSError(errno.ENOSPC, "No space left on device")


@pytest.mark.parametrize("writes", [0, 2, 4, 5, 6, 8])
def test_disk_that_is_full_at_any_write_leaves_before_or_after(lite, writes):
    write(lite.root / "artwork.jpg", make_cover(colour="navy"))
    folder = write_episode(lite.root, "2026-05-30-maps", guid=GUID)
    write(folder / "cover.jpg", make_cover())
    write_episode(lite.root, "2026-05-31-money")

    full = lite.scan(media=FillingMedia(lite.root.parent / "media", writes))
    known = {name for name, change in changes_of(full).items() if change == "added"}
    audio = [audio for name in lite.list_folders() for audio in lite.list_audio(name)]
    lengths = [lite.media.find_length(each.media_key) for each in audio]
    after = lite.scan()

    refused = {name: remarks_of(full, name)[-1] for name, change in changes_of(full).items() if change == "refused"}
    assert set(refused.values()) == {": could not be read. The disk is full."}
    assert lengths == [each.length_bytes for each in audio]
    assert set(changes_of(after)) == {"show.yaml", "2026-05-30-maps", "2026-05-31-money"} - known
    assert lite.scan().counts == {"unchanged": 3}
    assert lite.get("2026-05-30-maps").artwork is not None


def test_full_disk_while_a_guid_is_written_leaves_the_notes_alone(lite):
    folder = write_episode(lite.root, "2026-05-30-maps")
    raw = (folder / "notes.md").read_bytes()

    class Full(LocalTree):
        def swap_bytes(self, path, old, new):
            raise OSError(errno.ENOSPC, "No space left on device")

    report = lite.scan(tree=Full(lite.root))

    assert remarks_of(report, "2026-05-30-maps") == [": could not be read. The disk is full."]
    assert (folder / "notes.md").read_bytes() == raw
    assert lite.list_folders() == []
    assert changes_of(lite.scan())["2026-05-30-maps"] == "added"


def test_full_disk_under_the_database_is_said_and_leaves_before_or_after(lite):
    for number in range(40):
        write_episode(lite.root, f"2026-05-30-maps-{number}", body="About maps.\n" * 800)
    lite.db.engine.dispose()
    pages = int(lite.db.engine.url.database and Path(lite.db.engine.url.database).stat().st_size / 4096) + 160
    event.listen(lite.db.engine, "connect", limit := lambda dbapi, _: dbapi.execute(f"PRAGMA max_page_count={pages}"))

    with pytest.raises(Unavailable, match="disk is full"):
        lite.scan()
    before = {name: lite.get(name).guid for name in lite.list_folders()}
    event.remove(lite.db.engine, "connect", limit)
    lite.db.engine.dispose()
    lite.scan()

    assert 0 < len(before) < 40
    assert len(lite.list_folders()) == 40
    assert before == {name: lite.get(name).guid for name in before}
    assert lite.scan().counts == {"unchanged": 41}


# ---- two at once


def test_two_scans_at_once_do_the_work_once(lite, tmp_path):
    for number in range(10):
        write_episode(lite.root, f"2026-05-{number + 1:02}-episode", date="2026-05-30")
    with ThreadPoolExecutor(2) as threads:
        reports = list(threads.map(lambda _: lite.scan(), range(2)))

    assert sorted(report.count(Change.ADDED) for report in reports) == [0, 11]


def test_folders_saved_at_the_same_time_never_share_a_version_of_the_show(site):
    site.scan()
    first = site.get_show().version
    names = [f"2026-05-{number + 1:02}-episode" for number in range(12)]
    for name in names:
        write_episode(site.root, name, guid=f"guid of {name}")

    with ThreadPoolExecutor(6) as threads:
        reports = list(threads.map(site.scan_folder, names))

    assert {report.change for report in reports} == {Change.ADDED}
    assert site.get_show().version >= first + len(names)
