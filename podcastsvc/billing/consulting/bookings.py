"""Consultations: a time is held while somebody pays, booked when they have, and moved or cancelled later."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Literal

from sqlalchemy import ColumnElement, String, and_, cast, delete, func, or_, select, update
from sqlalchemy.orm import Session

from podcastsvc.billing import owing
from podcastsvc.billing.consulting.offers import ConsultationOffer, hold_calendar
from podcastsvc.billing.consulting.times import Taken, list_free, overlaps
from podcastsvc.billing.consulting.wishes import TIME_GONE, ConsultationWish, read_details
from podcastsvc.billing.desk import Desk
from podcastsvc.billing.facts import CheckoutFacts
from podcastsvc.errors import Conflict, Invalid, NotFound
from podcastsvc.kit.language import N_
from podcastsvc.members import accounts
from podcastsvc.members.subscriptions import Account
from podcastsvc.storage.tables.billing import Order
from podcastsvc.storage.tables.consultation import Consultation

# Longer than a checkout lives, so that nobody pays for a time that another one was offered meanwhile.
HELD_FOR = timedelta(hours=2, minutes=15)
# A bank transfer and the like may take days.
WAITED_FOR = timedelta(days=7)
REMINDED_BEFORE = timedelta(days=1)
# As long as a question about what was said may come up.
PERSONAL_FOR = timedelta(days=90)
NO_CONSULTATION = N_("There is no such consultation.")
TOO_LATE = N_("This consultation was cancelled or is over, so nothing was changed.")

By = Literal["buyer", "host", "refund"]
What = Literal["booked", "moved", "cancelled", "reminder"]


def list_open_times(
    session: Session, offer: ConsultationOffer, minutes: int, zone: str, now: datetime, *, but: str = ""
) -> list[datetime]:
    """The times, in UTC, that can be booked for a length; ``but`` names one whose own time counts as free."""
    return list_free(offer, list_taken(session, now, but=but), minutes, zone, now)


def list_taken(session: Session, now: datetime, *, but: str = "") -> list[Taken]:
    """All that is booked or held and not over."""
    query = select(Consultation.starts_at, Consultation.ends_at).where(_is_taken(now), Consultation.id != but)
    return [Taken(row.starts_at, row.ends_at) for row in session.execute(query)]


def _is_taken(now: datetime) -> ColumnElement[bool]:
    is_held = and_(Consultation.state == "held", Consultation.held_until > now)
    return and_(or_(Consultation.state == "booked", is_held), Consultation.ends_at > now - timedelta(days=1))


def hold(
    session: Session,
    wish: ConsultationWish,
    consultation_id: str,
    *,
    email: str,
    language: str,
    zone: str,
    now: datetime,
) -> None:
    """Keeps a time for somebody who goes on to pay; the time that they held before is free. Of two at once, one gets it.

    ``zone`` is the show's. Raises Invalid for ``time`` where it is not free any more. What is booked stays as it is.
    """
    offer = hold_calendar(session)
    row = session.get(Consultation, consultation_id, populate_existing=True)
    if row is not None and row.state != "held":
        return
    session.execute(delete(Consultation).where(Consultation.state == "held", Consultation.held_until <= now))
    if wish.starts_at not in list_open_times(session, offer, wish.minutes, zone, now, but=consultation_id):
        raise Invalid(TIME_GONE, {"time": TIME_GONE})
    session.execute(delete(Consultation).where(Consultation.id == consultation_id, Consultation.state == "held"))
    session.add(_make(wish, consultation_id, email, language, now))


def _make(wish: ConsultationWish, consultation_id: str, email: str, language: str, now: datetime) -> Consultation:
    return Consultation(
        id=consultation_id,
        state="held",
        starts_at=wish.starts_at,
        ends_at=wish.starts_at + timedelta(minutes=wish.minutes),
        held_until=now + HELD_FOR,
        name=wish.name,
        email=email,
        question=wish.question,
        language=language,
        zone=wish.zone,
        created_at=now,
    )


def keep_waiting(session: Session, order: Order, now: datetime) -> None:
    """Keeps the time of an order whose payment is on its way, for as long as that may take."""
    held = (Consultation.id == str(order.details["consultation"]), Consultation.state == "held")
    session.execute(update(Consultation).where(*held).values(held_until=now + WAITED_FOR))


def take_in(
    session: Session, _desk: Desk, _account: Account, order: Order, facts: CheckoutFacts, now: datetime
) -> None:
    """Books the time of a paid order, once. Where the time is gone, because the payment took too long, the money goes back."""
    hold_calendar(session)
    wish = read_details(order.details)
    row = session.get(Consultation, str(order.details["consultation"]), populate_existing=True)
    is_gone = wish.starts_at <= now or (row is not None and (row.state != "held" or row.starts_at != wish.starts_at))
    if row is None and not is_gone:
        ends_at = wish.starts_at + timedelta(minutes=wish.minutes)
        is_gone = overlaps(list_taken(session, now), wish.starts_at, ends_at)
    if is_gone:
        owing.enqueue_give_back(session, order)
        return
    if row is None:
        row = _make(wish, str(order.details["consultation"]), "", order.language, now)
        session.add(row)
    member = accounts.find(session, order.member_id) if order.member_id is not None else None
    row.email = (member.email if member is not None else order.email) or facts.email or ""
    row.state, row.order_id, row.held_until = "booked", order.id, None
    order.state = "paid"
    session.flush()  # its row comes before the jobs that name it
    _tell(session, row, "booked", now)


def _tell(session: Session, row: Consultation, what: What, now: datetime) -> None:
    """Has buyer and hosts written to, and reminded a day before where that is still to come."""
    owing.owe_consultation_letter(session, row.id, what, row.sequence)
    remind_at = row.starts_at - REMINDED_BEFORE
    if what in {"booked", "moved"} and remind_at > now:
        owing.owe_consultation_letter(session, row.id, "reminder", row.sequence, run_at=remind_at)


def move(session: Session, consultation_id: str, starts_at: datetime, *, zone: str, now: datetime) -> None:
    """Gives a booked consultation another free time. Raises Conflict for one that is cancelled or over, Invalid for
    ``time``. ``zone`` is the show's."""
    offer = hold_calendar(session)
    row = _get_booked(session, consultation_id, now)
    length = row.ends_at - row.starts_at
    if starts_at == row.starts_at:
        return
    if starts_at not in list_open_times(session, offer, row.minutes, zone, now, but=row.id):
        raise Invalid(TIME_GONE, {"time": TIME_GONE})
    row.starts_at, row.ends_at = starts_at, starts_at + length
    row.sequence += 1
    _tell(session, row, "moved", now)


