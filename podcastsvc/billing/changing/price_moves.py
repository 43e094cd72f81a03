"""Moving those who pay an earlier price to the one that is on sale: told at least 30 days before, and never by proration."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Select, delete, exists, func, select, update
from sqlalchemy.orm import Session

from podcastsvc.billing import apply, owing, plans
from podcastsvc.billing.account import require_account
from podcastsvc.billing.calls import moving
from podcastsvc.billing.desk import Desk
from podcastsvc.billing.facts import ItemChange
from podcastsvc.billing.letters.texts import write_price
from podcastsvc.errors import Conflict, Failure, Invalid, NotFound
from podcastsvc.kit.language import N_
from podcastsvc.kit.money import Money
from podcastsvc.members.subscriptions import is_of_account
from podcastsvc.storage.inserts import insert_if_absent
from podcastsvc.storage.tables.billing import Plan, Price, Subscription
from podcastsvc.storage.tables.letter import Letter
from podcastsvc.storage.tables.member import Member
from podcastsvc.storage.tables.offer import PriceMove

LETTER = "price_moves"
TOLD_BEFORE = timedelta(days=30)
# The letter is written a moment after the host has decided.
LEAST_AHEAD = timedelta(days=31)
TOO_SOON = N_("Choose a day that is at least 31 days away: members are told 30 days before.")
NOTHING_TO_MOVE = N_("Nobody pays this price, or there is no other one to move to.")
_RUNNING = ("trialing", "active", "past_due")


@dataclass(frozen=True, slots=True)
class EarlierPrice:
    """A price that is sold no longer and that members still pay, with the one on sale in its place.

    ``takes_effect_at`` where they are on their way to it.
    """

    price_id: int
    interval: str
    money: Money
    members: int
    to_price_id: int
    to_money: Money
    takes_effect_at: datetime | None


def list_earlier(session: Session, plan_key: str) -> list[EarlierPrice]:
    """The plan's earlier prices that can be moved from. Amounts that members chose themselves stay theirs."""
    rows = session.scalars(
        select(Price).join(Plan, Plan.id == Price.plan_id).where(Plan.key == plan_key).order_by(Price.id)
    ).all()
    on_sale = {(row.interval, row.currency): row for row in rows if row.is_open and row.least_minor is None}
    found = []
    for row in rows:
        to = on_sale.get((row.interval, row.currency))
        if row.is_open or row.least_minor is not None or row.interval == "once" or to is None:
            continue
        members = session.scalar(select(func.count()).select_from(_select_paying(row.id).subquery())) or 0
        move = _find_move(session, row.id)
        if members:
            found.append(
                EarlierPrice(
                    price_id=row.id,
                    interval=row.interval,
                    money=Money(row.amount_minor, row.currency),
                    members=members,
                    to_price_id=to.id,
                    to_money=Money(to.amount_minor, to.currency),
                    takes_effect_at=move.takes_effect_at if move is not None else None,
                )
            )
    return found


def _select_paying(price_id: int) -> Select[Subscription]:
    """Those who go on paying a price; who leaves or changes by themselves is left alone."""
    return select(Subscription).where(
        Subscription.price_id == price_id,
        Subscription.kind == "membership",
        Subscription.status.in_(_RUNNING),
        Subscription.cancel_at.is_(None),
        Subscription.planned_price_id.is_(None),
        Subscription.member_id.is_not(None),
        is_of_account(Subscription.account, Subscription.livemode),
    )


def _find_move(session: Session, from_price_id: int) -> PriceMove | None:
    query = select(PriceMove).where(PriceMove.from_price_id == from_price_id, PriceMove.done_at.is_(None))
    return session.scalars(query.order_by(PriceMove.id.desc()).limit(1)).first()


def find_for(session: Session, row: Subscription) -> PriceMove | None:
    """The move that waits for a subscription and of which its member was told."""
    move = _find_move(session, row.price_id) if row.price_id is not None else None
    return move if move is not None and row.cancel_at is None and _is_told(session, move, row.stripe_id) else None


