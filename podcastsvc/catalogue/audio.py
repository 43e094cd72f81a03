"""Audio facts: what an MP3 or M4A is, how long it is, and what its tags say, read in a limited child process.

The format is decided by our own look at the bytes, and the reader for exactly that format is called (rule T-F2).
Whatever a tag does, good audio is taken (rule T-F4).
"""

import base64
import contextlib
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

from podcastsvc.catalogue import chapters
from podcastsvc.catalogue.chapters import Chapter
from podcastsvc.catalogue.formats import mp4, mpeg, pictures
from podcastsvc.catalogue.formats.sound import Sound
from podcastsvc.catalogue.limits import MOST_PICTURE_BYTES
from podcastsvc.errors import Invalid
from podcastsvc.kit import child
from podcastsvc.kit.language import N_
from podcastsvc.kit.text import clean_line, clean_text

WRONG_FORMAT = N_("The file must be an mp3 or m4a.")
EMPTY = N_("The file is empty.")
UNREADABLE = N_("The file cannot be read as audio. Export it again as mp3 or m4a (AAC).")
TAGS_UNREADABLE = N_("The tags of the file cannot be read; the sound is fine. Fill in title and notes by hand.")

EXTENSIONS = {".mp3": "audio/mpeg", ".m4a": "audio/x-m4a"}
"""What we take, with the type that enclosure and header give (rule M2)."""

ACCEPT = ",".join((*EXTENSIONS, *EXTENSIONS.values(), "audio/mp4"))
"""What a browser offers to choose; some name the type of an M4A otherwise than feeds do."""

CHILD_IMPORTS = ("mutagen.id3", "mutagen.mp4")

_NOT_MP3 = (b"RIFF", b"OggS", b"fLaC", b"FORM", b"\x1aE\xdf\xa3", b"%PDF", b"PK\x03\x04", b"\xff\xd8\xff", b"\x89PNG")
_GAIN = "replaygain_track_gain"
_REPLAY_GAIN_LUFS = -18.0
_LANGUAGES = dict(
    pair.split(":")
    for pair in (
        "eng:en spa:es fra:fr fre:fr deu:de ger:de ita:it por:pt nld:nl dut:nl cat:ca eus:eu baq:eu glg:gl rus:ru "
        "pol:pl ces:cs cze:cs swe:sv nor:no nob:nb dan:da fin:fi ell:el gre:el tur:tr ara:ar heb:he hin:hi zho:zh "
        "chi:zh jpn:ja kor:ko ukr:uk ron:ro rum:ro hun:hu bul:bg hrv:hr srp:sr slv:sl slk:sk slo:sk"
    ).split()
)


def is_audio(name: str) -> bool:
    """Whether a file name ends as audio that we take does, in whatever case."""
    return name.lower().endswith(tuple(EXTENSIONS))


@dataclass(frozen=True, slots=True)
class AudioFacts:
    """One audio file, measured.

    ``seconds`` are whole, as feeds print them, at least 1; ``length_bytes`` is the size on disk, which the enclosure's
    length must equal; ``tag_bytes`` are the bytes before the audio. Texts come from the tags and are None where those
    say nothing; ``cover`` holds the bytes of an embedded picture, unchecked. ``advice`` is for the host.
    ``cover_size`` is the picture's width and height as its header says, 0 where it says nothing. ``loudness_lufs`` follows
    from a ReplayGain tag, if there is one.
    """

    seconds: int
    length_bytes: int
    mime: str
    extension: str
    tag_bytes: int
    bitrate_kbps: int
    is_vbr: bool
    title: str | None = None
    artist: str | None = None
    album: str | None = None
    episode: int | None = None
    season: int | None = None
    date: str | None = None
    comment: str | None = None
    language: str | None = None
    cover: bytes | None = field(default=None, repr=False)
    chapters: tuple[Chapter, ...] = ()
    advice: tuple[str, ...] = ()
    cover_size: tuple[int, int] = (0, 0)
    loudness_lufs: float | None = None


