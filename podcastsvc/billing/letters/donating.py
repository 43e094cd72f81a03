"""Letters about donations: thanks to who gave, and the news to the hosts."""

from typing import Any

from sqlalchemy.orm import Session

from podcastsvc.billing.desk import Desk
from podcastsvc.billing.letters import links
from podcastsvc.billing.letters.texts import write_price
from podcastsvc.kit.money import Money
from podcastsvc.members.to_hosts import write_to_hosts
from podcastsvc.storage.tables.billing import Order


def write_thanks(desk: Desk, order: Order, language: str) -> dict[str, Any]:
    """The values of ``donation_thanks``; a monthly one has a link to change or stop it."""
    subscription_id = order.details.get("subscription")
    return {
        "amount": _write_amount(order, language),
        "stop_link": links.write_link(desk, "give", str(subscription_id), language) if subscription_id else None,
    }


def write_news(session: Session, desk: Desk, order: Order) -> None:
    """Tells each host what was given, by whom, and what they wrote."""

    def write_values(language: str) -> dict[str, Any]:
        return {
            "amount": _write_amount(order, language),
            "name": order.details.get("name", ""),
            "message": order.details.get("message", ""),
            "studio_link": desk.sender.studio_link("/studio/donations"),
        }

    write_to_hosts(session, desk.sender, kind="host_donation", object_id=order.id, write_values=write_values)


def _write_amount(order: Order, language: str) -> str:
    interval = order.interval if order.interval == "month" else None
    return write_price(Money(order.amount_minor, order.currency), interval, language)
