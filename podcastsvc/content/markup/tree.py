"""The elements of a text in their final form: figures, tables that scroll in their own box, links, footnotes."""

import re
from collections.abc import Callable
from urllib.parse import unquote

from lxml.html import HtmlElement
from lxml.html.builder import E

from podcastsvc.catalogue.texts.markdown import is_own
from podcastsvc.content.markup.shown import SIZES, Shown
from podcastsvc.content.markup.videos import MARK, find_video
from podcastsvc.kit.language import N_, gettext, sentence, translate
from podcastsvc.kit.text import clean_line

FindPicture = Callable[[str, str], Shown | None]
"""The picture of a file's name beside the text, for a given alternative text; None where there is none to show."""

MOST_IMAGES = 300
"""How often pictures are shown in one text; beyond that their words stand alone."""

_PICTURE_FILE = re.compile(r"(?:\./)?([^/\\]+\.(?:jpe?g|png|webp))", re.IGNORECASE)
_CREDIT = re.compile(
    r"(?P<caption>.*?)(?P<credit>(?:Photo|Picture|Image|Illustration|Map|Foto|Fotografía|Imagen|Ilustración|Mapa)[^:.]{0,40}:.+)"
)
_SCHEME = re.compile(r"(?!https?:|mailto:)[a-z][a-z0-9+.-]*:", re.IGNORECASE)
"""The beginning of an address that no text may lead to, such as that of a script."""

_HEADING_AS = {"h1": "h2", "h5": "h4", "h6": "h4"}
_BLOCKS = frozenset("p ul ol dl div blockquote pre hr table figure h1 h2 h3 h4 h5 h6".split())
_KEPT = {
    "a": ("href", "id"),
    "li": ("id",),
    "img": ("src", "alt", "title"),
    "th": ("align",),
    "td": ("align",),
    "blockquote": ("class",),
}
_ALIGN_AS = {"right": "number", "center": "middle"}
_BACK = N_("Back to the text")
_ADDRESS_CHARS = 2000


def keep_known(root: HtmlElement) -> None:
    """Takes away every attribute that nothing here gives a meaning to, and boxes that only style what is in them."""
    for element in list(root.iterdescendants()):
        if not isinstance(element.tag, str):
            continue
        known = _KEPT.get(element.tag, ())
        for name in element.attrib:
            if name not in known:
                del element.attrib[name]
        element.tag = _HEADING_AS.get(element.tag, element.tag)
        if element.tag == "div":
            if any(child.tag in _BLOCKS for child in element):
                element.drop_tag()
            else:
                element.tag = "p"


def place_pictures(root: HtmlElement, find: FindPicture) -> None:
    """Pictures beside the text in their sizes, as figures where they have a paragraph of their own. Others are links."""
    for number, image in enumerate(list(root.iter("img"))):
        source, alt = str(image.get("src") or ""), clean_line(str(image.get("alt") or ""), limit_chars=1000)
        title = clean_line(str(image.get("title") or ""), limit_chars=1000)
        file = _PICTURE_FILE.fullmatch(unquote(source))
        shown = find(file[1], alt) if file is not None and number < MOST_IMAGES else None
        image.attrib.clear()
        if shown is not None:
            image.attrib.update(
                {
                    "src": shown.src,
                    "srcset": shown.srcset,
                    "sizes": SIZES,
                    "width": str(shown.width),
                    "height": str(shown.height),
                    "alt": alt,
                    "loading": "lazy",
                    "decoding": "async",
                }
            )
            _make_figure(image, title)
        elif file is not None or not source:
            _drop(image, alt)
        else:
            _link_instead(image, source, alt)


def _make_figure(image: HtmlElement, title: str) -> None:
    """The paragraph that holds nothing but a picture, or a link around one, becomes a figure with its caption."""
    around = image.getparent()
    inner = image
    if around is not None and around.tag == "a" and len(around) == 1 and not (around.text or "").strip():
        inner, around = around, around.getparent()
    if around is None or around.tag != "p" or not is_alone(inner, around) or (image.tail or "").strip():
        return
    around.tag = "figure"
    around.text = inner.tail = image.tail = None
    if title:
        around.append(_write_caption(title))


