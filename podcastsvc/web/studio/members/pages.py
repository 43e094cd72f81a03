"""The studio's members: the list, and one person with their plans, links and grants."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from flask import abort, request
from sqlalchemy.orm import Session

from podcastsvc.billing.plans import PlanView, list_plans, list_titles
from podcastsvc.billing.returning.listing import list_payments
from podcastsvc.kit.money import Money
from podcastsvc.kit.text import clean_line
from podcastsvc.members import accounts, directory, feed_tokens, grants, link_use, seats, subscriptions
from podcastsvc.members.directory import MemberRow
from podcastsvc.members.entitlements import Entitlement
from podcastsvc.members.seats import SeatRow
from podcastsvc.storage.tables.billing import Grant, Subscription
from podcastsvc.storage.tables.member import FeedLink, Member
from podcastsvc.web.account.usage import find_shared
from podcastsvc.web.context import language, now, services, settings
from podcastsvc.web.language import make_path
from podcastsvc.web.lists import FilterLink, count_pages, cut_page, read_page
from podcastsvc.web.pages import gettext, render
from podcastsvc.web.sign_in.gates import host_only
from podcastsvc.web.studio.blueprint import blueprint
from podcastsvc.web.studio.members.listening import make_listening
from podcastsvc.web.studio.members.standings import ORDER, StandingChip, find_standing, make_chip
from podcastsvc.web.studio.money.listing import make_line

_PER_PAGE = 50
_MOST_PAYMENTS = 100


@dataclass(frozen=True, slots=True)
class MemberLine:
    """One row of the list."""

    id: int
    email: str
    name: str
    chip: StandingChip
    plans: str
    since: datetime
    heard_at: datetime | None


@dataclass(frozen=True, slots=True)
class SubscriptionLine:
    """One subscription as the member's page shows it; ``href`` leads to it at Stripe."""

    plans: str
    price: Money
    people: int
    interval: str
    status: str
    started_at: datetime
    period_end: datetime | None
    href: str


@dataclass(frozen=True, slots=True)
class GrantLine:
    """One grant; ``is_running`` says whether it can be ended."""

    id: int
    plan: str
    reason: str
    starts_at: datetime
    ends_at: datetime | None
    is_running: bool


@dataclass(frozen=True, slots=True)
class SeatLine:
    """One seat in a group, by the person on its other side."""

    member_id: int
    name: str
    taken_at: datetime


@dataclass(frozen=True, slots=True)
class MemberView:
    """All that a member's page shows; no link's address."""

    member: Member
    entitlement: Entitlement
    chip: StandingChip
    plans: str
    heard_at: datetime | None
    subscriptions: list[SubscriptionLine]
    grants: list[GrantLine]
    payers: list[SeatLine]
    holders: list[SeatLine]
    links: list[FeedLink]
    choices: list[PlanView]


@blueprint.get("/members")
@host_only
def members() -> str:
    """The list, newest first, searched by address and name, narrowed by standing."""
    words = clean_line(request.args.get("q", ""), limit_chars=100)
    standing = find_standing(request.args.get("standing", ""))
    page = read_page()
    with services().db.reading() as session:
        rows = directory.list_members(session, now(), words=words)
        found = [row for row in rows if standing is None or row.entitlement.standing is standing]
        lines = make_lines(session, cut_page(found, page, _PER_PAGE))
        plans = list_plans(session, language())
    return render(
        "studio/members/index.html",
        words=words,
        filters=_make_filters(rows, words, request.args.get("standing", "")),
        lines=lines,
        total=len(found),
        has_filter=bool(words or standing),
        page=page,
        pages=count_pages(len(found), _PER_PAGE),
        page_href=lambda number: make_path("studio.members", q=words or None, standing=standing, page=number),
        prices=[price for plan in plans for price in plan.prices],
    )


def make_lines(session: Session, rows: Sequence[MemberRow]) -> list[MemberLine]:
    """Rows of the directory as a table shows them."""
    titles = list_titles(session, language())
    heard = directory.list_last_heard(session, [row.member.id for row in rows])
    return [
        MemberLine(
            id=row.member.id,
            email=row.member.email or "",
            name=row.member.name,
            chip=chip_of(row),
            plans=name_plans(titles, row.entitlement.audience.plans),
            since=row.member.created_at,
            heard_at=heard.get(row.member.id),
        )
        for row in rows
    ]


def chip_of(row: MemberRow) -> StandingChip:
    """The standing of a member; hosts are shown as such."""
    return StandingChip(gettext("Host"), "") if row.member.role == "host" else make_chip(row.entitlement.standing)


