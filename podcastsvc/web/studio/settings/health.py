"""Feed health: every feed held against our rules as apps get it, who reads it, and which links look shared."""

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from podcastsvc.billing.plans import list_titles
from podcastsvc.catalogue.shows import list_shows
from podcastsvc.feeds import examining
from podcastsvc.feeds.checking import Finding
from podcastsvc.feeds.examining import FeedReport
from podcastsvc.feeds.versions import ShowState
from podcastsvc.kit.language import format_number
from podcastsvc.members import directory
from podcastsvc.stats.agents import name_app
from podcastsvc.stats.reports import estimate_followers, list_app_fetches
from podcastsvc.storage.tables.stats import AppFetch
from podcastsvc.web.context import language, now, services, settings
from podcastsvc.web.pages import gettext, ngettext, render, write_megabytes
from podcastsvc.web.sign_in.gates import host_only
from podcastsvc.web.studio.blueprint import blueprint
from podcastsvc.web.studio.sharing import list_shared

_MOST_READERS = 20
_MOST_TITLES = 3
_LINKS_READ_FOR = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class FindingLine:
    """One thing to mend, or to think about; ``items`` names the pages concerned, and some of the episodes."""

    problem: str
    advice: str
    items: str
    is_mistake: bool


@dataclass(frozen=True, slots=True)
class FeedCard:
    """One feed: its figures in words, and what there is to say about it. ``repeats``: some of it was said of an earlier
    feed of the show, and is left out here."""

    name: str
    mistakes: int
    figures: list[str]
    changed_at: datetime | None
    findings: list[FindingLine]
    repeats: bool


@dataclass(frozen=True, slots=True)
class ReaderLine:
    """One app: when it last got the feed, for how many in words, and whether it has seen the last change."""

    name: str
    fetched_at: datetime
    counted: str
    is_current: bool


@dataclass(frozen=True, slots=True)
class ShowHealth:
    """One show's feeds and their readers. ``version`` rises with every change that a feed shows."""

    key: str
    title: str
    version: int
    feeds: list[FeedCard]
    readers: list[ReaderLine]
    member_readers: list[ReaderLine]


@dataclass(frozen=True, slots=True)
class _Known:
    """What the database says of a show's readers."""

    readers: Sequence[AppFetch]
    member_readers: Sequence[AppFetch]
    followers: Mapping[str, int]


@blueprint.get("/settings/health")
@host_only
def settings_health() -> str:
    """The feeds of all shows, checked now."""
    states = services().show_states.get()
    with services().db.reading() as session:
        titles = {show.id: show.title for show in list_shows(session)}
        plans = list_titles(session, language())
        known = {state.id: _read_known(session, state) for state in states}
        links = directory.count_links_by_app(session, now() - _LINKS_READ_FOR)
        shared = list_shared(session)
    # A feed that nobody keeps yet is rendered, for which no transaction may be open.
    return render(
        "studio/settings/health.html",
        shows=[_look_at(state, titles.get(state.id, state.key), plans, known[state.id], links) for state in states],
        shared=shared,
        limits=settings(),
    )


def _read_known(session: Session, state: ShowState) -> _Known:
    followers = estimate_followers(session, state.key)
    return _Known(
        readers=list_app_fetches(session, state.key, of_members=False)[:_MOST_READERS],
        member_readers=list_app_fetches(session, state.key, of_members=True)[:_MOST_READERS],
        followers={} if followers is None else {each.name: each.count for each in followers.readers},
    )


def _look_at(
    state: ShowState, title: str, plans: Mapping[str, str], known: _Known, links: Mapping[str, int]
) -> ShowHealth:
    renderer = services().renderer
    views = examining.list_views(renderer, state, plans, now())
    reports = [examining.examine(renderer, settings(), state, view, now()) for view in views]
    changed_at = max((report.changed_at for report in reports if report.changed_at is not None), default=None)
    return ShowHealth(
        key=state.key,
        title=title,
        version=state.version,
        feeds=_describe_feeds(reports, plans),
        readers=[
            _describe_reader(each, _count_followers(known.followers.get(each.name, 0)), changed_at)
            for each in known.readers
        ],
        member_readers=[
            _describe_reader(each, _count_links(links.get(each.name, 0)), changed_at) for each in known.member_readers
        ],
    )


def _describe_feeds(reports: Sequence[FeedReport], plans: Mapping[str, str]) -> list[FeedCard]:
    said: set[str] = set()
    cards = []
    for report in reports:
        cards.append(_describe(gettext(examining.name_view(report.view, plans)), report, said))
        said |= {finding.problem for finding in report.findings}
    return cards


def _describe(name: str, report: FeedReport, said: Set[str]) -> FeedCard:
    episodes = ngettext("%(num)s episode", "%(num)s episodes", report.items)
    pages = ngettext("%(num)s page", "%(num)s pages", report.pages)
    sizes = {"plain": _write_size(report.length_bytes), "packed": _write_size(report.packed_bytes)}
    return FeedCard(
        name=name,
        mistakes=report.mistakes,
        figures=[
            episodes % {"num": format_number(report.items, language())},
            pages % {"num": format_number(report.pages, language())},
            gettext("%(plain)s, sent as %(packed)s") % sizes,
        ],
        changed_at=report.changed_at,
        findings=[_describe_finding(each) for each in report.findings if each.problem not in said],
        repeats=any(each.problem in said for each in report.findings),
    )


def _describe_finding(finding: Finding) -> FindingLine:
    some = ", ".join(gettext("“%(title)s”") % {"title": title} for title in finding.items[:_MOST_TITLES])
    more = len(finding.items) - _MOST_TITLES
    if more > 0:
        some = gettext("%(some)s and %(count)s more") % {"some": some, "count": format_number(more, language())}
    if finding.pages:
        where = ngettext("On page %(pages)s", "On pages %(pages)s", len(finding.pages)) % {
            "pages": finding.page_numbers
        }
        some = gettext("%(where)s: %(some)s") % {"where": where, "some": some} if some else where
    return FindingLine(gettext(finding.problem), gettext(finding.advice), some, finding.is_mistake)


def _describe_reader(row: AppFetch, counted: str, changed_at: datetime | None) -> ReaderLine:
    is_current = changed_at is None or row.fetched_at >= changed_at
    return ReaderLine(name_app(row.name), row.fetched_at, counted, is_current)


def _count_followers(count: int) -> str:
    words = ngettext("%(num)s follower", "%(num)s followers", count)
    return words % {"num": format_number(count, language())} if count else ""


def _count_links(count: int) -> str:
    words = ngettext("%(num)s link", "%(num)s links", count)
    return words % {"num": format_number(count, language())} if count else ""


def _write_size(length_bytes: int) -> str:
    """``412 kB``, ``1.7 MB``."""
    return f"{round(length_bytes / 1000)} kB" if length_bytes < 999_500 else write_megabytes(length_bytes)
