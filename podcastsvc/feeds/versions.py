"""What names the state of a feed without rendering it: the ETag, and the version of a rendering (rule F5)."""

import hashlib
from bisect import bisect_right
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

import podcastsvc
from podcastsvc.feeds.notices import Notice
from podcastsvc.feeds.views import FeedView
from podcastsvc.settings import Settings
from podcastsvc.storage.tables.show import Show

_DIGEST_BYTES = 12


@dataclass(frozen=True, slots=True)
class ETags:
    """The strong ETags of one feed's two codings, quotes included."""

    identity: str
    gzip: str

    @property
    def both(self) -> tuple[str, str]:
        return (self.identity, self.gzip)


@dataclass(frozen=True, slots=True)
class ShowState:
    """What names the state of a show's feeds: its version, and the instants at which they change by themselves.

    ``is_first`` marks the site's face.
    """

    id: int
    key: str
    language: str
    is_first: bool
    version: int
    changed_at: datetime
    instants: tuple[datetime, ...]


def list_states(session: Session) -> tuple[ShowState, ...]:
    """The states of all shows, the site's face first; one query, without what feeds say."""
    rows = session.execute(_STATES).all()
    return tuple(
        ShowState(
            id=row.id,
            key=row.key,
            language=str(row.facts["language"]),
            is_first=position == 0,
            version=row.version,
            changed_at=row.changed_at,
            instants=tuple(sorted(datetime.fromisoformat(instant) for instant in row.instants)),
        )
        for position, row in enumerate(rows)
    )


def find_change(state: ShowState, now: datetime) -> datetime:
    """The last change to what a show's feeds hold: a write, or an instant that has passed since (rule X9)."""
    return max([state.changed_at, *state.instants[: bisect_right(state.instants, now)][-1:]])


_STATES = select(Show.id, Show.key, Show.facts, Show.version, Show.changed_at, Show.instants).order_by(
    Show.position, Show.id
)


def name_version(state: ShowState, now: datetime, settings: Settings) -> str:
    """Two equal names mean equal renderings of a view and page. Changes with the program, the settings that show in
    feeds, the show, and when an instant of the show passes; no write is needed for that."""
    shown = (
        podcastsvc.__version__,
        settings.base_url,
        settings.feed_full_notes_items,
        settings.feed_max_items,
        settings.feed_page_items,
        settings.member_title_suffix,
        settings.websub_hub,
        bool(settings.podping_token),
        settings.op3,
        settings.languages,
        settings.mode_of_payments,
        state.id,
        state.is_first,
        # A catalogue that was rebuilt or restored counts from another number; its instants do not come again.
        state.version,
        state.changed_at,
        bisect_right(state.instants, now),
    )
    return _digest(*shown)


def make_etags(version: str, view: FeedView, *, page: int, link_hash: str = "", notice: Notice | None = None) -> ETags:
    """The ETags of one page for one reader. ``link_hash`` is the stored hash of a member's feed token."""
    plans = ",".join(sorted(view.audience.plans))
    name = _digest(version, page, view.is_personal, plans, link_hash, notice)
    return ETags(f'"{name}"', f'"{name}-gzip"')


def _digest(*parts: object) -> str:
    return hashlib.blake2b(repr(parts).encode(), digest_size=_DIGEST_BYTES).hexdigest()
