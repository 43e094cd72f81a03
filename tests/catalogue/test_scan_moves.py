"""The scan and time: folders that move and vanish, sound that is replaced, files that are still coming in."""

import os
import shutil
import time
from datetime import timedelta

import pytest

from podcastsvc.catalogue import episodes
from podcastsvc.catalogue.scan import scan_tree
from podcastsvc.catalogue.scanning.report import Change
from podcastsvc.catalogue.tree import LocalTree
from podcastsvc.errors import Misconfigured
from podcastsvc.storage.media import LocalMedia
from podcastsvc.storage.tables.episode import ScanEntry
from tests.catalogue import recordings
from tests.catalogue.folders import GUID, write, write_episode
from tests.catalogue.recordings import make_mp3
from tests.catalogue.sites import NOW, changes_of, remarks_of

# ---- folders that move and vanish


def test_renamed_folder_keeps_guid_audio_address_and_old_page_address(site):
    write_episode(site.root, "2026-05-30-maps", guid=GUID)
    site.scan()
    before, (audio,) = site.get("2026-05-30-maps"), site.list_audio("2026-05-30-maps")
    (site.root / "2026-05-30-maps").rename(site.root / "2026-05-30-why-maps-lie")

    report = site.scan()

    after = site.get("2026-05-30-why-maps-lie")
    assert changes_of(report) == {"2026-05-30-why-maps-lie": "changed"}
    assert (after.id, after.guid, after.slug) == (before.id, GUID, "why-maps-lie")
    assert [each.name for each in site.list_audio("2026-05-30-why-maps-lie")] == [audio.name]
    with site.db.reading() as session:
        assert episodes.find_by_alias(session, "/episodes/maps/").id == before.id


def test_folders_that_swap_their_names_swap_nothing_else(site):
    a = write_episode(site.root, "2026-05-30-a", guid=GUID, title="A")
    b = write_episode(site.root, "2026-05-31-b", guid=GUID.replace("7", "8"), title="B")
    site.scan()
    ids = {
        site.get("2026-05-30-a").guid: site.get("2026-05-30-a").id,
        site.get("2026-05-31-b").guid: site.get("2026-05-31-b").id,
    }
    a.rename(site.root / "spare")
    b.rename(a)
    (site.root / "spare").rename(b)

    site.scan()
    site.scan()

    assert (site.get("2026-05-30-a").title, site.get("2026-05-31-b").title) == ("B", "A")
    assert {site.get(name).guid: site.get(name).id for name in site.list_folders()} == ids


def test_removed_folder_leaves_the_index_and_no_file_is_deleted(site):
    write_episode(site.root, "2026-05-30-maps")
    write_episode(site.root, "2026-05-31-money")
    site.scan()
    (audio,) = site.list_audio("2026-05-30-maps")
    version = site.get_show().version
    shutil.rmtree(site.root / "2026-05-30-maps")

    report = site.scan()

    assert changes_of(report) == {"2026-05-30-maps": "removed"}
    assert site.list_folders() == ["2026-05-31-money"]
    assert site.media.find_path(audio.media_key) is not None
    assert site.get_show().version > version
    assert site.count(ScanEntry) == 2


def test_tree_that_is_suddenly_empty_loses_nothing(lite):
    write_episode(lite.root, "2026-05-30-maps")
    lite.scan()
    shutil.rmtree(lite.root)
    lite.root.mkdir()

    report = lite.scan()

    assert lite.list_folders() == ["2026-05-30-maps"]
    assert "The catalogue keeps what it knew" in report.write()


def test_last_folder_can_be_removed_while_the_show_is_there(lite):
    folder = write_episode(lite.root, "2026-05-30-maps")
    lite.scan()
    shutil.rmtree(folder)

    lite.scan()

    assert lite.list_folders() == []


def test_missing_tree_is_named(lite):
    shutil.rmtree(lite.root)

    with pytest.raises(Misconfigured, match="there is no such folder"):
        lite.scan()


# ---- new sound


def test_new_sound_gets_a_new_address_and_the_old_one_stays_known(site):
    folder = write_episode(site.root, "2026-05-30-maps", guid=GUID)
    site.scan()
    (old,) = site.list_audio("2026-05-30-maps")
    write(folder / "audio.mp3", make_mp3(4))

    site.scan(now=NOW + timedelta(hours=1))

    new, kept = site.list_audio("2026-05-30-maps")
    assert (new.seconds, new.replaced_at) == (4, None)
    assert (kept.name, kept.replaced_at) == (old.name, NOW + timedelta(hours=1))
    assert new.name != old.name
    assert site.media.find_length(kept.media_key) == old.length_bytes
    assert site.get("2026-05-30-maps").guid == GUID


def test_old_sound_that_comes_back_has_its_old_address(lite):
    folder = write_episode(lite.root, "2026-05-30-maps")
    first = (folder / "audio.mp3").read_bytes()
    lite.scan()
    (old,) = lite.list_audio("2026-05-30-maps")
    write(folder / "audio.mp3", make_mp3(4))
    lite.scan()
    write(folder / "audio.mp3", first)

    lite.scan()

    current, replaced = lite.list_audio("2026-05-30-maps")
    assert (current.name, current.replaced_at) == (old.name, None)
    assert replaced.seconds == 4


