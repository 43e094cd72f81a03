"""The scan and mistakes: each harms nothing but its own folder, and is told with its place and what to do."""

import errno

import pytest

from podcastsvc.catalogue.tree import LocalTree
from podcastsvc.storage.media import LocalMedia
from tests.catalogue import recordings
from tests.catalogue.folders import GUID, make_cover, write, write_episode, write_notes, write_show
from tests.catalogue.recordings import count_frames, make_id3, make_mp3, make_text, make_xing
from tests.catalogue.sites import changes_of, remarks_of

# ---- mistakes


def test_mistake_leaves_the_episode_as_it_was_and_the_others_alone(site):
    first = write_episode(site.root, "2026-05-30-maps", guid=GUID)
    site.scan()
    write_notes(first, title="Maps", date="soon", guid=GUID)
    write_episode(site.root, "2026-05-31-money", title="Money")

    report = site.scan()

    assert changes_of(report) == {"2026-05-30-maps": "refused", "2026-05-31-money": "added"}
    assert remarks_of(report, "2026-05-30-maps") == [
        "notes.md:3: 'date' is not a day or an instant: 'soon'. Write 2025-05-30 06:00."
    ]
    assert site.get("2026-05-30-maps").title == "Why maps lie"
    assert "mistake: 2026-05-30-maps/notes.md:3: 'date' is not" in report.write()


def test_mended_mistake_is_taken_over(lite):
    folder = write_episode(lite.root, "2026-05-30-maps", access="membrs")
    lite.scan()
    write_notes(folder, title="Maps", date="2026-05-30", access="members")

    report = lite.scan()

    assert changes_of(report) == {"2026-05-30-maps": "added"}
    assert lite.get("2026-05-30-maps").access_kind == "members"


@pytest.mark.parametrize(
    ("file", "content", "remark"),
    [
        ("notes.md", b"---\ntitle: [\n---\n", "notes.md:"),
        ("notes.md", b"---\ntitle: Maps\ntitle: Money\n---\n", "notes.md:3: 'title' stands here twice. Remove one."),
        (
            "notes.md",
            b"---\ndate: 2026-05-30\nsummary: a\x0bb\n---\n",
            "notes.md:3: this is not valid YAML: the character",
        ),
        ("notes.md", b"---\ntitle: &a Maps\nsummary: *a\n---\n", "notes.md:3: this is not valid YAML: aliases"),
        ("notes.md", b"---\n- title\n---\n", "notes.md:2: write one 'key: value' a line here."),
        ("notes.md", b"---\ntitle: !!python/name:os.system x\n---\n", "notes.md:2: this is not valid YAML"),
        ("notes.md", b"---\ntitle: Maps\ndate: 2026-02-30\n---\n", "notes.md:3: 'date' is not a day or an instant"),
        ("notes.md", b"---\ntitle: Maps\ndate: 2026-05-30 25:00\n---\n", "notes.md:3: 'date' is not a day or an"),
        ("notes.md", b"---\ntitle: Maps\ndate: [2026]\n---\n", "notes.md:3: 'date' is not a day or an instant"),
        ("notes.md", "---\nseason: \u00b2\n---\n".encode(), "notes.md:2: 'season' must be a whole number from 1"),
        (
            "notes.md",
            b"---\nepisode: " + b"9" * 5000 + b"\n---\n",
            "notes.md:2: 'episode' must be a whole number from 1",
        ),
        ("notes.md", b"---\ntitle: Maps\n", "notes.md:1: the front matter has no end"),
        ("notes.md", b"\xff\xfe", "notes.md:1: this is not UTF-8"),
        ("notes.md", b"x" * 6_000_000, "notes.md: The file must be smaller than 5 MB"),
        ("audio.mp3", b"", "audio.mp3: The file is empty."),
        ("audio.mp3", b"RIFF" + bytes(500), "audio.mp3: The file must be an mp3 or m4a."),
        ("audio.mp3", recordings.make_m4a(20)[:40_000], "audio.mp3: The m4a is cut off"),
        ("audio.mp3", b"\xff" * 5_000, "audio.mp3: The file must be an mp3 or m4a."),
        ("audio.mp3", b"ID3\x04\0\0\x7f\x7f\x7f\x7f" + bytes(2_000), "audio.mp3: The file must be an mp3 or m4a."),
        ("audio.mp3", make_cover(300), "audio.mp3: The file must be an mp3 or m4a."),
        ("members.mp3", b"<html>", "members.mp3: The file must be an mp3 or m4a."),
        ("audio.m4a", recordings.make_m4a(2), "audio.m4a: stands beside audio.mp3. Keep one of them."),
    ],
)
def test_mistake_in_notes_or_sound_refuses_the_folder(lite, file, content, remark):
    folder = write_episode(lite.root, "2026-05-30-maps")
    write(folder / file, content)

    report = lite.scan()

    assert changes_of(report)["2026-05-30-maps"] == "refused"
    assert remarks_of(report, "2026-05-30-maps")[0].startswith(remark)
    assert lite.list_folders() == []


