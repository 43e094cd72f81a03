"""Taking an episode back, bringing it out again, and deleting a draft."""

import logging

from flask import make_response
from flask_login import current_user
from werkzeug.wrappers import Response

from podcastsvc.catalogue import publishing
from podcastsvc.errors import Failure
from podcastsvc.web.context import now
from podcastsvc.web.errors import find_answer
from podcastsvc.web.language import make_path
from podcastsvc.web.pages import gettext, render
from podcastsvc.web.sign_in.gates import host_only
from podcastsvc.web.studio.blueprint import blueprint, go
from podcastsvc.web.studio.episodes.editing import Page, open_page, show_page
from podcastsvc.web.studio.episodes.places import rescan

log = logging.getLogger(__name__)


@blueprint.get("/episodes/<int:episode_id>/withdraw")
@host_only
def withdraw(episode_id: int) -> str:
    """Says what withdrawing does, and asks."""
    return _confirm_withdrawal(open_page(episode_id))


@blueprint.post("/episodes/<int:episode_id>/withdraw")
@host_only
def withdraw_now(episode_id: int) -> str | Response:
    """Takes the episode back from everyone at once."""
    page = open_page(episode_id)
    try:
        publishing.withdraw(page.place.folder, zone=page.place.show.zone, now=now())
    except Failure as failure:
        return make_response(_confirm_withdrawal(page, gettext(failure.message)), find_answer(failure).status)
    return _after(page, "episode withdrawn")


@blueprint.post("/episodes/<int:episode_id>/bring-back")
@host_only
def bring_back(episode_id: int) -> str | Response:
    """Lets the episode come out again at its old place, with its old guid."""
    page = open_page(episode_id)
    try:
        publishing.bring_back(page.place.folder)
    except Failure as failure:
        return make_response(show_page(page, {}, {"form": gettext(failure.message)}), find_answer(failure).status)
    return _after(page, "episode brought back")


@blueprint.get("/episodes/<int:episode_id>/delete")
@host_only
def delete_draft(episode_id: int) -> str:
    """Says what deleting does, and asks."""
    return _confirm_deletion(open_page(episode_id))


@blueprint.post("/episodes/<int:episode_id>/delete")
@host_only
def delete_draft_now(episode_id: int) -> str | Response:
    """Deletes a draft's folder with all its files."""
    page = open_page(episode_id)
    try:
        publishing.delete_draft(page.place.folder, zone=page.place.show.zone)
    except Failure as failure:
        return make_response(_confirm_deletion(page, gettext(failure.message)), find_answer(failure).status)
    rescan(page.place.folder)
    log.info("draft deleted", extra={"episode": episode_id, "by": current_user.id})
    return go("studio.episodes", done="deleted")


def _after(page: Page, what: str) -> Response:
    rescan(page.place.folder)
    log.info(what, extra={"episode": page.place.episode.id, "by": current_user.id})
    return go("studio.episode", episode_id=page.place.episode.id, done="saved")


def _confirm_withdrawal(page: Page, problem: str = "") -> str:
    return _confirm(
        page,
        heading=gettext("Withdraw “%(title)s”") % {"title": page.place.episode.title},
        text=gettext(
            "Its page says that it is gone; feeds, lists and players drop it at once. Copies on phones stay there. "
            "You can bring it back."
        ),
        label=gettext("Withdraw this episode"),
        action=make_path("studio.withdraw_now", episode_id=page.place.episode.id),
        problem=problem,
    )


def _confirm_deletion(page: Page, problem: str = "") -> str:
    return _confirm(
        page,
        heading=gettext("Delete “%(title)s”") % {"title": page.place.episode.title},
        text=gettext("The folder of this draft is deleted with its notes and audio. This cannot be undone."),
        label=gettext("Delete this draft"),
        action=make_path("studio.delete_draft_now", episode_id=page.place.episode.id),
        problem=problem,
    )


def _confirm(page: Page, **values: str) -> str:
    episode = page.place.episode
    return render("studio/episodes/confirm.html", episode_id=episode.id, title=episode.title, **values)
