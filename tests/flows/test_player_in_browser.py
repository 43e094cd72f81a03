"""The player on an episode's page in a browser, row by row as ``ui.md`` 8 has it."""

from itertools import pairwise
from urllib.parse import quote

import pytest
from playwright.sync_api import expect

from tests.flows.browsing import watched
from tests.flows.conftest import SHOW, put_episode
from tests.site import Site

# One server serves all of them.
pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("player")]

SECONDS = 900
NOTES = "---\ntitle: Why maps lie\ndate: 2026-01-01 06:00\nepisode: 12\n---\nAt 12:34 it gets [loud](https://loud.example/).\n"
LOST = "---\ntitle: Lost\ndate: 2026-01-02 06:00\n---\nIts file is broken.\n"
CHAPTERS = """{"version": "1.2.0", "chapters": [{"startTime": 0, "title": "Welcome"},
  {"startTime": 300, "title": "The ledger"}, {"startTime": 600, "title": "Goodbye"}]}
"""
PAGE = "/episodes/why-maps-lie/"
# What the browser is told for the lock screen, and the keys of headphones, which no test can press.
SESSION = """() => {
  const session = navigator.mediaSession;
  window.keys = {}; window.states = [];
  session.setActionHandler = (name, run) => { window.keys[name] = run; };
  session.setPositionState = (state) => { window.states.push(state); };
}"""
SHIFTS = """() => { window.shifted = 0;
  new PerformanceObserver((list) => { for (const each of list.getEntries()) window.shifted += each.value; })
    .observe({ type: "layout-shift", buffered: true }); }"""
COVERED = """() => {
  const [dock, focused] = [document.querySelector(".dock"), document.activeElement];
  if (dock.contains(focused) || focused === document.body) return false;
  return focused.getBoundingClientRect().bottom > dock.getBoundingClientRect().top + 1;
}"""


def write_transcript():
    times = [f"00:{at // 60:02d}:{at % 60:02d}.000" for at in range(0, SECONDS + 1, 15)]
    # Two who take turns: what one says in one go is one line.
    cues = [
        f"{start} --> {end}\n<v {('Ada', 'Ben')[n % 2]}>Line {n}, said."
        for n, (start, end) in enumerate(pairwise(times))
    ]
    return "WEBVTT\n\n" + "\n\n".join(cues) + "\n"


@pytest.fixture(scope="module")
def show(tmp_path_factory):
    """A served show with a quarter of an hour of audio, chapters and a transcript, and with an episode whose file is lost."""
    site = Site(tmp_path_factory.mktemp("show"))
    (site.episodes / "show.yaml").write_text(f"{SHOW}shows_owner: true\n")
    folder = put_episode(site, "2026-01-01-why-maps-lie", NOTES, audio=SECONDS)
    (folder / "chapters.json").write_text(CHAPTERS)
    (folder / "transcript.vtt").write_text(write_transcript())
    put_episode(site, "2026-01-02-lost", LOST, audio=20)
    site.run("init", "--host-email", "ada@example.org")
    site.run("scan")
    yield site.start()
    site.kill()


@pytest.fixture
def open_page(browser, show):
    """Opens an address in a browser of its own; nothing may be asked of others, and nothing may be complained of."""
    contexts, watches = [], []

    def open_one(path=PAGE, width=390, height=844, before="", **more):
        context = browser.new_context(base_url=show.base_url, viewport={"width": width, "height": height}, **more)
        contexts.append(context)
        page = context.new_page()
        if before:
            page.add_init_script(f"({before})()")
        watch = watched(page, show.base_url)
        watches.append(watch.__enter__())
        page.goto(path)
        return page

    yield open_one
    assert [watch.foreign for watch in watches] == [[]] * len(watches)
    assert [line for watch in watches for line in watch.complaints if "404" not in line] == []
    for context in contexts:
        context.close()


def deck(page):
    return page.get_by_role("group", name="Player")


def play(page):
    deck(page).get_by_role("button", name="Play", exact=True).click()
    page.wait_for_function("() => document.querySelector('audio').currentTime > 0.2")


def play_from_list(page):
    page.get_by_role("link", name="Play Why maps lie").click()
    page.wait_for_function("() => document.querySelector('audio')?.currentTime > 0.2")


def pause(page):
    page.evaluate("document.querySelector('audio').pause()")


def read_position(page):
    return page.evaluate("document.querySelector('audio').currentTime")


