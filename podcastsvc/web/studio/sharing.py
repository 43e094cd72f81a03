"""Links that look shared, as the host is told of them: the sign, and whose link it is. Nothing is cut off by it (H2)."""

from dataclasses import dataclass

from sqlalchemy.orm import Session

from podcastsvc.members import directory
from podcastsvc.stats.counting import name_day
from podcastsvc.stats.reports import SHARE_SUBSCRIBERS, SharedLink, ShareLimits, list_shared_links
from podcastsvc.web.account.usage import SIGNS_SHOWN
from podcastsvc.web.context import now, settings
from podcastsvc.web.pages import gettext, write_day_short


@dataclass(frozen=True, slots=True)
class SharedLine:
    """One link that looks shared, by the latest sign of the last seven days."""

    link_id: int
    member_id: int
    email: str
    label: str
    seen: SharedLink

    @property
    def sign(self) -> str:
        """What was seen, in the language of the page."""
        return describe_sign(self.seen)


def list_shared(session: Session) -> list[SharedLine]:
    """The links that look shared, of members who are still here; one line for each, the latest first."""
    since = name_day(now()) - SIGNS_SHOWN
    limits = ShareLimits(settings().share_networks, settings().share_apps)
    latest: dict[int, SharedLink] = {}
    for sign in list_shared_links(session, limits, since=since):
        latest.setdefault(sign.feed_link_id, sign)
    owners = directory.list_owners(session, list(latest))
    return [
        SharedLine(
            link_id=link_id,
            member_id=owners[link_id].member.id,
            email=owners[link_id].member.email or "",
            label=owners[link_id].link.label,
            seen=sign,
        )
        for link_id, sign in latest.items()
        if link_id in owners
    ]


def describe_sign(sign: SharedLink) -> str:
    """What was counted, with its day: ``Used from 14 networks by 6 apps on 3 March.``"""
    values = {
        "count": sign.subscribers,
        "networks": sign.networks,
        "apps": sign.apps,
        "day": write_day_short(sign.day),
    }
    if sign.subscribers >= SHARE_SUBSCRIBERS:
        return gettext("On %(day)s an app spoke of %(count)s people who follow this one link.") % values
    return gettext("On %(day)s it was used from %(networks)s networks by %(apps)s apps.") % values