@pytest.mark.parametrize(
    ("file", "content", "remark"),
    [
        ("chapters.json", b"{", "chapters.json:1: is not JSON"),
        ("chapters.json", b"[" * 100_000, "chapters.json: is not JSON that can be read."),
        ("chapters.json", b'{"chapters": 7}', "chapters.json"),
        ("transcript.srt", b"\xff\xfe\x00", "transcript.srt"),
        ("chapters.json", b" " * 6_000_000, "chapters.json: The file must be smaller than 5 MB"),
        ("transcript.vtt", b"WEBVTT\n", "transcript.vtt: has no cue"),
        ("cover.jpg", b"GIF89a", "cover.jpg: The picture must be a JPEG or PNG."),
        ("cover.png", make_cover(800), "cover.png: The picture has 800"),
    ],
)
def test_mistake_in_a_side_file_leaves_out_that_file_only(lite, file, content, remark):
    folder = write_episode(lite.root, "2026-05-30-maps", body="- 00:00 a\n- 00:01 b\n")
    write(folder / file, content)

    report = lite.scan()

    assert changes_of(report)["2026-05-30-maps"] == "added"
    assert remarks_of(report, "2026-05-30-maps")[0].startswith(remark)
    assert report.mistakes


def test_x7_notes_that_feeds_cannot_carry_whole_are_advised_upon(lite):
    write_episode(lite.root, "2026-05-30-maps", body="ñ" * 60_000)

    report = lite.scan()

    assert changes_of(report)["2026-05-30-maps"] == "added"
    assert remarks_of(report, "2026-05-30-maps") == [
        "notes.md: the notes take 120,007 bytes; apps get the first 100,000. The page shows them all."
    ]


def test_unknown_keys_are_kept_and_named_with_their_line(lite):
    folder = write_episode(lite.root, "2026-05-30-maps", guid=GUID, colour="red", Season="3")
    raw = (folder / "notes.md").read_bytes()

    report = lite.scan()

    assert changes_of(report)["2026-05-30-maps"] == "added"
    assert remarks_of(report, "2026-05-30-maps") == [
        "notes.md:5: 'colour' is not a key that the service knows; it is kept.",
        "notes.md:6: 'Season' is not a key that the service knows; it is kept.",
    ]
    assert not report.mistakes
    assert (folder / "notes.md").read_bytes() == raw
    assert lite.get("2026-05-30-maps").extras == {"unknown_keys": ["colour", "Season"]}


def test_control_characters_in_titles_and_tags_reach_no_database(site):
    tags = make_id3(make_text("TIT2", "Tag\x00ged\x1b[31m"), make_text("TALB", "\x7f"))
    write_episode(site.root, "2026-05-30-a", title='"Maps\\0 \\x07lie\\uFFFE"', tags='["a\\0b", "\\x01"]', guid="a")
    write(site.root / "2026-05-31-b" / "notes.md", "---\ndate: 2026-05-31\nguid: b\nsummary: a\x0bb\n---\nBe\0ll\7\n")
    write(site.root / "2026-05-31-b" / "audio.mp3", make_mp3(2, tags=tags))

    report = site.scan()

    first, second = site.get("2026-05-30-a"), site.get("2026-05-31-b")
    assert not report.mistakes
    assert (first.title, first.tags) == ("Maps lie", ["ab"])
    assert all(character >= " " for character in second.title)
    assert (second.summary, second.notes.strip()) == ("ab", "Bell")


def test_audio_that_is_cut_off_or_damaged_is_told_of(lite):
    claim = make_xing(count_frames(300), 2_400_000)
    write_episode(lite.root, "2026-05-30-cut", audio=make_mp3(5, claim=claim), guid="cut")
    write_episode(lite.root, "2026-05-31-holes", audio=make_mp3(5) + bytes(30_000) + make_mp3(5), guid="holes")

    report = lite.scan()

    assert "seems to be cut off" in remarks_of(report, "2026-05-30-cut")[0]
    assert "Parts of the file are no sound" in remarks_of(report, "2026-05-31-holes")[0]
    assert not report.mistakes


def test_folder_that_cannot_be_looked_into_keeps_what_was_known(lite):
    write_show(lite.root / "tonos", "title: Tonos\n")
    write_episode(lite.root / "tonos", "2026-05-30-mapas")
    folder = write_episode(lite.root, "2026-05-30-maps")
    write_episode(lite.root, "2026-05-31-money", guid=GUID)
    lite.scan()
    (folder / "audio.mp3").unlink()
    (folder / "audio.mp3").symlink_to("audio.mp3")
    (lite.root / "tonos").rename(lite.root / ".tonos")
    (lite.root / "tonos").symlink_to("tonos")
    write_notes(lite.root / "2026-05-31-money", title="Money", date="2026-05-31", guid=GUID)

    report = lite.scan()

    changes = changes_of(report)
    assert remarks_of(report, "2026-05-30-maps") == [
        ": cannot be looked into. The system says: Too many levels of symbolic links."
    ]
    assert (changes["2026-05-30-maps"], changes["tonos"]) == ("refused", "refused")
    assert changes["2026-05-31-money"] == "changed"
    assert lite.list_folders() == ["2026-05-30-maps", "2026-05-31-money", "tonos/2026-05-30-mapas"]
    assert lite.list_audio("2026-05-30-maps")[0].replaced_at is None


