"""Reading texts: the look-ups and lists that pages, feeds, search and the studio share."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, case, func, or_, select
from sqlalchemy.orm import Session, joinedload

from podcastsvc.storage.tables.writing import Writing, WritingAlias

ROOM_OPENS = timedelta(hours=24)
"""How long before a call begins those for whom it is see the address of its room."""

_INSTANTS = (Writing.published_at, Writing.public_from, Writing.public_until, Writing.expires_at, Writing.starts_at)


def is_out_now(now: datetime) -> ColumnElement[bool]:
    """Out for somebody at an instant: neither draft nor scheduled nor withdrawn (as ``catalogue.access.is_out``)."""
    return and_(Writing.published_at <= now, or_(Writing.expires_at.is_(None), Writing.expires_at > now))


def find_writing(session: Session, kind: str, slug: str, languages: Sequence[str]) -> Writing | None:
    """The text of a slug in the first of some languages that it is there in, else in any; its state is the caller's to ask."""
    query = select(Writing).where(Writing.kind == kind, Writing.slug == slug).options(joinedload(Writing.picture))
    found = {row.language: row for row in session.scalars(query.order_by(Writing.id))}
    chosen = next((code for code in _widen(languages) if code in found), None)
    return found[chosen] if chosen is not None else next(iter(found.values()), None)


def list_languages(session: Session, kind: str, slug: str, now: datetime) -> list[str]:
    """The languages in which a text is out."""
    query = select(Writing.language).where(Writing.kind == kind, Writing.slug == slug, is_out_now(now))
    return sorted(session.scalars(query))


def find_by_id(session: Session, writing_id: int) -> Writing | None:
    """A text by its row's id."""
    return session.scalar(select(Writing).where(Writing.id == writing_id).options(joinedload(Writing.picture)))


def list_by_id(session: Session, writing_ids: Sequence[int]) -> list[Writing]:
    """Texts by their rows' ids, in any order; those that are not there are left out."""
    query = select(Writing).where(Writing.id.in_(writing_ids)).options(joinedload(Writing.picture))
    return list(session.scalars(query))


def find_by_file(session: Session, path: str) -> Writing | None:
    """A text by its path from the root, ``articles/why-maps-lie.md``."""
    return session.scalar(select(Writing).where(Writing.file == path).options(joinedload(Writing.picture)))


def find_old(session: Session, path: str) -> Writing | None:
    """The text that had an address once."""
    query = select(Writing).join(WritingAlias, WritingAlias.writing_id == Writing.id)
    return session.scalar(query.where(WritingAlias.path == path))


def list_out(
    session: Session,
    kind: str,
    now: datetime,
    *,
    limit: int | None = None,
    offset: int = 0,
    language: str | None = None,
) -> list[Writing]:
    """Texts of a kind that are out and listed, newest first; with ``language`` each slug once, in that language where there
    is one (as ``pick_languages``)."""
    query = (
        select(Writing)
        .where(Writing.kind == kind, Writing.listed, is_out_now(now))
        .options(joinedload(Writing.picture))
    )
    rows = list(session.scalars(query.order_by(Writing.published_at.desc(), Writing.id.desc())))
    chosen = rows if language is None else pick_languages(rows, language)
    return chosen[offset : None if limit is None else offset + limit]


def list_all(session: Session, kind: str) -> list[Writing]:
    """All texts of a kind in every state, newest first, drafts before all."""
    query = select(Writing).where(Writing.kind == kind).options(joinedload(Writing.picture))
    return list(session.scalars(query.order_by(Writing.published_at.desc().nulls_first(), Writing.id.desc())))


def pick_languages(rows: Iterable[Writing], language: str) -> list[Writing]:
    """Each slug once, in the order of the rows: the text in a language, else the one that comes first."""
    found: dict[str, Writing] = {}
    for row in rows:
        known = found.get(row.slug)
        if known is None or (known.language != language and row.language == language):
            found[row.slug] = row
    return list(found.values())


def read_state(session: Session, now: datetime) -> str:
    """What names the state of all that is shown of texts: it changes with each change, and when an instant comes."""
    passed = [func.sum(case((instant <= now, 1), else_=0)) for instant in _INSTANTS]
    passed.append(func.sum(case((Writing.starts_at <= now + ROOM_OPENS, 1), else_=0)))
    row = session.execute(select(func.count(), func.max(Writing.changed_at), func.max(Writing.id), *passed)).one()
    return repr(tuple(row))


def _widen(languages: Sequence[str]) -> list[str]:
    """``es-mx`` also takes ``es``."""
    return [each for code in languages for each in dict.fromkeys((code, code.partition("-")[0]))]
