"""Forms that save themselves: what the script sends every ten seconds, and what the pages offer to go on with."""

import json
import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import jsonify, request
from flask_login import current_user
from sqlalchemy.orm import Session
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response

from podcastsvc.catalogue import episodes, uploads
from podcastsvc.catalogue.access import State, read_access, state_of
from podcastsvc.catalogue.spooling import drafts, resuming
from podcastsvc.catalogue.uploads import Kind
from podcastsvc.storage.tables.episode import Episode
from podcastsvc.storage.tables.upload import KeptForm, UnfinishedUpload
from podcastsvc.web.context import now, services
from podcastsvc.web.language import make_path
from podcastsvc.web.pages import gettext
from podcastsvc.web.sign_in.gates import host_only
from podcastsvc.web.studio.blueprint import blueprint, go
from podcastsvc.web.studio.episodes.uploads import for_script, spool

log = logging.getLogger(__name__)

_SHOWN = 8
# What belongs to one sending of a form, not to what was typed.
_NOT_KEPT = frozenset({"csrf_token", "once", "do", "kept", "episode"})
AUDIO_FIELDS = {kind: f"{kind}_upload" for kind in Kind if kind.is_audio}
AUDIO_FIELD = AUDIO_FIELDS[Kind.AUDIO]


@dataclass(frozen=True, slots=True)
class DraftLine:
    """Something to go on with: ``percent`` of a file that stopped (None for what waits for none), and since when.

    ``unsaved_id`` is set where it can be thrown away here.
    """

    title: str
    href: str
    at: datetime
    kind: str
    percent: int | None = None
    unsaved_id: str = ""


@blueprint.post("/episodes/keep")
@host_only
@for_script
def keep_form() -> Response:
    """Keeps what is typed at present; answers with the id under which it can be gone on with."""
    fields = {name: request.form.getlist(name) for name in request.form if name not in _NOT_KEPT}
    with services().db.transaction() as session:
        episode = episodes.find_by_id(session, request.form.get("episode", 0, type=int))
        kept_id = drafts.keep(
            session,
            request.form.get("kept", ""),
            fields,
            member_id=current_user.id,
            episode_id=None if episode is None else episode.id,
            now=now(),
        )
    return jsonify({"kept": kept_id})


@blueprint.post("/unsaved/<unsaved_id>/remove")
@host_only
def remove_unsaved(unsaved_id: str) -> Response:
    """Throws away a form that was not saved, with the file that was on its way into it; or such a file alone."""
    with services().db.transaction() as session:
        kept = drafts.find(session, unsaved_id, current_user.id)
        drafts.drop(session, unsaved_id, current_user.id)
        halves = _find_halves(session, {AUDIO_FIELD: unsaved_id} if kept is None else read_fields(kept))
    for half in halves.values():
        resuming.remove(services().db, spool(), half)
    if kept is not None and kept.place is not None:
        return go("studio.writings_page", place=kept.place.partition("/")[0])
    if kept is not None and kept.episode_id is not None:
        return go("studio.episode", episode_id=kept.episode_id)
    return go("studio.new_episode")


def find_kept(session: Session) -> KeptForm | None:
    """The kept form that a link or form names."""
    kept = drafts.find(session, request.values.get("kept", ""), current_user.id)
    return kept if kept is not None and kept.place is None else None


def forget_kept(episode_id: int | None = None) -> None:
    """What was kept of a form is saved for good now."""
    with services().db.transaction() as session:
        drafts.drop(session, request.form.get("kept", ""), current_user.id)
        kept = drafts.find_of_episode(session, episode_id, current_user.id) if episode_id is not None else None
        if kept is not None:
            drafts.drop(session, kept.id, current_user.id)


def read_fields(kept: KeptForm) -> MultiDict[str, str]:
    """The fields of a kept form, as a request would bring them."""
    return MultiDict((name, value) for name, values in kept.fields.items() for value in values)


def find_halves(fields: Mapping[str, str]) -> dict[Kind, UnfinishedUpload]:
    """One's own unfinished audio that the fields of a form name."""
    with services().db.reading() as session:
        return _find_halves(session, fields)


def _find_halves(session: Session, fields: Mapping[str, str]) -> dict[Kind, UnfinishedUpload]:
    named = {kind: fields[field] for kind, field in AUDIO_FIELDS.items() if fields.get(field)}
    found = {kind: resuming.find(session, spool(), each, current_user.id) for kind, each in named.items()}
    return {kind: half for kind, half in found.items() if half is not None}


def write_unfinished() -> str:
    """One's unfinished uploads, by which the script knows a file again."""
    with services().db.reading() as session:
        halves = resuming.list_own(session, spool(), current_user.id, now())
    entries: list[dict[str, Any]] = [
        {"id": half.id, "fingerprint": half.fingerprint, "href": make_path("studio.send_part", upload_id=half.id)}
        for half in halves
    ]
    return json.dumps(entries)


def list_drafts(session: Session, used: Iterable[str]) -> list[DraftLine]:
    """What can be gone on with, newest first: forms that were not saved, drafts, and files that no form has yet."""
    mine = current_user.id
    halves = {half.id: half for half in resuming.list_own(session, spool(), mine, now())}
    forms = drafts.list_new(session, mine)
    lines = [_make_form_line(kept, halves) for kept in forms]
    taken = {*used, *(read_fields(kept).get(field, "") for kept in forms for field in AUDIO_FIELDS.values())}
    lines += [_make_draft_line(each) for each in episodes.list_all(session) if _is_draft(each)]
    lines += [_make_half_line(half) for half in halves.values() if half.id not in taken]
    lines += [
        DraftLine(row.declared_name, make_path("studio.new_episode", upload=row.id), row.created_at, "upload")
        for row in uploads.list_unused(session, spool())
        if row.id not in taken
    ]
    return sorted(lines, key=lambda line: line.at, reverse=True)[:_SHOWN]


def _is_draft(episode: Episode) -> bool:
    return state_of(read_access(episode), now()) is State.DRAFT


def _make_draft_line(episode: Episode) -> DraftLine:
    return DraftLine(episode.title, make_path("studio.episode", episode_id=episode.id), episode.changed_at, "draft")


def _make_half_line(half: UnfinishedUpload) -> DraftLine:
    href = make_path("studio.new_episode", resume=half.id)
    return DraftLine(half.declared_name, href, half.changed_at, "half", resuming.count_percent(half), half.id)


def _make_form_line(kept: KeptForm, halves: dict[str, UnfinishedUpload]) -> DraftLine:
    fields = read_fields(kept)
    half = halves.get(fields.get(AUDIO_FIELD, ""))
    name = fields.get("title", "").strip() or (half.declared_name if half is not None else "")
    return DraftLine(
        title=name or gettext("Without a title"),
        href=make_path("studio.new_episode", kept=kept.id),
        at=kept.changed_at,
        kind="form",
        percent=None if half is None else resuming.count_percent(half),
        unsaved_id=kept.id,
    )
