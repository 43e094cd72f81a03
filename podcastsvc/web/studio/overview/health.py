"""How the installation does: the list of the overview, and the one note that needs attention most."""

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy.orm import Session

from podcastsvc.billing.following import notices
from podcastsvc.catalogue import episodes
from podcastsvc.catalogue.problems import FolderProblems
from podcastsvc.kit.files import read_room
from podcastsvc.mail import outbox
from podcastsvc.members import subscriptions
from podcastsvc.storage import jobs
from podcastsvc.web.context import now, settings
from podcastsvc.web.language import make_path
from podcastsvc.web.pages import gettext, ngettext, write_megabytes
from podcastsvc.web.studio.episodes.checks import Check
from podcastsvc.web.studio.sharing import list_shared

_LETTERS_OF = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Attention:
    """The one note: the fact, what it means, and the way on."""

    fact: str
    text: str
    href: str
    action: str


@dataclass(frozen=True, slots=True)
class Condition:
    """What was counted for both."""

    mistakes: int
    failing_jobs: list[str]
    lost_letters: int
    dead_notices: int
    past_due: int
    shared_links: int
    episodes_out: int


def read_condition(session: Session, problems: list[FolderProblems], show_id: int | None) -> Condition:
    """Counts everything that may be wrong, and what is right."""
    return Condition(
        mistakes=sum(1 for folder in problems if folder.has_mistake),
        failing_jobs=[f"{job.kind}: {job.last_error or ''}" for job in jobs.list_failing(session)],
        lost_letters=outbox.count_given_up(session, now() - _LETTERS_OF),
        dead_notices=notices.count_states(session).get("dead", 0),
        past_due=len(subscriptions.list_past_due(session)),
        shared_links=len(list_shared(session)),
        episodes_out=episodes.count_out(session, show_id, now()) if show_id is not None else 0,
    )


def find_attention(condition: Condition) -> Attention | None:
    """The worst that is wrong; None where nothing is."""
    for count, fact, text, href, action in _list_troubles(condition):
        if count:
            return Attention(fact % {"count": count}, text, href, action)
    return None


def _list_troubles(condition: Condition) -> list[tuple[int, str, str, str, str]]:
    """All that may be wrong, the worst first: how often it is, the fact, what it means, the way on and its words."""
    health, scan = (f"{make_path('studio.overview')}#{part}" for part in ("health", "scan"))
    mistakes, failing, lost = condition.mistakes, len(condition.failing_jobs), condition.lost_letters
    dead, unpaid, shared = condition.dead_notices, condition.past_due, condition.shared_links
    return [
        (
            mistakes,
            ngettext("One folder has a mistake.", "%(count)s folders have mistakes.", mistakes),
            gettext("What is published stays as it was until the file is mended."),
            scan,
            gettext("See what to mend"),
        ),
        (
            failing,
            ngettext(
                "One piece of work failed again and again.", "%(count)s pieces of work failed again and again.", failing
            ),
            "".join(condition.failing_jobs[:1]),
            health,
            gettext("See how things are"),
        ),
        (
            lost,
            ngettext("One e-mail could not be sent.", "%(count)s e-mails could not be sent.", lost),
            gettext("The mail server refused them, or did not answer for three days."),
            make_path("studio.letters"),
            gettext("See them"),
        ),
        (
            dead,
            ngettext(
                "One message from Stripe could not be worked on.",
                "%(count)s messages from Stripe could not be worked on.",
                dead,
            ),
            gettext("`podcastsvc payments sync` tries again and says what is wrong."),
            health,
            gettext("See how things are"),
        ),
        (
            unpaid,
            ngettext("One member's payment failed.", "The payments of %(count)s members failed.", unpaid),
            ngettext(
                "They have had an e-mail with a link, and keep access for %(days)s days.",
                "Each has had an e-mail with a link, and keeps access for %(days)s days.",
                unpaid,
            )
            % {"days": settings().past_due_grace_days},
            make_path("studio.members", standing="past_due"),
            gettext("See them"),
        ),
        (
            shared,
            ngettext("One member's link looks shared.", "The links of %(count)s members look shared.", shared),
            gettext("Nothing is cut off by it. Look at what was counted, and replace a link if you want to."),
            f"{make_path('studio.settings_health')}#shared",
            gettext("See how they are used"),
        ),
    ]


def list_health(condition: Condition) -> list[Check]:
    """Feed, links that look shared, payments, e-mails, work in the background, disk."""
    return [
        _check_feed(condition),
        *_check_sharing(condition),
        _check_payments(condition),
        _check_letters(condition),
        _check_jobs(condition),
        _check_disk(),
    ]


def _check_feed(condition: Condition) -> Check:
    if condition.mistakes:
        return Check("warn", gettext("Some folders hold mistakes; the feed goes on without them"))
    if not condition.episodes_out:
        return Check("ok", gettext("The feed is ready for its first episode"))
    text = ngettext("Feed with one episode", "Feed with %(count)s episodes", condition.episodes_out)
    return Check("ok", text % {"count": condition.episodes_out})


def _check_sharing(condition: Condition) -> list[Check]:
    count = condition.shared_links
    if not count:
        return []
    text = ngettext("One member's link looks shared", "%(count)s links look shared", count)
    return [Check("warn", text % {"count": count})]


def _check_payments(condition: Condition) -> Check:
    if condition.dead_notices:
        return Check("warn", gettext("Messages from Stripe wait: run `podcastsvc payments sync`"))
    texts = {
        "stripe": gettext("Payments go to your Stripe account"),
        "sim": gettext("Payments are simulated; no money moves"),
        "off": gettext("Payments are off: nobody can join yet"),
    }
    mode = settings().mode_of_payments
    return Check("warn" if mode == "off" else "ok", texts[mode])


def _check_letters(condition: Condition) -> Check:
    if condition.lost_letters:
        return Check("warn", gettext("Some e-mails could not be sent"))
    if settings().smtp_url:
        return Check("ok", gettext("E-mails go out"))
    if settings().is_loopback:
        return Check("ok", gettext("E-mails are kept in a folder"))
    return Check("warn", gettext("E-mails are kept in a folder and reach nobody: set PODCASTSVC_SMTP_URL"))


def _check_jobs(condition: Condition) -> Check:
    if condition.failing_jobs:
        return Check(
            "warn", gettext("Failed again and again: %(work)s") % {"work": "; ".join(condition.failing_jobs[:3])}
        )
    return Check("ok", gettext("Work in the background is done"))


def _check_disk() -> Check:
    room = read_room(settings().data)
    size = {"size": _write_gigabytes(room.free_bytes)}
    if not room.is_enough:
        return Check("warn", gettext("Only %(size)s free on the disk: uploads stop") % size)
    return Check("ok", gettext("%(size)s free on the disk") % size)


def _write_gigabytes(length_bytes: int) -> str:
    return f"{length_bytes / 1e9:.0f} GB" if length_bytes >= 10**10 else write_megabytes(length_bytes)
