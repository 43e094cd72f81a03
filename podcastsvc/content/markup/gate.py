"""The gate that all HTML of texts passes last: an allow list of elements, and of the values that their attributes have.

What is allowed beyond words and links is what we write ourselves: addresses of our pictures, the ids of footnotes with a
text's own prefix, and a few names for the style sheet. Source: rules T-X1, T-X7.
"""

import re
from html import escape, unescape

import nh3

from podcastsvc.content.markup.videos import MARK
from podcastsvc.kit.text import clean_text

VERSION = 2
"""Version of the allow list and of the rendering; a change renders everything again (rule T-X1)."""

PICTURE_ADDRESS = re.compile(r"/pictures/[a-z0-9-]{1,120}-\d{1,4}\.webp")

_TAGS = set(
    "p br ul ol li dl dt dd a b strong i em s sup sub cite h2 h3 h4 blockquote code pre hr img figure figcaption div footer"
    " table caption thead tbody tr th td span".split()
)
_DROPPED_WITH_CONTENT = {"script", "style", "iframe", "object", "form", "svg", "math", "template", "noscript", "title"}
_MOST_DEPTH, _MOST_TAGS = 100, 20_000
_VOID = frozenset(("br", "hr", "img"))
# Never looks beyond the next "<", nor back: what people write takes as long as it is long (rule T-X7).
_RAW_TAG = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9]*+)[^<>]*+>")

_ONE_PICTURE = PICTURE_ADDRESS.pattern
_NAMES = re.compile(r"(?:note|ref)-[0-9a-f]{8}-\d{1,5}(?:-\d{1,5})?")
_ALLOWED: dict[tuple[str, str], re.Pattern[str]] = {
    ("a", "rel"): re.compile(r"noopener nofollow"),
    ("a", "role"): re.compile(r"doc-(?:noteref|backlink)"),
    ("a", "id"): _NAMES,
    ("a", "class"): re.compile(MARK),
    ("li", "id"): _NAMES,
    ("img", "src"): PICTURE_ADDRESS,
    ("img", "srcset"): re.compile(rf"{_ONE_PICTURE} \d{{1,4}}w(?:, {_ONE_PICTURE} \d{{1,4}}w){{0,5}}"),
    ("img", "width"): re.compile(r"\d{1,4}"),
    ("img", "height"): re.compile(r"\d{1,4}"),
    ("img", "loading"): re.compile(r"lazy"),
    ("img", "decoding"): re.compile(r"async"),
    ("div", "class"): re.compile(r"scroll"),
    ("div", "role"): re.compile(r"region"),
    ("div", "tabindex"): re.compile(r"0"),
    ("blockquote", "class"): re.compile(r"post"),
    ("span", "class"): re.compile(r"credit"),
    ("th", "scope"): re.compile(r"col|row"),
    ("th", "class"): re.compile(r"number|middle"),
    ("td", "class"): re.compile(r"number|middle"),
}
# Plain words, and sizes of the style sheet's own making.
_WORDS = frozenset((("img", "alt"), ("img", "sizes"), ("div", "aria-label"), ("a", "aria-label"), ("a", "href")))


def _check(tag: str, name: str, value: str) -> str | None:
    if (tag, name) in _WORDS:
        return value
    allowed = _ALLOWED.get((tag, name))
    return value if allowed is not None and allowed.fullmatch(value) else None


def _list_attributes() -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for tag, name in (*_ALLOWED, *_WORDS):
        found.setdefault(tag, set()).add(name)
    return found


_cleaner = nh3.Cleaner(
    tags=_TAGS,
    clean_content_tags=_DROPPED_WITH_CONTENT,
    attributes=_list_attributes(),
    attribute_filter=_check,
    url_schemes={"http", "https", "mailto"},
    url_relative="pass_through",
    link_rel=None,
)


def tame(html: str) -> str:
    """HTML so deep or dense that reading it takes long loses its tags first (rule T-X7); all else is as it was."""
    if _is_too_much(html):
        return "<p>" + escape(unescape(_RAW_TAG.sub(" ", html)), quote=False) + "</p>"
    return html


def clean(html: str) -> str:
    """What the allow list leaves of HTML that was tamed."""
    return clean_text(_cleaner.clean(html)).strip()


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
