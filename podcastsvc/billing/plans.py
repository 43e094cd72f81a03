"""Plans and their prices: what is sold, in our tables and at Stripe."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from podcastsvc.billing.account import require_account
from podcastsvc.billing.calls.ensuring import ensure_price, ensure_product
from podcastsvc.billing.calls.writing import name_product
from podcastsvc.billing.desk import Desk
from podcastsvc.billing.facts import Interval, PriceFacts, PriceRequest, ProductRequest
from podcastsvc.errors import Conflict, Invalid, NotFound
from podcastsvc.kit.language import N_, sentence
from podcastsvc.kit.money import Money, is_currency
from podcastsvc.kit.text import clean_line, clean_text
from podcastsvc.storage import jobs
from podcastsvc.storage.facts import get_site_id
from podcastsvc.storage.inserts import insert_if_absent
from podcastsvc.storage.tables.billing import Plan, Price

PREPARE_JOB = "billing.prepare"
FIRST_KEY = "members"
BAD_KEY = N_("Use only a-z, 0-9 and - in a plan's key.")
NO_TITLE = N_("Enter a title.")
BAD_AMOUNT = N_("Enter an amount of more than 0 and less than 1,000,000.")
OUT_OF_BOUNDS = N_("Choose an amount within the limits.")
BAD_CURRENCY = N_("Enter a currency's code such as EUR or USD.")
NOT_OFFERED = N_("This price is not offered any more. Choose another one.")
BAD_BOUNDS = N_("The lowest amount must be the smallest, and the highest the largest.")
BAD_SEATS = N_("A group has at most 1,000 people.")
MOST_SEATS = 1000
BAD_TRIAL = N_("A trial lasts at most 730 days.")
MOST_TRIAL_DAYS = 730  # what Stripe takes
_INTERVALS = ("year", "month", "once")
MOST_MINOR = 99_999_999
"""What Stripe takes in one payment, in the currency's smallest unit."""
_FIRST_TEXTS = {
    "en": {
        "title": "Member",
        "summary": "Every episode, in the app you already use.",
        "benefits": [
            "All episodes, early and complete",
            "One private feed for life",
            "You keep the show free of strings",
        ],
    },
    "es": {
        "title": "Miembro",
        "summary": "Todos los episodios, en la aplicación que ya usas.",
        "benefits": [
            "Todos los episodios, antes y completos",
            "Un canal privado para siempre",
            "Mantienes el programa sin ataduras",
        ],
    },
}


@dataclass(frozen=True, slots=True)
class Bounds:
    """Between which amounts buyers may choose; None for no upper one."""

    least: Money
    most: Money | None


@dataclass(frozen=True, slots=True)
class PriceView:
    """A price as people see it. ``plan_key`` and ``title`` are its plan's.

    ``bounds`` where buyers choose the amount; ``money`` is then what we suggest. ``months`` is how long a price that is
    paid once lasts; None for good. ``trial_days`` come before the first payment, for whoever has had none.
    ``most_seats`` is the largest group that one buyer can pay for; 1 where it is for one person.
    """

    id: int
    plan_key: str
    title: str
    interval: Interval
    money: Money
    is_open: bool
    bounds: Bounds | None = None
    months: int | None = None
    trial_days: int = 0
    trial_needs_card: bool = True
    most_seats: int = 1


@dataclass(frozen=True, slots=True)
class PlanView:
    """A plan in one language with its open prices, yearly first."""

    key: str
    title: str
    summary: str
    benefits: tuple[str, ...]
    prices: tuple[PriceView, ...]
    is_open: bool


def list_plans(session: Session, language: str, *, with_closed: bool = False) -> list[PlanView]:
    """What can be joined now, in the host's order; for the studio also what cannot."""
    plans = session.scalars(select(Plan).order_by(Plan.position, Plan.id)).all()
    prices = session.scalars(select(Price).where(Price.is_open).order_by(Price.id)).all()
    views = [_view_plan(plan, [each for each in prices if each.plan_id == plan.id], language) for plan in plans]
    return [view for view in views if with_closed or (view.is_open and view.prices)]


def list_titles(session: Session, language: str) -> dict[str, str]:
    """What each plan is called in a language, by its key, also those that are closed."""
    plans = session.scalars(select(Plan).order_by(Plan.position, Plan.id))
    return {plan.key: _texts_of(plan, language)["title"] for plan in plans}


