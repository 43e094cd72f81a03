"""The scan and a host's own audio for notices: what is good is taken, what apps would refuse is told (rules S2, A7)."""

from contextlib import contextmanager
from datetime import timedelta

import pytest
from sqlalchemy import select

from podcastsvc.catalogue import notices
from podcastsvc.catalogue.tree import LocalTree
from podcastsvc.storage.tables.show import NoticeAudio
from tests.catalogue.folders import SHOW, write, write_episode, write_show
from tests.catalogue.recordings import count_frames, make_id3, make_m4a, make_mp3, make_text, make_xing
from tests.catalogue.sites import NOW, changes_of, remarks_of

GOOD = make_mp3(30)
OTHER = make_mp3(40)


def list_rows(site) -> list[NoticeAudio]:
    with site.db.reading() as session:
        return list(session.scalars(select(NoticeAudio).order_by(NoticeAudio.id)))


def find_present(site, language="en", folder="") -> NoticeAudio | None:
    show_id = site.get_show(folder).id
    with site.db.reading() as session:
        return notices.find_present(session, show_id, language)


def test_s2_a_hosts_own_notice_lies_in_the_media_store_under_a_name_of_its_content(site):
    site.scan()
    before = site.get_show().version
    write(site.root / "notice.mp3", GOOD)

    report = site.scan()

    (row,) = list_rows(site)
    assert changes_of(report) == {"show.yaml": "changed"}
    assert not report.mistakes
    assert row.name == f"notice-{row.sha256[:8]}"
    assert (row.language, row.seconds, row.length_bytes, row.replaced_at) == ("", 30, len(GOOD), None)
    assert site.media.read_bytes(row.media_key) == GOOD
    assert site.get_show().version == before + 1


def test_s2_each_language_may_have_its_own_and_the_nearest_speaks(site):
    write_show(site.root, f"{SHOW}language: es-mx\n")
    write(site.root / "notice.mp3", GOOD)
    write(site.root / "Notice-ES.mp3", OTHER)

    report = site.scan()

    spanish = find_present(site, "es-mx")
    assert spanish.name == f"notice-es-{spanish.sha256[:8]}"
    assert spanish.seconds == 40
    assert find_present(site, "fr").seconds == 30
    assert "notice.mp3: is not heard: members hear Notice-ES.mp3." in remarks_of(report, "show.yaml")


def test_a_notice_in_another_language_than_the_shows_is_kept_and_told_of(lite):
    write(lite.root / "notice-es.mp3", GOOD)

    report = lite.scan()

    assert not report.mistakes
    assert "notice-es.mp3: is not heard: the show's language is en." in remarks_of(report, "show.yaml")
    assert find_present(lite, "en") is None
    assert find_present(lite, "es").seconds == 30


@pytest.mark.parametrize(
    ("file", "content", "said"),
    [
        ("notice.mp3", make_mp3(6, kbps=(320,)), "is too short for a notice: 6 of at least 10 seconds."),
        ("notice-en.mp3", make_mp3(15), "is too small for a notice: 119,392 of at least 160,000 bytes."),
        ("notice.mp3", b"RIFF" + bytes(200_000), "is not an MP3 that can be played."),
        ("notice.mp3", b"Not a sound at all. " * 10_000, "is not an MP3 that can be played."),
        ("notice.mp3", make_m4a(60), "is not an MP3 that can be played."),
        ("notice.m4a", make_m4a(60), "is not an MP3 that can be played."),
        ("notice.mp3", b"", "The file is empty."),
    ],
)
def test_s2_what_apps_would_refuse_is_refused_by_name_and_the_one_before_stays(lite, file, content, said):
    other = "notice.mp3" if file == "notice.m4a" else file
    write(lite.root / other, GOOD)
    lite.scan()
    (before,) = list_rows(lite)
    (lite.root / other).unlink()
    write(lite.root / file, content)
    write_show(lite.root, SHOW.replace("Room Tone", "Other Rooms"))

    report = lite.scan()

    assert f"mistake: {file}: {said}" in report.write()
    assert report.write().count("mistake:") == 1
    # The rest of the show is taken over all the same.
    assert lite.get_show().title == "Other Rooms"
    assert [(row.name, row.replaced_at) for row in list_rows(lite)] == [(before.name, None)]
    assert lite.media.list_keys("audio") == [before.media_key]


def test_what_was_refused_is_told_again_until_it_is_mended(lite):
    write(lite.root / "notice.mp3", make_mp3(15))
    lite.scan()

    told = lite.scan()
    write(lite.root / "notice.mp3", GOOD)
    mended = lite.scan()

    assert len(told.mistakes) == 1
    assert changes_of(told) == {}
    assert not mended.mistakes
    assert find_present(lite).seconds == 30


def test_the_least_that_a_notice_may_be_is_taken(lite):
    content = make_mp3(10, kbps=(128,))
    write(lite.root / "notice.mp3", content + bytes(160_000 - len(content)))

    report = lite.scan()

    assert not report.mistakes
    assert (find_present(lite).seconds, find_present(lite).length_bytes) == (10, 160_000)


