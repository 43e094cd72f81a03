"""The host publishes in a browser: a file dropped, chosen, sent without JavaScript; clicks counted as the journeys promise."""

import base64
from io import BytesIO

import feedparser
import pytest
from playwright.sync_api import expect

from tests.catalogue.recordings import make_comment, make_id3, make_mp3, make_text
from tests.flows.browsing import Hand, watched
from tests.flows.conftest import SHOW, enter_studio
from tests.flows.uploading import Sender
from tests.site import Site, wait_for

pytestmark = pytest.mark.browser

DROP = """([target, name, content]) => {
  const bytes = Uint8Array.from(atob(content), (each) => each.charCodeAt(0));
  const given = new DataTransfer();
  given.items.add(new File([bytes], name, {type: "audio/mpeg"}));
  document.querySelector(target).dispatchEvent(new DragEvent("drop", {dataTransfer: given, bubbles: true, cancelable: true}));
}"""


@pytest.fixture(scope="module")
def stage(tmp_path_factory):
    """A served installation with an empty show; each test publishes an episode of its own."""
    site = Site(tmp_path_factory.mktemp("publishing"))
    (site.episodes / "show.yaml").write_text(SHOW)
    site.run("init", "--host-email", "ada@example.org")
    yield site.start()
    site.kill()


class HostsHand(Hand):
    """Ada at the screen."""

    def __init__(self, site, page):
        super().__init__()
        self.site, self.page = site, page

    def press(self, name):
        self.click(self.page.get_by_role("button", name=name, exact=True))

    def enter(self):
        """Opens the studio by the link that the command prints; its click is not part of a journey."""
        self.page.goto(self.site.ask("hosts", "link", "ada@example.org")["studio"])
        self.page.locator("main form button").click()
        self.page.wait_for_url("**/studio/")

    def open_form(self):
        self.page.goto(f"{self.site.base_url}/studio/episodes/new")

    def drop(self, content, target="main", name="talk.mp3"):
        """Drops a file as soon as the page listens for one."""
        self.page.wait_for_load_state("networkidle")
        self.page.evaluate(DROP, [target, name, base64.b64encode(content).decode()])


@pytest.fixture
def hand(stage, page):
    """Ada's hand in a fresh browser, which must have nothing to complain about."""
    hand = HostsHand(stage, page)
    with watched(page, stage.base_url) as watch:
        hand.enter()
        yield hand
    assert (watch.complaints, watch.foreign) == ([], [])


def make_recording(title, seconds=20):
    return make_mp3(
        seconds, tags=make_id3(make_text("TIT2", title), make_text("TRCK", "215"), make_comment("By hand."))
    )


def assert_is_out(site, title, slug, content):
    """In the public feed, on its page, and its audio answers a range."""
    feed = feedparser.parse(BytesIO(site.fetch("/feed.xml").body))
    titles = [each.title for each in feed.entries]
    assert titles.count(title) == 1, titles
    (entry,) = [each for each in feed.entries if each.title == title]
    part = site.fetch(entry.enclosures[0].href, headers={"Range": "bytes=100-299"})
    assert (part.status, part.body) == (206, content[100:300])
    assert int(entry.enclosures[0].length) == len(content)
    page = site.fetch(f"/episodes/{slug}/")
    assert page.status == 200
    assert title in page.text


def test_a_file_dropped_anywhere_in_the_studio_is_out_after_one_click(hand, stage):
    content = make_recording("Dropped anywhere")

    hand.drop(content)
    expect(hand.page.get_by_label("Title")).to_have_value("Dropped anywhere")
    hand.press("Publish when ready")

    expect(hand.page.get_by_text("It is out.")).to_be_visible()
    assert hand.clicks == 1
    assert_is_out(stage, "Dropped anywhere", "dropped-anywhere", content)


def test_a_chosen_file_is_out_after_three_clicks(hand, stage):
    content = make_recording("Chosen by hand")

    hand.click(hand.page.get_by_role("link", name="New episode"))
    with hand.page.expect_file_chooser() as chooser:
        hand.click(hand.page.get_by_text("Choose a file"))
    chooser.value.set_files({"name": "talk.mp3", "mimeType": "audio/mpeg", "buffer": content})
    expect(hand.page.get_by_label("Show notes")).to_have_value("By hand.")
    hand.press("Publish when ready")

    expect(hand.page.get_by_text("It is out.")).to_be_visible()
    assert hand.clicks == 3
    assert_is_out(stage, "Chosen by hand", "chosen-by-hand", content)


