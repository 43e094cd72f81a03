"""Addresses that are nearly right: another case, a slash or a dot too many, a token of the other kind (rules A1 to A4, S3)."""

from dataclasses import replace

import pytest

from podcastsvc.app import create_app
from podcastsvc.services import Services
from tests.feeds.rows import CHAPTERS, make_transcript
from tests.web.apps.audio import BASE, OLD_TOKEN, Stage, make_client
from tests.web.apps.reading import titles

# Nearly the address of a feed or a file, in any way that a person or a program may come to it.
NEARLY = [
    "/Feed.xml",
    "/FEED.XML",
    "/feed.XML",
    "/feed",
    "/feed.xml.",
    "/feed.xml..",
    "/feed..xml",
    "/feed.xml.xml",
    "/feed.xml%20",
    "/feed.xml%00",
    "/feed.xml;jsessionid=1",
    "/feed.xml%3Fpage=1",
    "/feeds",
    "/feeds/",
    "/feeds/.xml",
    "/feeds/..xml",
    "/feeds/%2e%2e/feed.xml",
    "/feeds/sample.xml.",
    "/feeds/Sample.xml",
    "/Feeds/sample.xml",
    "/feeds/sample%2Fmore.xml",
    "/private",
    "/private/",
    "/private/BEN",
    "/private/BEN/",
    "/private/BEN/feed.xml.",
    "/private/BEN/feed.xml.xml",
    "/private/BEN/Feed.xml",
    "/private/BEN/feed.XML",
    "/private/BEN/.xml",
    "/private/BEN/..xml",
    "/private/BEN/feed",
    "/private/BEN/none.xml",
    "/private/BEN/../feed.xml",
    "/private/BEN/%2e%2e/feed.xml",
    "/private/../feed.xml",
    "/private/%2e/feed.xml",
    "/private//feed.xml.",
    "/Private/BEN/feed.xml",
    "/PRIVATE/BEN/FEED.XML",
    "/private/BENx/feed.xml",
    "/private/xBEN/feed.xml",
    "/private/BEN%20/feed.xml",
    "/private/BEN%00/feed.xml",
    "/private/BEN%2F/feed.xml.",
    "/private/LISTEN/media/",
    "/private/LISTEN/media/NAME",
    "/private/LISTEN/media/NAME.mp3.",
    "/private/LISTEN/media/NAME.MP3",
    "/private/LISTEN/media/NAME.m4a",
    "/private/LISTEN/media/%2e%2e%2fNAME.mp3",
    "/private/LISTEN/media/..%2F..%2Ffeed.xml",
    "/private/LISTEN/Media/NAME.mp3",
    "/media",
    "/media/",
    "/media/.mp3",
    "/media/%2e%2e/feed.xml",
    "/media/..%2Fpodcastsvc.db",
    "/Media/NAME.mp3",
    "/MEDIA/NAME.MP3",
    "/media/NAME.mp3.",
    "/media/NAME%2Emp3%00",
    "/chapters/NAME.json.",
    "/Chapters/NAME.json",
    "/transcripts/none.vtt",
    "/art/none.jpg",
    "/es/feed.xml",
    "/es/private/BEN/feed.xml",
    "/es/media/NAME.mp3",
]


@pytest.mark.parametrize("path", NEARLY)
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_s3_m11_what_is_nearly_an_address_is_one_plain_line_and_never_a_page(client, ben, audio, path, method):
    path = path.replace("BEN", ben.feed_token).replace("LISTEN", ben.listen_token).replace("NAME", audio.name)
    if path == "/feed":
        # What other programs call theirs; it has moved for good (rule F12).
        assert client.get(path).headers["Location"] == "/feed.xml"
        return

    answer = client.open(path, method=method)

    assert answer.status_code == 404
    assert answer.headers["Content-Type"] == "text/plain; charset=utf-8"
    assert answer.headers["Cache-Control"] == "no-store"
    assert len(answer.data) < 200
    assert "WWW-Authenticate" not in answer.headers
    assert "Location" not in answer.headers


@pytest.mark.parametrize(
    "path", ["/feed.xml/", "/feeds/sample.xml/", "/private/BEN/feed.xml/", "/feeds//sample.xml", "/feed.xml//"]
)
def test_f12_a_slash_too_many_leads_to_the_same_feed_without_a_page_on_the_way(client, stage, ben, path):
    stage.add("for all")
    path = path.replace("BEN", ben.feed_token)

    answer = client.get(path)

    assert answer.status_code in {301, 308}
    assert "html" not in answer.headers["Content-Type"]
    assert answer.data == b""
    wanted = path.rstrip("/").replace("//", "/")
    assert answer.headers["Location"].removeprefix(BASE) == wanted
    assert titles(client.get(wanted)) == ["for all"]