def test_it_plays_goes_back_and_forward_and_its_buttons_say_so(open_page):
    page = open_page()

    play(page)
    expect(deck(page).get_by_role("button", name="Pause", exact=True)).to_be_visible()
    deck(page).get_by_role("button", name="Forward 30 seconds").click()
    after = read_position(page)
    deck(page).get_by_role("button", name="Back 15 seconds").click()
    before = read_position(page)
    deck(page).get_by_role("button", name="Pause", exact=True).click()

    assert 30 <= after < 35
    assert 15 <= before < 20
    expect(deck(page).get_by_role("button", name="Play", exact=True)).to_be_visible()
    assert page.evaluate("document.querySelector('audio').paused")


@pytest.mark.parametrize("speed", ["0.8", "2"])
def test_the_speed_is_heard_and_kept(open_page, speed):
    page = open_page()

    page.get_by_label("Speed").select_option(speed)
    page.reload()
    play(page)

    expect(page.get_by_label("Speed")).to_have_value(speed)
    assert page.evaluate("document.querySelector('audio').playbackRate") == float(speed)


@pytest.mark.parametrize("scripts", [True, False])
def test_an_address_with_a_time_starts_there(open_page, scripts):
    page = open_page(f"{PAGE}?t=754", java_script_enabled=scripts)

    assert page.locator("audio").get_attribute("src").endswith("#t=754")
    if scripts:
        play(page)
        assert 754 <= read_position(page) < 760
        expect(page.locator("[data-chapters] [aria-current=true]")).to_contain_text("Goodbye")
    else:
        expect(page.locator("audio")).to_be_visible()
        assert page.get_by_role("link", name="The ledger").get_attribute("href") == "?t=300#play"


@pytest.mark.parametrize("link", ["[data-chapters] a:has-text('The ledger')", "[data-transcript] a:has-text('5:00')"])
def test_chapters_and_lines_play_in_place_and_are_marked(open_page, link):
    page = open_page()
    address = page.url

    page.locator(link).click()
    page.wait_for_function("() => document.querySelector('audio').currentTime > 300.2")
    pause(page)

    expect(page.locator("[data-chapters] [aria-current=true]")).to_contain_text("The ledger")
    expect(page.locator("[data-transcript] [aria-current=true]")).to_contain_text("Line 20, said.")
    assert page.url == address


def test_a_time_in_the_notes_plays_in_place(open_page):
    page = open_page()

    page.locator(".prose").get_by_role("link", name="12:34").click()
    page.wait_for_function("() => document.querySelector('audio').currentTime > 754")

    assert page.url.endswith(PAGE)


@pytest.mark.parametrize("case", ["in the transcript", "switched off", "elsewhere", "with a hand on it"])
def test_the_transcript_scrolls_along_only_where_somebody_reads_it(open_page, case):
    page = open_page()
    switch = page.get_by_role("switch", name="Follow along")
    box = page.locator("[data-transcript]")
    play(page)
    pause(page)
    if case == "switched off":
        switch.uncheck()
    box.scroll_into_view_if_needed()
    if case == "elsewhere":
        page.evaluate("scrollTo(0, 0)")
    if case == "with a hand on it":
        box.dispatch_event("wheel")
    where = page.evaluate("scrollY")

    page.evaluate("document.querySelector('audio').currentTime = 600")
    expect(page.locator("[data-transcript] [aria-current=true]")).to_contain_text("Line 40, said.")

    assert (page.evaluate("document.querySelector('[data-transcript]').scrollTop") > 0) == (case == "in the transcript")
    assert page.evaluate("scrollY") == where


def test_the_last_position_is_offered_not_taken_and_stays_in_the_browser(open_page, show):
    page = open_page(f"{PAGE}?t=100")
    play(page)
    pause(page)
    page.goto(PAGE)
    asked = []
    page.on("request", lambda request: asked.append(request.url + (request.post_data or "")))

    expect(page.locator("[data-at]").first).to_have_text("0:00")
    deck(page).get_by_role("button", name="Go on from 1:40").click()
    page.wait_for_function("() => document.querySelector('audio').currentTime > 100")

    assert [url for url in asked if not url.startswith(f"{show.base_url}/media/")] == []


