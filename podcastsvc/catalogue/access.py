"""Who may hear what, when: the only copy of this rule. Pure.

Feeds, media, pages, search and letters ask these functions; none of them looks at an episode's instants itself.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol


class State(StrEnum):
    """The four states of an episode."""

    DRAFT = "draft"
    SCHEDULED = "scheduled"
    PUBLISHED = "published"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True)
class Audience:
    """The plan keys a request speaks for; empty for the public."""

    plans: frozenset[str] = frozenset()

    @property
    def is_public(self) -> bool:
        return not self.plans


PUBLIC = Audience()


@dataclass(frozen=True, slots=True)
class Access:
    """Who an episode is for, and its instants (aware UTC).

    ``kind``: "public" for everyone, "members" for any plan, "plans" for the named ones. ``public_from`` lets members hear
    it first, ``public_until`` takes it back from the public, ``expires_at`` from all. ``published_at`` is None for a draft.
    """

    kind: str = "public"
    plans: frozenset[str] = frozenset()
    published_at: datetime | None = None
    public_from: datetime | None = None
    public_until: datetime | None = None
    expires_at: datetime | None = None
    listed: bool = True


class HasAccess(Protocol):
    """The columns of ``storage.tables.episode.Episode`` that this rule reads."""

    @property
    def access_kind(self) -> str: ...
    @property
    def plans(self) -> list[str]: ...
    @property
    def published_at(self) -> datetime | None: ...
    @property
    def public_from(self) -> datetime | None: ...
    @property
    def public_until(self) -> datetime | None: ...
    @property
    def expires_at(self) -> datetime | None: ...
    @property
    def listed(self) -> bool: ...


def read_access(episode: HasAccess) -> Access:
    """The access of an episode's row."""
    return Access(
        kind=episode.access_kind,
        plans=frozenset(episode.plans),
        published_at=episode.published_at,
        public_from=episode.public_from,
        public_until=episode.public_until,
        expires_at=episode.expires_at,
        listed=episode.listed,
    )


def state_of(access: Access, now: datetime) -> State:
    """The state at an instant; nothing has to run for it to change."""
    if access.published_at is None:
        return State.DRAFT
    if access.expires_at is not None and access.expires_at <= now:
        return State.WITHDRAWN
    return State.PUBLISHED if access.published_at <= now else State.SCHEDULED


def is_out(access: Access, now: datetime) -> bool:
    """Whether the episode has come out for somebody: its page answers."""
    return state_of(access, now) is State.PUBLISHED


def is_public(access: Access, now: datetime) -> bool:
    """Whether everyone may fetch the audio at an instant."""
    if not is_out(access, now) or (access.public_until is not None and access.public_until <= now):
        return False
    if access.public_from is not None:
        return access.public_from <= now
    return access.kind == "public"


def may_hear(access: Access, audience: Audience, now: datetime) -> bool:
    """Whether an audience may fetch the episode's audio, transcript and chapters at an instant."""
    if is_public(access, now):
        return True
    if not is_out(access, now) or audience.is_public:
        return False
    return access.kind != "plans" or bool(access.plans & audience.plans)


def find_end(access: Access, now: datetime) -> datetime | None:
    """The next instant at which the episode is taken back from somebody: until then what was sent may be kept."""
    ends = (access.public_until, access.expires_at)
    return min((end for end in ends if end is not None and end > now), default=None)


def is_members_first(access: Access, now: datetime) -> bool:
    """Whether members hear it now and everyone will later."""
    return (
        is_out(access, now)
        and not is_public(access, now)
        and access.public_from is not None
        and access.public_from > now
    )


def came_out_at(access: Access, audience: Audience, now: datetime) -> datetime | None:
    """When the full episode came out for this audience: its date in that audience's feed. None where it may not hear it.

    For the public that is the later of publication and ``public_from``; for members the publication (rules P3, 6.1).
    """
    if not may_hear(access, audience, now) or access.published_at is None:
        return None
    member_too = not audience.is_public and (access.kind != "plans" or bool(access.plans & audience.plans))
    if member_too or access.public_from is None:
        return access.published_at
    return max(access.published_at, access.public_from)


def list_instants(accesses: Iterable[Access]) -> list[datetime]:
    """All instants at which some audience's view changes by itself, ascending, without repeats."""
    found: set[datetime] = set()
    for access in accesses:
        if access.published_at is not None:
            found.update(
                instant
                for instant in (access.published_at, access.public_from, access.public_until, access.expires_at)
                if instant is not None
            )
    return sorted(found)
