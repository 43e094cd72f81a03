"""What of an episode the person who looks may play and read along with: audio, chapters, transcript."""

from dataclasses import dataclass

from podcastsvc.catalogue import episodes
from podcastsvc.catalogue.access import PUBLIC, Access, is_out, may_hear, read_access
from podcastsvc.catalogue.identity import make_preview_guid
from podcastsvc.storage.tables.episode import AudioFile, Episode, Transcript
from podcastsvc.web.context import language, now
from podcastsvc.web.episodes.transcript import Line, read_lines
from podcastsvc.web.site.addresses import write_audio_path, write_transcript_path
from podcastsvc.web.site.cards import list_chapters, write_episode_path
from podcastsvc.web.site.shows import PageShow
from podcastsvc.web.site.viewing import Viewing


@dataclass(frozen=True, slots=True)
class Player:
    """The audio on an episode's page; the names are those of the macro ``player``."""

    src: str
    key: str
    seconds: int
    length_bytes: int
    is_preview: bool


@dataclass(frozen=True, slots=True)
class Mark:
    """A chapter in a list."""

    seconds: int
    title: str


@dataclass(frozen=True, slots=True)
class TranscriptView:
    """A transcript in the reader's language, else in the episode's; ``href`` is its own page."""

    lines: tuple[Line, ...]
    words: int
    language: str
    href: str
    vtt_href: str


def hears_whole(episode: Episode, viewing: Viewing) -> bool:
    """Whether the whole episode may be shown: by the one rule, and to the host before it comes out."""
    access = read_access(episode)
    return may_hear(access, viewing.audience, now()) or may_preview(access, viewing)


def may_preview(access: Access, viewing: Viewing) -> bool:
    """Whether this is the host looking at an episode that nobody else can see yet."""
    return viewing.is_host and not is_out(access, now())


def make_player(episode: Episode, viewing: Viewing) -> Player | None:
    """The audio that may be played; None where there is none. An episode that is not out has no address to play from."""
    # Without a link that can be shown, a member has no address of their own and hears here what everyone hears.
    audience = viewing.audience if viewing.listen_token else PUBLIC
    audio = episodes.pick_audio(episode, audience, now())
    if audio is None or not is_out(read_access(episode), now()):
        return None
    is_preview = audio.variant == "preview"
    return Player(
        src=_write_src(audio, viewing),
        key=make_preview_guid(episode.guid) if is_preview else episode.guid,
        seconds=audio.seconds,
        length_bytes=audio.length_bytes,
        is_preview=is_preview,
    )


def find_heard(episode: Episode, viewing: Viewing) -> AudioFile | None:
    """The audio that chapters and transcript go along with: what plays on the page, else what this person may hear.

    Ask ``hears_whole`` first. The host reads along with the longest before the episode is out.
    """
    if may_preview(read_access(episode), viewing):
        whole = [each for each in episodes.list_current(episode).values() if each.variant != "preview"]
        return max(whole, key=lambda each: each.seconds, default=None)
    playing = episodes.pick_audio(episode, viewing.audience if viewing.listen_token else PUBLIC, now())
    if playing is not None and playing.variant != "preview":
        return playing
    return episodes.pick_audio(episode, viewing.audience, now())


def list_marks(episode: Episode, heard: AudioFile | None) -> list[Mark]:
    """The chapters of what is heard as a list of two or more; none otherwise (rule C1)."""
    marks = [Mark(chapter.start_ms // 1000, chapter.title) for chapter in list_chapters(episode, heard)]
    return marks if len(marks) > 1 else []


def load_transcript(
    episode: Episode, show: PageShow, viewing: Viewing, heard: AudioFile | None
) -> TranscriptView | None:
    """The transcript that suits the reader, as far as what is heard goes; None where there is none (rule T-A11).

    Ask ``hears_whole`` first. Its text is read from the database now, so the episode's session must still be open.
    """
    chosen = choose_transcript(episode.transcripts, (language(), episode.language))
    if chosen is None:
        return None
    lines = read_lines(episodes.cut_transcript(chosen.vtt, episode, heard))
    if not lines:
        return None
    return TranscriptView(
        lines=lines,
        words=sum(line.text.count(" ") + 1 for line in lines),
        language=chosen.language,
        href=write_episode_path(episode, show, "episodes.transcript"),
        vtt_href=write_transcript_path(chosen, "vtt", viewing.listen_token),
    )


def choose_transcript(transcripts: list[Transcript], wanted: tuple[str, ...]) -> Transcript | None:
    """The one in the first of the wanted languages that there is, else the first one. Pure."""
    by_language = {each.language: each for each in transcripts}
    found = next((by_language[code] for code in wanted if code in by_language), None)
    return found or (transcripts[0] if transcripts else None)


def _write_src(audio: AudioFile, viewing: Viewing) -> str:
    return write_audio_path(audio, None if audio.variant == "preview" else viewing.listen_token)
