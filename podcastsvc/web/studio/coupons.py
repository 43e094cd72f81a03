"""The studio's coupons: making one, the link to share, and closing it."""

import logging
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from flask import make_response, request
from flask_login import current_user
from werkzeug.wrappers import Response

from podcastsvc.billing import plans as selling
from podcastsvc.billing.joining import coupons as codes
from podcastsvc.billing.joining.coupons import CouponView
from podcastsvc.errors import Invalid
from podcastsvc.kit.money import Money, is_currency, read_money
from podcastsvc.web.context import language, now, services
from podcastsvc.web.language import make_address
from podcastsvc.web.offers.plan_choices import write_off
from podcastsvc.web.pages import gettext, ngettext, render, write_day_short, zone_of_show
from podcastsvc.web.sign_in.gates import host_only
from podcastsvc.web.studio.blueprint import blueprint, go
from podcastsvc.web.studio.forms import FormReader

log = logging.getLogger(__name__)

_EMPTY = {
    "code": "",
    "percent_off": "",
    "amount": "",
    "currency": "",
    "duration": "once",
    "months": "",
    "plan": "",
    "last_day": "",
    "most": "",
    "is_first_time_only": "",
}
_DURATIONS = ("once", "months", "forever")


@dataclass(frozen=True, slots=True)
class CouponLine:
    """One row of the list."""

    id: int
    code: str
    off: str
    how_long: str
    limits: list[str]
    link: str
    is_usable: bool


@blueprint.get("/coupons")
@host_only
def coupons() -> str:
    """All coupons, newest first, and the form of a new one."""
    return _show({}, {})


@blueprint.post("/coupons")
@host_only
def make_coupon() -> str | Response:
    """Makes a coupon; a job then makes it at Stripe."""
    form = FormReader(request.form)
    wish = _read(form)
    if not form.errors:
        try:
            with services().db.transaction() as session:
                coupon_id = codes.make(session, wish, now())
            log.info("coupon made", extra={"coupon": coupon_id, "by": current_user.id})
            return go("studio.coupons", done="made")
        except Invalid as refusal:
            fields = {"redeem_by": "last_day", **{name: name for name in _EMPTY}}
            form.errors.update({fields[name]: gettext(text) for name, text in refusal.fields.items()})
    return make_response(_show(request.form.to_dict(), form.errors), 422)


@blueprint.post("/coupons/<int:coupon_id>/close")
@host_only
def close_coupon(coupon_id: int) -> Response:
    """Takes a coupon out of use; members who have used it keep it."""
    with services().db.transaction() as session:
        codes.close(session, coupon_id)
    log.info("coupon closed", extra={"coupon": coupon_id, "by": current_user.id})
    return go("studio.coupons", done="closed")


def _read(form: FormReader) -> CouponView:
    code = codes.read_code(form.line("code", limit_chars=100))
    if not code:
        form.errors["code"] = gettext(codes.BAD_CODE)
    duration = form.choice("duration", _DURATIONS)
    months = form.whole("months", most=120)
    if duration == "months" and months is None and "months" not in form.errors:
        form.errors["months"] = gettext("Enter for how many months.")
    last_day = form.day("last_day")
    ends_at = None
    if last_day is not None:
        ends_at = datetime.combine(last_day + timedelta(days=1), time(), ZoneInfo(zone_of_show()))
    with services().db.reading() as session:
        known = ("", *selling.list_titles(session, language()))
    return CouponView(
        code=code,
        percent_off=_read_percent(form),
        amount_off=_read_amount(form),
        months={"once": None, "forever": 0}.get(duration, months),
        plan=form.choice("plan", known) or None,
        redeem_by=ends_at,
        max_redemptions=form.whole("most"),
        is_first_time_only=form.flag("is_first_time_only"),
    )


def _read_percent(form: FormReader) -> float | None:
    raw = form.line("percent_off")
    if not raw:
        return None
    # A number of at most two digits after the point, as an amount of money is.
    found = read_money(raw.removesuffix("%"), "EUR")
    if found is None or found.amount_minor > 10_000:
        form.errors["percent_off"] = gettext(codes.BAD_PERCENT)
        return None
    return float(found.decimal)


def _read_amount(form: FormReader) -> Money | None:
    raw, currency = form.line("amount"), form.line("currency").upper()
    if not raw:
        return None
    if not is_currency(currency):
        form.errors["currency"] = gettext(selling.BAD_CURRENCY)
        return None
    found = read_money(raw, currency)
    if found is None:
        form.errors["amount"] = gettext("Enter an amount such as 6 or 6.50.")
    return found


def _show(values: dict[str, str], errors: dict[str, str]) -> str:
    with services().db.reading() as session:
        found = codes.list_coupons(session)
        titles = selling.list_titles(session, language())
        views = selling.list_plans(session, language())
    currency = next((price.money.currency for view in views for price in view.prices), "EUR")
    zone = ZoneInfo(zone_of_show())
    return render(
        "studio/coupons/index.html",
        lines=[_make_line(each, titles, zone) for each in found],
        titles=titles,
        values={**_EMPTY, "currency": currency, **values},
        errors=errors,
        said={
            "made": gettext("The coupon is made. Share its link."),
            "closed": gettext("The coupon is closed. Members who have used it keep it."),
        }.get(request.args.get("done", ""), ""),
    )


def _make_line(coupon: CouponView, titles: dict[str, str], zone: ZoneInfo) -> CouponLine:
    limits = []
    if coupon.plan is not None:
        limits.append(titles.get(coupon.plan, coupon.plan))
    if coupon.is_first_time_only:
        limits.append(gettext("New members only"))
    if coupon.max_redemptions is not None:
        text = ngettext("At most %(count)s time", "At most %(count)s times", coupon.max_redemptions)
        limits.append(text % {"count": coupon.max_redemptions})
    if coupon.redeem_by is not None:
        last = (coupon.redeem_by - timedelta(seconds=1)).astimezone(zone)
        limits.append(gettext("Until %(day)s") % {"day": write_day_short(last)})
    return CouponLine(
        id=coupon.id,
        code=coupon.code,
        off=write_off(coupon),
        how_long=_write_length(coupon),
        limits=limits,
        link=make_address("join.page", coupon=coupon.code),
        is_usable=not coupon.is_over(now()),
    )


def _write_length(coupon: CouponView) -> str:
    if coupon.months is None:
        return gettext("The first payment")
    if coupon.months == 0:
        return gettext("All payments")
    text = ngettext("Payments of %(count)s month", "Payments of %(count)s months", coupon.months)
    return text % {"count": coupon.months}
