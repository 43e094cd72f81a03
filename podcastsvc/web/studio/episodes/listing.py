"""The studio's list of episodes, and the preview of notes."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from flask import request
from markupsafe import Markup
from werkzeug.wrappers import Response

from podcastsvc.billing.plans import list_titles
from podcastsvc.catalogue import episodes as catalogue
from podcastsvc.catalogue.access import Access, State, read_access, state_of
from podcastsvc.catalogue.episodes import find_main_audio
from podcastsvc.catalogue.shownotes import MOST_NOTES_CHARS
from podcastsvc.catalogue.shows import list_shows
from podcastsvc.catalogue.texts import markdown
from podcastsvc.kit import language as languages
from podcastsvc.kit.text import clean_line, clean_text
from podcastsvc.storage.tables.episode import Episode
from podcastsvc.web.context import language, now, services, settings
from podcastsvc.web.language import make_path
from podcastsvc.web.lists import FilterLink, count_pages, cut_page, read_page
from podcastsvc.web.pages import gettext, render, zone_of_show
from podcastsvc.web.requests import FORM_BYTES, LARGER
from podcastsvc.web.sign_in.gates import host_only
from podcastsvc.web.studio.blueprint import blueprint, go
from podcastsvc.web.studio.episodes.checks import write_length
from podcastsvc.web.studio.members.standings import StandingChip

_PER_PAGE = 50
LARGER["studio.preview"] = 2 * FORM_BYTES


@dataclass(frozen=True, slots=True)
class EpisodeLine:
    """One row of the list."""

    id: int
    title: str
    number: str
    show: str
    state: StandingChip
    audience: str
    at: datetime | None
    length: str


@blueprint.get("/episodes")
@host_only
def episodes() -> str:
    """The list: drafts first, then newest first; searched by title, narrowed by state."""
    words = clean_line(request.args.get("q", ""), limit_chars=100)
    wanted = request.args.get("state", "")
    page = read_page()
    with services().db.reading() as session:
        every = catalogue.list_all(session)
        titles = {show.id: show.title for show in list_shows(session)}
        plans = list_titles(session, language())
    named = [each for each in every if words.casefold() in each.title.casefold()]
    found = [each for each in named if not wanted or state_of(read_access(each), now()) == wanted]
    shown = cut_page(found, page, _PER_PAGE)
    return render(
        "studio/episodes/index.html",
        lines=[_make_line(each, titles, plans) for each in shown],
        has_any=bool(every),
        words=words,
        filters=_make_filters(named, words, wanted),
        total=len(found),
        page=page,
        pages=count_pages(len(found), _PER_PAGE),
        page_href=lambda number: make_path("studio.episodes", q=words or None, state=wanted or None, page=number),
        said=_say(request.args.get("done", "")),
    )


def _make_line(episode: Episode, titles: dict[int, str], plans: dict[str, str]) -> EpisodeLine:
    access = read_access(episode)
    main = find_main_audio(episode)
    return EpisodeLine(
        id=episode.id,
        title=episode.title,
        number=gettext("Episode %(number)s") % {"number": episode.number} if episode.number else "",
        show=titles.get(episode.show_id, "") if len(titles) > 1 else "",
        state=name_state(state_of(access, now())),
        audience=name_audience(access, plans),
        at=episode.published_at,
        length=write_length(main.seconds) if main is not None else "",
    )


def name_state(state: State) -> StandingChip:
    """A state in words and colour."""
    return {
        State.DRAFT: StandingChip(gettext("Draft"), "plain"),
        State.SCHEDULED: StandingChip(gettext("Scheduled"), ""),
        State.PUBLISHED: StandingChip(gettext("Published"), "ok"),
        State.WITHDRAWN: StandingChip(gettext("Withdrawn"), "warn"),
    }[state]


def name_audience(access: Access, plans: dict[str, str]) -> str:
    """Who hears an episode, and when that changes."""
    if access.public_from is not None and access.public_from > now():
        day = languages.format_day(access.public_from.astimezone(ZoneInfo(zone_of_show())), language())
        return gettext("Members first, public on %(day)s") % {"day": day}
    if access.kind == "public" or access.public_from is not None:
        return gettext("Everyone")
    if access.kind == "members":
        return gettext("Members only")
    return ", ".join(plans.get(key, key) for key in sorted(access.plans))


def _make_filters(found: Sequence[Episode], words: str, current: str) -> list[FilterLink]:
    counts = Counter(state_of(read_access(each), now()) for each in found)
    links = [FilterLink(gettext("All"), make_path("studio.episodes", q=words or None), not current)]
    for state in State:
        if counts[state] or state == current:
            href = make_path("studio.episodes", q=words or None, state=state.value)
            links.append(FilterLink(f"{name_state(state).words} · {counts[state]}", href, state == current))
    return links


def _say(done: str) -> str:
    return {
        "deleted": gettext("The draft is deleted."),
        "soon": gettext("The episode is written. It appears here within a minute."),
        "scanned": gettext("The folder was read. What was found to mend stands on the overview."),
    }.get(done, "")


@blueprint.post("/scan")
@host_only
def scan() -> Response:
    """Reads the episodes folder now, whole."""
    from podcastsvc.content.scan import scan_everything

    scan_everything(services().db, services().media, settings())
    return go("studio.episodes", done="scanned")


@blueprint.post("/preview")
@host_only
def preview() -> str:
    """Notes as the episode's page will show them; the script takes the part with the id ``preview`` from it."""
    return render("studio/preview.html", preview=render_preview(request.form.get("notes", "")))


def render_preview(notes: str) -> Markup:
    """Notes as HTML that has passed the allow list (rule T-X1)."""
    own_host = urlsplit(settings().base_url).netloc
    page = markdown.render_page(clean_text(notes, limit_chars=MOST_NOTES_CHARS), own_host=own_host)
    return Markup(page)  # noqa: S704 -- cleaned by the allow list
