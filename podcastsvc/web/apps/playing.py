"""Audio that somebody asks for: which file, whether they may hear it, and the answer (section 8). No framework.

Apps ask for one file in hundreds of parts, so everything here is made to cost little: one indexed read for a member,
none for the public while the file's facts are fresh.
"""

import logging
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import Enum, auto
from pathlib import Path
from wsgiref.types import WSGIEnvironment

from werkzeug.http import http_date

from podcastsvc.catalogue import episodes
from podcastsvc.catalogue.access import Access, Audience, read_access
from podcastsvc.errors import Failure, Unavailable
from podcastsvc.feeds import notices
from podcastsvc.kit.ranges import Decision, decide
from podcastsvc.services import Services
from podcastsvc.stats import counting
from podcastsvc.stats.agents import MOST_CHARS
from podcastsvc.stats.hits import PUBLIC, Hit
from podcastsvc.storage.tables.episode import AudioFile, Episode
from podcastsvc.web.apps import handing
from podcastsvc.web.apps.listeners import EVERYONE, Listener, find_listener
from podcastsvc.web.apps.pacing import Paces
from podcastsvc.web.apps.sending import AT_ONCE_BYTES, AWAY, Body, OnEnd, check_file, open_part
from podcastsvc.web.apps.wire import OPEN_TO_ALL, PERSONAL, Answer, write_caching
from podcastsvc.web.context import cut_address
from podcastsvc.web.site.addresses import write_audio_path

log = logging.getLogger(__name__)

PUBLIC_SECONDS = 86400
PRIVATE_SECONDS = 3600
# Apps ask for the first two bytes to see whether ranges work; that is no start.
_PROBE_BYTES = 2


@dataclass(frozen=True, slots=True)
class Wanted:
    """A request for audio; ``token`` is that of a member's address, the headers are as they were sent, if at all."""

    file_name: str
    token: str | None
    at: datetime
    method: str
    network: str
    agent: str
    referrer: str
    range_header: str | None
    if_range: str | None
    if_none_match: str | None
    has_conditions: bool = False
    """If-Match or If-Unmodified-Since came, which only a server in front weighs."""


def read_wanted(environ: WSGIEnvironment, file_name: str, token: str | None, at: datetime) -> Wanted:
    """What a request asks for, its path taken apart already."""
    return Wanted(
        file_name=file_name,
        token=token,
        at=at,
        method=environ["REQUEST_METHOD"],
        network=cut_address(environ.get("REMOTE_ADDR", "")),
        agent=environ.get("HTTP_USER_AGENT", "")[:MOST_CHARS],
        referrer=environ.get("HTTP_REFERER", "")[:MOST_CHARS],
        range_header=environ.get("HTTP_RANGE"),
        if_range=environ.get("HTTP_IF_RANGE"),
        if_none_match=environ.get("HTTP_IF_NONE_MATCH"),
        has_conditions="HTTP_IF_MATCH" in environ or "HTTP_IF_UNMODIFIED_SINCE" in environ,
    )


class Missing(Enum):
    """Why there is nothing at an address."""

    STRANGER = auto()
    """The token opens nothing."""
    GONE = auto()
    """The link was taken away."""
    FILE = auto()
    """No audio has this name."""


@dataclass(frozen=True, slots=True)
class NotForYou:
    """The audio of an episode that this listener may not hear."""

    access: Access


@dataclass(frozen=True, slots=True)
class _Sound:
    """One audio file, as far as an answer needs it: the database is let go before the first byte is sent.

    It lies at ``path``, or in the media store under ``media_key``. ``access`` is its episode's, and ``hit`` what would be
    counted, None for a notice.
    """

    file_name: str
    mime: str
    length_bytes: int
    etag: str
    changed_at: datetime
    path: Path | None = None
    media_key: str = ""
    access: Access = Access()
    hit: Hit | None = None


Outcome = Answer | Missing | NotForYou


def play(services: Services, paces: Paces, wanted: Wanted) -> Outcome:
    """The answer to a GET or HEAD, or why there is none.

    Raises TooMany past a link's limits, Unavailable where the audio cannot be reached or nothing can be read.
    """
    listener = EVERYONE if wanted.token is None else find_listener(services, wanted.token, wanted.at)
    if listener is None:
        return Missing.STRANGER
    if listener.is_gone:
        return Missing.GONE
    notice = _find_notice(services, wanted, listener) if wanted.token is None else None
    found = notice or _find_sound(services, wanted, listener)
    return _Sending(services, paces, wanted, listener).answer(found) if isinstance(found, _Sound) else found


# ---- which file, and whether


