"""The studio's orders: every way to payment that was begun, searched and narrowed."""

from dataclasses import dataclass
from datetime import datetime

from flask import request

from podcastsvc.billing.accounting import orders as reading
from podcastsvc.kit.money import Money
from podcastsvc.kit.text import clean_line
from podcastsvc.web.context import services
from podcastsvc.web.language import make_path
from podcastsvc.web.lists import FilterLink, count_pages, read_page
from podcastsvc.web.pages import gettext, render
from podcastsvc.web.sign_in.gates import host_only
from podcastsvc.web.studio.blueprint import blueprint
from podcastsvc.web.studio.money.words import name_kind

_PER_PAGE = 50


@dataclass(frozen=True, slots=True)
class OrderLine:
    """One row of the list; ``payment_id`` is its newest payment, where there is one."""

    id: str
    at: datetime
    what: str
    email: str
    money: Money
    interval: str
    state: str
    chip: str
    member_id: int | None
    payment_id: str | None


@blueprint.get("/orders")
@host_only
def orders() -> str:
    """Newest first, by state, and by an address or an order's number."""
    words = clean_line(request.args.get("q", ""), limit_chars=100)
    state = request.args.get("state", "")
    state = state if state in reading.STATES else ""
    page = read_page()
    with services().db.reading() as session:
        counts = reading.count_states(session, words)
        rows = reading.list_orders(session, words=words, state=state, limit=_PER_PAGE, offset=(page - 1) * _PER_PAGE)
    total = counts[state] if state else sum(counts.values())
    return render(
        "studio/money/orders.html",
        lines=[_make_line(row) for row in rows],
        words=words,
        filters=_make_filters(counts, words, state),
        page=page,
        pages=count_pages(total, _PER_PAGE),
        page_href=lambda number: make_path("studio.orders", q=words or None, state=state or None, page=number),
    )


def _name_state(state: str) -> tuple[str, str]:
    return {
        "open": (gettext("Open"), ""),
        "paid": (gettext("Paid"), "ok"),
        "failed": (gettext("Did not arrive"), "warn"),
        "expired": (gettext("Not paid"), "plain"),
        "refunded": (gettext("Given back"), "plain"),
    }[state]


def _make_filters(counts: dict[str, int], words: str, current: str) -> list[FilterLink]:
    links = [FilterLink(gettext("All"), make_path("studio.orders", q=words or None), not current)]
    for state in reading.STATES:
        if counts[state] or state == current:
            href = make_path("studio.orders", q=words or None, state=state)
            links.append(FilterLink(f"{_name_state(state)[0]} · {counts[state]}", href, state == current))
    return links


def _make_line(row: reading.OrderRow) -> OrderLine:
    state, chip = _name_state(row.order.state)
    return OrderLine(
        id=row.order.id,
        at=row.order.created_at,
        what=name_kind(row.order.kind),
        email=row.email,
        money=Money(row.order.total_minor, row.order.currency),
        interval=row.order.interval,
        state=state,
        chip=chip,
        member_id=row.member_id,
        payment_id=row.payment_id,
    )
