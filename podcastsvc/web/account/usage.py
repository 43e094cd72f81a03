"""What pages say of how a link is used: which apps read it and when, when it was heard first, and whether it looks shared."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from podcastsvc.kit.language import format_time
from podcastsvc.stats.agents import name_app
from podcastsvc.stats.counting import name_day
from podcastsvc.stats.reports import SHARE_SUBSCRIBERS, SharedLink, ShareLimits, list_shared_links
from podcastsvc.storage.tables.member import FeedLink, LinkReader
from podcastsvc.web.context import language, now, settings
from podcastsvc.web.pages import gettext, write_day_short, zone_of_show

_MOST_READERS = 4
# A sign that is older has been seen, or was nothing.
SIGNS_SHOWN = timedelta(days=7)


def describe_use(link: FeedLink, readers: Sequence[LinkReader]) -> list[str]:
    """Sentences about one link: ``Read by Overcast today at 10:12.``, ``Played first on 3 March.``"""
    said = [_write_reading(reader) for reader in readers[:_MOST_READERS]]
    if not said and link.opened_at is not None:
        values = {"day": write_day_short(link.opened_at)}
        said = [gettext("You opened it on %(day)s, and no app has read it yet.") % values]
    if link.heard_at is not None:
        said.append(_write_heard(link.first_heard_at or link.heard_at, link.heard_at))
    return said or [gettext("Not used yet.")]


def _write_reading(reader: LinkReader) -> str:
    texts = {0: gettext("Read by %(app)s today at %(time)s."), 1: gettext("Read by %(app)s yesterday at %(time)s.")}
    text = texts.get((_day(now()) - _day(reader.last_at)).days, gettext("Read by %(app)s on %(day)s."))
    return text % {
        "app": name_app(reader.name) or gettext("an unknown app"),
        "time": format_time(reader.last_at, language(), zone_of_show()),
        "day": write_day_short(reader.last_at),
    }


def _write_heard(first_at: datetime, last_at: datetime) -> str:
    if _day(first_at) == _day(last_at):
        return gettext("Played first on %(day)s.") % {"day": write_day_short(first_at)}
    values = {"first": write_day_short(first_at), "last": write_day_short(last_at)}
    return gettext("Played first on %(first)s, last on %(last)s.") % values


def _day(at: datetime) -> date:
    return at.astimezone(ZoneInfo(zone_of_show())).date()


def find_shared(session: Session, link_ids: Sequence[int]) -> dict[int, SharedLink]:
    """The latest sign of the last seven days that a link is shared, by link (rule H2)."""
    since = name_day(now()) - SIGNS_SHOWN
    limits = ShareLimits(settings().share_networks, settings().share_apps)
    return {each.feed_link_id: each for each in reversed(list_shared_links(session, limits, since=since, of=link_ids))}


def describe_shared(sign: SharedLink) -> str:
    """``This link was used in 14 places on 3 March.``"""
    if sign.subscribers >= SHARE_SUBSCRIBERS:
        return gettext("An app says that %(count)s people follow this link.") % {"count": sign.subscribers}
    values = {"places": sign.networks, "day": write_day_short(sign.day)}
    return gettext("This link was used in %(places)s places on %(day)s.") % values