def test_a_position_stays_on_offer_while_play_from_a_list_starts_anew(open_page):
    page = open_page(f"{PAGE}?t=100")
    play(page)
    pause(page)

    page.goto("/episodes/")
    play_from_list(page)

    assert read_position(page) < 30
    deck(page).get_by_role("button", name="Go on from 1:40").click()
    page.wait_for_function("() => document.querySelector('audio').currentTime > 100")


def test_it_plays_by_itself_after_one_click_and_not_again(open_page):
    page = open_page("/episodes/")
    play_from_list(page)

    assert page.url.endswith(PAGE)
    page.reload()
    page.wait_for_load_state("networkidle")
    assert page.evaluate("document.querySelector('audio').paused")
    expect(page.get_by_role("region", name="Now playing")).to_have_count(0)


@pytest.mark.parametrize(("width", "shown"), [(390, {"Play", "Forward 30 seconds"}), (1280, {"Back 15 seconds"})])
def test_the_dock_comes_with_the_first_play(open_page, width, shown):
    page = open_page(width=width)
    dock = page.get_by_role("region", name="Now playing")
    expect(dock).to_have_count(0)

    play(page)
    pause(page)

    expect(dock).to_contain_text("Why maps lie")
    expect(dock).to_contain_text("Welcome")
    expect(dock.get_by_label("Position")).to_be_visible()
    for name in shown:
        expect(dock.get_by_role("button", name=name, exact=True)).to_be_visible()
    dock.get_by_role("button", name="Forward 30 seconds").click()
    assert read_position(page) >= 30


@pytest.mark.parametrize("width", [320, 1280])
def test_the_dock_never_covers_what_has_the_focus(open_page, width):
    page = open_page(width=width, height=600, reduced_motion="reduce")
    play(page)
    pause(page)
    page.evaluate("document.activeElement.blur(); scrollTo(0, 0)")
    covered = []

    for _ in range(200):
        page.keyboard.press("Tab")
        if page.evaluate("() => !!document.activeElement.closest('.dock')"):
            break
        if page.evaluate(COVERED):
            covered.append(page.evaluate("document.activeElement.outerHTML.slice(0, 100)"))

    assert page.evaluate("() => !!document.activeElement.closest('.dock')")
    assert covered == []


def test_the_lock_screen_knows_title_chapter_and_position_and_its_keys_work(open_page):
    page = open_page(before=SESSION)
    play(page)
    pause(page)
    metadata = "(({title, artist, album}) => [title, artist, album])(navigator.mediaSession.metadata)"

    assert page.evaluate(metadata) == ["Why maps lie", "Welcome", "The Long Way"]
    assert set(page.evaluate("Object.keys(keys)")) == {
        *("play", "pause", "seekbackward", "seekforward", "seekto", "previoustrack", "nexttrack")
    }
    for key, details, position in (
        ("nexttrack", {}, 300),
        ("seekforward", {}, 330),
        ("seekbackward", {}, 315),
        ("nexttrack", {}, 600),
        ("previoustrack", {}, 300),
        ("seekto", {"seekTime": 754}, 754),
    ):
        page.evaluate("([key, details]) => keys[key](details)", [key, details])
        assert round(read_position(page)) == position
    page.wait_for_function("() => states.at(-1).position > 753 && states.at(-1).duration > 890")
    page.evaluate("keys.play()")
    page.wait_for_function("() => navigator.mediaSession.metadata.artist === 'Goodbye'")
    page.evaluate("keys.pause()")


def test_the_position_is_told_on_focus_and_after_a_jump_and_never_while_it_plays(open_page):
    page = open_page(f"{PAGE}?t=754")
    bar = deck(page).get_by_label("Position")
    bar.focus()
    on_focus = bar.get_attribute("aria-valuetext")

    bar.press("ArrowRight")
    after = bar.get_attribute("aria-valuetext")
    bar.press("k")
    page.wait_for_function("() => document.querySelector('audio').currentTime > 761")
    while_playing = bar.get_attribute("aria-valuetext")
    pause(page)

    assert on_focus == "12 minutes 34 seconds of 15 minutes 0 seconds"
    assert after == "12 minutes 39 seconds"
    assert while_playing == after
    assert float(bar.input_value()) >= 761


