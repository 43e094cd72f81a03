"""Writing a text in the studio: a new one, or a change; with a mistake the form comes back as it was typed."""

import logging
from dataclasses import replace
from datetime import timedelta

from flask import make_response, request
from flask_login import current_user
from werkzeug.wrappers import Response

from podcastsvc.catalogue.access import State
from podcastsvc.catalogue.shownotes import make_slug
from podcastsvc.content import publishing
from podcastsvc.content.publishing import Contents
from podcastsvc.content.reading import read_text
from podcastsvc.errors import Conflict, Failure, Unavailable
from podcastsvc.kit.language import N_
from podcastsvc.storage import limits
from podcastsvc.web.context import now, services
from podcastsvc.web.errors import find_answer
from podcastsvc.web.pages import gettext
from podcastsvc.web.requests import allow_audio
from podcastsvc.web.sign_in.gates import host_only
from podcastsvc.web.studio.blueprint import blueprint, go
from podcastsvc.web.studio.forms import FormReader
from podcastsvc.web.studio.writings.form import Bounds, WritingForm, read_contents, read_typed
from podcastsvc.web.studio.writings.keeping import fill_from_kept, forget_kept
from podcastsvc.web.studio.writings.pictures import receive_pictures
from podcastsvc.web.studio.writings.places import (
    RULE,
    find_free_slug,
    find_id,
    list_taken,
    rescan,
    was_refused,
)
from podcastsvc.web.studio.writings.showing import Page, as_values, fill_from, new_page, open_page, show_page

log = logging.getLogger(__name__)

SENT = N_("This form was sent a moment ago. Look whether the text is there already before you send it again.")
TAKEN = N_("Another text has this address. Choose another.")
_ONCE_FOR = timedelta(days=1)
_SENT_FORM = "writing form"

# Pictures come with the forms; each has the limit of pictures.
allow_audio("studio.create_writing")
allow_audio("studio.save_writing")


@blueprint.get(f"/{RULE}/new")
@host_only
def new_writing(place: str) -> str:
    """The empty form, or one that saved itself."""
    page = new_page(place)
    fill_from_kept(page)
    return show_page(page, {})


@blueprint.post(f"/{RULE}/new")
@host_only
def create_writing(place: str) -> str | Response:
    """Writes the file and reads it at once."""
    page, errors = new_page(place), dict[str, str]()
    typed = _take_form(page, errors)
    if request.form.get("do") in {"preview", "upload"} and not errors:
        return show_page(page, errors)
    contents = _read_form(page, typed, errors)
    if errors:
        return make_response(show_page(page, errors), 422)
    if not _is_first_time():
        return make_response(show_page(page, {"form": gettext(SENT)}), 409)
    try:
        return _create(page, contents)
    except Failure as failure:
        # The form comes back with a fresh mark, so that it can be sent again.
        return make_response(show_page(page, {"form": gettext(failure.message)}), find_answer(failure).status)


def _create(page: Page, contents: Contents) -> Response:
    place = page.place
    path = publishing.create(place.root, place.kind, contents, zone=place.zone, now=now(), language=place.language)
    forget_kept(page)
    log.info("text written", extra={"file": path, "by": current_user.id})
    try:
        rescan(path)
    except Unavailable:
        # The file stands, and the scan of the next minute reads it: the form must not come back to be sent again.
        return go("studio.writings_page", place=place.kind.folder, done="soon")
    writing_id = find_id(path)
    if writing_id is None:
        return go("studio.writings_page", place=place.kind.folder, done="refused")
    return go("studio.writing", place=place.kind.folder, writing_id=writing_id, done="saved")


@blueprint.get(f"/{RULE}/<int:writing_id>")
@host_only
def writing(place: str, writing_id: int) -> str:
    """The form of one text, with its state and what the scan found."""
    page = open_page(place, writing_id)
    fill_from_kept(page)
    return show_page(page, {})


