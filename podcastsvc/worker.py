"""The table of what follows from what: each kind of job with the function that does it, and the schedules."""

import logging
import socket
import zlib
from collections.abc import Callable, Mapping
from datetime import timedelta
from functools import partial
from typing import Any

from podcastsvc.billing import apply, checkout, customers, fulfil, owing, plans, portal, webhooks
from podcastsvc.billing.consulting import bookings
from podcastsvc.billing.following import notices, recovery
from podcastsvc.billing.kinds import gifts
from podcastsvc.billing.letters import giving, host_notes, week
from podcastsvc.billing.letters import owed as billing_letters
from podcastsvc.billing.returning import refunds
from podcastsvc.catalogue import publishing, uploads
from podcastsvc.catalogue.spooling import sweeping
from podcastsvc.catalogue.tree import open_tree
from podcastsvc.content.scan import scan_everything
from podcastsvc.content.search import following
from podcastsvc.feeds import announcing
from podcastsvc.kit import clock, files
from podcastsvc.mail import letters as mail_letters
from podcastsvc.mail import outbox
from podcastsvc.members import accounts, codes, reminders, sessions
from podcastsvc.members import letters as member_letters
from podcastsvc.services import Services
from podcastsvc.stats import rollup
from podcastsvc.storage import jobs, limits
from podcastsvc.storage.working import Schedule, Worker

log = logging.getLogger(__name__)

Payload = Mapping[str, Any]


def make_worker(services: Services, *, with_schedules: bool = True) -> Worker:
    """A worker over the table below; without schedules it does only what is in the queue already."""
    handlers = {kind: partial(work, services) for kind, work in WORK.items()}
    return Worker(services.db, handlers, SCHEDULES if with_schedules else ())


def _sweep(services: Services, _payload: Payload) -> None:
    """Drops what time has made useless: finished jobs, past limits, ended sessions, old codes, proofs of old letters."""
    with services.db.transaction() as session:
        for each in (jobs, limits, sessions, codes, outbox, bookings):
            each.sweep(session, clock.now())


def _scan(services: Services, _payload: Payload) -> None:
    # An object store charges for its list, so this one, which comes round every few seconds, asks for none.
    scan_everything(services.db, services.media, services.settings, checks_media=False)


def _check_media(services: Services, _payload: Payload) -> None:
    """Puts audio that has vanished from the media store there again, from the episodes' folders."""
    scan_everything(services.db, services.media, services.settings)


def _renew_feeds(services: Services, _payload: Payload) -> None:
    """Renders what apps will ask for next, before they do; then the change can be told of. Search follows by itself."""
    with services.db.transaction() as session:
        following.enqueue(session, clock.now())
    services.renderer.renew(clock.now())
    announcing.enqueue_news(services.db, services.renderer, services.settings, clock.now())


def _announce(services: Services, payload: Payload) -> None:
    receiver = announcing.Receiver(payload["receiver"])
    announcing.announce(receiver, str(payload["feed"]), services.settings, announcing.Places())


def _follow_search(services: Services, _payload: Payload) -> None:
    """Brings the search index in line. What is left after a while is done after all else that waits."""
    if not following.follow(services.db).is_done:
        with services.db.transaction() as session:
            following.enqueue(session, clock.now(), priority=-1)


def _note_published(_services: Services, payload: Payload) -> None:
    """An episode came out. Feeds and pages show it without being told; the log keeps the instant for the operator."""
    log.info("episode out", extra={"episode": payload.get("episode_id")})


def _sweep_uploads(services: Services, _payload: Payload) -> None:
    """Removes what killed writers left: in the spool, the media store, and the folders of episodes (rule T-F7)."""
    sweeping.sweep(services.db, services.settings.data / "spool", clock.now())
    files.sweep_leftovers(services.settings.data / "media")
    root = open_tree(services.settings).root
    if root is not None:
        publishing.sweep(root)


def _write_code_letter(services: Services, payload: Payload) -> None:
    """Answers somebody who asked for a code, where there is an account to sign in to."""
    sender = services.make_sender()
    with services.db.transaction() as session:
        member_letters.write_code_letter(
            session,
            services.keys,
            sender,
            code_id=str(payload["code"]),
            language=str(payload["language"]),
            now=clock.now(),
        )


def _send_letter(services: Services, payload: Payload) -> None:
    outbox.send_letter(services.db, services.transport, str(payload["letter"]))


def _remind(services: Services, _payload: Payload) -> None:
    """Writes to those whose feed no app has read a day or three after they joined."""
    reminders.remind(services.db, services.keys, services.make_sender(), clock.now())


