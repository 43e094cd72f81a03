"""The studio's plans: their words in each language, their prices, their trial, and whether they can be joined."""

import logging
from datetime import timedelta
from zoneinfo import ZoneInfo

from flask import make_response, request
from flask_login import current_user
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from podcastsvc.billing import plans as selling
from podcastsvc.billing import portal
from podcastsvc.billing.changing import price_moves
from podcastsvc.billing.plans import PlanView
from podcastsvc.catalogue.shownotes import make_slug
from podcastsvc.errors import Invalid
from podcastsvc.kit.language import name_language
from podcastsvc.members import grants
from podcastsvc.web.context import language, now, services, settings
from podcastsvc.web.pages import gettext, render, zone_of_show
from podcastsvc.web.sign_in.gates import host_only
from podcastsvc.web.studio.blueprint import blueprint, go
from podcastsvc.web.studio.forms import FormReader
from podcastsvc.web.studio.plan_form import BOUNDS, EMPTY, NEW, PlanWish, fill, read_plan

log = logging.getLogger(__name__)


@blueprint.get("/plans")
@host_only
def plans() -> str:
    """All plans, also those that cannot be joined any more."""
    with services().db.reading() as session:
        found = selling.list_plans(session, language(), with_closed=True)
        may_pause = portal.may_members_pause(session)
    return render(
        "studio/plans/index.html", plans=found, may_pause=may_pause, is_saved=request.args.get("done") == "pause"
    )


@blueprint.post("/pausing")
@host_only
def save_pause() -> Response:
    """Whether members may pause."""
    with services().db.transaction() as session:
        portal.let_members_pause(session, may=FormReader(request.form).flag("may_pause"))
    log.info("pausing is settled", extra={"by": current_user.id})
    return go("studio.plans", done="pause")


@blueprint.get("/plans/new")
@host_only
def new_plan() -> str:
    """The form of a further plan."""
    return _show(None, NEW, {})


@blueprint.post("/plans/new")
@host_only
def create_plan() -> str | Response:
    """Makes a plan; its key comes from its title."""
    return _save(None)


@blueprint.get("/plans/<key>")
@host_only
def plan(key: str) -> str:
    """The form of one plan."""
    with services().db.reading() as session:
        values = _fill(session, key)
    done = request.args.get("done", "")
    said = {
        "moving": gettext("The members are told, and moved on that day."),
        "stopped": gettext("Called off. The members keep their price."),
    }.get(done, "")
    return _show(key, values, {}, said=said, problem=gettext(price_moves.TOO_SOON) if done == "soon" else "")


@blueprint.post("/plans/<key>")
@host_only
def save_plan(key: str) -> str | Response:
    """Saves words and prices; running subscriptions keep the price they were bought at."""
    with services().db.reading() as session:
        selling.get_plan(session, key)
    return _save(key)


def _save(key: str | None) -> str | Response:
    form = FormReader(request.form)
    wish = read_plan(form, settings().languages, settings().default_language)
    if not form.errors:
        try:
            with services().db.transaction() as session:
                saved = _write(session, key, wish)
            log.info("plan saved", extra={"plan": saved, "by": current_user.id})
            return go("studio.plans")
        except Invalid as refusal:
            form.take(refusal, f"title_{settings().default_language}")
    return make_response(_show(key, request.form.to_dict(), form.errors), 422)


def _write(session: Session, key: str | None, wish: PlanWish) -> str:
    known = selling.list_plans(session, language(), with_closed=True)
    row = selling.get_plan(session, key) if key is not None else None
    kept = dict(row.texts) if row is not None else {}
    saved = key or _choose_key(next(iter(wish.texts.values()))["title"], known)
    position = row.position if row is not None else len(known)
    given = {code: each for code, each in wish.texts.items() if each["title"]}
    # Words in languages that the site does not offer now stay for later.
    selling.save_plan(session, saved, {**kept, **given}, position=position, is_open=wish.is_open, now=now())
    selling.set_trial(session, saved, wish.trial_days, needs_card=wish.trial_needs_card)
    selling.set_seats(session, saved, wish.most_seats)
    before = next((each for each in known if each.key == saved), None)
    for interval, price in wish.prices.items():
        if before is not None:
            _close_others(session, before, interval, None if price is None else wish.currency)
        if price is not None:
            selling.set_price(session, saved, interval, price.money, now(), bounds=price.bounds, months=price.months)
    grants.give_hosts_all_plans(session, now())
    return saved


def _close_others(session: Session, before: PlanView, interval: str, currency: str | None) -> None:
    """The form shows one price an interval: those in other currencies are sold no longer, nor is any without an amount."""
    for price in before.prices:
        if price.interval == interval and price.money.currency != currency:
            selling.close_price(session, price.id)


def _choose_key(title: str, known: list[PlanView]) -> str:
    base = make_slug(title)[:36] or "plan"
    taken = {each.key for each in known}
    return next(key for key in (base, *(f"{base}-{number}" for number in range(2, 1000))) if key not in taken)


def _fill(session: Session, key: str) -> dict[str, str]:
    row = selling.get_plan(session, key)
    view = next(each for each in selling.list_plans(session, language(), with_closed=True) if each.key == key)
    return fill(row, view.prices)


def _show(key: str | None, values: dict[str, str], errors: dict[str, str], *, said: str = "", problem: str = "") -> str:
    earlier: list[price_moves.EarlierPrice] = []
    if key is not None:
        with services().db.reading() as session:
            earlier = price_moves.list_earlier(session, key)
    least = now().astimezone(ZoneInfo(zone_of_show())) + price_moves.LEAST_AHEAD + timedelta(days=1)
    names = {code: name_language(code) for code in settings().languages}
    return render(
        "studio/plans/page.html",
        key=key,
        values={**EMPTY, **values},
        errors=errors,
        names=names,
        earlier=earlier,
        least_day=least.date().isoformat(),
        said=said,
        problem=problem,
        shows_bounds=any(values.get(name) or name in errors for name in BOUNDS),
    )
