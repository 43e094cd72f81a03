"""The installation that is pictured: the sample show on a certain Monday, with people who joined and downloads that were
counted before. All of it is invented, and the same each time."""

import os
import random
import re
import shutil
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import feedparser
from sqlalchemy import select

from podcastsvc.kit.bundled import get_folder
from podcastsvc.storage.db import Database
from podcastsvc.storage.tables.episode import Episode
from podcastsvc.storage.tables.stats import DownloadCount
from tests.catalogue.recordings import make_comment, make_id3, make_mp3, make_text
from tests.content.texts import write_text
from tests.flows.conftest import enter_studio
from tests.flows.uploading import Sender
from tests.flows.visitor import Visitor
from tests.site import Site, read_body, wait_for

NOW = datetime(2026, 11, 23, 8, 40, tzinfo=UTC)
CLOCK = Path(__file__).parent / "clock"
ROOT = Path(__file__).parents[2]
GOOD_CARD, FAILS_LATER = "4242 4242 4242 4242", "4000 0000 0000 0341"
APPS = {"Apple Podcasts": 38, "Overcast": 17, "Pocket Casts": 14, "AntennaPod": 9, "Spotify": 6}
APP = {"User-Agent": "Overcast/3.0 (+http://overcast.fm/; iOS podcast app)"}
DAYS = 90
RECORDING = make_mp3(
    1500,
    tags=make_id3(
        make_text("TIT2", "A wardrobe full of coats"),
        make_text("TRCK", "6"),
        make_comment("Why the cheapest booth in the house is the best one, and how to sit in it."),
    ),
)


class PicturedSite(Site):
    """An installation whose clock stands where ``at`` says, from its next start on."""

    at = NOW

    @property
    def environ(self) -> dict[str, str]:
        ahead = (self.at - datetime.now(UTC)).total_seconds()
        paths = [str(CLOCK), str(ROOT), os.environ.get("PYTHONPATH", "")]
        given = {"PYTHONPATH": os.pathsep.join(filter(None, paths)), "PICTURED_SECONDS_AHEAD": str(ahead)}
        return super().environ | given

    def go_to(self, at: datetime) -> None:
        """Starts anew at another time; what fell due meanwhile is done."""
        if self._server is not None:
            self.stop()
        self.at = at
        self.run("scan")
        self.start()


def make_stage(folder: Path) -> tuple[PicturedSite, dict[str, Visitor]]:
    """The served installation, and the browsers of a visitor, of Ben who is a member, and of Ada who is the host."""
    site = PicturedSite(folder)
    shutil.copytree(get_folder("episodes"), site.episodes, dirs_exist_ok=True)
    call = {"title": "Open questions", "starts": f"{NOW + timedelta(days=9, hours=9):%Y-%m-%d %H:%M}Z"}
    write_text(site.episodes, "calls/open-questions.md", **call, room="https://meet.example/ada", access="members")
    for path in site.episodes.rglob("*"):
        os.utime(path, (0, 0))
    site.at = NOW - timedelta(days=366)
    site.run("init", "--host-email", "ada@example.org")
    site.go_to(site.at)
    join(site, "ben@example.org", "year")
    join(site, "cleo@example.org", "year", card=FAILS_LATER)
    for ago, name, interval in ((19, "lucia", "month"), (8, "jonas", "year"), (1, "mensah", "month")):
        site.go_to(NOW - timedelta(days=ago, hours=2))
        join(site, f"{name}@example.org", interval)
    site.stop()
    count_downloads(site)
    site.go_to(NOW)
    ada = enter_studio(site)
    ada.send(ada.get("/studio/"), "Hide this list")
    ada.send(ada.get("/account/profile"), "Save", name="Ada Lind")
    leave_drafts(site, ada)
    ben = sign_in(site, "ben@example.org")
    ben.send(ben.get("/account/profile"), "Save", name="Ben Okoro")
    listen(site, ben)
    return site, {"visitor": Visitor(site.base_url), "ben": ben, "ada": ada}


def leave_drafts(site: Site, ada: Visitor) -> None:
    """Notes without audio, and a recording whose upload was cut."""
    ada.send(ada.get("/studio/episodes/new"), "Save draft", title="The sound of a kitchen", number="6")
    sender = Sender(site, ada, "open-questions-november.mp3", len(RECORDING))
    sender.send(RECORDING[: len(RECORDING) * 38 // 100])


def listen(site: Site, member: Visitor) -> None:
    """The member's app reads the feed and fetches three episodes."""
    (link,) = member.get("/account").document.xpath("//input[@id='private-link']/@value")
    feed = feedparser.parse(site.fetch(link, headers=APP).body)
    for entry in feed.entries[:3]:
        site.fetch(entry.enclosures[0].href, headers=APP)


def join(site: Site, email: str, interval: str, *, card: str = GOOD_CARD) -> None:
    visitor = Visitor(site.base_url)
    checkout = visitor.send(visitor.get(f"/join?plan={interval}"), "Continue to payment", email=email)
    paid = visitor.send(checkout, "Pay €", number=card, expiry="12/34", cvc="123")
    assert paid.status == 200, paid.words[:800]
    wait_for(lambda: site.letters_to(email), "the welcome")


def sign_in(site: Site, email: str) -> Visitor:
    visitor = Visitor(site.base_url)
    before = len(site.letters_to(email))
    form = visitor.send(visitor.get("/sign-in"), "Send a code", email=email)
    wait_for(lambda: len(site.letters_to(email)) > before, "the code")
    found = re.search(r"\b\d{6}\b", read_body(site.letters_to(email)[-1]))
    assert found is not None
    visitor.send(form, "Sign in", code=found[0])
    return visitor


def count_downloads(site: Site) -> None:
    """So many a day as a small show has: most in the days after an episode, by members where it is theirs."""
    dice = random.Random(7)
    db = Database(f"sqlite:///{site.data / 'podcastsvc.db'}")
    with db.transaction() as session:
        for episode in session.scalars(select(Episode).order_by(Episode.published_at)):
            assert episode.published_at is not None
            for ago in range(1, DAYS):
                day = NOW.date() - timedelta(days=ago)
                age = (day - episode.published_at.date()).days
                if age >= 0:
                    session.add_all(_make_counts(dice, day, episode, age))
    db.dispose()


def _make_counts(dice: random.Random, day: date, episode: Episode, age: int) -> list[DownloadCount]:
    first_day = 600 + 70 * (episode.number or 0)
    number = round(dice.uniform(0.9, 1.1) * (first_day / (1 + age) ** 1.1 + 25))
    made = []
    for app, part in APPS.items():
        for audience, share in (("public", 0.6), ("members", 0.4)):
            count = round(number * part / 100 * share)
            alike = {"is_preview": False, "device": "phone", "is_asked": False, "is_anomaly": False}
            if count:
                made.append(
                    DownloadCount(day=day, episode_guid=episode.guid, audience=audience, app=app, count=count, **alike)
                )
    return made
