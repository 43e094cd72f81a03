"""The studio's donations: what can be given, and what was."""

import logging
from dataclasses import dataclass
from datetime import datetime

from flask import make_response, request
from flask_login import current_user
from werkzeug.wrappers import Response

from podcastsvc.billing.kinds import donation_offers, donations
from podcastsvc.billing.kinds.donation_offers import DonationOffer
from podcastsvc.billing.kinds.donations import DonationRow
from podcastsvc.billing.plans import list_titles
from podcastsvc.errors import Invalid
from podcastsvc.kit.money import Money, is_currency, read_money
from podcastsvc.web.context import language, services
from podcastsvc.web.language import make_path
from podcastsvc.web.lists import count_pages, read_page
from podcastsvc.web.pages import gettext, render
from podcastsvc.web.sign_in.gates import host_only
from podcastsvc.web.studio.blueprint import blueprint, go
from podcastsvc.web.studio.forms import FormReader

log = logging.getLogger(__name__)

_PER_PAGE = 50


@dataclass(frozen=True, slots=True)
class DonationLine:
    """One row of the list. ``state`` is of a monthly one: runs, ends, ended; empty for one that was given once."""

    at: datetime | None
    money: Money
    interval: str
    state: str
    name: str
    email: str
    message: str
    member_id: int | None


@blueprint.get("/donations")
@host_only
def donations_page() -> str:
    """The settings, and all donations, newest first."""
    with services().db.reading() as session:
        offer = donation_offers.find_offer(session)
    return _show(_write(offer), {})


@blueprint.post("/donations")
@host_only
def save_donations() -> str | Response:
    """Keeps the settings."""
    form = FormReader(request.form)
    currency = form.line("currency", limit_chars=3).upper()
    amounts = _read_all(form, "amounts", currency)
    least, most = _read_all(form, "least", currency), _read_all(form, "most", currency)
    plan = form.choice("plan", ("", *_list_plans()))
    plan_from = _read_all(form, "plan_from", currency) if plan else []
    if not form.errors:
        offer = DonationOffer(
            is_open=form.flag("is_open"),
            currency=currency,
            amounts=tuple(amounts),
            least_minor=least[0] if least else 0,
            most_minor=most[0] if most else 0,
            has_monthly=form.flag("has_monthly"),
            plan=plan,
            plan_minor=plan_from[0] if plan_from else 0,
        )
        try:
            with services().db.transaction() as session:
                donation_offers.save_offer(session, offer)
            log.info("donations saved", extra={"open": offer.is_open, "by": current_user.id})
            return go("studio.donations_page", done="saved")
        except Invalid as refusal:
            form.take(refusal, "amounts")
    return make_response(_show(request.form.to_dict(), form.errors), 422)


def _list_plans() -> dict[str, str]:
    with services().db.reading() as session:
        return list_titles(session, language())


def _read_all(form: FormReader, name: str, currency: str) -> list[int]:
    """The amounts of a field, smallest first; a mistake is noted for it."""
    parts = form.values.get(name, "").replace(";", " ").replace(", ", " ").split()
    found = [read_money(part, currency if is_currency(currency) else "EUR") for part in parts]
    if not found or None in found:
        form.errors[name] = gettext(donation_offers.BAD_AMOUNTS) if name == "amounts" else gettext("Enter an amount.")
    return sorted({money.amount_minor for money in found if money is not None})


def _write(offer: DonationOffer) -> dict[str, str]:
    def write(minor: int) -> str:
        return f"{Money(minor, offer.currency).decimal.normalize():f}"

    return {
        "is_open": "1" if offer.is_open else "",
        "currency": offer.currency,
        "amounts": ", ".join(write(minor) for minor in offer.amounts),
        "least": write(offer.least_minor),
        "most": write(offer.most_minor),
        "has_monthly": "1" if offer.has_monthly else "",
        "plan": offer.plan,
        "plan_from": write(offer.plan_minor) if offer.plan else "",
    }


def _show(values: dict[str, str], errors: dict[str, str]) -> str:
    page = read_page()
    with services().db.reading() as session:
        total = donations.count_donations(session)
        rows = donations.list_donations(session, limit=_PER_PAGE, offset=(page - 1) * _PER_PAGE)
    return render(
        "studio/donations/index.html",
        lines=[_make_line(row) for row in rows],
        plans=[("", gettext("None")), *_list_plans().items()],
        values=values,
        errors=errors,
        said=gettext("Saved.") if request.args.get("done") == "saved" else "",
        page=page,
        pages=count_pages(total, _PER_PAGE),
        page_href=lambda number: make_path("studio.donations_page", page=number),
    )


def _make_line(row: DonationRow) -> DonationLine:
    order, running = row.order, row.subscription
    state = ""
    if order.interval == "month" and running is not None:
        state = "ended" if running.ended_at is not None else "ends" if running.cancel_at is not None else "runs"
    return DonationLine(
        at=order.paid_at,
        money=Money(order.amount_minor, order.currency),
        interval=order.interval,
        state=state,
        name=str(order.details.get("name", "")),
        email=row.email,
        message=str(order.details.get("message", "")),
        member_id=row.member.id if row.member is not None else None,
    )
