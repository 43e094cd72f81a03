"""Stripe's portal and what a member does with a running subscription: card, receipts, leaving, staying after all."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import select
from sqlalchemy.orm import Session

from podcastsvc.billing import apply, customers, plans
from podcastsvc.billing.account import require_account
from podcastsvc.billing.calls import payments, writing
from podcastsvc.billing.calls.ensuring import ensure_portal_settings
from podcastsvc.billing.desk import Desk
from podcastsvc.billing.facts import PortalProduct, PortalRequest
from podcastsvc.billing.gateway import Gateway, Missing, any_of
from podcastsvc.billing.joining import coupons
from podcastsvc.errors import Conflict, NotFound
from podcastsvc.kit import clock
from podcastsvc.kit.language import N_
from podcastsvc.kit.money import Money
from podcastsvc.members import subscriptions
from podcastsvc.members.subscriptions import Account
from podcastsvc.storage import jobs
from podcastsvc.storage.facts import find_fact, save_fact
from podcastsvc.storage.tables.billing import Payment, Plan, Price, Subscription

SETTINGS_FACT = "portal"
PAUSE_FACT = "members_may_pause"
NO_ACCOUNT = N_("There is no billing account yet. It is made when you join.")
NOTHING_RUNS = N_("There is no membership to change.")
# What may be said on leaving, in Stripe's words; the pages hold the texts.
REASONS = (
    "too_expensive",
    "missing_features",
    "switched_service",
    "unused",
    "customer_service",
    "too_complex",
    "low_quality",
    "other",
)


@dataclass(frozen=True, slots=True)
class Receipt:
    """A payment as the receipts page lists it; its document is fetched when clicked, because addresses expire."""

    payment_id: str
    paid_at: datetime
    money: Money
    refunded: Money
    is_disputed: bool


def prepare(desk: Desk) -> None:
    """Makes open prices, coupons and the portal's settings at Stripe, or mends them. The handler of ``billing.prepare``."""
    account = require_account(desk)
    with desk.db.reading() as session:
        price_ids = list(session.scalars(select(Price.id).where(Price.is_open).order_by(Price.id)))
    for price_id in price_ids:
        plans.prepare_price(desk, price_id)
    coupons.prepare_all(desk, clock.now())
    _prepare_settings(desk, account)


def prepare_settings(desk: Desk) -> None:
    """Makes the portal's settings at Stripe, or mends them."""
    _prepare_settings(desk, require_account(desk))


def _prepare_settings(desk: Desk, account: Account) -> str:
    with desk.db.reading() as session:
        products = _list_products(session, account)
        may_pause = may_members_pause(session)
    return_url = desk.sender.link("/account", desk.sender.default_language)
    found = ensure_portal_settings(desk.gateway, products, return_url, may_pause=may_pause)
    with desk.db.transaction() as session:
        save_fact(session, SETTINGS_FACT, {"account": account.id, "livemode": account.livemode, "id": found})
    return found


def may_members_pause(session: Session) -> bool:
    """Whether the host lets members pause in the portal; not unless they say so."""
    found = find_fact(session, PAUSE_FACT)
    return found is not None and bool(found["may"])


def let_members_pause(session: Session, *, may: bool) -> None:
    """The host's word on pausing, which a job carries to the portal's settings."""
    save_fact(session, PAUSE_FACT, {"may": may})
    jobs.enqueue(session, plans.PREPARE_JOB, unique_key=plans.PREPARE_JOB)


def _list_products(session: Session, account: Account) -> list[PortalProduct]:
    """The plans between whose prices members may switch: those that renew and exist at Stripe."""
    rows = session.execute(
        select(Plan.stripe_id, Price.stripe_id)
        .join(Price, Price.plan_id == Plan.id)
        .where(Plan.is_open, Price.is_open, Price.interval != "once", Price.account == account.id)
        .order_by(Plan.id, Price.id)
    ).all()
    found: dict[str, list[str]] = {}
    for product_id, price_id in rows:
        if product_id and price_id:
            found.setdefault(product_id, []).append(price_id)
    return [PortalProduct(product_id, tuple(price_ids)) for product_id, price_ids in found.items()]


def open_portal(
    desk: Desk, member_id: int, *, language: str, return_path: str = "/account", flow: Literal["home", "card"] = "home"
) -> str:
    """The address of Stripe's portal for a member; ``flow`` "card" shows the card form alone.

    Raises NotFound where the member has no billing account, Unavailable where Stripe is away.
    """
    require_account(desk)
    with desk.db.reading() as session:
        running = _find_shown(session, member_id)
        customer = customers.find_customer(session, member_id)
    customer_id = running.customer_id if running is not None else customer.stripe_id if customer is not None else None
    if customer_id is None:
        raise NotFound(NO_ACCOUNT)
    return _open(desk, customer_id, language=language, return_path=return_path, flow=flow)


def open_card_form(desk: Desk, subscription_id: str, *, language: str) -> str:
    """The card form for the subscription of a letter's link. It leads back to a page that needs no sign-in either."""
    require_account(desk)
    with desk.db.reading() as session:
        row = subscriptions.find_subscription(session, subscription_id)
    if row is None:
        raise NotFound(NO_ACCOUNT)
    return _open(desk, row.customer_id, language=language, return_path="/billing/done", flow="card")


