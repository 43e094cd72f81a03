"""Show notes as feeds carry them: the two sets of allowed HTML, and cutting at an element (rules X6, X7)."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from html import escape, unescape
from urllib.parse import urljoin, urlsplit

import nh3

from podcastsvc.catalogue.limits import MOST_DESCRIPTION_BYTES, MOST_NOTES_BYTES
from podcastsvc.kit.text import ELLIPSIS, clean_text, cut_text, is_web_address

DESCRIPTION_BYTES = MOST_DESCRIPTION_BYTES
CONTENT_BYTES = MOST_NOTES_BYTES
# Nothing that people write comes near these; beyond them the time to read hostile notes would grow without bound.
INPUT_CHARS = 400_000
MAX_TAGS = 8_000

_SCHEMES = {"http", "https", "mailto"}
_DROPPED_WITH_CONTENT = {"script", "style", "iframe", "object", "form", "svg", "math", "template", "noscript", "title"}
_VOID = frozenset({"br", "hr"})
# What each tag becomes in content:encoded. Tags that are nowhere in a table are dropped before, their text kept.
_IN_CONTENT: Mapping[str, tuple[str, ...]] = {
    **{tag: (tag,) for tag in "p br ul ol li a b strong i em h2 h3 h4 blockquote code pre hr".split()},
    "h1": ("h2",),
    "h5": ("h4",),
    "h6": ("h4",),
}
# Description knows fewer: a heading stays a line of its own, so that it does not run into the text below it.
_IN_DESCRIPTION: Mapping[str, tuple[str, ...]] = {
    **{tag: (tag,) for tag in "p br ul ol li a b strong i em".split()},
    **dict.fromkeys("h1 h2 h3 h4 h5 h6".split(), ("p", "strong")),
    "pre": ("p",),
}
# Blocks that are dropped in either set; white space takes their place, so that words do not run together.
_BLOCKS = frozenset("div section article header footer figure figcaption table tr td th dt dd blockquote hr".split())
_BLOCK_ENDS = frozenset("p ul ol li h2 h3 h4 blockquote pre hr".split())

_cleaner = nh3.Cleaner(
    tags=set(_IN_CONTENT) | set(_IN_DESCRIPTION) | _BLOCKS | {"img"},
    clean_content_tags=_DROPPED_WITH_CONTENT,
    attributes={"a": {"href"}, "img": {"src", "alt"}},
    url_schemes=_SCHEMES,
    link_rel=None,
)
# The sanitizer writes regular HTML: lower-case names, double quotes, "<" only where a tag begins.
_TOKEN = re.compile(r'<(/?)([a-z0-9]+)((?: [a-z]+="[^"]*")*)>|[^<]+')
_ATTRIBUTE = re.compile(r' ([a-z]+)="([^"]*)"')


@dataclass(frozen=True, slots=True)
class FeedNotes:
    """``description`` within its limit, maybe empty; ``content`` only where the whole did not fit there."""

    description: str
    content: str | None


@dataclass(slots=True)
class _Piece:
    """A run of text, or one tag that opens or closes an element; ``html`` is its written form."""

    html: str
    opens: str | None = None
    closes: str | None = None


@lru_cache(maxsize=2048)
def fit_notes(html: str, base_url: str) -> FeedNotes:
    """Both forms of an episode's notes. Relative links count from ``base_url``; images become links.

    Results are kept, since a catalogue is rendered again for each of its changes and few notes have changed then.
    """
    safe = clean_text(_cleaner.clean(_tame(clean_text(html)))).replace("&nbsp;", "\N{NO-BREAK SPACE}")
    pieces = _read_pieces(safe, base_url, _IN_DESCRIPTION)
    description = _join(pieces)
    if len(description.encode()) <= DESCRIPTION_BYTES:
        return FeedNotes(description, None)
    content = _cut(_read_pieces(safe, base_url, _IN_CONTENT), CONTENT_BYTES)
    return FeedNotes(_cut(pieces, DESCRIPTION_BYTES), content)


def make_absolute(href: str, base_url: str) -> str | None:
    """An absolute http, https or mailto address; None where it cannot be made one."""
    raw = clean_text(href).strip()
    try:
        url = urljoin(base_url, raw) if raw else ""
        parts = urlsplit(url)
    except ValueError:
        return None
    quoted = _BAD_IN_URL.sub(_quote_character, url)
    is_mail = parts.scheme == "mailto" and "@" in parts.path
    return quoted if is_mail or is_web_address(quoted) else None


_BAD_IN_URL = re.compile(r"[\s<>\"]")


def _quote_character(found: re.Match[str]) -> str:
    return "".join(f"%{byte:02X}" for byte in found.group().encode())


def _tame(html: str) -> str:
    """Notes cut so that no input takes long: the sanitizer needs 2 s for 18,000 tags nested in each other (T-X7)."""
    html = html[:INPUT_CHARS]
    if html.count("<") <= MAX_TAGS:
        return html
    return re.sub(r"<[^<>]*>", " ", html)


def _cut(pieces: Sequence[_Piece], limit_bytes: int) -> str:
    """All pieces where they fit, else as many as do, all elements closed, with "…" at the end.

    The cut falls after a whole block; where that would lose more than half of the room, within a text at a word.
    """
    whole = _join(pieces)
    if len(whole.encode()) <= limit_bytes:
        return whole
    at_block, size = 0, 0
    ending = f"<p>{ELLIPSIS}</p>"
    room = limit_bytes - len(ending.encode())
    for index, needed in enumerate(_count_needed(pieces), start=1):
        if needed > room:
            break
        if pieces[index - 1].closes in _BLOCK_ENDS:
            at_block, size = index, needed
    if size * 2 >= limit_bytes:
        return _join(pieces[:at_block]) + _close(pieces[:at_block]) + ending
    return _cut_in_text(pieces, limit_bytes)


def _cut_in_text(pieces: Sequence[_Piece], limit_bytes: int) -> str:
    """As many whole pieces as fit, and of the next, if it is text, as much as fits."""
    room = limit_bytes - len(ELLIPSIS.encode())
    count = next(index for index, needed in enumerate(_count_needed(pieces)) if needed > room)
    head, closing, following = _join(pieces[:count]), _close(pieces[:count]), pieces[count]
    if following.opens is None and following.closes is None:
        left = limit_bytes - len((head + closing).encode())
        return head + _escape_beginning(unescape(following.html), left) + closing
    return head + ELLIPSIS + closing


def _escape_beginning(text: str, limit_bytes: int) -> str:
    """The beginning of ``text``, escaped, with "…", in at most ``limit_bytes`` bytes (at least 3)."""
    room, count = limit_bytes - len(ELLIPSIS.encode()), 0
    for character in text:
        room -= len(escape(character, quote=False).encode())
        if room < 0:
            break
        count += 1
    return escape(cut_text(text, count + 1), quote=False)


def _count_needed(pieces: Sequence[_Piece]) -> Iterator[int]:
    """After each piece: the bytes so far, and those that would close what is open then."""
    used, closing = 0, 0
    for piece in pieces:
        used += len(piece.html.encode())
        if piece.opens:
            closing += len(piece.opens) + 3
        elif piece.closes and piece.closes not in _VOID:
            closing -= len(piece.closes) + 3
        yield used + closing


def _close(pieces: Sequence[_Piece]) -> str:
    """The end tags that ``pieces`` lack."""
    open_tags: list[str] = []
    for piece in pieces:
        if piece.opens:
            open_tags.append(piece.opens)
        elif piece.closes and piece.closes not in _VOID:
            open_tags.pop()
    return "".join(f"</{tag}>" for tag in reversed(open_tags))


def _join(pieces: Sequence[_Piece]) -> str:
    return "".join(piece.html for piece in pieces)


def _read_pieces(safe_html: str, base_url: str, table: Mapping[str, tuple[str, ...]]) -> list[_Piece]:
    """Pieces of HTML that the sanitizer wrote, each element in the form that ``table`` gives it; trimmed."""
    reader = _Reader(base_url, table)
    for token in _TOKEN.finditer(safe_html):
        slash, tag, attributes = token.groups()
        if tag is None:
            reader.write(token.group())
        elif slash:
            reader.end(tag)
        else:
            reader.start(tag, {name: unescape(value) for name, value in _ATTRIBUTE.findall(attributes)})
    pieces = reader.pieces
    while pieces and not pieces[-1].html.strip():
        pieces.pop()
    while pieces and not pieces[0].html.strip():
        pieces.pop(0)
    return pieces


class _Reader:
    """Turns tags into pieces. Elements stay balanced, since the sanitizer has closed them all."""

    def __init__(self, base_url: str, table: Mapping[str, tuple[str, ...]]) -> None:
        self.pieces: list[_Piece] = []
        self._base_url = base_url
        self._table = table
        self._links: list[bool] = []

    def write(self, html: str, *, opens: str | None = None, closes: str | None = None) -> None:
        self.pieces.append(_Piece(html, opens, closes))

    def start(self, tag: str, attributes: Mapping[str, str]) -> None:
        if tag == "a":
            self._open_link(attributes.get("href", ""))
        elif tag == "img":
            self._write_image(attributes.get("src", ""), attributes.get("alt", ""))
        elif tag not in self._table:
            self._separate(tag)
        else:
            for written in self._table[tag]:
                if written in _VOID:
                    self.write(f"<{written}>", closes=written)
                else:
                    self.write(f"<{written}>", opens=written)

    def end(self, tag: str) -> None:
        if tag == "a":
            if self._links and self._links.pop():
                self.write("</a>", closes="a")
        elif tag not in self._table:
            self._separate(tag)
        else:
            for written in reversed(self._table[tag]):
                self.write(f"</{written}>", closes=written)

    def _open_link(self, href: str) -> None:
        url = make_absolute(href, self._base_url)
        self._links.append(url is not None)
        if url is not None:
            self.write(f'<a href="{escape(url)}">', opens="a")

    def _write_image(self, src: str, alt: str) -> None:
        """A link to the image, or inside a link its text only, since links cannot stand in each other."""
        url = make_absolute(src, self._base_url)
        text = alt.strip() or (url or "").rstrip("/").rpartition("/")[2]
        if url is None or any(self._links):
            self.write(escape(text, quote=False))
            return
        self.write(f'<a href="{escape(url)}">', opens="a")
        self.write(escape(text or url, quote=False))
        self.write("</a>", closes="a")

    def _separate(self, tag: str) -> None:
        if tag in _BLOCKS:
            self.write("\n")
