"""Lists by what they are about: the page of a tag, with its episodes and articles."""

from collections.abc import Sequence
from dataclasses import dataclass

from flask import Blueprint, abort
from sqlalchemy.orm import Session

from podcastsvc.catalogue import episodes
from podcastsvc.catalogue.shows import get_card, list_shows
from podcastsvc.content import naming
from podcastsvc.content.naming import Entry, SiteTag
from podcastsvc.web.context import language, now, services
from podcastsvc.web.episodes.paging import PER_PAGE
from podcastsvc.web.guards.kept import keep
from podcastsvc.web.language import make_path
from podcastsvc.web.lists import count_pages, cut_page, read_page
from podcastsvc.web.pages import ngettext, render
from podcastsvc.web.site.cards import EpisodeCard, make_card
from podcastsvc.web.site.head import make_head
from podcastsvc.web.site.shows import PageShow, main_show
from podcastsvc.web.site.viewing import get_viewing
from podcastsvc.web.texts.cards import ArticleCard
from podcastsvc.web.texts.cards import make_card as make_article_card

blueprint = Blueprint("naming", __name__)


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a mixed list: an episode's card or an article's."""

    episode: EpisodeCard | None = None
    article: ArticleCard | None = None


@blueprint.get("/tags/<slug>/")
@keep("page")
def tag(slug: str) -> str:
    """All episodes and articles with a tag, newest first."""
    with services().db.reading() as session:
        every = naming.list_tags(session, now(), language())
        found = next((each for each in every if each.slug == slug), None) or abort(404)
        rows = _make_rows(session, cut_page(naming.mix(session, found), read_page(), PER_PAGE))
    page, pages, counted = read_page(), count_pages(found.count, PER_PAGE), _count(found)
    return render(
        "episodes/named.html",
        page_title=found.name,
        head=make_head(
            "naming.tag",
            {"slug": slug, "page": page if page > 1 else None},
            show=main_show(),
            title=found.name,
            description=f"{found.name}: {counted}",
        ),
        counted=counted,
        rows=rows,
        page=page,
        pages=pages,
        previous_href=write_page_path("naming.tag", slug, page - 1) if page > 1 else None,
        next_href=write_page_path("naming.tag", slug, page + 1) if page < pages else None,
    )


def _make_rows(session: Session, entries: Sequence[Entry]) -> list[Row]:
    ids = [entry.episode_id for entry in entries if entry.episode_id is not None]
    cards = dict(zip(ids, make_cards(session, ids), strict=True))
    audience = get_viewing().audience
    return [
        Row(article=make_article_card(entry.article, audience))
        if entry.article is not None
        else Row(episode=cards[entry.episode_id or 0])
        for entry in entries
    ]


def _count(tag: SiteTag) -> str:
    """``12 episodes · 1 article``."""
    episodes, articles = len(tag.episode_ids), len(tag.articles)
    parts = (
        ngettext("%(num)s episode", "%(num)s episodes", episodes) % {"num": episodes} if episodes else "",
        ngettext("%(num)s article", "%(num)s articles", articles) % {"num": articles} if articles else "",
    )
    return " · ".join(part for part in parts if part)


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


def write_page_path(endpoint: str, slug: str, page: int) -> str:
    """The path of one part of a list that is too long for one page."""
    return make_path(endpoint, slug=slug, page=page if page > 1 else None)
