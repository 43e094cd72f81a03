"""The price that pages name beside what members hear: the lowest one that is open."""

from dataclasses import dataclass
from typing import cast

from flask import g
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from podcastsvc.kit import language as languages
from podcastsvc.kit.language import N_
from podcastsvc.kit.money import Money
from podcastsvc.storage.tables.billing import Plan, Price
from podcastsvc.web.context import language, services, settings
from podcastsvc.web.language import make_path
from podcastsvc.web.pages import gettext

BECOME_A_MEMBER = N_("Become a member")


@dataclass(frozen=True, slots=True)
class Offer:
    """An open price of an open plan; ``interval`` is "month", "year" or "once"."""

    interval: str
    money: Money


def find_lowest_price() -> Offer | None:
    """The lowest open price; None while payments are off or nothing is on sale. Read once a request."""
    if "lowest_price" in g:
        return cast("Offer | None", g.lowest_price)
    with services().db.reading() as session:
        return read_lowest_price(session)


def read_lowest_price(session: Session) -> Offer | None:
    """The same for whoever reads other things in the same session."""
    g.lowest_price = None if settings().mode_of_payments == "off" else pick_lowest(_list_offers(session))
    return cast("Offer | None", g.lowest_price)


def pick_lowest(offers: list[Offer]) -> Offer | None:
    """The lowest in the first offer's currency, by the month if there is any such, else by the year. Pure."""
    order = ("month", "year", "once")
    here = [offer for offer in offers if offer.money.currency == offers[0].money.currency]
    return min(here, key=lambda offer: (order.index(offer.interval), offer.money.amount_minor), default=None)


def write_join_label(price: Offer | None) -> str:
    """The words on a button that leads to the membership page: "Join from €6 a month"."""
    if price is None:
        return gettext(BECOME_A_MEMBER)
    texts = {
        "month": gettext("Join from %(price)s a month"),
        "year": gettext("Join from %(price)s a year"),
        "once": gettext("Join from %(price)s"),
    }
    return texts[price.interval] % {"price": price.money.format(language())}


@dataclass(frozen=True, slots=True)
class JoinLink:
    """The membership page in another language, named in that language."""

    name: str
    href: str
    language: str


def list_join_links() -> list[JoinLink]:
    """The membership page in every language but the present one."""
    return [
        JoinLink(
            name=f"{languages.gettext(code).gettext(BECOME_A_MEMBER)} ({languages.name_language(code)})",
            href=make_path("join.page", in_language=code),
            language=code,
        )
        for code in settings().languages
        if code != language()
    ]


def _list_offers(session: Session) -> list[Offer]:
    """All that is on sale, in the host's order. One narrow query, since every page of a visitor asks for it."""
    least = func.coalesce(Price.least_minor, Price.amount_minor).label("amount_minor")
    query = select(Price.interval, least, Price.currency).join(Plan, Plan.id == Price.plan_id)
    query = query.where(Price.is_open, Plan.is_open).order_by(Plan.position, Plan.id, Price.id)
    return [Offer(row.interval, Money(row.amount_minor, row.currency)) for row in session.execute(query)]
