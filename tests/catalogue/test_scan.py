"""The scan: what is in the folders is in the catalogue, and what does not change is not read."""

import os
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from podcastsvc.catalogue import episodes
from podcastsvc.catalogue.access import State, read_access, state_of
from podcastsvc.catalogue.scanning.report import Change
from podcastsvc.catalogue.tree import LocalTree
from podcastsvc.errors import NotFound
from tests.catalogue import folders, recordings
from tests.catalogue.folders import GUID, write, write_episode, write_notes, write_show
from tests.catalogue.recordings import make_mp3
from tests.catalogue.sites import NOW, Site, changes_of, remarks_of

# ---- what a folder becomes


def test_folder_becomes_an_episode(site):
    write_episode(
        site.root,
        "2026-05-30-why-maps-lie",
        audio=make_mp3(70),
        guid=GUID,
        season=3,
        episode="0215",
        access="[friends]",
        public_from="2026-07-01",
        tags="[maps]",
        people="[{name: Ben, role: guest}]",
        aliases="[/old/maps/]",
        body="All about *maps*.\n\n- 00:00 Start\n- 01:00 End\n",
    )

    report = site.scan()

    episode = site.get("2026-05-30-why-maps-lie")
    assert changes_of(report) == {"2026-05-30-why-maps-lie": "added", "show.yaml": "added"}
    assert (episode.guid, episode.slug, episode.title) == (GUID, "why-maps-lie", "Why maps lie")
    assert (episode.season, episode.number, episode.access_kind, episode.plans) == (3, 215, "plans", ["friends"])
    assert episode.published_at == datetime(2026, 5, 30, 6, 0, tzinfo=UTC)
    assert episode.public_from == datetime(2026, 7, 1, tzinfo=UTC)
    assert (episode.tags, episode.language, episode.people[0]["name"]) == (["maps"], "en", "Ben")
    assert "<em>maps</em>" in episode.notes_html
    assert '<a href="?t=60">01:00</a>' in episode.notes_html
    assert "?t=" not in episode.feed_html
    assert [chapter["title"] for chapter in episode.chapters] == ["Start", "End"]
    assert episode.summary.startswith("All about maps.")
    with site.db.reading() as session:
        assert episodes.find_by_alias(session, "/old/maps").id == episode.id


def test_sound_lies_in_the_media_store_under_a_name_from_slug_and_content(site):
    folder = write_episode(site.root, "2026-05-30-maps")

    site.scan()

    (audio,) = site.list_audio("2026-05-30-maps")
    content = (folder / "audio.mp3").read_bytes()
    assert audio.name == f"maps-{audio.sha256[:8]}"
    assert (audio.extension, audio.mime, audio.length_bytes, audio.seconds) == ("mp3", "audio/mpeg", len(content), 2)
    assert site.media.read_bytes(audio.media_key) == content


def test_each_variant_of_the_sound_has_its_own_address(lite):
    folder = write_episode(lite.root, "2026-05-30-maps", audio=make_mp3(2))
    write(folder / "members.m4a", recordings.make_m4a(4))
    write(folder / "preview.mp3", make_mp3(2))

    lite.scan()

    found = {
        audio.variant: (audio.name, audio.extension, audio.seconds) for audio in lite.list_audio("2026-05-30-maps")
    }
    assert set(found) == {"public", "members", "preview"}
    assert found["members"][1:] == ("m4a", 4)
    assert len({name for name, _, _ in found.values()}) == 3


def test_what_the_notes_leave_out_comes_from_tags_show_and_name(lite):
    write_show(lite.root, folders.SHOW + "language: es\nexplicit: true\n")
    tags = recordings.make_id3(recordings.make_text("TIT2", "Mapas"), recordings.make_text("TRCK", "7"))
    write(lite.root / "2026-05-30-mapas" / "audio.mp3", make_mp3(2, tags=tags))
    write(lite.root / "0412-el_final" / "audio.mp3", make_mp3(2))

    lite.scan()

    tagged, plain = lite.get("2026-05-30-mapas"), lite.get("0412-el_final")
    assert (tagged.title, tagged.number, tagged.language, tagged.explicit) == ("Mapas", 7, "es", True)
    assert (plain.title, plain.slug) == ("El final", "el-final")
    assert state_of(read_access(plain), NOW) is State.DRAFT


def test_only_what_has_notes_or_sound_is_an_episode(lite):
    write(lite.root / "pictures" / "cover.jpg", b"x")
    write(lite.root / ".git" / "notes.md", "x")
    write(lite.root / "2026-05-30-maps" / "raw" / "audio.mp3", make_mp3(2))
    write_episode(lite.root, "2026-05-30-maps")
    write(lite.root / "loose.mp3", make_mp3(2))

    report = lite.scan()

    assert lite.list_folders() == ["2026-05-30-maps"]
    assert "inside of an episode's folder" in remarks_of(report, "2026-05-30-maps/raw")[0]
    assert "lies beside the episodes' folders" in remarks_of(report, "loose.mp3")[0]


def test_sound_under_another_name_is_advised_upon(lite):
    folder = write_episode(lite.root, "2026-05-30-maps")
    write(folder / "final-mix.mp3", make_mp3(2))

    report = lite.scan()

    assert remarks_of(report, "2026-05-30-maps") == [
        "final-mix.mp3: is not used. Sound is named audio, members or preview, such as audio.mp3."
    ]


# ---- what does not change is not read, and moves nothing


def test_unchanged_folders_are_not_opened(site):
    write_episode(site.root, "2026-05-30-maps")
    site.scan()
    before = site.get_show().version

    class Closed(LocalTree):
        def read_bytes(self, path):
            raise AssertionError(path)

    report = site.scan(tree=Closed(site.root))

    assert report.counts == {"unchanged": 2}
    assert site.get_show().version == before


