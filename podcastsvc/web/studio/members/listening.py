"""Why a member cannot listen, on the member's page: one sentence with what to do, and what is known of every link."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from podcastsvc.catalogue.shows import list_shows
from podcastsvc.feeds import examining
from podcastsvc.kit.language import N_, format_ago
from podcastsvc.members.entitlements import Entitlement
from podcastsvc.members.feed_tokens import LinkState, state_of
from podcastsvc.members.listening import Diagnosis, Hindrance, diagnose, read_use
from podcastsvc.stats.agents import name_app
from podcastsvc.stats.reports import SharedLink
from podcastsvc.storage.tables.member import FeedAnswer, FeedLink, LinkReader
from podcastsvc.web.apps.reading import choose_reading
from podcastsvc.web.context import language, now, services, settings
from podcastsvc.web.pages import gettext, write_day_short
from podcastsvc.web.studio.members.standings import StandingChip
from podcastsvc.web.studio.sharing import describe_sign

_MOST_OLD_LINKS = 5
HEARD = N_("Audio was last fetched %(heard)s.")

SENTENCES: dict[Hindrance, tuple[str, str]] = {
    Hindrance.NOT_YET: (
        N_("Their plan begins on %(day)s."),
        N_("Until then their feed holds the public episodes."),
    ),
    Hindrance.NO_PLAN: (
        N_("They have no plan."),
        N_("Give them one below, or send them the page to join."),
    ),
    Hindrance.CONFIRMING: (
        N_("Their payment is not confirmed yet."),
        N_("Once the bank has said yes, everything opens by itself. Stripe shows how it stands."),
    ),
    Hindrance.PAUSED: (
        N_("Their membership is paused."),
        N_("When it goes on at Stripe, the same link is full again."),
    ),
    Hindrance.UNCONFIRMED: (
        N_("Stripe did not answer for a week after their membership should have renewed, so it counts as ended."),
        N_("`podcastsvc payments sync` asks again and says what is wrong."),
    ),
    Hindrance.ENDED: (
        N_("Their membership ended on %(day)s."),
        N_("When they join again, or you give them a plan below, the same link is full again."),
    ),
    Hindrance.TAKEN_AWAY: (
        N_("You took their link away on %(day)s."),
        N_("If that is settled, make one more link below and send it to them."),
    ),
    Hindrance.NO_LINK: (
        N_("They have no link that works."),
        N_("Make one more link below and send it to them."),
    ),
    Hindrance.OLD_LINK: (
        N_("%(app)s still asks with a link that stopped on %(day)s."),
        N_("Send them the link of today: an app has to be given it once."),
    ),
    Hindrance.OPENED_ONLY: (
        N_("They opened their link on %(day)s, but no app has asked for the feed."),
        N_("Perhaps the app did not come up. Send the link again, and ask them to paste it into the app."),
    ),
    Hindrance.NEVER_ASKED: (
        N_("No app has asked for their feed since the link was made on %(day)s."),
        N_("Send the link again, and ask them to open it on the phone they listen with."),
    ),
    Hindrance.TOO_OFTEN: (
        N_("%(app)s asks for the feed too often, and is refused for up to an hour."),
        N_("It goes on by itself. If it does not end, replace the link: the app is stuck, or others use it too."),
    ),
    Hindrance.STAYS_AWAY: (
        N_("%(app)s has not asked for the feed since %(day)s: the member probably removed it."),
        N_("Send the link again."),
    ),
    Hindrance.TOLD_ENDED: (
        N_("%(app)s last asked on %(day)s, while no membership ran, and does not know yet that one does."),
        N_("Ask them to refresh the feed in the app."),
    ),
    Hindrance.BEHIND: (
        N_("%(app)s last asked on %(day)s, before the newest episode came out."),
        N_("Ask them to refresh the feed in the app, and to let it update in the background."),
    ),
    Hindrance.NEVER_HEARD: (
        N_("%(app)s reads the feed, but nobody has ever fetched any audio."),
        N_("Here everything is open. Ask them what the app says when they press play."),
    ),
    Hindrance.PAST_DUE: (
        N_("They hear everything until %(day)s; their last payment failed."),
        N_("They have an e-mail with a link to mend it."),
    ),
    Hindrance.NONE: (
        N_("All is well. %(app)s asked for the feed %(ago)s."),
        "",
    ),
}
_GOOD = frozenset({Hindrance.NONE, Hindrance.PAST_DUE})
# Where handing over the link again is what helps.
_SENDING = frozenset({Hindrance.OLD_LINK, Hindrance.OPENED_ONLY, Hindrance.NEVER_ASKED, Hindrance.STAYS_AWAY})
ANSWERS: dict[FeedAnswer, str] = {
    FeedAnswer.FULL: N_("the whole feed"),
    FeedAnswer.UNCHANGED: N_("nothing new"),
    FeedAnswer.ENDED: N_("the notice that no membership runs, and the public episodes"),
    FeedAnswer.REPLACED: N_("the notice that the link was replaced"),
    FeedAnswer.GONE: N_("refused: the link is gone"),
    FeedAnswer.TOO_OFTEN: N_("refused: too often"),
}


@dataclass(frozen=True, slots=True)
class NewestLine:
    """The newest episode of a show in this member's feed; ``show`` is empty where there is one show only."""

    show: str
    title: str
    published_at: datetime


