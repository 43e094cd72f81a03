"""What stands beside the audio: chapters, transcripts and artwork (rules C1 to C4, section 1)."""

import hashlib
import re
from dataclasses import dataclass

from flask import Blueprint, Response, request
from sqlalchemy import select
from sqlalchemy.orm import Session

from podcastsvc.catalogue import episodes
from podcastsvc.catalogue.access import Access, may_hear, read_access
from podcastsvc.catalogue.artwork.keeping import rendition_key
from podcastsvc.catalogue.chapters import build_json
from podcastsvc.errors import NotFound, Unavailable
from podcastsvc.feeds.document import MIME_CHAPTERS
from podcastsvc.kit.language import N_
from podcastsvc.kit.ranges import matches
from podcastsvc.storage.tables.episode import Artwork
from podcastsvc.web.apps import readers
from podcastsvc.web.apps.listeners import Listener, get_listener, refuse
from podcastsvc.web.apps.wire import (
    FEED_METHODS,
    keep_private,
    make_empty,
    make_options,
    make_whole,
    open_to_all,
    write_caching,
)
from podcastsvc.web.context import now, services

blueprint = Blueprint("beside", __name__)
blueprint.after_request(keep_private)

PUBLIC_SECONDS = 300
PRIVATE_CACHING = "private, no-cache"
FOR_EVER = "public, max-age=31536000, immutable"
TRANSCRIPT_TYPES = {"vtt": "text/vtt; charset=utf-8", "srt": "application/x-subrip"}
AWAY = N_("The picture cannot be reached at the moment. Please try again.")
_RENDITION = re.compile(r"(.+)-(\d{2,4})")


@blueprint.route("/chapters/<name>.json", methods=FEED_METHODS, provide_automatic_options=False)
def chapters(name: str) -> Response:
    """An episode's chapters as JSON, for apps."""
    return _answer_text(name, "json", None)


@blueprint.route("/private/<token>/chapters/<name>.json", methods=FEED_METHODS, provide_automatic_options=False)
def member_chapters(token: str, name: str) -> Response:
    """The same through a member's listen token."""
    return _answer_text(name, "json", token)


@blueprint.route("/transcripts/<name>.<any(vtt, srt):kind>", methods=FEED_METHODS, provide_automatic_options=False)
def transcript(name: str, kind: str) -> Response:
    """An episode's transcript."""
    return _answer_text(name, kind, None)


@blueprint.route(
    "/private/<token>/transcripts/<name>.<any(vtt, srt):kind>", methods=FEED_METHODS, provide_automatic_options=False
)
def member_transcript(token: str, name: str, kind: str) -> Response:
    """The same through a member's listen token."""
    return _answer_text(name, kind, token)


@blueprint.route("/art/<name>.<any(jpg, png, webp):extension>", methods=FEED_METHODS, provide_automatic_options=False)
def artwork(name: str, extension: str) -> Response:
    """Artwork, and its smaller renditions for pages. The name holds a hash, so it never changes behind it."""
    if request.method == "OPTIONS":
        return make_options()
    with services().db.reading() as session:
        found = _find_artwork(session, name, extension)
    if found is None:
        raise NotFound(N_("There is no picture at this address."))
    key, mime_type, etag = found
    response: Response = make_empty(304, mime_type)
    if not matches(request.headers.get("If-None-Match"), (etag,)):
        content = services().media.read_bytes(key)
        if content is None:
            raise Unavailable(AWAY)
        response = make_whole(content, mime_type)
    response.headers["ETag"] = etag
    response.headers["Cache-Control"] = FOR_EVER
    open_to_all(response)
    return response


def _find_artwork(session: Session, name: str, extension: str) -> tuple[str, str, str] | None:
    """Where a picture lies in the media store, its type and its ETag."""
    if extension != "webp":
        art = session.scalars(select(Artwork).where(Artwork.name == name, Artwork.extension == extension)).first()
        return None if art is None else (art.media_key, art.mime, f'"{art.sha256[:32]}"')
    rendition = _RENDITION.fullmatch(name)
    if rendition is None:
        return None
    width = int(rendition[2])
    art = session.scalars(select(Artwork).where(Artwork.name == rendition[1])).first()
    if art is None or width not in art.widths:
        return None
    return rendition_key(art.name, width), "image/webp", f'"{art.sha256[:28]}-{width}"'


# ---- chapters and transcripts


def _answer_text(name: str, kind: str, token: str | None) -> Response:
    if request.method == "OPTIONS":
        return make_options()
    listener = get_listener(token)
    if listener is None:
        raise readers.refuse_stranger()
    if listener.is_gone:
        return readers.answer_gone()
    found = _find_chapters(name, listener) if kind == "json" else _find_transcript(name, kind, listener)
    if found is None:
        raise NotFound(N_("There is nothing at this address."))
    if isinstance(found, Response):
        return found
    return _send_text(found, MIME_CHAPTERS if kind == "json" else TRANSCRIPT_TYPES[kind], listener)


@dataclass(frozen=True, slots=True)
class _Text:
    """A text that the listener may read, and the access of its episode."""

    content: bytes
    access: Access


def _find_chapters(name: str, listener: Listener) -> _Text | Response | None:
    audio = services().audio.get(name)
    marks = episodes.list_chapters(audio.episode, audio) if audio is not None else []
    if audio is None or not marks:
        return None
    if not episodes.may_fetch(audio, listener.audience, now()):
        return refuse(read_access(audio.episode))
    return _Text(build_json(marks), read_access(audio.episode))


def _find_transcript(name: str, kind: str, listener: Listener) -> _Text | Response | None:
    with services().db.reading() as session:
        found = episodes.find_transcript(session, name)
    if found is None:
        return None
    text, episode = found
    access = read_access(episode)
    if not may_hear(access, listener.audience, now()):
        return refuse(access)
    heard = episodes.pick_audio(episode, listener.audience, now())
    content = episodes.cut_transcript(text.vtt if kind == "vtt" else text.srt, episode, heard).encode()
    return _Text(content, access) if content else None


def _send_text(text: _Text, mime_type: str, listener: Listener) -> Response:
    etag = f'"{hashlib.sha256(text.content).hexdigest()[:32]}"'
    is_known = matches(request.headers.get("If-None-Match"), (etag,))
    response: Response = make_empty(304, mime_type) if is_known else make_whole(text.content, mime_type)
    response.headers["ETag"] = etag
    response.headers["Cache-Control"] = PRIVATE_CACHING
    if listener.token is None:
        response.headers["Cache-Control"] = write_caching("public", PUBLIC_SECONDS, text.access, now())
        open_to_all(response)
    return response