def _view_plan(plan: Plan, prices: list[Price], language: str) -> PlanView:
    texts = _texts_of(plan, language)
    ordered = sorted(prices, key=lambda price: _INTERVALS.index(price.interval))
    return PlanView(
        key=plan.key,
        title=texts["title"],
        summary=texts.get("summary", ""),
        benefits=tuple(texts.get("benefits", ())),
        prices=tuple(_view_price(plan, price, language) for price in ordered),
        is_open=plan.is_open,
    )


def _view_price(plan: Plan, price: Price, language: str) -> PriceView:
    return PriceView(
        id=price.id,
        plan_key=plan.key,
        title=_texts_of(plan, language)["title"],
        interval=cast("Interval", price.interval),
        money=Money(price.amount_minor, price.currency),
        is_open=price.is_open and plan.is_open,
        bounds=_read_bounds(price),
        months=price.months,
        trial_days=plan.trial_days if price.interval != "once" else 0,
        trial_needs_card=plan.trial_needs_card,
        # One payment gives a grant, and an amount of the buyer's own is for themselves.
        most_seats=plan.most_seats if price.interval != "once" and price.least_minor is None else 1,
    )


def _read_bounds(price: Price) -> Bounds | None:
    if price.least_minor is None:
        return None
    most = None if price.most_minor is None else Money(price.most_minor, price.currency)
    return Bounds(Money(price.least_minor, price.currency), most)


def check_seats(price: PriceView, seats: int) -> None:
    """Raises Invalid for ``seats`` where a price is not sold to so many people."""
    if seats == 1:
        return
    if price.most_seats == 1:
        message = sentence("%(plan)s is for one person.", plan=price.title)
        raise Invalid(message, {"seats": message})
    if not 1 < seats <= price.most_seats:
        message = sentence("Enter a number from 1 to %(most)s.", most=price.most_seats)
        raise Invalid(message, {"seats": message})


def settle_amount(price: PriceView, chosen: Money | None) -> Money:
    """What a buyer is charged for one: the price, or the amount they chose where it is left to them.

    Raises Invalid for ``amount`` outside the bounds or in another currency.
    """
    if price.bounds is None:
        return price.money
    money, bounds = chosen or price.money, price.bounds
    most = bounds.most.amount_minor if bounds.most is not None else MOST_MINOR
    if money.currency != price.money.currency or not bounds.least.amount_minor <= money.amount_minor <= most:
        raise Invalid(OUT_OF_BOUNDS, {"amount": OUT_OF_BOUNDS})
    return money


def _texts_of(plan: Plan, language: str) -> Mapping[str, Any]:
    """The plan's texts in a language, else in the first one that it has."""
    found: Mapping[str, Any] = plan.texts.get(language) or next(iter(plan.texts.values()), {"title": plan.key})
    return found


def get_plan(session: Session, key: str) -> Plan:
    """A plan's row, with its words in all languages. Raises NotFound."""
    plan = session.scalar(select(Plan).where(Plan.key == key))
    if plan is None:
        raise NotFound(N_("There is no such plan."))
    return plan


def find_price(session: Session, price_id: int, language: str) -> PriceView | None:
    """One price, also a closed one: members keep theirs."""
    row = session.execute(
        select(Price, Plan).join(Plan, Plan.id == Price.plan_id).where(Price.id == price_id)
    ).one_or_none()
    return None if row is None else _view_price(row[1], row[0], language)


def get_price(session: Session, price_id: int | None) -> PriceView:
    """A price that has been sold, in the plan's first language. Raises NotFound."""
    found = find_price(session, price_id, "") if price_id is not None else None
    if found is None:
        raise NotFound(NOT_OFFERED)
    return found


def save_plan(
    session: Session,
    key: str,
    texts: Mapping[str, Mapping[str, Any]],
    *,
    position: int = 0,
    is_open: bool = True,
    now: datetime,
) -> None:
    """Makes a plan or changes its texts and place. ``texts``: language to title, summary, benefits.

    Raises Invalid for a key that is not made of ``a-z``, ``0-9`` and ``-``, and for a language without a title.
    """
    if not key or len(key) > 40 or not set(key) <= set("abcdefghijklmnopqrstuvwxyz0123456789-"):
        raise Invalid(BAD_KEY, {"key": BAD_KEY})
    cleaned = {language: _clean_texts(language, each) for language, each in texts.items()}
    if not cleaned:
        raise Invalid(NO_TITLE, {"title": NO_TITLE})
    row = {"key": key, "texts": cleaned, "position": position, "is_open": is_open, "created_at": now}
    if not insert_if_absent(session, Plan, row):
        session.execute(update(Plan).where(Plan.key == key).values(texts=cleaned, position=position, is_open=is_open))
    jobs.enqueue(session, PREPARE_JOB, unique_key=PREPARE_JOB)


