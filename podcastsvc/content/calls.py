"""Members' calls: how far each is, who gets its room and when, which one is next, and the entry for calendars.

The room's address is shown from 24 hours before a call begins until it ends. A calendar's entry has it at any time, for
those who may have it: nobody would load it again on the day.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import select
from sqlalchemy.orm import Session

from podcastsvc.catalogue.access import Audience, State, may_hear, read_access, state_of
from podcastsvc.content.kinds import call
from podcastsvc.content.writings import ROOM_OPENS, is_out_now, list_all, pick_languages
from podcastsvc.errors import NotFound
from podcastsvc.kit.calendars import CalendarEntry, write_calendar
from podcastsvc.kit.language import N_
from podcastsvc.storage.tables.writing import Writing

# A number that rises with each change and fits in 31 bits until 2088.
_SEQUENCE_BEGINS = 1_577_836_800


class Stage(StrEnum):
    """How far a call is. While it is "open" its room's address is shown."""

    TO_COME = "to come"
    OPEN = "open"
    OVER = "over"


def find_end(row: Writing) -> datetime | None:
    """When a call ends; None for a row without a beginning, which no scan saves."""
    if row.starts_at is None:
        return None
    return row.starts_at + timedelta(minutes=int(row.facts.get("minutes") or 60))


def stage_of(row: Writing, now: datetime) -> Stage:
    """How far a call is at an instant."""
    end = find_end(row)
    if row.starts_at is None or end is None or end <= now:
        return Stage.OVER
    return Stage.OPEN if row.starts_at - ROOM_OPENS <= now else Stage.TO_COME


def may_enter(row: Writing, audience: Audience, now: datetime) -> bool:
    """Whether a call's room is for an audience."""
    return may_hear(read_access(row), audience, now)


def find_room(row: Writing, audience: Audience, now: datetime) -> str:
    """The room's address as the page shows it: on the day, to those for whom it is; else ""."""
    if stage_of(row, now) is not Stage.OPEN or not may_enter(row, audience, now):
        return ""
    return str(row.facts.get("room") or "")


def list_calls(session: Session, now: datetime, language: str) -> tuple[list[Writing], list[Writing]]:
    """Calls that are out and listed: those that are not over, the next one first; and those that are, the last one first."""
    query = select(Writing).where(Writing.kind == call.KIND.name, Writing.listed, is_out_now(now))
    rows = pick_languages(session.scalars(query.order_by(Writing.starts_at, Writing.id)), language)
    over = [row for row in rows if stage_of(row, now) is Stage.OVER]
    return [row for row in rows if row not in over], over[::-1]


def find_next(session: Session, now: datetime, language: str) -> Writing | None:
    """The next call that has not begun."""
    return next((row for row in list_calls(session, now, language)[0] if row.starts_at and row.starts_at > now), None)


def find_call(session: Session, slug: str, languages: Sequence[str], now: datetime, *, is_host: bool) -> Writing | None:
    """A call by its slug, in the first of some languages that it is there in; None where there never was one for the asker.

    Who is no host gets what is out before what was withdrawn, and nothing that is still to come out.
    """
    shown = (State.PUBLISHED, State.WITHDRAWN)

    def rank(row: Writing) -> tuple[bool, int]:
        place = languages.index(row.language) if row.language in languages else len(languages)
        return not is_host and state_of(read_access(row), now) is State.WITHDRAWN, place

    rows = [row for row in list_all(session, call.KIND.name) if row.slug == slug]
    return min((row for row in rows if is_host or state_of(read_access(row), now) in shown), key=rank, default=None)


def write_entry(row: Writing, audience: Audience, now: datetime, *, page_url: str, host: str, organizer: str) -> str:
    """A calendar's file. Raises NotFound for a row without a beginning, which no scan saves.

    The room stands in it for those alone for whom it is; ``host`` makes its name the world's only one.
    """
    end = find_end(row)
    if row.starts_at is None or end is None:
        raise NotFound(N_("This call has no day."))
    is_cancelled = state_of(read_access(row), now) is State.WITHDRAWN
    room = str(row.facts.get("room") or "") if may_enter(row, audience, now) and not is_cancelled else ""
    return write_calendar(
        CalendarEntry(
            uid=f"{row.guid or f'call-{row.id}'}@{host}",
            sequence=max(int(row.changed_at.timestamp()) - _SEQUENCE_BEGINS, 0),
            stamp_at=row.changed_at,
            starts_at=row.starts_at,
            ends_at=end,
            summary=row.title,
            description=f"{row.summary}\n\n{page_url}".strip(),
            url=room,
            organizer=organizer,
            attendee="",
            is_cancelled=is_cancelled,
            page_url=page_url,
        )
    )
