"""A gift in a browser: the giver's three clicks and the recipient's two, in both languages."""

import itertools
import re

import feedparser
import pytest
from playwright.sync_api import expect

from podcastsvc.kit.language import gettext
from tests.flows.browsing import Hand, watched
from tests.flows.conftest import SHOW, put_episode
from tests.site import Site, read_body

# One server serves all of them.
pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("gift")]

MEMBERS = "---\ntitle: For members\ndate: 2026-01-02 06:00\naccess: members\n---\nFor members.\n"
_numbers = itertools.count(1)


@pytest.fixture(scope="module")
def show(tmp_path_factory):
    """A served show with one episode for members."""
    site = Site(tmp_path_factory.mktemp("show"))
    (site.episodes / "show.yaml").write_text(SHOW)
    put_episode(site, "2026-01-02-for-members", MEMBERS, members=40)
    site.run("init", "--host-email", "ada@example.org")
    site.run("scan")
    yield site.start()
    site.kill()


@pytest.fixture
def open_phone(browser, show):
    """Opens one more person's phone."""
    contexts = []

    def open_one(**more):
        contexts.append(
            browser.new_context(base_url=show.base_url, viewport={"width": 390, "height": 844}, locale="en-GB", **more)
        )
        return contexts[-1].new_page()

    yield open_one
    for context in contexts:
        context.close()


def give(page, hand, email, prefix="", say=str):
    """From the gift page to the thanks, the recipient's address given."""
    page.goto(f"{prefix}/join")
    hand.click(page.locator("main").get_by_role("link", name=say("Give it to somebody")))
    page.get_by_label(say("Your name")).fill("Ben")
    page.get_by_label(say("Your e-mail address")).fill("ben@example.org")
    page.get_by_label(say("Their name")).fill("Dev")
    page.get_by_label(say("Their e-mail address")).fill(email)
    page.get_by_label(say("A few words from you")).fill("For the road.")
    hand.click(page.get_by_role("button", name=say("Continue to payment")))
    page.locator("[name=number]").fill("4242 4242 4242 4242")
    page.locator("[name=expiry]").fill("12 / 34")
    page.locator("[name=cvc]").fill("123")
    hand.click(page.locator("form button.primary"))
    page.wait_for_url(f"**{prefix}/welcome?s=*")


@pytest.mark.parametrize(("prefix", "code"), [("", "en"), ("/es", "es")])
@pytest.mark.parametrize("scripts", [True, False])
def test_giver_clicks_three_times_and_the_recipient_twice(show, open_phone, prefix, code, scripts):
    say = gettext(code).gettext
    email = f"dev{next(_numbers)}@example.org"
    bens, devs = open_phone(java_script_enabled=scripts), open_phone(java_script_enabled=scripts)
    giving, accepting = Hand(), Hand()

    with watched(bens, show.base_url) as watch:
        give(bens, giving, email, prefix, say)
        expect(bens.get_by_role("heading", level=1)).to_have_text(say("Paid. Your gift is ready."))
    letter = read_body(show.wait_for_letter(email))
    accepting.clicks += 1  # the tap on the letter's link
    devs.goto(re.search(r"http://\S+/gift/redeem/[a-z2-7]{28}", letter)[0])
    accepting.click(devs.get_by_role("button", name=say("Accept the gift")))
    devs.wait_for_url(f"**{prefix}/welcome")
    feed = feedparser.parse(devs.request.get(devs.locator("#private-link").input_value()).body())

    assert (giving.clicks, accepting.clicks) == (3, 2)
    assert "For the road." in letter
    assert [entry.title for entry in feed.entries] == ["For members"]
    assert show.ask("members", "show", email)["standing"] == "gift"
    assert watch.foreign == []
    assert watch.complaints == []
