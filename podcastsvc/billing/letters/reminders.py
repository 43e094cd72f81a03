"""While a payment is missing: the second and third letter, and the end of the grace."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from podcastsvc.billing import owing
from podcastsvc.billing.desk import Desk
from podcastsvc.billing.following.rules import write_stamp
from podcastsvc.billing.groups import seating
from podcastsvc.members import subscriptions
from podcastsvc.storage.tables.billing import Subscription
from podcastsvc.storage.tables.letter import Letter

DAYS_LEFT = (7, 2)
# More letters than this at once may mean that something is wrong; they wait for the host's yes.
MOST_AT_ONCE = 50
# A grace shorter than the marks: no letter on the heels of the first one.
_APART = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Reminder:
    """A letter that is due: its kind and the period that makes it one of its kind."""

    kind: str
    period: str


def find_due(since: datetime, kept_until: datetime, now: datetime) -> Reminder | None:
    """The letter that the days which are left call for; of several that were missed, the last one. Pure."""
    stamp = write_stamp(since)
    if kept_until <= now:
        return Reminder("ended", stamp)
    due = [days for days in DAYS_LEFT if since + _APART <= kept_until - timedelta(days=days) <= now]
    return Reminder("payment_reminder", f"{stamp}|{min(due)}") if due else None


def remind(desk: Desk, now: datetime, *, even_many: bool = False) -> int:
    """Owes the letters that are due to all whose payment is missing; how many. Run hourly; each is owed once.

    More than 50 at once are held back, and the host is told, unless ``even_many`` says that the host has agreed.
    """
    with desk.db.transaction() as session:
        due = [(row, found) for row in subscriptions.list_past_due(session) if (found := _find_owed(session, row, now))]
        if len(due) > MOST_AT_ONCE and not even_many:
            owing.owe_note(session, "host_letters", f"{now:%Y-%m-%d}", str(len(due)))
            return 0
        for row, found in due:
            owing.owe_letter(session, found.kind, row.stripe_id, found.period)
            if found.kind == "ended" and row.member_id is not None:
                seating.owe_ended(session, row.member_id, f"{row.stripe_id}:{found.period}")
    return len(due)


def _find_owed(session: Session, row: Subscription, now: datetime) -> Reminder | None:
    if row.member_id is None or row.past_due_since is None or row.access_kept_until is None:
        return None
    found = find_due(row.past_due_since, row.access_kept_until, now)
    if found is None:
        return None
    written = select(Letter.id).where(
        Letter.kind == found.kind, Letter.object_id == row.stripe_id, Letter.period == found.period
    )
    return found if session.scalar(written) is None else None
