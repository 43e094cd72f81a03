"""Reading texts: the look-ups and lists that pages, feeds, search and the studio share."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, case, func, or_, select
from sqlalchemy.orm import Session, defer, joinedload

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


def list_versions(session: Session, kind: str, slug: str) -> list[Writing]:
    """A text in all its languages and in every state."""
    query = select(Writing).where(Writing.kind == kind, Writing.slug == slug).options(joinedload(Writing.picture))
    return list(session.scalars(query.order_by(Writing.id)))


def list_slugs(session: Session, kind: str) -> frozenset[str]:
    """The slugs of all texts of a kind, in every state."""
    return frozenset(session.scalars(select(Writing.slug).where(Writing.kind == kind)))


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
    """The text that had an address once, with or without a slash at its end."""
    query = select(Writing).join(WritingAlias, WritingAlias.writing_id == Writing.id)
    bare = path.rstrip("/")
    return session.scalars(query.where(WritingAlias.path.in_((bare, f"{bare}/")))).first() if bare else None


def list_aliases(session: Session) -> list[tuple[str, str, str]]:
    """All earlier addresses, each with the kind and slug of the text that it leads to."""
    query = select(WritingAlias.path, Writing.kind, Writing.slug).join(Writing, WritingAlias.writing_id == Writing.id)
    return [(path, kind, slug) for path, kind, slug in session.execute(query)]


def is_known(session: Session, kind: str, slug: str, now: datetime) -> bool:
    """Whether visitors may know that there is, or was, a text at an address (rule T-A11)."""
    query = select(Writing.id).where(Writing.kind == kind, Writing.slug == slug, Writing.published_at <= now)
    return session.scalars(query).first() is not None


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


def list_brief(session: Session, kind: str, now: datetime, language: str) -> list[Writing]:
    """All texts of a kind that are out and listed, each slug once as ``list_out`` has them, without what they say at length."""
    query = (
        select(Writing)
        .where(Writing.kind == kind, Writing.listed, is_out_now(now))
        .options(
            joinedload(Writing.picture), *(defer(column, raiseload=True) for column in (Writing.body, Writing.html))
        )
    )
    rows = session.scalars(query.order_by(Writing.published_at.desc(), Writing.id.desc()))
    return pick_languages(rows, language)


@dataclass(frozen=True, slots=True)
class PlaceOut:
    """A text that is out and listed: its slug, its languages, and when it last changed."""

    slug: str
    languages: tuple[str, ...]
    changed_at: datetime


def list_places_out(session: Session, kind: str, now: datetime) -> list[PlaceOut]:
    """What is out and listed of a kind, newest first."""
    query = select(Writing.slug, Writing.language, Writing.changed_at).where(
        Writing.kind == kind, Writing.listed, is_out_now(now)
    )
    found: dict[str, list[tuple[str, datetime]]] = {}
    for slug, language, changed_at in session.execute(query.order_by(Writing.published_at.desc(), Writing.id.desc())):
        found.setdefault(slug, []).append((language, changed_at))
    return [
        PlaceOut(slug, tuple(language for language, _at in each), max(at for _language, at in each))
        for slug, each in found.items()
    ]


def list_by_slugs(
    session: Session, kind: str, slugs: Iterable[str], now: datetime, language: str
) -> dict[str, Writing]:
    """Texts of a kind that are out, by their slugs, in a language where there is one."""
    query = select(Writing).where(Writing.kind == kind, Writing.slug.in_(set(slugs)), is_out_now(now))
    rows = session.scalars(query.options(joinedload(Writing.picture)).order_by(Writing.id))
    return {row.slug: row for row in pick_languages(rows, language)}


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
