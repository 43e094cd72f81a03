"""New episode: one form that takes the file and everything else, and publishes or keeps a draft."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from flask import make_response, request
from flask_login import current_user
from sqlalchemy.orm import Session
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response

from podcastsvc.billing.plans import PlanView, list_plans
from podcastsvc.catalogue import episodes as catalogue
from podcastsvc.catalogue import publishing
from podcastsvc.catalogue.access import State
from podcastsvc.catalogue.publishing import Contents, Files
from podcastsvc.catalogue.shownotes import ShowNotes
from podcastsvc.catalogue.spooling.resuming import count_percent
from podcastsvc.catalogue.uploads import Kind
from podcastsvc.errors import Failure, Unavailable
from podcastsvc.kit import language as languages
from podcastsvc.kit.language import N_
from podcastsvc.kit.secrets import make_token
from podcastsvc.storage import limits
from podcastsvc.storage.tables.upload import UnfinishedUpload, Upload
from podcastsvc.web.context import language, now, services
from podcastsvc.web.errors import find_answer
from podcastsvc.web.pages import gettext, render
from podcastsvc.web.requests import allow_audio
from podcastsvc.web.sign_in.gates import host_only
from podcastsvc.web.studio.blueprint import blueprint, go
from podcastsvc.web.studio.episodes.cropping import crop_cover
from podcastsvc.web.studio.episodes.cutting import add_preview
from podcastsvc.web.studio.episodes.form import (
    EpisodeForm,
    add_days,
    fill_from_facts,
    find_next_slot,
    make_empty,
    may_choose_when,
    read_contents,
    read_typed,
)
from podcastsvc.web.studio.episodes.keeping import (
    AUDIO_FIELD,
    find_halves,
    find_kept,
    forget_kept,
    list_drafts,
    read_fields,
    write_unfinished,
)
from podcastsvc.web.studio.episodes.listing import render_preview
from podcastsvc.web.studio.episodes.parts import (
    find_uploads,
    let_go,
    list_part_checks,
    list_paths,
    read_main_facts,
    receive_parts,
    view_parts,
)
from podcastsvc.web.studio.episodes.places import ShowPlace, list_places, pick_place, rescan
from podcastsvc.web.studio.episodes.uploads import limit_of
from podcastsvc.web.studio.forms import FormReader

log = logging.getLogger(__name__)

ONCE_FOR = timedelta(days=1)
SENT_FORM, DONE_FORM = "studio form", "studio form done"
SENT = N_("This form was sent a moment ago. Look whether the episode is there already before you send it again.")

allow_audio("studio.create_episode")


@dataclass(frozen=True, slots=True)
class FormFrame:
    """What the form shows around its fields, the same for new and old episodes."""

    places: list[ShowPlace]
    place: ShowPlace
    plans: list[PlanView]
    published: list[datetime]

    @property
    def zone(self) -> str:
        return self.place.facts.timezone

    def tell_after(self, contents: Contents, before: datetime | None = None) -> str:
        """What the page says when this is saved: "backdated" where an episode gets a date that lies before that of the
        newest one, so that apps will not announce it (rule 5.6); else "saved". ``before`` is the date that it had."""
        at = contents.published_at
        others = [each for each in self.published if each != before]
        return "backdated" if at is not None and at != before and at < max(others, default=at) else "saved"

    def find_slot(self) -> datetime:
        """When the show's next episode usually comes out."""
        return find_next_slot(self.published, self.zone, now())

    def as_values(self, form: EpisodeForm, *, state: State | None) -> dict[str, Any]:
        """The values that the template of the fields needs."""
        slot = self.find_slot()
        days = int(form.first_days) if form.first_days.isascii() and form.first_days.isdigit() else 0
        days = days if 0 < days <= 365 else 0
        public_on = add_days(now(), days, self.zone) if days else None
        return {
            "form": form,
            "plans": self.plans,
            "is_new": state is None,
            "shows": [(place.row.key, place.row.title) for place in self.places] if state is None else [],
            "zone": self.zone,
            "slot": self._write(slot),
            "first_days": days,
            "public_on": self._write(public_on) if public_on is not None else "",
            "language_hint": self.place.facts.language,
            "may_choose_when": may_choose_when(state),
            "max_bytes": limit_of(Kind.AUDIO),
        }

    def _write(self, at: datetime) -> str:
        return languages.format_instant(at, language(), self.zone, now=now())


