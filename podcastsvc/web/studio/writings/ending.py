"""Taking a text back from its readers, bringing it back, and deleting a draft; each asks before it does."""

import logging

from flask import make_response
from flask_login import current_user
from werkzeug.wrappers import Response

from podcastsvc.content import publishing
from podcastsvc.errors import Failure
from podcastsvc.web.context import now
from podcastsvc.web.errors import find_answer
from podcastsvc.web.language import make_path
from podcastsvc.web.pages import gettext, render
from podcastsvc.web.sign_in.gates import host_only
from podcastsvc.web.studio.blueprint import blueprint, go
from podcastsvc.web.studio.writings.keeping import forget_kept
from podcastsvc.web.studio.writings.places import RULE, rescan
from podcastsvc.web.studio.writings.showing import Page, open_page, show_page

log = logging.getLogger(__name__)


@blueprint.get(f"/{RULE}/<int:writing_id>/withdraw")
@host_only
def withdraw_writing(place: str, writing_id: int) -> str:
    """Says what withdrawing does, and asks."""
    return _confirm_withdrawal(open_page(place, writing_id))


@blueprint.post(f"/{RULE}/<int:writing_id>/withdraw")
@host_only
def withdraw_writing_now(place: str, writing_id: int) -> str | Response:
    """Takes the text back from everyone at once."""
    page = open_page(place, writing_id)
    try:
        publishing.withdraw(page.place.root, page.file, page.place.kind, zone=page.place.zone, now=now())
    except Failure as failure:
        return make_response(_confirm_withdrawal(page, gettext(failure.message)), find_answer(failure).status)
    return _after(page, "text withdrawn")


@blueprint.post(f"/{RULE}/<int:writing_id>/bring-back")
@host_only
def bring_writing_back(place: str, writing_id: int) -> str | Response:
    """Lets the text come out again at its old address."""
    page = open_page(place, writing_id)
    try:
        publishing.bring_back(page.place.root, page.file, page.place.kind, zone=page.place.zone)
    except Failure as failure:
        return make_response(show_page(page, {"form": gettext(failure.message)}), find_answer(failure).status)
    return _after(page, "text brought back")


@blueprint.get(f"/{RULE}/<int:writing_id>/delete")
@host_only
def delete_writing(place: str, writing_id: int) -> str:
    """Says what deleting does, and asks."""
    return _confirm_deletion(open_page(place, writing_id))


@blueprint.post(f"/{RULE}/<int:writing_id>/delete")
@host_only
def delete_writing_now(place: str, writing_id: int) -> str | Response:
    """Deletes a draft's file."""
    page = open_page(place, writing_id)
    try:
        publishing.delete_draft(page.place.root, page.file, page.place.kind, zone=page.place.zone)
    except Failure as failure:
        return make_response(_confirm_deletion(page, gettext(failure.message)), find_answer(failure).status)
    rescan(page.file)
    forget_kept(page)
    log.info("draft of a text deleted", extra={"writing": writing_id, "by": current_user.id})
    return go("studio.writings_page", place=place, done="deleted")


def _after(page: Page, what: str) -> Response:
    rescan(page.file)
    log.info(what, extra={"writing": page.writing_id, "by": current_user.id})
    return go("studio.writing", place=page.place.kind.folder, writing_id=page.writing_id, done="saved")


def _confirm_withdrawal(page: Page, problem: str = "") -> str:
    return _confirm(
        page,
        "studio.withdraw_writing_now",
        heading=gettext("Withdraw “%(title)s”"),
        text=gettext("Its page says that it is gone; lists, search and feeds drop it at once. You can bring it back."),
        label=gettext("Withdraw this text"),
        problem=problem,
    )


def _confirm_deletion(page: Page, problem: str = "") -> str:
    return _confirm(
        page,
        "studio.delete_writing_now",
        heading=gettext("Delete “%(title)s”"),
        text=gettext("The file of this draft is deleted. Its pictures stay in the folder. This cannot be undone."),
        label=gettext("Delete this draft"),
        problem=problem,
    )


def _confirm(page: Page, endpoint: str, *, heading: str, **values: str) -> str:
    place, title = page.place.kind.folder, page.row.title if page.row is not None else ""
    return render(
        "studio/writings/confirm.html",
        place=place,
        writing_id=page.writing_id,
        title=title,
        heading=heading % {"title": title},
        action=make_path(endpoint, place=place, writing_id=page.writing_id),
        **values,
    )
