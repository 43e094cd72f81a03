"""The scripts in a browser, under the page's policy: player, copy field, code field, upload, forms."""

import io
import threading
import wave
from dataclasses import replace
from types import SimpleNamespace

import pytest
from flask import jsonify, request, send_file
from playwright.sync_api import expect
from werkzeug.serving import make_server

from podcastsvc.app import create_app
from podcastsvc.services import Services
from podcastsvc.web.requests import allow_audio
from tests.site import find_port
from tests.web.conftest import make_member, start_session

pytestmark = pytest.mark.browser

SECONDS = 120
HEAD = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Try</title><link rel="icon" href="data:,">
{% for sheet in ("paper", "site", "player", "studio") %}<link rel="stylesheet" href="{{ asset('css/' ~ sheet ~ '.css') }}">
{% endfor %}<script type="module" src="{{ asset('js/' ~ entry ~ '.js') }}"></script></head><body><main>
{% import "macros/forms.html" as forms %}{% import "macros/listen.html" as listen %}{% import "macros/studio.html" as studio %}
{% from "macros/parts.html" import button %}"""
LISTEN = """{{ listen.player(src, "guid-1", "Why maps lie", seconds=120, show_title="The Long Way", start=start) }}
{{ listen.chapter_list(chapters) }}{{ listen.follow_switch() }}{{ listen.transcript(chapters, label="Transcript") }}
<label>Elsewhere <input></label>"""
COPY = '{{ forms.copy_field("Your private feed link", "https://show.example/private/k7/feed.xml") }}'
CODE = """<form method="post" action="/try/once" novalidate>{{ csrf() }}{{ forms.code_field() }}</form>"""
ONCE = """<form method="post" action="/try/once">{{ csrf() }}{{ button("Send") }}</form>"""
UPLOAD = """<form class="stack" action="/try/once" {{ studio.upload_attrs("/try/upload", 1000000, head_href="/try/head") }}>
{{ csrf() }}{{ studio.upload(max_bytes=1000000) }}{{ forms.field("title", "Title", attrs={"data-fact": "title"}) }}
{{ forms.field("number", "Number", attrs={"data-fact": "number"}) }}{{ studio.file_checks() }}
{{ button("Publish when ready", name="do", value="publish") }}</form>"""
PAGES = {"listen": LISTEN, "copy": COPY, "code": CODE, "once": ONCE, "upload": UPLOAD}
CHAPTERS = [
    SimpleNamespace(seconds=at, title=title, speaker="Ada", text=f"{title}, in words.")
    for at, title in ((0, "Welcome"), (40, "The ledger"), (80, "Goodbye"))
]


class Bench:
    """Sample pages on a port: what was posted, and the gate that an upload's answer waits behind."""

    def __init__(self, app, port):
        self.base_url = f"http://127.0.0.1:{port}"
        self.posted = []
        self.uploads = []
        self.removed = []
        self.gate = threading.Event()
        self.gate.set()
        self.app = app
        app.add_url_rule("/try/<name>", "try.page", self.page)
        app.add_url_rule("/try/audio.wav", "try.audio", self.audio)
        app.add_url_rule("/try/once", "try.once", self.once, methods=["POST"])
        app.add_url_rule("/try/head", "try.head", self.head, methods=["POST"])
        app.add_url_rule("/try/upload", "try.begin", self.begin, methods=["POST"])
        app.add_url_rule(
            "/try/upload/<int:number>", "try.upload", self.upload, methods=["HEAD", "PATCH", "POST", "DELETE"]
        )
        allow_audio("try.once")
        allow_audio("try.head")
        allow_audio("try.upload")

    def page(self, name):
        template = self.app.jinja_env.from_string(HEAD + PAGES[name] + "</main></body></html>")
        start = request.args.get("t", type=int)
        source = request.args.get("src", "/try/audio.wav")
        entry = "studio" if name == "upload" else "site"
        return template.render(entry=entry, src=source, start=start, chapters=CHAPTERS)

    def audio(self):
        return send_file(io.BytesIO(make_wave()), "audio/wav", conditional=True)

    def once(self):
        self.posted.append(request.form.to_dict())
        return "", 204

    def head(self):
        return jsonify({"facts": {"title": "From the tags", "number": 215}, "shown": "1 h 06 min"})

    def begin(self):
        self.uploads.append(0)
        return "", 201, {"Location": f"/try/upload/{len(self.uploads)}"}

    def upload(self, number):
        """One upload as the protocol has it; its end waits behind the gate."""
        if request.method == "DELETE":
            self.removed.append(number)
            return "", 204
        if request.method in {"HEAD", "PATCH"}:
            self.uploads[number - 1] += len(request.get_data())
            return "", 204 if request.method == "PATCH" else 200, {"Upload-Offset": str(self.uploads[number - 1])}
        self.gate.wait(20)
        return jsonify({"upload": "01X", "facts": {}, "checks": [{"state": "warn", "text": "No transcript yet."}]})


