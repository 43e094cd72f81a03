"""Reading shows: which there are, what each says, and which state its feeds are in."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Text, cast, select
from sqlalchemy.orm import Session

from podcastsvc.catalogue.show import ShowFacts, facts_from_json
from podcastsvc.storage.tables.episode import Artwork
from podcastsvc.storage.tables.show import Show


@dataclass(frozen=True, slots=True)
class ShowCard:
    """A show as pages and feeds use it: its row, its facts, its artwork. ``logo`` is the host's own mark, if there is one."""

    row: Show
    facts: ShowFacts
    artwork: Artwork | None
    logo: Artwork | None = None


def list_shows(session: Session) -> list[Show]:
    """All shows; the first is the site's face."""
    return list(session.scalars(select(Show).order_by(Show.position, Show.id)))


def find_show(session: Session, key: str | None = None) -> Show | None:
    """The show with a key, or the first one."""
    query = select(Show).order_by(Show.position, Show.id).limit(1)
    return session.scalars(query if key is None else query.where(Show.key == key)).first()


def read_states(session: Session, now: datetime) -> str:
    """What names the state of all that is shown of every show: what feeds show, and the rest of ``show.yaml``."""
    columns = (Show.key, Show.version, Show.instants, Show.artwork_id, Show.logo_id, cast(Show.facts, Text))
    rows = session.execute(select(*columns).order_by(Show.position, Show.id)).all()
    return repr([(key, version, _count_passed(instants, now), *rest) for key, version, instants, *rest in rows])


def get_card(session: Session, show: Show) -> ShowCard:
    """A show's row with its facts read and its pictures fetched."""
    artwork = session.get(Artwork, show.artwork_id) if show.artwork_id else None
    logo = session.get(Artwork, show.logo_id) if show.logo_id else None
    return ShowCard(show, facts_from_json(show.facts), artwork, logo)


def _count_passed(instants: list[str], now: datetime) -> int:
    return sum(1 for instant in instants if datetime.fromisoformat(instant) <= now)