def _find_sound(services: Services, wanted: Wanted, listener: Listener) -> _Sound | Outcome:
    """The audio that the listener may hear under a name, or what there is instead."""
    name, _, extension = wanted.file_name.rpartition(".")
    audio = services.audio.get(name)
    if audio is None or audio.extension != extension:
        return Missing.FILE
    if not episodes.may_fetch(audio, listener.audience, wanted.at):
        return NotForYou(read_access(audio.episode))
    if _is_kept(services, audio.replaced_at, wanted):
        return _describe(audio, audio.episode, wanted, listener)
    newer = episodes.list_current(audio.episode).get(audio.variant)
    if newer is None:
        return Missing.FILE
    if wanted.method == "HEAD":
        # HEAD is never sent elsewhere, since apps take size and type from it (rule M1).
        return _describe(newer, audio.episode, wanted, listener)
    return _redirect(services.settings.base_url + write_audio_path(newer, listener.token), listener)


def _is_kept(services: Services, replaced_at: datetime | None, wanted: Wanted) -> bool:
    """Whether a file is still sent itself: it is the present one, or was not long ago (rule A7)."""
    return replaced_at is None or wanted.at < replaced_at + timedelta(days=services.settings.old_audio_days)


def _describe(audio: AudioFile, episode: Episode, wanted: Wanted, listener: Listener) -> _Sound:
    hit = Hit(
        at=wanted.at,
        episode_guid=episode.guid,
        is_preview=audio.variant == "preview",
        audience=name_audience(listener.audience),
        network=wanted.network,
        agent=wanted.agent,
        referrer=wanted.referrer,
        start=0,
        stop=0,
        threshold_bytes=counting.threshold_bytes(audio.length_bytes, audio.tag_bytes, audio.seconds),
        link_id=listener.link_id,
    )
    return _Sound(
        file_name=f"{audio.name}.{audio.extension}",
        mime=audio.mime,
        length_bytes=audio.length_bytes,
        etag=f'"{audio.sha256[:32]}"',
        changed_at=audio.created_at,
        media_key=audio.media_key,
        access=read_access(episode),
        hit=hit,
    )


def name_audience(audience: Audience) -> str:
    """The kind of feed that a download is counted under: "public", or the plan keys (rule D6)."""
    return ",".join(sorted(audience.plans)) or PUBLIC


def _find_notice(services: Services, wanted: Wanted, listener: Listener) -> _Sound | Answer | None:
    """The audio of a notice, ours or a host's; what was replaced long ago leads to what members hear now (rule A7)."""
    name, _, extension = wanted.file_name.rpartition(".")
    path = notices.find_audio(name, extension)
    if path is not None:
        return _describe_ours(path, wanted)
    found = services.notices.get(name) if extension == "mp3" and name.startswith("notice-") else None
    if found is None:
        return None
    audio = found.audio
    if _is_kept(services, audio.replaced_at, wanted):
        etag = f'"{audio.sha256[:32]}"'
        return _Sound(
            wanted.file_name, notices.MIME, audio.length_bytes, etag, audio.created_at, media_key=audio.media_key
        )
    present = notices.write_audio_path(found.present, found.language)
    if wanted.method == "HEAD":
        return _find_notice(services, replace(wanted, file_name=present.rpartition("/")[2]), listener)
    return _redirect(services.settings.base_url + present, listener)


def _describe_ours(path: Path, wanted: Wanted) -> _Sound:
    facts = path.stat()
    changed_at = datetime.fromtimestamp(int(facts.st_mtime), wanted.at.tzinfo)
    etag = f'"{notices.find_sha256(path)[:32]}"'
    return _Sound(wanted.file_name, notices.MIME, facts.st_size, etag, changed_at, path=path)


def _redirect(address: str, listener: Listener) -> Answer:
    headers = {"Location": address, "Content-Type": "text/plain; charset=utf-8", "Content-Length": "0"}
    return Answer(302, headers | {"Cache-Control": "no-store"} | _list_reach(listener), [])


def _list_reach(listener: Listener) -> dict[str, str]:
    return OPEN_TO_ALL if listener.token is None else PERSONAL


# ---- the answer


