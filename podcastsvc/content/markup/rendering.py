"""Texts rendered: Markdown to the HTML of pages and of feeds, and to the few lines that everyone may read of a locked one."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from html import escape

import nh3
from lxml.html import HtmlElement, fragment_fromstring, tostring

from podcastsvc.catalogue.texts import markdown
from podcastsvc.content.markup import gate, parsing, posts, tree
from podcastsvc.content.markup.tree import FindPicture
from podcastsvc.kit.text import clean_line, cut_text

_ID_CHARS = 8
_OPENING_CHARS = 600
# Of a locked text never more than a third is open, however short it is.
_OPENING_SHARE = 3
_LEAST_CHARS = 40
_FEED_TAGS = set(
    "p br ul ol li a strong b i em h2 h3 h4 blockquote code pre hr img figure figcaption table".split()
) | set("caption thead tbody tr th td sup sub cite footer dl dt dd s".split())


@dataclass(frozen=True, slots=True)
class Frame:
    """What the rendering of a text depends on besides its words. ``place`` is its file, which no other text has."""

    place: str
    language: str
    own_host: str

    @property
    def prefix(self) -> str:
        """What the ids of this text begin with, so that two texts on one page never clash."""
        return hashlib.sha256(self.place.encode()).hexdigest()[:_ID_CHARS]


@dataclass(frozen=True, slots=True)
class Rendered:
    """A text as pages show it, its words in one line, and its opening: whole paragraphs, or words that end in "…"."""

    html: str
    plain: str
    opening: tuple[str, ...]


def find_nothing(_file: str, _alt: str) -> None:
    """For texts without pictures."""


def render(body: str, frame: Frame, find_picture: FindPicture = find_nothing) -> Rendered:
    """Clean HTML of a body; pictures are asked for in the order in which they stand."""
    raw = gate.tame(parsing.parse(body, frame.prefix))
    root = fragment_fromstring(raw, create_parent="div")
    posts.quote_posts(root, frame.language)
    tree.keep_known(root)
    tree.place_pictures(root, find_picture)
    tree.finish_links(root, prefix=frame.prefix, own_host=frame.own_host, language=frame.language)
    tree.mark_videos(root)
    tree.box_tables(root, frame.language)
    html = gate.clean(_write_inside(root))
    plain = markdown.write_plain(html, limit_chars=10**6)
    return Rendered(html, plain, tuple(_cut_opening(html, plain)))


def write_feed(html: str, address: str) -> str:
    """The HTML of a page as feeds carry it: all addresses whole, ``address`` being the page's own."""
    cleaner = nh3.Cleaner(
        tags=_FEED_TAGS,
        attributes={"a": {"href"}, "img": {"src", "alt"}},
        url_schemes={"http", "https", "mailto"},
        url_relative=("rewrite_with_base", address),
        link_rel=None,
    )
    return cleaner.clean(html)


def _write_inside(root: HtmlElement) -> str:
    """The HTML of what an element holds."""
    parts = (tostring(child, encoding="unicode") for child in root)
    return escape(root.text or "", quote=False) + "".join(parts)


def _cut_opening(html: str, plain: str) -> Iterator[str]:
    """The first paragraphs of a text, up to some lines, and never more than a third of its words."""
    whole = room = min(_OPENING_CHARS, len(plain) // _OPENING_SHARE)
    root = fragment_fromstring(html, create_parent="div")
    for child in root:
        if child.tag != "p":
            continue
        words = clean_line(_read_without_notes(child), limit_chars=10**6)
        if len(words) <= room:
            room -= len(words)
            if words:
                yield words
        else:
            if room == whole and room >= _LEAST_CHARS:
                yield cut_text(words, room)
            return


def _read_without_notes(paragraph: HtmlElement) -> str:
    for note in list(paragraph.iter("sup")):
        note.drop_tree()
    return str(paragraph.text_content())