def plan_move(session: Session, plan_key: str, from_price_id: int, takes_effect_at: datetime, now: datetime) -> int:
    """Plans a move and owes everybody's letter. Raises Invalid for a day that is too near, NotFound and Conflict where
    there is nothing to move."""
    if takes_effect_at < now + LEAST_AHEAD:
        raise Invalid(TOO_SOON, {"day": TOO_SOON})
    earlier = next((each for each in list_earlier(session, plan_key) if each.price_id == from_price_id), None)
    if earlier is None:
        raise NotFound(NOTHING_TO_MOVE)
    row = {
        "from_price_id": from_price_id,
        "to_price_id": earlier.to_price_id,
        "takes_effect_at": takes_effect_at,
        "created_at": now,
    }
    if not insert_if_absent(session, PriceMove, row):
        raise Conflict(NOTHING_TO_MOVE)
    move = _find_move(session, from_price_id)
    assert move is not None  # noqa: S101 -- just inserted
    _owe_letters(session, move)
    return move.id


def call_off(session: Session, from_price_id: int) -> None:
    """Takes a move back that has moved nobody yet; members then keep their price."""
    session.execute(delete(PriceMove).where(PriceMove.from_price_id == from_price_id, PriceMove.done_at.is_(None)))


def _owe_letters(session: Session, move: PriceMove) -> None:
    for row in session.scalars(_select_paying(move.from_price_id)):
        if not _is_told(session, move, row.stripe_id):
            owing.owe_letter(session, LETTER, row.stripe_id, str(move.id))


def _is_told(session: Session, move: PriceMove, stripe_id: str, before: datetime | None = None) -> bool:
    written = exists().where(Letter.kind == LETTER, Letter.object_id == stripe_id, Letter.period == str(move.id))
    if before is not None:
        written = written.where(Letter.created_at <= before)
    return bool(session.scalar(select(written)))


def run_due(desk: Desk, now: datetime) -> list[str]:
    """Moves everybody whose day has come and who was told 30 days before; tells those who came to the price since.

    Returns a sentence for each that could not be moved; the next hour tries again.
    """
    require_account(desk)
    with desk.db.transaction() as session:
        moves = session.scalars(select(PriceMove).where(PriceMove.done_at.is_(None)).order_by(PriceMove.id)).all()
        for move in moves:
            _owe_letters(session, move)
    problems: list[str] = []
    for move in moves:
        if move.takes_effect_at <= now:
            problems += _carry_out(desk, move, now)
    return problems


def _carry_out(desk: Desk, move: PriceMove, now: datetime) -> list[str]:
    with desk.db.reading() as session:
        paying = session.scalars(_select_paying(move.from_price_id).order_by(Subscription.stripe_id)).all()
        due = [row.stripe_id for row in paying if _is_told(session, move, row.stripe_id, now - TOLD_BEFORE)]
    problems = []
    for stripe_id in due:
        try:
            _move(desk, stripe_id, move)
        except Failure as problem:
            problems.append(f"{stripe_id}: {problem.message}")
    with desk.db.transaction() as session:
        if session.scalar(select(_select_paying(move.from_price_id).exists())) is False:
            session.execute(update(PriceMove).where(PriceMove.id == move.id).values(done_at=now))
    return problems


def _move(desk: Desk, stripe_id: str, move: PriceMove) -> None:
    """Repeating it does no harm: an item that has the new price already is left alone."""
    facts = desk.gateway.fetch_subscription(stripe_id)
    with desk.db.reading() as session:
        ours = plans.read_plans_of(session, (item.price for item in facts.items), desk.gateway.site)
    item = next((each for each in facts.items if ours.get(each.price.id, ("", None))[1] == move.from_price_id), None)
    if item is not None and not facts.has_pending_update:
        change = ItemChange(item.id, plans.prepare_price(desk, move.to_price_id), item.quantity)
        moving.move_item(desk.gateway, stripe_id, change)
    apply.sync_subscription(desk, stripe_id)


def write_moving(session: Session, desk: Desk, row: Subscription, member: Member, period: str) -> dict[str, Any] | None:
    """The values of the letter; None once the move was called off, or the member leaves or has another price."""
    move = session.get(PriceMove, int(period)) if period.isdigit() else None
    if move is None or move.done_at is not None or row.price_id != move.from_price_id or row.cancel_at is not None:
        return None
    to = plans.get_price(session, move.to_price_id)
    return {
        "old_price": write_price(Money(row.amount_minor, row.currency), row.interval, member.language),
        "new_price": write_price(to.money.times(row.quantity), to.interval, member.language),
        "day": desk.local(move.takes_effect_at),
        "account_link": desk.sender.link("/account", member.language),
        "cancel_link": desk.sender.link("/account/cancel", member.language),
    }