def test_a7_another_notice_has_another_name_and_the_one_before_stays_for_a_while(site):
    write(site.root / "notice.mp3", GOOD)
    site.scan()
    (first,) = list_rows(site)
    version = site.get_show().version
    write(site.root / "notice.mp3", OTHER)

    report = site.scan(now=NOW + timedelta(hours=1))

    old, new = list_rows(site)
    assert changes_of(report) == {"show.yaml": "changed"}
    assert (old.name, old.replaced_at) == (first.name, NOW + timedelta(hours=1))
    assert (new.seconds, new.replaced_at) == (40, None)
    assert new.name != old.name
    assert site.media.read_bytes(old.media_key) == GOOD
    assert site.get_show().version == version + 1


def test_a_notice_that_is_taken_away_leaves_the_feed_and_stays_for_a_while(site):
    write(site.root / "notice.mp3", GOOD)
    site.scan()
    version = site.get_show().version
    (site.root / "notice.mp3").unlink()

    report = site.scan(now=NOW + timedelta(hours=1))

    (row,) = list_rows(site)
    assert changes_of(report) == {"show.yaml": "changed"}
    assert row.replaced_at == NOW + timedelta(hours=1)
    assert find_present(site) is None
    assert site.media.read_bytes(row.media_key) == GOOD
    assert site.get_show().version == version + 1


def test_a_notice_that_comes_back_has_its_name_again(lite):
    for content in (GOOD, OTHER, GOOD):
        write(lite.root / "notice.mp3", content)
        lite.scan()

    first, second = list_rows(lite)

    assert find_present(lite).name == first.name
    assert (first.replaced_at, second.replaced_at) == (None, NOW)


def test_a_notice_that_was_only_touched_changes_nothing(lite):
    write(lite.root / "notice.mp3", GOOD)
    lite.scan()
    version = lite.get_show().version
    write(lite.root / "notice.mp3", GOOD)

    report = lite.scan()

    assert changes_of(report) == {}
    assert lite.get_show().version == version


def test_a_notice_is_not_measured_again_when_only_the_show_changes(lite):
    class Counting(LocalTree):
        opened = 0

        def open_file(self, path):
            self.opened += 1
            return super().open_file(path)

    tree = Counting(lite.root)
    write(lite.root / "notice.mp3", GOOD)
    lite.scan(tree=tree)
    write_show(lite.root, SHOW.replace("Room Tone", "Other Rooms"))

    report = lite.scan(tree=tree)

    assert changes_of(report) == {"show.yaml": "changed"}
    assert tree.opened == 1


def test_two_shows_with_the_same_notice_share_its_address(site):
    write_show(site.root / "second", "title: Second\n")
    for folder in (site.root, site.root / "second"):
        write(folder / "notice.mp3", GOOD)
    site.scan()
    (site.root / "notice.mp3").unlink()

    site.scan()

    assert find_present(site) is None
    name = find_present(site, folder="second").name
    with site.db.reading() as session:
        assert notices.find_audio(session, name).audio.replaced_at is None


def test_a_notice_is_no_episode_and_does_not_lie_about(lite):
    write(lite.root / "notice.mp3", GOOD)
    write(lite.root / "notice_en.mp3", GOOD)
    write_episode(lite.root, "2026-05-30-maps")

    report = lite.scan()

    assert lite.list_folders() == ["2026-05-30-maps"]
    assert remarks_of(report, "notice.mp3") == []
    assert len(remarks_of(report, "notice_en.mp3")) == 1


def test_td2_a_notice_that_vanished_from_the_media_store_is_put_there_again(lite):
    write(lite.root / "notice.mp3", GOOD)
    lite.scan()
    lite.media.remove(find_present(lite).media_key)

    report = lite.scan()

    assert lite.media.read_bytes(find_present(lite).media_key) == GOOD
    assert changes_of(report) == {}


# ---- while somebody copies it


def test_a_notice_that_changes_while_it_is_read_waits(lite):
    class Growing(LocalTree):
        @contextmanager
        def open_file(self, path):
            with super().open_file(path) as local:
                yield local
            write(lite.root / path, OTHER)

    write(lite.root / "notice.mp3", GOOD)

    report = lite.scan(tree=Growing(lite.root))

    assert list_rows(lite) == []
    assert lite.media.list_keys("audio") == []
    assert "notice.mp3: is still being copied; the next scan looks again." in remarks_of(report, "show.yaml")
    lite.scan()
    assert find_present(lite).seconds == 40


def test_a_notice_of_which_the_end_is_missing_yet_waits(lite):
    frames = count_frames(60)
    whole = make_mp3(60, claim=make_xing(frames, len(make_mp3(60))), tags=make_id3(make_text("TIT2", "Goodbye")))
    path = write(lite.root / "notice.mp3", whole[:300_000], age_seconds=60)

    lite.scan()
    waiting = list_rows(lite)
    path.write_bytes(whole)
    lite.scan()

    assert waiting == []
    assert find_present(lite).length_bytes == len(whole)