@dataclass(frozen=True, slots=True)
class _Sending:
    """One request on its way to its answer."""

    services: Services
    paces: Paces
    wanted: Wanted
    listener: Listener

    def answer(self, sound: _Sound) -> Answer:
        wanted = self.wanted
        decision = decide(
            is_head=wanted.method == "HEAD",
            length_bytes=sound.length_bytes,
            etag=sound.etag,
            changed_at=sound.changed_at,
            range_header=wanted.range_header,
            if_range=wanted.if_range,
            if_none_match=wanted.if_none_match,
        )
        headers = self._write_headers(sound, decision)
        if wanted.method == "HEAD" or decision.status in {304, 416}:
            return Answer(decision.status, headers, [])
        path = sound.path or self.services.media.find_path(sound.media_key)
        place = self._find_place(sound, decision)
        if path is None:
            return self._note_asked(sound, decision, self._hand_over(sound))
        if place is not None:
            return self._note_asked(sound, decision, self._hand_to_front(path, sound, headers, place))
        note = self._make_note(sound, decision)
        return Answer(decision.status, headers, self._open(path, sound, decision, note))

    def _write_headers(self, sound: _Sound, decision: Decision) -> dict[str, str]:
        whose, seconds = ("public", PUBLIC_SECONDS) if self.listener.token is None else ("private", PRIVATE_SECONDS)
        headers = {
            "ETag": sound.etag,
            "Cache-Control": write_caching(whose, seconds, sound.access, self.wanted.at),
            "Accept-Ranges": "bytes",
            "Content-Disposition": f'inline; filename="{sound.file_name}"',
            **_list_reach(self.listener),
        }
        if decision.status == 304:
            return headers
        headers["Content-Type"] = sound.mime
        headers["Content-Length"] = str(decision.length)
        headers["Last-Modified"] = http_date(sound.changed_at)
        if decision.content_range is not None:
            headers["Content-Range"] = decision.content_range
        return headers

    def _pace(self, decision: Decision) -> None:
        """Spends one of the day's starts, once it is certain that nothing else keeps the audio from its listener."""
        link_id = self._find_starter(decision)
        if link_id is not None:
            self.paces.audio.spend(self.services.db, link_id, self.wanted.at)

    def _find_starter(self, decision: Decision) -> int | None:
        """The link that starts a file with this answer, if it is a start and a member's."""
        return self.listener.link_id if decision.start == 0 and decision.length > _PROBE_BYTES else None

    def _pace_of(self, path: Path, sound: _Sound, decision: Decision) -> None:
        if self._find_starter(decision) is not None:
            check_file(path, length_bytes=sound.length_bytes)
            self._pace(decision)

    def _note_asked(self, sound: _Sound, decision: Decision, answer: Answer) -> Answer:
        """Of what others send nobody says how much arrived: the bytes asked for stand in for it (rule D5)."""
        self._pace(decision)
        self._make_note(sound, decision, is_asked=True)(decision.length)
        return answer

    def _make_note(self, sound: _Sound, decision: Decision, *, is_asked: bool = False) -> OnEnd:
        """What is done when an answer is over: its bytes are noted, if the rules count them at all (rule D3)."""
        hit, hits, wanted = sound.hit, self.services.hits, self.wanted
        counts = hit is not None and counting.may_count(
            method=wanted.method, status=decision.status, range_header=wanted.range_header, agent=wanted.agent
        )

        def note(sent_bytes: int) -> None:
            if hit is not None and counts and sent_bytes:
                stop = decision.start + sent_bytes
                hits.add(replace(hit, start=decision.start, stop=stop, is_asked=is_asked))

        return note

    def _hand_over(self, sound: _Sound) -> Answer:
        """The way to the object store that has the bytes (rule M9)."""
        settings = self.services.settings
        signed = self.services.media.sign(sound.media_key, timedelta(hours=settings.signed_url_hours))
        if signed is None:
            log.error("a file of the media store is missing", extra={"key": sound.media_key})
            raise Unavailable(AWAY)
        return _redirect(signed, self.listener)

    def _find_place(self, sound: _Sound, decision: Decision) -> str | None:
        """Where a server in front finds the file, if it shall send it; our own notices lie out of its reach."""
        if not self.services.settings.x_accel_redirect or sound.path is not None:
            return None
        wanted = self.wanted
        return handing.find_place(
            decision,
            sound.media_key,
            range_header=wanted.range_header,
            if_range=wanted.if_range,
            has_conditions=wanted.has_conditions,
        )

    def _hand_to_front(self, path: Path, sound: _Sound, headers: dict[str, str], place: str) -> Answer:
        """The word to the server in front to send the bytes (rule M10); it says itself how many."""
        check_file(path, length_bytes=sound.length_bytes)
        kept = {name: value for name, value in headers.items() if name != "Content-Range"}
        return Answer(200, kept | {"Content-Length": "0", handing.HEADER: place}, [])

    def _open(self, path: Path, sound: _Sound, decision: Decision, note: OnEnd) -> Body:
        """The bytes from the local disk (rule M10). An answer that takes long holds a place of its link and its process."""
        link_id, streams = self.listener.link_id, self.paces.streams
        if decision.length <= AT_ONCE_BYTES:
            self._pace_of(path, sound, decision)
            return open_part(path, decision, length_bytes=sound.length_bytes, on_end=note)
        streams.enter(link_id, self.wanted.at)

        def end(sent_bytes: int) -> None:
            streams.leave(link_id)
            note(sent_bytes)

        try:
            self._pace_of(path, sound, decision)
            return open_part(path, decision, length_bytes=sound.length_bytes, on_end=end)
        except Failure:
            streams.leave(link_id)
            raise
