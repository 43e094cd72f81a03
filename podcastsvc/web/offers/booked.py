"""One's own consultation, by the link in the e-mail: when and where it is, another time, or cancelling it."""

from dataclasses import dataclass

from flask import Blueprint, Response, make_response, request

from podcastsvc.billing.consulting import bookings, wishes
from podcastsvc.billing.consulting.offers import ConsultationOffer, find_offer
from podcastsvc.billing.letters.consulting import read_token
from podcastsvc.errors import Conflict, Invalid, NotAllowed, NotFound
from podcastsvc.kit.language import N_, format_instant
from podcastsvc.storage.tables.consultation import Consultation
from podcastsvc.web.context import language, now, services
from podcastsvc.web.guards.headers import mark_personal
from podcastsvc.web.guards.strangers import check_guesses, note_guess
from podcastsvc.web.language import make_path
from podcastsvc.web.offers.free_times import cut_times, find_free, read_day
from podcastsvc.web.pages import gettext, render, zone_of_show
from podcastsvc.web.sign_in.entering import go_to

blueprint = Blueprint("consultation_mine", __name__, url_prefix="/consultation/mine")

ASK_HOST = N_("It is too late to change this here. Write to the host, by answering the e-mail.")
DONE = {
    "moved": N_("Your consultation has a new time. We have sent you an e-mail."),
    "cancelled": N_("Your consultation is cancelled. We have sent you an e-mail."),
}


@dataclass(frozen=True, slots=True)
class Own:
    """A consultation as its buyer sees it."""

    row: Consultation
    offer: ConsultationOffer
    when: str
    minutes: int
    may_change: bool


@blueprint.before_request
def _keep_private() -> None:
    mark_personal()


@blueprint.get("/<token>")
def page(token: str) -> str:
    """When and where, and what can still be done."""
    return _show(token, _find(token))


@blueprint.post("/<token>/cancel")
def cancel(token: str) -> Response:
    """Frees the time; the money goes back."""
    own = _get_changeable(token)
    with services().db.transaction() as session:
        bookings.cancel(session, own.row.id, by="buyer", gives_back=True, now=now())
    return go_to(make_path("consultation_mine.page", token=token, done="cancelled"))


@blueprint.post("/<token>/move")
def move(token: str) -> Response:
    """Takes another time."""
    own = _get_changeable(token)
    free, zone = find_free(own.offer, own.minutes, but=own.row.id), zone_of_show()
    starts_at = next((at for at in free if wishes.write_time(at) == request.form.get("time", "")), None)
    if starts_at is None:
        said = wishes.TIME_GONE if request.form.get("time") else wishes.CHOOSE_TIME
        return make_response(_show(token, own, {"time": gettext(said)}), 422)
    try:
        with services().db.transaction() as session:
            bookings.move(session, own.row.id, starts_at, zone=zone, now=now())
    except Invalid as problem:
        return make_response(_show(token, own, {"time": gettext(problem.message)}), 409)
    return go_to(make_path("consultation_mine.page", token=token, done="moved"))


def _find(token: str) -> Own:
    """What a link is for. Raises NotFound, and counts it, for one that we did not make."""
    check_guesses()
    try:
        consultation_id = read_token(services().keys, token)
    except NotFound:
        note_guess()
        raise
    with services().db.reading() as session:
        row, offer = bookings.get_booked_or_over(session, consultation_id), find_offer(session)
    return Own(
        row=row,
        offer=offer,
        when=format_instant(row.starts_at, language(), row.zone, now=now()),
        minutes=row.minutes,
        may_change=bookings.may_change(offer, row, now()),
    )


def _get_changeable(token: str) -> Own:
    """Raises Conflict for one that is cancelled or over, NotAllowed where it is too late."""
    own = _find(token)
    if own.row.state != "booked" or own.row.starts_at <= now():
        raise Conflict(bookings.TOO_LATE)
    if not own.may_change:
        raise NotAllowed(ASK_HOST)
    return own


def _show(token: str, own: Own, errors: dict[str, str] | None = None) -> str:
    free = find_free(own.offer, own.minutes, but=own.row.id) if own.may_change else []
    said = DONE.get(request.args.get("done", ""))
    return render(
        "consultation/mine.html",
        token=token,
        own=own,
        is_over=own.row.ends_at <= now(),
        times=cut_times(free, own.row.zone, read_day(request.args.get("from", ""))),
        said=gettext(said) if said is not None else "",
        errors=errors or {},
        change_hours=own.offer.change_hours,
        ask_host=gettext(ASK_HOST),
    )
