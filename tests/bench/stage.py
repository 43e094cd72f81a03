"""Installations to measure: a show on disk, or one of any size in the database with any number of members."""

import random
import secrets
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import insert

from podcastsvc.kit.keys import read_keys
from podcastsvc.kit.secrets import derive_token, hash_secret
from podcastsvc.members import feed_tokens
from podcastsvc.storage.db import Database
from podcastsvc.storage.tables.billing import Grant
from podcastsvc.storage.tables.member import FeedLink, Member
from tests.catalogue.recordings import make_mp3
from tests.feeds.rows import make_episodes, make_show
from tests.site import Site

AUDIO_BYTES = 1_000_000
NOTES_BYTES = 3_000
START = datetime(2024, 1, 1, tzinfo=UTC)


def write_notes(number: int) -> str:
    """About 3 KB of words that compress as people's own do, always the same for a number."""
    dice = random.Random(number)
    words = [dice.choice(_WORDS) for _ in range(NOTES_BYTES // 7)]
    paragraphs = [" ".join(words[start : start + 60]).capitalize() for start in range(0, len(words), 60)]
    return "".join(f"<p>{text}.</p>\n" for text in paragraphs)


def _make_words() -> list[str]:
    dice = random.Random(1)
    return ["".join(dice.choices("etaoinshrdlucmfwyp", k=dice.randint(2, 10))) for _ in range(4_000)]


_WORDS = _make_words()


class BareSite(Site):
    """A server without jobs, so that what lies in the database only is not taken for gone."""

    server = ("-m", "granian", "--interface", "wsgi", "--no-ws", "tests.bench.bare:application")

    def stop(self) -> None:
        """At once: nothing is lost with it, and this server may take half a minute to end."""
        self.kill()

    @property
    def environ(self) -> dict[str, str]:
        given = {"HOST": "127.0.0.1", "PORT": self.port, "WORKERS": 2, "BLOCKING_THREADS": 256}
        return super().environ | {f"GRANIAN_{name}": str(value) for name, value in given.items()}


def write_show(folder: Path, episodes: int, *, audio_bytes: int = AUDIO_BYTES) -> None:
    """A show with many episodes and 3 KB of notes each; every third is for members."""
    (folder / "show.yaml").write_text(
        "title: Bench\nauthor: Ada\nowner: {name: Ada, email: ada@example.org}\ncategories: [Technology]\n"
    )
    audio = make_mp3(audio_bytes / 8000)
    for number in range(episodes):
        write_episode(folder / f"2024-01-01-episode-{number:05d}", number, audio)


def write_episode(folder: Path, number: int, audio: bytes, *, day: str | None = None) -> None:
    """One folder. Its audio is its own content, as real ones are."""
    day = day or f"2024-{number % 12 + 1:02d}-{number % 28 + 1:02d} 0{number % 10}:00"
    access = "members" if number % 3 == 0 else "public"
    folder.mkdir()
    (folder / "audio.mp3").write_bytes(audio + f"{number:08d}".encode().rjust(128, b"\0"))
    (folder / "notes.md").write_text(
        f"---\ntitle: Episode {number}\ndate: {day}\naccess: {access}\nepisode: {number + 1}\n---\n"
        + write_notes(number).replace("<p>", "").replace("</p>", "\n")
    )


def fill_show(db: Database, episodes: int) -> None:
    """The same in the database alone."""
    with db.transaction() as session:
        show = make_show(session, categories=(("Technology", None),))
        make_episodes(
            session,
            show,
            [
                {
                    "title": f"Episode {number}",
                    "feed_html": write_notes(number),
                    "published_at": START + timedelta(hours=number),
                    "chapters": [{"start_ms": 0, "title": "One"}, {"start_ms": 60_000, "title": "Two"}],
                }
                for number in range(episodes)
            ],
        )


def fill_members(db: Database, data: Path, members: int) -> list[str]:
    """Members with a plan and a feed link; returns the feed tokens of the last thousand of them."""
    keys = read_keys(data / "key")
    key = keys.derive(feed_tokens.KEY_PURPOSE, key_id=keys.current_id)
    assert key is not None
    tokens: list[str] = []
    people, links, grants = [], [], []
    # Lower ids are those of people who are there already.
    for number in range(1_000, 1_000 + members):
        salt = secrets.token_bytes(16)
        feed, listen = (derive_token(key, purpose, salt) for purpose in ("feed", "listen"))
        tokens.append(feed)
        email = f"m{number}@example.org"
        people.append({"id": number, "email": email, "email_key": email, "language": "en", "created_at": START})
        hashes = {"feed_hash": hash_secret(feed), "listen_hash": hash_secret(listen)}
        links.append({"member_id": number, "salt": salt, "key_id": keys.current_id, "created_at": START, **hashes})
        grant = {"plan": "members", "reason": "comp", "source_id": str(number), "starts_at": START}
        grants.append({"member_id": number, "created_at": START, **grant})
    with db.transaction() as session:
        for table, rows in ((Member, people), (FeedLink, links), (Grant, grants)):
            for start in range(0, len(rows), 5_000):
                session.execute(insert(table), rows[start : start + 5_000])
    return tokens[-1_000:]


def write_script(folder: Path, tokens: list[str], headers: dict[str, str]) -> Path:
    """A script for wrk in which every request asks for another member's feed."""
    lines = "\n".join(f'  "/private/{token}/feed.xml",' for token in tokens)
    given = "\n".join(f"wrk.headers[\"{name}\"] = '{value}'" for name, value in headers.items())
    path = folder / "members.lua"
    path.write_text(
        f"local paths = {{\n{lines}\n}}\nlocal at = 0\n{given}\n"
        "function request()\n  at = at % #paths + 1\n  return wrk.format('GET', paths[at])\nend\n"
    )
    return path
