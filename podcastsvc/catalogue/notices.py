"""The host's own audio for a show's notices: which file speaks, and which lies at an address (rules S2, A7)."""

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from podcastsvc.storage.tables.show import NoticeAudio, Show


@dataclass(frozen=True, slots=True)
class FoundNotice:
    """The audio at an address, and what the show's members hear now: ``present``, or ours in the show's language where
    it is None."""

    audio: NoticeAudio
    present: NoticeAudio | None
    language: str


def choose_language(languages: Collection[str], language: str) -> str | None:
    """Which of the given languages ("" is the show's own) speaks to the members of a show: its own with region, then
    without, then the file that names none; None where none of them does."""
    return next((each for each in (language, language.partition("-")[0], "") if each in languages), None)


def find_present(session: Session, show_id: int, language: str) -> NoticeAudio | None:
    """What a show's notices say now, if its host gave anything."""
    query = select(NoticeAudio).where(NoticeAudio.show_id == show_id, NoticeAudio.replaced_at.is_(None))
    rows = {row.language: row for row in session.scalars(query)}
    chosen = choose_language(rows.keys(), language)
    return None if chosen is None else rows[chosen]


def find_audio(session: Session, name: str) -> FoundNotice | None:
    """The audio at an address, current or replaced; where several shows have it, as the one that keeps it longest."""
    query = select(NoticeAudio, Show).join(Show, Show.id == NoticeAudio.show_id).where(NoticeAudio.name == name)
    newest_first = (NoticeAudio.replaced_at.is_(None).desc(), NoticeAudio.replaced_at.desc(), NoticeAudio.id)
    found = session.execute(query.order_by(*newest_first).limit(1)).first()
    if found is None:
        return None
    audio, show = found
    language = str(show.facts["language"])
    return FoundNotice(audio, find_present(session, show.id, language), language)


def list_present(session: Session) -> list[NoticeAudio]:
    """What the hosts of all shows have given and not taken away."""
    return list(session.scalars(select(NoticeAudio).where(NoticeAudio.replaced_at.is_(None)).order_by(NoticeAudio.id)))