def test_touched_file_changes_nothing_that_is_shown(site):
    folder = write_episode(site.root, "2026-05-30-maps", guid=GUID)
    site.scan()
    before, version = site.get("2026-05-30-maps"), site.get_show().version
    os.utime(folder / "audio.mp3", (1_700_000_000, 1_700_000_000))
    os.utime(folder / "notes.md", (1_700_000_000, 1_700_000_000))

    report = site.scan(now=NOW + timedelta(days=1))

    after = site.get("2026-05-30-maps")
    assert report.counts == {"unchanged": 2}
    assert (after.changed_at, site.get_show().version) == (before.changed_at, version)


def test_changed_notes_change_the_episode_and_the_shows_version(site):
    folder = write_episode(site.root, "2026-05-30-maps", guid=GUID)
    site.scan()
    version, names = site.get_show().version, [audio.name for audio in site.list_audio("2026-05-30-maps")]
    write_notes(folder, title="Why all maps lie", date="2026-05-30 06:00", guid=GUID)

    report = site.scan(now=NOW + timedelta(hours=1))

    episode = site.get("2026-05-30-maps")
    assert changes_of(report) == {"2026-05-30-maps": "changed"}
    assert (episode.title, episode.changed_at) == ("Why all maps lie", NOW + timedelta(hours=1))
    assert site.get_show().version > version
    assert [audio.name for audio in site.list_audio("2026-05-30-maps")] == names


def test_remarks_of_unchanged_folders_are_told_again(lite):
    write_episode(lite.root, "2026-05-30-maps", colour="red")
    first = remarks_of(lite.scan(), "2026-05-30-maps")

    second = remarks_of(lite.scan(), "2026-05-30-maps")

    assert first == second != []


# ---- the guid


def test_guid_is_written_once_and_every_other_byte_kept(site):
    folder = site.root / "2026-05-30-maps"
    raw = b"\xef\xbb\xbf---\r\ntitle: Maps # of course\r\ndate: 2026-05-30\r\n---\r\nNotes\r\n"
    write(folder / "notes.md", raw)
    write(folder / "audio.mp3", make_mp3(2))

    site.scan()
    written = (folder / "notes.md").read_bytes()
    report = site.scan()

    guid = site.get("2026-05-30-maps").guid
    assert written.replace(f"guid: {guid}\r\n".encode(), b"") == raw
    assert (folder / "notes.md").read_bytes() == written
    assert report.counts == {"unchanged": 2}


def test_draft_is_not_written_to(lite):
    folder = write_episode(lite.root, "maps", date=None)
    raw = (folder / "notes.md").read_bytes()

    lite.scan()

    assert (folder / "notes.md").read_bytes() == raw
    assert state_of(read_access(lite.get("maps")), NOW) is State.DRAFT


def test_draft_that_gets_a_date_stays_the_same_row_and_gets_a_guid(site):
    folder = write_episode(site.root, "maps", date=None)
    site.scan()
    draft = site.get("maps")
    write_notes(folder, title="Why maps lie", date="2026-06-01 11:00")

    site.scan()

    episode = site.get("maps")
    assert episode.id == draft.id
    assert episode.guid in (folder / "notes.md").read_text()
    assert episode.guid != draft.guid


def test_guid_that_was_deleted_by_hand_is_written_again(lite):
    folder = write_episode(lite.root, "2026-05-30-maps", guid=GUID)
    lite.scan()
    write_notes(folder, title="Why maps lie", date="2026-05-30 06:00")

    lite.scan()

    assert lite.get("2026-05-30-maps").guid == GUID
    assert f"guid: {GUID}\n" in (folder / "notes.md").read_text()


# ---- a single folder


def test_single_folder_is_scanned_at_once(site):
    site.scan()
    write_episode(site.root, "2026-05-30-maps")
    write(site.root / "2026-05-30-maps" / "audio.mp3", make_mp3(1), age_seconds=0)

    report = site.scan_folder("2026-05-30-maps")

    assert (report.change, report.episode_id) == (Change.ADDED, site.get("2026-05-30-maps").id)
    assert site.scan().counts == {"unchanged": 2}


def test_single_folder_that_is_gone_leaves_the_index(site):
    folder = write_episode(site.root, "2026-05-30-maps")
    write_episode(site.root, "2026-05-31-money")
    site.scan()
    shutil.rmtree(folder)

    report = site.scan_folder("2026-05-30-maps")

    assert report.change is Change.REMOVED
    assert site.list_folders() == ["2026-05-31-money"]


def test_single_folder_needs_its_show(lite):
    with pytest.raises(NotFound, match="podcastsvc scan"):
        lite.scan_folder("2026-05-30-maps")


# ---- the sample show


def test_sample_show_is_read_without_a_remark(sqlite_db, tmp_path):
    site = Site(sqlite_db, tmp_path)
    shutil.rmtree(site.root)
    shutil.copytree(Path(__file__).parents[2] / "episodes", site.root)
    raw = {path: path.read_bytes() for path in site.root.rglob("*.md")}

    report = site.scan(now=datetime(2026, 11, 25, 12, 0, tzinfo=UTC))

    assert [remark for folder in report.folders for remark in folder.remarks] == []
    assert report.counts == {"added": 6}
    assert raw == {path: path.read_bytes() for path in raw}
    kinds = {name: {audio.variant for audio in site.list_audio(name)} for name in site.list_folders()}
    assert kinds["2026-11-10-letter-box"] == {"members", "preview"}
    assert kinds["2026-10-20-the-first-minute"] == {"public", "members"}
    assert all(site.get(name).transcripts and len(site.get(name).chapters) > 1 for name in kinds)
