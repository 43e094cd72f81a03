"""Who takes a seat in a group and who gives it up: decided here, written in ``members/seats.py``."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sqlalchemy.orm import Session

from podcastsvc.billing import owing
from podcastsvc.billing.groups import links
from podcastsvc.members import accounts, seats, subscriptions
from podcastsvc.members.seats import SeatRow
from podcastsvc.storage.tables.billing import Subscription
from podcastsvc.storage.tables.member import Member

TAKEN = "seat_taken"
FILLED = "seat_filled"
ENDED = "seat_ended"

State = Literal["free", "full", "over", "mine", "own", "paying"]


@dataclass(frozen=True, slots=True)
class Invitation:
    """What a group's link opens, as the person who looks sees it.

    ``free``: there is a seat. ``full`` and ``over``: there is none, or nobody pays for the group now. ``mine``: they sit
    there already. ``own``: it is their own group. ``paying``: they pay for a membership that goes on, so a seat would
    leave them paying twice.
    """

    state: State
    payer: Member
    plans: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class GroupView:
    """A member's group. ``size`` is how many are paid for, the payer among them; 1 where nobody else is.

    ``beyond`` are seats that were taken and are not paid for any more: the last ones that came.
    """

    row: Subscription
    size: int
    seats: list[SeatRow]

    @property
    def free(self) -> int:
        return max(self.size - 1 - len(self.seats), 0)

    @property
    def beyond(self) -> int:
        return max(len(self.seats) - (self.size - 1), 0)


def find_group(session: Session, payer_id: int, now: datetime) -> GroupView | None:
    """The group behind a member's running subscription; None where nothing runs."""
    row = subscriptions.find_running(session, payer_id, now)
    return None if row is None else GroupView(row, row.quantity, seats.list_seats(session, payer_id))


def find_invitation(session: Session, code: str, member_id: int | None, now: datetime) -> Invitation | None:
    """What a link's code opens for a member, or for a visitor; None where it opens nothing."""
    group = links.find_by_code(session, code)
    payer = accounts.find(session, group.payer_id) if group is not None else None
    if payer is None:
        return None
    found = find_group(session, payer.id, now)
    plans = frozenset(found.row.plans) if found is not None else frozenset()
    return Invitation(_judge(session, payer.id, found, member_id, now), payer, plans)


def _judge(session: Session, payer_id: int, found: GroupView | None, member_id: int | None, now: datetime) -> State:
    if member_id == payer_id:
        return "own"
    if found is None or found.size < 2:
        return "over"
    if member_id is not None:
        if any(each.member.id == member_id for each in found.seats):
            return "mine"
        running = subscriptions.find_running(session, member_id, now)
        if running is not None and running.cancel_at is None:
            return "paying"
    return "free" if found.free else "full"


def take(session: Session, code: str, member_id: int, now: datetime) -> State:
    """Takes a seat, once; of two that want the last one, one gets it. "mine" says that it is theirs, by this or before.

    Whoever takes it is written to, and so is the payer.
    """
    group = links.find_by_code(session, code)
    # Held before the look, so that nobody takes the seat, nor pays for less, between it and the row.
    payer = accounts.find_held(session, group.payer_id) if group is not None else None
    if group is None or payer is None:
        return "over"
    found = find_group(session, payer.id, now)
    state = _judge(session, payer.id, found, member_id, now)
    if state != "free" or found is None:
        return state
    seat = seats.add_seat(session, payer.id, member_id, most=found.size - 1, now=now)
    if seat is None:
        return "full"
    owing.owe_member_letter(session, TAKEN, member_id, payer=str(payer.id), seat=str(seat.id))
    owing.owe_member_letter(session, FILLED, payer.id, holder=str(member_id), seat=str(seat.id))
    return "mine"


def take_back(session: Session, payer_id: int, member_id: int, now: datetime) -> bool:
    """Frees a seat by its payer's word; who sat there is told. False where there was none."""
    if not seats.remove_seat(session, payer_id, member_id):
        return False
    owing.owe_member_letter(session, ENDED, member_id, payer=str(payer_id), period=f"{now:%Y%m%dT%H%M%S}")
    return True


def leave(session: Session, payer_id: int, member_id: int) -> bool:
    """Frees a seat by the word of who sits there. False where there was none."""
    return seats.remove_seat(session, payer_id, member_id)


def owe_ended(session: Session, payer_id: int, period: str) -> None:
    """Has everybody in a group told that it is paid for no longer; once for each ``period``. Their seats stay, and are
    good again when the payer comes back."""
    for row in seats.list_seats(session, payer_id):
        owing.owe_member_letter(session, ENDED, row.member.id, payer=str(payer_id), period=period)
