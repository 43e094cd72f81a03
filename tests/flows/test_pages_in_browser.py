"""Every page of the site in a browser: no error, nothing foreign, nothing too wide, open to all, also without scripts."""

import json

import pytest
from playwright.sync_api import expect

from tests.catalogue.folders import make_cover, write
from tests.content.texts import write_text
from tests.flows.visitor import Visitor
from tests.gates.looking import Served, assert_no_violations, check_axe, check_manners
from tests.gates.pages import (
    EPISODE,
    LATER,
    MEMBER,
    REFUSED,
    VISITOR,
    list_cases,
    open_for_business,
    pass_a_year,
    serve_sample,
)

# One server and its browsers serve all of them.
pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("pages")]

CASES = list_cases(visitor=VISITOR, ben=MEMBER)
# What a reader without scripts cannot see, but for closed parts, columns that phones leave out, and what is meant for
# scripts or for the ear.
UNSEEN = """() => [...document.querySelectorAll("main :is(h1, h2, h3, p, li, dt, dd, td, label, button, a)")]
  .filter(each => !each.checkVisibility() && each.textContent.trim())
  .filter(each => !each.closest("[hidden], template, details:not([open]), .sr, .with-script, .least, audio"))
  .map(each => each.outerHTML.slice(0, 200))"""


@pytest.fixture(scope="module")
def sample(browser, tmp_path_factory):
    """The sample show, whose plan is for groups too, and whose host can be booked; Ben has joined for two."""
    site = serve_sample(tmp_path_factory.mktemp("sample"))
    served = Served(site, browser, open_for_business(site))
    yield served
    served.end()


@pytest.fixture(scope="module")
def later(browser, tmp_path_factory):
    """The sample show a year on: Cleo's renewal has failed, Dev has left."""
    site = serve_sample(tmp_path_factory.mktemp("later"))
    served = Served(site, browser, pass_a_year(site))
    yield served
    served.end()


@pytest.fixture(scope="module")
def films(browser, tmp_path_factory):
    """The sample show with two articles about films, whose videos may play on their pages."""

    def prepare(site):
        with (site.episodes / "show.yaml").open("a") as file:
            file.write("\nlook: {plays_videos: true}\n")
        still = f"[![Boats at noon](still.png)]({FILM})"
        for name, body in (("film", f"{FILM}\n\nA film."), ("still", f"{still}\n\nA film.")):
            write_text(site.episodes, f"articles/2026-06-01-{name}.md", title=name, date="2026-06-01", body=body)
        write(site.episodes / "articles" / "still.png", make_cover())

    site = serve_sample(tmp_path_factory.mktemp("films"), prepare=prepare)
    served = Served(site, browser, {"visitor": Visitor(site.base_url)})
    yield served
    served.end()


@pytest.fixture(params=["", "/es"], ids=["en", "es"])
def prefix(request):
    """The default language's addresses have none."""
    return request.param


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


FILM = "https://youtu.be/abc"


def open_film(served, who, path):
    """A page in a narrow browser where the network's player says "On air"; a list of what is asked of the network."""
    page, asked = served.find_page(who, "narrow"), []

    def answer(route):
        asked.append(route.request)
        route.fulfill(content_type="text/html", body="<title>Player</title><p>On air</p>")

    page.route("https://www.youtube-nocookie.com/**", answer)
    page.goto(path)
    return page, asked


def test_a_video_plays_on_the_page_once_it_is_started(films):
    with films.watch(films.find_page("visitor", "narrow")) as watch:
        page, asked = open_film(films, "visitor", "/articles/film/")
        link = page.get_by_role("link", name="Watch the video on YouTube")
        expect(page.get_by_text("It then comes from YouTube")).to_be_visible()
        assert (asked, watch.foreign) == ([], [])
        link.click()

        expect(page.frame_locator("iframe").get_by_text("On air")).to_be_visible()
        expect(page.locator("iframe")).to_be_focused()

    assert [request.url for request in asked] == ["https://www.youtube-nocookie.com/embed/abc?autoplay=1"]
    assert asked[0].headers["referer"] == f"{films.site.base_url}/"
    assert watch.complaints == []
    assert link.get_attribute("href") == FILM
    assert page.evaluate("document.documentElement.scrollWidth") <= 320


def test_a_still_gives_its_place_to_the_video(films):
    page, _asked = open_film(films, "visitor", "/articles/still/")
    page.get_by_role("link", name="Boats at noon").click()

    expect(page.frame_locator("iframe[title='Boats at noon']").get_by_text("On air")).to_be_visible()
    assert page.locator("main figure img").count() == 0


def test_a_page_with_a_video_is_open_to_all(films):
    for path in ("/articles/film/", "/articles/still/"):
        check_manners(films, "visitor", path)
        check_axe(films, "visitor", path)


def test_play_in_a_list_plays_on_the_episode_s_page(sample):
    page = sample.find_page("visitor", "wide")
    page.goto("/")

    page.get_by_role("link", name="Play What a feed is").click()

    page.wait_for_url("**/episodes/what-a-feed-is/")
    page.wait_for_function("() => document.querySelector('audio').currentTime > 0.3")
    page.evaluate("document.querySelector('audio').pause()")


def test_a_chapter_jumps_in_place(sample):
    page = sample.find_page("visitor", "narrow")
    page.goto(EPISODE)

    page.get_by_role("link", name="Two things to keep").click()

    page.wait_for_function("() => document.querySelector('audio').currentTime >= 38")
    expect(page.locator("[data-chapters] [aria-current=true]")).to_contain_text("Two things to keep")
    page.evaluate("document.querySelector('audio').pause()")


def test_the_words_beside_the_player_s_buttons_keep_to_one_line_and_in_their_card(sample, prefix):
    context = sample.open_browser("visitor")
    page = context.pages[0]
    page.goto(prefix + EPISODE)
    too_wide = []

    for width in (*range(320, 1300, 28), 1280):
        page.set_viewport_size({"width": width, "height": 800})
        fits = page.locator(".player, .player .keys").evaluate_all(
            "all => all.every(each => each.scrollWidth <= each.clientWidth)"
        )
        if not fits or page.locator(".share summary span").bounding_box()["height"] >= 30:
            too_wide.append(width)
    shown = page.locator(".share summary span").bounding_box()["width"]
    context.close()

    assert too_wide == []
    assert shown > 50


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


@pytest.mark.parametrize("width", [961, 1024, 1180])
def test_the_header_stays_one_row_of_a_line_or_two_on_a_tablet(sample, prefix, width):
    context = sample.open_browser("visitor", viewport={"width": width, "height": 600})
    page = context.pages[0]
    page.goto(f"{prefix}/")

    heights = page.locator(".brand span, .head .action, .nav .apart a").evaluate_all(
        "all => all.map(each => each.getBoundingClientRect().height)"
    )
    whole = page.locator(".head").bounding_box()["height"]
    context.close()

    assert max(heights) <= 48
    assert whole <= 72