def make_wave():
    out = io.BytesIO()
    with wave.open(out, "wb") as file:
        file.setparams((1, 1, 8000, 0, "NONE", ""))
        file.writeframes(b"\x80" * (8000 * SECONDS))
    return out.getvalue()


@pytest.fixture
def bench(settings, services):
    """A server with the sample pages; ends with the test."""
    port = find_port()
    here = replace(settings, base_url=f"http://127.0.0.1:{port}", port=port)
    made = Services(here)
    bench = Bench(create_app(here, made), port)
    bench.secret = start_session(made, make_member(made, "ada@example.org", role="host"))
    server = make_server("127.0.0.1", port, bench.app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield bench
    bench.gate.set()
    server.shutdown()
    thread.join()
    server.server_close()
    made.close()


@pytest.fixture
def visit(bench, page):
    """Opens a sample page for a host; at the end, the browser must have complained about nothing but audio that is not
    there."""
    complaints = []
    page.context.add_cookies([{"name": "sid", "value": bench.secret, "url": bench.base_url}])
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda problem: complaints.append(str(problem)))

    def open_page(path):
        page.goto(f"{bench.base_url}/try/{path}")
        return page

    yield open_page
    assert [each for each in complaints if "404" not in each] == []


def play(page):
    return page.get_by_role("button", name="Play", exact=True).first


def test_our_controls_take_the_place_of_the_native_ones(visit):
    page = visit("listen")

    expect(play(page)).to_be_visible()
    expect(page.locator("audio")).to_be_hidden()
    expect(page.get_by_label("Speed")).to_have_value("1")


def test_buttons_keys_and_the_bar_move_the_position(visit):
    page = visit("listen")
    at = page.locator("[data-at]")

    page.get_by_role("button", name="Forward 30 seconds").click()
    expect(at).to_have_text("0:30")
    page.get_by_role("button", name="Back 15 seconds").click()
    expect(at).to_have_text("0:15")
    page.get_by_label("Position").press("ArrowRight")
    expect(at).to_have_text("0:20")
    page.get_by_label("Position").press("n")
    expect(at).to_have_text("0:40")
    page.get_by_label("Position").press("PageUp")
    expect(at).to_have_text("0:52")


def test_the_position_is_told_in_words(visit):
    page = visit("listen?t=80")
    bar = page.get_by_label("Position")

    bar.focus()
    expect(bar).to_have_attribute("aria-valuetext", "1 minute 20 seconds of 2 minutes 0 seconds")
    bar.press("ArrowLeft")
    expect(bar).to_have_attribute("aria-valuetext", "1 minute 15 seconds")


def test_letter_keys_do_nothing_outside_the_player(visit):
    page = visit("listen")

    page.get_by_label("Elsewhere").press_sequentially("lkn")

    expect(page.locator("[data-at]")).to_have_text("0:00")
    expect(page.get_by_label("Elsewhere")).to_have_value("lkn")


def test_a_chapter_jumps_in_place_and_is_marked(visit):
    page = visit("listen")
    address = page.url

    page.locator("[data-chapters]").get_by_text("The ledger").click()

    expect(page.locator("[data-chapters] [aria-current]")).to_have_text("0:40The ledger")
    expect(page.locator("[data-transcript] [aria-current]")).to_contain_text("The ledger, in words.")
    expect(page.locator(".player [data-now]")).to_have_text("The ledger")
    assert page.url == address


def test_playing_changes_the_names_and_brings_the_dock(visit):
    page = visit("listen")
    expect(page.get_by_role("region", name="Now playing")).to_have_count(0)

    play(page).click()

    dock = page.get_by_role("region", name="Now playing")
    expect(page.get_by_role("button", name="Pause")).to_have_count(2)
    expect(dock).to_contain_text("Why maps lie")
    dock.get_by_role("button", name="Pause").click()
    expect(page.get_by_role("button", name="Play", exact=True)).to_have_count(2)


def test_an_address_with_a_time_starts_there(visit):
    page = visit("listen?t=42")

    expect(page.locator("[data-at]")).to_have_text("0:42")
    expect(page.locator("[data-left]")).to_have_text("−1:18")


def test_the_last_position_is_offered_not_taken(visit):
    page = visit("listen")
    page.evaluate("localStorage.setItem('at:guid-1', '63')")

    page.reload()

    expect(page.locator("[data-at]")).to_have_text("0:00")
    page.get_by_role("button", name="Go on from 1:03").click()
    expect(page.locator("[data-at]")).to_have_text("1:03")


def test_the_speed_is_kept_for_the_next_episode(visit):
    page = visit("listen")
    page.get_by_label("Speed").select_option("1.5")

    page.reload()

    expect(page.get_by_label("Speed")).to_have_value("1.5")


def test_audio_that_is_not_there_brings_the_native_control_back(visit):
    page = visit("listen?src=/media/nothing.mp3")

    play(page).click()

    expect(page.locator("audio")).to_be_visible()
    expect(page.get_by_text("This file will not play.")).to_be_visible()
    expect(page.get_by_label("Position")).to_have_count(0)


