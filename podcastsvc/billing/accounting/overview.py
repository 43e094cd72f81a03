"""The host's money in figures: who pays for what, what comes in each month, who came and left. Reads, and adds up.

Months are months of UTC. Currencies are never added to each other. A yearly price counts a twelfth each month.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from itertools import pairwise

from sqlalchemy import ColumnElement, and_, case, func, or_, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from podcastsvc.billing.returning.rules import TAKEN
from podcastsvc.kit.money import Money
from podcastsvc.members.subscriptions import is_of_account
from podcastsvc.storage.tables.billing import Grant, Order, Payment, Plan, Price, Subscription
from podcastsvc.storage.tables.letter import Letter
from podcastsvc.storage.tables.member import Member

MONTHS = 12


@dataclass(frozen=True, slots=True)
class PlanCount:
    """How many have a plan now, by what they have it from. ``plan`` is its key; empty for prices that are no plan of ours."""

    plan: str
    month: int = 0
    year: int = 0
    trial: int = 0
    once: int = 0
    gift: int = 0
    given: int = 0

    @property
    def total(self) -> int:
        return self.month + self.year + self.trial + self.once + self.gift + self.given


@dataclass(frozen=True, slots=True)
class Monthly:
    """What comes in each month in one currency, as long as nobody leaves: memberships, and donations apart."""

    memberships: Money
    donations: Money


@dataclass(frozen=True, slots=True)
class MonthRow:
    """One month or other span (its first day): memberships begun, ended, and payments that had failed and came after all."""

    month: date
    joined: int
    left: int
    recovered: int


@dataclass(frozen=True, slots=True)
class IncomeRow:
    """One month's income of a plan or kind in one currency, less what went back. ``plan`` is empty for what is no plan."""

    month: date
    kind: str
    plan: str
    money: Money


@dataclass(frozen=True, slots=True)
class Overview:
    """Everything on the page; months oldest first, income newest first."""

    plans: list[PlanCount]
    monthly: list[Monthly]
    months: list[MonthRow]
    income: list[IncomeRow]


def read_overview(session: Session, now: datetime) -> Overview:
    """All figures at an instant, over the last twelve months."""
    borders = list_borders(now)
    return Overview(
        plans=_count_plans(session, now),
        monthly=add_monthly(session, now),
        months=count_moves(session, borders),
        income=_add_income(session, borders),
    )


