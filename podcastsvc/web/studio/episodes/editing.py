"""One episode in the studio: changing it, replacing its audio, withdrawing it, bringing it back, deleting a draft."""

import logging
from dataclasses import dataclass, field
from typing import Any

from flask import make_response, request
from flask_login import current_user
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response

from podcastsvc.billing.plans import list_titles
from podcastsvc.catalogue import publishing
from podcastsvc.catalogue.access import State, read_access, state_of
from podcastsvc.catalogue.episodes import find_main_audio
from podcastsvc.catalogue.problems import find_problems
from podcastsvc.catalogue.publishing import Contents, Files, Opened
from podcastsvc.catalogue.spooling import drafts
from podcastsvc.catalogue.uploads import Kind
from podcastsvc.errors import Conflict, Failure
from podcastsvc.kit.language import N_
from podcastsvc.storage.tables.episode import AudioFile
from podcastsvc.storage.tables.upload import KeptForm, Upload
from podcastsvc.web.context import language, now, services
from podcastsvc.web.errors import find_answer
from podcastsvc.web.language import make_path
from podcastsvc.web.pages import gettext, render, write_megabytes
from podcastsvc.web.requests import allow_audio
from podcastsvc.web.sign_in.gates import host_only
from podcastsvc.web.site.shows import load_show
from podcastsvc.web.studio.blueprint import blueprint, go
from podcastsvc.web.studio.episodes import merging
from podcastsvc.web.studio.episodes.checks import list_standing_checks, write_length
from podcastsvc.web.studio.episodes.creating import (
    FormFrame,
    Unsaved,
    name_files,
    needs_more,
    read_form,
    read_frame,
    read_unsaved,
    show_as_new,
)
from podcastsvc.web.studio.episodes.cropping import crop_cover
from podcastsvc.web.studio.episodes.cutting import add_preview
from podcastsvc.web.studio.episodes.form import EpisodeForm, fill_from_notes, read_typed
from podcastsvc.web.studio.episodes.keeping import (
    find_halves,
    find_kept,
    forget_kept,
    read_fields,
)
from podcastsvc.web.studio.episodes.listing import name_audience, name_state, render_preview
from podcastsvc.web.studio.episodes.merging import Difference, write_base
from podcastsvc.web.studio.episodes.parts import (
    find_uploads,
    let_go,
    list_part_checks,
    list_paths,
    receive_parts,
    view_parts,
)
from podcastsvc.web.studio.episodes.places import EpisodePlace, get_place, is_there, rescan

log = logging.getLogger(__name__)

allow_audio("studio.save_episode")

DELETED = N_("This draft was deleted while the form was open. What you typed is here; saving makes the episode anew.")


@dataclass(frozen=True, slots=True)
class Said:
    """What a form has done, in the note above the page."""

    fact: str
    text: str
    kind: str = "ok"


@dataclass(slots=True)
class Page:
    """Everything that the page of one episode is made from. ``form`` is None where the notes cannot be changed here.

    ``theirs`` is the form of the file as it stands, ``differences`` are between that and what was typed, where somebody
    else has changed it meanwhile. ``waiting`` is what was typed here before and not saved, while the form shows the file.
    """

    place: EpisodePlace
    frame: FormFrame
    opened: Opened | None
    form: EpisodeForm | None
    problem: str = ""
    theirs: EpisodeForm | None = None
    differences: list[Difference] = field(default_factory=list)
    base: str = ""
    unsaved: Unsaved = field(default_factory=Unsaved)
    waiting: KeptForm | None = None

    @property
    def state(self) -> State:
        return state_of(read_access(self.place.episode), now())


