"""Another plan or interval for a running subscription: what there is to choose, what it costs today, and carrying it out.

What costs more takes effect today and is charged for the difference; what is shorter or cheaper is planned for the end of
the period that is paid.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from itsdangerous import BadData, URLSafeTimedSerializer
from sqlalchemy.orm import Session

from podcastsvc.billing import apply, plans
from podcastsvc.billing.account import require_account
from podcastsvc.billing.calls import moving
from podcastsvc.billing.changing import running
from podcastsvc.billing.desk import Desk
from podcastsvc.billing.facts import Interval, ItemChange, PortalRequest
from podcastsvc.billing.plans import PriceView
from podcastsvc.billing.portal import create_portal, find_settings
from podcastsvc.errors import Conflict, Invalid, NotFound
from podcastsvc.kit.clock import from_timestamp
from podcastsvc.kit.keys import Keys
from podcastsvc.kit.language import N_
from podcastsvc.kit.money import Money
from podcastsvc.storage.tables.billing import Subscription

KEY_PURPOSE = "plan-change"
LIFETIME_SECONDS = 3600
TOO_OLD = N_("This took a while, so here is what it costs now.")
NOT_A_CHOICE = N_("Choose one of the plans.")
BACK_PATH = "/account/billing/back?from=plan"


@dataclass(frozen=True, slots=True)
class Option:
    """A price that can be had instead. ``is_later``: from the end of the period that is paid; else from today."""

    price: PriceView
    is_later: bool


@dataclass(frozen=True, slots=True)
class Offer:
    """What a member may change to; ``others`` is whether there are prices in another currency, which need a new start."""

    row: Subscription
    options: tuple[Option, ...]
    others: bool


@dataclass(frozen=True, slots=True)
class Preview:
    """What a change would cost today. ``token`` carries it, signed, to the confirmation."""

    option: Option
    due: Money
    starts_at: datetime | None
    token: str


def is_later(interval: str | None, amount_minor: int, to: Interval, to_minor: int) -> bool:
    """Whether a change waits for the period's end: shorter, or less. The same two conditions as the portal's. Pure."""
    return (interval, to) == ("year", "month") or to_minor < amount_minor


def list_options(row: Subscription, prices: Sequence[PriceView]) -> tuple[Option, ...]:
    """What can be had instead of what runs: everything on sale that renews, in the same currency and at a fixed amount, for
    as many people. Pure.

    A newer price of the very same plan and interval is no choice: members keep theirs.
    """
    each_minor = row.amount_minor // max(row.quantity, 1)
    return tuple(
        Option(price, is_later(row.interval, each_minor, price.interval, price.money.amount_minor))
        for price in prices
        if not (price.plan_key in row.plans and price.interval == row.interval)
        and price.interval != "once"
        and price.bounds is None
        and price.most_seats >= row.quantity
        and price.money.currency == row.currency
    )


def find_offer(session: Session, member_id: int, language: str) -> Offer | None:
    """What a member may change to; None where nothing runs that could be changed."""
    row = running.find_row(session, member_id)
    if row is None:
        return None
    prices = [price for plan in plans.list_plans(session, language) for price in plan.prices]
    others = any(price.money.currency != row.currency for price in prices)
    return Offer(row, list_options(row, prices), others)


def preview(desk: Desk, member_id: int, price_id: int, language: str, now: datetime) -> Preview:
    """Asks Stripe what a change costs today. Raises NotFound for a price that is no choice, Conflict where nothing can change."""
    row, option = _get_option(desk, member_id, price_id, language)
    if option.is_later:
        return Preview(option, Money(0, row.currency), row.period_end, _sign(desk.keys, row, price_id, now))
    item = running.get_item(desk.gateway.fetch_subscription(row.stripe_id))
    stripe_price = plans.prepare_price(desk, price_id)
    # Stripe counts in whole seconds, and the change has to name the same one.
    at = now.replace(microsecond=0)
    change = ItemChange(item.id, stripe_price, item.quantity)
    found = moving.preview_change(desk.gateway, row.stripe_id, change, proration_at=at)
    return Preview(option, found.due, None, _sign(desk.keys, row, price_id, at))


def _get_option(desk: Desk, member_id: int, price_id: int, language: str) -> tuple[Subscription, Option]:
    require_account(desk)
    with desk.db.reading() as session:
        offer = find_offer(session, member_id, language)
    if offer is None:
        raise Conflict(running.NOT_NOW)
    option = next((each for each in offer.options if each.price.id == price_id), None)
    if option is None:
        raise NotFound(NOT_A_CHOICE)
    return offer.row, option


def _sign(keys: Keys, row: Subscription, price_id: int, at: datetime) -> str:
    return _make_serializer(keys).dumps([row.stripe_id, price_id, int(at.timestamp())])


def _make_serializer(keys: Keys) -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(keys.sign_with(KEY_PURPOSE), salt="change")


def read_price_id(keys: Keys, token: str) -> int | None:
    """Which price a confirmation is about, also one that is too old to be carried out; None for none of ours."""
    try:
        return int(_make_serializer(keys).loads(token)[1])
    except BadData:
        return None


def change_now(desk: Desk, member_id: int, token: str, language: str) -> running.Outcome | str:
    """Carries out what was shown, at the amount that was shown. An address is where the bank wants to be answered first.

    Where the card is declined the old plan stays and nothing is owed. Raises Conflict for a confirmation that is too old
    or of another membership.
    """
    try:
        stripe_id, price_id, at = _make_serializer(desk.keys).loads(token, max_age=LIFETIME_SECONDS)
    except BadData as problem:
        raise Conflict(TOO_OLD) from problem
    row, option = _get_option(desk, member_id, int(price_id), language)
    if row.stripe_id != stripe_id or option.is_later:
        raise Conflict(TOO_OLD)
    facts = desk.gateway.fetch_subscription(row.stripe_id)
    item = running.get_item(facts)
    if facts.schedule_id is not None:
        moving.release_schedule(desk.gateway, facts.schedule_id)
    stripe_price = plans.prepare_price(desk, option.price.id)
    try:
        change = ItemChange(item.id, stripe_price, item.quantity)
        changed = moving.change_item(desk.gateway, row.stripe_id, change, proration_at=from_timestamp(at))
    except Invalid:
        apply.sync_subscription(desk, row.stripe_id)
        return "declined"
    waiting = running.settle_waiting(desk, changed) if changed.has_pending_update else None
    apply.sync_subscription(desk, row.stripe_id)
    return waiting or "changed"


def open_planning(desk: Desk, member_id: int, price_id: int, language: str) -> str:
    """The address of Stripe's page that plans a shorter or cheaper price for the period's end. Raises as ``preview``."""
    row, option = _get_option(desk, member_id, price_id, language)
    if not option.is_later:
        raise Conflict(TOO_OLD)
    facts = desk.gateway.fetch_subscription(row.stripe_id)
    item = running.get_item(facts)
    # Before the portal's settings, which name the prices that exist.
    stripe_price = plans.prepare_price(desk, price_id)
    request = PortalRequest(
        customer_id=row.customer_id,
        return_url=desk.sender.link(BACK_PATH, language),
        language=language,
        configuration_id=find_settings(desk),
        flow="plan",
        subscription_id=row.stripe_id,
        item=ItemChange(item.id, stripe_price, item.quantity),
    )
    return create_portal(desk.gateway, request)


def keep_plan(desk: Desk, member_id: int) -> None:
    """Takes a planned change back. Raises Conflict where nothing can change."""
    require_account(desk)
    with desk.db.reading() as session:
        row = running.find_row(session, member_id)
    if row is None:
        raise Conflict(running.NOT_NOW)
    facts = desk.gateway.fetch_subscription(row.stripe_id)
    if facts.schedule_id is not None:
        moving.release_schedule(desk.gateway, facts.schedule_id)
    apply.sync_subscription(desk, row.stripe_id)
