"""What the search index takes of an episode or a text: its words by place, and the passages that results show. Pure."""

from collections.abc import Iterable, Iterator
from typing import Any

from podcastsvc.catalogue.texts.markdown import write_plain
from podcastsvc.catalogue.texts.transcripts import Cue, read_transcript
from podcastsvc.storage.search import Item, Passage, make_words
from podcastsvc.storage.tables.episode import Episode, Transcript
from podcastsvc.storage.tables.writing import Writing

VERSION = "1"
"""Rises when what is indexed of a thing changes, so that everything is indexed anew."""

NAMES, NOTES, CHAPTER, TRANSCRIPT = "names", "notes", "chapter", "transcript"
BODY = "body"
OPEN_PARTS = (NAMES, NOTES)
"""Parts that everybody may read who may see a thing's page."""
INSIDE_PARTS = (CHAPTER, TRANSCRIPT, BODY)
"""Parts that are closed to those who may not hear an episode or read an article (rule T-A11)."""

WRITING_KINDS = ("article", "page", "person", "call")

BLOCK_MS = 30_000
_NOTES_CHARS = 400
_MOST_CHARS = 2_000_000


def write_stamp(shown_hash: str) -> str:
    """What names the state of a thing that an index of this program's making knows."""
    return f"{VERSION}.{shown_hash}"


def make_episode_item(episode: Episode) -> Item:
    """An episode that has a date. Its transcripts must be loaded whole."""
    assert episode.published_at is not None  # noqa: S101 -- drafts are not indexed
    names = " · ".join([*_list_names(episode.people), *episode.tags])
    notes = write_plain(episode.notes_html, limit_chars=_MOST_CHARS)
    number = episode.number_display or str(episode.number or "")
    spoken = [*_list_chapters(episode), *(each for one in episode.transcripts for each in _list_blocks(one))]
    return Item(
        kind="episode",
        ref_id=episode.id,
        stamp=write_stamp(episode.shown_hash),
        dated_at=episode.published_at,
        words=make_words(
            title=episode.title,
            about=f"{episode.summary} {names} {number}",
            body=notes,
            inside=" ".join(each.text for each in spoken),
        ),
        passages=[
            *cut_passages(NAMES, episode.language, names),
            *cut_passages(NOTES, episode.language, notes),
            *spoken,
        ],
    )


def make_writing_item(writing: Writing) -> Item:
    """An article, page, person or call that has a date. Its body is closed where not everybody may always read it: there
    only its opening is open, as on its page. What a call is about is for everybody."""
    assert writing.published_at is not None  # noqa: S101 -- drafts are not indexed
    names = " · ".join([*_list_names(writing.people), *_list_facts([writing.facts], "role"), *writing.tags])
    is_never_closed = writing.access_kind == "public" and writing.public_from is None and writing.public_until is None
    is_open = is_never_closed or writing.kind == "call"
    body = " ".join([write_plain(writing.html, limit_chars=_MOST_CHARS), *_list_entries(writing.facts)])
    opening = "" if is_open else " ".join(writing.facts.get("opening", ()))
    return Item(
        kind=writing.kind,
        ref_id=writing.id,
        stamp=write_stamp(writing.shown_hash),
        dated_at=writing.published_at,
        words=make_words(
            title=writing.title,
            about=f"{writing.summary} {names}",
            body=body if is_open else opening,
            inside="" if is_open else body,
        ),
        passages=[
            *cut_passages(NAMES, writing.language, names),
            *cut_passages(NOTES, writing.language, opening),
            *cut_passages(NOTES if is_open else BODY, writing.language, body),
        ],
    )


def _list_entries(facts: dict[str, Any]) -> list[str]:
    """The words of a page's own lists: its sponsors and reviews."""
    return [
        *_list_facts(facts.get("sponsors", ()), "name", "text"),
        *_list_facts(facts.get("reviews", ()), "text", "by", "source"),
    ]


def _list_facts(entries: Iterable[dict[str, Any]], *names: str) -> list[str]:
    return [str(entry[name]) for entry in entries for name in names if entry.get(name)]


def cut_passages(part: str, language: str, text: str) -> Iterator[Passage]:
    """A text in pieces, each of some sentences' length, between words."""
    piece: list[str] = []
    chars = 0
    for word in text.split():
        if piece and chars + len(word) > _NOTES_CHARS:
            yield Passage(part, language, " ".join(piece))
            piece, chars = [], 0
        piece.append(word)
        chars += len(word) + 1
    if piece:
        yield Passage(part, language, " ".join(piece))


def gather_blocks(cues: Iterable[Cue], language: str) -> Iterator[Passage]:
    """Cues in blocks of about half a minute, each with the instants of its cues."""
    block: list[Cue] = []
    for cue in cues:
        if block and cue.start_ms - block[0].start_ms >= BLOCK_MS:
            yield _join(block, language)
            block = []
        block.append(cue)
    if block:
        yield _join(block, language)


def _join(block: list[Cue], language: str) -> Passage:
    times: list[tuple[int, int]] = []
    chars = 0
    for cue in block:
        times.append((chars, cue.start_ms))
        chars += len(cue.text) + 1
    text = " ".join(cue.text for cue in block)
    return Passage(TRANSCRIPT, language, text, block[0].start_ms, tuple(times))


def _list_blocks(transcript: Transcript) -> Iterator[Passage]:
    cues = read_transcript(transcript.vtt.encode(), [], file="transcript.vtt")
    return gather_blocks(cues, transcript.language)


def _list_chapters(episode: Episode) -> list[Passage]:
    return [
        Passage(CHAPTER, episode.language, each["title"], each["start_ms"], ((0, each["start_ms"]),))
        for each in episode.chapters
    ]


def _list_names(people: Iterable[dict[str, Any]]) -> list[str]:
    return [str(person["name"]) for person in people]
