"""The front of the site: home, and the page with every way to follow the show."""

from flask import Blueprint

from podcastsvc.catalogue import episodes
from podcastsvc.catalogue.showfile.look import BLOCKS
from podcastsvc.content import calls
from podcastsvc.web.calls.view import make_card as make_call_card
from podcastsvc.web.context import language, now, services
from podcastsvc.web.guards.kept import keep
from podcastsvc.web.offers.prices import find_lowest_price, list_join_links, write_join_label
from podcastsvc.web.pages import gettext, render
from podcastsvc.web.site.blocks import arrange
from podcastsvc.web.site.cards import make_cards
from podcastsvc.web.site.head import make_head
from podcastsvc.web.site.shows import find_page_show, list_further_shows
from podcastsvc.web.site.structured import write_series
from podcastsvc.web.site.viewing import get_device, get_viewing
from podcastsvc.web.site.ways import list_apps, list_platforms, pick_few, pick_pills, write_own_feed_address
from podcastsvc.web.site.written import list_latest_articles, list_sponsors
from podcastsvc.web.texts.cards import make_card as make_article_card

blueprint = Blueprint("site", __name__)

LATEST = 5


@blueprint.get("/")
@blueprint.get("/shows/<key>/")
@keep()
def home(key: str | None = None) -> str:
    """The show, what it is, its latest episodes, and what members get. Complete without any show or episode, too."""
    show = find_page_show(key)
    if show is None:
        return render("site/new.html", head=make_head("site.home", {}, show=None, title=""))
    viewing = get_viewing()
    with services().db.reading() as session:
        latest = episodes.list_out(session, show.id, now(), limit=LATEST)
        count = episodes.count_out(session, show.id, now()) if len(latest) == LATEST else len(latest)
        scheduled = None if latest else episodes.find_next_scheduled(session, show.id, now())
        call = calls.find_next(session, now(), language()) if show.is_first else None
        articles, sponsors = (list_latest_articles(session), list_sponsors(session)) if show.is_first else ([], [])
    cards = make_cards(latest, show, viewing.audience)
    return render(
        "site/home.html",
        head=make_head("site.home", {"key": show.key_in_path}, show=show, title=show.title),
        structured=write_series(show),
        this_show=show,
        viewing=viewing,
        cards=cards,
        count=count,
        first_at=scheduled.published_at if scheduled is not None else None,
        latest=next((card for card in cards if card.play_href and not card.is_preview), None)
        or next((card for card in cards if card.play_href), None),
        pills=pick_pills(show, get_device()),
        own_ways=pick_few(show, viewing, get_device()) if viewing.feed_token else [],
        join_label="" if viewing.has_access else write_join_label(find_lowest_price()),
        join_elsewhere=list_join_links(),
        further=list_further_shows() if show.is_first else [],
        layout=arrange(show.facts.look.home if show.is_first else BLOCKS),
        articles=[make_article_card(each, viewing.audience) for each in articles],
        sponsors=sponsors,
        next_call=make_call_card(call) if call is not None else None,
    )


@blueprint.get("/follow")
@blueprint.get("/shows/<key>/follow")
@keep()
def follow(key: str | None = None) -> str:
    """Every app, platform and feed in one page; apps open with the public feed."""
    show = find_page_show(key)
    title = gettext("Follow the show")
    values = {"key": show.key_in_path if show is not None else None}
    return render(
        "site/follow.html",
        page_title=title,
        head=make_head("site.follow", values, show=show, title=title, description=gettext("Every app and feed.")),
        this_show=show,
        is_member=show is not None and write_own_feed_address(get_viewing(), show) is not None,
        apps=list_apps(show.public_feed, get_device()) if show is not None else [],
        platforms=list_platforms(show) if show is not None else [],
    )