def test_keys_work_in_the_player_and_nowhere_else(open_page):
    page = open_page()

    page.locator("main h1").click()
    page.keyboard.type("klnp")
    assert page.evaluate("document.querySelector('audio').paused")
    assert read_position(page) == 0

    bar = deck(page).get_by_label("Position")
    bar.focus()
    for key, position in (("l", 30), ("j", 15), ("n", 300), ("n", 600), ("p", 300), ("PageUp", 390), ("PageDown", 300)):
        bar.press(key)
        assert round(read_position(page)) == position
    bar.press("k")
    page.wait_for_function("() => !document.querySelector('audio').paused")


def test_a_file_that_will_not_play_brings_the_native_control_and_a_way_to_tell(open_page):
    page = open_page("/episodes/lost/")
    page.route("**/media/**", lambda route: route.fulfill(status=404, body=""))
    button = deck(page).get_by_role("button", name="Play", exact=True)

    button.focus()
    page.keyboard.press("Enter")

    note = page.get_by_role("alert")
    expect(note).to_contain_text("This file will not play. Download it, or tell us.")
    assert note.get_by_role("link", name="Download it").get_attribute("href").startswith("/media/")
    assert note.get_by_role("link", name="tell us").get_attribute("href") == "mailto:ada@example.org"
    expect(page.locator("audio")).to_be_visible()
    expect(page.locator("audio")).to_be_focused()
    expect(deck(page)).to_have_count(0)
    expect(page.get_by_role("region", name="Now playing")).to_have_count(0)


@pytest.mark.parametrize("width", [320, 390, 1280])
def test_nothing_moves_when_our_controls_come(open_page, width):
    page = open_page(width=width, before=SHIFTS)
    expect(deck(page)).to_be_visible()
    page.wait_for_load_state("networkidle")

    assert page.evaluate("shifted") <= 0.02


def test_skip_to_player_lands_on_play(open_page):
    page = open_page()
    expect(deck(page)).to_be_visible()

    page.get_by_role("link", name="Skip to player").focus()
    page.keyboard.press("Enter")

    expect(deck(page).get_by_role("button", name="Play", exact=True)).to_be_focused()


def share(page):
    page.locator("[data-share] summary").click()
    return page.locator("[data-share]")


def test_the_link_from_this_second_is_copied_mailed_or_passed_on(open_page, show):
    shares = "() => { navigator.share = async (given) => { window.given = given; }; }"
    page = open_page(f"{PAGE}?t=754", before=shares, permissions=["clipboard-read", "clipboard-write"])
    address = f"{show.base_url}{PAGE}?t=754"

    sheet = share(page)
    sheet.get_by_role("button", name="Copy").click()
    expect(sheet.get_by_role("button", name="Link copied")).to_be_visible()
    sheet.get_by_role("button", name="More ways").click()

    assert page.evaluate("navigator.clipboard.readText()") == address
    assert page.evaluate("given") == {"title": "Why maps lie", "url": address}
    mail = f"mailto:?subject=Why%20maps%20lie&body={quote(address, safe='')}"
    assert sheet.get_by_role("link", name="E-mail").get_attribute("href") == mail
    page.keyboard.press("Escape")
    expect(sheet.get_by_label("Link from here on")).to_be_hidden()
    expect(page.locator("[data-share] summary")).to_be_focused()


def test_where_the_clipboard_is_denied_the_link_is_selected(open_page, show):
    page = open_page(before="() => { navigator.clipboard.writeText = () => Promise.reject(new Error('denied')); }")

    sheet = share(page)
    sheet.get_by_role("button", name="Copy").click()

    expect(sheet.get_by_label("Link from here on")).to_be_focused()
    assert page.evaluate("String(getSelection())") == f"{show.base_url}{PAGE}"
    expect(sheet.get_by_role("button", name="More ways")).to_be_hidden()
    page.locator("h1").click()
    expect(sheet.get_by_label("Link from here on")).to_be_hidden()


def test_what_a_listener_s_page_loads_is_one_module_and_little(open_page):
    page = open_page("about:blank")
    sizes = {}

    def weigh(request):
        if request.resource_type in {"script", "stylesheet"}:
            sizes[request.url.rpartition("/")[2].partition("?")[0]] = request.sizes()["responseBodySize"]

    page.on("requestfinished", weigh)
    page.goto(PAGE, wait_until="networkidle")

    assert [each.get_attribute("type") for each in page.locator("script[src]").all()] == ["module"]
    scripts = {name: size for name, size in sizes.items() if ".js" in name}
    assert sum(scripts.values()) <= 8_000, scripts
    assert sum(sizes.values()) - sum(scripts.values()) <= 10_000