def _update_customers(services: Services, payload: Payload) -> None:
    """Tells Stripe a member's new address; without payments there is nobody to tell."""
    if services.find_gateway() is not None:
        customers.update_addresses(services.make_desk(), int(payload["member"]))


def _roll_up(services: Services, _payload: Payload) -> None:
    with services.db.transaction() as session:
        rollup.roll_up(session, clock.now())


def _prepare_payments(services: Services) -> None:
    """Makes at Stripe what a changed plan needs; while payments are off nothing has to be there."""
    if services.find_gateway() is not None:
        portal.prepare(services.make_desk())


def _carry_out_refund(services: Services, payload: Payload) -> None:
    refunds.carry_out(services.make_desk(), payload)


def _write_gift_letter(services: Services, payload: Payload) -> None:
    giving.write(
        giving.GiftPost(services.db, services.keys, services.make_sender(), services.find_zone()),
        payload,
    )


def _catch_up(services: Services, _payload: Payload) -> None:
    if services.find_gateway() is not None:
        recovery.run_hourly(services.make_desk(), clock.now())


def _compare(services: Services, _payload: Payload) -> None:
    if services.find_gateway() is not None:
        recovery.run_nightly(services.make_desk(), clock.now())


def _write_week(services: Services, _payload: Payload) -> None:
    if services.find_gateway() is not None:
        week.write_summary(services.make_desk(), clock.now())


# What follows from what. This is the one place to read it.
WORK: dict[str, Callable[[Services, Payload], None]] = {
    "catalogue.scan": _scan,
    "catalogue.check_media": _check_media,
    "show.changed": _renew_feeds,
    announcing.ANNOUNCE_JOB: _announce,
    following.FOLLOW_JOB: _follow_search,
    "episode.published": _note_published,
    uploads.SWEEP_JOB: _sweep_uploads,
    codes.ASKED_JOB: _write_code_letter,
    mail_letters.SEND_JOB: _send_letter,
    reminders.REMIND_JOB: _remind,
    accounts.EMAIL_CHANGED_JOB: _update_customers,
    webhooks.WORK_JOB: lambda services, payload: notices.work(services.make_desk(), str(payload["notice"])),
    checkout.OPENED_JOB: lambda services, payload: billing_letters.greet(services.make_desk(), str(payload["order"])),
    owing.LETTER_JOB: lambda services, payload: billing_letters.write(services.make_desk(), payload),
    owing.HOST_NOTE_JOB: lambda services, payload: host_notes.write_host_note(services.make_desk(), payload),
    owing.PAYMENT_JOB: lambda services, payload: apply.sync_payment(services.make_desk(), str(payload["payment"])),
    owing.END_JOB: lambda services, payload: fulfil.end_subscription(
        services.make_desk(), str(payload["subscription"])
    ),
    owing.GIVE_BACK_JOB: lambda services, payload: fulfil.give_back(services.make_desk(), str(payload["order"])),
    gifts.LETTER_JOB: _write_gift_letter,
    refunds.REFUND_JOB: _carry_out_refund,
    plans.PREPARE_JOB: lambda services, _payload: _prepare_payments(services),
    "billing.catch_up": _catch_up,
    "billing.compare": _compare,
    "billing.week": _write_week,
    "stats.roll_up": _roll_up,
    "sweep": _sweep,
}

# The night's comparison with Stripe comes at a minute of its own for each machine, so that not all installations ask at
# once. It is the same in every process and after every start: another minute would be another run.
_NIGHT = timedelta(hours=2, minutes=zlib.crc32(socket.gethostname().encode()) % 120)

SCHEDULES: tuple[Schedule, ...] = (
    Schedule("scan", "catalogue.scan", timedelta(seconds=15)),
    Schedule("media", "catalogue.check_media", timedelta(hours=1), offset=timedelta(minutes=40)),
    Schedule("search", following.FOLLOW_JOB, timedelta(hours=1), offset=timedelta(minutes=50)),
    Schedule("sweep", "sweep", timedelta(hours=1)),
    Schedule("uploads", uploads.SWEEP_JOB, timedelta(hours=1)),
    Schedule("remind", reminders.REMIND_JOB, timedelta(hours=1), offset=timedelta(minutes=10)),
    Schedule("catch-up", "billing.catch_up", timedelta(hours=1)),
    Schedule("compare", "billing.compare", timedelta(days=1), offset=_NIGHT),
    Schedule("week", "billing.week", timedelta(days=7), offset=timedelta(days=4, hours=6)),
    Schedule("roll-up", "stats.roll_up", timedelta(days=1), offset=timedelta(minutes=20)),
)
