"""What `podcastsvc check` examines: settings, files, media, feeds, letters, jobs, payments."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from podcastsvc.billing.plans import list_titles
from podcastsvc.billing.setting_up.checks import Finding as PaymentFinding
from podcastsvc.catalogue import episodes, notices, shows
from podcastsvc.catalogue.access import is_out, read_access
from podcastsvc.catalogue.remarks import remark_from_json
from podcastsvc.commands.payments import list_findings
from podcastsvc.errors import Failure
from podcastsvc.feeds import examining
from podcastsvc.feeds.examining import FeedReport
from podcastsvc.feeds.versions import ShowState, list_states
from podcastsvc.kit import clock, files
from podcastsvc.kit.language import format_ago
from podcastsvc.services import Services
from podcastsvc.stats.agents import name_app
from podcastsvc.stats.reports import list_app_fetches
from podcastsvc.storage import jobs
from podcastsvc.storage.tables.episode import ScanEntry


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was examined. ``message`` says what is, and where it is not well what to do."""

    subject: str
    is_well: bool
    message: str


def examine(services: Services) -> list[Finding]:
    """Everything, in an order that begins with what others rest on; a part that fails is a finding, not an end."""
    found: list[Finding] = []
    for subject, look in _PARTS.items():
        try:
            found.extend(look(services))
        except Failure as failure:
            found.append(Finding(subject, False, failure.message))
    return found


def _look_at_settings(services: Services) -> Iterator[Finding]:
    settings = services.settings
    services.keys.current_id  # noqa: B018 -- raises where the key file is missing, short, or open to others
    yield Finding("settings", True, f"{settings.base_url}, data in {settings.data}")
    if not settings.is_https and not settings.is_loopback:
        yield Finding("settings", False, "BASE_URL is plain http: members' addresses travel in the open. Use https.")
    if not settings.is_loopback and not settings.trusted_proxies:
        yield Finding("settings", True, "TRUSTED_PROXIES is 0: right only if no proxy stands in front.")


def _look_at_disk(services: Services) -> Iterator[Finding]:
    room = files.read_room(services.settings.data)
    text = f"{room.free_bytes / 1e9:.1f} GB free, {room.needed_bytes / 1e9:.1f} GB must stay free"
    message = text if room.is_enough else f"{text}: uploads stop. Make room or move the data folder."
    yield Finding("disk", room.is_enough, message)


def _look_at_episodes(services: Services) -> Iterator[Finding]:
    with services.db.reading() as session:
        found = shows.list_shows(session)
        entries = list(session.scalars(select(ScanEntry)))
        counts = {show.title: episodes.count_out(session, show.id, clock.now()) for show in found}
    if not found:
        yield Finding("episodes", False, f"There is no show in {services.settings.episodes!r}. Put a show.yaml there.")
    for title, count in counts.items():
        yield Finding("episodes", True, f"{title}: {count} episodes out")
    for entry in entries:
        for remark in map(remark_from_json, entry.problems):
            if remark.is_mistake:
                yield Finding("episodes", False, f"{entry.folder}/{remark}")


def _look_at_feeds(services: Services) -> Iterator[Finding]:
    """Each show's public feed and members' feeds, as an app would get them, and when each app last did."""
    now = clock.now()
    with services.db.reading() as session:
        states, plans = list_states(session), list_titles(session, services.settings.default_language)
        fetches = {state.id: list(_list_fetches(session, state, now)) for state in states}
    for state in states:
        for view in examining.list_views(services.renderer, state, plans, now):
            report = examining.examine(services.renderer, services.settings, state, view, now)
            yield from _judge_feed(f"{state.key}, {examining.name_view(view, plans)}", report)
        yield from fetches[state.id]