def name_plans(titles: dict[str, str], keys: frozenset[str] | list[str]) -> str:
    """Plans by title, in a fixed order; a key that is no plan of ours stands as it is."""
    return ", ".join(sorted(titles.get(key, key) for key in keys if key != "*"))


def _make_filters(rows: Sequence[MemberRow], words: str, current: str) -> list[FilterLink]:
    counts = directory.count_standings(list(rows))
    links = [FilterLink(gettext("All"), make_path("studio.members", q=words or None), current == "")]
    for standing in ORDER:
        if counts[standing] or standing == current:
            href = make_path("studio.members", q=words or None, standing=standing.value)
            links.append(FilterLink(f"{make_chip(standing).words} · {counts[standing]}", href, standing == current))
    return links


@blueprint.get("/members/<int:member_id>")
@host_only
def member(member_id: int) -> str:
    """One person. No address of a link is on the page until it is asked for."""
    return show_member(member_id)


def show_member(member_id: int, *, errors: dict[str, str] | None = None, **values: object) -> str:
    """The page of one member, with what a form of it has to say. 404 where there is none."""
    with services().db.reading() as session:
        view = read_view(session, get_member(session, member_id))
        links = feed_tokens.list_links_ever(session, member_id)
        readers = link_use.list_readers(session, [link.id for link in links])
        signs = find_shared(session, [link.id for link in links])
        paid = list_payments(session, member_id=member_id, limit=_MOST_PAYMENTS)
    defaults: dict[str, object] = {
        "shown": None,
        "shown_link": None,
        "plan": "",
        "until": "",
        "note_text": view.member.note,
        "listening": make_listening(view.entitlement, links, readers, signs),
        "payments": [make_line(row) for row in paid],
        "is_sent": request.method == "GET" and request.args.get("done") == "sent",
    }
    return render("studio/members/page.html", view=view, errors=errors or {}, **{**defaults, **values})


def get_member(session: Session, member_id: int) -> Member:
    """The member with an id; 404 where there is none or they were removed."""
    found = accounts.find(session, member_id)
    if found is None:
        abort(404)
    return found


def read_view(session: Session, found: Member) -> MemberView:
    """Everything about a member that the page shows."""
    row = directory.get_row(session, found, now())
    titles = list_titles(session, language())
    return MemberView(
        member=found,
        entitlement=row.entitlement,
        chip=chip_of(row),
        plans=name_plans(titles, row.entitlement.audience.plans),
        heard_at=directory.list_last_heard(session, [found.id]).get(found.id),
        subscriptions=[_view_subscription(each, titles) for each in subscriptions.list_of_member(session, found.id)],
        grants=[_view_grant(each, titles) for each in grants.list_grants(session, found.id)],
        payers=[_view_seat(each) for each in seats.list_of_member(session, found.id)],
        holders=[_view_seat(each) for each in seats.list_seats(session, found.id)],
        links=feed_tokens.list_links(session, found.id),
        choices=list_plans(session, language(), with_closed=True),
    )


def _view_seat(row: SeatRow) -> SeatLine:
    return SeatLine(row.member.id, row.member.email or row.member.name, row.seat.taken_at)


def _view_subscription(row: Subscription, titles: dict[str, str]) -> SubscriptionLine:
    words = {
        "trialing": gettext("Trial"),
        "active": gettext("Active"),
        "past_due": gettext("Payment failed"),
        "unpaid": gettext("Unpaid"),
        "paused": gettext("Paused"),
        "incomplete": gettext("Confirming payment"),
        "incomplete_expired": gettext("Never paid"),
        "canceled": gettext("Ended"),
    }
    mode = "" if row.livemode else "test/"
    is_at_stripe = settings().mode_of_payments == "stripe"
    return SubscriptionLine(
        plans=name_plans(titles, row.plans),
        price=Money(row.amount_minor, row.currency),
        people=row.quantity,
        interval=row.interval or "",
        status=words.get(row.status, row.status),
        started_at=row.started_at,
        period_end=row.period_end,
        href=f"https://dashboard.stripe.com/{mode}subscriptions/{row.stripe_id}" if is_at_stripe else "",
    )


def _view_grant(row: Grant, titles: dict[str, str]) -> GrantLine:
    reasons = {
        "gift": gettext("Gift"),
        "comp": gettext("Given by you"),
        "import": gettext("Moved in"),
        "staff": gettext("Part of the team"),
        "once": gettext("Paid once"),
    }
    is_running = row.ends_at is None or row.ends_at > now()
    return GrantLine(
        row.id, titles.get(row.plan, row.plan), reasons[row.reason], row.starts_at, row.ends_at, is_running
    )
