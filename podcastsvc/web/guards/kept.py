"""Visitors' pages, rendered once for each state of the shows and prices, and sent again until that changes.

What a visitor sees depends on nothing but the address, the language, the kind of device and the catalogue, so four
indexed reads tell whether the kept page still holds; they are made at most twice a second, and after each write of ours.
Pages of people who are signed in are made anew each time.
"""

import gzip
import hashlib
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from datetime import datetime
from functools import cache, wraps
from threading import Lock
from typing import Any, cast

from flask import current_app, g, make_response, request
from flask_login import current_user

import podcastsvc
from podcastsvc.catalogue.shows import read_states
from podcastsvc.content.writings import read_state
from podcastsvc.kit.bundled import get_folder
from podcastsvc.kit.language import CATALOGUES
from podcastsvc.kit.ranges import matches
from podcastsvc.kit.recent import Recent
from podcastsvc.web.assets import get_digest
from podcastsvc.web.context import language, now, services, settings
from podcastsvc.web.guards.headers import allow_frames, find_frames, mark_personal
from podcastsvc.web.offers.prices import read_lowest_price
from podcastsvc.web.site.viewing import get_device

View = Callable[..., Any]

_EXTENSION = "podcastsvc.kept"
_MOST_BYTES = 16 * 1024 * 1024
_LOCKS = 16
_DIGEST_BYTES = 12


@dataclass(frozen=True, slots=True)
class _Page:
    """A rendered page, compressed, with the origins of its frames; it holds as long as the state is the same."""

    state: str
    body: bytes
    frames: tuple[str, ...] = ()


class KeptPages:
    """The pages that one process keeps, those that were not asked for longest dropped first."""

    def __init__(self) -> None:
        self._pages: OrderedDict[Hashable, _Page] = OrderedDict()
        self._bytes = 0
        self._lock = Lock()
        self.state = Recent(_read_state, stamp=_read_stamp)
        self.rendering = [Lock() for _ in range(_LOCKS)]

    def find(self, key: Hashable, state: str) -> _Page | None:
        with self._lock:
            page = self._pages.get(key)
            if page is None or page.state != state:
                return None
            self._pages.move_to_end(key)
            return page

    def put(self, key: Hashable, page: _Page) -> None:
        with self._lock:
            old = self._pages.pop(key, None)
            self._pages[key] = page
            self._bytes += len(page.body) - (len(old.body) if old is not None else 0)
            while self._bytes > _MOST_BYTES and len(self._pages) > 1:
                self._bytes -= len(self._pages.popitem(last=False)[1].body)


def keep(*arguments: str) -> Callable[[View], View]:
    """For views of public pages that return their HTML; ``arguments`` are the only query arguments that they read.

    Marks the answer to a signed-in person as personal. Anything but HTML that a view returns or raises is not kept.
    """

    def decorate(view: View) -> View:
        @wraps(view)
        def kept(**values: Any) -> Any:
            if current_user.is_authenticated:
                mark_personal()
                return view(**values)
            # The page links to itself in other languages, with the query as it came.
            if not set(request.args) <= set(arguments):
                return view(**values)
            given = tuple((name, request.args.getlist(name)[0]) for name in sorted(request.args))
            key = (request.endpoint, tuple(sorted(values.items())), given, language(), get_device())
            return _answer(view, values, key)

        return kept

    return decorate


def get_state() -> str:
    """What names the state of all that visitors see, for answers that are kept elsewhere."""
    return _get_pages().state.get()


def leave_unkept() -> None:
    """Says that the page being made can change without any state of a show changing."""
    g.is_unkept = True


def _answer(view: View, values: dict[str, Any], key: Hashable) -> Any:
    pages = _get_pages()
    state = pages.state.get()
    name = hashlib.blake2b(repr((state, key)).encode(), digest_size=_DIGEST_BYTES).hexdigest()
    takes_gzip = request.accept_encodings["gzip"] > 0
    etags = (f'"{name}"', f'"{name}-gzip"')
    page = pages.find(key, state)
    if page is None:
        # One thread renders a page that many ask for at once; the others then find it.
        with pages.rendering[hash(key) % _LOCKS]:
            page = pages.find(key, state)
            if page is None:
                made = view(**values)
                if not isinstance(made, str) or g.get("is_unkept"):
                    return made
                page = _Page(state, gzip.compress(made.encode(), 6, mtime=0), find_frames())
                pages.put(key, page)
    allow_frames(page.frames)
    if matches(request.headers.get("If-None-Match"), etags):
        response = make_response("", 304)
    elif takes_gzip:
        response = make_response(page.body)
        response.headers["Content-Encoding"] = "gzip"
    else:
        response = make_response(gzip.decompress(page.body))
    response.headers["ETag"] = etags[takes_gzip]
    response.headers["Vary"] = "Accept-Encoding, Cookie"
    return response


def _read_stamp() -> tuple[int, datetime]:
    """What makes the state be read anew at once: a write of this process, and the next second, in which an episode may
    come out."""
    return services().db.writes, now()


def _read_state() -> str:
    """What names the state of all that visitors' pages show; equal in all processes of one release."""
    with services().db.reading() as session:
        shows, price, texts = read_states(session, now()), read_lowest_price(session), read_state(session, now())
    offers = services().open_offers.get()
    parts = (_read_program(), settings().base_url, settings().languages, now().year, shows, price, texts, offers)
    return hashlib.blake2b(repr(parts).encode(), digest_size=_DIGEST_BYTES).hexdigest()


@cache
def _read_program() -> str:
    """What names this program's templates, texts and static files."""
    found = hashlib.blake2b(f"{podcastsvc.__version__} {get_digest()}".encode(), digest_size=_DIGEST_BYTES)
    for folder in (get_folder("templates"), CATALOGUES):
        for path in sorted(folder.rglob("*.*")):
            if path.is_file():
                found.update(path.name.encode() + path.read_bytes())
    return found.hexdigest()


def _get_pages() -> KeptPages:
    return cast("KeptPages", current_app.extensions.setdefault(_EXTENSION, KeptPages()))
