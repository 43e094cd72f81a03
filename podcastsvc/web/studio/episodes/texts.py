"""Chapters and transcript of an episode as plain lines of text: shown, changed, and each bad line named."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from flask import make_response, request
from flask_login import current_user
from werkzeug.wrappers import Response

from podcastsvc.catalogue import chapters, publishing, sidefiles
from podcastsvc.catalogue.chapters import Chapter
from podcastsvc.catalogue.limits import MOST_TEXT_BYTES
from podcastsvc.catalogue.remarks import Remark
from podcastsvc.catalogue.sidefiles import CHAPTERS, SideFile
from podcastsvc.catalogue.texts import chapterlines, cuelines
from podcastsvc.catalogue.texts.lines import LineProblem
from podcastsvc.catalogue.uploads import Kind
from podcastsvc.errors import Conflict, Failure
from podcastsvc.kit.language import N_
from podcastsvc.storage.tables.episode import Episode
from podcastsvc.web.context import services
from podcastsvc.web.errors import find_answer
from podcastsvc.web.pages import gettext, ngettext, render
from podcastsvc.web.requests import LARGER
from podcastsvc.web.sign_in.gates import host_only
from podcastsvc.web.studio.blueprint import blueprint, go
from podcastsvc.web.studio.episodes.places import EpisodePlace, get_place, rescan

log = logging.getLogger(__name__)

# Three bytes for each that a form has to escape.
LARGER["studio.save_chapters"] = LARGER["studio.save_transcript"] = 3 * MOST_TEXT_BYTES

FROM_JSON = N_("From chapters.json.")
FROM_ELSEWHERE = N_("From the audio's tags or the notes. Saving writes chapters.json, which goes before those.")
NO_CHAPTERS = N_("There are none yet. Saving writes chapters.json.")
BROKEN_JSON = N_("chapters.json cannot be read, so these are not from there. Saving replaces it.")
NO_TRANSCRIPT = N_("There is none yet. Type lines, or paste a VTT or SRT file.")


@dataclass(slots=True)
class TextPage:
    """One of the two pages. ``seen`` marks the file that ``text`` was made from; ``now`` is what it says after a conflict."""

    place: EpisodePlace
    file: SideFile
    text: str
    source: str
    endpoint: str
    problems: list[LineProblem] = field(default_factory=list)
    error: str = ""
    now: str = ""

    @property
    def episode(self) -> Episode:
        return self.place.episode

    @property
    def seconds(self) -> int:
        """The length of the longest recording, 0 without one."""
        whole = (each.seconds for each in self.episode.audio if each.variant != "preview" and each.replaced_at is None)
        return max(whole, default=0)

    @property
    def people(self) -> list[str]:
        return [str(person["name"]) for person in self.episode.people if person.get("name")]


# ---- chapters


@blueprint.get("/episodes/<int:episode_id>/chapters")
@host_only
def episode_chapters(episode_id: int) -> str:
    """The chapters as lines."""
    return _show(_open_chapters(episode_id))


@blueprint.post("/episodes/<int:episode_id>/chapters")
@host_only
def save_chapters(episode_id: int) -> str | Response:
    """Writes chapters.json; no lines take it out."""
    page = _open_chapters(episode_id)
    typed = _read_typed()
    found = chapterlines.read_chapters(typed, seconds=page.seconds, problems=page.problems)
    content = chapterlines.edit_json(page.file.content, found) if found else b""
    return _save(page, typed, content, page.file.name)


def _open_chapters(episode_id: int) -> TextPage:
    place = _get_place(episode_id)
    file = sidefiles.open_file(place.folder, CHAPTERS)
    remarks: list[Remark] = []
    found: Sequence[Chapter] = chapters.read_json(file.content, remarks, file=file.name) if file.content else ()
    source = FROM_JSON
    if not found:
        found = [Chapter(**each) for each in place.episode.chapters or ()]
        source = BROKEN_JSON if file.content else FROM_ELSEWHERE if found else NO_CHAPTERS
    text = chapterlines.write_chapters(sorted(found, key=lambda each: each.start_ms))
    return TextPage(place, file, text, gettext(source), "studio.save_chapters")


# ---- transcript


@blueprint.get("/episodes/<int:episode_id>/transcript")
@host_only
def episode_transcript(episode_id: int) -> str:
    """The transcript as lines, or as the file is where lines would lose something of it."""
    return _show(_open_transcript(episode_id))


@blueprint.post("/episodes/<int:episode_id>/transcript")
@host_only
def save_transcript(episode_id: int) -> str | Response:
    """Writes the transcript; an empty field takes it out."""
    page = _open_transcript(episode_id)
    typed = _read_typed()
    written = cuelines.read(
        typed, seconds=page.seconds, before=page.file.content, people=page.people, problems=page.problems
    )
    name = page.file.name if written is None else f"{Path(page.file.name).stem}{written.extension}"
    return _save(page, typed, b"" if written is None else written.content, name)


def _open_transcript(episode_id: int) -> TextPage:
    place = _get_place(episode_id)
    there = publishing.list_parts(place.folder, place.episode.language).get(Kind.TRANSCRIPT)
    file = sidefiles.open_file(place.folder, there or f"{Kind.TRANSCRIPT}.vtt")
    page = TextPage(place, file, "", "" if there else gettext(NO_TRANSCRIPT), "studio.save_transcript")
    page.text = cuelines.show(file.content, page.people) if there else ""
    return page


# ---- both


def _get_place(episode_id: int) -> EpisodePlace:
    with services().db.reading() as session:
        return get_place(session, episode_id)


def _read_typed() -> str:
    return "\n".join(request.form.get("text", "").splitlines())


def _save(page: TextPage, typed: str, content: bytes, name: str) -> str | Response:
    before, page.text = page.text, typed
    if page.problems:
        return make_response(_show(page), 422)
    seen = request.form.get("seen", "")
    try:
        sidefiles.save_file(page.place.folder, page.file.name, content, seen=seen, name=name)
    except Failure as failure:
        page.error = gettext(failure.message)
        page.now = before if isinstance(failure, Conflict) else ""
        return make_response(_show(page), find_answer(failure).status)
    rescan(page.place.folder)
    log.info("text beside an episode changed", extra={"episode": page.episode.id, "by": current_user.id})
    return go("studio.episode", episode_id=page.episode.id, done="saved")


def _show(page: TextPage) -> str:
    count = len(page.problems)
    said = ngettext("%(count)s line cannot be used.", "%(count)s lines cannot be used.", count) % {"count": count}
    errors = {"text": said} if count else {"text": page.error} if page.error else {}
    is_new_text = request.method == "POST"
    return render(
        "studio/episodes/text.html",
        page=page,
        is_transcript=page.endpoint == "studio.save_transcript",
        episode_id=page.episode.id,
        title=page.episode.title,
        errors=errors,
        problems=[(each.line, gettext(each.said)) for each in page.problems],
        seen=request.form.get("seen", "") if is_new_text and not page.now else page.file.mark,
    )
