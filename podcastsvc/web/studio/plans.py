"""The studio's plans: their words in each language, their prices, and whether they can be joined."""

import logging
import re
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any, Literal

from flask import make_response, request
from flask_login import current_user
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from podcastsvc.billing import plans as selling
from podcastsvc.billing.plans import PlanView
from podcastsvc.catalogue.shownotes import make_slug
from podcastsvc.errors import Invalid
from podcastsvc.kit.language import name_language
from podcastsvc.kit.money import Money, count_digits, is_currency
from podcastsvc.members import grants
from podcastsvc.web.context import language, now, services, settings
from podcastsvc.web.pages import gettext, render
from podcastsvc.web.sign_in.gates import host_only
from podcastsvc.web.studio.blueprint import blueprint, go
from podcastsvc.web.studio.forms import FormReader

log = logging.getLogger(__name__)

INTERVALS: tuple[Literal["month", "year"], ...] = ("month", "year")
_EMPTY = {"is_open": "", "currency": "", "month": "", "year": ""}


@blueprint.get("/plans")
@host_only
def plans() -> str:
    """All plans, also those that cannot be joined any more."""
    with services().db.reading() as session:
        found = selling.list_plans(session, language(), with_closed=True)
    return render("studio/plans/index.html", plans=found)


@blueprint.get("/plans/new")
@host_only
def new_plan() -> str:
    """The form of a further plan."""
    return _show(None, {"is_open": "1", "currency": "EUR"}, {})


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
    return _show(key, values, {})


@blueprint.post("/plans/<key>")
@host_only
def save_plan(key: str) -> str | Response:
    """Saves words and prices; running subscriptions keep the price they were bought at."""
    with services().db.reading() as session:
        selling.get_plan(session, key)
    return _save(key)


def _save(key: str | None) -> str | Response:
    form = FormReader(request.form)
    texts = {code: _read_texts(form, code) for code in settings().languages}
    currency = form.line("currency").upper()
    if not is_currency(currency):
        form.errors["currency"] = gettext(selling.BAD_CURRENCY)
    amounts = {interval: _read_amount(form, interval, currency) for interval in INTERVALS}
    if not form.errors:
        try:
            with services().db.transaction() as session:
                saved = _write(session, key, texts, amounts, currency)
            log.info("plan saved", extra={"plan": saved, "by": current_user.id})
            return go("studio.plans")
        except Invalid as refusal:
            form.take(refusal, f"title_{settings().default_language}")
    return make_response(_show(key, request.form.to_dict(), form.errors), 422)


def _write(
    session: Session,
    key: str | None,
    texts: dict[str, dict[str, Any]],
    amounts: Mapping[Literal["month", "year"], Money | None],
    currency: str,
) -> str:
    known = selling.list_plans(session, language(), with_closed=True)
    row = selling.get_plan(session, key) if key is not None else None
    kept = dict(row.texts) if row is not None else {}
    saved = key or _choose_key(next(iter(texts.values()))["title"], known)
    position = row.position if row is not None else len(known)
    given = {code: each for code, each in texts.items() if each["title"]}
    # Words in languages that the site does not offer now stay for later.
    selling.save_plan(
        session, saved, {**kept, **given}, position=position, is_open="is_open" in request.form, now=now()
    )
    before = next((each for each in known if each.key == saved), None)
    for interval, money in amounts.items():
        if before is not None:
            _close_others(session, before, interval, None if money is None else currency)
        if money is not None:
            selling.set_price(session, saved, interval, money, now())
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


def _read_texts(form: FormReader, code: str) -> dict[str, Any]:
    """The words in one language; only the site's first language must have a title."""
    needed = gettext("Enter a title.") if code == settings().default_language else ""
    found = {
        "title": form.line(f"title_{code}", limit_chars=80, needed=needed),
        "summary": form.text(f"summary_{code}", limit_chars=300),
        "benefits": form.lines(f"benefits_{code}"),
    }
    if not found["title"] and (found["summary"] or found["benefits"]):
        form.errors[f"title_{code}"] = gettext("Enter a title.")
    return found


def _read_amount(form: FormReader, name: str, currency: str) -> Money | None:
    """An amount in whole units, ``6`` or ``6.50`` or ``6,50``; None where the field is empty."""
    raw = form.line(name).replace(",", ".").replace(" ", "")
    if not raw:
        return None
    digits = count_digits(currency)
    try:
        minor = Decimal(raw).scaleb(digits) if re.fullmatch(r"\d{1,7}(\.\d{1,3})?", raw) else None
    except InvalidOperation:
        minor = None
    if minor is None or minor != int(minor) or not minor:
        form.errors[name] = gettext("Enter an amount such as 6 or 6.50.")
        return None
    return Money(int(minor), currency)


def _fill(session: Session, key: str) -> dict[str, str]:
    row = selling.get_plan(session, key)
    view = next(each for each in selling.list_plans(session, language(), with_closed=True) if each.key == key)
    currency = view.prices[0].money.currency if view.prices else "EUR"
    values = {"is_open": "1" if row.is_open else "", "currency": currency}
    for price in view.prices:
        if price.money.currency == currency:
            values[price.interval] = f"{price.money.decimal:f}".removesuffix(".00")
    for code, texts in row.texts.items():
        values[f"title_{code}"] = texts.get("title", "")
        values[f"summary_{code}"] = texts.get("summary", "")
        values[f"benefits_{code}"] = "\n".join(texts.get("benefits", ()))
    return values


def _show(key: str | None, values: dict[str, str], errors: dict[str, str]) -> str:
    names = {code: name_language(code) for code in settings().languages}
    return render("studio/plans/page.html", key=key, values={**_EMPTY, **values}, errors=errors, names=names)