def set_trial(session: Session, plan_key: str, days: int, *, needs_card: bool) -> None:
    """How long newcomers hear everything before the first payment; 0 for no trial. Raises Invalid for ``trial_days``."""
    if not 0 <= days <= MOST_TRIAL_DAYS:
        raise Invalid(BAD_TRIAL, {"trial_days": BAD_TRIAL})
    session.execute(update(Plan).where(Plan.key == plan_key).values(trial_days=days, trial_needs_card=needs_card))


def set_seats(session: Session, plan_key: str, most: int) -> None:
    """For how many people one buyer can pay; 1 for themselves alone. Groups that run keep their size. Raises Invalid for
    ``most_seats``."""
    if not 1 <= most <= MOST_SEATS:
        raise Invalid(BAD_SEATS, {"most_seats": BAD_SEATS})
    session.execute(update(Plan).where(Plan.key == plan_key).values(most_seats=most))


def _clean_texts(language: str, texts: Mapping[str, Any]) -> dict[str, Any]:
    title = clean_line(str(texts.get("title") or ""), limit_chars=80)
    if not title:
        missing = sentence("The plan has no title in %(language)s.", language=repr(language))
        raise Invalid(missing, {"title_" + language: NO_TITLE})
    return {
        "title": title,
        "summary": clean_text(str(texts.get("summary") or ""), limit_chars=300),
        "benefits": [clean_line(str(each), limit_chars=120) for each in texts.get("benefits") or ()],
    }


def set_price(
    session: Session,
    plan_key: str,
    interval: Interval,
    money: Money,
    now: datetime,
    *,
    bounds: Bounds | None = None,
    months: int | None = None,
) -> int:
    """The plan's open price for an interval and currency; another amount closes it and opens a new one.

    Running subscriptions keep the price they were bought at. Raises NotFound, and Invalid for the field that is named
    like the interval, or ``currency``.
    """
    if not 0 < money.amount_minor <= MOST_MINOR:
        raise Invalid(BAD_AMOUNT, {interval: BAD_AMOUNT})
    if bounds is not None and not _is_inside(money, bounds):
        least_field = interval + "_least"
        raise Invalid(BAD_BOUNDS, {least_field: BAD_BOUNDS})
    if not is_currency(money.currency):
        raise Invalid(BAD_CURRENCY, {"currency": BAD_CURRENCY})
    plan = session.scalar(select(Plan).where(Plan.key == plan_key).with_for_update())
    if plan is None:
        raise NotFound(sentence("There is no plan %(key)s.", key=repr(plan_key)))
    same = (Price.plan_id == plan.id, Price.interval == interval, Price.currency == money.currency, Price.is_open)
    found = session.scalar(select(Price).where(*same))
    wanted = {
        "amount_minor": money.amount_minor,
        "least_minor": bounds.least.amount_minor if bounds is not None else None,
        "most_minor": bounds.most.amount_minor if bounds is not None and bounds.most is not None else None,
        "months": months,
    }
    if found is not None and all(getattr(found, name) == value for name, value in wanted.items()):
        return found.id
    session.execute(update(Price).where(*same).values(is_open=False))
    price = Price(
        plan_id=plan.id,
        interval=interval,
        **wanted,
        currency=money.currency,
        lookup_key=f"{get_site_id(session)}:{plan_key}:{interval}:{money.currency.lower()}",
        created_at=now,
    )
    session.add(price)
    session.flush()  # the caller needs the id
    jobs.enqueue(session, PREPARE_JOB, unique_key=PREPARE_JOB)
    return price.id


def _is_inside(money: Money, bounds: Bounds) -> bool:
    most = bounds.most.amount_minor if bounds.most is not None else MOST_MINOR
    return 0 < bounds.least.amount_minor <= money.amount_minor <= most <= MOST_MINOR


def close_price(session: Session, price_id: int) -> None:
    """Sells it no longer; those who have it keep it."""
    session.execute(update(Price).where(Price.id == price_id).values(is_open=False))


