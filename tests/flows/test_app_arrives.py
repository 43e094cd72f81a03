""" "Overcast has your feed": a member's page sees within seconds that the app has come, whichever process served it."""

import contextlib
import itertools

import pytest
from playwright.sync_api import expect

from tests.flows.browsing import take_cookies, watched
from tests.flows.conftest import SHOW, join, put_episode
from tests.site import Site, wait_for

# One server and its browsers serve all of them.
pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("arrives")]

OVERCAST = {"User-Agent": "Overcast/3.0 (+http://overcast.fm/; iOS podcast app)"}
ANTENNAPOD = {"User-Agent": "AntennaPod/3.4.0"}
MEMBERS = "---\ntitle: For members\ndate: 2026-01-02 06:00\naccess: members\n---\nFor members.\n"
HELP_MS = 25_000
# Asked every 2.5 seconds, written within half a second; the rest is for a busy machine.
SECONDS = 8
_numbers = itertools.count(1)


@pytest.fixture(scope="module")
def show(tmp_path_factory):
    """A served show with an episode for members; two processes answer."""
    site = Site(tmp_path_factory.mktemp("show"), workers=2)
    (site.episodes / "show.yaml").write_text(SHOW)
    put_episode(site, "2026-01-02-for-members", MEMBERS, members=20)
    site.run("init", "--host-email", "ada@example.org")
    site.run("scan")
    yield site.start()
    site.kill()


@pytest.fixture
def visitor(show):
    """Somebody who has just paid, in a browser without scripts."""
    return join(show, f"ben{next(_numbers)}@example.org")


@pytest.fixture
def open_page(browser, show, visitor):
    """Opens a page for that person; at the end, the browser must have complained about nothing but a refusal."""
    with contextlib.ExitStack() as stack:

        def run(path, *, scripts=True):
            view = {"viewport": {"width": 390, "height": 844}, "java_script_enabled": scripts}
            context = stack.enter_context(browser.new_context(base_url=show.base_url, **view))
            context.add_cookies(take_cookies(visitor))
            page = context.new_page()
            watches.append(stack.enter_context(watched(page, show.base_url)))
            page.goto(path)
            return page

        watches = []
        yield run
    assert [each for watch in watches for each in (*watch.foreign, *watch.complaints) if "403" not in each] == []


def find_address(page):
    return page.locator("#private-link").input_value()


def be_app(show, address, headers=OVERCAST):
    """What an app does that follows the address."""
    assert show.fetch(address, headers=headers).status == 200


@pytest.mark.parametrize("path", ["/welcome", "/account"])
def test_the_page_sees_the_app_within_seconds(show, open_page, path):
    page = open_page(path)
    says = page.locator(".watch [role=status]")
    expect(says).to_have_text("Waiting for your app…", use_inner_text=True)

    be_app(show, find_address(page))

    expect(says).to_contain_text("Overcast has your feed.", timeout=SECONDS * 1000)
    expect(page.locator("[data-wait]")).to_be_hidden()


def test_each_link_has_its_own_answer(show, open_page, visitor):
    visitor.send(visitor.get("/account/feeds"), "Add a link", label="Kitchen")
    page = open_page("/account/feeds")
    kitchen = page.get_by_role("region", name="Kitchen")

    be_app(show, kitchen.locator("input[readonly]").input_value(), ANTENNAPOD)

    expect(kitchen.get_by_role("status")).to_contain_text("AntennaPod has your feed.", timeout=SECONDS * 1000)
    expect(page.get_by_role("status").first).to_contain_text("Not used yet.")


def test_the_page_behind_the_qr_code_sees_it_as_well(show, open_page, visitor):
    visitor.send(visitor.get("/account"), "E-mail me the links")
    wait_for(lambda: any("/add/" in str(letter) for letter in show.list_letters()), "the letter")
    code = str(show.list_letters()[-1].get_body(("plain",)).get_content()).split("/add/")[1].split()[0]
    visitor.cookies.clear()
    page = open_page(f"/add/{code}")

    be_app(show, find_address(page))

    expect(page.get_by_role("status")).to_contain_text("Overcast has your feed.", timeout=SECONDS * 1000)


def test_the_help_for_the_app_that_was_tapped_comes_after_twenty_five_seconds(open_page):
    page = open_page("/welcome")
    page.clock.install()
    page.reload()
    page.evaluate("document.querySelectorAll('[data-app]').forEach(each => { each.href = '#main'; })")
    page.get_by_role("link", name="Overcast").click()
    expect(page.get_by_role("status")).to_have_text("Waiting for Overcast…", use_inner_text=True)

    # The page's clock goes on by itself as well, so there is some room.
    page.clock.fast_forward(HELP_MS - 15_000)
    early = page.locator("[data-help]").is_visible()
    page.clock.fast_forward(15_000)

    assert not early
    expect(page.locator("[data-help]")).to_contain_text("The plus sign, then “Add URL”.")
    expect(page.locator("[data-help]")).not_to_contain_text("Follow a Show by URL", use_inner_text=True)


def test_a_page_that_waited_ten_minutes_stops_and_says_so(open_page):
    page = open_page("/welcome")
    page.clock.install()
    page.reload()

    page.clock.run_for(11 * 60_000)
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    page.clock.run_for(5 * 60_000)

    expect(page.get_by_role("link", name="Look again")).to_be_visible()
    assert asked == []


def test_a_tap_on_an_account_that_has_an_app_waits_for_the_next(show, open_page):
    page = open_page("/account")
    address = find_address(page)
    be_app(show, address)
    expect(page.get_by_role("status")).to_contain_text("Overcast has your feed.", timeout=SECONDS * 1000)
    page.reload()
    expect(page.get_by_text("Overcast has your feed.")).to_be_hidden()

    page.evaluate("document.querySelectorAll('[data-app]').forEach(each => { each.href = '#main'; })")
    with page.expect_response("**/opened") as noted:
        page.get_by_role("link", name="AntennaPod").click()
    be_app(show, address, ANTENNAPOD)

    assert noted.value.status == 204
    expect(page.get_by_role("status")).to_contain_text("AntennaPod has your feed.", timeout=SECONDS * 1000)


def test_a_page_whose_session_has_ended_stops_asking(open_page, visitor):
    page = open_page("/welcome")
    page.clock.install()
    page.reload()
    visitor.send(visitor.get("/account"), "Sign out")

    with page.expect_response("**/seen") as refused:
        page.clock.run_for(3000)
    expect(page.get_by_role("link", name="Look again")).to_be_visible()
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    page.clock.run_for(60_000)

    assert refused.value.status == 403
    assert asked == []


def test_without_scripts_the_page_looks_again_until_the_app_has_come(show, open_page):
    page = open_page("/welcome", scripts=False)
    expect(page.get_by_text("No app has read your feed yet.")).to_be_visible()
    address = find_address(page)

    page.get_by_role("link", name="Look again").click()
    expect(page.get_by_text("This page looks again by itself.")).to_be_visible()
    be_app(show, address)

    expect(page.get_by_text("Overcast has your feed.")).to_be_visible(timeout=SECONDS * 1000)
    expect(page.get_by_role("link", name="Look again")).to_have_count(0)
