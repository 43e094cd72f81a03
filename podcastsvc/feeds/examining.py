"""Feeds looked at as apps get them: whether they keep our rules, what is left out of them, and how large they are."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from email.utils import parsedate_to_datetime
from html import unescape
from itertools import islice

from podcastsvc.catalogue.access import Audience
from podcastsvc.feeds.checking import Finding, Frame, check_feed
from podcastsvc.feeds.document import Gap
from podcastsvc.feeds.notices import Notice, NoticeKind, fill_notice
from podcastsvc.feeds.paging import PAGE_BYTES
from podcastsvc.feeds.renderer import Renderer
from podcastsvc.feeds.rendering import Rendering
from podcastsvc.feeds.rules import MEND_NOTES
from podcastsvc.feeds.versions import ShowState
from podcastsvc.feeds.views import PUBLIC_VIEW, FeedView
from podcastsvc.kit.language import N_, as_sentence, sentence
from podcastsvc.settings import Settings

# As long as the secrets that stand there, and nobody's.
_SECRETS = {Gap.FEED_TOKEN: "a" * 32, Gap.LISTEN_TOKEN: "b" * 32}
# Near its end the first page is told of, while there is time to think about it.
_NEARLY = 0.9

_NAMES: dict[NoticeKind, str] = {
    NoticeKind.ENDED: N_("Members' feed after the end"),
    NoticeKind.PAUSED: N_("Members' feed while paused"),
    NoticeKind.NOT_BEGUN: N_("Members' feed before the beginning"),
    NoticeKind.PAYMENT_FAILED: N_("Members' feed after a failed payment"),
    NoticeKind.REPLACED: N_("Feed of a replaced link"),
}


@dataclass(frozen=True, slots=True)
class FeedReport:
    """All pages of a show's feed in one view; sizes of them together, in bytes as written and as sent in gzip.

    ``changed_at`` is what the feed says of its last change; None where apps cannot read it.
    """

    view: FeedView
    items: int
    pages: int
    length_bytes: int
    packed_bytes: int
    changed_at: datetime | None
    findings: tuple[Finding, ...]

    @property
    def mistakes(self) -> int:
        return sum(1 for finding in self.findings if finding.is_mistake)


def list_views(renderer: Renderer, state: ShowState, plans: Mapping[str, str], now: datetime) -> list[FeedView]:
    """The views of a show that are looked at: the public's, and all of members that are in use.

    Where no member has a feed with access yet, the one of somebody who has all ``plans``.
    """
    used = renderer.list_views(state, now)
    if plans and all(view.audience.is_public for view in used):
        used = [FeedView(Audience(frozenset(plans)), is_personal=True), *used]
    return [PUBLIC_VIEW, *sorted(used, key=lambda view: view.audience.is_public)]


def name_view(view: FeedView, plans: Mapping[str, str]) -> str:
    """A view for people, to be translated; ``plans`` are titles by key. Plans are named where there are several."""
    if not view.is_personal:
        return N_("Public feed")
    name = N_("Members' feed") if view.notice is None else _NAMES[view.notice]
    titles = sorted(plans.get(key, key) for key in view.audience.plans if key != "*")
    if not titles or len(plans) < 2:
        return name
    return sentence("%(feed)s: %(plans)s", feed=as_sentence(name), plans=", ".join(titles))


def examine(renderer: Renderer, settings: Settings, state: ShowState, view: FeedView, now: datetime) -> FeedReport:
    """All pages of a show's feed in one view, as they are kept for apps, held against our rules."""
    pages = list(_list_pages(renderer, state, view, now))
    filling = _fill(view, state)
    bodies = [page.fill(filling) for page in pages]
    checked = check_feed(bodies, Frame(view, settings.base_url, len(pages), tuple(_SECRETS.values())), now)
    return FeedReport(
        view=view,
        items=checked.items,
        pages=len(pages),
        length_bytes=sum(map(len, bodies)),
        packed_bytes=sum(len(page.fill_packed(filling)) for page in pages),
        changed_at=checked.changed_at,
        findings=(
            *_list_left_out(pages),
            *checked.findings,
            *_tell_pages(checked.first_items, len(bodies[0]), len(pages), settings),
        ),
    )


def _list_pages(renderer: Renderer, state: ShowState, view: FeedView, now: datetime) -> Iterator[Rendering]:
    first = renderer.get_first(state, view, now)
    yield first
    for number in range(2, first.pages + 1):
        page = renderer.get(state, view, number, now)
        if page is not None:
            yield page


def _fill(view: FeedView, state: ShowState) -> dict[Gap, str]:
    notice = None if view.notice is None else Notice(view.notice, state.changed_at, "")
    return _SECRETS | fill_notice(notice, state.language)


def _list_left_out(pages: Sequence[Rendering]) -> Iterator[Finding]:
    for number, page in enumerate(pages, 1):
        for each in page.left_out:
            said = sentence("“%(title)s” is left out: %(reason)s.", title=each.title, reason=as_sentence(each.reason))
            yield Finding("T-X4", said, MEND_NOTES, pages=(number,) if len(pages) > 1 else ())


def _tell_pages(items: int, length_bytes: int, pages: int, settings: Settings) -> Iterator[Finding]:
    """That a feed has begun to be cut into pages, or is about to (rule 5.4); items and bytes are the first page's."""
    if pages > 1:
        one = sentence("The feed is cut into %(pages)s pages; the first holds the newest episode.", pages=pages)
        many = sentence(
            "The feed is cut into %(pages)s pages; the first holds the newest %(items)s episodes.",
            pages=pages,
            items=items,
        )
        advice = N_("Few apps ask for further pages. On the site all episodes stay.")
        yield Finding("5.4", one if items == 1 else many, advice, is_mistake=False)
    elif items > settings.feed_max_items * _NEARLY or length_bytes > PAGE_BYTES * _NEARLY:
        said = sentence(
            "The feed's first page is nearly full: it holds %(items)s episodes or 4 MB.", items=settings.feed_max_items
        )
        advice = N_("Older episodes then move to further pages, which few apps ask for. On the site all stay.")
        yield Finding("5.4", said, advice, is_mistake=False)


# ---- what is newest


@dataclass(frozen=True, slots=True)
class Newest:
    """The newest episode of a feed, as it stands there."""

    title: str
    published_at: datetime


def find_newest(renderer: Renderer, state: ShowState, view: FeedView, now: datetime) -> Newest | None:
    """What apps see first in a show's feed, notices aside; None where no episode is in it."""
    text = b"\0".join(renderer.get_first(state, view, now).pieces)
    # Only the first item may be a notice, whose date is a gap.
    for found in islice(_ITEM.finditer(text), 2):
        title, date = _TITLE.search(found[0]), _DATE.search(found[0])
        if title is not None and date is not None:
            return Newest(unescape(title[1].decode()), parsedate_to_datetime(date[1].decode()))
    return None


_ITEM = re.compile(rb"<item>.*?</item>", re.DOTALL)
_TITLE = re.compile(rb"<title>([^<]*)</title>")
_DATE = re.compile(rb"<pubDate>([^<\0]+)</pubDate>")
