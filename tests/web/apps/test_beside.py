"""Chapters, transcripts and artwork over HTTP (rules C1 to C4)."""

import json
import re

import pytest
from sqlalchemy import select

from podcastsvc.catalogue.artwork.keeping import rendition_key
from podcastsvc.feeds.vocabulary import NAMESPACES
from podcastsvc.storage.tables.episode import Artwork
from tests.feeds.rows import CHAPTERS, make_audio, make_episode, make_transcript
from tests.web.apps.audio import later
from tests.web.apps.reading import read

# ---- chapters and transcripts (C1 to C4)


@pytest.fixture
def told(stage):
    """A members' episode with chapters and transcripts: its audio and the transcript's name."""
    episode, audio = stage.add("told", access_kind="members", audio=("members",), chapters=CHAPTERS)
    with stage.services.db.transaction() as session:
        name = make_transcript(session, session.merge(episode)).name
    return audio, name


def test_c1_c4_chapters_are_json_for_those_who_may_hear(client, ben, finn, told):
    audio, _name = told

    response = client.get(f"/private/{ben.listen_token}/chapters/{audio.name}.json")

    assert response.headers["Content-Type"] == "application/json+chapters"
    assert response.headers["Cache-Control"] == "private, no-cache"
    assert json.loads(response.data) == {
        "version": "1.2.0",
        "chapters": [
            {"startTime": 0, "title": "One"},
            {"startTime": 60, "title": "Two", "url": "https://example.org/"},
        ],
    }
    assert client.get(f"/chapters/{audio.name}.json").status_code == 403
    assert client.get(f"/private/{finn.listen_token}/chapters/{audio.name}.json").status_code == 403
    assert client.get(f"/private/{ben.feed_token}/chapters/{audio.name}.json").status_code == 404


@pytest.mark.parametrize(
    ("kind", "mime_type", "begins"),
    [("vtt", "text/vtt; charset=utf-8", "WEBVTT"), ("srt", "application/x-subrip", "1\n00:00")],
)
def test_c4_transcripts_are_for_those_who_may_hear(client, ben, finn, told, kind, mime_type, begins):
    _audio, name = told

    response = client.get(f"/private/{ben.listen_token}/transcripts/{name}.{kind}")

    assert response.text.startswith(begins)
    assert response.headers["Content-Type"] == mime_type
    assert response.headers["Cache-Control"] == "private, no-cache"
    assert client.get(f"/transcripts/{name}.{kind}").status_code == 403
    assert client.get(f"/private/{finn.listen_token}/transcripts/{name}.{kind}").status_code == 403


def test_c4_public_texts_may_be_kept_for_five_minutes_and_read_by_any_page(client, stage):
    episode, audio = stage.add("for all", chapters=CHAPTERS)
    with stage.services.db.transaction() as session:
        name = make_transcript(session, session.merge(episode)).name

    for path in (f"/chapters/{audio.name}.json", f"/transcripts/{name}.vtt", f"/transcripts/{name}.srt"):
        response = client.get(path)
        assert response.headers["Cache-Control"] == "public, max-age=300"
        assert response.headers["Access-Control-Allow-Origin"] == "*"
        again = client.get(path, headers={"If-None-Match": response.headers["ETag"]})
        assert (again.status_code, again.data) == (304, b"")
        assert client.head(path).headers["Content-Length"] == str(len(response.data))


def test_ta11_no_cache_keeps_public_texts_past_the_end_of_their_episode(client, stage):
    episode, audio = stage.add("told", chapters=CHAPTERS, public_until=later(seconds=90))
    with stage.services.db.transaction() as session:
        transcript = make_transcript(session, session.merge(episode))

    for path in (f"/chapters/{audio.name}.json", f"/transcripts/{transcript.name}.vtt"):
        assert client.get(path).headers["Cache-Control"] == "public, max-age=90"


def test_no_chapters_where_there_are_fewer_than_two(client, audio):
    assert client.get(f"/chapters/{audio.name}.json").status_code == 404


def test_every_address_in_a_feed_answers(client, stage, ben):
    episode, *_audio = stage.add("told", access_kind="members", audio=("members", "preview"), chapters=CHAPTERS)
    with stage.services.db.transaction() as session:
        make_transcript(session, session.merge(episode))
    stage.add("for all", chapters=CHAPTERS)

    for path in ("/feed.xml", ben.feed_path):
        addresses = set(re.findall(r'url="([^"]+/(?:media|chapters|transcripts)/[^"]+)"', client.get(path).text))
        assert len(addresses) >= 3
        assert {client.get(address).status_code for address in addresses} == {200}


def test_m2_types_are_the_same_in_the_feed_and_in_the_answer(client, services, stage, ben):
    mp3, _audio = stage.add("mp3", chapters=CHAPTERS)
    with services.db.transaction() as session:
        make_transcript(session, session.merge(mp3))
        m4a = make_episode(session, session.merge(stage.show), "m4a", audio=())
        kept = make_audio(session, m4a, content=b"m4a", extension="m4a", mime="audio/x-m4a")
        session.merge(stage.show).version += 1
    services.media.save_bytes(kept.media_key, b"m4a", mime=kept.mime)

    for path in ("/feed.xml", ben.feed_path):
        root = read(client.get(path))
        offered = [
            (each.get("url"), each.get("type"))
            for name in ("enclosure", "podcast:transcript", "podcast:chapters")
            for each in root.findall(f".//item/{name}", NAMESPACES)
        ]
        assert {url.rpartition(".")[2]: type_ for url, type_ in offered} == {
            "mp3": "audio/mpeg",
            "m4a": "audio/x-m4a",
            "vtt": "text/vtt",
            "srt": "application/x-subrip",
            "json": "application/json+chapters",
        }
        for url, type_ in offered:
            assert client.get(url).headers["Content-Type"].partition(";")[0] == type_


# ---- artwork


@pytest.fixture
def art(services, stage):
    with services.db.reading() as session:
        art = session.scalars(select(Artwork)).first()
    services.media.save_bytes(art.media_key, b"picture", mime="image/jpeg")
    services.media.save_bytes(rendition_key(art.name, 320), b"small", mime="image/webp")
    return art


def test_artwork_is_for_everyone_and_for_ever(client, art):
    response = client.get(f"/art/{art.name}.jpg")

    assert response.data == b"picture"
    assert response.headers["Content-Type"] == "image/jpeg"
    assert response.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert response.headers["Access-Control-Allow-Origin"] == "*"
    assert client.get(f"/art/{art.name}.jpg", headers={"If-None-Match": response.headers["ETag"]}).status_code == 304


def test_smaller_renditions_stand_beside_it(client, art):
    response = client.get(f"/art/{art.name}-320.webp")

    assert (response.data, response.headers["Content-Type"]) == (b"small", "image/webp")
    assert client.get(f"/art/{art.name}-640.webp").status_code == 404
    assert client.get(f"/art/{art.name}.png").status_code == 404
    assert client.get("/art/none.jpg").status_code == 404
