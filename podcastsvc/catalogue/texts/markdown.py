"""Markdown to HTML: rendered, then cut down to an allow list, one for pages and one for feeds; and to plain text.

Addresses inside the text stay as they are written, relative ones too: whoever shows the HTML knows its own address.
Sources: rules T-X1, T-X7, X6.
"""

import re
from collections.abc import Iterator, Sequence
from functools import cache
from html import escape, unescape
from urllib.parse import urlsplit

import nh3
from markdown_it import MarkdownIt
from markdown_it.token import Token

from podcastsvc.kit.text import clean_line, clean_text, cut_text

VERSION = 1
"""Version of the allow lists and of the rendering; a change renders everything again (rule T-X1)."""

_TAGS = set("p br ul ol li a b strong i em h1 h2 h3 h4 h5 h6 blockquote code pre hr img".split())
_DROPPED_WITH_CONTENT = {"script", "style", "iframe", "object", "form", "svg", "math", "template", "noscript", "title"}
_SCHEMES = {"http", "https", "mailto"}
_MOST_DEPTH, _MOST_TAGS, _MOST_BRACKETS = 100, 20_000, 8_000

_ADDRESS = re.compile(r"https?://[^\s<>\"'`]{1,2000}")
_TIME = re.compile(r"(?<![\w:.,/=?&#-])(?:(\d{1,2}):([0-5]\d)|(\d{1,3})):([0-5]\d)(?![\w:/-]|[.,]\d)")
_ATTRIBUTE = re.compile(r'([a-z]+)="([^"]*)"')
_WRITTEN_TAG = re.compile(r"<(/?)([a-z][a-z0-9]*)((?:\s+[a-z]+=\"[^\"]*\")*)\s*/?>")
# Never looks beyond the next "<", nor back: what people write takes as long as it is long (rule T-X7).
_RAW_TAG = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9]*+)[^<>]*+>")
_VOID = frozenset(("br", "hr", "img"))
_HEADING_AS = {"h1": "h2", "h5": "h4", "h6": "h4"}
_ENDS_OF_LINES = frozenset(("p", "br", "li", "h2", "h3", "h4", "blockquote", "pre", "hr"))

_page_cleaner = nh3.Cleaner(
    tags=_TAGS,
    clean_content_tags=_DROPPED_WITH_CONTENT,
    attributes={"a": {"href"}, "img": {"src", "alt"}},
    url_schemes=_SCHEMES,
    url_relative="pass_through",
    link_rel=None,
)


def render(notes: str) -> str:
    """Clean HTML, which ``write_page`` and ``write_feed`` finish. Bare addresses in running text are links."""
    parser = _parser()
    text = clean_text(notes)
    if text.count("[") > _MOST_BRACKETS:
        # Each opening bracket may begin a link, and looking for its end is what takes longest (rule T-X7).
        text = text.replace("[", "\\[")
    tokens = parser.parse(text)
    _lower_headings(tokens)
    for token in tokens:
        if token.children:
            token.children = list(link_addresses(token.children))
    return _clean(str(parser.renderer.render(tokens, parser.options, {})))


def write_page(clean: str, *, own_host: str = "", seconds: int | None = None) -> str:
    """Rendered notes as pages show them: headings from h2 on, times as links ``?t=754``, foreign links with ``rel``.

    Images of this site (a path, or ``own_host``) stay, others become links. ``seconds`` is the audio's length: later
    times are no links.
    """
    return _Writer(own_host=own_host, seconds=seconds, is_page=True).write(clean)


def render_page(notes: str, *, own_host: str = "", seconds: int | None = None) -> str:
    """Notes as ``write_page`` writes them, for those who show them on a page only."""
    return write_page(render(notes), own_host=own_host, seconds=seconds)


def write_feed(clean: str) -> str:
    """Rendered notes as feeds carry them in full (rule X6): images are links, times are text."""
    return _Writer(own_host="", seconds=None, is_page=False).write(clean)


def write_plain(html: str, *, limit_chars: int) -> str:
    """The words of our own HTML on one line, cut at a word with "…"."""
    text = _WRITTEN_TAG.sub(lambda tag: " " if tag[2] in _ENDS_OF_LINES else "", html)
    return cut_text(clean_line(unescape(text), limit_chars=10**9), limit_chars)


# ---- rendering


@cache
def _parser() -> MarkdownIt:
    return MarkdownIt("commonmark", {"html": True}).enable("strikethrough")


def _lower_headings(tokens: Sequence[Token]) -> None:
    """The page's own title is its only h1: the notes' highest heading becomes h2, and so on down to h4."""
    headings = [token for token in tokens if token.type in {"heading_open", "heading_close"}]
    highest = min((int(token.tag[1]) for token in headings), default=2)
    for token in headings:
        token.tag = f"h{min(int(token.tag[1]) - highest + 2, 4)}"