def cancel(session: Session, consultation_id: str, *, by: By, gives_back: bool, now: datetime) -> None:
    """Frees a booked time and tells both; the money goes back whole where it should. Raises Conflict for one that is
    cancelled or over."""
    hold_calendar(session)
    row = _get_booked(session, consultation_id, now)
    _cancel(session, row, by=by, gives_back=gives_back, now=now)


def _cancel(session: Session, row: Consultation, *, by: By, gives_back: bool, now: datetime) -> None:
    row.state, row.cancelled_by, row.is_returned = "cancelled", by, gives_back or by == "refund"
    row.sequence += 1
    _tell(session, row, "cancelled", now)
    order = session.get(Order, row.order_id, with_for_update=True) if row.order_id is not None else None
    if gives_back and order is not None and order.state == "paid":
        owing.enqueue_give_back(session, order)


def cancel_returned(session: Session, order_id: str, now: datetime) -> None:
    """Follows a payment that went back whole, or that the bank takes back: its time is free, if it is still to come."""
    row = find_of_order(session, order_id)
    if row is not None and row.state == "booked" and row.starts_at > now:
        _cancel(session, row, by="refund", gives_back=False, now=now)


def _get_booked(session: Session, consultation_id: str, now: datetime) -> Consultation:
    row = session.get(Consultation, consultation_id, with_for_update=True, populate_existing=True)
    if row is None or row.state == "held":
        raise NotFound(NO_CONSULTATION)
    if row.state != "booked" or row.starts_at <= now:
        raise Conflict(TOO_LATE)
    return row


def may_change(offer: ConsultationOffer, row: Consultation, now: datetime) -> bool:
    """Whether its buyer may move or cancel it themselves. Pure."""
    hours = offer.change_hours
    return hours is not None and row.state == "booked" and now + timedelta(hours=hours) < row.starts_at


def find_of_order(session: Session, order_id: str) -> Consultation | None:
    """What an order has booked."""
    return session.scalar(select(Consultation).where(Consultation.order_id == order_id))


def get_booked_or_over(session: Session, consultation_id: str) -> Consultation:
    """One that was paid for, in whatever state. Raises NotFound."""
    row = session.get(Consultation, consultation_id)
    if row is None or row.state == "held":
        raise NotFound(NO_CONSULTATION)
    return row


def list_to_come(session: Session, now: datetime) -> Sequence[Consultation]:
    """All that are booked and not over, the next one first."""
    query = select(Consultation).where(Consultation.state == "booked", Consultation.ends_at > now)
    return session.scalars(query.order_by(Consultation.starts_at)).all()


def list_past(session: Session, now: datetime, *, limit: int, offset: int = 0) -> Sequence[Consultation]:
    """Those that are over or cancelled, the latest first."""
    query = select(Consultation).where(_is_past(now)).order_by(Consultation.starts_at.desc(), Consultation.id)
    return session.scalars(query.limit(limit).offset(offset)).all()


def count_past(session: Session, now: datetime) -> int:
    return session.scalar(select(func.count()).select_from(Consultation).where(_is_past(now))) or 0


def _is_past(now: datetime) -> ColumnElement[bool]:
    is_over = and_(Consultation.state == "booked", Consultation.ends_at <= now)
    return or_(Consultation.state == "cancelled", is_over)


def sweep(session: Session, now: datetime) -> None:
    """Drops who talked about what 90 days after it was to be, what was asked by those who never came that far, and times
    that nobody paid for."""
    session.execute(delete(Consultation).where(Consultation.state == "held", Consultation.held_until <= now))
    old = and_(Consultation.ends_at <= now - PERSONAL_FOR, Consultation.state != "held")
    is_personal = or_(Consultation.name != "", Consultation.email != "", Consultation.question != "")
    over = select(Consultation.order_id).where(old, is_personal)
    session.execute(update(Order).where(Order.id.in_(over)).values(details={}))
    booked = select(Consultation.id).where(Consultation.order_id == Order.id)
    came_to_nothing = (Order.kind == "consultation", Order.state != "open", Order.created_at <= now - PERSONAL_FOR)
    is_filled = func.length(cast(Order.details, String)) > len("{}")
    session.execute(update(Order).where(*came_to_nothing, is_filled, ~booked.exists()).values(details={}))
    session.execute(update(Consultation).where(old, is_personal).values(name="", email="", question=""))
