"""The scan and what lies beside the notes: pictures, chapters, transcripts, and several shows."""

import shutil
from datetime import UTC, datetime

from podcastsvc.catalogue import episodes
from podcastsvc.settings import Settings
from podcastsvc.storage.tables.episode import Artwork
from podcastsvc.storage.tables.show import Show
from tests.catalogue import folders, recordings
from tests.catalogue.folders import GUID, make_cover, write, write_episode, write_notes, write_show
from tests.catalogue.recordings import make_mp3
from tests.catalogue.sites import Site, changes_of, remarks_of

# ---- pictures


def test_cover_becomes_artwork_with_renditions(lite):
    folder = write_episode(lite.root, "2026-05-30-maps")
    write(folder / "cover.jpg", make_cover())

    lite.scan()

    artwork = lite.get("2026-05-30-maps").artwork
    assert artwork.name.startswith("maps-")
    assert (artwork.extension, artwork.mime, artwork.pixels, artwork.widths) == (
        "jpg",
        "image/jpeg",
        1400,
        [160, 320, 640],
    )
    assert lite.media.find_length(artwork.media_key) == artwork.length_bytes
    assert lite.media.list_keys("art") == sorted(
        [artwork.media_key, *(f"art/{artwork.name}-{width}.webp" for width in artwork.widths)]
    )


def test_new_cover_has_a_new_address(lite):
    folder = write_episode(lite.root, "2026-05-30-maps")
    write(folder / "cover.jpg", make_cover())
    lite.scan()
    before = lite.get("2026-05-30-maps").artwork.name
    write(folder / "cover.jpg", make_cover(colour="maroon"))

    report = lite.scan()

    assert changes_of(report) == {"2026-05-30-maps": "changed"}
    assert lite.get("2026-05-30-maps").artwork.name != before


def test_picture_inside_the_sound_is_used_and_drawn_once_for_all(lite):
    cover = recordings.make_picture(make_cover())
    for name in ("2026-05-30-a", "2026-05-31-b", "2026-06-01-c"):
        write_episode(
            lite.root, name, audio=make_mp3(2, tags=recordings.make_id3(cover, recordings.make_text("TIT2", name)))
        )

    lite.scan()

    assert {lite.get(name).artwork.id for name in lite.list_folders()} == {lite.get("2026-05-30-a").artwork.id}
    assert lite.count(Artwork) == 1


def test_small_picture_inside_the_sound_is_advice_only(lite):
    tags = recordings.make_id3(recordings.make_picture(make_cover(600)))
    folder = write_episode(lite.root, "2026-05-30-maps", audio=make_mp3(2, tags=tags))

    report = lite.scan()
    write_notes(folder, title="Changed", date="2026-05-30")
    again = lite.scan()

    assert not report.mistakes
    assert "The picture inside the file is not used. The picture has 600" in remarks_of(report, "2026-05-30-maps")[0]
    assert remarks_of(again, "2026-05-30-maps") == remarks_of(report, "2026-05-30-maps")
    assert lite.get("2026-05-30-maps").artwork is None


def test_artwork_of_the_show_is_kept(lite):
    write(lite.root / "artwork.png", make_cover(kind="PNG"))

    lite.scan()

    artwork_id = lite.get_show().artwork_id
    with lite.db.reading() as session:
        artwork = session.get(Artwork, artwork_id)
    assert (artwork.extension, artwork.name[:10]) == ("png", "room-tone-")


# ---- chapters and transcripts


def test_chapters_come_from_the_file_then_the_tags_then_the_notes(lite):
    tags = recordings.make_id3(recordings.make_chapter("a", 0, "Tag 1"), recordings.make_chapter("b", 3000, "Tag 2"))
    folder = write_episode(
        lite.root, "2026-05-30-maps", audio=make_mp3(10, tags=tags), body="- 00:00 Note 1\n- 00:02 Note 2\n"
    )
    write(
        folder / "chapters.json",
        '{"chapters": [{"startTime": 2, "title": "File 1"}, {"startTime": 5, "title": "File 2"}]}',
    )

    lite.scan()
    of_file = [chapter["title"] for chapter in lite.get("2026-05-30-maps").chapters]
    (folder / "chapters.json").unlink()
    lite.scan()
    of_tags = [chapter["title"] for chapter in lite.get("2026-05-30-maps").chapters]
    write(folder / "audio.mp3", make_mp3(10))
    lite.scan()
    of_notes = [chapter["title"] for chapter in lite.get("2026-05-30-maps").chapters]

    assert of_file == ["Introduction", "File 1", "File 2"]
    assert of_tags == ["Tag 1", "Tag 2"]
    assert of_notes == ["Note 1", "Note 2"]


def test_t_a11_chapters_in_a_sounds_tags_are_offered_with_that_sound_only(lite):
    def make_tags(*marks):
        frames = [recordings.make_chapter(str(start), start * 1000, title) for start, title in marks]
        return recordings.make_id3(*frames)

    public = make_mp3(6, tags=make_tags((0, "Public 1"), (3, "Public 2")))
    members = make_mp3(20, tags=make_tags((0, "Members 1"), (4, "Members 2"), (15, "Members 3")))
    write(write_episode(lite.root, "2026-05-30-both", audio=public) / "members.mp3", members)
    write(write_episode(lite.root, "2026-05-30-one") / "members.mp3", members)

    lite.scan()

    titles = {}
    for name in ("both", "one"):
        episode = lite.get(f"2026-05-30-{name}")
        for audio in episode.audio:
            titles[name, audio.variant] = [each.title for each in episodes.list_chapters(episode, audio)]
    assert titles == {
        ("both", "public"): ["Public 1", "Public 2"],
        ("both", "members"): ["Members 1", "Members 2", "Members 3"],
        ("one", "public"): [],
        ("one", "members"): ["Members 1", "Members 2", "Members 3"],
    }