@pytest.mark.parametrize("path", ["/feed.xml?page=1", "/private/BEN/feed.xml", "/private/LISTEN/media/NAME.mp3"])
def test_a8_f12_another_host_is_sent_to_the_same_path_without_a_page_on_the_way(client, ben, audio, path):
    path = path.replace("BEN", ben.feed_token).replace("LISTEN", ben.listen_token).replace("NAME", audio.name)

    for origin in ("http://other.example", "https://127.0.0.1:8000"):
        answer = client.get(path, base_url=origin)
        assert (answer.status_code, answer.headers["Location"]) == (301, BASE + path)
        assert "html" not in answer.headers["Content-Type"]
        assert answer.data == b""


@pytest.mark.parametrize(
    "path", ["/private%2FBEN%2Ffeed.xml", "/private/BEN%2Ffeed.xml", "/private/BEN/feed%2Exml", "/%66eed.xml"]
)
def test_an_encoded_path_is_the_same_path(client, stage, ben, path):
    stage.add("for all")

    assert titles(client.get(path.replace("BEN", ben.feed_token))) == ["for all"]


def test_s3_no_old_address_of_a_page_lies_where_apps_ask(client, stage):
    from podcastsvc.storage.tables.episode import EpisodeAlias

    episode, _audio = stage.add("for all")
    with stage.services.db.transaction() as session:
        for path in ("/media/old.mp3", "/feeds/old.xml", "/private/old", "/feed/old-page/"):
            session.add(EpisodeAlias(path=path, episode_id=episode.id))

    answers = {path: client.get(path) for path in ("/media/old.mp3", "/feeds/old.xml", "/private/old")}

    assert {answer.status_code for answer in answers.values()} == {404}
    assert client.get("/feed/old-page/").status_code == 301


# ---- tokens


def test_a4_a_token_of_the_other_kind_opens_nothing(client, stage, ben):
    episode, audio = stage.add("told", access_kind="members", audio=("members",), chapters=CHAPTERS)
    with stage.services.db.transaction() as session:
        name = make_transcript(session, session.merge(episode)).name
    below = {
        ben.listen_token: ["feed.xml", "sample.xml", "feed.xml?page=2"],
        ben.feed_token: [
            f"media/{audio.name}.mp3",
            f"chapters/{audio.name}.json",
            f"transcripts/{name}.vtt",
            f"transcripts/{name}.srt",
        ],
    }

    for token, rest in ((token, rest) for token, all_rest in below.items() for rest in all_rest):
        right = ben.feed_token if token == ben.listen_token else ben.listen_token
        assert client.get(f"/private/{token}/{rest}").status_code == 404
        if "page" not in rest:
            assert client.get(f"/private/{right}/{rest}").status_code == 200


def test_a1_a_token_in_the_query_opens_nothing(client, stage, ben):
    stage.add("for members", access_kind="members", audio=("members",))

    for name in ("token", "key", "auth"):
        assert titles(client.get(f"/feed.xml?{name}={ben.feed_token}")) == []


# ---- what is said


def test_s5_refusals_are_english_whatever_the_site_speaks(settings, services):
    stage = Stage(services)
    _episode, locked = stage.add("para miembros", access_kind="members", audio=("members",))
    _episode, withdrawn = stage.add("retirado", expires_at=stage.show.changed_at)
    gone = stage.add_member("gone")
    stage.revoke_link(gone)
    spanish = Services(replace(settings, languages=("es", "en")))
    client = make_client(create_app(spanish.settings, spanish))

    said = [
        client.get(path).text
        for path in (
            f"/media/{locked.name}.mp3",
            f"/media/{withdrawn.name}.mp3",
            "/media/none.mp3",
            gone.feed_path,
            f"/private/{OLD_TOKEN}/feed.xml",
            "/feed.xml?page=7",
            "/feeds/none.xml",
            "/feed.xml%00",
        )
    ]

    assert said == [
        f"This episode is for members. See {BASE}/\n",
        f"This episode was withdrawn. The show is at {BASE}/\n",
        "There is no audio at this address.\n",
        f"This link was taken back. The show is at {BASE}/\n",
        "This link does not work. The show's page has the right one.\n",
        "This feed has no such page.\n",
        "There is no such show here.\n",
        "There is nothing at this address.\n",
    ]
    spanish.close()
