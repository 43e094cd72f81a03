"""Members' calls on the site: the list, each one's page with its room for whom it is, and its calendar file."""

from urllib.parse import urlsplit

from flask import Blueprint, abort, make_response
from flask_login import current_user
from werkzeug.wrappers import Response

from podcastsvc.catalogue.access import State
from podcastsvc.content import calls
from podcastsvc.kit.language import format_instant
from podcastsvc.storage.tables.writing import Writing
from podcastsvc.web.calls.view import CallCard, changes_by_itself, make_card, make_view
from podcastsvc.web.context import language, now, services, settings
from podcastsvc.web.guards.headers import mark_personal
from podcastsvc.web.guards.kept import keep, leave_unkept
from podcastsvc.web.language import make_address
from podcastsvc.web.offers.prices import find_lowest_price, write_join_label
from podcastsvc.web.pages import gettext, render, zone_of_show
from podcastsvc.web.site.head import make_head
from podcastsvc.web.site.shows import PageShow, main_show
from podcastsvc.web.site.structured import write_event
from podcastsvc.web.site.viewing import get_viewing

blueprint = Blueprint("calls", __name__)


@blueprint.get("/calls/")
@keep()
def index() -> str:
    """The calls to come, and those that are over with their recordings."""
    title, show = gettext("Members' calls"), main_show()
    with services().db.reading() as session:
        coming, over = calls.list_calls(session, now(), language())
    cards, past = _make_cards(coming), _make_cards(over)
    if any(map(changes_by_itself, cards)):
        leave_unkept()
    description = gettext("Live meetings with the host, and what was said in them.")
    return render(
        "calls/index.html",
        page_title=title,
        head=make_head("calls.index", {}, show=show, title=title, description=description),
        description=description,
        coming=cards,
        past=past,
        viewing=get_viewing(),
        join_label="" if get_viewing().has_access else write_join_label(find_lowest_price()),
    )


@blueprint.get("/calls/<slug>")
@keep()
def page(slug: str) -> str | Response:
    """One call. Everybody sees when it is; the room is shown on the day, to those for whom it is."""
    show, viewing = main_show(), get_viewing()
    join_label = "" if viewing.has_access else write_join_label(find_lowest_price())
    with services().db.reading() as session:
        row = calls.find_call(session, slug, _list_languages(), now(), is_host=viewing.is_host) or abort(404)
        view = make_view(session, row, show, viewing) or abort(404)
    is_withdrawn = view.state == State.WITHDRAWN.value
    if changes_by_itself(view.card) or not row.listed:
        leave_unkept()
    html = render(
        "calls/page.html",
        page_title=view.card.title,
        private=not row.listed or view.state != State.PUBLISHED.value,
        head=make_head(
            "calls.page", {"slug": slug}, show=show, title=view.card.title, description=_describe(view.card, show)
        ),
        structured=write_event(view, make_address("calls.page", in_language=language(), slug=slug), show),
        call=view,
        zone=zone_of_show(),
        writing_id=row.id,
        viewing=viewing,
        join_label=join_label,
    )
    return make_response(html, 410) if is_withdrawn and not viewing.is_host else html


@blueprint.get("/calls/<slug>.ics")
def calendar(slug: str) -> Response:
    """The call for a calendar, which also tells one that has it already of a change or that it is cancelled."""
    viewing, sender = get_viewing(), services().make_sender()
    with services().db.reading() as session:
        row = calls.find_call(session, slug, _list_languages(), now(), is_host=viewing.is_host) or abort(404)
    text = calls.write_entry(
        row,
        viewing.audience,
        now(),
        page_url=make_address("calls.page", in_language=language(), slug=row.slug),
        host=urlsplit(settings().base_url).hostname or "localhost",
        organizer=sender.reply_to or sender.address,
    )
    response = make_response(text)
    response.headers["Content-Type"] = "text/calendar; charset=utf-8"
    response.headers["Content-Disposition"] = f'attachment; filename="{row.slug}.ics"'
    response.headers["Cache-Control"] = "no-cache"
    response.headers["X-Robots-Tag"] = "noindex"
    if current_user.is_authenticated:
        mark_personal()
    return response


def _describe(card: CallCard, show: PageShow | None) -> str:
    """What a call is about; when it is, where its text is for members alone."""
    if card.summary or show is None:
        return card.summary
    when = format_instant(card.starts_at, language(), zone_of_show(), now=now())
    return gettext("A call of %(show)s with its members: %(when)s.") % {"show": show.title, "when": when}


def _list_languages() -> list[str]:
    return [language(), settings().default_language]


def _make_cards(rows: list[Writing]) -> list[CallCard]:
    return [card for card in map(make_card, rows) if card is not None]