def test_a_file_of_many_megabytes_fills_the_form_before_it_has_arrived(hand, stage):
    content = make_recording("A long talk", seconds=600)
    held = []
    hand.open_form()

    def hold(route):
        held.append(route) if not held else route.continue_()

    hand.page.route("**/studio/uploads/01*", hold)

    hand.drop(content, "#title")
    expect(hand.page.get_by_label("Title")).to_have_value("A long talk")
    expect(hand.page.get_by_label("Episode number")).to_have_value("215")
    hand.press("Publish when ready")
    expect(hand.page.get_by_role("status").filter(has_text="Goes out as soon as")).to_have_count(1)
    held[0].continue_()

    expect(hand.page.get_by_text("It is out.")).to_be_visible()
    assert_is_out(stage, "A long talk", "a-long-talk", content)


def test_the_focus_goes_on_to_the_upload_where_the_file_was_chosen_by_key(hand):
    hand.open_form()
    audio = hand.page.locator("#audio")
    audio.focus()
    audio.set_input_files({"name": "talk.mp3", "mimeType": "audio/mpeg", "buffer": make_recording("By key")})

    expect(hand.page.get_by_label("Title")).to_have_value("By key")
    expect(hand.page.get_by_role("region", name="Upload")).to_be_focused()


def test_an_episode_is_scheduled_with_two_clicks(hand, stage):
    hand.open_form()
    hand.drop(make_recording("For later"), "#title")
    expect(hand.page.get_by_label("Title")).to_have_value("For later")

    hand.click(hand.page.get_by_label("At a set time"))
    hand.press("Publish when ready")

    expect(hand.page.get_by_text("It is scheduled.")).to_be_visible()
    expect(hand.page.locator("main > .meta")).to_contain_text("Europe/Madrid")
    assert hand.clicks == 2
    assert "For later" not in stage.fetch("/feed.xml").text


def test_members_hear_it_first_after_two_clicks(hand, stage):
    feed = stage.ask("members", "add", "ben@example.org", "--plan", "members")["feed"]
    hand.open_form()
    hand.drop(make_recording("Members first"), "#title")
    expect(hand.page.get_by_label("Title")).to_have_value("Members first")

    hand.click(hand.page.get_by_label("Members first, everyone later"))
    hand.press("Publish when ready")

    expect(hand.page.get_by_text("It is out.")).to_be_visible()
    assert hand.clicks == 2
    assert "<title>Members first</title>" in stage.fetch(feed).text
    assert "<title>Members first</title>" not in stage.fetch("/feed.xml").text


def cut_parts_off(page):
    """From now on no part of a file arrives."""
    page.route("**/studio/uploads/01*", lambda route: route.abort("connectionreset"))


def test_an_upload_that_was_cut_off_goes_on_by_itself(stage, page):
    hand = HostsHand(stage, page)
    hand.enter()
    hand.open_form()
    cut_parts_off(page)

    hand.drop(make_recording("Cut off"), "#title")
    expect(page.get_by_text("The connection is gone. The upload goes on by itself")).to_be_visible()
    page.get_by_label("Title").fill("My own title")
    page.unroute("**/studio/uploads/01*")
    expect(page.get_by_text("The file is here.").first).to_be_visible()
    hand.press("Publish when ready")

    expect(page.get_by_text("It is out.")).to_be_visible()
    assert_is_out(stage, "My own title", "my-own-title", make_recording("Cut off"))


def give_file(page, content, name="talk.mp3", into="[data-file]"):
    """Chooses a file with a time of its own: the same one each time."""
    page.evaluate(
        """([name, content, into]) => {
          const bytes = Uint8Array.from(atob(content), (each) => each.charCodeAt(0));
          const given = new DataTransfer();
          given.items.add(new File([bytes], name, {type: "audio/mpeg", lastModified: 1700000000000}));
          const input = document.querySelector(into);
          input.files = given.files;
          input.dispatchEvent(new Event("change"));
        }""",
        [name, base64.b64encode(content).decode(), into],
    )


