"""The addresses of media as pages write them: below a member's listen token, and artwork in its sizes."""

from dataclasses import dataclass

from podcastsvc.catalogue import addresses
from podcastsvc.storage.tables.episode import Artwork, AudioFile, Transcript

_MIDDLE_PIXELS = 320


@dataclass(frozen=True, slots=True)
class Picture:
    """Artwork for a page: ``src`` is the middle rendition, ``srcset`` all, ``large`` the picture that feeds show, which is
    ``width`` by ``height`` pixels."""

    src: str
    srcset: str
    large: str
    width: int
    height: int


def make_picture(artwork: Artwork | None) -> Picture | None:
    """The renditions of an artwork; None where there is none."""
    if artwork is None:
        return None
    large = addresses.write_artwork_path(artwork)
    paths = {int(width): addresses.write_rendition_path(artwork, int(width)) for width in artwork.widths}
    if not paths:
        return Picture(large, f"{large} {artwork.pixels}w", large, artwork.pixels, artwork.pixels)
    middle = paths[min(paths, key=lambda width: abs(width - _MIDDLE_PIXELS))]
    return Picture(
        middle, ", ".join(f"{path} {width}w" for width, path in paths.items()), large, artwork.pixels, artwork.pixels
    )


def write_audio_path(audio: AudioFile, listen_token: str | None = None) -> str:
    """``/media/NAME.EXT``, or the same below a member's listen token."""
    return _prefix(listen_token) + addresses.write_audio_path(audio)


def write_transcript_path(transcript: Transcript, kind: str, listen_token: str | None = None) -> str:
    """``/transcripts/NAME.vtt`` or ``.srt``, or the same below a member's listen token."""
    return _prefix(listen_token) + addresses.write_transcript_path(transcript, kind)


def _prefix(listen_token: str | None) -> str:
    return f"/private/{listen_token}" if listen_token else ""
