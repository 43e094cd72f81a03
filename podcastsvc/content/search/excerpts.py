"""Excerpts: the few passages of a thing that show best where the words of a query stand, cut around them. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from podcastsvc.content.search.texts import BODY, CHAPTER, NAMES, NOTES, TRANSCRIPT
from podcastsvc.kit.words import Span, compile_word, fold, list_spans, stem
from podcastsvc.storage.search import Passage, Query

MOST_EXCERPTS = 3
_CHARS = 220
_ENDS = (".", "?", "!")
_CHARS_BEFORE = 60
_MOST_TRIED = 20
# Where a hit leads to a second of the audio, it says more than the same words in a list of names.
_ORDER = {CHAPTER: 0, TRANSCRIPT: 1, NOTES: 2, BODY: 2, NAMES: 3}


@dataclass(frozen=True, slots=True)
class Piece:
    """A run of text; ``is_hit`` where it is a word of the query."""

    text: str
    is_hit: bool = False


@dataclass(frozen=True, slots=True)
class Excerpt:
    """A few words around those of a query. ``seconds``: where in the audio they are heard, None for what is read."""

    part: str
    language: str
    pieces: tuple[Piece, ...]
    seconds: int | None = None


class Matcher:
    """Finds the words of a query in texts, as the index does."""

    def __init__(self, query: Query) -> None:
        self._stems = {stem(word): number for number, word in enumerate(query.words)}
        self._prefix = query.prefix
        self._last = len(query.words) - 1
        self._looks = [compile_word(word, is_beginning=word == query.prefix) for word in query.words]

    @property
    def all(self) -> frozenset[int]:
        return frozenset(self._stems.values())

    def list_hits(self, text: str) -> list[tuple[Span, int]]:
        """Where in a text words of the query stand, and which ones."""
        found = ((span, self._number(span.word)) for span in list_spans(text))
        return [(span, number) for span, number in found if number is not None]

    def find_words(self, text: str) -> frozenset[int]:
        """Which words of the query a text has."""
        folded = fold(text)
        return frozenset(number for number, look in enumerate(self._looks) if look.search(folded))

    def _number(self, word: str) -> int | None:
        found = self._stems.get(stem(word))
        if found is None and self._prefix and word.startswith(self._prefix):
            return self._last
        return found


def mark(text: str, matcher: Matcher) -> tuple[Piece, ...]:
    """A whole text, in which the words of the query are marked."""
    return tuple(_cut_pieces(text, 0, len(text), [span for span, _number in matcher.list_hits(text)]))


def cut_at(passage: Passage, limit_ms: int) -> Passage | None:
    """What of a passage is heard before an instant; None where nothing is. A cue counts whole if it begins in time."""
    if passage.start_ms is None:
        return passage
    late = next((at for at, ms in passage.times if ms >= limit_ms), None)
    if late is None:
        return passage
    text = passage.text[:late].rstrip()
    return replace(passage, text=text) if text else None


def choose(passages: Iterable[Passage], matcher: Matcher, languages: Sequence[str]) -> list[Excerpt]:
    """The best excerpts: those with most of the words, together with all of them if possible; of a transcript that is
    there in several languages, from the one that comes first in ``languages``."""
    having = _list_having(passages, matcher, languages)
    having.sort(key=lambda pair: -len(pair[1]))
    chosen: list[Passage] = []
    known: frozenset[int] = frozenset()
    best = len(having[0][1]) if having else 0
    for passage, words in having:
        if len(chosen) < MOST_EXCERPTS and (len(words) == best or words - known):
            chosen.append(passage)
            known |= words
    chosen.sort(key=lambda passage: (passage.start_ms is None, passage.start_ms or 0))
    return [_cut_excerpt(passage, matcher) for passage in chosen]


def _list_having(
    passages: Iterable[Passage], matcher: Matcher, languages: Sequence[str]
) -> list[tuple[Passage, frozenset[int]]]:
    """Passages with words of the query, the better kinds first; no more of them are looked for where enough have all."""
    wanted = {code: number for number, code in reversed(list(enumerate(languages)))}
    ordered = sorted(passages, key=lambda each: (_ORDER.get(each.part, 9), wanted.get(each.language, len(wanted))))
    having = []
    missing = MOST_EXCERPTS
    for passage in ordered:
        words = matcher.find_words(passage.text)
        if words:
            having.append((passage, words))
            missing -= words == matcher.all
            if not missing:
                break
    return _keep_language(having, wanted)


def _keep_language(
    having: list[tuple[Passage, frozenset[int]]], wanted: Mapping[str, int]
) -> list[tuple[Passage, frozenset[int]]]:
    best: dict[str, int] = {}
    for passage, words in having:
        if passage.part == TRANSCRIPT:
            best[passage.language] = max(best.get(passage.language, 0), len(words))
    if len(best) < 2:
        return having
    kept = min(best, key=lambda code: (-best[code], wanted.get(code, len(wanted)), code))
    return [pair for pair in having if pair[0].part != TRANSCRIPT or pair[0].language == kept]


def _cut_excerpt(passage: Passage, matcher: Matcher) -> Excerpt:
    hits = matcher.list_hits(passage.text)
    first = max(hits[:_MOST_TRIED], key=lambda hit: (_count_near(hits, hit[0].start), -hit[0].start))[0]
    cue, ms = max(((at, ms) for at, ms in passage.times if at <= first.start), default=(None, passage.start_ms))
    start, end = _find_window(passage.text, first.start, cue)
    pieces = _cut_pieces(passage.text, start, end, [span for span, _number in hits])
    return Excerpt(passage.part, passage.language, tuple(pieces), None if ms is None else ms // 1000)


def _count_near(hits: Sequence[tuple[Span, int]], start: int) -> int:
    near = {number for span, number in hits if start <= span.start and span.end <= start + _CHARS - _CHARS_BEFORE}
    return len(near)


def _find_window(text: str, hit: int, cue: int | None) -> tuple[int, int]:
    """From where to where an excerpt reaches that shows a hit: from the beginning of what is said at its second, if that
    is near, else between words."""
    start = max(hit - _CHARS_BEFORE, 0)
    if cue is not None and hit - cue <= _CHARS // 2:
        start = cue
    elif start:
        space = text.find(" ", start, hit)
        start = space + 1 if space >= 0 else hit
    end = start + _CHARS
    if end < len(text):
        space = text.rfind(" ", hit, end)
        end = space if space >= 0 else end
    return start, min(end, len(text))


def _cut_pieces(text: str, start: int, end: int, spans: Iterable[Span]) -> list[Piece]:
    pieces = [Piece("…")] if start and not text[:start].rstrip().endswith(_ENDS) else []
    at = start
    for span in spans:
        if span.start < start or span.end > end:
            continue
        if span.start > at:
            pieces.append(Piece(text[at : span.start]))
        pieces.append(Piece(text[span.start : span.end], is_hit=True))
        at = span.end
    rest = text[at:end] + ("…" if end < len(text) else "")
    return [*pieces, Piece(rest)] if rest else pieces