def make_first_plan(session: Session, now: datetime, *, currency: str = "EUR") -> None:
    """The plan of a fresh installation, €6 a month or €60 a year, for the host to change. Does nothing beside others."""
    if session.scalar(select(Plan.id).limit(1)) is not None:
        return
    save_plan(session, FIRST_KEY, _FIRST_TEXTS, now=now)
    set_price(session, FIRST_KEY, "month", Money(600, currency), now)
    set_price(session, FIRST_KEY, "year", Money(6000, currency), now)


def read_plans_of(session: Session, prices: Iterable[PriceFacts], site: str) -> dict[str, tuple[str, int | None]]:
    """For those of Stripe's prices that are ours, by their id: the plan's key, and our price.

    A price is ours when its id is in our table, when it carries our site id, a plan that exists and a price of it, or
    when it sells a plan's product for an amount that the buyer chose: then only the order knows our price.
    """
    rows = session.execute(select(Price.id, Price.stripe_id, Plan.key).join(Plan, Plan.id == Price.plan_id)).all()
    by_stripe = {row.stripe_id: (row.key, row.id) for row in rows if row.stripe_id}
    by_ours = {(row.key, str(row.id)): (row.key, row.id) for row in rows}
    by_product = {name_product(row.key, site): (row.key, None) for row in rows}
    found: dict[str, tuple[str, int | None]] = {}
    for price in prices:
        ours: tuple[str, int | None] | None = by_stripe.get(price.id)
        if ours is None and price.metadata.get("site") == site:
            ours = by_ours.get((price.metadata.get("plan", ""), price.metadata.get("price", "")))
        if ours is None:
            ours = by_product.get(price.product_id)
        if ours is not None:
            found[price.id] = ours
    return found


def find_sold(session: Session, stripe_id: str) -> int | None:
    """Our price behind one of Stripe's; None for one that is not ours."""
    return session.scalar(select(Price.id).where(Price.stripe_id == stripe_id))


def find_product_of_chosen(session: Session, price_id: int) -> str | None:
    """Stripe's product of a price whose amount is the buyer's choice; None for one that is the same for all."""
    query = select(Plan.stripe_id).join(Price, Price.plan_id == Plan.id)
    return session.scalar(query.where(Price.id == price_id, Price.least_minor.is_not(None)))


def prepare_price(desk: Desk, price_id: int) -> str:
    """Stripe's id of one of our prices, which is made there where it is missing. Raises Conflict for an unknown price."""
    account = require_account(desk)
    with desk.db.reading() as session:
        row = session.execute(
            select(Price, Plan).join(Plan, Plan.id == Price.plan_id).where(Price.id == price_id)
        ).one_or_none()
    if row is None:
        raise Conflict(NOT_OFFERED)
    price, plan = row[0], row[1]
    code = desk.tax.code_of("membership")
    if code and plan.tax_code != code:
        _state_tax_code(desk, plan, code)
    if price.stripe_id is not None and (price.account, price.livemode) == (account.id, account.livemode):
        return str(price.stripe_id)
    request = PriceRequest(
        plan_key=plan.key,
        plan_title=_texts_of(plan, next(iter(plan.texts), ""))["title"],
        price_key=str(price.id),
        lookup_key=price.lookup_key,
        money=Money(price.amount_minor, price.currency),
        interval=cast("Interval", price.interval),
        tax=desk.tax,
    )
    facts = ensure_price(desk.gateway, request)
    where = {"account": account.id, "livemode": account.livemode}
    with desk.db.transaction() as session:
        # A price that went back to an earlier amount may have found the one made for that earlier row.
        session.execute(update(Price).where(Price.stripe_id == facts.id, Price.id != price_id).values(stripe_id=None))
        session.execute(update(Price).where(Price.id == price_id).values(stripe_id=facts.id, **where))
        session.execute(update(Plan).where(Plan.id == plan.id).values(stripe_id=facts.product_id, **where))
    return facts.id


def _state_tax_code(desk: Desk, plan: Plan, code: str) -> None:
    """Tells Stripe what a plan is to a tax office: taxes may have been switched on after the plan was made there."""
    title = _texts_of(plan, next(iter(plan.texts), ""))["title"]
    ensure_product(desk.gateway, ProductRequest(title, plan.key, tax_code=code))
    with desk.db.transaction() as session:
        session.execute(update(Plan).where(Plan.id == plan.id).values(tax_code=code))


def forget_price(desk: Desk, price_id: int) -> None:
    """Drops Stripe's id of a price that Stripe does not know, so that it is made again."""
    with desk.db.transaction() as session:
        session.execute(update(Price).where(Price.id == price_id).values(stripe_id=None))
