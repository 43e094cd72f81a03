"""Letters to members whose account has moved: from another platform to here, or two into one."""

from collections.abc import Callable, Mapping
from typing import Any

from sqlalchemy.orm import Session

from podcastsvc.billing.desk import Desk
from podcastsvc.billing.letters import joining
from podcastsvc.kit import clock
from podcastsvc.mail.letters import write_letter
from podcastsvc.members import accounts
from podcastsvc.members.entitlements import get_entitlement

KIND = "moved_in"
MERGED = "merged"
Payload = Mapping[str, Any]


def write_moved_in(session: Session, desk: Desk, payload: Payload) -> None:
    """The new feed link, and how to stay. Once for each member; not to somebody who hears nothing."""
    member = accounts.find(session, int(payload["member"]))
    ways = joining.write_ways_in(session, desk, member) if member is not None else None
    if member is None or member.email is None or ways is None:
        return
    found = get_entitlement(session, member.id, clock.now())
    write_letter(
        session,
        desk.sender,
        kind=KIND,
        to=member.email,
        language=member.language,
        values={
            "setup_link": ways["setup_link"],
            "feed_link": ways["feed_link"],
            "account_link": ways["account_link"],
            "join_link": desk.sender.link("/join", member.language),
            "ends_on": desk.local(found.until) if found.subscription_id is None else None,
        },
        object_id=str(member.id),
        member_id=member.id,
    )


def write_merged(session: Session, desk: Desk, payload: Payload) -> None:
    """To both addresses of somebody whose two accounts are one now."""
    member = accounts.find(session, int(payload["member"]))
    if member is None or member.email is None:
        return
    for to in dict.fromkeys((member.email, str(payload["old_address"]))):
        if not to:
            continue
        write_letter(
            session,
            desk.sender,
            kind=MERGED,
            to=to,
            language=member.language,
            values={
                "email": member.email,
                "old_email": str(payload["old_address"]),
                "account_link": desk.sender.link("/account", member.language),
            },
            object_id=f"{member.id}:{payload['folded']}",
            period=to,
            member_id=member.id,
        )


WRITERS: dict[str, Callable[[Session, Desk, Payload], None]] = {KIND: write_moved_in, MERGED: write_merged}
"""The letters of this file by kind."""
