"""From a show and a view to the rendering that serves it: kept where it is, made from the catalogue where it is not."""

import hashlib
import logging
from collections.abc import Iterable
from datetime import datetime

from podcastsvc.catalogue.shows import get_card
from podcastsvc.feeds import versions
from podcastsvc.feeds.document import Document
from podcastsvc.feeds.keeping import UNUSED_FOR, RenderingCache, RenderingFolder, Slot
from podcastsvc.feeds.rendering import LeftOut, Rendering, make_rendering
from podcastsvc.feeds.versions import ShowState
from podcastsvc.feeds.views import FeedView
from podcastsvc.kit.text import clean_line
from podcastsvc.settings import Settings
from podcastsvc.storage.db import Database
from podcastsvc.storage.tables.show import Show

log = logging.getLogger(__name__)


class Renderer:
    """Feeds of one installation as this process gets them. Safe for threads."""

    def __init__(self, db: Database, settings: Settings) -> None:
        self._db = db
        self._settings = settings
        self._folder = RenderingFolder(settings.data / "cache" / "feeds")
        self._cache = RenderingCache(self._folder)

    def get(self, state: ShowState, view: FeedView, page: int, now: datetime) -> Rendering | None:
        """One page of a show's feed as it is now; None for a page that does not exist, which costs next to nothing."""
        first = self.get_first(state, view, now)
        if page == 1:
            return first
        return self._get(Slot(state.id, view, page), state, now) if 1 < page <= first.pages else None

    def get_first(self, state: ShowState, view: FeedView, now: datetime) -> Rendering:
        """The first page of a show's feed as it is now, which is always there."""
        return self._get(Slot(state.id, view), state, now)

    def renew(self, now: datetime) -> int:
        """Makes what changed in every feed that is in use, so that no app waits for it; returns how many there are."""
        with self._db.reading() as session:
            states = {state.id: state for state in versions.list_states(session)}
        slots = [slot for slot in self._folder.list_used(now - UNUSED_FOR) if slot.show_id in states]
        for slot in slots:
            self._renew(slot, states[slot.show_id], now)
        return len(slots)

    def _renew(self, slot: Slot, state: ShowState, now: datetime) -> None:
        version = versions.name_version(state, now, self._settings)
        self._folder.renew(slot, version, lambda: self._render(slot, state, now))

    def name_items(self, state: ShowState, views: Iterable[FeedView], now: datetime) -> str:
        """A name for what stands in the items of these views' first pages; it changes only when one of them does."""
        digest = hashlib.sha256()
        for view in views:
            rendering = self.get_first(state, view, now)
            _head, _, items = b"\0".join(rendering.pieces).partition(b"<item>")
            digest.update(hashlib.sha256(items).digest())
        return digest.hexdigest()

    def list_views(self, state: ShowState, now: datetime) -> list[FeedView]:
        """The members' views of a show that are in use, always in the same order."""
        used = {slot.view for slot in self._folder.list_used(now - UNUSED_FOR) if slot.show_id == state.id}
        return sorted((view for view in used if view.is_personal), key=repr)

    def _get(self, slot: Slot, state: ShowState, now: datetime) -> Rendering:
        version = versions.name_version(state, now, self._settings)
        return self._cache.get(slot, version, lambda: self._render(slot, state, now))

    def _render(self, slot: Slot, state: ShowState, now: datetime) -> Rendering:
        # feedgen and lxml take a quarter of a second to load, which a process that only answers 304 can spare.
        from podcastsvc.feeds.build import build_feed, list_faults
        from podcastsvc.feeds.select import make_document

        with self._db.reading() as session:
            document = make_document(
                session,
                get_card(session, session.get_one(Show, state.id)),
                slot.view,
                page=slot.page,
                now=now,
                is_first=state.is_first,
                settings=self._settings,
            )
        faults = list_faults(document)
        for fault in faults:
            log.warning("an episode was left out of a feed", extra={"guid": fault.guid, "why": fault.reason})
        left_out = tuple(LeftOut(_find_title(document, fault.guid), fault.reason) for fault in faults)
        return make_rendering(build_feed(document), pages=document.pages, left_out=left_out)


def _find_title(document: Document, guid: str) -> str:
    """What the host knows an item by; its guid where it has no title."""
    return next((clean_line(item.title) for item in document.items if item.guid == guid), "") or guid