def read_audio(path: Path) -> AudioFacts:
    """Measures one audio file and reads its tags.

    Raises Invalid, with a sentence for the host, if the file is empty, neither MP3 nor M4A, cut off, or unreadable.
    Source: rules T-F2 to T-F4; RSS 2.0 "enclosure"; Apple Podcasts "itunes:duration".
    """
    size_bytes = path.stat().st_size
    if size_bytes == 0:
        raise Invalid(EMPTY)
    try:
        answer = child.run(look, str(path))
    except Invalid as refusal:
        if refusal.message != child.UNREADABLE:
            raise
        answer = _look_without_tags(path)
    return _make_facts(answer, size_bytes)


def _look_without_tags(path: Path) -> dict[str, Any]:
    """A second try after the child broke down, which tags can cause and sound must not suffer for."""
    try:
        answer = child.run(look_at_sound, str(path))
    except Invalid as refusal:
        raise Invalid(UNREADABLE if refusal.message == child.UNREADABLE else refusal.message) from None
    answer["advice"].append(TAGS_UNREADABLE)
    return answer


def _make_facts(answer: dict[str, Any], size_bytes: int) -> AudioFacts:
    """Facts from the child's plain answer, every text cleaned here, on our side."""
    tags: dict[str, Any] = answer.get("tags") or {}
    cover = base64.b64decode(tags["cover"]) if tags.get("cover") else None
    return AudioFacts(
        seconds=max(round(float(answer["seconds"])), 1),
        length_bytes=size_bytes,
        mime=EXTENSIONS[answer["extension"]],
        extension=answer["extension"],
        tag_bytes=min(int(answer["tag_bytes"]), size_bytes),
        bitrate_kbps=int(answer["bitrate_kbps"]),
        is_vbr=bool(answer["is_vbr"]),
        title=_read_line(tags.get("title")),
        artist=_read_line(tags.get("artist")),
        album=_read_line(tags.get("album")),
        episode=_read_number(tags.get("episode")),
        season=_read_number(tags.get("season")),
        date=_read_line(tags.get("date")),
        comment=clean_text(str(tags["comment"]), limit_chars=4000).strip() or None if tags.get("comment") else None,
        language=_read_language(tags.get("language")),
        cover=cover,
        chapters=chapters.make_chapters(tags.get("chapters")),
        advice=tuple(str(sentence) for sentence in answer["advice"]),
        cover_size=pictures.read_size(cover) if cover else (0, 0),
        loudness_lufs=_read_loudness(tags.get("gain")),
    )


def _read_loudness(gain: object) -> float | None:
    """Loudness from ``-3.50 dB``: how far a recording is from the -18 LUFS that ReplayGain 2 refers to."""
    found = re.match(r"\s*([+-]?\d{1,2}(?:\.\d{1,4})?)\s*(?:dB)?\s*$", str(gain or ""), re.IGNORECASE)
    return round(_REPLAY_GAIN_LUFS - float(found[1]), 1) if found else None


def _read_line(value: object) -> str | None:
    return clean_line(str(value)) or None if value else None


def _read_number(value: object) -> int | None:
    """The number in ``12`` or ``12/24``; None outside 1 to 999,999 (rule X7)."""
    found = re.match(r"\s*(\d{1,6})(?!\d)", str(value or ""))
    return int(found[1]) or None if found else None


def _read_language(value: object) -> str | None:
    """A language's short code, which feeds want, from the three letters of a tag."""
    code = str(value or "").strip().lower()
    return _LANGUAGES.get(code) or (code if re.fullmatch(r"[a-z]{2}", code) else None)


# ---- in the child


def look(path: str) -> dict[str, Any]:
    """Sound and tags of a file as plain data; runs in the child."""
    answer = look_at_sound(path)
    try:
        answer["tags"] = _TAG_READERS[answer["extension"]](path)
    except Exception:  # noqa: BLE001 -- broken tags raise anything; the sound was read before and is fine
        answer["advice"].append(TAGS_UNREADABLE)
    return answer


