"""A feed that somebody asks for: whose, of which show, and what names its state. One indexed read, and no framework."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from podcastsvc.feeds import versions
from podcastsvc.feeds.versions import ETags, ShowState
from podcastsvc.feeds.views import PUBLIC_VIEW
from podcastsvc.members import feed_tokens
from podcastsvc.members.feed_tokens import LinkState
from podcastsvc.members.opening import LinkRow, open_feed
from podcastsvc.services import Services
from podcastsvc.stats.hits import Fetch
from podcastsvc.storage.tables.member import FeedAnswer
from podcastsvc.web.apps.reading import Reading, choose_reading


@dataclass(frozen=True, slots=True)
class Asked:
    """A feed as it is at the instant of the request; ``link`` is a member's, None for the public feed."""

    show: ShowState
    reading: Reading
    etags: ETags
    at: datetime
    link: LinkRow | None = None


@dataclass(frozen=True, slots=True)
class Stranger:
    """A token that opens nothing."""


@dataclass(frozen=True, slots=True)
class Gone:
    """A link that the host took away, or that was replaced long ago."""

    at: datetime
    link: LinkRow


class NoShow:
    """The address names a show that is not here."""


def ask_public(services: Services, key: str | None, page: int, at: datetime) -> Asked | NoShow:
    """A show's public feed; ``key`` is None for the first show, which also answers under its own key."""
    show = _find_show(services, key)
    if show is None:
        return NoShow()
    reading = Reading(PUBLIC_VIEW)
    version = versions.name_version(show, at, services.settings)
    return Asked(show, reading, versions.make_etags(version, reading.view, page=page), at)


def ask_member(
    services: Services, token: str, key: str | None, page: int, at: datetime
) -> Asked | Stranger | Gone | NoShow:
    """A member's feed, by the token in its address."""
    opened = open_feed(services.db, token, at)
    if opened is None:
        return Stranger()
    link, state = opened.link, feed_tokens.state_of(opened.link, at)
    if state is LinkState.GONE:
        return Gone(at, link)
    show = _find_show(services, key)
    if show is None:
        return NoShow()
    grace = timedelta(days=services.settings.past_due_grace_days)
    reading = choose_reading(link, state, opened.entitlement, grace=grace)
    version = versions.name_version(show, at, services.settings)
    etags = versions.make_etags(
        version, reading.view, page=page, link_hash=link.feed_hash + link.listen_hash, notice=reading.notice
    )
    return Asked(show, reading, etags, at, link)


def note_fetch(
    services: Services, asked: Asked | Gone, *, network: str, agent: str, answer: FeedAnswer = FeedAnswer.UNCHANGED
) -> None:
    """Takes note of a GET and its answer: each one of the public feed, of a member's what tells anything new.

    An app that has a notice already, and hears that nothing has changed, is remembered as one that has the notice.
    """
    if answer is FeedAnswer.UNCHANGED and isinstance(asked, Asked) and asked.reading.answer is not FeedAnswer.FULL:
        answer = asked.reading.answer
    link, app = asked.link, services.namer.name_reader(agent)
    if link is not None and not feed_tokens.is_worth_noting(link, app, answer, asked.at):
        return
    show_key = "" if isinstance(asked, Gone) else asked.show.key
    fetch = Fetch(asked.at, show_key, network, agent, None if link is None else link.id, answer)
    # Somebody may look at the page that says "Overcast has your feed".
    services.fetches.add(fetch, soon=link is not None and feed_tokens.is_waited_for(link))


def _find_show(services: Services, key: str | None) -> ShowState | None:
    return next((each for each in services.show_states.get() if key is None or each.key == key), None)