def open_page(episode_id: int) -> Page:
    """Reads the row, the folder and the notes as they stand. 404 where there is no such episode."""
    with services().db.reading() as session:
        place = get_place(session, episode_id)
        frame = read_frame(session, place.show.row.key)
    try:
        opened = publishing.open_notes(place.folder, zone=place.show.zone)
    except Failure as failure:
        return Page(place, frame, None, None, gettext(failure.message))
    form = fill_from_notes(
        opened.notes,
        first_days=place.show.facts.members_first_days,
        at=frame.find_slot(),
        zone=frame.zone,
        seen=opened.mark,
    )
    form.title = form.title or place.episode.title
    return Page(place, frame, opened, form, theirs=form, base=write_base(form))


@blueprint.get("/episodes/<int:episode_id>")
@host_only
def episode(episode_id: int) -> str:
    """The form of one episode, with its state and what the scan found."""
    page = open_page(episode_id)
    with services().db.reading() as session:
        kept = find_kept(session)
        waiting = drafts.find_of_episode(session, episode_id, current_user.id) if kept is None else None
        fields = read_fields(kept) if kept is not None else MultiDict()
        found = find_uploads(session, fields)
    page.waiting = waiting
    if kept is not None and page.form is not None:
        page.form, page.base = read_typed(fields), fields.get("base", "")
        page.unsaved = Unsaved(find_halves(fields), kept.id)
    return show_page(page, found, {})


@blueprint.post("/episodes/<int:episode_id>")
@host_only
def save_episode(episode_id: int) -> str | Response:
    """Writes what was changed; with a mistake, or a change by somebody else, the form comes back as it was typed."""
    errors = dict[str, str]()
    if not is_there(episode_id):
        # Deleted by somebody else while this form was open: what was typed can still become an episode.
        return show_as_new(gettext(DELETED))
    page = open_page(episode_id)
    found = receive_parts(errors)
    page.unsaved, page.base = read_unsaved(), request.form.get("base", "")
    before = page.opened
    typed = page.form = read_typed(request.form)
    if page.theirs is not None:
        merging.take(page.theirs, typed, request.form.getlist("take"))
    if before is None:
        # What was typed stays on the page, to be sent again once the file is mended.
        return make_response(show_page(page, found, errors | {"form": page.problem}), 409)
    if request.form.get("do") == "preview":
        return show_page(page, found, errors)
    is_draft = request.form.get("do") == "draft" and page.state in {State.DRAFT, State.SCHEDULED}
    contents = read_form(typed, page.frame, errors, is_draft=is_draft, before=before.notes)
    if contents.published_at is not None and not _has_sound(page.place, found):
        errors.setdefault(Kind.AUDIO, gettext("Choose the audio file, or save a draft."))
    crop_cover(found, errors)
    parts_there = {kind: page.place.folder / name for kind, name in publishing.list_parts(page.place.folder).items()}
    add_preview(typed, contents, found, errors, parts_there)
    if errors:
        return make_response(show_page(page, found, errors), 422)
    try:
        return _save(page, contents, found)
    except Failure as failure:
        if isinstance(failure, Conflict):
            _merge(page)
        errors["form"] = gettext(failure.message)
        return make_response(show_page(page, found, errors), find_answer(failure).status)


def _merge(page: Page) -> None:
    """Puts the other's change and this one's into one form; sending it once more saves that."""
    if page.form is None or page.theirs is None or page.opened is None:
        return
    page.differences = merging.merge(page.theirs, page.form, page.base)
    page.form.seen, page.base = page.opened.mark, write_base(page.theirs)


def _save(page: Page, contents: Contents, found: dict[Kind, Upload]) -> Response:
    place = page.place
    removed = frozenset(kind for kind in Kind if kind in request.form.getlist("remove"))
    publishing.change(
        place.folder,
        contents,
        Files(_name_files(place, contents, found), removed),
        zone=place.show.zone,
        seen=request.form.get("seen", ""),
        language=contents.language or place.episode.language,
    )
    rescan(place.folder)
    let_go(found)
    forget_kept(place.episode.id)
    log.info("episode changed", extra={"episode": place.episode.id, "by": current_user.id})
    done = page.frame.tell_after(contents, place.episode.published_at)
    return go("studio.episode", episode_id=place.episode.id, done=done)


