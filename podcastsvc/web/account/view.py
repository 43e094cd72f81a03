"""All that the account page shows of a member, read in one go."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from markupsafe import Markup
from sqlalchemy.orm import Session

from podcastsvc.billing import plans, portal
from podcastsvc.billing.changing import price_moves, running
from podcastsvc.billing.letters.grouping import name_person
from podcastsvc.billing.letters.texts import write_price
from podcastsvc.billing.plans import PriceView
from podcastsvc.kit.money import Money
from podcastsvc.members import feed_tokens, link_use, seats, subscriptions
from podcastsvc.members.entitlements import Entitlement, Standing, get_entitlement
from podcastsvc.stats.agents import name_app
from podcastsvc.stats.reports import SharedLink, count_listening_days
from podcastsvc.storage.tables.billing import Subscription
from podcastsvc.storage.tables.member import FeedLink, LinkReader, Member
from podcastsvc.storage.tables.offer import PriceMove
from podcastsvc.web.account import usage, watching
from podcastsvc.web.account.blueprint import get_self
from podcastsvc.web.account.own_feeds import OwnFeed, draw_setup_code, make_own_feed
from podcastsvc.web.account.standing import StandingLine, describe
from podcastsvc.web.account.watching import Watch
from podcastsvc.web.context import language, now, services

_BRANDS = {"amex": "American Express", "jcb": "JCB", "unionpay": "UnionPay", "diners": "Diners Club"}


@dataclass(frozen=True, slots=True)
class PaymentView:
    """A subscription as its member sees it. ``next_at`` is the next payment; None where nothing will be charged.

    ``people`` are those it is paid for; ``has_group``: others are or may be among them. ``planned`` is the price that
    follows at ``planned_at``; ``moves_to`` the one that the host moves it to, with the first
    payment after ``moves_at``.
    """

    plan: str
    price: str
    next_at: datetime | None
    card: str
    can_leave: bool
    can_change: bool = False
    planned: str = ""
    planned_at: datetime | None = None
    is_paused: bool = False
    may_pause: bool = False
    moves_to: str = ""
    moves_at: datetime | None = None
    people: int = 1
    has_group: bool = False


@dataclass(frozen=True, slots=True)
class FailedPayment:
    """A payment that did not go through: which card, when, until when access lasts, and the next try."""

    last4: str
    failed_at: datetime | None
    until: datetime | None
    next_try_at: datetime | None


@dataclass(frozen=True, slots=True)
class ReaderLine:
    """One app that reads a feed of the member's, and when last. ``app`` is "" where no list names it.

    ``days`` are those of the last 30 on which it fetched audio.
    """

    app: str
    label: str
    at: datetime
    days: int


@dataclass(frozen=True, slots=True)
class SeatLine:
    """A seat of the member's in a group, by who pays for it."""

    payer_id: int
    payer: str


@dataclass(frozen=True, slots=True)
class AccountView:
    """``feed`` is the oldest live link; None where the host has taken every link away.

    ``readers`` are all links' readers, the latest first; ``sign`` is the latest one that a link is shared.
    """

    member: Member
    entitlement: Entitlement
    standing: StandingLine
    payment: PaymentView | None
    failed: FailedPayment | None
    price_id: int | None
    feed: OwnFeed | None
    qr: Markup | None
    watch: Watch | None
    readers: list[ReaderLine]
    sign: SharedLink | None
    heard_at: datetime | None
    seats: list[SeatLine]

    @property
    def is_confirming(self) -> bool:
        return self.entitlement.standing is Standing.CONFIRMING

    @property
    def has_password(self) -> bool:
        return self.member.password_hash is not None


