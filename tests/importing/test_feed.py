"""A show moves in from its feed: what apps know it by stays, and nothing is taken twice or lost."""

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from podcastsvc.catalogue import shownotes
from podcastsvc.catalogue.showfile.reading import read_show
from podcastsvc.errors import Conflict, Invalid, Unavailable
from podcastsvc.importing import arriving
from podcastsvc.importing.arriving import Places
from podcastsvc.importing.feed import check_owner, move_in, read_feed
from tests.catalogue.disks import full_disk
from tests.importing.elsewhere import CHANNEL, VTT, open_elsewhere, write_item

NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)
MOST = 50 * 1024 * 1024
EVERYTHING = """
<link>{base}/2015/02/why-maps-lie/</link>
<description>Short</description>
<content:encoded>&lt;p&gt;About &lt;b&gt;maps&lt;/b&gt;:
&lt;a href="https://atlas.example/a_b"&gt;the atlas&lt;/a&gt;&lt;script&gt;alert(1)&lt;/script&gt;&lt;/p&gt;
&lt;ul&gt;&lt;li&gt;one&lt;/li&gt;&lt;/ul&gt;</content:encoded>
<itunes:subtitle>Who draws the line</itunes:subtitle><itunes:season>2</itunes:season><itunes:episode>7</itunes:episode>
<podcast:season name="The border">2</podcast:season><podcast:episode display="VII">7</podcast:episode>
<itunes:episodeType>bonus</itunes:episodeType><itunes:explicit>true</itunes:explicit>
<itunes:keywords>maps, history</itunes:keywords>
<itunes:image href="{base}/cover.png"/><itunes:author>Ben Otero</itunes:author>
<podcast:person role="Guest" href="https://ben.example/">Ben Otero</podcast:person>
<podcast:transcript url="{base}/talk.vtt" type="text/vtt" language="en"/>
<podcast:transcript url="{base}/talk.html" type="text/html"/>
<podcast:chapters url="{base}/chapters.json" type="application/json+chapters"/>
"""


@pytest.fixture
def elsewhere():
    with open_elsewhere() as server:
        yield server


@pytest.fixture
def places(tmp_path, elsewhere):
    return Places(tmp_path / "episodes", tmp_path / "arriving", MOST, {elsewhere.place})


def move(url, places, **options):
    return move_in(read_feed(url, excepted=places.excepted), places, now=NOW, **options)


def read_notes(folder: Path):
    remarks = []
    notes = shownotes.read_shownotes((folder / "notes.md").read_bytes(), UTC, remarks)
    assert remarks == []
    return notes


@pytest.mark.parametrize(
    ("written", "instant"),
    [
        ("Tue, 03 Feb 2015 08:00:05 -0500", datetime(2015, 2, 3, 13, 0, 5, tzinfo=UTC)),
        ("3 Feb 2015 08:00:05 EST", datetime(2015, 2, 3, 13, 0, 5, tzinfo=UTC)),
        ("Tue, 03 Feb 2015 08:00:05 GMT", datetime(2015, 2, 3, 8, 0, 5, tzinfo=UTC)),
        ("Tue, 03 Feb 2015 08:00:05 -0000", datetime(2015, 2, 3, 8, 0, 5, tzinfo=UTC)),
    ],
)
def test_t16_a_date_in_another_form_is_the_same_second(elsewhere, places, written, instant):
    move(elsewhere.put_feed(write_item("a", date=written)), places)

    (notes,) = (read_notes(path) for path in places.root.glob("2015*"))
    assert notes.published_at == instant


def test_an_episode_brings_all_that_its_feed_says(elsewhere, places):
    moved = move(elsewhere.put_feed(write_item("a", rest=EVERYTHING)), places)

    assert moved.problems == []
    folder = places.root / "2015-02-03-why-maps-lie"
    notes = read_notes(folder)
    assert sorted(path.name for path in folder.iterdir()) == [
        "audio.mp3", "chapters.json", "cover.png", "notes.md", "transcript.en.vtt",
    ]  # fmt: skip
    assert (folder / "audio.mp3").read_bytes() == elsewhere.pages["/one.mp3"]
    assert (folder / "transcript.en.vtt").read_bytes() == VTT
    assert (notes.title, notes.season, notes.season_name, notes.number, notes.number_display, notes.type) == (
        "Why maps lie", 2, "The border", 7, "VII", "bonus",
    )  # fmt: skip
    assert (notes.explicit, notes.author, notes.summary, notes.tags) == (
        True,
        "Ben Otero",
        "Who draws the line",
        ("maps", "history"),
    )
    assert [(person.name, person.role, person.url) for person in notes.people] == [
        ("Ben Otero", "guest", "https://ben.example/")
    ]
    assert (notes.slug, notes.aliases) == ("why-maps-lie", ("/2015/02/why-maps-lie/",))
    assert notes.body.strip() == "About **maps**:\n[the atlas](https://atlas.example/a_b)\n\n- one"


