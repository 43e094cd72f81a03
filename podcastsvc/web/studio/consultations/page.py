"""One consultation in the studio: who and what about, another time, or cancelling it."""

import logging

from flask import make_response, request
from flask_login import current_user
from werkzeug.wrappers import Response

from podcastsvc.billing.consulting import bookings, wishes
from podcastsvc.billing.consulting.offers import find_offer
from podcastsvc.billing.returning.listing import find_of_order
from podcastsvc.errors import Invalid
from podcastsvc.web.context import now, services
from podcastsvc.web.offers.free_times import cut_times, find_free, read_day
from podcastsvc.web.pages import gettext, render, zone_of_show
from podcastsvc.web.sign_in.gates import host_only
from podcastsvc.web.studio.blueprint import blueprint, go
from podcastsvc.web.studio.forms import FormReader

log = logging.getLogger(__name__)


@blueprint.get("/consultations/<consultation_id>")
@host_only
def consultation(consultation_id: str) -> str:
    """Everything about one."""
    return _show(consultation_id, {})


@blueprint.post("/consultations/<consultation_id>/move")
@host_only
def move_consultation(consultation_id: str) -> str | Response:
    """Gives it another free time; the buyer is told."""
    form = FormReader(request.form)
    typed = form.line("time", needed=gettext(wishes.CHOOSE_TIME))
    starts_at = wishes.read_time(typed)
    if starts_at is None:
        return make_response(_show(consultation_id, form.errors or {"time": gettext(wishes.CHOOSE_TIME)}), 422)
    zone = zone_of_show()
    try:
        with services().db.transaction() as session:
            bookings.move(session, consultation_id, starts_at, zone=zone, now=now())
    except Invalid as refusal:
        form.take(refusal, "time")
        return make_response(_show(consultation_id, form.errors), 422)
    log.info("consultation moved", extra={"by": current_user.id})
    return go("studio.consultation", consultation_id=consultation_id, done="moved")


@blueprint.post("/consultations/<consultation_id>/cancel")
@host_only
def cancel_consultation(consultation_id: str) -> Response:
    """Frees the time; the money goes back unless the host keeps it."""
    gives_back = FormReader(request.form).flag("gives_back")
    with services().db.transaction() as session:
        bookings.cancel(session, consultation_id, by="host", gives_back=gives_back, now=now())
    log.info("consultation cancelled", extra={"by": current_user.id, "gives_back": gives_back})
    return go("studio.consultation", consultation_id=consultation_id, done="cancelled")


def _show(consultation_id: str, errors: dict[str, str]) -> str:
    with services().db.reading() as session:
        row, offer = bookings.get_booked_or_over(session, consultation_id), find_offer(session)
        minutes = row.minutes
        is_to_come = row.state == "booked" and row.starts_at > now()
        payment_id = find_of_order(session, row.order_id) if row.order_id is not None else None
    free = find_free(offer, minutes, but=row.id) if is_to_come else []
    done = {
        "moved": gettext("It has a new time. We have written to both of you."),
        "cancelled": gettext("It is cancelled. We have written to both of you."),
    }
    return render(
        "studio/consultations/page.html",
        row=row,
        minutes=minutes,
        is_to_come=is_to_come,
        times=cut_times(free, zone_of_show(), read_day(request.args.get("from", ""))),
        room_url=offer.room_url,
        payment_id=payment_id,
        errors=errors,
        said=done.get(request.args.get("done", ""), ""),
    )