def test_without_javascript_the_native_control_starts_at_the_time(bench, browser):
    with browser.new_context(java_script_enabled=False) as context:
        page = context.new_page()
        page.goto(f"{bench.base_url}/try/listen?t=42")

        expect(page.locator("audio")).to_be_visible()
        expect(page.locator("audio")).to_have_attribute("src", "/try/audio.wav#t=42")
        expect(page.get_by_role("switch")).to_be_hidden()


def test_copying_says_so(visit, context):
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    page = visit("copy")

    page.get_by_role("button", name="Copy").click()

    expect(page.get_by_role("button", name="Copied")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()") == "https://show.example/private/k7/feed.xml"


def test_a_pasted_code_is_cleaned_and_sent_once(visit, bench):
    page = visit("code")

    with page.expect_response("**/try/once"):
        page.get_by_label("Six-digit code").fill("12 34 56")

    assert [form["code"] for form in bench.posted] == ["123456"]


def test_a_code_that_was_filled_in_before_the_script_came_is_sent_as_well(visit, page, bench):
    """Phones fill in a code as soon as the field is there."""
    held = []

    def hold(route):
        held.append(route)

    page.route("**/js/code.js*", hold)
    visit("code")
    page.get_by_label("Six-digit code").fill("123456")
    assert bench.posted == []

    with page.expect_response("**/try/once"):
        held[0].continue_()

    assert [form["code"] for form in bench.posted] == ["123456"]


def test_coming_back_to_a_sent_code_does_not_send_it_again(visit, bench):
    page = visit("code")
    with page.expect_response("**/try/once"):
        page.get_by_label("Six-digit code").fill("123456")
    page.goto(f"{bench.base_url}/try/copy")

    page.go_back()
    page.wait_for_load_state("networkidle")

    expect(page.get_by_label("Six-digit code")).to_be_visible()
    assert [form["code"] for form in bench.posted] == ["123456"]


def test_a_second_press_sends_nothing(visit, bench):
    page = visit("once")

    with page.expect_response("**/try/once"):
        page.get_by_role("button", name="Send").dblclick()
    page.get_by_role("button", name="Send").click()

    assert len(bench.posted) == 1


def test_an_upload_fills_the_form_and_publish_waits_for_its_end(visit, bench):
    bench.gate.clear()
    page = visit("upload")
    page.get_by_label("Title").fill("My own title")

    page.locator("#audio").set_input_files({"name": "a.mp3", "mimeType": "audio/mpeg", "buffer": b"x" * 5000})
    expect(page.get_by_label("Number")).to_have_value("215")
    page.get_by_role("button", name="Publish when ready").click()
    expect(page.get_by_role("status")).to_have_text("Goes out as soon as the upload ends.")
    assert bench.posted == []
    with page.expect_response("**/try/once"):
        bench.gate.set()

    assert bench.uploads == [5000]
    assert [(form["upload"], form["title"], form["do"]) for form in bench.posted] == [
        ("01X", "My own title", "publish")
    ]
    expect(page.get_by_text("No transcript yet.")).to_be_visible()


def test_a_file_can_be_dropped_anywhere_on_the_page(visit, bench):
    page = visit("upload")
    page.locator("form[data-ready]").wait_for()

    page.evaluate(
        "const given = new DataTransfer();"
        "given.items.add(new File(['x'.repeat(3000)], 'b.m4a', {type: 'audio/mp4'}));"
        "document.querySelector('#title').dispatchEvent(new DragEvent('drop', {dataTransfer: given, bubbles: true}))"
    )

    expect(page.get_by_text("The file is here. Check the form, then publish.").first).to_be_visible()
    assert bench.uploads == [3000]


@pytest.mark.parametrize(
    ("name", "size", "sentence"),
    [
        ("a.wav", 10, "The file must be an mp3 or m4a."),
        ("a.mp3", 0, "The file is empty."),
        ("a.mp3", 1_000_001, "The file must be smaller than 1 MB."),
    ],
)
def test_a_file_that_cannot_be_used_is_refused_before_the_upload(visit, bench, name, size, sentence):
    page = visit("upload")

    page.locator("#audio").set_input_files({"name": name, "mimeType": "audio/mpeg", "buffer": b"x" * size})

    expect(page.get_by_role("alert")).to_have_text(sentence)
    assert bench.uploads == []


def test_an_upload_can_be_taken_away_again(visit):
    page = visit("upload")
    page.locator("#audio").set_input_files({"name": "a.mp3", "mimeType": "audio/mpeg", "buffer": b"x" * 5000})
    expect(page.locator("[data-id]")).to_have_value("01X")

    page.get_by_role("button", name="Remove").click()

    expect(page.get_by_text("Drop the audio file here")).to_be_visible()
    expect(page.locator("[data-id]")).to_have_value("")