def read_frame(session: Session, show_key: str) -> FormFrame:
    """The frame of one show's form."""
    places = list_places(session)
    place = pick_place(places, show_key)
    every = catalogue.list_all(session, place.row.id)
    published = [each.published_at for each in every if each.published_at is not None and each.published_at <= now()]
    return FormFrame(places, place, list_plans(session, language(), with_closed=True), published)


@blueprint.get("/episodes/new")
@host_only
def new_episode() -> str:
    """The empty form; or one that goes on with what was typed before, or with an upload that is here or was on its way."""
    with services().db.reading() as session:
        kept = find_kept(session)
        named = request.args.get("upload") or request.args.get("resume", "")
        fields = MultiDict({AUDIO_FIELD: named}) if kept is None else read_fields(kept)
        frame = read_frame(session, fields.get("show") or request.args.get("show", ""))
        found = find_uploads(session, fields)
    form = make_empty(first_days=frame.place.facts.members_first_days, at=frame.find_slot(), zone=frame.zone)
    form = form if kept is None else read_typed(fields)
    facts = read_main_facts(found)
    if facts is not None:
        fill_from_facts(form, facts)
    return _show(frame, form, found, {}, Unsaved(find_halves(fields), "" if kept is None else kept.id))


@blueprint.post("/episodes/new")
@host_only
def create_episode() -> str | Response:
    """Writes the folder and reads it at once; with a mistake the form comes back with all that was typed and sent."""
    typed, errors = read_typed(request.form), dict[str, str]()
    if _is_done():
        return go("studio.episodes")
    found = receive_parts(errors)
    facts = read_main_facts(found)
    if facts is not None:
        fill_from_facts(typed, facts)
    with services().db.reading() as session:
        frame = read_frame(session, typed.show)
    if request.form.get("do") == "preview":
        return _show(frame, typed, found, errors)
    contents = read_form(typed, frame, errors, is_draft=request.form.get("do") == "draft")
    if contents.published_at is not None and not found.keys() & {Kind.AUDIO, Kind.MEMBERS}:
        errors.setdefault(Kind.AUDIO, gettext("Choose the audio file, or save a draft."))
    crop_cover(found, errors)
    if contents.published_at is not None:
        add_preview(typed, contents, found, errors)
    if errors:
        return make_response(_show(frame, typed, found, errors), 422)
    if not _is_first_time():
        # The first press is still being worked on, or the server died over it.
        return make_response(_show(frame, typed, found, {"form": gettext(SENT)}), 409)
    try:
        return _create(frame, contents, found)
    except Failure as failure:
        # The form comes back with a fresh mark, so that it can be sent again.
        page = _show(frame, typed, found, {"form": gettext(failure.message)})
        return make_response(page, find_answer(failure).status)


def read_form(
    typed: EpisodeForm, frame: FormFrame, errors: dict[str, str], *, is_draft: bool, before: ShowNotes | None = None
) -> Contents:
    """The contents that the form means; ``errors`` gets a sentence for each field that cannot be used."""
    values = {name: str(getattr(typed, name)) for name in ("title", "notes", "season", "number", "language")}
    reader = FormReader(request.form.to_dict() | values, errors, lists={"plans": request.form.getlist("plans")})
    keys = [plan.key for plan in frame.plans]
    return read_contents(typed, reader, is_draft=is_draft, zone=frame.zone, now=now(), plan_keys=keys, before=before)