def link_addresses(tokens: Sequence[Token]) -> Iterator[Token]:
    """Bare addresses in running text become links; what is a link already stays."""
    links = 0
    for token in tokens:
        if token.type == "link_open" or (token.type == "html_inline" and re.match(r"<a[\s>]", token.content, re.I)):
            links += 1
        elif token.type == "link_close" or (token.type == "html_inline" and token.content.lower().startswith("</a")):
            links = max(links - 1, 0)
        if token.type == "text" and not links and "://" in token.content:
            yield from _split_text(token.content)
        else:
            yield token


def _split_text(text: str) -> Iterator[Token]:
    at = 0
    for found in _ADDRESS.finditer(text):
        address = _trim_address(found[0])
        if address.endswith("://"):
            continue
        yield _make_text(text[at : found.start()])
        yield Token("link_open", "a", 1, attrs={"href": address})
        yield _make_text(address)
        yield Token("link_close", "a", -1)
        at = found.start() + len(address)
    yield _make_text(text[at:])


def _trim_address(address: str) -> str:
    """Without the punctuation of the sentence around it; a closing bracket stays if one was opened inside."""
    surplus = {closing: address.count(closing) - address.count(opening) for opening, closing in ("()", "[]")}
    end = len(address)
    while address[end - 1] in ".,;:!?…*_" or surplus.get(address[end - 1], 0) > 0:
        end -= 1
        if address[end] in surplus:
            surplus[address[end]] -= 1
    return address[:end]


def _make_text(text: str) -> Token:
    return Token("text", "", 0, content=text)


# ---- cleaning


def _clean(html: str) -> str:
    """What the allow list leaves. HTML so deep or dense that reading it takes long loses its tags first (rule T-X7)."""
    if _is_too_much(html):
        html = "<p>" + escape(unescape(_RAW_TAG.sub(" ", html)), quote=False) + "</p>"
    return clean_text(_page_cleaner.clean(html)).strip()


def _is_too_much(html: str) -> bool:
    depth = 0
    for count, tag in enumerate(_RAW_TAG.finditer(html)):
        if tag[1]:
            depth = max(depth - 1, 0)
        elif tag[2].lower() not in _VOID:
            depth += 1  # Also <b/>, which HTML takes for <b>.
        if depth > _MOST_DEPTH or count > _MOST_TAGS:
            return True
    return html.count("<") > 2 * _MOST_TAGS


class _Writer:
    """Tags of clean HTML in their final form. Elements are closed and attributes quoted: the cleaner has seen to it."""

    def __init__(self, *, own_host: str, seconds: int | None, is_page: bool) -> None:
        self._own_host = own_host
        self._seconds = seconds
        self._is_page = is_page
        self._links: list[bool] = []
        self._code = 0

    def write(self, clean: str) -> str:
        parts: list[str] = []
        at = 0
        for tag in _WRITTEN_TAG.finditer(clean):
            parts.append(self._write_text(clean[at : tag.start()]))
            parts.append(self._write_tag(*tag.groups()))
            at = tag.end()
        parts.append(self._write_text(clean[at:]))
        return "".join(parts)

    def _write_text(self, text: str) -> str:
        if not self._is_page or self._code or any(self._links) or ":" not in text:
            return text
        return _TIME.sub(self._write_time, text)

    def _write_time(self, found: re.Match[str]) -> str:
        hours, minutes, minutes_alone, rest = found.groups()
        start = int(hours or 0) * 3600 + int(minutes or minutes_alone) * 60 + int(rest)
        is_inside = self._seconds is None or start < self._seconds
        return f'<a href="?t={start}">{found[0]}</a>' if is_inside else found[0]

    def _write_tag(self, slash: str, name: str, written: str) -> str:
        if name in {"code", "pre"}:
            self._code += -1 if slash else 1
        if name == "a" and slash:
            return "</a>" if self._links and self._links.pop() else ""
        if name not in {"a", "img"}:
            return f"<{slash}{_HEADING_AS.get(name, name)}>"
        attributes = {key: unescape(value) for key, value in _ATTRIBUTE.findall(written)}
        return self._write_link(attributes.get("href", "")) if name == "a" else self._write_image(attributes)

    def _write_link(self, href: str) -> str:
        self._links.append(bool(href))
        if not href:
            return ""
        rel = ' rel="noopener nofollow"' if self._is_page and not is_own(href, self._own_host) else ""
        return f'<a href="{escape(href)}"{rel}>'

    def _write_image(self, attributes: dict[str, str]) -> str:
        """An image of this site on a page; else a link to it, or inside a link its text alone."""
        source, text = attributes.get("src", ""), clean_line(attributes.get("alt", ""))
        if source and self._is_page and is_own(source, self._own_host):
            return f'<img src="{escape(source)}" alt="{escape(text)}" loading="lazy">'
        text = escape(text or source.rstrip("/").rpartition("/")[2], quote=False)
        if not source or any(self._links):
            return text
        return f'<a href="{escape(source)}">{text or escape(source)}</a>'


def is_own(address: str, own_host: str) -> bool:
    """Whether an address leads to this site: a path, a query or a fragment, or our own host."""
    try:
        parts = urlsplit(address)
    except ValueError:
        return False
    return (not parts.scheme and not parts.netloc) or (bool(own_host) and parts.netloc == own_host)
