"""Rows of shows, episodes and audio files for tests of feeds and media; what a test does not name is filled in."""

import hashlib
import itertools
from datetime import UTC, datetime, timedelta

from podcastsvc.catalogue.access import list_instants, read_access
from podcastsvc.catalogue.show import Person, ShowFacts
from podcastsvc.storage.tables.episode import Artwork, AudioFile, Episode, Transcript
from podcastsvc.storage.tables.show import Show

NOW = datetime(2026, 10, 22, 12, tzinfo=UTC)
_numbers = itertools.count(1)


def days(number: float) -> timedelta:
    return timedelta(days=number)


def make_show(session, *, key="sample", position=0, **facts) -> Show:
    number = next(_numbers)
    values = {
        "title": {"en": "The Sample Show"},
        "description": {"en": "Conversations about maps & money."},
        "author": "Ana Sample",
        "owner_name": "Sample Media",
        "owner_email": "feeds@example.com",
        "categories": (("News", "Politics"),),
        "people": (Person("Ana Sample"),),
    } | facts
    artwork = Artwork(
        name=f"cover-{number}",
        extension="jpg",
        mime="image/jpeg",
        length_bytes=5,
        pixels=1400,
        sha256=f"{number:064x}",
        source_sha256=f"{number:064x}",
        media_key=f"art/cover-{number}.jpg",
        widths=[320],
        created_at=NOW,
    )
    session.add(artwork)
    session.flush()
    show = Show(
        key=key,
        folder=key,
        position=position,
        guid="18b54d9d-b7b5-5ad1-b568-c3d3782406f4",
        title=next(iter(values["title"].values())),
        facts=ShowFacts(**values).as_json(),
        artwork_id=artwork.id,
        version=1,
        instants=[],
        changed_at=NOW - days(30),
    )
    session.add(show)
    session.flush()
    return show


def make_episode(session, show, title="Episode", *, audio=("public",), **values) -> Episode:
    """An episode with an audio file for each named variant; its show's instants are brought up to date."""
    episode = plan_episode(show, title, **values)
    session.add(episode)
    session.flush()
    for variant in audio:
        make_audio(session, episode, variant)
    add_instants(show, [episode])
    return episode


def make_episodes(session, show, all_values) -> list[Episode]:
    """Many episodes at once, each with public audio."""
    planned = [plan_episode(show, **values) for values in all_values]
    session.add_all(planned)
    session.flush()
    session.add_all([plan_audio(episode, "public") for episode in planned])
    session.flush()
    add_instants(show, planned)
    return planned


def plan_episode(show, title="Episode", **values) -> Episode:
    number = next(_numbers)
    plain = {
        "folder": f"e{number}",
        "guid": f"guid-{number}",
        "slug": f"e{number}",
        "title": title,
        "language": "en",
        "summary": "",
        "notes": "",
        "notes_html": "",
        "feed_html": f"<p>Notes of {title}.</p>",
        "people": [],
        "tags": [],
        "chapters": [],
        "extras": {},
        "access_kind": "public",
        "plans": [],
        "published_at": NOW - days(10),
        "shown_hash": "",
        "changed_at": NOW - days(10),
        "created_at": NOW - days(10),
    }
    return Episode(show_id=show.id, **plain | values)


def add_instants(show, episodes) -> None:
    known = {datetime.fromisoformat(instant) for instant in show.instants}
    instants = sorted(known | set(list_instants([read_access(episode) for episode in episodes])))
    show.instants = [instant.isoformat() for instant in instants]


def make_audio(session, episode, variant="public", *, content=None, **values) -> AudioFile:
    audio = plan_audio(episode, variant, content=content, **values)
    session.add(audio)
    session.flush()
    return audio


def plan_audio(episode, variant, *, content=None, **values) -> AudioFile:
    number = next(_numbers)
    name = f"{episode.slug}-{variant}-{number}"
    body = content if content is not None else f"audio {name}".encode()
    plain = {
        "variant": variant,
        "name": name,
        "extension": "mp3",
        "mime": "audio/mpeg",
        "length_bytes": len(body),
        "seconds": 600,
        "sha256": hashlib.sha256(body).hexdigest(),
        "media_key": f"audio/{name}.mp3",
        "created_at": NOW - days(10),
    }
    return AudioFile(episode_id=episode.id, **plain | values)


def make_transcript(session, episode, language="en") -> Transcript:
    transcript = Transcript(
        episode_id=episode.id,
        language=language,
        name=f"{episode.slug}-{language}",
        vtt="WEBVTT\n\n00:00:00.000 --> 00:00:02.000\nHello.\n",
        srt="1\n00:00:00,000 --> 00:00:02,000\nHello.\n",
        sha256="0" * 64,
    )
    session.add(transcript)
    session.flush()
    return transcript


CHAPTERS = [
    {"start_ms": 0, "title": "One", "url": None, "image": None, "toc": True},
    {"start_ms": 60_000, "title": "Two", "url": "https://example.org/", "image": None, "toc": True},
]
