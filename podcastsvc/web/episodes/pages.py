"""Episodes on the site: each one's page, and its transcript alone for reading and print."""

from typing import Any

from flask import Blueprint, abort, redirect, request
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from podcastsvc.catalogue import episodes
from podcastsvc.catalogue.access import is_out, read_access
from podcastsvc.errors import NotAllowed
from podcastsvc.kit.language import N_
from podcastsvc.storage.tables.episode import Episode
from podcastsvc.web.context import now, services
from podcastsvc.web.episodes.view import EpisodeView, is_gone, make_view
from podcastsvc.web.guards.kept import keep, leave_unkept
from podcastsvc.web.guards.old_addresses import find_old_address
from podcastsvc.web.language import make_address
from podcastsvc.web.offers.prices import find_lowest_price, write_join_label
from podcastsvc.web.pages import render
from podcastsvc.web.site.head import Head, make_head
from podcastsvc.web.site.shows import PageShow, find_page_show
from podcastsvc.web.site.structured import write_episode
from podcastsvc.web.site.viewing import VISITOR, get_device, get_viewing
from podcastsvc.web.site.ways import pick_few

blueprint = Blueprint("episodes", __name__)

MEMBERS_READ = N_("Members read the transcript of this episode. Join, or sign in if you are a member.")


@blueprint.get("/episodes/<slug>/")
@blueprint.get("/shows/<key>/episodes/<slug>/")
@keep("play")
def page(slug: str, key: str | None = None) -> str | Response:
    """One episode: player, notes, chapters, transcript, and what else is like it."""
    show, viewing = find_page_show(key) or abort(404), get_viewing()
    with services().db.reading() as session:
        episode = find_shown(session, show, slug)
        view = make_view(session, episode, show, viewing) if episode is not None else None
    if view is None:
        return redirect(find_old_address(request.path) or abort(404), 301)
    return render(
        "episodes/page.html",
        **list_frame(view, show, slug),
        head=write_head("episodes.page", view, show, slug),
        oembed=make_address("episodes.oembed", url=make_address("episodes.page", slug=slug, key=show.key_in_path))
        if view.access == "public" and view.is_listed
        else "",
        structured=write_episode(view, show, slug, is_visitor=viewing == VISITOR),
        start=read_start(view),
        autoplay=request.args.get("play") == "1",
        join_label="" if viewing.has_access else write_join_label(find_lowest_price()),
        contact_href=f"mailto:{show.facts.owner_email}" if show.facts.shows_owner and show.facts.owner_email else None,
        ways=pick_few(show, viewing, get_device()),
    )


@blueprint.get("/episodes/<slug>/transcript")
@blueprint.get("/shows/<key>/episodes/<slug>/transcript")
@keep()
def transcript(slug: str, key: str | None = None) -> str | Response:
    """The transcript alone. Those who may not hear the episode may not read it either."""
    show, viewing = find_page_show(key) or abort(404), get_viewing()
    with services().db.reading() as session:
        episode = find_shown(session, show, slug) or abort(404)
        view = make_view(session, episode, show, viewing)
    if not view.hears and episode.transcripts:
        raise NotAllowed(MEMBERS_READ)
    if view.transcript is None:
        abort(404)
    return render(
        "episodes/transcript.html",
        **list_frame(view, show, slug),
        head=write_head("episodes.transcript", view, show, slug),
    )


def find_shown(session: Session, show: PageShow, slug: str) -> Episode | None:
    """The episode at an address, for whoever may know of it; None where there never was one.

    Answers 410 for one that was taken back, and 404 for one that is not out, to all but the host.
    """
    episode = episodes.find_by_slug(session, show.id, slug)
    if episode is None or get_viewing().is_host:
        return episode
    if is_gone(episode):
        abort(410)
    if not is_out(read_access(episode), now()):
        abort(404)
    if not episode.listed:
        # Only listed episodes surely have their instants among those of the show's state.
        leave_unkept()
    return episode


def list_frame(view: EpisodeView, show: PageShow, slug: str) -> dict[str, Any]:
    """What both pages of an episode are given."""
    return {
        "page_title": view.title,
        "private": not view.is_listed,
        "this_show": show,
        "episode": view,
        "values": {"slug": slug, "key": show.key_in_path},
        "viewing": get_viewing(),
    }


def write_head(endpoint: str, view: EpisodeView, show: PageShow, slug: str) -> Head:
    values = {"slug": slug, "key": show.key_in_path}
    text = view.summary or show.description
    return make_head(
        endpoint, values, show=show, title=view.title, description=text, picture=view.picture, kind="article"
    )


def read_start(view: EpisodeView) -> int | None:
    """The second that ``?t=`` names, if the audio is that long."""
    written = request.args.get("t", "")
    if view.player is None or not (written.isascii() and written.isdecimal()) or len(written) > 6:
        return None
    start = int(written)
    return start if 0 < start < view.player.seconds else None
