"""What consultations the host offers: lengths and prices, hours, and the rules around them."""

import logging
from datetime import date

from flask import make_response, request
from flask_login import current_user
from werkzeug.wrappers import Response

from podcastsvc.billing.consulting import offers
from podcastsvc.billing.consulting.hours import Span, read_days, read_spans, write_days, write_spans
from podcastsvc.billing.consulting.offers import ConsultationOffer, Length
from podcastsvc.errors import Invalid
from podcastsvc.kit.language import name_language, name_weekday
from podcastsvc.kit.money import Money, is_currency, read_money
from podcastsvc.web.context import language, services, settings
from podcastsvc.web.pages import gettext, render, zone_of_show
from podcastsvc.web.sign_in.gates import host_only
from podcastsvc.web.studio.blueprint import blueprint, go
from podcastsvc.web.studio.forms import FormReader

log = logging.getLogger(__name__)

_WEEK = range(7)


@blueprint.get("/consultations/settings")
@host_only
def consultation_settings() -> str:
    """The form, filled with what is saved."""
    with services().db.reading() as session:
        offer = offers.find_offer(session)
    return _show(_fill(offer), {})


@blueprint.post("/consultations/settings")
@host_only
def save_consultation_settings() -> str | Response:
    """Keeps the settings. What is booked stays as it is."""
    form = FormReader(request.form)
    offer = _read(form)
    if not form.errors:
        try:
            with services().db.transaction() as session:
                offers.save_offer(session, offer)
            log.info("consultations saved", extra={"open": offer.is_open, "by": current_user.id})
            return go("studio.consultations", done="saved")
        except Invalid as refusal:
            form.take(refusal, "lengths")
    return make_response(_show(request.form.to_dict(), form.errors), 422)


def _read(form: FormReader) -> ConsultationOffer:
    currency = form.line("currency", limit_chars=3).upper()
    may_change = form.flag("may_change")
    change_hours = form.whole("change_hours", least=0, most=720)
    return ConsultationOffer(
        is_open=form.flag("is_open"),
        currency=currency,
        lengths=_read_lengths(form, currency),
        weekly={day: _read_hours(form, f"weekly_{day}") for day in _WEEK},
        days=_read_days(form),
        notice_hours=form.whole("notice_hours", least=0, most=720) or 0,
        ahead_days=form.whole("ahead_days", least=1, most=offers.MOST_DAYS_AHEAD) or 1,
        pause_minutes=form.whole("pause_minutes", least=0, most=240) or 0,
        most_a_day=form.whole("most_a_day", least=1, most=48) or 0,
        change_hours=(change_hours or 0) if may_change else None,
        room_url=form.line("room_url", limit_chars=500),
        intros={
            code: form.text(f"intro_{code}", limit_chars=offers.LONGEST_INTRO_CHARS) for code in settings().languages
        },
    )


def _read_lengths(form: FormReader, currency: str) -> tuple[Length, ...]:
    """A line for each length: its minutes and its price."""
    found = []
    for number, line in enumerate(form.lines("lengths"), 1):
        minutes, _, rest = line.partition(" ")
        money = read_money(rest.strip(), currency if is_currency(currency) else "EUR")
        if not (minutes.isascii() and minutes.isdigit() and len(minutes) < 5) or money is None:
            words = gettext("Line %(line)s: write the minutes and the price, such as 30 45.")
            form.errors["lengths"] = words % {"line": number}
            return ()
        found.append(Length(int(minutes), money.amount_minor))
    return tuple(found)


def _read_hours(form: FormReader, name: str) -> tuple[Span, ...]:
    try:
        return read_spans(form.line(name))
    except Invalid as problem:
        form.errors[name] = gettext(problem.message)
        return ()


def _read_days(form: FormReader) -> dict[date, tuple[Span, ...]]:
    try:
        return read_days(form.text("days", limit_chars=10_000))
    except Invalid as problem:
        form.errors["days"] = gettext(problem.message)
        return {}


def _fill(offer: ConsultationOffer) -> dict[str, str]:
    def write(length: Length) -> str:
        return f"{length.minutes} {Money(length.amount_minor, offer.currency).decimal.normalize():f}"

    return {
        "is_open": "1" if offer.is_open else "",
        "currency": offer.currency,
        "lengths": "\n".join(map(write, offer.lengths)),
        "days": write_days(offer.days),
        "notice_hours": str(offer.notice_hours),
        "ahead_days": str(offer.ahead_days),
        "pause_minutes": str(offer.pause_minutes),
        "most_a_day": str(offer.most_a_day or ""),
        "may_change": "1" if offer.change_hours is not None else "",
        "change_hours": str(offer.change_hours if offer.change_hours is not None else ""),
        "room_url": offer.room_url,
        **{f"weekly_{day}": write_spans(offer.weekly.get(day, ())) for day in _WEEK},
        **{f"intro_{code}": text for code, text in offer.intros.items()},
    }


def _show(values: dict[str, str], errors: dict[str, str]) -> str:
    return render(
        "studio/consultations/settings.html",
        values=values,
        errors=errors,
        week=[(f"weekly_{day}", name_weekday(day, language())) for day in _WEEK],
        names={code: name_language(code) for code in settings().languages},
        zone=zone_of_show(),
    )
