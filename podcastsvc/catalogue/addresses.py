"""The paths at which what the catalogue holds is found on the site (rules A1 to A6); pages and feeds put the rest around.

``show_key`` is None for the show that is the site's face: no address mentions it.
"""

import re
from dataclasses import dataclass

from podcastsvc.storage.tables.episode import Artwork, AudioFile, Transcript

_EPISODE = re.compile(r"(?:/shows/(?P<key>[^/]+))?/episodes/(?P<slug>[^/]+)(?:/|$)")


def write_show_path(show_key: str | None) -> str:
    """``/``, ``/shows/KEY/``."""
    return "/" if show_key is None else f"/shows/{show_key}/"


def write_episode_path(slug: str, show_key: str | None) -> str:
    """``/episodes/why-maps-lie/``, below its show's path."""
    return f"{write_show_path(show_key)}episodes/{slug}/"


def write_feed_path(show_key: str | None) -> str:
    """``/feed.xml``, ``/feeds/KEY.xml``: the public feed."""
    return "/feed.xml" if show_key is None else f"/feeds/{show_key}.xml"


def write_artwork_path(artwork: Artwork) -> str:
    """``/art/why-maps-lie-3f9a2c41.jpg``: always public, never with a token."""
    return f"/art/{artwork.name}.{artwork.extension}"


def write_rendition_path(artwork: Artwork, width: int) -> str:
    """The smaller picture for pages, ``width`` pixels wide."""
    return f"/art/{artwork.name}-{width}.webp"


def write_audio_path(audio: AudioFile) -> str:
    """``/media/NAME.EXT``."""
    return f"/media/{audio.name}.{audio.extension}"


def write_chapters_path(audio: AudioFile) -> str:
    """``/chapters/NAME.json``, for the audio at ``/media/NAME.EXT``: slugs of two shows may be equal, these names never."""
    return f"/chapters/{audio.name}.json"


def write_transcript_path(transcript: Transcript, kind: str) -> str:
    """``/transcripts/NAME.vtt`` or ``.srt``."""
    return f"/transcripts/{transcript.name}.{kind}"


@dataclass(frozen=True, slots=True)
class EpisodePlace:
    """What an episode's path says: its slug, and its show's key where the path has one."""

    slug: str
    show_key: str | None

    @property
    def page_path(self) -> str:
        return write_episode_path(self.slug, self.show_key)


def read_episode_path(path: str) -> EpisodePlace | None:
    """The inverse of ``write_episode_path``, also for what stands below an episode's page; None for other paths."""
    found = _EPISODE.match(path)
    return None if found is None else EpisodePlace(found["slug"], found["key"])