def read_account() -> AccountView:
    """The account page's values for the signed-in member."""
    with services().db.reading() as session:
        member = get_self(session)
        entitlement = get_entitlement(session, member.id, now())
        shown = entitlement.subscription_id
        row = subscriptions.find_subscription(session, shown) if shown is not None else None
        price = plans.find_price(session, row.price_id, language()) if row is not None and row.price_id else None
        planned_id = row.planned_price_id if row is not None else None
        planned = plans.find_price(session, planned_id, language()) if planned_id is not None else None
        may_pause = portal.may_members_pause(session)
        move = price_moves.find_for(session, row) if row is not None else None
        moved = plans.find_price(session, move.to_price_id, language()) if move is not None else None
        failed = _find_failed(session, member) if entitlement.needs_card else None
        links = feed_tokens.list_links(session, member.id)
        readers = link_use.list_readers(session, [link.id for link in links])
        listened = count_listening_days(session, [link.id for link in links])
        shared = usage.find_shared(session, [link.id for link in links])
        seated = [
            SeatLine(each.member.id, name_person(each.member)) for each in seats.list_of_member(session, member.id)
        ]
    # The words need the show's zone, the feed its shows: they are read by themselves, after this session is closed.
    return AccountView(
        member=member,
        entitlement=entitlement,
        standing=describe(entitlement, row, member.created_at),
        payment=_view_payment(row, price, planned, moved, move, may_pause=may_pause)
        if row is not None and row.ended_at is None and row.kind == "membership"
        else None,
        failed=failed,
        price_id=row.price_id if row is not None else None,
        feed=make_own_feed(links[0]) if links else None,
        qr=draw_setup_code(links[0]) if links else None,
        watch=watching.make_account_watch(links[0], readers[links[0].id], "account.page") if links else None,
        readers=_join_readers(links, readers, listened),
        sign=max(shared.values(), key=lambda each: each.day, default=None),
        heard_at=max((link.heard_at for link in links if link.heard_at is not None), default=None),
        seats=seated,
    )


def _join_readers(
    links: list[FeedLink], readers: dict[int, list[LinkReader]], listened: Mapping[tuple[int, str], int]
) -> list[ReaderLine]:
    found = [
        ReaderLine(name_app(reader.name), link.label, reader.last_at, listened[link.id, reader.name])
        for link in links
        for reader in readers[link.id]
    ]
    return sorted(found, key=lambda line: line.at, reverse=True)


def _view_payment(
    row: Subscription,
    price: PriceView | None,
    planned: PriceView | None,
    moved: PriceView | None,
    move: PriceMove | None,
    *,
    may_pause: bool,
) -> PaymentView:
    goes_on = row.status in subscriptions.GOOD and row.cancel_at is None and not row.is_collection_paused
    return PaymentView(
        plan=price.title if price is not None else "",
        people=row.quantity,
        has_group=row.quantity > 1 or (price is not None and price.most_seats > 1),
        price=write_price(Money(row.amount_minor, row.currency), row.interval, language()),
        next_at=(row.trial_end or row.period_end if row.status == "trialing" else row.period_end) if goes_on else None,
        card=write_card(row),
        can_leave=row.cancel_at is None and services().find_gateway() is not None,
        can_change=running.may_change(row) and services().find_gateway() is not None,
        planned=_write_for_all(planned, row) if planned is not None else "",
        planned_at=row.planned_at,
        is_paused=row.status == "paused",
        may_pause=may_pause,
        moves_to=_write_for_all(moved, row) if moved is not None else "",
        moves_at=move.takes_effect_at if move is not None else None,
    )


def _write_for_all(price: PriceView, row: Subscription) -> str:
    """What a price costs for everybody that a subscription pays for."""
    return write_price(price.money.times(row.quantity), price.interval, language())


def write_card(row: Subscription) -> str:
    """``Visa •• 4242, 08/34``; "" where nothing is known of the card."""
    if not row.card_last4:
        return ""
    brand = row.card_brand or ""
    words = f"{_BRANDS.get(brand, brand.title())} •• {row.card_last4}".strip()
    year, _, month = (row.card_expires or "").partition("-")
    return f"{words}, {month}/{year[2:]}" if month else words


def _find_failed(session: Session, member: Member) -> FailedPayment | None:
    rows = subscriptions.list_of_member(session, member.id)
    row = next((each for each in rows if each.status == "past_due"), None)
    if row is None:
        return None
    return FailedPayment(row.card_last4 or "", row.past_due_since, row.access_kept_until, row.next_try_at)
