"""Letters about consultations, to the buyer and to each host: booked, moved, cancelled, tomorrow; each with a calendar's file."""

from collections.abc import Mapping
from typing import Any

from itsdangerous import BadSignature, URLSafeSerializer
from sqlalchemy.orm import Session

from podcastsvc.billing.consulting import bookings
from podcastsvc.billing.consulting.offers import ConsultationOffer, find_offer
from podcastsvc.billing.desk import Desk
from podcastsvc.errors import NotFound
from podcastsvc.kit import clock
from podcastsvc.kit.calendars import CalendarEntry, write_calendar
from podcastsvc.kit.keys import Keys
from podcastsvc.kit.language import format_instant, gettext
from podcastsvc.mail.letters import write_letter
from podcastsvc.members.to_hosts import write_to_hosts
from podcastsvc.storage.tables.consultation import Consultation

KIND = "consultation"
TO_HOST = "host_consultation"
KEY_PURPOSE = "consultations"


def write(session: Session, desk: Desk, payload: Mapping[str, Any]) -> None:
    """Writes both letters of one change, once. What is no longer true is not written."""
    what, sequence = str(payload["what"]), int(payload["sequence"])
    row = session.get(Consultation, str(payload["consultation"]))
    if row is None or row.sequence != sequence or (row.state == "cancelled") != (what == "cancelled"):
        return
    offer = find_offer(session)
    if row.email:
        write_letter(
            session,
            desk.sender,
            kind=KIND,
            to=row.email,
            language=row.language,
            values={**_describe(desk, row, offer, what, row.language, row.zone), **_list_ways(desk, row, offer)},
            object_id=row.id,
            period=f"{what}:{sequence}",
            calendar=_write_entry(desk, row, offer, row.language),
        )
    _write_to_hosts(session, desk, row, offer, what)


def _write_to_hosts(session: Session, desk: Desk, row: Consultation, offer: ConsultationOffer, what: str) -> None:
    def write_values(language: str) -> dict[str, Any]:
        return {
            **_describe(desk, row, offer, what, language, desk.zone),
            "name": row.name,
            "email": row.email,
            "question": row.question,
            "studio_link": desk.sender.studio_link(f"/studio/consultations/{row.id}"),
        }

    write_to_hosts(
        session,
        desk.sender,
        kind=TO_HOST,
        object_id=row.id,
        write_values=write_values,
        word=f"{what}:{row.sequence}",
        calendar=_write_entry(desk, row, offer, desk.sender.default_language) if what != "reminder" else None,
    )


def _describe(
    desk: Desk, row: Consultation, offer: ConsultationOffer, what: str, language: str, zone: str
) -> dict[str, Any]:
    minutes = row.minutes
    return {
        "what": what,
        "when": format_instant(row.starts_at, language, zone, now=clock.now()),
        "minutes": minutes,
        "room_link": offer.room_url,
        "by": row.cancelled_by or "",
        "is_returned": row.is_returned,
        "host": desk.sender.host,
    }


def _list_ways(desk: Desk, row: Consultation, offer: ConsultationOffer) -> dict[str, Any]:
    """Where the buyer looks at it and changes it; ``change_hours`` None where the host has to be asked."""
    return {
        "own_link": desk.sender.link(f"/consultation/mine/{write_token(desk.keys, row.id)}", row.language),
        "change_hours": offer.change_hours,
        "again_link": desk.sender.link("/consultation", row.language),
    }


def _write_entry(desk: Desk, row: Consultation, offer: ConsultationOffer, language: str) -> str:
    summary = gettext(language).gettext("Consultation: %(show)s") % {"show": desk.sender.name}
    return write_calendar(
        CalendarEntry(
            uid=f"{row.id.lower()}@consultations",
            sequence=row.sequence,
            stamp_at=clock.now(),
            starts_at=row.starts_at,
            ends_at=row.ends_at,
            summary=f"{summary} ({row.name})" if row.name else summary,
            description="",
            url=offer.room_url,
            organizer=desk.sender.reply_to or desk.sender.address,
            attendee=row.email or desk.sender.address,
            is_cancelled=row.state == "cancelled",
        )
    )


def write_token(keys: Keys, consultation_id: str) -> str:
    """What the link to one's own consultation carries; it works as long as the row is there."""
    return URLSafeSerializer(keys.sign_with(KEY_PURPOSE), salt="own").dumps(consultation_id)


def read_token(keys: Keys, token: str) -> str:
    """The id of the consultation that a link is for. Raises NotFound for a link that we did not make."""
    try:
        return str(URLSafeSerializer(keys.sign_with(KEY_PURPOSE), salt="own").loads(token))
    except BadSignature as problem:
        raise NotFound(bookings.NO_CONSULTATION) from problem
