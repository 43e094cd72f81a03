"""Changing the plan: what there is to choose, what it costs today, and the confirmation."""

import logging
from dataclasses import dataclass

from flask import Response, make_response, request
from flask_login import current_user

from podcastsvc.billing.changing import plan_change
from podcastsvc.billing.changing.plan_change import Offer, Option, Preview
from podcastsvc.billing.desk import Desk
from podcastsvc.billing.letters.texts import write_price
from podcastsvc.errors import Conflict, NotFound
from podcastsvc.kit.money import Money
from podcastsvc.storage.tables.billing import Subscription
from podcastsvc.web.account.blueprint import blueprint, go
from podcastsvc.web.context import language, now, services
from podcastsvc.web.offers.plan_choices import write_title
from podcastsvc.web.pages import gettext, render
from podcastsvc.web.sign_in.entering import go_to
from podcastsvc.web.sign_in.gates import member_only

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class OptionCard:
    """One card; the names are those of the macro ``plan_radios``."""

    value: str
    title: str
    summary: str
    price: str
    interval: str


@blueprint.get("/plan")
@member_only
def plan() -> str | Response:
    """The other plans; with ``price`` what that one costs today."""
    offer = _find_offer()
    if offer is None or services().find_gateway() is None:
        return go("page")
    wanted = request.args.get("price", "")
    if not wanted:
        return _show(offer)
    if wanted not in {str(option.price.id) for option in offer.options}:
        return make_response(_show(offer, {"price": gettext(plan_change.NOT_A_CHOICE)}), 422)
    try:
        found = plan_change.preview(_desk(), current_user.id, int(wanted), language(), now())
    except Conflict:
        return go("page")
    return _confirm(offer, found)


@blueprint.post("/plan")
@member_only
def change_plan() -> str | Response:
    """Carries out what was shown: now, or on Stripe's page for what waits until the period's end."""
    token = request.form.get("token", "")
    try:
        if request.form.get("later"):
            price_id = plan_change.read_price_id(services().keys, token)
            if price_id is None:
                return go("plan")
            return go_to(plan_change.open_planning(_desk(), current_user.id, price_id, language()))
        outcome = plan_change.change_now(_desk(), current_user.id, token, language())
    except NotFound:
        # It has this price already: the same confirmation was sent twice.
        return go("page")
    except Conflict:
        return go("plan", price=plan_change.read_price_id(services().keys, token), old=1)
    if outcome not in {"changed", "declined"}:
        return go_to(outcome)
    log.info("plan change", extra={"member": current_user.id, "outcome": outcome})
    return go("page", done="plan" if outcome == "changed" else "declined")


@blueprint.post("/plan/keep")
@member_only
def keep_plan() -> Response:
    """Takes a planned change back."""
    try:
        plan_change.keep_plan(_desk(), current_user.id)
    except Conflict:
        return go("page")
    return go("page", done="plan_kept")


def _desk() -> Desk:
    return services().make_desk().for_page()


def _find_offer() -> Offer | None:
    with services().db.reading() as session:
        return plan_change.find_offer(session, current_user.id, language())


def _show(offer: Offer, errors: dict[str, str] | None = None) -> str:
    return render(
        "account/plan.html",
        now_costs=_write_now(offer.row),
        cards=[_make_card(option, offer.row.quantity) for option in offer.options],
        others=offer.others,
        errors=errors or {},
    )


def _confirm(offer: Offer, found: Preview) -> str:
    price = found.option.price
    return render(
        "account/plan_confirm.html",
        now_costs=_write_now(offer.row),
        title=write_title(price),
        costs=write_price(price.money.times(offer.row.quantity), price.interval, language()),
        due=found.due if found.due.amount_minor > 0 else None,
        starts_at=found.starts_at,
        is_later=found.option.is_later,
        is_trial=offer.row.status == "trialing",
        trial_end=offer.row.trial_end,
        token=found.token,
        is_old=bool(request.args.get("old")),
        too_old=gettext(plan_change.TOO_OLD),
    )


def _write_now(row: Subscription) -> str:
    return write_price(Money(row.amount_minor, row.currency), row.interval, language())


def _make_card(option: Option, people: int) -> OptionCard:
    """What it costs for everybody in the member's group."""
    price = option.price
    summary = gettext("From the next period on") if option.is_later else gettext("From today")
    every = gettext("a year") if price.interval == "year" else gettext("a month")
    return OptionCard(str(price.id), write_title(price), summary, price.money.times(people).format(language()), every)