def _name_files(place: EpisodePlace, contents: Contents, found: dict[Kind, Upload]) -> dict[Kind, Any]:
    """New main audio takes the place of the old, whether that was the public's or the members' only."""
    paths, there = list_paths(found), publishing.list_parts(place.folder)
    if Kind.AUDIO not in there and Kind.MEMBERS in there and Kind.AUDIO in paths and Kind.MEMBERS not in paths:
        return {Kind.MEMBERS if kind is Kind.AUDIO else kind: path for kind, path in paths.items()}
    return paths if Kind.AUDIO in there else name_files(contents, paths)


def _has_sound(place: EpisodePlace, found: dict[Kind, Upload]) -> bool:
    """Whether the episode has something to hear after this form."""
    sound = {Kind.AUDIO, Kind.MEMBERS}
    removed = set(request.form.getlist("remove"))
    there = {kind for kind in publishing.list_parts(place.folder) if kind not in removed}
    return bool((there | found.keys()) & sound)


def show_page(page: Page, found: dict[Kind, Upload], errors: dict[str, str]) -> str:
    place, episode = page.place, page.place.episode
    there = publishing.list_parts(place.folder, episode.language) if page.form is not None else {}
    main = find_main_audio(episode)
    with services().db.reading() as session:
        problems = find_problems(session, episode.folder)
        plans = list_titles(session, language())
    values: dict[str, Any] = page.frame.as_values(page.form, state=page.state) if page.form is not None else {}
    return render(
        "studio/episodes/edit.html",
        **{"form": None, **values},
        episode_id=episode.id,
        title=episode.title,
        errors=errors,
        said=_say(page),
        state=name_state(page.state),
        audience=name_audience(read_access(episode), plans),
        at=episode.published_at,
        is_draft=page.state is State.DRAFT,
        is_scheduled=page.state is State.SCHEDULED,
        is_withdrawn=page.state is State.WITHDRAWN,
        page_path=_write_page_path(page),
        problems=problems.remarks if problems is not None else (),
        form_problem=page.problem,
        differences=page.differences,
        base=page.base,
        waiting=page.waiting,
        **page.unsaved.as_values(),
        parts=view_parts(found, errors, there, request.form.getlist("remove")),
        checks=list_part_checks(found, there) or list_standing_checks(episode, there),
        file_name=there.get(Kind.AUDIO) or there.get(Kind.MEMBERS, ""),
        file_shown=_describe(main),
        opened=needs_more(errors),
        preview=render_preview(page.form.notes) if page.form and request.form.get("do") == "preview" else "",
    )


def _describe(audio: AudioFile | None) -> str:
    return f"{write_length(audio.seconds)} · {write_megabytes(audio.length_bytes)}" if audio is not None else ""


def _write_page_path(page: Page) -> str:
    """Where the episode's page is; hosts see it also before it comes out."""
    show = load_show(page.place.show.row.key)
    key = show.key_in_path if show is not None else None
    return make_path("episodes.page", slug=page.place.episode.slug, key=key)


def _say(page: Page) -> Said | None:
    done = request.args.get("done")
    if done not in {"saved", "backdated"} or request.method == "POST":
        return None
    if done == "backdated":
        return Said(
            gettext("Saved, with a date before that of your newest episode."),
            gettext("Apps list it at that date, but do not announce it as new."),
            "warn",
        )
    return {
        State.DRAFT: Said(gettext("The draft is saved."), gettext("Nobody but you sees it.")),
        State.SCHEDULED: Said(gettext("It is scheduled."), gettext("It comes out by itself at its time.")),
        State.PUBLISHED: Said(gettext("It is out."), gettext("Apps show it at their next look into the feed.")),
        State.WITHDRAWN: Said(
            gettext("It is withdrawn."), gettext("Feeds, lists and players do not have it any more.")
        ),
    }[page.state]
