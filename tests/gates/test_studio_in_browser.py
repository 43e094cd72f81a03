"""Every page of the studio in a browser: no error, nothing foreign, nothing too wide, open to all."""

import io
import itertools

import pytest
from PIL import Image
from playwright.sync_api import expect

from tests.gates.looking import Served, assert_no_violations, check_axe, check_manners
from tests.gates.pages import HOST, open_for_business, serve_sample

# One server and its browsers serve all of them.
pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("studio pages")]

_numbers = itertools.count(1)
# What has the focus in a form, where the bar begins above its middle or, with what is tall, above its first lines.
COVERED = """() => {
  const at = document.activeElement, bar = document.querySelector(".sticky");
  if (!at.closest("main") || bar.contains(at)) return null;
  const box = at.getBoundingClientRect();
  return box.top + Math.min(box.height / 2, 40) > bar.getBoundingClientRect().top ? at.outerHTML.slice(0, 120) : null;
}"""


@pytest.fixture(scope="module")
def sample(browser, tmp_path_factory):
    """The sample show with Ada at its studio, and Ben among its members."""
    site = serve_sample(tmp_path_factory.mktemp("studio"))
    served = Served(site, browser, open_for_business(site))
    yield served
    served.end()


@pytest.mark.parametrize("path", HOST)
def test_a_page_answers_quietly_and_fits_a_narrow_phone(sample, path):
    check_manners(sample, "ada", path)


@pytest.mark.parametrize("path", HOST)
def test_axe_finds_nothing(sample, path):
    check_axe(sample, "ada", path)


@pytest.mark.parametrize("path", ["/studio/articles/new", "/studio/settings/show"])
def test_at_400_percent_the_bar_with_the_buttons_lies_below_the_form(sample, path):
    context = sample.open_browser("ada", viewport={"width": 320, "height": 256})
    page = context.pages[0]
    page.goto(path)

    assert page.locator(".sticky").evaluate("each => each.getBoundingClientRect().top > innerHeight")
    context.close()


def test_the_menu_s_entries_are_as_wide_as_their_words_in_every_browser(sample):
    """Firefox makes entries that may shrink narrower than what they say."""
    page = sample.find_page("ada", "narrow")
    page.goto("/studio/")

    shrinking = "all => all.filter(each => getComputedStyle(each).flexShrink !== '0').length"
    assert page.locator(".studio-nav li").evaluate_all(shrinking) == 0


@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize("path", ["/studio/articles/new", "/studio/settings/show", "/studio/settings/look"])
def test_the_bar_with_the_buttons_never_covers_what_has_the_focus(sample, path, width):
    context = sample.open_browser("ada", viewport={"width": width, "height": 700}, reduced_motion="reduce")
    page = context.pages[0]
    page.goto(path)
    page.locator("main input:not([type=hidden])").first.focus()

    covered = [page.evaluate(COVERED) for _ in range(30) if page.keyboard.press("Tab") is None]
    context.close()

    assert [each for each in covered if each] == []


def save_title(page, path, title):
    """Another title for what is there; it is saved when this ends."""
    page.goto(path)
    page.get_by_label("Title", exact=True).fill(title)
    with page.expect_navigation():
        page.get_by_role("button", name="Save", exact=True).first.click()


@pytest.mark.parametrize(("view", "width"), [("small", 320), ("dark", 390), ("wide", 1280)])
@pytest.mark.parametrize("list_path", ["/studio/episodes", "/studio/articles"])
def test_who_saves_second_reads_what_changed_on_an_open_page(sample, view, width, list_path):
    page, other = sample.find_page("ada", view), sample.find_page("ada", "plain")
    page.goto(list_path)
    path = page.locator(f"main a[href*='{list_path}/']:not([href$='/new'])").first.get_attribute("href")
    page.goto(path)
    title = page.get_by_label("Title", exact=True).input_value()
    page.get_by_label("Title", exact=True).fill("The second title, which is quite long for a phone")
    saved_first = f"The first title, {next(_numbers)}"
    save_title(other, path, saved_first)

    page.get_by_role("button", name="Save", exact=True).first.click()

    expect(page.get_by_role("heading", name="What changed meanwhile")).to_be_visible()
    compared = page.locator("section[aria-labelledby=other]").inner_text()
    assert saved_first in compared
    assert "Minutes" not in compared
    assert_no_violations(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    save_title(other, path, title)


@pytest.mark.parametrize(("view", "width"), [("small", 320), ("dark", 390), ("wide", 1280)])
def test_artwork_that_is_not_square_is_cut_on_an_open_page(sample, view, width):
    page, picture = sample.find_page("ada", view), io.BytesIO()
    Image.new("RGB", (2400, 1600), "#0f5b57").save(picture, "PNG")
    page.goto("/studio/episodes/new")
    page.get_by_text("Write first, add the audio later").click()
    page.get_by_text("Number, guests, tags, transcript, extended cut and more").click()
    page.get_by_label("Artwork").set_input_files(
        {"name": "wide.png", "mimeType": "image/png", "buffer": picture.getvalue()}
    )

    page.get_by_role("button", name="Publish when ready").click()

    expect(page.get_by_text("Which square do apps show?")).to_be_visible()
    assert_no_violations(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
