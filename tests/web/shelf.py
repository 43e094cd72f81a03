"""A show on disk with an episode of every kind, scanned once; and people who hear it."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from lxml import html

from podcastsvc.billing import plans
from podcastsvc.catalogue.scan import scan_tree
from podcastsvc.members import feed_tokens, grants, subscriptions
from podcastsvc.members.subscriptions import Account
from podcastsvc.settings import Settings
from podcastsvc.storage.db import Database
from podcastsvc.storage.media import make_media_store
from podcastsvc.storage.tables.billing import Subscription
from tests.catalogue.folders import make_cover, make_unique, write, write_notes
from tests.catalogue.recordings import make_mp3

NOW = datetime(2026, 6, 2, 10, 0, 30, tzinfo=UTC)
"""Tuesday 2 June 2026, noon in Madrid."""

SHOW = """\
title: {en: The Long Meridian, es: El meridiano largo}
promise: {en: Unhurried conversations on power and trade., es: Conversaciones sin prisa sobre poder y comercio.}
author: Inés Calder
owner: {name: Inés Calder, email: ines@example.org}
timezone: Europe/Madrid
categories: [History]
benefits:
  - {en: Extended cuts, es: Versiones largas}
"""
SECOND_SHOW = """\
title: Short Waves
tagline: Two minutes on one thing
timezone: UTC
owner: {name: Inés Calder, email: ines@example.org}
categories: [History]
"""
TRANSCRIPT = """WEBVTT

00:00.000 --> 00:04.000
<v Inés>So you open the {word} ledger.

00:12.000 --> 00:20.000
<v Pelin>By the ton, by the day, by the mood of the clerk.
"""
CHAPTERS = """{{"version": "1.2.0", "chapters": [
  {{"startTime": 0, "title": "Why start in {word}"}}, {{"startTime": 12, "title": "Who paid"}}]}}
"""
GUEST = "[{name: Pelin Arslan, role: guest, url: https://www.pelin.example/}]"


def put(root: Path, folder: str, *, body="About maps.\n", words="", parts=(), **head) -> Path:
    """Writes an episode's folder. ``parts`` are pairs of an audio file's name and its seconds; ``words`` stand in transcript
    and chapters, where there are any."""
    path = root / folder
    write_notes(path, body=body, **head)
    for name, seconds in parts:
        write(path / f"{name}.mp3", make_mp3(seconds, kbps=(32,), tags=make_unique(f"{folder} {name}")))
    if words:
        write(path / "transcript.vtt", TRANSCRIPT.format(word=words))
        write(path / "chapters.json", CHAPTERS.format(word=words))
    return path


def fill(root: Path) -> None:
    """One episode of every kind; the newest that is out is for members first."""
    write(root / "show.yaml", SHOW)
    write(root / "artwork.jpg", make_cover())
    put(
        root,
        "2026-06-01-sanctions",
        title="A short history of sanctions",
        date="2026-06-01 06:00",
        access="members",
        public_from="2026-06-05 06:00",
        episode=215,
        words="sanctioned",
        parts=[("audio", 190)],
    )
    put(
        root,
        "2026-05-28-canal",
        title="The canal that moved the world",
        date="2026-05-28 06:00",
        season=3,
        episode=214,
        people=GUEST,
        tags="[Trade, Empire]",
        summary="Pelin Arslan has read the ledgers.",
        words="canal",
        body="# Links\n\nAt 0:12 the [ledgers](https://ledgers.example/).\n",
        parts=[("audio", 65), ("members", 190)],
    )
    put(
        root,
        "2026-05-24-call",
        title="Recording of the call",
        date="2026-05-24 06:00",
        season=3,
        access="members",
        tags="[Trade]",
        words="secret",
        parts=[("members", 185), ("preview", 62)],
    )
    put(
        root,
        "2026-05-22-seabed",
        title="Who owns the seabed?",
        date="2026-05-22 06:00",
        access="members",
        words="seabed",
        parts=[("members", 121)],
    )
    put(
        root,
        "2026-05-20-patrons",
        title="For patrons",
        date="2026-05-20 06:00",
        access="[patrons]",
        parts=[("members", 90)],
    )
    put(
        root,
        "2026-05-01-bread",
        title="Grano y pan",
        date="2026-05-01 06:00",
        season=2,
        language="es",
        aliases="[/grain-and-bread/, /episodes/bread-and-grain/]",
        parts=[("audio", 30)],
    )
    put(root, "2026-04-20-words-only", title="Words only", date="2026-04-20 06:00")
    put(root, "2026-06-09-later", title="Later", date="2026-06-09 06:00", tags="[Trade]", parts=[("audio", 20)])
    put(root, "draft", title="Not yet", tags="[Trade]", aliases="[/not-yet/]", parts=[("audio", 21)])
    put(root, "2026-04-01-gone", title="Gone", date="2026-04-01 06:00", expires="2026-05-01", parts=[("audio", 22)])
    put(root, "2026-05-10-quiet", title="Quiet", date="2026-05-10 06:00", listed="false", parts=[("audio", 23)])
    write(root / "waves" / "show.yaml", SECOND_SHOW)
    put(root / "waves", "2026-05-15-tides", title="Tides", date="2026-05-15 06:00", parts=[("audio", 24)])


def scan(settings: Settings, db: Database | None = None, **more) -> None:
    """Scans the tree of an installation; one that is not open yet is opened for the time."""
    database = db or Database(settings.database)
    report = scan_tree(database, make_media_store(settings), settings, settle_seconds=0, **more)
    assert not report.mistakes, report.write()
    with database.transaction() as session:
        plans.make_first_plan(session, more.get("now", NOW))
    if db is None:
        database.dispose()


def give(services, member, plan="members", *, until=None) -> None:
    """Membership as a present."""
    with services.db.transaction() as session:
        grants.save_grant(
            session,
            member.id,
            plan,
            reason="gift",
            source_id=f"test:{member.id}",
            starts_at=NOW - timedelta(days=5),
            ends_at=until,
            now=NOW,
        )


def subscribe_past_due(services, member) -> None:
    """A yearly subscription whose renewal failed two days ago."""
    with services.db.transaction() as session:
        subscriptions.save_account(session, Account("acct_1", False))
        session.add(
            Subscription(
                stripe_id=f"sub_{member.id}",
                member_id=member.id,
                customer_id="cus_1",
                account="acct_1",
                livemode=False,
                plans=["members"],
                status="past_due",
                interval="year",
                amount_minor=6000,
                currency="EUR",
                started_at=NOW - timedelta(days=400),
                period_end=NOW + timedelta(days=363),
                past_due_since=NOW - timedelta(days=2),
                access_kept_until=NOW + timedelta(days=19),
                synced_at=NOW,
            )
        )


def show_secrets(services, member):
    """The secrets of a member's own link."""
    with services.db.reading() as session:
        (link,) = feed_tokens.list_links(session, member.id)
    return feed_tokens.show_link(services.keys, link)


# ---- reading pages


def read(reply):
    """The document of a page that answered."""
    assert reply.status_code == 200, reply.text
    return html.fromstring(reply.text)


def words(element) -> str:
    """What a person reads in an element, with one space between its parts."""
    return " ".join(" ".join(element.itertext()).split())


def main_of(reply) -> str:
    """What a person reads in a page's main part."""
    return words(read(reply).find(".//main"))
