"""Plans given without payment: by the host until a day or for good; each with a reason."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from podcastsvc.errors import Invalid
from podcastsvc.kit.language import N_, sentence
from podcastsvc.storage.inserts import insert_or_change
from podcastsvc.storage.tables.billing import Grant, Plan
from podcastsvc.storage.tables.member import Member

TOO_FAR = N_("This day is too far away. Leave it empty to give the plan for good.")
# The day after 31 December 9999 is none that Python, the database or a feed could write.
_LAST_YEAR = 9000


def give(session: Session, member_id: int, plan: str, *, until: date | None, zone: str, now: datetime) -> None:
    """Gives a plan by the host's word, through the end of a day in ``zone`` (IANA); None gives it for good.

    Giving the same plan again changes its end. Raises Invalid for a plan that does not exist, a day that is over, and
    one that no calendar reaches.
    """
    known = list(session.scalars(select(Plan.key).order_by(Plan.position, Plan.id)))
    if plan not in known:
        plans = ", ".join(known) or sentence("none yet")
        message = sentence("There is no plan %(key)s. The plans are: %(plans)s.", key=repr(plan), plans=plans)
        raise Invalid(message, {"plan": N_("There is no such plan.")})
    if until is not None and until.year > _LAST_YEAR:
        message = sentence("%(day)s is too far away. Leave the day out for good.", day=until)
        raise Invalid(message, {"until": TOO_FAR})
    ends_at = None if until is None else end_of_day(until, zone)
    if ends_at is not None and ends_at <= now:
        message = sentence("%(day)s is over already. Choose a day from today on.", day=until)
        raise Invalid(message, {"until": N_("This day is over already.")})
    save_grant(
        session,
        member_id,
        plan,
        reason="comp",
        source_id=f"{member_id}:{plan}",
        starts_at=now,
        ends_at=ends_at,
        now=now,
    )


def save_grant(
    session: Session,
    member_id: int,
    plan: str,
    *,
    reason: str,
    source_id: str,
    starts_at: datetime,
    ends_at: datetime | None,
    now: datetime,
) -> None:
    """Writes a grant. Reason and source name it: a second one with the same two changes the first one's end."""
    row = {
        "member_id": member_id,
        "plan": plan,
        "reason": reason,
        "source_id": source_id,
        "starts_at": starts_at,
        "ends_at": ends_at,
        "created_at": now,
    }
    insert_or_change(session, Grant, row, key=["reason", "source_id"], changes={"ends_at": ends_at})


def find_bought_end(session: Session, member_id: int, plan: str, now: datetime) -> datetime | None:
    """When the last grant that was bought for a plan ends, where that is still to come."""
    theirs = (Grant.member_id == member_id, Grant.plan == plan, Grant.reason == "once", Grant.ends_at > now)
    return session.scalar(select(func.max(Grant.ends_at)).where(*theirs))


def has_bought_for_good(session: Session, member_id: int, plan: str) -> bool:
    """Whether a plan is a member's without an end by one payment: nothing is left to buy of it."""
    theirs = (Grant.member_id == member_id, Grant.plan == plan, Grant.reason == "once", Grant.ends_at.is_(None))
    return session.scalar(select(Grant.id).where(*theirs).limit(1)) is not None


def find_of_source(session: Session, reason: str, source_id: str) -> Grant | None:
    """The grant that something led to, such as an order."""
    return session.scalar(select(Grant).where(Grant.reason == reason, Grant.source_id == source_id))


def end_grant(session: Session, grant_id: int, now: datetime) -> bool:
    """Ends a running grant at once; False where it was over already or is not there."""
    changed = session.execute(
        update(Grant).where(Grant.id == grant_id, (Grant.ends_at.is_(None)) | (Grant.ends_at > now)).values(ends_at=now)
    )
    return bool(changed.rowcount)  # type: ignore[attr-defined]


def list_grants(session: Session, member_id: int) -> list[Grant]:
    """A member's grants, newest first, also those that are over."""
    query = select(Grant).where(Grant.member_id == member_id)
    return list(session.scalars(query.order_by(Grant.created_at.desc(), Grant.id.desc())))


def end_of_day(day: date, zone: str) -> datetime:
    """The last instant of a day in a zone: midnight would be shown as the day after."""
    return datetime.combine(day + timedelta(days=1), time(), ZoneInfo(zone)).astimezone(UTC) - timedelta(microseconds=1)


def give_hosts_all_plans(session: Session, now: datetime) -> None:
    """Gives every host every plan for good, so that hosts hear their own show whole; what is given already stays."""
    hosts = session.scalars(select(Member.id).where(Member.role == "host", Member.removed_at.is_(None))).all()
    for plan in session.scalars(select(Plan.key)).all():
        for host in hosts:
            source_id = f"host:{host}:{plan}"
            save_grant(session, host, plan, reason="staff", source_id=source_id, starts_at=now, ends_at=None, now=now)
