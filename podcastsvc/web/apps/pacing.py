"""Limits on what one link, session or sender may ask for, counted in memory and only now and then in the database."""

import logging
import threading
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import cast

from flask import Flask, current_app, g
from flask_login import current_user

from podcastsvc.errors import TooMany, Unavailable
from podcastsvc.kit.language import N_
from podcastsvc.settings import Settings
from podcastsvc.storage import limits
from podcastsvc.storage.db import Database
from podcastsvc.web.apps.sending import AWAY
from podcastsvc.web.context import EXTENSION, client_network, now, services

log = logging.getLogger(__name__)

_EXTENSION = "podcastsvc.paces"

TOO_OFTEN = N_("This link was used too often. Try again later.")
TOO_FAST = N_("That was too much in one minute. Wait a moment, then send it again.")
AUDIO_STARTS_A_DAY = 300
AUDIO_AT_ONCE = 6
TOO_MANY_SEARCHES = N_("That was a lot of searching in one minute. Wait a moment, then search again.")
FORMS_A_MINUTE = 60
SEARCHES_A_MINUTE = 40
NOTICES_A_SECOND = 100


@dataclass(slots=True)
class _Count:
    """One asker in one window: ``own`` uses in this process, ``written`` of them in the database, and its ``total``."""

    ends_at: datetime
    own: int = 0
    written: int = 0
    total: int = 0


class Pace:
    """At most ``most`` uses of one kind in a window by one asker: a link's id, a session, a network.

    A write to the database for each feed would cost more than the feed. So each process counts for itself and adds what
    it counted to the shared count every ``step`` uses: exact with one process, at most ``step`` too generous for each
    further one.
    """

    def __init__(self, what: str, most: int, window: timedelta, *, refusal: str = TOO_OFTEN) -> None:
        self._what = what
        self._refusal = refusal
        self._most = most
        self._window = window
        self._step = max(most // 10, 1)
        self._lock = threading.Lock()
        self._counts: dict[int | str, _Count] = {}

    def spend(self, db: Database, whose: int | str, at: datetime) -> None:
        """Counts one more use. Raises TooMany past the limit."""
        with self._lock:
            count = self._get(whose, at)
            count.own += 1
            fresh = count.own - count.written
            used = count.total + fresh
            is_due = fresh >= self._step
            if is_due:
                count.written = count.own
        if is_due:
            used = self._share(db, whose, at, count, fresh)
        if used > self._most:
            raise TooMany(self._refusal, until=count.ends_at)

    def _share(self, db: Database, whose: int | str, at: datetime, count: _Count, fresh: int) -> int:
        """Adds what this process counted to the shared count, and says what that is."""
        try:
            with db.transaction() as session:
                total = limits.count(session, self._what, str(whose), window=self._window, now=at, more=fresh)
        except Unavailable:
            # A feed is sent also while nothing can be written; this process goes on by its own count.
            log.warning("a limit was counted in memory only", extra={"limit": self._what})
            total = count.total + fresh
        with self._lock:
            count.total = max(count.total, total)
        return count.total

    def _get(self, whose: int | str, at: datetime) -> _Count:
        found = self._counts.get(whose)
        if found is None or found.ends_at <= at:
            if found is not None or len(self._counts) > 50_000:
                self._counts = {key: count for key, count in self._counts.items() if count.ends_at > at}
            found = self._counts[whose] = _Count(limits.find_end(self._window, at))
        return found


class AtOnce:
    """How many long answers are on their way in this process: to each link at most ``most``, in all ``most_in_all``.

    Each holds a thread for as long as its reader takes. Where readers held them all, nobody would see a page (rule T-H3).
    """

    def __init__(self, most: int, most_in_all: int) -> None:
        self._most = most
        self._most_in_all = most_in_all
        self._lock = threading.Lock()
        self._in_all = 0
        self._open: dict[int, int] = {}

    def enter(self, link_id: int | None, at: datetime) -> None:
        """``link_id`` is None for the public. Raises TooMany where so many go to the link already, Unavailable in all."""
        with self._lock:
            if self._in_all >= self._most_in_all:
                raise Unavailable(AWAY)
            if link_id is not None:
                if self._open.get(link_id, 0) >= self._most:
                    raise TooMany(TOO_OFTEN, until=at + timedelta(seconds=10))
                self._open[link_id] = self._open.get(link_id, 0) + 1
            self._in_all += 1

    def leave(self, link_id: int | None) -> None:
        with self._lock:
            self._in_all -= 1
            if link_id is not None:
                self._open[link_id] -= 1
                if not self._open[link_id]:
                    del self._open[link_id]


class Paces:
    """The limits of one process."""

    def __init__(self, settings: Settings) -> None:
        self.feeds = Pace("member feed", settings.member_requests_per_hour, timedelta(hours=1))
        self.audio = Pace("member audio", AUDIO_STARTS_A_DAY, timedelta(days=1))
        self.streams = AtOnce(AUDIO_AT_ONCE, max(1, settings.threads - settings.running_in_all))
        self.forms = Pace("forms", FORMS_A_MINUTE, timedelta(minutes=1), refusal=TOO_FAST)
        self.searches = Pace("searches", SEARCHES_A_MINUTE, timedelta(minutes=1), refusal=TOO_MANY_SEARCHES)
        self.notices = Pace("notices", NOTICES_A_SECOND, timedelta(seconds=1))


def paces() -> Paces:
    """The limits of this process."""
    return paces_of(current_app)


def paces_of(app: Flask) -> Paces:
    """The same, made at the first call."""
    found = app.extensions.get(_EXTENSION)
    if found is None:
        made = Paces(app.extensions[EXTENSION].settings)
        found = app.extensions.setdefault(_EXTENSION, made)
    return cast("Paces", found)


def spend_form() -> None:
    """One form of a signed-in person (rule 10). Visitors' forms have limits of their own, by what they ask for."""
    if current_user.is_authenticated:
        paces().forms.spend(services().db, g.member_session.id_hash, now())


def spend_search() -> None:
    """One search, by who sends it: each costs more than a page that is kept."""
    paces().searches.spend(services().db, client_network(), now())


def spend_notice() -> None:
    """One notice that claims to be Stripe's (rule 10); by sender, so that nobody else uses up what Stripe needs."""
    paces().notices.spend(services().db, client_network(), now())
