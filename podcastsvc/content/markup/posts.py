"""Posts and videos of other networks, pasted with their scripts and frames, become quoted words and plain links.

Nothing is fetched: what a post says is what its network wrote into the HTML that people paste (rule T-R5).
"""

import re
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import parse_qs, urlsplit

from lxml.html import HtmlElement
from lxml.html.builder import E

from podcastsvc.content.markup.tree import is_alone
from podcastsvc.content.markup.videos import find_video
from podcastsvc.kit.language import N_, format_day, sentence, translate
from podcastsvc.kit.text import clean_line, is_web_address

_MOST_CHARS = 200
_CLASSES = {
    "twitter-tweet": "X",
    "twitter-video": "X",
    "bluesky-embed": "Bluesky",
    "mastodon-embed": "Mastodon",
    "instagram-media": "Instagram",
    "fb-xfbml-parse-ignore": "Facebook",
    "text-post-media": "Threads",
    "tiktok-embed": "TikTok",
}
_PERMALINKS = ("data-instgrm-permalink", "data-text-post-permalink", "data-embed-url", "cite")
_OWN_QUERY = frozenset(("Facebook",))
_POST = re.compile(
    r"/status/\d+|/profile/[^/]+/post/|/(?:p|reel|tv)/[\w-]+|/posts/|/videos?/|/permalink|/story|/@[\w.@-]+/(?:post/)?\w+"
)
_BYLINE = (
    re.compile(r"shared by (?P<name>.+)", re.IGNORECASE),
    re.compile(r"Post(?:ed)? by (?P<name>.+?)(?: on)?(?: View on .*)?$", re.IGNORECASE),
    re.compile(r"^[—–-]\s*(?P<name>.+?)(?: on)?$"),
)
_DAYS = ("%B %d, %Y", "%B %d, %Y at %I:%M %p", "%A, %B %d, %Y", "%d %B %Y")
_DAY = re.compile(r"[^@()]{0,30}\d[^@()]{0,30}")
_WATCH = N_("Watch the video on %(network)s")
_POST_ON = N_("A post on %(network)s")


@dataclass(frozen=True, slots=True)
class _Post:
    """What is known of a post."""

    network: str
    address: str
    author: str
    day: str


def quote_posts(root: HtmlElement, language: str) -> None:
    """Puts quotes in the place of posts, and links in the place of frames and of bare addresses of videos."""
    for frame in list(root.iter("iframe")):
        address = _find_behind(str(frame.get("src") or ""))
        _swap(frame, [E.p(_link(address, _name_link(address, language)))] if address else [])
    for quote in list(root.iter("blockquote")):
        network = next((_CLASSES[name] for name in str(quote.get("class") or "").split() if name in _CLASSES), None)
        if network is not None and quote.getparent() is not None:
            _swap(quote, [_write_quote(quote, _read_post(quote, network, language), language)])
    for paragraph in root.iter("p"):
        _name_bare_video(paragraph, language)


# ---- posts


def _read_post(quote: HtmlElement, network: str, language: str) -> _Post:
    links = [link for link in quote.iter("a") if _POST.search(_read_path(str(link.get("href") or "")))]
    link = links[-1] if links else None
    around = quote.getparent().get("data-href") if quote.getparent() is not None else None
    named = next((str(quote.get(name)) for name in _PERMALINKS if quote.get(name)), str(around or ""))
    address = str(link.get("href")) if link is not None else named
    date = _read_line(link) if link is not None else ""
    date = date if _DAY.fullmatch(date) else ""
    outside = _read_outside(quote)
    words = clean_line(outside.replace(date, "") if date else outside, limit_chars=_MOST_CHARS)
    return _Post(network, _trim(address, network), _find_author(words), _write_day(date, language))


def _read_outside(quote: HtmlElement) -> str:
    """The words of a post that are in none of its paragraphs: who wrote it, and when; all, where it has none."""
    if next(quote.iter("p"), None) is None or _has_byline_in_paragraph(quote):
        return _read_line(quote)
    parts = [quote.text or ""]
    for child in quote:
        parts += ["" if child.tag == "p" else _read_line(child), child.tail or ""]
    return clean_line("".join(parts), limit_chars=10 * _MOST_CHARS)


def _has_byline_in_paragraph(quote: HtmlElement) -> bool:
    return "instagram-media" in str(quote.get("class"))


