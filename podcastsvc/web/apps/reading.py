"""Which feed a link's member gets: the view shared with others, and a notice of one's own (section 6.3). Pure."""

from dataclasses import dataclass
from datetime import timedelta

from podcastsvc.catalogue.access import PUBLIC, Audience
from podcastsvc.feeds.notices import Notice, NoticeKind
from podcastsvc.feeds.views import FeedView
from podcastsvc.members.entitlements import Entitlement, Standing
from podcastsvc.members.feed_tokens import AnyLink, LinkState
from podcastsvc.storage.tables.member import FeedAnswer


@dataclass(frozen=True, slots=True)
class Reading:
    """What one member's feed is: the view that it shares with others, and its own notice, if any."""

    view: FeedView
    notice: Notice | None = None

    @property
    def answer(self) -> FeedAnswer:
        """What an app gets that has none of it yet."""
        kind = self.view.notice
        if kind is None or kind is NoticeKind.PAYMENT_FAILED:
            return FeedAnswer.FULL
        return FeedAnswer.REPLACED if kind is NoticeKind.REPLACED else FeedAnswer.ENDED


def choose_reading(link: AnyLink, state: LinkState, entitlement: Entitlement, *, grace: timedelta) -> Reading:
    """The feed for a link in its state with what its member may hear now (section 6.3). Pure."""
    if state is LinkState.REPLACED:
        return _with_notice(PUBLIC, Notice(NoticeKind.REPLACED, link.replaced_at or link.created_at, str(link.id)))
    if entitlement.has_access:
        if entitlement.standing is Standing.PAST_DUE and entitlement.until is not None:
            since = entitlement.until - grace
            failed = Notice(NoticeKind.PAYMENT_FAILED, since, str(link.id), day=entitlement.until)
            return _with_notice(entitlement.audience, failed)
        return Reading(FeedView(entitlement.audience, is_personal=True))
    kind = _KINDS.get(entitlement.standing, NoticeKind.ENDED)
    since = entitlement.until or entitlement.paused_since or link.created_at
    return _with_notice(PUBLIC, Notice(kind, since, str(link.id)))


_KINDS = {
    Standing.NONE: NoticeKind.NOT_BEGUN,
    Standing.CONFIRMING: NoticeKind.NOT_BEGUN,
    Standing.PAUSED: NoticeKind.PAUSED,
}


def _with_notice(audience: Audience, notice: Notice) -> Reading:
    return Reading(FeedView(audience, is_personal=True, notice=notice.kind), notice)
