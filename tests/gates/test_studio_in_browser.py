"""Every page of the studio in a browser: no error, nothing foreign, nothing too wide, open to all."""

import pytest

from tests.gates.looking import Served, check_axe, check_manners
from tests.gates.pages import HOST, open_for_business, serve_sample

# One server and its browsers serve all of them.
pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("studio pages")]

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
