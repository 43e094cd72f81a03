"""Reading the audio that a host put beside ``show.yaml`` for the show's notices, and saving its rows (rule S2).

``notice.mp3`` speaks the show's language, ``notice-es.mp3`` the one that it names.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from podcastsvc.catalogue.audio import WRONG_FORMAT, AudioFacts
from podcastsvc.catalogue.limits import LEAST_NOTICE_BYTES, LEAST_NOTICE_SECONDS
from podcastsvc.catalogue.notices import choose_language
from podcastsvc.catalogue.remarks import Remark, advise
from podcastsvc.catalogue.scanning.audiofiles import AudioReader, ReadAudio, StillArriving
from podcastsvc.catalogue.scanning.folders import find_notices
from podcastsvc.catalogue.scanning.reading import Places
from podcastsvc.catalogue.scanning.rows import name_audio
from podcastsvc.catalogue.tree import Folder
from podcastsvc.kit.language import N_, sentence
from podcastsvc.storage.tables.show import NoticeAudio, Show


@dataclass(frozen=True, slots=True)
class ReadNotices:
    """The audio of a show's notices by language ("" is the show's own), in the media store.

    None stands for a file that cannot be used: what was known in its place stays. ``files`` is for the next scan.
    ``is_arriving`` means that somebody is still copying one.
    """

    audio: Mapping[str, ReadAudio | None] = field(default_factory=dict)
    files: dict[str, Any] = field(default_factory=dict)
    is_arriving: bool = False


def read_notices(
    places: Places,
    folder: Folder,
    known_files: Mapping[str, Any],
    show_language: str,
    remarks: list[Remark],
    *,
    now_ns: int,
) -> ReadNotices:
    """Reads what there is in a show's folder. What is no notice is remarked upon; OSError and Unavailable pass through."""
    names = find_notices(folder)
    if not names:
        return ReadNotices()
    reader = AudioReader(places.tree, places.media, folder, known_files, now_ns, [])
    found: dict[str, ReadAudio | None] = {}
    arriving = set[str]()
    for language, file in names.items():
        try:
            found[language] = _read(reader, file)
        except StillArriving:
            arriving.add(language)
    after = places.tree.look(folder.name)
    arriving |= {
        language for language, file in names.items() if after is None or after.files.get(file) != folder.files[file]
    }
    found |= dict.fromkeys(arriving)
    _drop_unused(reader, found)
    remarks += (replace(each, message=_NOT_MP3) if each.message == WRONG_FORMAT else each for each in reader.remarks)
    remarks += (advise(names[language], _ARRIVING) for language in sorted(arriving))
    remarks += _list_unheard({each: names[each] for each, audio in found.items() if audio is not None}, show_language)
    return ReadNotices(found, reader.seen, bool(arriving))


def _read(reader: AudioReader, file: str) -> ReadAudio | None:
    audio = reader.read("notice", file)
    problem = None if audio is None else _find_problem(audio.facts)
    if problem is None:
        return audio
    reader.remarks.append(Remark(file, problem))
    return None


def _find_problem(facts: AudioFacts) -> str | None:
    """Why apps would not play a notice, if they would not; seconds count as feeds print them."""
    if facts.extension != ".mp3":
        return _NOT_MP3
    if facts.seconds < LEAST_NOTICE_SECONDS:
        return sentence(
            "is too short for a notice: %(seconds)s of at least %(least)s seconds. Apps would not play it.",
            seconds=facts.seconds,
            least=LEAST_NOTICE_SECONDS,
        )
    if facts.length_bytes < LEAST_NOTICE_BYTES:
        return sentence(
            "is too small for a notice: %(count)s of at least %(least)s bytes. Make it longer, or export it with more "
            "kilobits a second.",
            count=facts.length_bytes,
            least=LEAST_NOTICE_BYTES,
        )
    return None


def _drop_unused(reader: AudioReader, found: Mapping[str, ReadAudio | None]) -> None:
    """Takes out of the media store what was put there just now and cannot be used."""
    used = {audio.media_key for audio in found.values() if audio is not None}
    for key in set(reader.new_keys) - used:
        reader.media.remove(key)


def _list_unheard(names: Mapping[str, str], show_language: str) -> Iterator[Remark]:
    """Advice about files that no member hears, since feeds speak the show's language."""
    chosen = choose_language(names.keys(), show_language)
    for language, file in names.items():
        if chosen is None:
            yield advise(file, sentence("is not heard: the show's language is %(language)s.", language=show_language))
        elif language != chosen:
            yield advise(file, sentence("is not heard: members hear %(other)s.", other=names[chosen]))


def save_notices(session: Session, show: Show, read: ReadNotices, now: datetime) -> bool:
    """Brings a show's rows in line with its files; whether anything changed. Other bytes have another name (rule A7), and
    what they replace stays, so that it can still be fetched for a while."""
    rows = {(row.language, row.sha256): row for row in _list_rows(session, show)}
    unusable = {language for language, audio in read.audio.items() if audio is None}
    wanted = {(language, audio.sha256): audio for language, audio in read.audio.items() if audio is not None}
    gone = [
        row
        for key, row in rows.items()
        if row.replaced_at is None and key not in wanted and row.language not in unusable
    ]
    back = [rows[key] for key in wanted if key in rows and rows[key].replaced_at is not None]
    new = [_make_row(session, show, key[0], audio, now) for key, audio in wanted.items() if key not in rows]
    for row in gone:
        row.replaced_at = now
    for row in back:
        row.replaced_at = None
    session.add_all(new)
    return bool(gone or back or new)


def _list_rows(session: Session, show: Show) -> Iterable[NoticeAudio]:
    return session.scalars(select(NoticeAudio).where(NoticeAudio.show_id == show.id))


def _make_row(session: Session, show: Show, language: str, audio: ReadAudio, now: datetime) -> NoticeAudio:
    names = name_audio(f"notice-{language}".rstrip("-"), audio.sha256, audio.variant)
    others = select(NoticeAudio.name).where(NoticeAudio.name.in_(names), NoticeAudio.sha256 != audio.sha256)
    taken = set(session.scalars(others))
    return NoticeAudio(
        show_id=show.id,
        language=language,
        name=next(name for name in names if name not in taken),
        length_bytes=audio.facts.length_bytes,
        seconds=audio.facts.seconds,
        sha256=audio.sha256,
        media_key=audio.media_key,
        created_at=now,
    )


_NOT_MP3 = N_("is not an MP3 that can be played. Export the notice again as MP3.")
_ARRIVING = N_("is still being copied; the next scan looks again.")
