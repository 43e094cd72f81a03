"""Lists of episodes by what they are about: the page of a tag."""

from collections.abc import Sequence

from flask import Blueprint, abort
from sqlalchemy.orm import Session

from podcastsvc.catalogue import episodes, naming
from podcastsvc.catalogue.shows import get_card, list_shows
from podcastsvc.web.context import now, services
from podcastsvc.web.episodes.paging import PER_PAGE
from podcastsvc.web.guards.kept import keep
from podcastsvc.web.language import make_path
from podcastsvc.web.lists import count_pages, cut_page, read_page
from podcastsvc.web.pages import ngettext, render
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
        cards = make_cards(session, cut(found.episode_ids))
    return _show("naming.tag", slug, found.name, found.episode_ids, cards)


def cut(episode_ids: Sequence[int]) -> Sequence[int]:
    """Those of the page that is asked for."""
    return cut_page(episode_ids, read_page(), PER_PAGE)


def make_cards(session: Session, episode_ids: Sequence[int]) -> list[EpisodeCard]:
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
) -> str:
    page, pages = read_page(), count_pages(len(episode_ids), PER_PAGE)
    counted = ngettext("%(num)s episode", "%(num)s episodes", len(episode_ids)) % {"num": len(episode_ids)}

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
        cards=cards,
        page=page,
        pages=pages,
        previous_href=write_page_path(endpoint, slug, page - 1) if page > 1 else None,
        next_href=write_page_path(endpoint, slug, page + 1) if page < pages else None,
    )


def write_page_path(endpoint: str, slug: str, page: int) -> str:
    """The path of one part of a list that is too long for one page."""
    return make_path(endpoint, slug=slug, page=page if page > 1 else None)
