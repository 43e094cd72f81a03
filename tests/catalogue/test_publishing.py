"""The studio's writing of folders: whole or not at all, and nothing changed but what the form changed."""

import os
import signal
import subprocess
import sys
import textwrap
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from podcastsvc.catalogue import publishing
from podcastsvc.catalogue.publishing import Contents, Files
from podcastsvc.catalogue.show import Person
from podcastsvc.catalogue.texts import heads
from podcastsvc.catalogue.uploads import Kind
from podcastsvc.errors import Conflict, Invalid, NotFound, Unavailable
from tests.catalogue.disks import full_disk
from tests.catalogue.recordings import make_mp3

MADRID = ZoneInfo("Europe/Madrid")
NOW = datetime(2026, 6, 2, 4, 0, tzinfo=UTC)
PUBLISHED = Contents(title="Why maps lie", notes="About maps.", published_at=NOW)


@pytest.fixture
def root(tmp_path) -> Path:
    (tmp_path / "episodes").mkdir()
    return tmp_path / "episodes"


@pytest.fixture
def recording(tmp_path) -> Path:
    path = tmp_path / "spool.mp3"
    path.write_bytes(make_mp3(2))
    return path


def create(root: Path, contents: Contents = PUBLISHED, **parts: Path) -> Path:
    put = {Kind(name): path for name, path in parts.items()}
    return root / publishing.create(root, contents, Files(put), zone=MADRID, now=NOW)


def change(folder: Path, contents: Contents, parts: Files | None = None) -> None:
    seen = publishing.open_notes(folder, zone=MADRID).mark
    publishing.change(folder, contents, parts or Files(), zone=MADRID, seen=seen)


def read(folder: Path) -> str:
    return (folder / "notes.md").read_text()


def without_guid(text: str) -> str:
    return "".join(line for line in text.splitlines(keepends=True) if not line.startswith("guid:"))


def test_a_new_folder_is_named_by_day_and_title(root, recording):
    folder = create(root, audio=recording)

    assert folder.name == "2026-06-02-why-maps-lie"
    assert sorted(path.name for path in folder.iterdir()) == ["audio.mp3", "notes.md"]


def test_a_new_folder_says_what_the_form_said(root):
    contents = Contents(
        title="Maps: a history",
        notes="Notes.\n\n- 00:00 Start",
        published_at=NOW,
        access_kind="members",
        public_from=NOW + timedelta(days=3),
        season=3,
        number=215,
        type="bonus",
        explicit=True,
        language="es",
        summary="About maps.",
        people=(Person("Mark", "guest", url="https://example.org"),),
        tags=("maps", "history"),
        listed=False,
    )

    folder = create(root, contents)

    assert without_guid(read(folder)) == textwrap.dedent("""\
        ---
        title: "Maps: a history"
        date: 2026-06-02 06:00
        season: 3
        episode: 215
        type: bonus
        access: members
        public_from: 2026-06-05 06:00
        explicit: true
        language: es
        summary: About maps.
        people: [{name: Mark, role: guest, url: https://example.org}]
        tags: [maps, history]
        listed: false
        ---

        Notes.

        - 00:00 Start
        """)


def test_what_is_written_is_read_back_the_same(root):
    contents = replace(PUBLISHED, access_kind="plans", plans=("friends",), tags=("a, b", "#c"), summary='"quoted": yes')

    notes = publishing.open_notes(create(root, contents), zone=MADRID).notes

    assert (notes.title, notes.published_at, notes.summary) == ("Why maps lie", NOW, '"quoted": yes')
    assert (notes.access_kind, notes.plans) == ("plans", ("friends",))
    assert notes.tags == ("a, b", "#c")


def test_the_guid_is_written_at_publication_not_before(root):
    draft = create(root, replace(PUBLISHED, published_at=None))
    published = create(root)

    assert "guid" not in read(draft)
    assert read(published).count("guid: ") == 1


def test_publishing_a_draft_gives_it_a_guid_that_stays(root):
    folder = create(root, replace(PUBLISHED, published_at=None))

    change(folder, PUBLISHED)
    first = publishing.open_notes(folder, zone=MADRID).notes.guid
    change(folder, replace(PUBLISHED, title="Another title"))

    assert first
    assert publishing.open_notes(folder, zone=MADRID).notes.guid == first


def test_a_taken_name_gets_a_number(root):
    names = [create(root).name for _ in range(3)]

    assert names == ["2026-06-02-why-maps-lie", "2026-06-02-why-maps-lie-2", "2026-06-02-why-maps-lie-3"]


def test_an_empty_folder_of_that_name_is_left_alone(root):
    (root / "2026-06-02-why-maps-lie").mkdir()

    folder = create(root)

    assert folder.name == "2026-06-02-why-maps-lie-2"


def test_a_title_without_letters_still_has_a_folder(root):
    assert create(root, replace(PUBLISHED, title="🎧")).name.startswith("2026-06-02-")