def _find_author(words: str) -> str:
    for form in _BYLINE:
        found = form.search(words)
        if found is not None:
            return clean_line(found["name"], limit_chars=_MOST_CHARS).strip(" ,()") + (
                ")" if "(" in found["name"] else ""
            )
    return ""


def _write_day(written: str, language: str) -> str:
    """The day of a post as the text's language writes it; as the network wrote it where it cannot be read."""
    plain = written.replace("\N{NARROW NO-BREAK SPACE}", " ")
    for form in _DAYS:
        try:
            return format_day(datetime.strptime(plain, form), language)
        except ValueError:
            continue
    return written


def _write_quote(quote: HtmlElement, post: _Post, language: str) -> HtmlElement:
    """The post's words, who wrote it, and a link to it."""
    made = E.blockquote({"class": "post"})
    if not _has_byline_in_paragraph(quote):
        made.extend(list(quote.iterchildren("p")))
    for paragraph in made:
        paragraph.tail = None
    footer = E.footer()
    if post.author:
        footer.append(E.cite(post.author))
        footer[-1].tail = " · "
    words = (
        sentence("on %(network)s, %(day)s", network=post.network, day=post.day)
        if post.day
        else sentence("on %(network)s", network=post.network)
    )
    said = translate(words, language)
    if is_web_address(post.address):
        footer.append(_link(post.address, said))
    else:
        footer.append(E.span(said))
    made.append(footer)
    return made


def _trim(address: str, network: str) -> str:
    """A post's address without what counts who came from where."""
    address = f"https:{address}" if address.startswith("//") else address
    try:
        parts = urlsplit(address)
    except ValueError:
        return ""
    path = parts.path.removesuffix("/embed")
    query = f"?{parts.query}" if parts.query and network in _OWN_QUERY else ""
    return f"{parts.scheme}://{parts.netloc}{path}{query}"


# ---- frames and videos


def _find_behind(source: str) -> str:
    """The page behind the address of a frame; "" where it is none."""
    source = f"https:{source}" if source.startswith("//") else source
    if not is_web_address(source):
        return ""
    video = find_video(source)
    if video is not None:
        return video.page
    parts = urlsplit(source)
    host = (parts.hostname or "").removeprefix("www.")
    if host == "facebook.com" and parts.path.startswith("/plugins/"):
        inner = parse_qs(parts.query).get("href", [""])[0]
        return inner if is_web_address(inner) else ""
    return source.removesuffix("/embed") if parts.path.endswith("/embed") else source


def _name_network(address: str) -> tuple[str, bool]:
    """Where an address leads, in a word, and whether a video is there."""
    video = find_video(address)
    if video is not None:
        return video.network, True
    host = (urlsplit(address).hostname or "").removeprefix("www.").removeprefix("m.")
    known = {"facebook.com": "Facebook", "twitter.com": "X", "x.com": "X", "instagram.com": "Instagram"}
    return known.get(host, host), False


def _name_link(address: str, language: str) -> str:
    network, is_video = _name_network(address)
    text = _WATCH if is_video else _POST_ON if _POST.search(_read_path(address)) else "%(network)s"
    return translate(text, language) % {"network": network}


def _name_bare_video(paragraph: HtmlElement, language: str) -> None:
    """A video's address alone on its line says what is behind it."""
    link = paragraph[0] if len(paragraph) else None
    if link is None or link.tag != "a" or len(link) or not is_alone(link, paragraph):
        return
    address = str(link.get("href") or "")
    if (link.text or "").strip() == address and find_video(address) is not None:
        link.text = _name_link(address, language)


# ---- elements


def _link(address: str, words: str) -> HtmlElement:
    return E.a(words, href=clean_line(address, limit_chars=2000))


def _read_line(element: HtmlElement) -> str:
    return clean_line(element.text_content(), limit_chars=10 * _MOST_CHARS)


def _read_path(address: str) -> str:
    """The path of an address; "" for what cannot be read."""
    try:
        return urlsplit(address).path
    except ValueError:
        return ""


def _swap(old: HtmlElement, new: list[HtmlElement]) -> None:
    """Puts elements in the place of one, the words after it kept."""
    parent = old.getparent()
    at = parent.index(old)
    for number, element in enumerate(new):
        parent.insert(at + number, element)
    tail, old.tail = old.tail, None
    parent.remove(old)
    if tail:
        before = new[-1] if new else parent[at - 1] if at else None
        if before is None:
            parent.text = (parent.text or "") + tail
        else:
            before.tail = (before.tail or "") + tail
