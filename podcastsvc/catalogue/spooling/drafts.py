"""Forms that save themselves: what somebody has typed in the studio, kept until it is saved for good or thrown away.

It is no episode's folder yet: half a title would name it, and half a change would be published.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from podcastsvc.errors import Conflict
from podcastsvc.kit.language import N_
from podcastsvc.kit.secrets import make_ulid
from podcastsvc.storage.tables.upload import KeptForm

KEPT_FOR = timedelta(days=180)
MOST_KEPT = 100
NEW = "/new"
"""How the place of a text's form ends while the text is not there yet."""
TOO_MANY = N_("You have a hundred forms that are not saved yet. Save or remove some of them.")


def keep(
    session: Session,
    kept_id: str,
    fields: Mapping[str, list[str]],
    *,
    member_id: int,
    episode_id: int | None,
    now: datetime,
    place: str | None = None,
) -> str:
    """Keeps a form in the place of what was kept of it before; returns its id. Raises Conflict past a hundred."""
    row = find(session, kept_id, member_id)
    if row is not None and row.place != place:
        row = None
    if row is None and place is not None and not place.endswith(NEW):
        row = find_at(session, place, member_id)
    if row is None and episode_id is not None:
        row = find_of_episode(session, episode_id, member_id)
    if row is None:
        count = session.scalar(select(func.count()).select_from(KeptForm).where(KeptForm.member_id == member_id))
        if (count or 0) >= MOST_KEPT:
            raise Conflict(TOO_MANY)
        row = KeptForm(id=make_ulid().lower(), member_id=member_id, episode_id=episode_id, place=place)
        session.add(row)
    row.fields, row.changed_at = dict(fields), now
    return row.id


def find(session: Session, kept_id: str, member_id: int) -> KeptForm | None:
    """One's own kept form."""
    row = session.get(KeptForm, kept_id) if kept_id else None
    return row if row is not None and row.member_id == member_id else None


def find_of_episode(session: Session, episode_id: int, member_id: int) -> KeptForm | None:
    """What one has typed about an episode and not saved."""
    wanted = select(KeptForm).where(KeptForm.episode_id == episode_id, KeptForm.member_id == member_id)
    return session.scalars(wanted.order_by(KeptForm.changed_at.desc()).limit(1)).first()


def find_at(session: Session, place: str, member_id: int) -> KeptForm | None:
    """What one has typed last at a place of texts and not saved."""
    return next(iter(list_at(session, place, member_id)), None)


def list_at(session: Session, place: str, member_id: int) -> list[KeptForm]:
    """All that one has typed at a place of texts and not saved, newest first."""
    wanted = select(KeptForm).where(KeptForm.place == place, KeptForm.member_id == member_id)
    return list(session.scalars(wanted.order_by(KeptForm.changed_at.desc(), KeptForm.id.desc())))


def list_new(session: Session, member_id: int) -> list[KeptForm]:
    """One's forms of episodes that are not there yet, newest first."""
    mine = (KeptForm.member_id == member_id, KeptForm.episode_id.is_(None), KeptForm.place.is_(None))
    wanted = select(KeptForm).where(*mine)
    return list(session.scalars(wanted.order_by(KeptForm.changed_at.desc(), KeptForm.id.desc())))


def drop(session: Session, kept_id: str, member_id: int) -> None:
    """Forgets one's own kept form."""
    session.execute(delete(KeptForm).where(KeptForm.id == kept_id, KeptForm.member_id == member_id))


def sweep(session: Session, now: datetime) -> None:
    """Forgets forms that nobody touched for half a year."""
    session.execute(delete(KeptForm).where(KeptForm.changed_at < now - KEPT_FOR))
