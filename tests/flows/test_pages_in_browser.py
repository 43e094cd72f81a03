"""Every page of the site in a browser: no error, nothing foreign, nothing too wide, open to all, also without scripts."""

import json
import shutil

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from podcastsvc.kit.bundled import get_folder
from tests.flows.browsing import take_cookies, watched
from tests.flows.conftest import enter_studio, join
from tests.flows.visitor import Visitor
from tests.site import Site

# One server and its browsers serve all of them.
pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("pages")]

EPISODE = "/episodes/what-a-feed-is/"
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
    "/people/",
    "/people/ada-lind/",
    "/follow",
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
    "/episodes/letter-box/",
    "/episodes/letter-box/transcript",
    "/follow",
    "/join",
    "/welcome",
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
REFUSED = {"/nothing": 404, "/episodes/letter-box/transcript": 403}
CASES = [("visitor", path) for path in VISITOR] + [("ben", path) for path in MEMBER]
LATER = [("cleo", "/"), ("cleo", "/account"), ("dev", "/"), ("dev", "/account"), ("dev", "/episodes/letter-box/")]
VIEWS = {
    "narrow": {"viewport": {"width": 320, "height": 700}, "color_scheme": "light"},
    "dark": {"viewport": {"width": 390, "height": 800}, "color_scheme": "dark", "bypass_csp": True},
    "wide": {"viewport": {"width": 1280, "height": 900}, "color_scheme": "light", "bypass_csp": True},
    "plain": {"viewport": {"width": 390, "height": 800}, "java_script_enabled": False},
}
# What a reader without scripts cannot see, but for closed parts, columns that phones leave out, and what is meant for
# scripts or for the ear.
UNSEEN = """() => [...document.querySelectorAll("main :is(h1, h2, h3, p, li, dt, dd, td, label, button, a)")]
  .filter(each => !each.checkVisibility() && each.textContent.trim())
  .filter(each => !each.closest("[hidden], template, details:not([open]), .sr, .with-script, .least, audio"))
  .map(each => each.outerHTML.slice(0, 200))"""


class Served:
    """A served installation and the people whose browsers the tests look through."""

    def __init__(self, site, browser, cookies):
        self.site = site
        self._browser = browser
        self._cookies = {"visitor": [], **cookies}
        self._contexts = {}

    def find_page(self, who, view):
        """A person's page in a view; it stays open for the next test."""
        if (who, view) not in self._contexts:
            context = self._browser.new_context(base_url=self.site.base_url, **VIEWS[view])
            context.add_cookies(self._cookies[who])
            context.new_page()
            self._contexts[who, view] = context
        return self._contexts[who, view].pages[0]

    def watch(self, page):
        return watched(page, self.site.base_url)

    def end(self):
        for context in self._contexts.values():
            context.close()
        self.site.kill()


def serve_sample(folder):
    site = Site(folder)
    shutil.copytree(get_folder("episodes"), site.episodes, dirs_exist_ok=True)
    site.run("init", "--host-email", "ada@example.org")
    site.run("scan")
    return site.start()


@pytest.fixture(scope="module")
def sample(browser, tmp_path_factory):
    """The sample show, whose plan is for groups too, and whose host can be booked; Ben has joined for two."""
    site = serve_sample(tmp_path_factory.mktemp("sample"))
    ada = enter_studio(site)
    ada.send(ada.get("/studio/plans/members"), "Save the plan", most_seats="10")
    hours = {f"weekly_{day}": "9:00-12:00" for day in range(7)}
    talks = {"is_open": "1", "lengths": "30 45\n60 80", "room_url": "https://meet.example/ada", **hours}
    ada.send(ada.get("/studio/consultations/settings"), "Save", **talks)
    served = Served(site, browser, {"ben": take_cookies(join(site, "ben@example.org", people=2))})
    yield served
    served.end()


@pytest.fixture(scope="module")
def later(browser, tmp_path_factory):
    """The sample show a year on: Cleo's renewal has failed, Dev has left."""
    site = serve_sample(tmp_path_factory.mktemp("later"))
    cleo = join(site, "cleo@example.org", card="4000 0000 0000 0341")
    dev = join(site, "dev@example.org")
    dev.send(dev.get("/account/cancel"), "Cancel membership")
    site.run("payments", "advance", "--days", "366")
    served = Served(site, browser, {"cleo": take_cookies(cleo), "dev": take_cookies(dev)})
    yield served
    served.end()


@pytest.fixture(params=["", "/es"], ids=["en", "es"])
def prefix(request):
    """The default language's addresses have none."""
    return request.param


def check_manners(served, who, path, status=200):
    """A page answers with its status, asks nobody else for anything, complains of nothing, and fits 320 pixels."""
    page = served.find_page(who, "narrow")
    with served.watch(page) as watch:
        answer = page.goto(path)
        page.wait_for_load_state("load")

    # The browser itself complains of each answer that is a refusal, also where it is the page.
    complaints = [line for line in watch.complaints if status == 200 or f"status of {status}" not in line]
    assert answer.status == status
    assert watch.foreign == []
    assert complaints == []
    assert page.evaluate("document.documentElement.scrollWidth") <= 320


def check_axe(served, who, path, prefix=""):
    """No rule of axe is broken: WCAG A, AA, 2.2 and best practice. The words of another language are looked at once."""
    for view in ("dark",) if prefix else ("dark", "wide"):
        page = served.find_page(who, view)
        page.goto(prefix + path)
        assert_no_violations(page)


def assert_no_violations(page):
    found = Axe().run(page).response["violations"]
    assert [(each["id"], [node["html"][:200] for node in each["nodes"]]) for each in found] == []


