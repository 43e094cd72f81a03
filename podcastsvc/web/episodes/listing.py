"""The list of episodes that are out, twenty a page, narrowed down as its reader likes."""

from collections.abc import Sequence
from typing import TypeVar

from flask import abort, request

from podcastsvc.catalogue import episodes, naming
from podcastsvc.catalogue.naming import KnownPerson, Tag
from podcastsvc.storage.tables.episode import Episode
from podcastsvc.web.context import now, services
from podcastsvc.web.episodes.narrowing import Named, Narrowing, list_choices, list_near
from podcastsvc.web.episodes.pages import blueprint
from podcastsvc.web.episodes.paging import PER_PAGE, plan_list
from podcastsvc.web.guards.kept import keep
from podcastsvc.web.lists import read_number, read_page
from podcastsvc.web.pages import render
from podcastsvc.web.site.cards import list_latest, make_cards
from podcastsvc.web.site.head import make_head
from podcastsvc.web.site.shows import PageShow, find_page_show
from podcastsvc.web.site.viewing import get_viewing

_NEAR = 3
N = TypeVar("N", bound=Named)


@blueprint.get("/episodes/")
@blueprint.get("/shows/<key>/episodes/")
@keep("page", "season", "tag", "person")
def index(key: str | None = None) -> str:
    """All episodes that are out, of one season, tag or person if asked for."""
    show = find_page_show(key)
    page, season = read_page(), read_number("season")
    seasons: list[int] = []
    tags: list[Tag] = []
    people: list[KnownPerson] = []
    if show is not None:
        with services().db.reading() as session:
            seasons = episodes.list_seasons(session, show.id, now())
            tags = naming.list_tags(session, now(), show.id)
            people = naming.list_people(session, (), now(), show.id)
    if season is not None and season not in seasons:
        abort(404)
    narrowing = Narrowing(season, _find_named("tag", tags), _find_named("person", people))
    count, found = _list(show, narrowing, page)
    values = {"key": show.key_in_path if show is not None else None, **narrowing.values}
    is_narrow = any(each is not None for each in narrowing.values.values())
    return render(
        "episodes/index.html",
        page_title=narrowing.title,
        head=make_head(
            "episodes.index",
            values | {"page": page if page > 1 else None},
            show=show,
            title=narrowing.title,
            description=show.promise if show is not None else "",
        ),
        this_show=show,
        cards=make_cards(found, show, get_viewing().audience) if show is not None else [],
        plan=plan_list(values, page=page, count=count),
        choices=list_choices(values, narrowing, seasons, tags, people),
        narrowing=narrowing,
        is_narrow=is_narrow,
        near=list_near(narrowing, tags, _NEAR) if is_narrow and not found else [],
        latest=list_latest(_NEAR) if is_narrow and not found else [],
    )


def _find_named(name: str, known: Sequence[N]) -> N | None:
    """The tag or person that the query names; 404 for one that nobody knows."""
    slug = request.args.get(name)
    return None if slug is None else next((each for each in known if each.slug == slug), None) or abort(404)


def _list(show: PageShow | None, narrowing: Narrowing, page: int) -> tuple[int, list[Episode]]:
    """How many episodes there are, and those of one page."""
    if show is None:
        return 0, []
    with services().db.reading() as session:
        count = episodes.count_out(session, show.id, now(), season=narrowing.season, only=narrowing.only)
        start = (page - 1) * PER_PAGE
        found = episodes.list_out(
            session, show.id, now(), season=narrowing.season, only=narrowing.only, offset=start, limit=PER_PAGE
        )
    return count, found
