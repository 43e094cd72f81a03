"""Show notes as other services keep them, HTML or plain text, as the Markdown that a host edits from then on. Pure."""

import html
import re

import nh3

from podcastsvc.catalogue.shownotes import MOST_NOTES_CHARS
from podcastsvc.kit.text import clean_text, cut_text

_TAG = re.compile(r"</?[a-zA-Z][^<>]{0,2000}>")
_LINE_END = re.compile(r"(?<=\S)[ \t]*\n(?=[ \t]*\S)")
_BLANK_LINES = re.compile(r"\n{3,}")
# More nesting than any editor makes; the converter walks down once for each.
_MOST_DEPTH = 100


def write_markdown(notes: str) -> str:
    """Notes as Markdown, at most as long as ours may be. Scripts, styles and forms do not come along.

    Plain text keeps its lines. What is nested too deep to be anybody's notes keeps its words only.
    """
    if _TAG.search(notes) is None:
        text = _LINE_END.sub("  \n", html.unescape(notes))
    else:
        text = _convert(nh3.clean(notes[: 10 * MOST_NOTES_CHARS]))
    return cut_text(_BLANK_LINES.sub("\n\n", clean_text(text)).strip(), MOST_NOTES_CHARS)


def _convert(safe: str) -> str:
    from markdownify import markdownify

    if _measure_depth(safe) > _MOST_DEPTH:
        return html.unescape(nh3.clean(safe, tags=set()))
    written: str = markdownify(safe, heading_style="ATX", bullets="-", autolinks=True)
    return written


def _measure_depth(safe: str) -> int:
    """At most how many elements lie in one another: cleaned HTML closes what it opens."""
    depth = deepest = 0
    for found in _TAG.finditer(safe):
        depth += -1 if found.group().startswith("</") else 1
        deepest = max(deepest, depth)
    return deepest
