"""Forms of texts that save themselves: what the script sends every ten seconds, and what the pages offer to go on with."""

from dataclasses import dataclass
from datetime import datetime

from flask import jsonify, request
from flask_login import current_user
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from podcastsvc.catalogue.spooling import drafts
from podcastsvc.catalogue.spooling.drafts import NEW
from podcastsvc.web.context import now, services
from podcastsvc.web.language import make_path
from podcastsvc.web.pages import gettext
from podcastsvc.web.requests import FORM_BYTES, LARGER
from podcastsvc.web.sign_in.gates import host_only
from podcastsvc.web.studio.blueprint import blueprint
from podcastsvc.web.studio.episodes.keeping import read_fields
from podcastsvc.web.studio.episodes.uploads import for_script
from podcastsvc.web.studio.writings.form import read_typed
from podcastsvc.web.studio.writings.places import RULE, get_row
from podcastsvc.web.studio.writings.showing import Page

# What belongs to one sending of a form, not to what was typed.
_NOT_KEPT = frozenset({"csrf_token", "once", "do", "kept", "writing"})
# A text of a hundred thousand characters is longer with its spaces and signs as a form writes them.
LARGER["studio.keep_writing"] = 2 * FORM_BYTES


@dataclass(frozen=True, slots=True)
class UnsavedLine:
    """A form of a text that is not there yet, to go on with."""

    id: str
    title: str
    href: str
    at: datetime


@blueprint.post(f"/{RULE}/keep")
@host_only
@for_script
def keep_writing(place: str) -> Response:
    """Keeps what is typed at present; answers with the id under which it can be gone on with."""
    fields = {name: request.form.getlist(name) for name in request.form if name not in _NOT_KEPT}
    writing_id = request.form.get("writing", 0, type=int)
    with services().db.transaction() as session:
        if writing_id:
            get_row(session, place, writing_id)
        kept_id = drafts.keep(
            session,
            request.form.get("kept", ""),
            fields,
            member_id=current_user.id,
            episode_id=None,
            now=now(),
            place=_name(place, writing_id),
        )
    return jsonify({"kept": kept_id})


def fill_from_kept(page: Page) -> None:
    """Puts the form that a link names in the place of the file's; else notes that there is one to go on with."""
    if page.form is None:
        return
    at = _name(page.place.kind.folder, page.writing_id)
    with services().db.reading() as session:
        kept = drafts.find(session, request.args.get("kept", ""), current_user.id)
        waiting = drafts.find_at(session, at, current_user.id) if page.writing_id else None
    if kept is None or kept.place != at:
        page.waiting = waiting
        return
    fields = read_fields(kept)
    page.form, page.kept_id, page.inside = read_typed(fields), kept.id, fields.getlist("inside")


def forget_kept(page: Page) -> None:
    """What was kept of a form is saved for good now."""
    with services().db.transaction() as session:
        drafts.drop(session, request.form.get("kept", ""), current_user.id)
        if page.writing_id:
            for each in drafts.list_at(session, _name(page.place.kind.folder, page.writing_id), current_user.id):
                drafts.drop(session, each.id, current_user.id)


def list_unsaved(session: Session, place: str) -> list[UnsavedLine]:
    """One's forms of texts of a kind that are not there yet, newest first."""
    return [
        UnsavedLine(
            kept.id,
            read_fields(kept).get("title", "").strip() or gettext("Without a title"),
            make_path("studio.new_writing", place=place, kept=kept.id),
            kept.changed_at,
        )
        for kept in drafts.list_at(session, f"{place}{NEW}", current_user.id)
    ]


def _name(place: str, writing_id: int | None) -> str:
    return f"{place}/{writing_id}" if writing_id else f"{place}{NEW}"
