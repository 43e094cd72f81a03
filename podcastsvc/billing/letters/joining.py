"""What letters say to somebody who has just joined: the ways into the feed, and what was bought."""

from typing import Any

from sqlalchemy.orm import Session

from podcastsvc.billing import plans
from podcastsvc.billing.account import find_descriptor
from podcastsvc.billing.desk import Desk
from podcastsvc.billing.letters.texts import write_price
from podcastsvc.kit import clock
from podcastsvc.kit.money import Money
from podcastsvc.members import feed_tokens, grants, setup_codes
from podcastsvc.members.entitlements import get_entitlement
from podcastsvc.storage.tables.billing import Order
from podcastsvc.storage.tables.member import Member

Values = dict[str, Any]


def write_ways_in(session: Session, desk: Desk, member: Member) -> Values | None:
    """The links of a new member's letter; None for somebody who hears nothing, or whose link cannot be shown."""
    now = clock.now()
    link = feed_tokens.get_first_link(session, desk.keys, member.id, now=now)
    shown = feed_tokens.show_link(desk.keys, link)
    if shown is None or not get_entitlement(session, member.id, now).has_access:
        return None
    code = setup_codes.make_setup_code(desk.keys, link, now=now, lifetime=setup_codes.LIFETIME_IN_LETTERS)
    return {
        "setup_link": desk.sender.link(f"/add/{code}", member.language),
        "feed_link": desk.sender.base_url + feed_tokens.write_feed_path(shown.feed_token),
        "account_link": desk.sender.link("/account", member.language),
        "receipts_link": desk.sender.link("/account/receipts", member.language),
        "descriptor": find_descriptor(session),
    }


def write_bought(session: Session, desk: Desk, order: Order, member: Member) -> Values | None:
    """The values of ``welcome_once``: a plan that one payment bought, until a day or for good."""
    given = grants.find_of_source(session, "once", order.id)
    ways = write_ways_in(session, desk, member)
    if given is None or ways is None:
        return None
    price = plans.find_price(session, order.price_id, member.language) if order.price_id is not None else None
    return ways | {
        "plan": price.title if price is not None else "",
        "price": write_price(Money(order.amount_minor, order.currency), "once", member.language),
        "ends_on": desk.local(given.ends_at),
    }
