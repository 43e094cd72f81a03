"""Seats: who has a place in whose group. Rows alone; who may take one is decided in ``billing/groups/``."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from podcastsvc.storage.tables.member import Member
from podcastsvc.storage.tables.offer import Group, Seat


@dataclass(frozen=True, slots=True)
class SeatRow:
    """A seat, with the person on its other side: who sits there, or who pays for it."""

    seat: Seat
    member: Member


def _hold(session: Session, payer_id: int) -> None:
    """Nobody else changes this member's group until the transaction ends."""
    session.execute(select(Member.id).where(Member.id == payer_id).with_for_update(key_share=True))


def list_seats(session: Session, payer_id: int) -> list[SeatRow]:
    """The seats that are taken in a member's group, in the order of their positions, with who sits there."""
    query = select(Seat, Member).join(Member, Member.id == Seat.member_id).where(Seat.payer_id == payer_id)
    return [SeatRow(row[0], row[1]) for row in session.execute(query.order_by(Seat.position))]


def list_of_member(session: Session, member_id: int) -> list[SeatRow]:
    """The seats that a member has taken, the first one first, with who pays for each."""
    query = select(Seat, Member).join(Member, Member.id == Seat.payer_id).where(Seat.member_id == member_id)
    return [SeatRow(row[0], row[1]) for row in session.execute(query.order_by(Seat.taken_at, Seat.id))]


def find_seat(session: Session, payer_id: int, member_id: int) -> Seat | None:
    """A member's seat in a group, whether it gives access or not."""
    return session.scalar(select(Seat).where(Seat.payer_id == payer_id, Seat.member_id == member_id))


def count_seats(session: Session, payer_id: int) -> int:
    """How many are taken."""
    return session.scalar(select(func.count()).where(Seat.payer_id == payer_id)) or 0


def add_seat(session: Session, payer_id: int, member_id: int, *, most: int, now: datetime) -> Seat | None:
    """Gives a member the next position; None where ``most`` are taken."""
    _hold(session, payer_id)
    position = count_seats(session, payer_id) + 1
    if position > most:
        return None
    seat = Seat(payer_id=payer_id, position=position, member_id=member_id, taken_at=now)
    session.add(seat)
    session.flush()  # the letter is owed by the seat's id
    return seat


def remove_seat(session: Session, payer_id: int, member_id: int) -> bool:
    """Frees a member's seat, and moves up those who came later, so that whoever comes next never takes a seat from
    somebody. False where there was none."""
    _hold(session, payer_id)
    seat = find_seat(session, payer_id, member_id)
    if seat is None:
        return False
    position = seat.position
    session.execute(delete(Seat).where(Seat.id == seat.id))
    later = select(Seat.id).where(Seat.payer_id == payer_id, Seat.position > position).order_by(Seat.position)
    for offset, seat_id in enumerate(session.scalars(later).all()):
        # One after the other: each position is somebody's until the one before it is free.
        session.execute(update(Seat).where(Seat.id == seat_id).values(position=position + offset))
    return True


def forget(session: Session, member_id: int) -> None:
    """For an account that goes: its seats are free, and its group with its link is no more."""
    # Always the lower first, so that two who leave the same groups at once wait for each other instead of for ever.
    for payer_id in sorted(row.seat.payer_id for row in list_of_member(session, member_id)):
        remove_seat(session, payer_id, member_id)
    session.execute(delete(Seat).where(Seat.payer_id == member_id))
    session.execute(delete(Group).where(Group.payer_id == member_id))


def move(session: Session, from_id: int, to_id: int) -> None:
    """For two accounts that become one: the seats of the first, and those in its group, are the second's.

    Nobody has two seats in one group, nor one in their own. The caller holds both members.
    """
    for row in list_of_member(session, from_id):
        payer_id = row.seat.payer_id
        if payer_id == to_id or find_seat(session, payer_id, to_id) is not None:
            remove_seat(session, payer_id, from_id)
        else:
            session.execute(update(Seat).where(Seat.id == row.seat.id).values(member_id=to_id))
    _join_groups(session, [row.seat for row in list_seats(session, from_id)], to_id)


def _join_groups(session: Session, seats: Sequence[Seat], to_id: int) -> None:
    position = count_seats(session, to_id)
    for seat in seats:
        if seat.member_id == to_id or find_seat(session, to_id, seat.member_id) is not None:
            session.execute(delete(Seat).where(Seat.id == seat.id))
            continue
        position += 1
        session.execute(update(Seat).where(Seat.id == seat.id).values(payer_id=to_id, position=position))