def test_side_file_that_breaks_keeps_what_was_known(site):
    folder = write_episode(site.root, "2026-05-30-maps", audio=make_mp3(10), guid=GUID)
    write(folder / "cover.jpg", make_cover())
    write(folder / "chapters.json", '{"chapters": [{"startTime": 0, "title": "a"}, {"startTime": 5, "title": "b"}]}')
    write(folder / "transcript.vtt", "WEBVTT\n\n00:01.000 --> 00:02.000\nHello.\n")
    site.scan()
    for name in ("cover.jpg", "chapters.json", "transcript.vtt"):
        write(folder / name, b"broken")

    report = site.scan()

    episode = site.get("2026-05-30-maps")
    assert len(remarks_of(report, "2026-05-30-maps")) == 3
    assert episode.artwork is not None
    assert [chapter["title"] for chapter in episode.chapters] == ["a", "b"]
    assert [transcript.language for transcript in episode.transcripts] == ["en"]


def test_file_system_that_fails_for_one_folder_keeps_the_others(lite):
    write_episode(lite.root, "2026-05-30-maps")
    write_episode(lite.root, "2026-05-31-money")

    class Failing(LocalTree):
        def read_bytes(self, path):
            if "maps" in path:
                raise OSError(errno.EIO, "Input/output error")
            return super().read_bytes(path)

    report = lite.scan(tree=Failing(lite.root))

    assert remarks_of(report, "2026-05-30-maps") == [": could not be read. The system says: Input/output error."]
    assert lite.list_folders() == ["2026-05-31-money"]
    assert changes_of(lite.scan())["2026-05-30-maps"] == "added"


def test_full_disk_saves_nothing_by_halves(lite):
    write_episode(lite.root, "2026-05-30-maps")

    class Full(LocalMedia):
        def save_file(self, key, path, *, mime):
            raise OSError(errno.ENOSPC, "No space left on device")

    report = lite.scan(media=Full(lite.root.parent / "media"))

    assert remarks_of(report, "2026-05-30-maps") == [": could not be read. The disk is full."]
    assert lite.list_folders() == []
    assert changes_of(lite.scan())["2026-05-30-maps"] == "added"


# ---- two folders with one guid or slug


def test_of_two_folders_with_one_guid_the_first_by_name_has_it(site):
    write_episode(site.root, "2026-05-30-maps", guid=GUID, title="First")
    write_episode(site.root, "2026-05-31-copy", guid=GUID, title="Copy")

    report = site.scan()
    again = site.scan()

    assert changes_of(report)["2026-05-31-copy"] == "refused"
    assert remarks_of(report, "2026-05-31-copy")[0].startswith("notes.md: has the guid of 2026-05-30-maps.")
    assert site.get("2026-05-30-maps").title == "First"
    assert changes_of(again) == {"2026-05-31-copy": "refused"}


def test_copy_that_sorts_first_takes_the_guid_and_the_original_is_told(site):
    write_episode(site.root, "2026-05-30-maps", guid=GUID, title="Original")
    site.scan()
    before = site.get("2026-05-30-maps").id
    write_episode(site.root, "2026-05-29-copy", guid=GUID, title="Copy")

    report = site.scan()

    assert changes_of(report) == {"2026-05-29-copy": "changed", "2026-05-30-maps": "refused"}
    assert site.get("2026-05-29-copy").id == before
    assert site.list_folders() == ["2026-05-29-copy"]


def test_copy_that_gets_its_own_guid_is_an_episode_at_once(lite):
    write_episode(lite.root, "2026-05-30-maps", guid=GUID)
    copy = write_episode(lite.root, "2026-05-31-copy", guid=GUID)
    lite.scan()
    write_notes(copy, title="Copy", date="2026-05-31")

    report = lite.scan()

    assert changes_of(report) == {"2026-05-31-copy": "added"}


def test_slug_that_the_host_chose_twice_is_told_of(site):
    write_episode(site.root, "2026-05-30-a", slug="maps")
    write_episode(site.root, "2026-05-31-b", slug="maps")

    report = site.scan()

    assert site.list_folders() == ["2026-05-30-a"]
    assert remarks_of(report, "2026-05-31-b") == [
        "notes.md: the slug 'maps' belongs to 2026-05-30-a. Choose another one."
    ]


def test_folders_whose_names_differ_by_date_only_get_different_slugs(site):
    write_episode(site.root, "2026-05-23-news")
    write_episode(site.root, "2026-05-30-news")

    site.scan()

    assert [site.get(name).slug for name in site.list_folders()] == ["news", "2026-05-30-news"]
