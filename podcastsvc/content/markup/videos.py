"""Videos of YouTube and Vimeo: the pages on which they are watched, and the players that a frame may hold. No fetching."""

import re
from dataclasses import dataclass
from urllib.parse import SplitResult, parse_qs, urlencode, urlsplit

from lxml.html import fragment_fromstring

from podcastsvc.kit.text import is_web_address

PLAYERS = ("https://www.youtube-nocookie.com", "https://player.vimeo.com")
"""Where frames come from. Both keep no cookie of a reader who only watches, as their networks say."""

MARK = "video"
"""The class of a link that stands alone in its paragraph or figure and leads to a video."""

_YOUTUBE_ID = re.compile(r"[\w-]{1,20}", re.ASCII)
_YOUTUBE_PLACES = frozenset(("live", "shorts", "embed", "v"))
_VIMEO_PATH = re.compile(r"/(?:video/)?(?P<id>\d{1,20})(?:/(?P<key>[0-9a-zA-Z]{1,40}))?/?")
_BEGINNING = re.compile(r"(?:(\d{1,3})h)?(?:(\d{1,4})m)?(?:(\d{1,6})s?)?")


@dataclass(frozen=True, slots=True)
class Video:
    """A video of a network: the address of its page, and that of a player which begins by itself."""

    network: str
    page: str
    player: str


def find_video(address: str) -> Video | None:
    """The video behind the address of a page or of a player; None where it is none of a network known here."""
    if not is_web_address(address):
        return None
    parts = urlsplit(address)
    host = (parts.hostname or "").removeprefix("www.").removeprefix("m.")
    if host in {"youtube.com", "youtube-nocookie.com", "youtu.be"}:
        return _find_on_youtube(parts, is_short=host == "youtu.be")
    return _find_on_vimeo(parts) if host in {"vimeo.com", "player.vimeo.com"} else None


def list_videos(html: str) -> dict[str, Video]:
    """The marked videos in the HTML of a text, by the addresses that their links have."""
    if f'class="{MARK}"' not in html:
        return {}
    links = fragment_fromstring(html, create_parent="div").iter("a")
    marked = [str(link.get("href")) for link in links if link.get("class") == MARK]
    return {address: video for address in marked if (video := find_video(address)) is not None}


def _find_on_youtube(parts: SplitResult, *, is_short: bool) -> Video | None:
    query = parse_qs(parts.query)
    place, _, rest = parts.path.strip("/").partition("/")
    if is_short:
        name = place
    elif place == "watch":
        name = query.get("v", [""])[0]
    else:
        name = rest if place in _YOUTUBE_PLACES else ""
    if not _YOUTUBE_ID.fullmatch(name):
        return None
    start = _read_seconds(query.get("t", query.get("start", [""]))[0])
    page = urlencode({"v": name} | ({"t": f"{start}s"} if start else {}))
    player = urlencode({"autoplay": 1} | ({"start": start} if start else {}))
    return Video("YouTube", f"https://www.youtube.com/watch?{page}", f"{PLAYERS[0]}/embed/{name}?{player}")


def _find_on_vimeo(parts: SplitResult) -> Video | None:
    found = _VIMEO_PATH.fullmatch(parts.path)
    if found is None:
        return None
    # Videos that are not listed have a key beside their number.
    key = found["key"] or parse_qs(parts.query).get("h", [""])[0]
    key = key if key.isascii() and key.isalnum() else ""
    page = f"https://vimeo.com/{found['id']}" + (f"/{key}" if key else "")
    player = urlencode({"autoplay": 1, "dnt": 1} | ({"h": key} if key else {}))
    return Video("Vimeo", page, f"{PLAYERS[1]}/video/{found['id']}?{player}")


def _read_seconds(written: str) -> int:
    """Where a video begins, such as "90", "90s" or "1h2m3s"; 0 for what says nothing."""
    found = _BEGINNING.fullmatch(written)
    if found is None:
        return 0
    hours, minutes, seconds = (int(each or 0) for each in found.groups())
    return hours * 3600 + minutes * 60 + seconds
