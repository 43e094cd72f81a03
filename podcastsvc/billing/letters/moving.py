"""The letter to a member who came along from another platform: their new feed link, and how to stay."""

from sqlalchemy.orm import Session

from podcastsvc.billing.desk import Desk
from podcastsvc.billing.letters import joining
from podcastsvc.kit import clock
from podcastsvc.mail.letters import write_letter
from podcastsvc.members import accounts
from podcastsvc.members.entitlements import get_entitlement

KIND = "moved_in"


def write_moved_in(session: Session, desk: Desk, member_id: int) -> None:
    """Once for each member; not to somebody who hears nothing."""
    member = accounts.find(session, member_id)
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