def test_an_upload_is_paused_and_resumed(stage, page):
    hand = HostsHand(stage, page)
    hand.enter()
    hand.open_form()
    cut_parts_off(page)
    page.locator("form[data-ready]").wait_for()
    give_file(page, make_recording("Paused"))
    expect(page.get_by_text("The connection is gone.")).to_be_visible()

    hand.press("Pause")
    expect(page.get_by_text("Paused at 0%")).to_have_count(2)
    page.unroute("**/studio/uploads/01*")
    hand.press("Resume")

    expect(page.get_by_text("The file is here.").first).to_be_visible()


def test_after_a_reload_the_form_is_as_it_was_and_the_same_file_goes_on(stage, page):
    hand, content, offsets = HostsHand(stage, page), make_recording("Left in the middle"), []
    hand.enter()
    hand.open_form()
    cut_parts_off(page)
    page.locator("form[data-ready]").wait_for()
    give_file(page, content)
    expect(page.get_by_text("The connection is gone.")).to_be_visible()
    page.get_by_label("Title").fill("Typed before the reload")
    page.wait_for_url("**/studio/episodes/new?kept=*")
    upload_id = page.locator("[data-id]").input_value()
    half = len(content) // 2
    Sender(stage, enter_studio(stage), "", 0, path=f"/studio/uploads/{upload_id}").send(content[:half])

    page.reload()
    page.unroute("**/studio/uploads/01*")
    expect(page.get_by_label("Title")).to_have_value("Typed before the reload")
    expect(page.get_by_text("The upload stopped at 50%")).to_be_visible()
    page.locator("form[data-ready]").wait_for()
    page.on("request", lambda request: offsets.append(request.headers.get("upload-offset")))
    give_file(page, content)
    expect(page.get_by_text("The file is here.").first).to_be_visible()
    hand.press("Publish when ready")

    expect(page.get_by_text("It is out.")).to_be_visible()
    assert [offset for offset in offsets if offset] == [str(half)]
    assert_is_out(stage, "Typed before the reload", "typed-before-the-reload", content)


def choose_cut(page, content, *, opens=True):
    if opens:
        page.get_by_text("Number, guests, tags, transcript, extended cut and more").click()
    give_file(page, content, "longer.mp3", into="#members")


def test_a_members_cut_goes_up_while_the_form_is_filled_in_and_the_form_waits_for_it(stage, page):
    hand, longer = HostsHand(stage, page), make_recording("Longer", seconds=40)
    feed = stage.ask("members", "add", "cut@example.org", "--plan", "members")["feed"]
    held = []
    hand.enter()
    hand.open_form()
    page.locator("form[data-ready]").wait_for()
    give_file(page, make_recording("With more"))
    expect(page.get_by_text("The file is here.").first).to_be_visible()
    page.route("**/studio/uploads/01*", lambda route: route.continue_() if held else held.append(route))

    choose_cut(page, longer)
    expect(page.get_by_text("longer.mp3")).to_be_visible()
    hand.press("Publish when ready")
    expect(page.get_by_text("Goes out as soon as the upload ends.").last).to_be_visible()
    held[0].continue_()

    expect(page.get_by_text("It is out.")).to_be_visible()
    entries = feedparser.parse(BytesIO(stage.fetch(feed).body)).entries
    (audio,) = [entry.enclosures[0] for entry in entries if entry.title == "With more"]
    assert int(audio.length) == len(longer)
    assert stage.fetch(audio.href).body == longer


