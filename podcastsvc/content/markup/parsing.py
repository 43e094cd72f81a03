"""Markdown of texts to HTML that is not safe yet: CommonMark with tables, footnotes and what people paste as HTML.

Takes as long as a text is long, whatever it holds (rule T-X7).
"""

import re
from collections.abc import Iterator, Sequence
from functools import cache

from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token
from markdown_it.utils import EnvType, OptionsDict
from mdit_py_plugins.footnote import footnote_plugin

from podcastsvc.catalogue.texts.markdown import link_addresses
from podcastsvc.kit.text import clean_text

_MOST_BRACKETS = 8_000
# A table of more cells loses its tags at the gate, so that none has to be made of it.
_MOST_CELLS = 10_000
_BRACKET = "\uf05b"
"""Stands for a bracket that begins nothing; no font has a sign for it."""

_MOST_LABEL = 100
# Looking for the end of such a label again and again is what would take long.
_LONG_LABEL = re.compile(rf"\[\^(?=[^\s\]]{{{_MOST_LABEL}}})")
_CAPTION = re.compile(r"(?:Table|Tabla)?:\s+", re.IGNORECASE)
_ALIGN = {"text-align:right": "right", "text-align:center": "center"}
_HEADINGS = frozenset(("heading_open", "heading_close"))
_HIGHEST, _LOWEST = 2, 4


def parse(body: str, prefix: str) -> str:
    """HTML with headings from h2 on. Footnotes have ids ``note-PREFIX-1`` and ``ref-PREFIX-1-1``.

    A paragraph "Table: …" beside a table is its caption.
    """
    text = clean_text(body)
    parser = _parser(has_tables=text.count("|") <= _MOST_CELLS)
    is_dense = text.count("[") > _MOST_BRACKETS
    if is_dense:
        # Each opening bracket may begin a link, and looking for its end is what takes longest.
        text = text.replace("[", _BRACKET)
    env: EnvType = {"prefix": prefix}
    tokens = parser.parse(_LONG_LABEL.sub(r"\[^", text), env)
    _lower_headings(tokens)
    _align_cells(tokens)
    for token in tokens:
        if token.children:
            token.children = list(link_addresses(token.children))
    html = str(parser.renderer.render(list(_caption_tables(tokens)), parser.options, env))
    return html.replace(_BRACKET, "[") if is_dense else html


@cache
def _parser(*, has_tables: bool) -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"html": True}).enable(["strikethrough", *(["table"] if has_tables else [])])
    parser.use(footnote_plugin, inline=False)
    for rule in (
        footnote_ref,
        footnote_block_open,
        footnote_block_close,
        footnote_open,
        footnote_close,
        footnote_anchor,
    ):
        parser.add_render_rule(rule.__name__, rule)
    return parser


def _lower_headings(tokens: Sequence[Token]) -> None:
    """The page's own title is its only h1: the highest heading becomes h2, and none is more than one below the last."""
    headings = [token for token in tokens if token.type in _HEADINGS]
    highest = min((int(token.tag[1]) for token in headings), default=_HIGHEST)
    last = _HIGHEST - 1
    for token in headings:
        if token.type == "heading_open":
            last = min(int(token.tag[1]) - highest + _HIGHEST, last + 1, _LOWEST)
        token.tag = f"h{last}"


def _align_cells(tokens: Sequence[Token]) -> None:
    """Cells say how they are aligned without a style, which no page allows."""
    for token in tokens:
        if token.type in {"th_open", "td_open"}:
            align = _ALIGN.get(str(token.attrs.pop("style", "")))
            if align is not None:
                token.attrs["align"] = align


def _caption_tables(tokens: Sequence[Token]) -> Iterator[Token]:
    """All tokens, with a paragraph "Table: …" right before or after a table moved into it."""
    captions, gone = _find_captions(tokens)
    for at, token in enumerate(tokens):
        if at in gone:
            continue
        yield token
        if at in captions:
            yield Token("caption_open", "caption", 1, block=True)
            yield captions[at]
            yield Token("caption_close", "caption", -1, block=True)


def _find_captions(tokens: Sequence[Token]) -> tuple[dict[int, Token], set[int]]:
    """The caption of each table by the place where it opens, and the places of the paragraphs that were captions."""
    captions: dict[int, Token] = {}
    gone: set[int] = set()
    opened = [at for at, token in enumerate(tokens) if token.type == "table_open"]
    closed = [at for at, token in enumerate(tokens) if token.type == "table_close"]
    for start, end in zip(opened, closed, strict=True):
        for paragraph in (end + 1, start - 3):
            inline = _find_caption(tokens, paragraph) if start not in captions and paragraph not in gone else None
            if inline is not None:
                captions[start] = inline
                gone.update(range(paragraph, paragraph + 3))
    return captions, gone


def _find_caption(tokens: Sequence[Token], at: int) -> Token | None:
    if at < 0 or at + 2 >= len(tokens) or tokens[at].type != "paragraph_open":
        return None
    inline = tokens[at + 1]
    first = inline.children[0] if inline.children else None
    if first is None or first.type != "text" or not _CAPTION.match(first.content):
        return None
    first.content = _CAPTION.sub("", first.content, count=1)
    return inline


# ---- footnotes; the names are those of the plugin's rules


def footnote_ref(_self: RendererHTML, tokens: Sequence[Token], at: int, _options: OptionsDict, env: EnvType) -> str:
    number, again = _count(tokens[at])
    prefix = env["prefix"]
    return f'<sup><a href="#note-{prefix}-{number}" id="ref-{prefix}-{number}-{again}">{number}</a></sup>'


def footnote_block_open(*_arguments: object) -> str:
    return "<hr>\n<ol>\n"


def footnote_block_close(*_arguments: object) -> str:
    return "</ol>\n"


def footnote_open(_self: RendererHTML, tokens: Sequence[Token], at: int, _options: OptionsDict, env: EnvType) -> str:
    return f'<li id="note-{env["prefix"]}-{_count(tokens[at])[0]}">'


def footnote_close(*_arguments: object) -> str:
    return "</li>\n"


def footnote_anchor(_self: RendererHTML, tokens: Sequence[Token], at: int, _options: OptionsDict, env: EnvType) -> str:
    number, again = _count(tokens[at])
    return f' <a href="#ref-{env["prefix"]}-{number}-{again}">↩</a>'


def _count(token: Token) -> tuple[int, int]:
    """The number of a footnote, and the number of the mark among those that lead to it."""
    return int(token.meta["id"]) + 1, int(token.meta.get("subId", 0)) + 1