def _create(frame: FormFrame, contents: Contents, found: dict[Kind, Upload]) -> Response:
    place = frame.place
    put = name_files(contents, list_paths(found))
    name = publishing.create(place.folder, contents, Files(put), zone=place.zone, now=now())
    try:
        episode_id = rescan(place.folder / name)
        _note_done()
        let_go(found)
        forget_kept()
    except Unavailable:
        # The folder stands, and the scan of the next minute reads it: the form must not come back to be sent again.
        log.warning("an episode was written, but perhaps not read yet", extra={"by": current_user.id})
        return go("studio.episodes", done="soon")
    log.info(
        "episode written", extra={"episode": episode_id, "by": current_user.id, "is_draft": not contents.published_at}
    )
    if episode_id is None:
        return go("studio.overview")
    return go("studio.episode", episode_id=episode_id, done=frame.tell_after(contents))


def name_files(contents: Contents, paths: dict[Kind, Path]) -> dict[Kind, Path]:
    """What each file is in the folder: the recording of a members' episode is the members', the public has none."""
    is_for_members = contents.access_kind != "public" and contents.public_from is None
    if is_for_members and Kind.AUDIO in paths and Kind.MEMBERS not in paths:
        return {Kind.MEMBERS if kind is Kind.AUDIO else kind: path for kind, path in paths.items()}
    return paths


def _is_first_time() -> bool:
    """Whether this form was not sent before: a second press must not make a second episode."""
    return not (once := _read_once()) or _count(SENT_FORM, once) == 1


def _is_done() -> bool:
    """Whether this form was sent before and its episode stands."""
    with services().db.reading() as session:
        return bool(limits.read(session, DONE_FORM, _read_once(), window=ONCE_FOR, now=now()))


def _note_done() -> None:
    if once := _read_once():
        _count(DONE_FORM, once)


def _read_once() -> str:
    return request.form.get("once", "")


def _count(what: str, once: str) -> int:
    with services().db.transaction() as session:
        return limits.count(session, what, once, window=ONCE_FOR, now=now())


def show_as_new(problem: str) -> Response:
    """What was typed about an episode that is gone, as the form of a new one."""
    errors: dict[str, str] = {}
    typed, found = read_typed(request.form), receive_parts(errors)
    with services().db.reading() as session:
        frame = read_frame(session, typed.show)
    return make_response(_show(frame, typed, found, {"form": problem, **errors}), 409)


@dataclass(frozen=True, slots=True)
class Unsaved:
    """What a form goes on with that is not saved: audio that stopped on its way, and the id of what was kept of it."""

    halves: Mapping[Kind, UnfinishedUpload] = field(default_factory=dict)
    kept_id: str = ""

    def as_values(self) -> dict[str, Any]:
        """The values that the templates of forms need."""
        halves = {
            kind: {"id": half.id, "name": half.declared_name, "percent": count_percent(half)}
            for kind, half in self.halves.items()
        }
        return {"kept_id": self.kept_id, "halves": halves, "unfinished": write_unfinished()}


def read_unsaved() -> Unsaved:
    """The same for a form that comes back."""
    return Unsaved(find_halves(request.form), request.form.get("kept", ""))


def _show(
    frame: FormFrame,
    form: EpisodeForm,
    found: dict[Kind, Upload],
    errors: dict[str, str],
    unsaved: Unsaved | None = None,
) -> str:
    unsaved = unsaved or read_unsaved()
    with services().db.reading() as session:
        drafts = list_drafts(session, [upload.id for upload in found.values()])
    is_asked = request.method == "POST"
    return render(
        "studio/episodes/new.html",
        errors=errors,
        parts=view_parts(found, errors),
        checks=list_part_checks(found),
        drafts=drafts,
        once=make_token(),
        is_open=is_asked or bool(found) or bool(unsaved.kept_id),
        opened=needs_more(errors),
        preview=render_preview(form.notes) if request.form.get("do") == "preview" else "",
        **unsaved.as_values(),
        **frame.as_values(form, state=None),
    )


def needs_more(errors: dict[str, str]) -> bool:
    """Whether a mistake is in a field that is folded away."""
    return bool(
        errors.keys()
        - {"title", "notes", "audio", "who", "plans", "first_days", "public_at", "at", "when", "preview_minutes"}
    )