@blueprint.post(f"/{RULE}/<int:writing_id>")
@host_only
def save_writing(place: str, writing_id: int) -> str | Response:
    """Writes what was changed; after a change by somebody else the form comes back with both, and nothing is lost."""
    page, errors = open_page(place, writing_id), dict[str, str]()
    typed = _take_form(page, errors)
    if page.opened is None:
        # What was typed stays on the page, to be sent again once the file is mended.
        return make_response(show_page(page, errors | {"form": page.problem}), 409)
    if request.form.get("do") in {"preview", "upload"} and not errors:
        return show_page(page, errors)
    contents = _read_form(page, typed, errors)
    if errors:
        return make_response(show_page(page, errors), 422)
    try:
        return _save(page, contents, typed)
    except Failure as failure:
        if isinstance(failure, Conflict):
            # The other change is on the page now; sending the form once more puts this one in its place.
            page.theirs, typed.seen = fill_from(page, page.opened), page.opened.mark
        errors["form"] = gettext(failure.message)
        return make_response(show_page(page, errors), find_answer(failure).status)


def _save(page: Page, contents: Contents, typed: WritingForm) -> Response:
    place = page.place
    publishing.change(place.root, page.file, place.kind, contents, zone=place.zone, seen=typed.seen)
    forget_kept(page)
    report = rescan(page.file)
    log.info("text changed", extra={"writing": page.writing_id, "by": current_user.id})
    if was_refused(report):
        return go("studio.writings_page", place=place.kind.folder, done="refused")
    return go("studio.writing", place=place.kind.folder, writing_id=page.writing_id, done="saved")


def _take_form(page: Page, errors: dict[str, str]) -> WritingForm:
    """What was typed, with the pictures that came along; the page shows it from now on."""
    typed = page.form = read_typed(request.form)
    received = receive_pictures(page.place, errors)
    typed.picture = received.picture or typed.picture
    if "picture" in request.form.getlist("remove") and not received.picture:
        typed.picture = ""
    page.inside, page.kept_id = received.inside, request.form.get("kept", "")
    return typed


def _read_form(page: Page, typed: WritingForm, errors: dict[str, str]) -> Contents:
    """The contents that the form means; ``errors`` gets a sentence for each field that cannot be used."""
    place = page.place
    before = page.opened.text if page.opened is not None else read_text(b"", place.kind, place.zone, [], file="new.md")
    values = request.form.to_dict() | as_values(typed)
    reader = FormReader(values, errors, lists={"plans": typed.plans})
    may_be_draft = page.state in {None, State.DRAFT, State.SCHEDULED}
    contents = read_contents(
        typed,
        reader,
        Bounds(place.kind, place.timezone, now(), [plan.key for plan in page.plans], before),
        saves_draft=request.form.get("do") == "draft" and may_be_draft,
    )
    return contents if errors else _settle_slug(page, contents, errors)


def _settle_slug(page: Page, contents: Contents, errors: dict[str, str]) -> Contents:
    """An address that no other text has in the same language: of the title, unless one was chosen."""
    place, row = page.place, page.row
    if contents.language == place.language and row is None:
        contents = replace(contents, language="")
    spoken = (page.opened.named_language if page.opened is not None else "") or contents.language or place.language
    with services().db.reading() as session:
        taken = list_taken(session, place.kind, spoken, but=page.writing_id)
    if contents.slug in taken:
        errors["slug"] = gettext(TAKEN)
    elif row is None and not contents.slug:
        derived = make_slug(contents.title) or place.kind.name
        return replace(contents, slug=find_free_slug(derived, taken, place.kind))
    elif row is not None and not contents.slug and row.slug in taken:
        errors["language"] = gettext("There is a text with this address in that language already.")
    return contents


def _is_first_time() -> bool:
    """Whether this form was not sent before: a second press must not make a second text."""
    once = request.form.get("once", "")
    if not once:
        return True
    with services().db.transaction() as session:
        return limits.count(session, _SENT_FORM, once, window=_ONCE_FOR, now=now()) == 1