def _judge_feed(name: str, report: FeedReport) -> Iterator[Finding]:
    for each in report.findings:
        where = f"page {each.page_numbers}" if each.pages else ""
        concerned = ": ".join(part for part in (where, _name_some(each.items)) if part)
        told = f"{each.problem} {each.advice}" + (f" ({concerned})" if concerned else "")
        yield Finding("feeds", not each.is_mistake, f"{name}: {told}")
    size = f"{report.length_bytes / 1000:.0f} kB, {report.packed_bytes / 1000:.0f} kB as sent"
    pages = f" on {report.pages} pages" if report.pages > 1 else ""
    told = "1 episode" if report.items == 1 else f"{report.items} episodes"
    yield Finding("feeds", True, f"{name}: {told}{pages}, {size}")


def _list_fetches(session: Session, state: ShowState, now: datetime) -> Iterator[Finding]:
    """When each app last got a show's feeds; numbers of members are the studio's."""
    for name, of_members in (("public feed", False), ("members' feeds", True)):
        rows = list_app_fetches(session, state.key, of_members=of_members)
        told = [f"{name_app(row.name) or 'an unknown app'} {format_ago(row.fetched_at, now, 'en')}" for row in rows]
        yield Finding("feeds", True, f"{state.key}, {name}, last fetched: {', '.join(told) or 'by no app yet'}")


def _name_some(titles: Sequence[str], most: int = 3) -> str:
    more = f" and {len(titles) - most} more" if len(titles) > most else ""
    return ", ".join(titles[:most]) + more


def _look_at_media(services: Services) -> Iterator[Finding]:
    """Each audio file that a feed names lies in the media store, with that length (rule T-D2); and no episode that is
    out has lost its audio, for then no feed can name it."""
    now = clock.now()
    with services.db.reading() as session:
        every = episodes.list_all(session)
        current = [audio for each in every for audio in episodes.list_current(each).values()]
        spoken = notices.list_present(session)
        silent = [each for each in every if is_out(read_access(each), now) and episodes.has_lost_audio(each)]
    for each in silent:
        message = (
            f"{each.title!r} has lost its audio and is left out of feeds. Put it back into {each.folder}, then scan."
        )
        yield Finding("media", False, message)
    offered = [(f"{audio.name}.{audio.extension}", audio.media_key, audio.length_bytes) for audio in current]
    offered += [(f"{audio.name}.mp3", audio.media_key, audio.length_bytes) for audio in spoken]
    missing = [name for name, key, length_bytes in offered if services.media.find_length(key) != length_bytes]
    for name in missing:
        yield Finding("media", False, f"{name} is not whole in the media store. Run a scan.")
    if not missing:
        yield Finding("media", True, f"{len(offered)} audio files are there, whole")


def _look_at_jobs(services: Services) -> Iterator[Finding]:
    with services.db.reading() as session:
        failing = jobs.list_failing(session)
    for job in failing[:10]:
        yield Finding("jobs", False, f"{job.kind} failed {job.attempts} times: {job.last_error}")
    if not failing:
        yield Finding("jobs", True, "none fails again and again")


def _look_at_mail(services: Services) -> Iterator[Finding]:
    if services.settings.smtp_url:
        services.transport.check()
        yield Finding("mail", True, "the mail server answers")
    else:
        is_well = services.settings.is_loopback
        advice = "" if is_well else " Nobody gets them: set SMTP_URL."
        yield Finding("mail", is_well, f"letters are written to {services.settings.data / 'mail'}.{advice}")


def _look_at_payments(services: Services) -> Iterator[Finding]:
    for each in list_findings(services):
        yield _translate(each)


def _translate(each: PaymentFinding) -> Finding:
    return Finding("payments", each.level != "fail", f"{each.what}. {each.advice}".rstrip(". ") + ".")


_PARTS: dict[str, Callable[[Services], Iterator[Finding]]] = {
    "settings": _look_at_settings,
    "disk": _look_at_disk,
    "episodes": _look_at_episodes,
    "feeds": _look_at_feeds,
    "media": _look_at_media,
    "jobs": _look_at_jobs,
    "mail": _look_at_mail,
    "payments": _look_at_payments,
}