def list_borders(now: datetime) -> list[datetime]:
    """The beginnings of the last twelve months, oldest first, and of the next one."""
    today = now.astimezone(UTC)
    first = today.year * 12 + today.month - 1
    return [datetime(at // 12, at % 12 + 1, 1, tzinfo=UTC) for at in range(first - MONTHS + 1, first + 2)]


def spread(minor: int, interval: str | None) -> int:
    """What an amount for a month or a year comes to each month, rounded to the smallest unit."""
    return round(minor / 12) if interval == "year" else minor


def _runs(now: datetime) -> ColumnElement[bool]:
    """Subscriptions of ours that are paid for, or whose missing payment is still waited for."""
    return and_(
        is_of_account(Subscription.account, Subscription.livemode),
        or_(
            Subscription.status == "active",
            and_(Subscription.status == "past_due", Subscription.access_kept_until > now),
        ),
    )


def _count_plans(session: Session, now: datetime) -> list[PlanCount]:
    found: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    is_trial = and_(is_of_account(Subscription.account, Subscription.livemode), Subscription.status == "trialing")
    counted = func.sum(Subscription.quantity)
    for where, name in ((_runs(now), ""), (is_trial, "trial")):
        query = (
            select(Plan.key, Subscription.interval, counted)
            .outerjoin(Price, Price.id == Subscription.price_id)
            .outerjoin(Plan, Plan.id == Price.plan_id)
            .where(where, Subscription.kind == "membership", Subscription.member_id.is_not(None))
            .group_by(Plan.key, Subscription.interval)
        )
        for plan, interval, count in session.execute(query):
            found[plan or ""][name or ("year" if interval == "year" else "month")] += int(count)
    running = (Grant.starts_at <= now, or_(Grant.ends_at.is_(None), Grant.ends_at > now))
    query = (
        select(Grant.plan, Grant.reason, func.count())
        .join(Member, Member.id == Grant.member_id)
        .where(*running, Grant.reason != "staff", Member.removed_at.is_(None))
        .group_by(Grant.plan, Grant.reason)
    )
    for plan, reason, count in session.execute(query):
        found[plan][reason if reason in {"once", "gift"} else "given"] += int(count)
    counts = [PlanCount(plan, **by) for plan, by in found.items()]
    return sorted(counts, key=lambda each: (-each.total, each.plan))


def add_monthly(session: Session, now: datetime) -> list[Monthly]:
    """What comes in each month as things are now, the currency with the most first; one query."""
    query = (
        select(
            Subscription.currency,
            Subscription.kind,
            Subscription.interval,
            func.sum(Subscription.amount_minor),
        )
        .where(_runs(now), ~Subscription.is_collection_paused)
        .group_by(Subscription.currency, Subscription.kind, Subscription.interval)
    )
    sums: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for currency, kind, interval, minor in session.execute(query):
        sums[currency][kind] += spread(int(minor), interval)
    return [
        Monthly(Money(by["membership"], currency), Money(by["donation"], currency))
        for currency, by in sorted(sums.items(), key=lambda each: -sum(each[1].values()))
    ]


def _within(
    column: InstrumentedAttribute[datetime] | InstrumentedAttribute[datetime | None], borders: Sequence[datetime]
) -> list[ColumnElement[int]]:
    """One for each month: how many rows lie in it. All months are counted in one reading of the table."""
    return [
        func.coalesce(func.sum(case((and_(column >= start, column < end), 1), else_=0)), 0)
        for start, end in pairwise(borders)
    ]


def count_moves(session: Session, borders: Sequence[datetime]) -> list[MonthRow]:
    """Who came, left and paid after all between each border and the next; three queries."""
    ours = (
        is_of_account(Subscription.account, Subscription.livemode),
        Subscription.kind == "membership",
        Subscription.member_id.is_not(None),
    )
    joined = session.execute(select(*_within(Subscription.started_at, borders)).where(*ours)).one()
    left = session.execute(select(*_within(Subscription.ended_at, borders)).where(*ours)).one()
    thanks = select(*_within(Letter.created_at, borders)).where(Letter.kind == "payment_thanks")
    recovered = session.execute(thanks).one()
    return [
        MonthRow(start.date(), int(joined[at]), int(left[at]), int(recovered[at]))
        for at, start in enumerate(borders[:-1])
    ]


def _add_income(session: Session, borders: Sequence[datetime]) -> list[IncomeRow]:
    net = Payment.amount_minor - Payment.refunded_minor
    by_month = [
        func.sum(case((and_(Payment.paid_at >= start, Payment.paid_at < end), net), else_=0))
        for start, end in pairwise(borders)
    ]
    query = (
        select(Payment.currency, Payment.kind, Plan.key, *by_month)
        .outerjoin(Order, Order.id == Payment.order_id)
        .outerjoin(Subscription, Subscription.stripe_id == Payment.subscription_id)
        # What is paid for now: the plan may have changed since it was ordered.
        .outerjoin(Price, Price.id == func.coalesce(Subscription.price_id, Order.price_id))
        .outerjoin(Plan, Plan.id == Price.plan_id)
        .where(
            is_of_account(Payment.account, Payment.livemode),
            Payment.paid_at >= borders[0],
            # A bank takes a disputed payment at once, and gives it back to us only with a dispute that is won.
            or_(Payment.dispute_state.is_(None), Payment.dispute_state.not_in((*TAKEN, "lost"))),
        )
        .group_by(Payment.currency, Payment.kind, Plan.key)
    )
    rows = [
        IncomeRow(borders[at].date(), row[1], row[2] or "", Money(int(minor), row[0]))
        for row in session.execute(query)
        for at, minor in enumerate(row[3:])
        if minor
    ]
    return sorted(rows, key=lambda each: (each.month, each.money.amount_minor), reverse=True)
