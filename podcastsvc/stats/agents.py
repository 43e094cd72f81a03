"""Names for user agents: which app, on what kind of device, and what is no listener at all (rules U1 to U5).

The lists here are short and our own. The operator may put fuller ones (OPAWG's user-agents-v2) into a folder.
"""

import json
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from pathlib import Path
from typing import Any

from podcastsvc.errors import Misconfigured

UNKNOWN_NAME = "unknown"
KEPT_AGENTS = 4_096
# Longer ones name nothing, and a pattern of the operator's must not run over a header of any length.
MOST_CHARS = 512


def name_app(name: str) -> str:
    """A reader's name as people know the app; "" for one that no list names.

    Lists that the operator brings say "Apple Podcasts - via app".
    """
    return "" if name in {"", UNKNOWN_NAME} else name.partition(" - ")[0]


class AgentKind(StrEnum):
    """Which list named an agent, in the order in which they are asked."""

    BOT = "bot"
    APP = "app"
    LIBRARY = "library"
    BROWSER = "browser"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Agent:
    """``device`` is a category such as "mobile", "computer", "watch" or "unknown". ``is_robot`` marks libraries that
    mostly run without a listener."""

    kind: AgentKind
    name: str
    device: str = UNKNOWN_NAME
    is_robot: bool = False


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of a list: the first whose pattern is found anywhere in the agent's text names it."""

    name: str
    pattern: re.Pattern[str]
    category: str = ""


@dataclass(frozen=True, slots=True)
class Lists:
    """All lists. ``referrers`` name the site on which a browser plays; ``readers`` are plain parts of texts that name
    who reads a feed (rule U3)."""

    bots: tuple[Entry, ...]
    apps: tuple[Entry, ...]
    libraries: tuple[Entry, ...]
    browsers: tuple[Entry, ...]
    devices: tuple[Entry, ...]
    referrers: tuple[Entry, ...] = ()
    readers: tuple[tuple[str, str], ...] = ()


class Namer:
    """Names agents by one set of lists and remembers the last few thousand, since each look-up tries every pattern."""

    def __init__(self, lists: Lists) -> None:
        self._lists = lists
        self.name: Callable[[str, str], Agent] = lru_cache(maxsize=KEPT_AGENTS)(self._name)
        self.name_reader: Callable[[str], str] = lru_cache(maxsize=KEPT_AGENTS)(self._name_reader)

    def _name(self, text: str, referrer: str) -> Agent:
        """Who sent a request for audio; ``referrer`` counts for browsers only."""
        text = text[:MOST_CHARS]
        for kind, entries in (
            (AgentKind.BOT, self._lists.bots),
            (AgentKind.APP, self._lists.apps),
            (AgentKind.LIBRARY, self._lists.libraries),
            (AgentKind.BROWSER, self._lists.browsers),
        ):
            entry = _find(entries, text)
            if entry is not None:
                return self._describe(kind, entry, text, referrer)
        return Agent(AgentKind.UNKNOWN, UNKNOWN_NAME, self._find_device(text))

    def _describe(self, kind: AgentKind, entry: Entry, text: str, referrer: str) -> Agent:
        if kind is AgentKind.BOT:
            return Agent(kind, entry.name)
        site = _find(self._lists.referrers, referrer[:MOST_CHARS]) if kind is AgentKind.BROWSER and referrer else None
        name = site.name if site is not None else entry.name
        is_robot = kind is AgentKind.LIBRARY and entry.category == "bot"
        return Agent(kind, name, self._find_device(text), is_robot)

    def is_app(self, text: str) -> bool:
        """Whether who reads a feed is the listener's app: no browser, and no robot of somebody else.

        An app whose server reads its feeds may stand among the bots: it counts if the lists know an app of its name.
        """
        reader, agent = self.name_reader(text), self.name(text, "")
        if agent.kind is AgentKind.BOT:
            return any(entry.name == reader for entry in self._lists.apps)
        return agent.kind is not AgentKind.BROWSER or reader != agent.name

    def _find_device(self, text: str) -> str:
        device = _find(self._lists.devices, text)
        return UNKNOWN_NAME if device is None else device.category or device.name

    def _name_reader(self, text: str) -> str:
        """Who reads a feed: by the list of readers, else by that of apps, else "unknown"."""
        text = text[:MOST_CHARS]
        for part, name in self._lists.readers:
            if part in text:
                return name
        return self.name(text, "").name