def _write_caption(title: str) -> HtmlElement:
    found = _CREDIT.fullmatch(title)
    if found is None:
        return E.figcaption(title)
    caption = E.figcaption(found["caption"])
    caption.append(E.span({"class": "credit"}, found["credit"]))
    return caption


def _drop(image: HtmlElement, alt: str) -> None:
    """A picture that cannot be shown leaves its words."""
    image.tag = "em"
    image.text = alt or None
    if not alt:
        image.drop_tag()


def _link_instead(image: HtmlElement, source: str, alt: str) -> None:
    words = alt or source.rstrip("/").rpartition("/")[2] or source
    is_inside = any(parent.tag == "a" for parent in image.iterancestors())
    image.tag = "span" if is_inside else "a"
    image.text = clean_line(words, limit_chars=1000)
    if not is_inside:
        image.set("href", clean_line(source, limit_chars=_ADDRESS_CHARS))


def finish_links(root: HtmlElement, *, prefix: str, own_host: str, language: str) -> None:
    """Foreign links get ``rel``; those of footnotes say what they are. What leads nowhere is no link."""
    back = gettext(language).gettext(_BACK)
    seen: set[str] = set()
    for element in list(root.iter("a", "li")):
        name = element.attrib.pop("id", "")
        if name.startswith((f"note-{prefix}-", f"ref-{prefix}-")) and name not in seen:
            seen.add(name)
            element.set("id", name)
        if element.tag == "a":
            _finish_link(element, prefix=prefix, own_host=own_host, back=back)


def _finish_link(link: HtmlElement, *, prefix: str, own_host: str, back: str) -> None:
    href = str(link.get("href") or "").strip()
    if not href or _SCHEME.match(href):
        link.drop_tag()
    elif href.startswith(f"#ref-{prefix}-"):
        link.attrib.update({"role": "doc-backlink", "aria-label": back})
    elif href.startswith(f"#note-{prefix}-") and link.get("id"):
        link.set("role", "doc-noteref")
    elif not is_own(href, own_host):
        link.set("rel", "noopener nofollow")


def mark_videos(root: HtmlElement) -> None:
    """Links to videos that have a paragraph or a figure of their own, which may become players (``videos.list_videos``)."""
    for link in root.iter("a"):
        around = link.getparent()
        if around.tag in {"p", "figure"} and is_alone(link, around) and find_video(str(link.get("href"))) is not None:
            link.set("class", MARK)


def is_alone(element: HtmlElement, around: HtmlElement) -> bool:
    """Whether an element is all that another one holds, but for a caption."""
    others = [child for child in around if child is not element and child.tag != "figcaption"]
    return not others and not (around.text or "").strip() and not (element.tail or "").strip()


def box_tables(root: HtmlElement, language: str) -> None:
    """Each table scrolls inside a box with a name of its own, and its head says so."""
    names: set[str] = set()
    for number, table in enumerate(list(root.iter("table")), start=1):
        for cell in table.iter("th", "td"):
            _finish_cell(cell)
        if any(parent.tag == "table" for parent in table.iterancestors()):
            continue
        caption = table.find("caption")
        name = clean_line(caption.text_content(), limit_chars=200) if caption is not None else ""
        if not name or name in names:
            name = translate(sentence("Table %(number)s", number=number), language) + (f": {name}" if name else "")
        names.add(name)
        box = E.div({"class": "scroll", "role": "region", "tabindex": "0", "aria-label": name})
        table.addprevious(box)
        box.tail, table.tail = table.tail, None
        box.append(table)


def _finish_cell(cell: HtmlElement) -> None:
    kind = _ALIGN_AS.get(str(cell.attrib.pop("align", "")))
    if kind is not None:
        cell.set("class", kind)
    if cell.tag == "th" and not cell.text_content().strip():
        cell.tag = "td"  # A head without words is none to a screen reader.
    if cell.tag == "th":
        is_head = any(parent.tag == "thead" for parent in cell.iterancestors())
        cell.set("scope", "col" if is_head else "row")
