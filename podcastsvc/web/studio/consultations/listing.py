"""The studio's consultations: those to come, and those that are over."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from flask import request

from podcastsvc.billing.consulting import bookings
from podcastsvc.billing.consulting.offers import find_offer
from podcastsvc.storage.tables.consultation import Consultation
from podcastsvc.web.context import now, services
from podcastsvc.web.language import make_path
from podcastsvc.web.lists import count_pages, read_page
from podcastsvc.web.pages import gettext, render
from podcastsvc.web.sign_in.gates import host_only
from podcastsvc.web.studio.blueprint import blueprint

_PER_PAGE = 30


@dataclass(frozen=True, slots=True)
class ConsultationLine:
    """One row of either list; ``state`` is shown for what is over or cancelled."""

    id: str
    at: datetime
    minutes: int
    name: str
    email: str
    question: str
    state: str


@blueprint.get("/consultations")
@host_only
def consultations() -> str:
    """What is to come, the next one first; then the past, the latest first."""
    page = read_page()
    with services().db.reading() as session:
        is_open = find_offer(session).is_open
        to_come = bookings.list_to_come(session, now())
        total = bookings.count_past(session, now())
        past = bookings.list_past(session, now(), limit=_PER_PAGE, offset=(page - 1) * _PER_PAGE)
    return render(
        "studio/consultations/index.html",
        is_open=is_open,
        to_come=_make_lines(to_come),
        past=_make_lines(past),
        said=gettext("Saved.") if request.args.get("done") == "saved" else "",
        page=page,
        pages=count_pages(total, _PER_PAGE),
        page_href=lambda number: make_path("studio.consultations", page=number),
    )


def _make_lines(rows: Sequence[Consultation]) -> list[ConsultationLine]:
    return [
        ConsultationLine(
            id=row.id,
            at=row.starts_at,
            minutes=row.minutes,
            name=row.name,
            email=row.email,
            question=row.question,
            state=gettext("Cancelled") if row.state == "cancelled" else gettext("Over"),
        )
        for row in rows
    ]