@pytest.mark.parametrize(("who", "path"), CASES)
def test_a_page_answers_quietly_and_fits_a_narrow_phone(sample, who, path, prefix):
    check_manners(sample, who, prefix + path, REFUSED.get(path, 200) if who == "visitor" else 200)


@pytest.mark.parametrize(("who", "path"), CASES)
def test_axe_finds_nothing(sample, who, path, prefix):
    check_axe(sample, who, path, prefix)


def test_the_embedded_player_is_quiet_and_open_to_all(sample, prefix):
    check_manners(sample, "visitor", f"{prefix}{EPISODE}embed")
    check_axe(sample, "visitor", f"{EPISODE}embed", prefix)


@pytest.mark.parametrize(("who", "path"), LATER)
def test_pages_after_a_failed_payment_and_after_the_end(later, who, path, prefix):
    check_manners(later, who, prefix + path)
    check_axe(later, who, path, prefix)


@pytest.mark.parametrize(("who", "path"), CASES)
def test_everything_is_there_without_scripts(sample, who, path):
    page = sample.find_page(who, "plain")
    page.goto(path)

    assert page.evaluate(UNSEEN) == []
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    for audio in page.locator("audio").all():
        assert audio.get_attribute("controls") is not None
        assert audio.bounding_box()["height"] > 30


@pytest.mark.parametrize(
    ("path", "field"), [("/join", "email"), ("/gift", "email"), ("/sign-in", "email"), ("/sign-in/password", "email")]
)
def test_a_form_with_a_mistake_says_so_first_and_takes_the_focus(sample, path, field, prefix):
    for view in ("dark", "wide"):
        page = sample.find_page("visitor", view)
        page.goto(prefix + path)
        page.locator("main form[method=post] button").first.click()

        expect(page.locator("#problems")).to_be_focused()
        expect(page.locator(f"#{field}")).to_have_attribute("aria-invalid", "true")
        assert_no_violations(page)


def test_a_wrong_code_is_answered_on_the_page_that_asks_for_it(sample, prefix):
    page = sample.find_page("visitor", "dark")
    page.goto(f"{prefix}/sign-in")
    page.locator("#email").fill("nobody@example.org")
    page.locator("main form[method=post] button").first.click()
    page.locator("#code").fill("000000")
    page.wait_for_url("**/sign-in/code")

    expect(page.locator("#problems")).to_be_visible()
    assert_no_violations(page)


@pytest.mark.parametrize(
    ("who", "path"), [("visitor", EPISODE), ("visitor", "/episodes/letter-box/"), ("ben", "/episodes/letter-box/")]
)
def test_the_player_plays(sample, who, path):
    page = sample.find_page(who, "narrow")
    with sample.watch(page) as watch:
        page.goto(path)
        page.get_by_role("group", name="Player").get_by_role("button", name="Play", exact=True).click()
        page.wait_for_function("() => document.querySelector('audio').currentTime > 0.3")

        expect(page.get_by_role("region", name="Now playing")).to_be_visible()
        expect(page.get_by_role("group", name="Player").get_by_role("button", name="Pause")).to_be_visible()
        page.evaluate("document.querySelector('audio').pause()")

    assert page.locator("[data-broken]").is_hidden()
    assert watch.foreign == []
    assert watch.complaints == []


def test_play_in_a_list_plays_on_the_episode_s_page(sample):
    page = sample.find_page("visitor", "wide")
    page.goto("/")

    page.get_by_role("link", name="Play What a feed is").click()

    page.wait_for_url("**/episodes/what-a-feed-is/?play=1")
    page.wait_for_function("() => document.querySelector('audio').currentTime > 0.3")
    page.evaluate("document.querySelector('audio').pause()")


def test_a_chapter_jumps_in_place(sample):
    page = sample.find_page("visitor", "narrow")
    page.goto(EPISODE)

    page.get_by_role("link", name="Two things to keep").click()

    page.wait_for_function("() => document.querySelector('audio').currentTime >= 38")
    expect(page.locator("[data-chapters] [aria-current=true]")).to_contain_text("Two things to keep")
    page.evaluate("document.querySelector('audio').pause()")


def test_the_words_beside_the_player_s_buttons_keep_to_one_line(sample, prefix):
    page = sample.find_page("visitor", "wide")
    page.goto(prefix + EPISODE)

    label = page.locator(".share span")

    assert label.bounding_box()["height"] < 30
    assert page.locator(".player").evaluate("each => each.scrollWidth <= each.clientWidth")


def test_visitors_get_no_cookie_and_nothing_is_stored(sample, browser):
    context = browser.new_context(base_url=sample.site.base_url)
    page = context.new_page()
    for path in ("/", EPISODE, "/follow", "/es/"):
        page.goto(path)

    stored = page.evaluate("() => JSON.stringify([localStorage, sessionStorage].map(each => Object.keys(each)))")

    assert context.cookies() == []
    assert json.loads(stored) == [[], []]
    context.close()


def test_home_weighs_little(sample, browser):
    context = browser.new_context(base_url=sample.site.base_url, viewport={"width": 390, "height": 800})
    page = context.new_page()
    sizes = []

    def weigh(request):
        sizes.append(request.sizes()["responseBodySize"])

    page.on("requestfinished", weigh)

    page.goto("/", wait_until="networkidle")

    assert 1 < len(sizes) <= 15
    assert sum(sizes) <= 100_000
    context.close()


def test_both_languages_of_every_page_are_joined_in_the_footer(sample):
    visitor = Visitor(sample.site.base_url)

    for path in VISITOR:
        page = visitor.get(path)
        assert f"{sample.site.base_url}/es{path}" in page.list_links("/es/")