def test_the_uploaded_file_stays_until_the_folder_stands(root, recording):
    folder = create(root, audio=recording)

    assert recording.read_bytes() == (folder / "audio.mp3").read_bytes()


def test_a_change_keeps_every_other_byte(root):
    folder = root / "by-hand"
    folder.mkdir()
    (folder / "notes.md").write_bytes(
        b"---\r\n# mine\r\ntitle: Old   # a comment\r\nmood: calm\r\ndate: 2026-06-02\r\n---\r\nBody  \r\n\r\nkept\r\n"
    )
    notes = publishing.open_notes(folder, zone=MADRID).notes

    change(folder, Contents(title="New", notes=notes.body, published_at=notes.published_at))

    raw = without_guid((folder / "notes.md").read_bytes().decode())
    assert raw == (
        "---\r\n# mine\r\ntitle: New   # a comment\r\nmood: calm\r\ndate: 2026-06-02\r\n---\r\nBody  \r\n\r\nkept\r\n"
    )


def test_saving_without_a_change_writes_nothing(root):
    folder = create(root)
    before = (folder / "notes.md").stat()

    change(folder, PUBLISHED)

    after = (folder / "notes.md").stat()
    assert (after.st_ino, after.st_mtime_ns) == (before.st_ino, before.st_mtime_ns)


def test_notes_that_somebody_changed_meanwhile_are_not_overwritten(root):
    folder = create(root)
    seen = publishing.open_notes(folder, zone=MADRID).mark
    (folder / "notes.md").write_text("---\ntitle: By hand\n---\nOther words\n")

    with pytest.raises(Conflict):
        publishing.change(folder, PUBLISHED, Files(), zone=MADRID, seen=seen)

    assert "Other words" in read(folder)


def test_notes_with_a_mistake_are_not_touched(root):
    folder = create(root)
    (folder / "notes.md").write_text("---\ntitle: X\ndate: soon\n---\n")

    with pytest.raises(Invalid, match=r"notes\.md:3"):
        publishing.open_notes(folder, zone=MADRID)


def test_new_audio_of_another_kind_takes_the_place_of_the_old(root, recording, tmp_path):
    folder = create(root, audio=recording)
    other = tmp_path / "other.m4a"
    other.write_bytes(b"other")

    change(folder, PUBLISHED, Files({Kind.AUDIO: other}))

    assert sorted(path.name for path in folder.iterdir()) == ["audio.m4a", "notes.md"]


def test_a_part_can_be_taken_out(root, recording):
    folder = create(root, audio=recording, preview=recording)

    change(folder, PUBLISHED, Files(remove=frozenset({Kind.PREVIEW})))

    assert publishing.list_parts(folder) == {Kind.AUDIO: "audio.mp3"}


def test_a_transcript_takes_the_place_of_the_one_in_its_language(root, tmp_path):
    folder = create(root)
    (folder / "transcript.es.vtt").write_text("old")
    (folder / "transcript.en.vtt").write_text("other")
    new = tmp_path / "new.srt"
    new.write_text("new")
    seen = publishing.open_notes(folder, zone=MADRID).mark

    publishing.change(folder, PUBLISHED, Files({Kind.TRANSCRIPT: new}), zone=MADRID, seen=seen, language="es")

    assert publishing.list_parts(folder, "es") == {Kind.TRANSCRIPT: "transcript.es.srt"}
    assert (folder / "transcript.en.vtt").read_text() == "other"


def test_withdrawing_and_bringing_back_leaves_the_file_as_it_was(root):
    folder = create(root)
    before = read(folder)

    publishing.withdraw(folder, zone=MADRID, now=NOW)
    between = publishing.open_notes(folder, zone=MADRID).notes.expires_at
    publishing.bring_back(folder)

    assert between == NOW
    assert read(folder) == before


def test_a_draft_can_be_deleted(root, recording):
    folder = create(root, replace(PUBLISHED, published_at=None), audio=recording)

    publishing.delete_draft(folder, zone=MADRID)

    assert list(root.iterdir()) == []


def test_an_episode_with_a_date_is_not_deleted(root):
    folder = create(root)

    with pytest.raises(Conflict):
        publishing.delete_draft(folder, zone=MADRID)

    assert folder.is_dir()


def test_a_folder_that_is_gone_is_not_found(root):
    with pytest.raises(NotFound):
        publishing.open_notes(root / "gone", zone=MADRID)


@pytest.mark.parametrize(
    ("instant", "written"),
    [
        (datetime(2026, 1, 2, 5, 0, tzinfo=UTC), "2026-01-02 06:00"),
        (datetime(2026, 10, 25, 0, 30, tzinfo=UTC), "2026-10-25 02:30"),
        (datetime(2026, 10, 25, 1, 30, tzinfo=UTC), "2026-10-25 02:30+0100"),
    ],
)
def test_an_instant_in_the_repeated_hour_carries_its_offset(instant, written):
    assert heads.write_instant(instant, MADRID) == written