def test_sound_that_nobody_could_know_leaves_no_address_behind(lite):
    folder = write_episode(lite.root, "maps", date="2026-07-01")
    lite.scan()
    write(folder / "audio.mp3", make_mp3(4))

    lite.scan()

    assert [audio.seconds for audio in lite.list_audio("maps")] == [4]


def test_sound_that_is_taken_away_is_offered_no_more(lite):
    folder = write_episode(lite.root, "2026-05-30-maps")
    lite.scan()
    (folder / "audio.mp3").unlink()

    report = lite.scan(now=NOW + timedelta(hours=1))

    (audio,) = lite.list_audio("2026-05-30-maps")
    assert audio.replaced_at == NOW + timedelta(hours=1)
    assert "has a date but no sound yet" in remarks_of(report, "2026-05-30-maps")[0]


def test_sound_missing_in_the_media_store_is_put_there_again(lite):
    folder = write_episode(lite.root, "2026-05-30-maps")
    lite.scan()
    (audio,) = lite.list_audio("2026-05-30-maps")
    lite.media.remove(audio.media_key)
    os.utime(folder / "notes.md", (1_700_000_000, 1_700_000_000))

    lite.scan()

    assert lite.media.find_length(audio.media_key) == audio.length_bytes


@pytest.mark.parametrize("left", [None, b"", b"half"])
def test_sound_that_vanished_from_the_media_store_is_put_there_again_though_no_folder_changed(site, left):
    write_episode(site.root, "2026-05-30-maps")
    write_episode(site.root, "2026-05-31-money")
    site.scan()
    (audio,) = site.list_audio("2026-05-30-maps")
    version = site.get_show().version
    site.media.remove(audio.media_key)
    if left is not None:
        site.media.save_bytes(audio.media_key, left, mime="audio/mpeg")

    report = site.scan()

    assert site.media.find_length(audio.media_key) == audio.length_bytes
    assert site.media.read_bytes(audio.media_key) == (site.root / "2026-05-30-maps" / "audio.mp3").read_bytes()
    assert changes_of(report) == {}
    assert site.get_show().version == version


def test_the_scan_that_comes_round_every_few_seconds_asks_the_media_store_nothing(lite):
    write_episode(lite.root, "2026-05-30-maps")
    lite.scan()

    class Away(LocalMedia):
        def list_lengths(self, prefix):
            raise AssertionError("asked")

        find_length = list_lengths

    report = scan_tree(lite.db, Away(lite.root), lite.settings, settle_seconds=0, checks_media=False)

    assert report.count(Change.UNCHANGED) == 2


# ---- files that are still coming in


class GrowingTree(LocalTree):
    """Somebody copies a file: each second look finds it longer."""

    def look(self, folder):
        path = self._root / folder / "audio.mp3"
        with path.open("ab") as file:
            file.write(recordings.make_frame() * 40)
        return super().look(folder)


def test_growing_file_waits_and_is_taken_when_it_is_whole(site):
    folder = write_episode(site.root, "2026-05-30-maps")
    write(folder / "audio.mp3", make_mp3(1), age_seconds=0)

    report = site.scan(tree=GrowingTree(site.root))

    assert changes_of(report)["2026-05-30-maps"] == "waiting"
    assert "still being copied" in report.write()
    assert site.list_folders() == []
    assert changes_of(site.scan())["2026-05-30-maps"] == "added"


def test_young_file_that_does_not_grow_is_taken_in_the_same_scan(lite):
    folder = write_episode(lite.root, "2026-05-30-maps")
    write(folder / "audio.mp3", make_mp3(1), age_seconds=0)

    report = lite.scan(settle_seconds=0.05)

    assert changes_of(report)["2026-05-30-maps"] == "added"


def test_scan_remembers_what_it_let_wait_and_does_not_wait_again(lite):
    folder = write_episode(lite.root, "2026-05-30-maps")
    write(folder / "audio.mp3", make_mp3(1), age_seconds=0)
    lite.scan(tree=GrowingTree(lite.root))
    started = time.monotonic()

    report = lite.scan(settle_seconds=8)

    assert changes_of(report)["2026-05-30-maps"] == "added"
    assert time.monotonic() - started < 6


@pytest.mark.parametrize(
    "content",
    [
        recordings.make_m4a(20)[:40_000],
        make_mp3(5, claim=recordings.make_xing(recordings.count_frames(300), 2_400_000)),
    ],
)
def test_sound_shorter_than_its_header_says_waits_while_it_is_fresh(lite, content):
    folder = write_episode(lite.root, "2026-05-30-maps")
    write(folder / "audio.mp3", content, age_seconds=60)

    report = lite.scan()

    assert changes_of(report)["2026-05-30-maps"] == "waiting"


def test_folder_that_changes_while_it_is_read_waits_and_leaves_no_sound_behind(lite):
    folder = write_episode(lite.root, "2026-05-30-maps")

    class Busy(LocalTree):
        def look(self, name):
            write(folder / "audio.mp3", make_mp3(3))
            return super().look(name)

    report = lite.scan(tree=Busy(lite.root))

    assert changes_of(report)["2026-05-30-maps"] == "waiting"
    assert lite.media.list_keys("audio") == []