def _find(entries: Iterable[Entry], text: str) -> Entry | None:
    return next((entry for entry in entries if entry.pattern.search(text)), None)


# ---- lists from a folder


def read_lists(folder: Path) -> Lists:
    """The operator's lists, all of them, or Misconfigured naming the file and entry that cannot be used (rule U5).

    Needed: ``bots.json``, ``apps.json``, ``libraries.json``, ``browsers.json``, ``devices.json``. If there:
    ``referrers.json`` and ``rss-ua.json``.
    """
    needed = {name: _read_entries(folder / f"{name}.json") for name in _NEEDED}
    referrers = folder / "referrers.json"
    readers = folder / "rss-ua.json"
    return Lists(
        **needed,
        referrers=_read_entries(referrers) if referrers.exists() else (),
        readers=_read_readers(readers) if readers.exists() else OWN.readers,
    )


_NEEDED = ("bots", "apps", "libraries", "browsers", "devices")


def _read_entries(path: Path) -> tuple[Entry, ...]:
    loaded = _load(path)
    entries = loaded.get("entries") if isinstance(loaded, dict) else None
    if not isinstance(entries, list) or not entries:
        raise Misconfigured(f'{path}: has no list "entries".')
    return tuple(_read_entry(entry, path, number) for number, entry in enumerate(entries, 1))


def _read_entry(entry: Any, path: Path, number: int) -> Entry:
    name = entry.get("name") if isinstance(entry, dict) else None
    pattern = entry.get("pattern") if isinstance(entry, dict) else None
    if not isinstance(name, str) or not isinstance(pattern, str) or not name or not pattern:
        raise Misconfigured(f"{path}: entry {number} lacks a name or a pattern.")
    try:
        return Entry(name, re.compile(pattern), str(entry.get("category") or ""))
    except re.error as problem:
        raise Misconfigured(f"{path}: the pattern of entry {number} ({name}) cannot be used: {problem}") from problem


def _read_readers(path: Path) -> tuple[tuple[str, str], ...]:
    loaded = _load(path)
    readers = []
    for number, entry in enumerate(loaded if isinstance(loaded, list) else [None], 1):
        part, name = (entry.get("pattern"), entry.get("name")) if isinstance(entry, dict) else (None, None)
        if not isinstance(part, str) or not isinstance(name, str) or not part:
            raise Misconfigured(f"{path}: entry {number} lacks a name or a pattern.")
        readers.append((part, name))
    return tuple(readers)


def _load(path: Path) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except OSError as problem:
        raise Misconfigured(f"{path}: cannot be read: {problem.strerror}") from problem
    except ValueError as problem:
        raise Misconfigured(f"{path}: is not JSON in UTF-8: {problem}") from problem


# ---- our own lists


def _make(pairs: Sequence[tuple[str, str]], category: str = "") -> tuple[Entry, ...]:
    return tuple(Entry(name, re.compile(pattern), category) for name, pattern in pairs)


