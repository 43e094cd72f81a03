"""The studio's orders: every way to payment that was begun, searched and narrowed, and each with all about it."""

from dataclasses import dataclass
from datetime import datetime

from flask import abort, request

from podcastsvc.billing.accounting import orders as reading
from podcastsvc.billing.plans import find_price
from podcastsvc.billing.returning.listing import find_payment
from podcastsvc.kit.money import Money
from podcastsvc.kit.text import clean_line
from podcastsvc.web.context import language, services
from podcastsvc.web.language import make_path
from podcastsvc.web.lists import FilterLink, count_pages, read_page
from podcastsvc.web.pages import gettext, render
from podcastsvc.web.sign_in.gates import host_only
from podcastsvc.web.studio.blueprint import blueprint
from podcastsvc.web.studio.money.listing import make_line
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
        kinds = reading.list_kinds(session)
        kind = request.args.get("kind", "")
        kind = kind if kind in kinds else ""
        counts = reading.count_states(session, words, kind)
        start = (page - 1) * _PER_PAGE
        rows = reading.list_orders(session, words=words, state=state, kind=kind, limit=_PER_PAGE, offset=start)
    kept = {"q": words or None, "state": state or None, "kind": kind or None}
    total = counts[state] if state else sum(counts.values())
    return render(
        "studio/money/orders.html",
        lines=[_make_line(row) for row in rows],
        words=words,
        kind=kind,
        filters=_make_filters(counts, kept),
        kinds=_make_kinds(kinds, kept) if len(kinds) > 1 else [],
        page=page,
        pages=count_pages(total, _PER_PAGE),
        page_href=lambda number: make_path("studio.orders", **kept, page=number),
    )


@blueprint.get("/orders/<order_id>")
@host_only
def order(order_id: str) -> str:
    """One order: what was wanted, from where they came, and all that was paid for it."""
    with services().db.reading() as session:
        found = reading.find_order(session, order_id.upper())
        if found is None:
            abort(404)
        ids = reading.list_payment_ids(session, found.order.id)
        paid = [row for row in (find_payment(session, each) for each in ids) if row is not None]
        price = find_price(session, found.order.price_id, language()) if found.order.price_id is not None else None
    return render(
        "studio/money/order.html",
        line=_make_line(found),
        order=found.order,
        each=Money(found.order.amount_minor, found.order.currency),
        plan=price.title if price is not None else "",
        payments=[make_line(row) for row in paid],
        came_from=sorted((name, str(value)) for name, value in found.order.attribution.items() if value),
    )


def _name_state(state: str) -> tuple[str, str]:
    return {
        "open": (gettext("Open"), ""),
        "paid": (gettext("Paid"), "ok"),
        "failed": (gettext("Did not arrive"), "warn"),
        "expired": (gettext("Not paid"), "plain"),
        "refunded": (gettext("Given back"), "plain"),
    }[state]


Kept = dict[str, str | None]


def _make_kinds(kinds: list[str], kept: Kept) -> list[FilterLink]:
    links = [FilterLink(gettext("All"), make_path("studio.orders", **{**kept, "kind": None}), not kept["kind"])]
    return links + [
        FilterLink(name_kind(kind), make_path("studio.orders", **{**kept, "kind": kind}), kind == kept["kind"])
        for kind in kinds
    ]


def _make_filters(counts: dict[str, int], kept: Kept) -> list[FilterLink]:
    current = kept["state"]
    links = [FilterLink(gettext("All"), make_path("studio.orders", **{**kept, "state": None}), not current)]
    for state in reading.STATES:
        if counts[state] or state == current:
            href = make_path("studio.orders", **{**kept, "state": state})
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
