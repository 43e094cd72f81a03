"""Letters about groups: to who has taken a seat, to who pays for it, and when it is over."""

from collections.abc import Callable, Mapping
from typing import Any

from sqlalchemy.orm import Session

from podcastsvc.billing.desk import Desk
from podcastsvc.billing.groups import seating
from podcastsvc.billing.letters import joining
from podcastsvc.kit import clock
from podcastsvc.mail.letters import write_letter
from podcastsvc.members import accounts, seats
from podcastsvc.members.entitlements import get_entitlement
from podcastsvc.storage.tables.member import Member

Payload = Mapping[str, Any]


def name_person(member: Member) -> str:
    """What a group's people call each other: the name, or the address where there is none."""
    return member.name or member.email or ""


def _write(
    session: Session, desk: Desk, kind: str, member: Member, values: Mapping[str, Any], object_id: str, period: str
) -> None:
    """Not to somebody whose account is removed."""
    if member.email is None:
        return
    write_letter(
        session,
        desk.sender,
        kind=kind,
        to=member.email,
        language=member.language,
        values={**values, "account_link": desk.sender.link("/account", member.language)},
        object_id=object_id,
        period=period,
        member_id=member.id,
    )


def _write_taken(session: Session, desk: Desk, payload: Payload) -> None:
    """The ways in, to who has just sat down; not to somebody who has left already."""
    member, payer = (accounts.find(session, int(payload[who])) for who in ("member", "payer"))
    if member is None or payer is None or seats.find_seat(session, payer.id, member.id) is None:
        return
    ways = joining.write_ways_in(session, desk, member)
    if ways is not None:
        _write(session, desk, seating.TAKEN, member, {**ways, "payer": name_person(payer)}, str(payload["seat"]), "")


def _write_filled(session: Session, desk: Desk, payload: Payload) -> None:
    """To the payer: who has come, and how many seats are left."""
    payer, holder = (accounts.find(session, int(payload[who])) for who in ("member", "holder"))
    if payer is None or holder is None or holder.email is None or seats.find_seat(session, payer.id, holder.id) is None:
        return
    found = seating.find_group(session, payer.id, clock.now())
    values = {
        "name": holder.name,
        "email": holder.email,
        "free": found.free if found is not None else 0,
        "group_link": desk.sender.link("/account/group", payer.language),
    }
    _write(session, desk, seating.FILLED, payer, values, str(payload["seat"]), "")


def _write_ended(session: Session, desk: Desk, payload: Payload) -> None:
    """Not to somebody who hears everything all the same."""
    member = accounts.find(session, int(payload["member"]))
    if member is None or get_entitlement(session, member.id, clock.now()).has_access:
        return
    payer = accounts.find(session, int(payload["payer"]))
    values = {
        "payer": name_person(payer) if payer is not None else "",
        "join_link": desk.sender.link("/join", member.language),
    }
    _write(session, desk, seating.ENDED, member, values, f"{payload['payer']}:{member.id}", str(payload["period"]))


WRITERS: dict[str, Callable[[Session, Desk, Payload], None]] = {
    seating.TAKEN: _write_taken,
    seating.FILLED: _write_filled,
    seating.ENDED: _write_ended,
}
"""The letters of this file by kind."""