OWN = Lists(
    bots=_make(
        [
            ("Googlebot", r"Googlebot|Google-Read-Aloud|GoogleOther|Google-InspectionTool"),
            ("Bingbot", r"bingbot|BingPreview"),
            ("Applebot", r"Applebot"),
            ("Yandex", r"Yandex(Bot|Media|Images)"),
            ("Baidu", r"Baiduspider"),
            ("DuckDuckBot", r"DuckDuckBot"),
            ("Amazonbot", r"Amazonbot"),
            ("Facebook", r"facebookexternalhit|meta-external"),
            ("Twitter", r"Twitterbot"),
            ("LinkedIn", r"LinkedInBot"),
            ("Slack", r"Slackbot|Slack-ImgProxy"),
            ("Discord", r"Discordbot"),
            ("Telegram", r"TelegramBot"),
            ("WhatsApp", r"^WhatsApp/"),
            ("Mastodon", r"Mastodon/|http\.rb/.*Mastodon"),
            ("GPTBot", r"GPTBot|ChatGPT-User|OAI-SearchBot"),
            ("ClaudeBot", r"ClaudeBot|Claude-User|anthropic-ai"),
            ("Perplexity", r"PerplexityBot"),
            ("Common Crawl", r"CCBot"),
            ("Bytespider", r"Bytespider"),
            ("Ahrefs", r"Ahrefs"),
            ("Semrush", r"SemrushBot"),
            ("Majestic", r"MJ12bot"),
            ("Petal", r"PetalBot"),
            ("Archive.org", r"archive\.org_bot|heritrix"),
            ("Uptime checks", r"UptimeRobot|Pingdom|StatusCake|Better Uptime|updown\.io"),
            ("Spotify crawler", r"^Spotify/1\.0$"),
            ("iTMS", r"^iTMS"),
            ("Podcast index", r"^Podcastindex\.org|Podping|hashbot"),
            ("Podchaser", r"Podchaser"),
            ("Listen Notes", r"ListenNotes"),
            ("Amazon Music crawler", r"^Amazon Music Podcast$"),
            ("Trackable", r"^Trackable/|^PodTrac|Chartable"),
        ]
    ),
    apps=_make(
        [
            ("Apple Podcasts", r"^(Apple)?(Podcasts|Podcast|AirPodcasts|Balados|Podcasti|Podcastit|播客)/|^Podcasts/"),
            ("Overcast", r"^Overcast/|Overcast.*podcast"),
            ("Pocket Casts", r"Pocket ?Casts"),
            ("Castro", r"^Castro[ /]"),
            ("AntennaPod", r"^AntennaPod"),
            ("Podcast Addict", r"Podcast ?Addict"),
            ("Podcast Republic", r"PodcastRepublic|Podcast Republic"),
            ("Podcast Guru", r"Podcast ?Guru"),
            ("Castbox", r"Cast[Bb]ox"),
            ("CastThru", r"Cast[Tt]hru"),
            ("Downcast", r"^Downcast/"),
            ("iCatcher", r"iCatcher"),
            ("Fountain", r"^Fountain(App)?/|Fountain\.fm"),
            ("Podverse", r"^Podverse"),
            ("Podfriend", r"^Podfriend"),
            ("PodcastOne", r"PodcastOne"),
            ("Podbean", r"Podbean"),
            ("Player FM", r"Player ?FM"),
            ("Podimo", r"^Podimo"),
            ("Podkicker", r"Podkicker"),
            ("BeyondPod", r"BeyondPod"),
            ("Doggcatcher", r"[Dd]ogg[Cc]atcher"),
            ("Snipd", r"^Snipd"),
            ("Goodpods", r"[Gg]oodpods"),
            ("Breez", r"^Breez"),
            ("Curiocaster", r"CurioCaster"),
            ("TrueFans", r"TrueFans"),
            ("gPodder", r"gPodder|mygpoclient"),
            ("Kasts", r"^Kasts/|KDE Kasts"),
            ("GNOME Podcasts", r"^gnome-podcasts|GNOME Podcasts"),
            ("Clementine", r"^Clementine|Strawberry"),
            ("VLC", r"\bVLC/|LibVLC"),
            ("foobar2000", r"foobar2000"),
            ("Kodi", r"\bKodi/|XBMC"),
            ("iTunes", r"^iTunes/|^Music/\d"),
            ("Spotify", r"^Spotify/"),
            ("Amazon Music", r"^(Amazon ?Music|AmazonMusic)/"),
            ("Alexa", r"Alexa|AlexaMediaPlayer|^Echo/"),
            ("Google Podcasts", r"GooglePodcasts|Google-Podcast"),
            ("Google Assistant", r"Google-Speech-Actions|CrKey"),
            ("YouTube Music", r"^com\.google\.android\.apps\.youtube\.music"),
            ("Sonos", r"Sonos/"),
            ("Roku", r"^Roku"),
            ("TuneIn", r"TuneIn"),
            ("iHeartRadio", r"iHeartRadio"),
            ("Stitcher", r"Stitcher"),
            ("Deezer", r"^Deezer"),
            ("iVoox", r"iVoox|ivoox"),
            ("RadioPublic", r"RadioPublic"),
            ("Laughable", r"Laughable"),
            ("Himalaya", r"Himalaya|himalaya"),
            ("Wondery", r"Wondery"),
            ("Audible", r"^Audible"),
            ("Audacy", r"Audacy"),
            ("podcast-downloader", r"podcast-downloader|podcast-dl"),
            ("Google Play services", r"^stagefright/.*Linux;Android|^ExoPlayer|ExoPlayerLib"),
            ("Android media player", r"^stagefright/"),
            ("iOS media player", r"^AppleCoreMedia/"),
        ]
    ),
    libraries=(
        *_make(
            [
                ("Python", r"^[Pp]ython-(requests|urllib|httpx|aiohttp)|^Python/.*aiohttp|^python-httpx"),
                ("curl", r"^curl/|libcurl"),
                ("wget", r"^[Ww]get/"),
                ("Go", r"^Go-http-client"),
                ("Java", r"^Java/|Apache-HttpClient"),
                ("Ruby", r"^Ruby|Faraday|^rest-client"),
                ("Node", r"^node-fetch|^axios/|^got |^undici"),
                ("PHP", r"^PHP/|GuzzleHttp"),
                ("ffmpeg", r"^Lavf/|FFmpeg"),
                ("Headless Chrome", r"HeadlessChrome"),
            ],
            "bot",
        ),
        *_make(
            [
                ("okhttp", r"^okhttp/"),
                ("Dalvik", r"^Dalvik/"),
                ("CFNetwork", r"CFNetwork/"),
                ("Android download manager", r"^AndroidDownloadManager"),
                ("GStreamer", r"GStreamer"),
                ("mpv", r"^mpv|^MPlayer"),
                ("Windows Media Player", r"^NSPlayer|Windows-Media-Player"),
            ]
        ),
    ),
    browsers=_make(
        [
            ("Opera", r"\bOPR/|\bOPT/|^Opera/"),
            ("Edge", r"\bEdg(e|A|iOS)?/"),
            ("Samsung Internet", r"SamsungBrowser/"),
            ("Firefox", r"\bFirefox/|\bFxiOS/"),
            ("Chrome", r"\bChrome/|\bCriOS/"),
            ("Safari", r"\bSafari/"),
            ("Web view", r"^Mozilla/5\.0 \((iPhone|iPad|Macintosh)"),
        ]
    ),
    devices=(
        *_make([("HomePod", r"HomePod|^AirPodcasts/"), ("Speaker", r"Sonos/|Alexa|^Echo/|CrKey")], "smart_speaker"),
        *_make([("Apple Watch", r"watchOS|Watch\d|Apple ?Watch"), ("Wear OS", r"Wear ?OS")], "watch"),
        *_make([("TV", r"AppleTV|Apple TV|tvOS|Roku|SMART-TV|SmartTV|BRAVIA|\bKodi/|Android TV")], "smart_tv"),
        *_make([("Car", r"CarPlay|Android Auto|Tesla/")], "auto"),
        *_make(
            [("iPhone or iPad", r"iPhone|iPad|iPod|\biOS\b|CFNetwork/.*Darwin/(?!.*x86)"), ("Android", r"Android")],
            "mobile",
        ),
        *_make([("Computer", r"Macintosh|Mac OS X|macOS|Windows|X11|Linux|CrOS")], "computer"),
    ),
    readers=(
        ("Overcast", "Overcast"),
        ("PocketCasts", "Pocket Casts"),
        ("Pocket Casts", "Pocket Casts"),
        ("Castro", "Castro"),
        ("AntennaPod", "AntennaPod"),
        ("iTMS", "Apple Podcasts"),
        ("Podcasts/", "Apple Podcasts"),
        ("Spotify", "Spotify"),
        ("Amazon Music", "Amazon Music"),
        ("Podcastindex", "Podcast index"),
        ("PodcastAddict", "Podcast Addict"),
        ("Podcast Addict", "Podcast Addict"),
        ("CastBox", "Castbox"),
        ("Castbox", "Castbox"),
        ("PlayerFM", "Player FM"),
        ("Player FM", "Player FM"),
        ("Podbean", "Podbean"),
        ("Feedly", "Feedly"),
        ("Inoreader", "Inoreader"),
        ("NewsBlur", "NewsBlur"),
        ("Feedbin", "Feedbin"),
        ("The Old Reader", "The Old Reader"),
        ("Tiny Tiny RSS", "Tiny Tiny RSS"),
        ("FreshRSS", "FreshRSS"),
        ("Miniflux", "Miniflux"),
        ("NetNewsWire", "NetNewsWire"),
        ("Fountain", "Fountain"),
        ("Podverse", "Podverse"),
        ("gPodder", "gPodder"),
        ("YouTube", "YouTube Music"),
        ("iVoox", "iVoox"),
        ("TuneIn", "TuneIn"),
        ("Deezer", "Deezer"),
        ("Listen Notes", "Listen Notes"),
        ("ListenNotes", "Listen Notes"),
        ("Podchaser", "Podchaser"),
    ),
)
