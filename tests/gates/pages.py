"""The kinds of pages there are, and the sample show with its people, as the gates see them: in a browser, by the Nu HTML
Checker, by weight, by Lighthouse and pa11y. A new page belongs into one of these lists."""

import re
import shutil
from collections.abc import Callable, Iterable, Iterator
from datetime import timedelta
from pathlib import Path

from podcastsvc.kit import clock
from podcastsvc.kit.bundled import get_folder
from tests.catalogue.recordings import make_mp3
from tests.content.texts import write_text
from tests.flows.conftest import enter_studio, join
from tests.flows.visitor import Visitor
from tests.site import Site

EPISODE = "/episodes/what-a-feed-is/"
CALL = "/calls/open-questions"
VISITOR = (
    "/",
    "/episodes/",
    EPISODE,
    "/episodes/the-first-minute/",
    "/episodes/grabar-en-casa/",
    "/episodes/letter-box/",
    "/episodes/how-loud-is-loud/",
    f"{EPISODE}transcript",
    "/episodes/letter-box/transcript",
    "/tags/beginners/",
    "/articles/",
    "/articles/eleven-listeners/",
    "/articles/saying-no/",
    "/about/",
    "/faq/",
    "/sponsors/",
    "/reviews/",
    "/privacy",
    "/terms",
    "/accessibility",
    "/calls/",
    CALL,
    "/contact/",
    "/contact/sent",
    "/people/",
    "/people/ada-lind/",
    "/follow",
    "/search",
    "/search?q=feed",
    "/search?q=letter+box",
    "/search?q=turquoise",
    "/join",
    "/join/free",
    "/gift",
    "/gift/redeem",
    "/support",
    "/consultation",
    # On the clock of its own zone the page stays; otherwise it is asked for once more with the reader's.
    "/consultation/30?zone=UTC",
    "/billing/done",
    "/sign-in",
    "/sign-in/password",
    "/sign-in/lost",
    "/nothing",
)
MEMBER = (
    "/",
    "/articles/saying-no/",
    "/episodes/letter-box/",
    "/episodes/letter-box/transcript",
    "/follow",
    "/search?q=letter+box",
    "/join",
    "/welcome",
    CALL,
    "/account",
    "/account/feeds",
    "/account/profile",
    "/account/email",
    "/account/password",
    "/account/receipts",
    "/account/cancel",
    "/account/plan",
    "/account/group",
    "/account/group?size=3",
)
HOST = (
    "/studio/",
    "/studio/episodes",
    "/studio/episodes/new",
    "/studio/episodes/1",
    "/studio/episodes/1/chapters",
    "/studio/episodes/1/transcript",
    "/studio/episodes/1/withdraw",
    "/studio/articles",
    "/studio/articles/new",
    "/studio/pages",
    "/studio/pages/new",
    "/studio/people",
    "/studio/people/new",
    "/studio/calls",
    "/studio/calls/new",
    "/studio/members",
    "/studio/members/new",
    "/studio/members/1",
    "/studio/members/1/story",
    "/studio/plans",
    "/studio/plans/new",
    "/studio/plans/members",
    "/studio/offers",
    "/studio/coupons",
    "/studio/donations",
    "/studio/consultations",
    "/studio/consultations/settings",
    "/studio/money",
    "/studio/numbers",
    "/studio/orders",
    "/studio/payments",
    "/studio/letters",
    "/studio/old-addresses",
    "/studio/old-addresses/new",
    "/studio/old-addresses/paste",
    "/studio/settings/health",
    "/studio/settings/look",
    "/studio/settings/payments",
    "/studio/settings/show",
)
REFUSED = {"/nothing": 404, "/episodes/letter-box/transcript": 403}
"""What a visitor is answered with where it is not 200."""
LATER = (("cleo", "/"), ("cleo", "/account"), ("dev", "/"), ("dev", "/account"), ("dev", "/episodes/letter-box/"))
"""A year on: Cleo's renewal has failed, Dev has left."""

People = dict[str, Visitor]


def serve_sample(folder: Path, *, prepare: Callable[[Site], None] = lambda _site: None) -> Site:
    """The sample show, with Ada as its host; ``prepare`` may put something into its folder."""
    site = Site(folder)
    shutil.copytree(get_folder("episodes"), site.episodes, dirs_exist_ok=True)
    starts = clock.now() + timedelta(hours=12)
    write_text(
        site.episodes,
        "calls/open-questions.md",
        title="Open questions",
        starts=f"{starts:%Y-%m-%d %H:%M}Z",
        room="https://meet.example/ada",
        access="members",
    )
    prepare(site)
    site.run("init", "--host-email", "ada@example.org")
    site.run("scan")
    return site.start()


def open_for_business(site: Site) -> People:
    """Ada offers the plan to groups too, and can be booked; Ben joins for two. Their browsers, and one of a visitor."""
    ada = enter_studio(site)
    ada.send(ada.get("/studio/plans/members"), "Save the plan", most_seats="10")
    hours = {f"weekly_{day}": "9:00-12:00" for day in range(7)}
    talks = {"is_open": "1", "lengths": "30 45\n60 80", "room_url": "https://meet.example/ada", **hours}
    ada.send(ada.get("/studio/consultations/settings"), "Save", **talks)
    return {"visitor": Visitor(site.base_url), "ada": ada, "ben": join(site, "ben@example.org", people=2)}


def pass_a_year(site: Site) -> People:
    """Cleo and Dev join; Dev leaves, and Cleo's card is refused a year on. Their browsers."""
    cleo = join(site, "cleo@example.org", card="4000 0000 0000 0341")
    dev = join(site, "dev@example.org")
    dev.send(dev.get("/account/cancel"), "Cancel membership")
    site.run("payments", "advance", "--days", "366")
    return {"cleo": cleo, "dev": dev}


def list_cases(**paths: Iterable[str]) -> list[tuple[str, str]]:
    """Who looks at what, a page at a time."""
    return [(who, path) for who, each in paths.items() for path in each]


def put_long_episode(site: Site) -> None:
    """An episode of an hour with a transcript of 9,000 words, such as people use: those of our own documents."""
    words = read_words()[:9_000]
    assert len(words) == 9_000
    path = site.episodes / "2026-11-01-nine-thousand-words"
    path.mkdir()
    (path / "notes.md").write_text("---\ntitle: Nine thousand words\ndate: 2026-11-01 06:00\n---\nThe longest one.\n")
    (path / "audio.mp3").write_bytes(make_mp3(20))
    (path / "transcript.vtt").write_text("WEBVTT\n\n" + "\n\n".join(write_cues(words)))


def read_words() -> list[str]:
    root = Path(__file__).parents[2]
    prose = "".join(path.read_text() for path in (root / "CHANGELOG.md", *sorted((root / "docs").rglob("*.md"))))
    return re.findall(r"[A-Za-z']+", prose)


def write_cues(words: list[str]) -> Iterator[str]:
    """Six seconds each; who speaks changes after four."""
    for number, start in enumerate(range(0, len(words), 15)):
        span = " --> ".join(
            f"{at // 3600:02}:{at // 60 % 60:02}:{at % 60:02}.000" for at in (number * 6, number * 6 + 6)
        )
        yield f"{span}\n<v {('Ada', 'Ben')[number // 4 % 2]}>{' '.join(words[start : start + 15])}."