def test_a_members_cut_goes_on_after_a_reload_where_it_stopped(stage, page):
    hand, longer, offsets = HostsHand(stage, page), make_recording("Longer", seconds=40), []
    hand.enter()
    hand.open_form()
    page.locator("form[data-ready]").wait_for()
    give_file(page, make_recording("Stopped cut"))
    expect(page.get_by_text("The file is here.").first).to_be_visible()
    cut_parts_off(page)
    choose_cut(page, longer)
    expect(page.get_by_text("The connection is gone.")).to_be_visible()
    page.wait_for_url("**/studio/episodes/new?kept=*")
    upload_id = page.locator("[name=members_upload]").input_value()
    half = len(longer) // 2
    Sender(stage, enter_studio(stage), "", 0, path=f"/studio/uploads/{upload_id}").send(longer[:half])

    page.reload()
    page.unroute("**/studio/uploads/01*")
    page.get_by_text("Number, guests, tags, transcript, extended cut and more").click()
    expect(page.get_by_text("The upload stopped at 50%")).to_be_visible()
    page.on("request", lambda request: offsets.append(request.headers.get("upload-offset")))
    choose_cut(page, longer, opens=False)
    expect(page.get_by_text("The file is here. Choose another one to replace it.").first).to_be_visible()
    hand.press("Publish when ready")

    expect(page.get_by_text("It is out.")).to_be_visible()
    assert [offset for offset in offsets if offset] == [str(half)]


def test_a_members_cut_that_is_no_audio_says_so_and_can_be_removed(stage, page):
    hand = HostsHand(stage, page)
    hand.enter()
    hand.open_form()
    page.locator("form[data-ready]").wait_for()
    give_file(page, make_recording("Without a cut"))
    expect(page.get_by_text("The file is here.").first).to_be_visible()

    choose_cut(page, b"no audio at all" * 1000)
    part = page.locator("#members-part")
    expect(part.get_by_text("The file must be an mp3 or m4a.").first).to_be_visible()
    part.get_by_role("button", name="Remove").click()
    hand.press("Publish when ready")

    expect(page.get_by_text("It is out.")).to_be_visible()


@pytest.mark.parametrize("kind", ["audio", "members"])
def test_a_wrong_file_does_not_take_the_place_of_a_good_one(stage, page, kind):
    hand, title, right = HostsHand(stage, page), f"Twice chosen, {kind}", make_recording("Right", seconds=40)
    feed = stage.ask("members", "add", "twice@example.org", "--plan", "members")["feed"]
    hand.enter()
    hand.open_form()
    page.locator("form[data-ready]").wait_for()
    give_file(page, right if kind == "audio" else make_recording("For all"))
    expect(page.get_by_text("The file is here.").first).to_be_visible()
    if kind == "members":
        choose_cut(page, right)
        expect(page.get_by_text("The file is here. Choose another one to replace it.").first).to_be_visible()

    give_file(page, b"It rains.", "words.txt", into=f"#{kind}")
    expect(page.get_by_text("The file must be an mp3 or m4a.").first).to_be_visible()
    page.get_by_label("Title").fill(title)
    hand.press("Publish when ready")

    expect(page.get_by_text("It is out.")).to_be_visible()
    entries = feedparser.parse(BytesIO(stage.fetch(feed).body)).entries
    (audio,) = [entry.enclosures[0] for entry in entries if entry.title == title]
    assert stage.fetch(audio.href).body == right


def test_another_file_takes_the_place_of_one_on_its_way(stage, page):
    hand = HostsHand(stage, page)
    hand.enter()
    hand.open_form()
    cut_parts_off(page)
    page.locator("form[data-ready]").wait_for()
    give_file(page, make_recording("The wrong one"), "wrong.mp3")
    expect(page.get_by_text("The connection is gone.")).to_be_visible()
    page.unroute("**/studio/uploads/01*")

    with page.expect_file_chooser() as chooser:
        hand.press("Replace")
    with page.expect_request(lambda request: request.method == "DELETE"):
        chooser.value.set_files(
            {"name": "right.mp3", "mimeType": "audio/mpeg", "buffer": make_recording("The right one")}
        )

    expect(page.get_by_text("The file is here.").first).to_be_visible()
    expect(page.get_by_role("region", name="Upload").get_by_text("right.mp3")).to_be_visible()


