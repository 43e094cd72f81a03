"""More or fewer seats for a group that runs: what it costs today, and carrying it out.

More takes effect today and is charged for what is left of the period. Fewer takes effect today too, and lowers what is
charged from the next period on; what was paid is not given back.
"""

from dataclasses import dataclass
from datetime import datetime

from itsdangerous import BadData, URLSafeTimedSerializer
from sqlalchemy.orm import Session

from podcastsvc.billing import apply, plans
from podcastsvc.billing.account import require_account
from podcastsvc.billing.calls import moving
from podcastsvc.billing.changing import running
from podcastsvc.billing.desk import Desk
from podcastsvc.billing.facts import ItemChange, SubscriptionFacts
from podcastsvc.errors import Conflict, Invalid
from podcastsvc.kit.clock import from_timestamp
from podcastsvc.kit.keys import Keys
from podcastsvc.kit.language import N_, sentence
from podcastsvc.kit.money import Money
from podcastsvc.members import seats
from podcastsvc.storage.tables.billing import Subscription

KEY_PURPOSE = "group-size"
LIFETIME_SECONDS = 3600
SAME = N_("Your group has this size already.")
PLANNED = N_("A change of your plan is planned. Keep the present plan first, then change the group.")
TOO_OLD = N_("This took a while, so here is what it costs now.")


@dataclass(frozen=True, slots=True)
class Resize:
    """What another size would cost: ``due`` today, ``each_time`` from the next period on. ``token`` carries it, signed, to
    the confirmation."""

    size: int
    due: Money
    each_time: Money
    token: str


@dataclass(frozen=True, slots=True)
class _Wanted:
    row: Subscription
    facts: SubscriptionFacts
    change: ItemChange
    is_more: bool


def preview(desk: Desk, member_id: int, size: int, now: datetime) -> Resize:
    """Asks Stripe what a size costs. Raises Invalid for ``size``, Conflict where nothing can change."""
    wanted = _look(desk, member_id, size)
    item = running.get_item(wanted.facts)
    each = item.price.money.amount_minor if item.price.money is not None else 0
    # Stripe counts in whole seconds, and the change has to name the same one.
    at = now.replace(microsecond=0)
    due = Money(0, wanted.row.currency)
    if wanted.is_more:
        due = moving.preview_change(desk.gateway, wanted.row.stripe_id, wanted.change, proration_at=at).due
    token = _make_serializer(desk.keys).dumps([wanted.row.stripe_id, size, int(at.timestamp())])
    return Resize(size, due, Money(each * size, wanted.row.currency), token)


def _look(desk: Desk, member_id: int, size: int) -> _Wanted:
    require_account(desk)
    with desk.db.reading() as session:
        row = running.find_row(session, member_id)
        if row is None or row.price_id is None:
            raise Conflict(running.NOT_NOW)
        most = find_most(session, row)
        taken = seats.count_seats(session, member_id)
    _check(most, row.quantity, size, taken)
    facts = desk.gateway.fetch_subscription(row.stripe_id)
    if facts.schedule_id is not None:
        raise Conflict(PLANNED)
    item = running.get_item(facts)
    return _Wanted(row, facts, ItemChange(item.id, item.price.id, size), size > item.quantity)


def find_most(session: Session, row: Subscription) -> int:
    """The largest size that a group may have; 1 where its size cannot be changed now."""
    if row.price_id is None or not running.may_change(row):
        return 1
    return max(plans.get_price(session, row.price_id).most_seats, row.quantity)


def _check(most: int, present: int, size: int, taken: int) -> None:
    """Raises Invalid for ``size``. A group that is larger than is sold now may be made smaller. Pure."""
    if size == present:
        raise Invalid(SAME, {"size": SAME})
    if not 1 <= size <= most:
        message = sentence("Enter a number from 1 to %(most)s.", most=most)
        raise Invalid(message, {"size": message})
    if size < present and size - 1 < taken:
        message = sentence("Take seats back first: %(taken)s are taken.", taken=taken)
        raise Invalid(message, {"size": message})


def resize(desk: Desk, member_id: int, token: str) -> running.Outcome | str:
    """Carries out what was shown, at the amount that was shown. An address is where the bank wants to be answered first.

    Where the card is declined the group stays as it was and nothing is owed. Raises Conflict for a confirmation that is
    too old or of another membership, Invalid for ``size`` where it does not fit any more.
    """
    try:
        stripe_id, size, at = _make_serializer(desk.keys).loads(token, max_age=LIFETIME_SECONDS)
    except BadData as problem:
        raise Conflict(TOO_OLD) from problem
    wanted = _look(desk, member_id, int(size))
    if wanted.row.stripe_id != stripe_id:
        raise Conflict(TOO_OLD)
    waiting = None
    try:
        if wanted.is_more:
            at_shown = from_timestamp(at)
            changed = moving.change_item(desk.gateway, stripe_id, wanted.change, proration_at=at_shown)
            waiting = running.settle_waiting(desk, changed) if changed.has_pending_update else None
        else:
            moving.move_item(desk.gateway, stripe_id, wanted.change)
    except Invalid:
        waiting = "declined"
    apply.sync_subscription(desk, stripe_id)
    return waiting or "changed"


def read_size(keys: Keys, token: str) -> int | None:
    """Which size a confirmation is about, also one that is too old to be carried out; None for none of ours."""
    try:
        return int(_make_serializer(keys).loads(token)[1])
    except BadData:
        return None


def _make_serializer(keys: Keys) -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(keys.sign_with(KEY_PURPOSE), salt="size")
