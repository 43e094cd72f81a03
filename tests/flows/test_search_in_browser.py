"""Searching in a browser: from the words to the second in the audio, and the dialog on Ctrl+K."""

import re

import pytest
from playwright.sync_api import expect

from tests.flows.browsing import watched
from tests.flows.conftest import SHOW, put_episode
from tests.flows.test_pages_in_browser import assert_no_violations
from tests.site import Site, wait_for

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("search")]

TRANSCRIPT = """WEBVTT

00:00.000 --> 00:04.000
Welcome to the harbour.

00:42.000 --> 00:46.000
The vermilion ledger lay open.
"""


@pytest.fixture(scope="module")
def searched(tmp_path_factory):
    """A show whose one transcript is in the index."""
    site = Site(tmp_path_factory.mktemp("searched"))
    (site.episodes / "show.yaml").write_text(SHOW)
    folder = put_episode(site, "2026-05-30-canal", "---\ntitle: The canal\ndate: 2026-05-30\n---\nOn ink.\n", audio=60)
    (folder / "transcript.vtt").write_text(TRANSCRIPT)
    site.run("init", "--host-email", "ada@example.org")
    site.run("scan")
    site.start()
    wait_for(lambda: "vermilion</mark>" in site.fetch("/search?q=vermilion").text, "the index", site.read_log)
    yield site
    site.kill()


def test_a_result_jumps_to_its_second(searched, page):
    with watched(page, searched.base_url) as watch:
        page.goto(f"{searched.base_url}/search")
        page.get_by_label("What are you looking for?").fill("ledger vermilion")
        page.get_by_role("main").get_by_role("button", name="Search").click()
        page.get_by_role("link", name="0:42").click()

        page.wait_for_url("**/episodes/canal/?t=42")
        page.get_by_role("group", name="Player").get_by_role("button", name="Play", exact=True).click()
        page.wait_for_function("() => document.querySelector('audio').currentTime >= 42")
        page.evaluate("document.querySelector('audio').pause()")

    assert watch.foreign == []
    assert watch.complaints == []


def test_a_result_jumps_to_its_second_without_scripts(searched, browser):
    context = browser.new_context(base_url=searched.base_url, java_script_enabled=False)
    page = context.new_page()
    page.goto("/search?q=vermilion")

    page.get_by_role("link", name="0:42").click()

    expect(page.locator("audio")).to_have_attribute("src", re.compile(r"#t=42$"))
    context.close()


@pytest.mark.parametrize("keys", ["Control+k", "Meta+k"])
def test_a_dialog_asks_on_ctrl_or_cmd_k_and_leads_to_the_page(searched, page, keys):
    with watched(page, searched.base_url) as watch:
        page.goto(f"{searched.base_url}/episodes/")
        page.keyboard.press(keys)
        field = page.get_by_role("dialog", name="Search").get_by_role("searchbox")
        expect(field).to_be_focused()
        page.keyboard.press("Escape")
        expect(page.get_by_role("dialog")).to_be_hidden()

        page.keyboard.press(keys)
        expect(field).to_be_focused()
        page.keyboard.type("vermilion")
        page.keyboard.press("Enter")
        page.wait_for_url("**/search?q=vermilion")

    assert watch.foreign == []
    assert watch.complaints == []


def test_on_the_search_page_the_keys_lead_to_its_own_field(searched, page):
    page.goto(f"{searched.base_url}/search?q=vermilion")

    page.keyboard.press("Control+k")

    expect(page.locator("#q")).to_be_focused()
    expect(page.get_by_role("dialog")).to_have_count(0)


def test_the_dialog_is_open_to_all_and_can_be_closed_by_its_button(searched, browser):
    context = browser.new_context(
        base_url=searched.base_url, viewport={"width": 320, "height": 700}, color_scheme="dark", bypass_csp=True
    )
    page = context.new_page()
    page.goto("/es/")
    page.keyboard.press("Control+k")
    expect(page.get_by_role("dialog", name="Buscar")).to_be_visible()

    assert_no_violations(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= 320

    page.get_by_role("button", name="Cerrar").click()
    expect(page.get_by_role("dialog")).to_be_hidden()
    context.close()


def test_escape_is_left_to_the_menu_while_no_dialog_is_open(searched, browser):
    context = browser.new_context(base_url=searched.base_url, viewport={"width": 390, "height": 800})
    page = context.new_page()
    page.goto("/")
    page.locator(".menu summary").click()

    page.keyboard.press("Escape")

    expect(page.locator(".menu")).not_to_have_attribute("open", "")
    context.close()
