"""A call as pages show it: everything that the person who looks may know, and nothing else."""

from dataclasses import dataclass
from datetime import datetime

from markupsafe import Markup
from sqlalchemy.orm import Session

from podcastsvc.catalogue import episodes
from podcastsvc.catalogue.access import is_out, read_access, state_of
from podcastsvc.content import calls
from podcastsvc.content.calls import Stage
from podcastsvc.storage.tables.writing import Writing
from podcastsvc.web.context import language, now
from podcastsvc.web.language import make_path
from podcastsvc.web.site.shows import PageShow
from podcastsvc.web.site.viewing import Viewing


@dataclass(frozen=True, slots=True)
class CallCard:
    """A call in a list. ``language`` is that of its words where it is not the page's."""

    title: str
    href: str
    summary: str
    starts_at: datetime
    stage: str
    is_open_to_all: bool
    language: str | None


@dataclass(frozen=True, slots=True)
class CallView:
    """A call's page. ``room`` is "" for all who may not have it now; ``enters`` says whether the room is for who looks.

    ``state`` is that of its text: "published", or what a host previews.
    """

    card: CallCard
    ends_at: datetime
    minutes: int
    text: Markup
    room: str
    has_room: bool
    enters: bool
    state: str
    calendar_href: str
    recording_href: str
    recording_title: str


def make_card(row: Writing) -> CallCard | None:
    """None for a row without a beginning, which no scan saves."""
    if row.starts_at is None:
        return None
    return CallCard(
        title=row.title,
        href=make_path("calls.page", slug=row.slug),
        summary=row.summary,
        starts_at=row.starts_at,
        stage=calls.stage_of(row, now()).value,
        is_open_to_all=row.access_kind == "public",
        language=row.language if row.language != language() else None,
    )


def make_view(session: Session, row: Writing, show: PageShow | None, viewing: Viewing) -> CallView | None:
    """The page of a call; a host sees the room at any time."""
    card, end = make_card(row), calls.find_end(row)
    if card is None or end is None:
        return None
    room = str(row.facts.get("room") or "")
    recording = _find_recording(session, row, show)
    return CallView(
        card=card,
        ends_at=end,
        minutes=int(row.facts.get("minutes") or 60),
        text=Markup(row.html),  # noqa: S704 -- cleaned by the allow list
        room=room if viewing.is_host else calls.find_room(row, viewing.audience, now()),
        has_room=bool(room),
        enters=viewing.is_host or calls.may_enter(row, viewing.audience, now()),
        state=state_of(read_access(row), now()).value,
        calendar_href=make_path("calls.calendar", slug=row.slug),
        recording_href=recording[0],
        recording_title=recording[1],
    )


def changes_by_itself(card: CallCard) -> bool:
    """Whether what pages show of a call changes at an instant that no state of kept pages knows: when it ends."""
    return card.stage == Stage.OPEN.value


def _find_recording(session: Session, row: Writing, show: PageShow | None) -> tuple[str, str]:
    """Address and title of the episode in which a call can be heard; "" while it is not out."""
    slug = str(row.facts.get("recording") or "").strip("/").rpartition("/")[2]
    found = episodes.find_by_slug(session, show.id, slug) if slug and show is not None else None
    if found is None or not is_out(read_access(found), now()):
        return "", ""
    return make_path("episodes.page", slug=found.slug), found.title