@dataclass(frozen=True, slots=True)
class LinkLine:
    """One link with what became of it. ``readers`` are apps with the time of their last fetch, the latest first."""

    id: int
    label: str
    state: StandingChip
    is_live: bool
    created_at: datetime
    stopped_at: datetime | None
    fetched_at: datetime | None
    app: str
    answer: str
    others: list[tuple[str, datetime]]
    heard_at: datetime | None
    sign: str


@dataclass(frozen=True, slots=True)
class ListeningView:
    """The sentence in two parts, what is wrong and what to do. ``send_link_id``: the link to send again, if that helps."""

    title: str
    fact: str
    text: str
    kind: str
    send_link_id: int | None
    newest: list[NewestLine]
    links: list[LinkLine]

    @property
    def signs(self) -> list[LinkLine]:
        """The links that look shared."""
        return [link for link in self.links if link.sign and link.is_live]


def make_listening(
    entitlement: Entitlement,
    links: Sequence[FeedLink],
    readers: Mapping[int, Sequence[LinkReader]],
    signs: Mapping[int, SharedLink],
) -> ListeningView:
    """All that the page says. Call it without a transaction: a feed that nobody keeps yet is rendered."""
    newest = _list_newest(entitlement, links)
    newest_at = max((each.published_at for each in newest), default=None)
    found = diagnose(entitlement, [read_use(link, now()) for link in links], newest_at=newest_at, now=now())
    heard_at = max((link.heard_at for link in links if link.heard_at is not None), default=None)
    fact, text = _write_sentence(found, heard_at)
    is_well = found.hindrance in _GOOD
    live = [link for link in links if state_of(link, now()) is LinkState.LIVE]
    old = [link for link in links if link not in live]
    return ListeningView(
        title=gettext("Can this member listen?") if is_well else gettext("Why can this member not listen?"),
        fact=fact,
        text=text,
        kind="ok" if found.hindrance is Hindrance.NONE else "warn",
        send_link_id=found.link_id if found.hindrance in _SENDING else None,
        newest=newest,
        links=[
            _describe_link(link, readers.get(link.id, ()), signs.get(link.id))
            for link in (*live, *old[:_MOST_OLD_LINKS])
        ],
    )


def _write_sentence(found: Diagnosis, heard_at: datetime | None) -> tuple[str, str]:
    fact, text = SENTENCES[found.hindrance]
    if found.hindrance is Hindrance.NONE and heard_at is not None:
        text = HEARD
    day = found.day
    values = {
        "app": name_app(found.app) or gettext("An unknown app"),
        "day": "" if day is None else write_day_short(day),
        "ago": "" if day is None else format_ago(day, now(), language()),
        "heard": "" if heard_at is None else format_ago(heard_at, now(), language()),
    }
    return gettext(fact) % values, gettext(text) % values if text else ""


def _list_newest(entitlement: Entitlement, links: Sequence[FeedLink]) -> list[NewestLine]:
    """By show, what the feeds of the live links hold; they do not differ in that."""
    link = next((link for link in links if state_of(link, now()) is LinkState.LIVE), None)
    if link is None:
        return []
    grace = timedelta(days=settings().past_due_grace_days)
    view = choose_reading(link, LinkState.LIVE, entitlement, grace=grace).view
    states = services().show_states.get()
    found = [(state, examining.find_newest(services().renderer, state, view, now())) for state in states]
    titles = _name_shows() if len(states) > 1 else {}
    return [
        NewestLine(titles.get(state.id, ""), newest.title, newest.published_at)
        for state, newest in found
        if newest is not None
    ]


def _name_shows() -> dict[int, str]:
    with services().db.reading() as session:
        return {show.id: show.title for show in list_shows(session)}


def _describe_link(link: FeedLink, readers: Sequence[LinkReader], sign: SharedLink | None) -> LinkLine:
    answer = ANSWERS[FeedAnswer(link.fetched_answer)] if link.fetched_answer else ""
    state = state_of(link, now())
    stopped_at = link.revoked_at or link.replaced_at
    return LinkLine(
        id=link.id,
        label=link.label,
        state=_make_chip(link, state),
        is_live=state is LinkState.LIVE,
        created_at=link.created_at,
        stopped_at=stopped_at,
        fetched_at=link.fetched_at,
        app=name_app(link.fetched_by),
        answer=gettext(answer) if answer else "",
        others=[(name_app(each.name), each.last_at) for each in readers if each.name != link.fetched_by],
        heard_at=link.heard_at,
        sign="" if sign is None else describe_sign(sign),
    )


def _make_chip(link: FeedLink, state: LinkState) -> StandingChip:
    if state is LinkState.LIVE:
        return StandingChip(gettext("Works"), "ok")
    if link.revoked_at is not None:
        return StandingChip(gettext("Taken away"), "plain")
    return StandingChip(gettext("Replaced"), "plain")
