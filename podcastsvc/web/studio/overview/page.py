"""The studio's overview: what needs attention, what is true now, how the installation does."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from zoneinfo import ZoneInfo

from flask_login import current_user
from sqlalchemy.orm import Session

from podcastsvc.billing.accounting.overview import MonthRow, add_monthly, count_moves
from podcastsvc.catalogue import episodes
from podcastsvc.catalogue.access import State, read_access, state_of
from podcastsvc.catalogue.problems import list_problems
from podcastsvc.members import directory
from podcastsvc.members.directory import MemberRow
from podcastsvc.stats.reports import Numbers, make_numbers
from podcastsvc.storage.tables.episode import Episode
from podcastsvc.web.context import now, services
from podcastsvc.web.pages import gettext, render, write_first_name, zone_of_show
from podcastsvc.web.sign_in.gates import host_only
from podcastsvc.web.site.shows import main_show
from podcastsvc.web.studio.blueprint import blueprint
from podcastsvc.web.studio.chart import make_chart
from podcastsvc.web.studio.members.pages import make_lines
from podcastsvc.web.studio.members.standings import ORDER, make_chip
from podcastsvc.web.studio.numbers import SPANS, link_spans
from podcastsvc.web.studio.overview.first_steps import list_steps
from podcastsvc.web.studio.overview.health import find_attention, list_health, read_condition

_NEWEST_MEMBERS = 4
_MOVES = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Downloads:
    """Downloads of the last seven days, and how they compare to the seven before (per cent; None without those)."""

    week: int
    change_percent: int | None


@dataclass(frozen=True, slots=True)
class EpisodeCounts:
    """Episodes by state, and the next one that comes out."""

    published: int
    scheduled: int
    drafts: int
    next: Episode | None


@blueprint.get("/")
@host_only
def overview() -> str:
    """One page over everything."""
    show = main_show()
    with services().db.reading() as session:
        problems = list_problems(session)
        condition = read_condition(session, problems, show.id if show is not None else None)
        rows = directory.list_members(session, now())
        numbers = None if show is None else _read_numbers(session, show.id)
        values = {
            "steps": list_steps(session),
            "newest": make_lines(session, [row for row in rows if row.member.role == "member"][:_NEWEST_MEMBERS]),
            "episodes": _count_episodes(session),
            "moves": _count_moves(session),
            "monthly": add_monthly(session, now()),
        }
    return render(
        "studio/overview.html",
        greeting=_greet(),
        attention=find_attention(condition),
        health=list_health(condition),
        problems=problems,
        downloads=None if numbers is None else _compare_weeks(numbers),
        numbers=numbers,
        chart=None if numbers is None else make_chart([(day.day, day.downloads) for day in numbers.days]),
        spans=link_spans(SPANS[0]),
        members_with_access=sum(1 for row in rows if row.entitlement.has_access and row.member.role == "member"),
        standings=_name_standings(rows),
        **values,
    )


def _count_moves(session: Session) -> MonthRow:
    """Who came and left in the last thirty days."""
    # This very second counts.
    end = now() + timedelta(seconds=1)
    return count_moves(session, [end - _MOVES, end])[0]


def _read_numbers(session: Session, show_id: int) -> Numbers:
    until = now().date()
    return make_numbers(session, show_id, since=until - timedelta(days=SPANS[0] - 1), until=until)


def _compare_weeks(numbers: Numbers) -> Downloads:
    days = [day.downloads for day in numbers.days]
    week, before = sum(days[-7:]), sum(days[-14:-7])
    return Downloads(week, round(100 * (week - before) / before) if before else None)


def _count_episodes(session: Session) -> EpisodeCounts:
    found = episodes.list_all(session)
    counts = Counter(state_of(read_access(episode), now()) for episode in found)
    coming = [each for each in found if each.published_at is not None and each.published_at > now()]
    return EpisodeCounts(
        published=counts[State.PUBLISHED],
        scheduled=counts[State.SCHEDULED],
        drafts=counts[State.DRAFT],
        next=min(coming, key=lambda each: each.published_at or now(), default=None),
    )


def _name_standings(rows: Sequence[MemberRow]) -> str:
    """``1,240 Active, 3 Payment failed``: the states that somebody has."""
    counts = directory.count_standings(list(rows))
    return ", ".join(f"{counts[standing]} {make_chip(standing).words}" for standing in ORDER if counts[standing])


def _greet() -> str:
    hour = now().astimezone(ZoneInfo(zone_of_show())).hour
    name = write_first_name(current_user.name)
    if hour < 12:
        return gettext("Good morning, %(name)s") % {"name": name} if name else gettext("Good morning")
    if hour < 19:
        return gettext("Good afternoon, %(name)s") % {"name": name} if name else gettext("Good afternoon")
    return gettext("Good evening, %(name)s") % {"name": name} if name else gettext("Good evening")