def test_the_show_s_file_says_what_the_feed_says(elsewhere, places):
    assert move(elsewhere.put_feed(), places).has_show

    facts, remarks = read_show((places.root / "show.yaml").read_bytes())
    assert remarks == []
    assert (facts.title, facts.language, facts.guid) == (
        {"en-gb": "The Long Way"},
        "en-gb",
        "917393e3-1b1e-5cef-ace4-edaa54e1f810",
    )
    assert facts.categories == (("Society & Culture", "Documentary"),)
    assert (facts.owner_name, facts.owner_email, facts.type, facts.explicit) == (
        "Ada",
        "ada@example.org",
        "serial",
        False,
    )
    assert [(person.name, person.role) for person in facts.people] == [("Ada Lind", "host")]
    assert (places.root / "artwork.png").read_bytes() == elsewhere.pages["/art.png"]


def test_a_show_s_file_that_is_there_only_gets_the_guid(elsewhere, places):
    places.root.mkdir()
    (places.root / "show.yaml").write_bytes(b"# mine\r\ntitle: Mine  # really\r\n")

    moved = move(elsewhere.put_feed(), places)

    assert not moved.has_show
    assert (places.root / "show.yaml").read_bytes() == (
        b"# mine\r\ntitle: Mine  # really\r\nguid: 917393e3-1b1e-5cef-ace4-edaa54e1f810\r\n"
    )


def test_a_folder_with_another_show_is_left_alone(elsewhere, places):
    places.root.mkdir()
    (places.root / "show.yaml").write_text("title: Other\nguid: 00000000-0000-5000-8000-000000000000\n")

    with pytest.raises(Conflict, match="another show"):
        move(elsewhere.put_feed(write_item("a")), places)

    assert [path.name for path in places.root.iterdir()] == ["show.yaml"]


def test_a_second_time_only_what_is_new_is_taken(elsewhere, places):
    move(elsewhere.put_feed(write_item("a", "One")), places)
    (folder,) = places.root.glob("*-one")
    (folder / "notes.md").write_text((folder / "notes.md").read_text() + "\nMended by hand.\n")
    elsewhere.asked.clear()

    moved = move(elsewhere.put_feed(write_item("b", "Two"), write_item("a", "One")), places)

    assert (len(moved.folders), moved.known) == (1, 1)
    assert elsewhere.asked.count("/one.mp3") == 1
    assert "Mended by hand." in (folder / "notes.md").read_text()


def test_the_oldest_come_first_and_the_rest_another_time(elsewhere, places):
    dates = ["Tue, 03 Feb 2015 08:00:00 GMT", "Tue, 03 Feb 2014 08:00:00 GMT", "Tue, 03 Feb 2016 08:00:00 GMT"]
    url = elsewhere.put_feed(*(write_item(str(number), date=date) for number, date in enumerate(dates)))
    seen = []

    first = move(url, places, most=2, progress=lambda *counts: seen.append(counts))
    second = move(url, places)

    assert [name[:4] for name in first.folders] == ["2014", "2015"]
    assert [name[:4] for name in second.folders] == ["2016"]
    assert seen == [(1, 2), (2, 2)]


def test_pages_are_followed_and_a_circle_ends(elsewhere, places):
    following = '<atom:link rel="next" href="{base}/page2.xml"/>'
    elsewhere.put_feed(
        write_item("old", "Old"), channel=CHANNEL + following.replace("page2", "page3"), path="/page2.xml"
    )
    elsewhere.put_feed(write_item("older", "Older"), channel=CHANNEL + following, path="/page3.xml")

    moved = move(elsewhere.put_feed(write_item("new", "New"), channel=CHANNEL + following), places)

    assert len(moved.folders) == 3


