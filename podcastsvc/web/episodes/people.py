"""People on the site: everybody in one list, and each one's page with their words, episodes and articles."""

from flask import abort, redirect
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from podcastsvc.catalogue import episodes
from podcastsvc.catalogue.access import State, read_access, state_of
from podcastsvc.catalogue.shows import get_card, list_shows
from podcastsvc.content import people as content
from podcastsvc.content.people import SitePerson
from podcastsvc.storage.tables.writing import Writing
from podcastsvc.web.context import language, now, services
from podcastsvc.web.episodes.naming import blueprint, cut, make_cards, write_page_path
from podcastsvc.web.episodes.paging import PER_PAGE
from podcastsvc.web.episodes.person_view import make_view
from podcastsvc.web.guards.kept import keep, leave_unkept
from podcastsvc.web.language import make_path
from podcastsvc.web.lists import count_pages, read_number, read_page
from podcastsvc.web.pages import gettext, render
from podcastsvc.web.site.head import make_head
from podcastsvc.web.site.shows import main_show
from podcastsvc.web.site.structured import write_person
from podcastsvc.web.site.viewing import get_viewing
from podcastsvc.web.texts.cards import make_card as make_article_card

__all__ = ["blueprint"]


@blueprint.get("/people/")
@keep()
def people() -> str:
    """Everybody who makes the shows, was heard in them or writes for them."""
    with services().db.reading() as session:
        found = [each for each in list_site_people(session, language()) if each.is_listed]
    title = gettext("People")
    description = gettext("Everybody who makes the show, is heard in it or writes for it.")
    return render(
        "people/index.html",
        page_title=title,
        head=make_head("naming.people", {}, show=main_show(), title=title, description=description),
        hosts=[make_view(each) for each in found if each.is_host],
        others=[make_view(each) for each in found if not each.is_host],
        description=description,
    )


@blueprint.get("/people/<slug>/")
@keep("page")
def person(slug: str) -> str | Response:
    """One person: what the host says of them, the episodes they are heard in, and their articles, newest first.

    Whoever is known by two slugs has one page: the other one leads there.
    """
    viewing = get_viewing()
    with services().db.reading() as session:
        found = content.find_person(list_site_people(session, language()), slug)
        hidden = content.find_hidden(session, slug, language()) if found is None or found.profile is None else None
        about = _find_shown(found, hidden, is_host=viewing.is_host)
        cards = make_cards(session, cut(about.episode_ids))
        articles = content.list_articles(session, about.article_ids)
    if about.slug != slug:
        return redirect(make_path("naming.person", slug=about.slug, page=read_number("page")), 301)
    if not about.is_listed:
        leave_unkept()
    view = make_view(about, is_preview=about.profile is not None and about.profile is hidden)
    page, pages = read_page(), count_pages(len(about.episode_ids), PER_PAGE)
    values = {"slug": slug, "page": page if page > 1 else None}
    description = about.profile.summary if about.profile is not None else ""
    return render(
        "people/person.html",
        page_title=view.name,
        private=not about.is_listed or view.is_preview,
        head=make_head(
            "naming.person", values, show=main_show(), title=view.name, description=description or view.counted
        ),
        structured=write_person(view),
        person=view,
        cards=cards,
        articles=[make_article_card(each, viewing.audience) for each in articles],
        page=page,
        pages=pages,
        previous_href=write_page_path("naming.person", slug, page - 1) if page > 1 else None,
        next_href=write_page_path("naming.person", slug, page + 1) if page < pages else None,
    )


def _find_shown(found: SitePerson | None, hidden: Writing | None, *, is_host: bool) -> SitePerson:
    """The person whom who looks may know of. The host sees a page that is not out; all others get 410 for one that was
    taken back, and 404 for one that is not out yet, where nothing else names the person."""
    if hidden is not None and is_host:
        about = found or SitePerson(hidden.slug, hidden.title)
        about.profile = hidden
        return about
    if found is not None:
        return found
    is_gone = hidden is not None and state_of(read_access(hidden), now()) is State.WITHDRAWN
    return abort(410 if is_gone else 404)


def list_site_people(session: Session, in_language: str) -> list[SitePerson]:
    """Everybody whom something that is out names, in the words of a language."""
    makers = [
        (each.name, each.url)
        for show in list_shows(session)
        for each in get_card(session, show).facts.people
        if each.role in episodes.HOSTS
    ]
    return content.list_people(session, makers, now(), in_language)