def look_at_sound(path: str) -> dict[str, Any]:
    """The sound of a file as plain data; runs in the child. Raises Invalid where there is none that we take."""
    with Path(path).open("rb") as file:
        size_bytes = file.seek(0, 2)
        extension, sound = _read_sound(file, size_bytes)
    if sound is None:
        raise Invalid(WRONG_FORMAT)
    return {
        "extension": extension,
        "seconds": sound.seconds,
        "tag_bytes": sound.tag_bytes,
        "bitrate_kbps": sound.bitrate_kbps,
        "is_vbr": sound.is_vbr,
        "advice": list(sound.advice),
    }


def _read_sound(file: BinaryIO, size_bytes: int) -> tuple[str, Sound | None]:
    file.seek(0)
    head = file.read(12)
    if head[4:8] == b"ftyp":
        return ".m4a", mp4.read_mp4(file, size_bytes)
    return ".mp3", None if head.startswith(_NOT_MP3) else mpeg.read_mpeg(file, size_bytes)


def _read_id3(path: str) -> dict[str, Any]:
    from mutagen.id3 import ID3, ID3NoHeaderError

    read_tags: Any = ID3
    try:
        tags = read_tags(path)
    except ID3NoHeaderError:
        return {}
    season = next((frame.text[0] for frame in tags.getall("TXXX") if frame.desc.lower() == "season"), None)
    disc = _first_text(tags, ("TPOS",))
    return {
        "title": _first_text(tags, ("TIT2",)),
        "artist": _first_text(tags, ("TPE1", "TPE2")),
        "album": _first_text(tags, ("TALB",)),
        "episode": _first_text(tags, ("TRCK",)),
        # Nearly every recorder writes "disc 1 of 1", which says nothing about seasons.
        "season": season or (disc if _read_number(disc) != 1 else None),
        "date": _first_text(tags, ("TDRL", "TDRC")),
        "comment": _first_text(tags, ("TDES", "COMM")),
        "language": _first_text(tags, ("TLAN",)),
        "cover": _encode_cover((frame.type != 3, frame.data) for frame in tags.getall("APIC")),
        "chapters": _try(lambda: chapters.list_id3(tags)),
        "gain": next((str(each.text[0]) for each in tags.getall("TXXX") if each.desc.lower() == _GAIN), None),
    }


def _first_text(tags: Any, names: tuple[str, ...]) -> str | None:
    for name in names:
        for frame in tags.getall(name):
            if frame.text and str(frame.text[0]).strip():
                return str(frame.text[0])
    return None


def _read_mp4_tags(path: str) -> dict[str, Any]:
    from mutagen.mp4 import MP4

    read_file: Any = MP4
    file = read_file(path)
    tags = file.tags or {}

    def first(*names: str) -> Any:
        return next((tags[name][0] for name in names if tags.get(name)), None)

    track, disc = first("trkn"), first("disk")
    return {
        "title": first("\xa9nam"),
        "artist": first("\xa9ART", "aART"),
        "album": first("\xa9alb"),
        "episode": first("tves") or (track[0] if track else None),
        "season": first("tvsn") or (disc[0] if disc and disc[0] != 1 else None),
        "date": first("\xa9day"),
        "comment": first("ldes", "desc", "\xa9cmt"),
        "cover": _encode_cover((False, bytes(cover)) for cover in tags.get("covr", ())),
        "chapters": [{"startTime": chapter.start, "title": chapter.title} for chapter in file.chapters or ()],
        "gain": _decode(first(f"----:com.apple.iTunes:{_GAIN}", f"----:com.apple.iTunes:{_GAIN.upper()}")),
    }


def _decode(value: Any) -> str | None:
    return bytes(value).decode("ascii", "replace") if value is not None else None


def _encode_cover(pictures: Iterable[tuple[bool, bytes]]) -> str | None:
    """The front cover, or else the first picture, for the way out of the child."""
    found = sorted((picture for picture in pictures if picture[1]), key=lambda picture: picture[0])
    return base64.b64encode(found[0][1]).decode() if found and len(found[0][1]) <= MOST_PICTURE_BYTES else None


def _try(action: Callable[[], list[dict[str, Any]]]) -> list[dict[str, Any]]:
    with contextlib.suppress(Exception):
        return action()
    return []


_TAG_READERS: dict[str, Callable[[str], dict[str, Any]]] = {".mp3": _read_id3, ".m4a": _read_mp4_tags}
