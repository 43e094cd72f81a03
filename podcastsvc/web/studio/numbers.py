"""Numbers: downloads by day and episode, apps, devices, and who follows the feed."""

from dataclasses import dataclass
from datetime import timedelta

from flask import abort, request

from podcastsvc.catalogue.shows import find_show, list_shows
from podcastsvc.stats.reports import estimate_followers, make_numbers
from podcastsvc.web.context import now, services
from podcastsvc.web.language import make_path
from podcastsvc.web.pages import gettext, render
from podcastsvc.web.sign_in.gates import host_only
from podcastsvc.web.studio.blueprint import blueprint
from podcastsvc.web.studio.chart import make_chart

SPANS = (28, 90, 365)


@dataclass(frozen=True, slots=True)
class SpanLink:
    """A link to another span of time."""

    label: str
    href: str
    is_current: bool


@blueprint.get("/numbers")
@host_only
def numbers() -> str:
    """One show's numbers over the last 28, 90 or 365 days; days are days of UTC, as they are counted."""
    days = request.args.get("days", SPANS[0], type=int)
    days = days if days in SPANS else SPANS[0]
    until = now().date()
    with services().db.reading() as session:
        shows = list_shows(session)
        show = find_show(session, request.args.get("show"))
        if show is None and shows:
            abort(404)
        found = (
            None
            if show is None
            else make_numbers(session, show.id, since=until - timedelta(days=days - 1), until=until)
        )
        followers = None if show is None else estimate_followers(session, show.key)
    return render(
        "studio/numbers.html",
        numbers=found,
        chart=None if found is None else make_chart([(day.day, day.downloads) for day in found.days]),
        followers=followers,
        spans=link_spans(days, show.key if show is not None and len(shows) > 1 else None),
        shows=shows,
        chosen=show,
    )


def link_spans(current: int, show_key: str | None = None) -> list[SpanLink]:
    """The three spans as links."""
    labels = {28: gettext("28 days"), 90: gettext("90 days"), 365: gettext("Year")}
    return [
        SpanLink(labels[days], make_path("studio.numbers", days=days, show=show_key), days == current) for days in SPANS
    ]