def test_transcripts_are_kept_in_both_forms_for_each_language(site):
    folder = write_episode(site.root, "2026-05-30-maps", people="[{name: Ada}]", guid=GUID)
    write(folder / "transcript.srt", "1\n00:00:00,000 --> 00:00:01,000\nAda: Hello.\n")
    write(folder / "transcript.es.vtt", "WEBVTT\n\n00:00.000 --> 00:01.000\n<v Ada>Hola.\n")

    site.scan()

    kept = site.get("2026-05-30-maps").transcripts
    with site.db.reading() as session:
        found = {each.language: episodes.find_transcript(session, each.name)[0] for each in kept}
        texts = {language: (each.vtt, each.srt) for language, each in found.items()}
    assert set(texts) == {"en", "es"}
    assert "<v Ada>Hello." in texts["en"][0]
    assert "Ada: Hola." in texts["es"][1]


# ---- shows


def test_folder_with_its_own_show_file_is_a_further_show(site):
    write_episode(site.root, "2026-05-30-maps")
    write_show(site.root / "tonos", "title: Tonos\nlanguage: es\ntimezone: Europe/Madrid\n")
    write_episode(site.root / "tonos", "2026-05-30-mapas")

    site.scan()

    main, other = site.get_show(), site.get_show("tonos")
    assert (main.key, main.position, other.key, other.position) == ("main", 0, "tonos", 1)
    assert site.get("tonos/2026-05-30-mapas").show_id == other.id
    assert site.get("tonos/2026-05-30-mapas").published_at == datetime(2026, 5, 30, 4, 0, tzinfo=UTC)
    assert site.get("2026-05-30-maps").show_id == main.id


def test_same_slug_and_sound_in_two_shows_have_different_addresses(site):
    write_show(site.root / "tonos", "title: Tonos\n")
    write_episode(site.root, "maps", audio=make_mp3(2))
    write_episode(site.root / "tonos", "maps", audio=make_mp3(2))

    site.scan()

    first, second = site.list_audio("maps"), site.list_audio("tonos/maps")
    assert site.get("maps").slug == site.get("tonos/maps").slug == "maps"
    assert first[0].name != second[0].name


def test_further_show_whose_folder_is_gone_leaves_the_index(site):
    write_episode(site.root, "2026-05-30-maps")
    write_show(site.root / "tonos", "title: Tonos\n")
    write_episode(site.root / "tonos", "2026-05-30-mapas")
    site.scan()
    shutil.rmtree(site.root / "tonos")

    report = site.scan()

    assert changes_of(report) == {"tonos/2026-05-30-mapas": "removed", "tonos/show.yaml": "removed"}
    assert site.count(Show) == 1
    assert site.list_folders() == ["2026-05-30-maps"]


def test_show_file_with_a_mistake_changes_nothing_of_a_known_show(site):
    write_episode(site.root, "2026-05-30-maps")
    site.scan()
    write_show(site.root, "title: Room Tone\ntimezone: Mars/Olympus\n")

    report = site.scan()

    assert changes_of(report)["show.yaml"] == "refused"
    assert "mistake: show.yaml:2: 'Mars/Olympus' is not a time zone" in report.write()
    assert site.get_show().facts["owner_email"] == "ada@example.org"


def test_show_file_that_is_missing_for_a_moment_drops_no_episode(lite):
    write_episode(lite.root, "2026-05-30-maps")
    lite.scan()
    (lite.root / "show.yaml").unlink()

    report = lite.scan()

    assert lite.list_folders() == ["2026-05-30-maps"]
    assert "mistake: show.yaml: is missing" in report.write()


def test_tree_without_a_show_says_what_to_write(sqlite_db, tmp_path):
    site = Site(sqlite_db, tmp_path)
    write_episode(site.root, "2026-05-30-maps")

    report = site.scan()

    assert "mistake: show.yaml: is missing. Write one with at least a line such as  title: Room Tone" in report.write()


def test_other_time_zone_of_the_show_moves_its_dates(lite):
    write_episode(lite.root, "2026-05-30-maps")
    lite.scan()
    write_show(lite.root, folders.SHOW.replace("UTC", "America/New_York"))

    lite.scan()

    assert lite.get("2026-05-30-maps").published_at == datetime(2026, 5, 30, 10, 0, tzinfo=UTC)


def test_guid_of_the_show_follows_its_first_public_address_and_stays(lite):
    lite.scan()
    first = lite.get_show().guid
    lite.settings = Settings(data=lite.settings.data, episodes=lite.settings.episodes, base_url="https://other.example")

    lite.scan()

    assert first == "18b54d9d-b7b5-5ad1-b568-c3d3782406f4"
    assert lite.get_show().guid == first


def test_guid_made_for_this_machine_alone_is_made_again(sqlite_db, tmp_path):
    site = Site(sqlite_db, tmp_path)
    write_show(site.root)
    site.settings = Settings(data=site.settings.data, episodes=site.settings.episodes)
    site.scan()
    first = site.get_show().guid
    site.settings = Settings(data=site.settings.data, episodes=site.settings.episodes, base_url="https://show.example")

    site.scan()

    assert first != site.get_show().guid == "18b54d9d-b7b5-5ad1-b568-c3d3782406f4"
