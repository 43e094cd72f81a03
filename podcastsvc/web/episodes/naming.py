"""Lists of episodes by what they are about and who is heard in them: the page of a tag, everybody, and one person's page."""

from collections.abc import Sequence

from flask import Blueprint, abort
from sqlalchemy.orm import Session

from podcastsvc.catalogue import episodes, naming
from podcastsvc.catalogue.naming import KnownPerson
from podcastsvc.catalogue.shows import get_card, list_shows
from podcastsvc.web.context import now, services
from podcastsvc.web.episodes.pages import read_number
from podcastsvc.web.episodes.seasons import PER_PAGE
from podcastsvc.web.guards.kept import keep
from podcastsvc.web.language import make_path
from podcastsvc.web.lists import count_pages
from podcastsvc.web.pages import gettext, ngettext, render
from podcastsvc.web.site.cards import EpisodeCard, make_card
from podcastsvc.web.site.head import make_head
from podcastsvc.web.site.shows import PageShow, main_show
from podcastsvc.web.site.viewing import get_viewing

blueprint = Blueprint("naming", __name__)


@blueprint.get("/tags/<slug>/")
@keep("page")
def tag(slug: str) -> str:
    """All episodes with a tag, newest first."""
    with services().db.reading() as session:
        found = next((each for each in naming.list_tags(session, now()) if each.slug == slug), None) or abort(404)
        cards = _make_cards(session, _cut(found.episode_ids))
    return _show("naming.tag", slug, found.name, found.episode_ids, cards)


@blueprint.get("/people/")
@keep()
def people() -> str:
    """Everybody who makes the shows or was heard in them."""
    with services().db.reading() as session:
        found = _list_people(session)
    title = gettext("People")
    description = gettext("Everybody who makes the show or was heard in it.")
    return render(
        "episodes/people.html",
        page_title=title,
        head=make_head("naming.people", {}, show=main_show(), title=title, description=description),
        hosts=[each for each in found if each.is_host],
        guests=[each for each in found if not each.is_host],
        description=description,
    )


@blueprint.get("/people/<slug>/")
@keep("page")
def person(slug: str) -> str:
    """One person and the episodes they are heard in, newest first."""
    with services().db.reading() as session:
        found = next((each for each in _list_people(session) if each.slug == slug), None) or abort(404)
        cards = _make_cards(session, _cut(found.episode_ids))
    return _show("naming.person", slug, found.name, found.episode_ids, cards, person=found)


def _list_people(session: Session) -> list[KnownPerson]:
    makers = [
        (each.name, each.url)
        for show in list_shows(session)
        for each in get_card(session, show).facts.people
        if each.role in naming.HOSTS
    ]
    return naming.list_people(session, makers, now())


def _cut(episode_ids: Sequence[int]) -> Sequence[int]:
    """Those of the page that is asked for; 404 for a page after the last."""
    page = read_number("page") or 1
    found = episode_ids[(page - 1) * PER_PAGE : page * PER_PAGE]
    if not found and page > 1:
        abort(404)
    return found


def _make_cards(session: Session, episode_ids: Sequence[int]) -> list[EpisodeCard]:
    """The cards of episodes of any show, in the order of their ids."""
    rows = list_shows(session)
    shows = {show.id: PageShow(get_card(session, show), is_first=not at) for at, show in enumerate(rows)}
    found = {episode.id: episode for episode in episodes.list_by_id(session, episode_ids)}
    audience = get_viewing().audience
    return [make_card(found[each], shows[found[each].show_id], audience) for each in episode_ids if each in found]


def _show(
    endpoint: str,
    slug: str,
    title: str,
    episode_ids: Sequence[int],
    cards: list[EpisodeCard],
    *,
    person: KnownPerson | None = None,
) -> str:
    page, pages = read_number("page") or 1, count_pages(len(episode_ids), PER_PAGE)
    counted = ngettext("%(num)s episode", "%(num)s episodes", len(episode_ids)) % {"num": len(episode_ids)}

    def write_page(number: int) -> str:
        return make_path(endpoint, slug=slug, page=number if number > 1 else None)

    return render(
        "episodes/named.html",
        page_title=title,
        head=make_head(
            endpoint,
            {"slug": slug, "page": page if page > 1 else None},
            show=main_show(),
            title=title,
            description=f"{title}: {counted}",
        ),
        counted=counted if episode_ids else "",
        person=person,
        cards=cards,
        page=page,
        pages=pages,
        previous_href=write_page(page - 1) if page > 1 else None,
        next_href=write_page(page + 1) if page < pages else None,
    )