def open_donation(desk: Desk, subscription_id: str, *, language: str) -> str:
    """The portal of who gives each month, for the link of a letter. Raises NotFound for anything but a donation."""
    require_account(desk)
    with desk.db.reading() as session:
        row = subscriptions.find_subscription(session, subscription_id)
    if row is None or row.kind != "donation":
        raise NotFound(NO_ACCOUNT)
    return _open(desk, row.customer_id, language=language, return_path="/support", flow="home")


def find_invoice_page(desk: Desk, subscription_id: str) -> str | None:
    """The page where the bank's confirmation of the open invoice is asked for; None where nothing is open any more."""
    require_account(desk)
    facts = desk.gateway.fetch_subscription(subscription_id)
    invoice = facts.latest_invoice
    return invoice.page_url if invoice is not None and invoice.status == "open" else None


def _open(desk: Desk, customer_id: str, *, language: str, return_path: str, flow: Literal["home", "card"]) -> str:
    request = PortalRequest(
        customer_id=customer_id,
        return_url=desk.sender.link(return_path, language),
        language=language,
        configuration_id=find_settings(desk),
        flow=flow,
    )
    try:
        return create_portal(desk.gateway, request)
    except Missing as problem:
        if problem.parameter == "customer":
            customers.mark_deleted(desk, customer_id)
            raise NotFound(NO_ACCOUNT) from problem
        raise


def find_settings(desk: Desk) -> str:
    """The id of our portal configuration, which is made at its first use."""
    account = require_account(desk)
    with desk.db.reading() as session:
        found = find_fact(session, SETTINGS_FACT)
    if found is not None and (found["account"], found["livemode"]) == (account.id, account.livemode):
        return str(found["id"])
    return _prepare_settings(desk, account)


def create_portal(gateway: Gateway, request: PortalRequest) -> str:
    """The address of a portal visit, good for a few minutes. Raises Missing where the customer is gone."""
    params = any_of(writing.write_portal(request))
    return gateway.fetch(_read_url, lambda client: client.v1.billing_portal.sessions.create(params))


def _read_url(found: Mapping[str, Any]) -> str:
    return str(found["url"])


def leave(desk: Desk, member_id: int, *, reason: str | None = None, comment: str = "") -> Subscription:
    """Ends the membership with the period that is paid; until then everything works. Returns the row as it is now.

    Raises NotFound where nothing runs. An unknown reason counts as none.
    """
    row = _get_shown(desk, member_id)
    feedback = reason if reason in REASONS else None
    with suppress(Missing):  # it may have ended meanwhile; the row below then says so
        desk.gateway.set_cancel(row.stripe_id, at_period_end=True, feedback=feedback, comment=comment[:500])
    return _sync(desk, row.stripe_id)


def stay(desk: Desk, member_id: int) -> Subscription:
    """Takes leaving back: no gap, no second charge. Raises Conflict where it has ended by now, NotFound where nothing runs."""
    row = _get_shown(desk, member_id)
    try:
        desk.gateway.set_cancel(row.stripe_id, at_period_end=False)
    except Missing as problem:
        _sync(desk, row.stripe_id)
        raise Conflict(NOTHING_RUNS) from problem
    return _sync(desk, row.stripe_id)


def list_receipts(session: Session, member_id: int) -> list[Receipt]:
    """What a member has paid, newest first; from our table, so it is there when Stripe is not."""
    query = select(Payment).where(
        Payment.member_id == member_id,
        Payment.paid_at.is_not(None),
        subscriptions.is_of_account(Payment.account, Payment.livemode),
    )
    return [
        Receipt(
            payment_id=row.stripe_id,
            paid_at=row.paid_at,
            money=Money(row.amount_minor, row.currency),
            refunded=Money(row.refunded_minor, row.currency),
            is_disputed=row.dispute_state is not None,
        )
        for row in session.scalars(query.order_by(Payment.paid_at.desc(), Payment.stripe_id))
        if row.paid_at is not None
    ]


def find_receipt(desk: Desk, member_id: int, payment_id: str) -> str:
    """The address of a receipt at Stripe, for a short while. Raises NotFound for somebody else's payment."""
    with desk.db.reading() as session:
        row = session.get(Payment, payment_id)
    if row is None or row.member_id != member_id:
        raise NotFound(N_("There is no such receipt."))
    require_account(desk)
    page = payments.fetch_invoice(desk.gateway, row.invoice_id).page_url if row.invoice_id is not None else None
    found = page or payments.fetch_payment(desk.gateway, payment_id).receipt_url
    if found is None:
        raise NotFound(N_("Stripe has no receipt for this payment."))
    return found


def _find_shown(session: Session, member_id: int) -> Subscription | None:
    """The subscription that a member's buttons act on: the newest that has not ended."""
    rows = subscriptions.list_of_member(session, member_id)
    return next((row for row in rows if row.ended_at is None and row.kind == "membership"), None)


def _get_shown(desk: Desk, member_id: int) -> Subscription:
    require_account(desk)
    with desk.db.reading() as session:
        row = _find_shown(session, member_id)
    if row is None:
        raise NotFound(NOTHING_RUNS)
    return row


def _sync(desk: Desk, stripe_id: str) -> Subscription:
    apply.sync_subscription(desk, stripe_id)
    with desk.db.reading() as session:
        row = subscriptions.find_subscription(session, stripe_id)
    if row is None:
        raise NotFound(NOTHING_RUNS)
    return row
