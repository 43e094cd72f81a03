"""Articles on the site: the list, and each one's page, whole for those whom it is for."""

from collections import Counter
from collections.abc import Iterable
from urllib.parse import quote

from flask import Blueprint, abort, redirect, request
from werkzeug.wrappers import Response

from podcastsvc.catalogue.shownotes import make_slug
from podcastsvc.content import writings
from podcastsvc.content.kinds import article
from podcastsvc.web.context import language, now, services
from podcastsvc.web.guards.kept import keep
from podcastsvc.web.guards.old_addresses import find_old_address
from podcastsvc.web.language import make_address, make_path
from podcastsvc.web.lists import FilterLink, count_pages, cut_page, read_page
from podcastsvc.web.offers.prices import find_lowest_price, write_join_label
from podcastsvc.web.pages import gettext, render
from podcastsvc.web.site.head import make_head
from podcastsvc.web.site.menu import answers, localize
from podcastsvc.web.site.shows import PageShow, main_show
from podcastsvc.web.site.structured import write_article
from podcastsvc.web.site.viewing import get_viewing
from podcastsvc.web.texts.cards import make_card
from podcastsvc.web.texts.videos import let_play
from podcastsvc.web.texts.view import find_shown, look_around, make_view

blueprint = Blueprint("articles", __name__)

PER_PAGE = 20
_MOST_TAGS = 12


@blueprint.get("/articles/")
@keep("page", "tag")
def index() -> str:
    """All articles that are out, twenty a page, newest first; of one tag if asked for."""
    page, tag = read_page(), request.args.get("tag", "")
    with services().db.reading() as session:
        every = writings.list_brief(session, article.KIND.name, now(), language())
    tags = _count_tags(name for each in every for name in each.tags)
    if tag and tag not in tags:
        abort(404)
    found = [each for each in every if not tag or tag in map(make_slug, each.tags)]
    rows = cut_page(found, page, PER_PAGE)
    if not rows and page > 1:
        abort(404)
    pages = count_pages(len(found), PER_PAGE)
    title = gettext("Articles") if not tag else gettext("Articles: %(tag)s") % {"tag": tags[tag]}

    def write_page(number: int) -> str:
        return make_path("articles.index", tag=tag or None, page=number if number > 1 else None)

    values = {"tag": tag or None, "page": page if page > 1 else None}
    show = main_show()
    return render(
        "articles/index.html",
        page_title=title,
        head=make_head("articles.index", values, show=show, title=title),
        feed_href=make_path("article_feed.feed"),
        viewing=get_viewing(),
        count=len(found),
        cards=[make_card(each, get_viewing().audience) for each in rows],
        tags=_link_tags(tags, tag),
        page=page,
        pages=pages,
        previous_href=write_page(page - 1) if page > 1 else None,
        next_href=write_page(page + 1) if page < pages else None,
    )


@blueprint.get("/articles/<slug>/")
@keep()
def page(slug: str) -> str | Response:
    """One article, or its opening and the way to the rest."""
    show, viewing = main_show(), get_viewing()
    with services().db.reading() as session:
        found = find_shown(session, article.KIND.name, slug)
        if found is not None:
            writing, languages = found
            text, around = make_view(writing, languages, viewing), look_around(session, writing, show, viewing)
    if found is None:
        return redirect(find_old_address(request.path) or abort(404), 301)
    address = make_address("articles.page", in_language=language(), slug=slug)
    return render(
        "articles/page.html",
        page_title=text.title,
        private=not text.is_listed or text.preview_state is not None,
        head=make_head(
            "articles.page",
            {"slug": slug},
            show=show,
            title=text.title,
            description=text.summary,
            picture=text.head_picture,
            kind="article",
            languages=text.languages,
        ),
        structured=write_article(text, around.authors, show) if text.preview_state is None else "",
        feed_href=make_path("article_feed.feed"),
        text=text,
        players=let_play(text.body),
        around=around,
        viewing=viewing,
        address=address,
        mail_href=f"mailto:?subject={quote(text.title)}&body={quote(address)}",
        contact_href=find_contact(show),
        benefits=show.benefits if show is not None else [],
        join_label="" if viewing.has_access else write_join_label(find_lowest_price()),
    )


def find_contact(show: PageShow | None) -> str | None:
    """Where one writes to the host: the form, else the address that the show makes public."""
    if answers("/contact/", is_fixed=True):
        return localize("/contact/")
    facts = show.facts if show is not None else None
    return f"mailto:{facts.owner_email}" if facts is not None and facts.shows_owner and facts.owner_email else None


def _count_tags(names: Iterable[str]) -> dict[str, str]:
    """The names of tags by their slugs, those of most articles first."""
    found: dict[str, str] = {}
    counts: Counter[str] = Counter()
    for name in names:
        slug = make_slug(name)
        if slug:
            found.setdefault(slug, name)
            counts[slug] += 1
    return {slug: found[slug] for slug, _count in counts.most_common()}


def _link_tags(tags: dict[str, str], current: str) -> list[FilterLink]:
    """Links to the most used tags, with the current one; none where there is nothing to narrow."""
    if len(tags) < 2:
        return []
    shown = [slug for number, slug in enumerate(tags) if number < _MOST_TAGS or slug == current]
    every = FilterLink(gettext("All"), make_path("articles.index"), not current)
    return [every, *(FilterLink(tags[slug], make_path("articles.index", tag=slug), slug == current) for slug in shown)]