def test_a_connection_that_breaks_is_tried_again(elsewhere, places):
    elsewhere.broken["/one.mp3"] = 2

    moved = move(elsewhere.put_feed(write_item("a")), places)

    assert moved.problems == []
    assert (places.root / moved.folders[0] / "audio.mp3").read_bytes() == elsewhere.pages["/one.mp3"]
    assert list(places.arriving.iterdir()) == []


@pytest.mark.parametrize(
    ("item", "problem"),
    [
        ("<title>Text</title><guid>t</guid>", "Text: it has no audio"),
        (
            write_item("a").replace("one.mp3", "gone.mp3"),
            r"Why maps lie: The address http://[\d.:]+/gone.mp3 answers 404",
        ),
        (write_item("a").replace("one.mp3", "art.png"), "Why maps lie: The file must be an mp3 or m4a"),
        (
            write_item("a").replace("{base}/one.mp3", "http://10.1.2.3/x.mp3"),
            "Why maps lie: This address cannot be asked",
        ),
        (write_item("x" * 1001), "Why maps lie: its guid has more than 1,000 characters"),
        (write_item("a").replace("{base}/one.mp3", "file:///etc/passwd"), "Why maps lie: it has no audio"),
    ],
)
def test_an_episode_that_cannot_come_is_named_and_the_others_come(elsewhere, places, item, problem):
    moved = move(elsewhere.put_feed(item, write_item("b", "Fine")), places)

    assert [path.name for path in places.root.glob("2015*")] == ["2015-02-03-fine"]
    (said,) = moved.problems
    assert re.match(problem, said)


def test_what_lies_beside_the_audio_may_fail_and_is_told(elsewhere, places):
    rest = '<itunes:image href="{base}/talk.vtt"/><podcast:chapters url="{base}/none.json"/>'

    moved = move(elsewhere.put_feed(write_item("a", rest=rest)), places)

    assert len(moved.folders) == 1
    assert len(moved.problems) == 2


def test_an_unreadable_date_makes_a_draft_that_keeps_its_guid(elsewhere, places):
    moved = move(elsewhere.put_feed(write_item("a", date="last Tuesday")), places)

    notes = read_notes(places.root / moved.folders[0])
    assert (notes.guid, notes.published_at) == ("a", None)
    assert "its date cannot be read" in moved.problems[0]


def test_what_is_left_of_a_run_that_was_killed_is_swept(elsewhere, places):
    left = places.arriving / "tmpold"
    left.mkdir(parents=True)
    (left / "audio.part").write_bytes(b"half")

    move(elsewhere.put_feed(), places)

    assert list(places.arriving.iterdir()) == []


def test_a_full_disk_ends_it_with_a_message_and_nothing_half(elsewhere, places):
    feed = read_feed(elsewhere.put_feed(write_item("a", rest=EVERYTHING)), excepted=places.excepted)

    with full_disk(), pytest.raises(Unavailable, match="could not be written"):
        move_in(feed, places, now=NOW)

    assert list(places.root.glob("2015*")) == []
    assert len(move_in(feed, places, now=NOW).folders) == 1


def test_more_than_an_audio_file_may_have_is_refused(elsewhere, places, monkeypatch):
    monkeypatch.setattr(arriving, "_TRIES", 1)
    small = Places(places.root, places.arriving, 1000, places.excepted)

    moved = move(elsewhere.put_feed(write_item("a")), small)

    assert moved.folders == []
    assert "more than fits" in moved.problems[0]


def test_a_locked_feed_is_only_moved_by_who_says_that_it_is_theirs(elsewhere, places):
    url = elsewhere.put_feed(channel=CHANNEL + '<podcast:locked owner="ada@example.org">yes</podcast:locked>')
    channel = read_feed(url, excepted=places.excepted).channel

    with pytest.raises(Conflict, match=r"ada@example\.org"):
        check_owner(channel, is_mine=False)

    check_owner(channel, is_mine=True)


def test_a_feed_may_be_a_file(tmp_path, elsewhere):
    elsewhere.put_feed(write_item("a"))
    (tmp_path / "feed.xml").write_bytes(elsewhere.pages["/feed.xml"])

    assert [entry.guid for entry in read_feed(str(tmp_path / "feed.xml")).entries] == ["a"]
    with pytest.raises(Invalid, match="cannot be read"):
        read_feed(str(tmp_path / "none.xml"))


def test_a_private_address_is_no_feed(elsewhere):
    with pytest.raises(Invalid, match="cannot be asked"):
        read_feed(elsewhere.put_feed())
