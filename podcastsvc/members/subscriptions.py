"""The mirror of Stripe's subscriptions: reading it, and the one way to write it."""

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, func, or_, select, update
from sqlalchemy.orm import InstrumentedAttribute, Session

from podcastsvc.storage.facts import save_fact
from podcastsvc.storage.inserts import insert_if_absent
from podcastsvc.storage.tables.billing import Subscription
from podcastsvc.storage.tables.job import Fact

GOOD = frozenset(("trialing", "active"))
"""Statuses with nothing owed."""
# Those that a member goes on with: a second one beside them would charge twice.
_RUNNING = (*sorted(GOOD), "paused")
ACCOUNT_FACT = "stripe"
# Built once, and of a column: each notice asks this, and loading the row as an object took a third of its time.
_ACCOUNT = select(Fact.value).where(Fact.name == ACCOUNT_FACT)


@dataclass(frozen=True, slots=True)
class Account:
    """The Stripe account and mode that this installation is bound to. Rows of any other count for nothing."""

    id: str
    livemode: bool


@dataclass(frozen=True, slots=True)
class Mirror:
    """Everything that the mirror keeps of a subscription; the names are the columns'."""

    stripe_id: str
    member_id: int | None
    customer_id: str
    order_id: str | None
    account: str
    livemode: bool
    kind: str
    plans: list[str]
    price_id: int | None
    status: str
    interval: str | None
    quantity: int
    amount_minor: int
    currency: str
    planned_price_id: int | None
    planned_at: datetime | None
    started_at: datetime
    period_start: datetime | None
    period_end: datetime | None
    trial_end: datetime | None
    cancel_at: datetime | None
    canceled_at: datetime | None
    ended_at: datetime | None
    cancel_reason: str | None
    past_due_since: datetime | None
    next_try_at: datetime | None
    paused_since: datetime | None
    is_collection_paused: bool
    latest_invoice: str | None
    card_brand: str | None
    card_last4: str | None
    card_expires: str | None
    access_kept_until: datetime | None


def find_account(session: Session) -> Account | None:
    """The account that this installation is bound to; None before the first contact."""
    found = session.scalar(_ACCOUNT)
    return None if found is None else Account(str(found["account"]), bool(found["livemode"]))


def save_account(session: Session, account: Account) -> None:
    """Binds the installation; rows of an earlier account stay and count for nothing."""
    save_fact(session, ACCOUNT_FACT, {"account": account.id, "livemode": account.livemode})


def is_of_account(
    account: InstrumentedAttribute[str] | InstrumentedAttribute[str | None],
    livemode: InstrumentedAttribute[bool] | InstrumentedAttribute[bool | None],
) -> ColumnElement[bool]:
    """Whether a row belongs to the bound account and mode: a test row never gives access in live mode.

    No row does before the first contact. The fact is read once for a statement, and not for each row.
    """
    bound = select(Fact.value["account"].as_string()).where(Fact.name == ACCOUNT_FACT).scalar_subquery()
    mode = select(Fact.value["livemode"].as_boolean()).where(Fact.name == ACCOUNT_FACT).scalar_subquery()
    return and_(account == bound, livemode == mode)


def find_subscription(session: Session, stripe_id: str) -> Subscription | None:
    return session.get(Subscription, stripe_id)


def list_of_member(session: Session, member_id: int) -> list[Subscription]:
    """A member's subscriptions in the bound account, newest first."""
    query = select(Subscription).where(Subscription.member_id == member_id, _is_ours())
    return list(session.scalars(query.order_by(Subscription.started_at.desc(), Subscription.stripe_id)))


def find_running(session: Session, member_id: int, now: datetime, *, but: str = "") -> Subscription | None:
    """The member's oldest subscription that goes on, other than the one named; None where there is none.

    One whose grace is over does not go on, even where Stripe keeps trying: the member may join anew.
    """
    query = _select_open(member_id, but).where(_goes_on(now))
    return session.scalars(query.order_by(Subscription.started_at, Subscription.stripe_id).limit(1)).first()


def list_left_over(session: Session, member_id: int, now: datetime, *, but: str) -> list[str]:
    """Ids of the member's lapsed subscriptions that Stripe would still charge: to be ended when a new one begins."""
    query = _select_open(member_id, but).where(Subscription.status.in_(("past_due", "unpaid")), ~_goes_on(now))
    return [row.stripe_id for row in session.scalars(query)]


def _select_open(member_id: int, but: str) -> Select[Subscription]:
    theirs = (Subscription.member_id == member_id, Subscription.kind == "membership", Subscription.stripe_id != but)
    return select(Subscription).where(*theirs, _is_ours())


def _goes_on(now: datetime) -> ColumnElement[bool]:
    in_grace = and_(Subscription.status == "past_due", func.coalesce(Subscription.access_kept_until > now, False))
    return or_(Subscription.status.in_(_RUNNING), in_grace)


def list_past_due(session: Session) -> list[Subscription]:
    """All that wait for a payment, longest first."""
    query = select(Subscription).where(Subscription.status == "past_due", _is_ours())
    return list(session.scalars(query.order_by(Subscription.past_due_since, Subscription.stripe_id)))


def list_silent(session: Session, since: datetime) -> list[str]:
    """Ids of rows that say active or trialing although their period ended before ``since``: something was missed."""
    query = select(Subscription.stripe_id).where(
        Subscription.status.in_(sorted(GOOD)), Subscription.period_end < since, _is_ours()
    )
    return list(session.scalars(query.order_by(Subscription.stripe_id)))


def save_mirror(session: Session, mirror: Mirror, *, version: int, now: datetime) -> bool:
    """Writes what Stripe stated, unless somebody wrote since ``version`` was read (0: there was no row).

    False means that this fetch may be older than what stands there: fetch again.
    """
    values: dict[str, Any] = asdict(mirror) | {"synced_at": now, "version": version + 1}
    if version == 0:
        return insert_if_absent(session, Subscription, values)
    changed = session.execute(
        update(Subscription)
        .where(Subscription.stripe_id == mirror.stripe_id, Subscription.version == version)
        .values(**values)
    )
    return bool(changed.rowcount)  # type: ignore[attr-defined]


def _is_ours() -> ColumnElement[bool]:
    return is_of_account(Subscription.account, Subscription.livemode)