def test_what_the_tags_say_never_lands_under_the_cursor(hand):
    """A title that came from the audio just then was joined to the one that was being typed."""
    held = {}
    hand.open_form()
    page = hand.page

    def hold(route):
        name = "head" if "/head" in route.request.url else "whole"
        held.setdefault(name, route)
        if held[name] is not route:
            route.continue_()

    page.route("**/studio/uploads/head?*", hold)
    page.route("**/studio/uploads/01*", hold)
    hand.drop(make_recording("From the tags"), "#title")
    page.get_by_label("Title").focus()

    held["head"].continue_()
    expect(page.locator("[data-shown]")).to_contain_text("kbit/s")
    page.keyboard.type("Mine")
    expect(page.get_by_label("Title")).to_have_value("Mine")
    for _ in "Mine":
        page.keyboard.press("Backspace")
    page.keyboard.press("Tab")

    expect(page.get_by_label("Title")).to_have_value("From the tags")
    held["whole"].continue_()
    expect(page.get_by_text("The file is here.").first).to_be_visible()


@pytest.fixture
def plain_hand(stage, browser):
    """Ada's hand in a browser without JavaScript."""
    with browser.new_context(java_script_enabled=False) as context:
        hand = HostsHand(stage, context.new_page())
        hand.enter()
        yield hand


def test_without_javascript_the_same_form_publishes(plain_hand, stage):
    content = make_recording("Without a script")

    plain_hand.click(plain_hand.page.get_by_role("link", name="New episode"))
    plain_hand.page.locator("#audio").set_input_files({"name": "talk.mp3", "mimeType": "audio/mpeg", "buffer": content})
    plain_hand.press("Publish when ready")

    expect(plain_hand.page.get_by_text("It is out.")).to_be_visible()
    assert_is_out(stage, "Without a script", "without-a-script", content)


def test_without_javascript_a_mistake_keeps_the_file_and_the_words(plain_hand, stage):
    page, content = plain_hand.page, make_recording("Mended")
    plain_hand.open_form()
    page.get_by_label("Show notes").fill("Written without a script.")
    page.locator("summary", has_text="Number, guests").click()
    page.get_by_label("Season").fill("first")
    page.locator("#audio").set_input_files({"name": "talk.mp3", "mimeType": "audio/mpeg", "buffer": content})
    plain_hand.press("Publish when ready")

    expect(page.get_by_role("alert").filter(has_text="There is a problem")).to_be_visible()
    expect(page.get_by_label("Show notes")).to_have_value("Written without a script.")
    expect(page.get_by_role("region", name="Upload").get_by_text("talk.mp3")).to_be_visible()
    page.get_by_label("Season").fill("1")
    plain_hand.press("Publish when ready")

    expect(page.get_by_text("It is out.")).to_be_visible()
    assert_is_out(stage, "Mended", "mended", content)


def test_a_form_saves_itself_ten_seconds_after_the_first_word(hand):
    page = hand.page
    page.clock.install()
    hand.open_form()
    page.get_by_role("button", name="Write first, add the audio later").click()
    page.get_by_label("Title").fill("Half a thought")
    line = page.locator("[data-kept-line]")

    def has_saved():
        # What saves it is loaded with the first word, and starts to count then.
        page.clock.run_for(11_000)
        return line.is_visible()

    wait_for(has_saved, "the form to be saved")

    expect(line).to_contain_text("Draft saved")
    page.goto(page.url)
    expect(page.get_by_label("Title")).to_have_value("Half a thought")


@pytest.mark.parametrize("way", ["opened", "dragged"])
def test_the_audio_of_an_episode_is_replaced_on_its_page(stage, page, way):
    hand, title = HostsHand(stage, page), f"To be replaced, {way}"
    hand.enter()
    hand.open_form()
    hand.drop(make_recording(title), "#title")
    expect(page.get_by_text("The file is here.").first).to_be_visible()
    hand.press("Publish when ready")
    expect(page.get_by_text("It is out.")).to_be_visible()

    if way == "opened":
        page.locator("summary", has_text="replace the audio").click()
    else:
        page.evaluate("window.dispatchEvent(new DragEvent('dragenter', {bubbles: true}))")
    page.locator("form[data-ready]").wait_for()
    give_file(page, make_recording(title, seconds=30))
    expect(page.get_by_text("The file is here.").first).to_be_attached()
    hand.press("Save")

    expect(page.get_by_text("It is out.")).to_be_visible()
    assert_is_out(stage, title, f"to-be-replaced-{way}", make_recording(title, seconds=30))
