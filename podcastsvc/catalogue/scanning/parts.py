"""What belongs to an episode's row: the audio files and transcripts that it offers from now on, and those that go."""

import hashlib
from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from podcastsvc.catalogue.scanning.audiofiles import ReadAudio
from podcastsvc.catalogue.scanning.reading import ReadTranscript
from podcastsvc.catalogue.scanning.rows import HASH_CHARS, NAME_CHARS, Shelf, name_audio
from podcastsvc.storage.tables.episode import AudioFile, Episode, Transcript


def plan_audio(
    session: Session, row: Episode, wanted: Iterable[ReadAudio], shelf: Shelf, now: datetime
) -> tuple[list[AudioFile], list[AudioFile]]:
    """The audio rows that an episode offers from now on, and those that it offered until now.

    Unchanged audio keeps its row and so its name (rule A6); audio that comes back gets its old one again.
    """
    rows: list[AudioFile] = []
    if row.id is not None:
        rows = list(session.scalars(select(AudioFile).where(AudioFile.episode_id == row.id).order_by(AudioFile.id)))
    kept: list[AudioFile] = []
    for audio in wanted:
        found = next((each for each in rows if each.variant == audio.variant and each.sha256 == audio.sha256), None)
        if found is None:
            found = AudioFile(variant=audio.variant, sha256=audio.sha256, created_at=now)
            found.name = shelf.take_name(name_audio(row.slug, audio.sha256, audio.variant))
        facts = audio.facts
        found.extension, found.mime = facts.extension.removeprefix("."), facts.mime
        found.length_bytes, found.seconds, found.tag_bytes = facts.length_bytes, facts.seconds, facts.tag_bytes
        found.bitrate_kbps, found.media_key, found.replaced_at = facts.bitrate_kbps, audio.media_key, None
        kept.append(found)
    return kept, [each for each in rows if each not in kept and each.replaced_at is None]


def retire_audio(session: Session, gone: Iterable[AudioFile], *, was_out: bool, now: datetime) -> None:
    """Audio that is not offered any more keeps its row if anybody can know its address (rule A7)."""
    for each in gone:
        if was_out:
            each.replaced_at = now
        else:
            session.delete(each)


def plan_transcripts(
    session: Session, row: Episode, wanted: tuple[ReadTranscript, ...] | None
) -> tuple[list[Transcript], list[Transcript]]:
    """The transcript rows that an episode has from now on, and those that go; None leaves them as they are."""
    rows: dict[str, Transcript] = {}
    if row.id is not None:
        found = session.scalars(select(Transcript).where(Transcript.episode_id == row.id))
        rows = {each.language: each for each in found}
    if wanted is None:
        return list(rows.values()), []
    kept = []
    for read in wanted:
        each = rows.pop(read.language, None)
        if each is None:
            each = Transcript(language=read.language, name=_name_transcript(row, read.language), sha256="")
        sha256 = hashlib.sha256(read.vtt.encode()).hexdigest()
        if each.sha256 != sha256:
            each.vtt, each.srt, each.sha256 = read.vtt, read.srt, sha256
        kept.append(each)
    return kept, list(rows.values())


def _name_transcript(row: Episode, language: str) -> str:
    ending = f"{hashlib.sha256(row.guid.encode()).hexdigest()[:HASH_CHARS]}-{language}"
    return f"{row.slug[: NAME_CHARS - len(ending) - 1].rstrip('-')}-{ending}"
