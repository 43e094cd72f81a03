"""The studio's payments: who asks for money back, and all that was paid, newest first."""

from dataclasses import dataclass
from datetime import datetime

from flask import request

from podcastsvc.billing.returning import requests
from podcastsvc.billing.returning.listing import PaymentRow, count_payments, list_payments
from podcastsvc.kit.money import Money
from podcastsvc.web.context import services
from podcastsvc.web.language import make_path
from podcastsvc.web.lists import FilterLink, count_pages, read_page
from podcastsvc.web.pages import gettext, render
from podcastsvc.web.sign_in.gates import host_only
from podcastsvc.web.studio.blueprint import blueprint
from podcastsvc.web.studio.money.words import name_kind, name_state

_PER_PAGE = 50
_KINDS = ("membership", "gift", "donation", "consultation")


@dataclass(frozen=True, slots=True)
class PaymentLine:
    """One row of a list of payments; ``state`` and ``chip`` are the words and the look of its chip."""

    id: str
    paid_at: datetime | None
    email: str
    what: str
    money: Money
    refunded: Money
    state: str
    chip: str


@blueprint.get("/payments")
@host_only
def payments() -> str:
    """The queue of those who ask for money back, and all payments of one kind or of all."""
    kind = request.args.get("kind", "")
    kind = kind if kind in _KINDS else ""
    page = read_page()
    with services().db.reading() as session:
        asked = requests.list_open(session)
        total = count_payments(session, kind=kind)
        rows = list_payments(session, kind=kind, limit=_PER_PAGE, offset=(page - 1) * _PER_PAGE)
        kinds = [each for each in _KINDS if each == kind or count_payments(session, kind=each)]
    return render(
        "studio/money/index.html",
        asked=asked,
        lines=[make_line(row) for row in rows],
        filters=_make_filters(kinds, kind) if len(kinds) > 1 else [],
        page=page,
        pages=count_pages(total, _PER_PAGE),
        page_href=lambda number: make_path("studio.payments", kind=kind or None, page=number),
    )


def make_line(row: PaymentRow) -> PaymentLine:
    """A payment as lists show it."""
    payment = row.payment
    state, chip = name_state(payment)
    return PaymentLine(
        id=payment.stripe_id,
        paid_at=payment.paid_at,
        email=row.email,
        what=name_kind(payment.kind),
        money=Money(payment.amount_minor, payment.currency),
        refunded=Money(payment.refunded_minor, payment.currency),
        state=state,
        chip=chip,
    )


def _make_filters(kinds: list[str], current: str) -> list[FilterLink]:
    links = [FilterLink(gettext("All"), make_path("studio.payments"), not current)]
    return links + [
        FilterLink(name_kind(kind), make_path("studio.payments", kind=kind), kind == current) for kind in kinds
    ]