def test_a_full_disk_leaves_nothing_behind(root, tmp_path):
    huge = tmp_path / "huge.mp3"
    with huge.open("wb") as file:
        file.truncate(8 << 40)

    with pytest.raises(Unavailable, match="almost full"):
        create(root, audio=huge)

    assert list(root.iterdir()) == []


def test_a_folder_that_cannot_be_written_says_so(root):
    with pytest.raises(Unavailable, match="could not be written"):
        create(root / "nowhere")


@pytest.mark.parametrize("act", ["change", "withdraw", "bring_back"])
def test_a_disk_that_takes_nothing_is_told_and_the_notes_stay(root, act):
    folder = create(root)
    before = read(folder)
    actions = {
        "change": lambda: change(folder, replace(PUBLISHED, title="Other")),
        "withdraw": lambda: publishing.withdraw(folder, zone=MADRID, now=NOW),
        "bring_back": lambda: publishing.bring_back(folder),
    }

    with full_disk(), pytest.raises(Unavailable, match=f"The folder {folder.name} could not be written"):
        actions[act]()

    assert read(folder) == before
    assert [path.name for path in folder.iterdir()] == ["notes.md"]


@pytest.mark.parametrize("act", [publishing.bring_back, partial(publishing.withdraw, zone=MADRID, now=NOW)])
def test_a_folder_that_is_gone_is_told(root, act):
    with pytest.raises(NotFound, match="not there any more"):
        act(root / "gone")


def test_notes_that_cannot_be_read_are_told(root):
    (root / "maps" / "notes.md").mkdir(parents=True)

    with pytest.raises(Unavailable, match="The folder maps cannot be read"):
        publishing.open_notes(root / "maps", zone=MADRID)


@pytest.mark.parametrize("make_pool", [ThreadPoolExecutor, ProcessPoolExecutor])
def test_of_two_saves_at_once_one_is_told_of_the_other(root, make_pool):
    folder = create(root)

    with make_pool(8, **({"mp_context": get_context("spawn")} if make_pool is ProcessPoolExecutor else {})) as pool:
        for turn in range(8):
            seen = publishing.open_notes(folder, zone=MADRID).mark
            titles = [f"Turn {turn} of {number}" for number in range(8)]
            saved = list(pool.map(save, [folder] * 8, titles, [seen] * 8))

            assert saved.count(True) == 1
            assert f"title: {titles[saved.index(True)]}\n" in read(folder)


def save(folder: Path, title: str, seen: str) -> bool:
    """Whether one of several saves was taken."""
    try:
        publishing.change(folder, replace(PUBLISHED, title=title), Files(), zone=MADRID, seen=seen)
    except Conflict:
        return False
    return True


def test_kill_9_leaves_whole_folders_only_and_loses_no_upload(root, recording):
    script = textwrap.dedent(f"""
        import sys
        from datetime import UTC, datetime
        from pathlib import Path
        from podcastsvc.catalogue import publishing
        from podcastsvc.catalogue.publishing import Contents, Files
        from podcastsvc.catalogue.uploads import Kind
        now = datetime(2026, 6, 2, tzinfo=UTC)
        files = Files({{kind: Path({str(recording)!r}) for kind in (Kind.AUDIO, Kind.MEMBERS, Kind.PREVIEW)}})
        print("ready", flush=True)
        while True:
            publishing.create(Path({str(root)!r}), Contents("T", "N", now), files, zone=UTC, now=now)
    """)
    for kill in range(4):
        process = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True)
        with process:
            process.stdout.readline()
            while len(list(root.iterdir())) < (kill + 1) * 3:
                continue
            process.send_signal(signal.SIGKILL)

    whole = [path for path in root.iterdir() if not path.name.startswith(".")]
    assert len(whole) > 4
    for folder in whole:
        assert (folder / "audio.mp3").read_bytes() == recording.read_bytes()
        assert read(folder).endswith("\nN\n")


def test_what_a_kill_left_is_swept_after_an_hour(root):
    old, young = root / ".new-old", root / ".gone-young"
    for folder in (old, young):
        folder.mkdir()
        (folder / "audio.mp3").write_bytes(b"half")
    os.utime(old, (1, 1))

    swept = publishing.sweep(root)

    assert swept == 1
    assert [path.name for path in root.iterdir()] == [".gone-young"]


def test_sweep_takes_the_leftover_of_a_killed_writer_and_nothing_else(root):
    folder = root / "2026-05-30-maps"
    folder.mkdir()
    for name in (".writing-old.part", ".writing-young.part", "notes.md"):
        (folder / name).write_text("x")
    os.utime(folder / ".writing-old.part", (1, 1))

    swept = publishing.sweep(root)

    assert swept == 1
    assert sorted(path.name for path in folder.iterdir()) == [".writing-young.part", "notes.md"]
