"""The static files and templates: their weight, and that they live under the page's policy."""

import gzip
import re
from pathlib import Path
from xml.etree import ElementTree

import pytest

from podcastsvc.kit.bundled import get_folder
from podcastsvc.web.assets import FOLDER, asset

TEMPLATES = get_folder("templates")
PAGES = sorted(path for path in TEMPLATES.rglob("*.html") if path.relative_to(TEMPLATES).parts[0] != "mail")
SCRIPTS = sorted((FOLDER / "js").glob("*.js"))
PUBLIC_CSS = ("paper.css", "site.css", "player.css")
STUDIO_CSS = ("paper.css", "site.css", "studio.css")
SEARCH_CSS = ("paper.css", "site.css", "search.css")
TEXT_CSS = ("paper.css", "site.css", "text.css")
STUDIO_ONLY_JS = {"studio.js", "upload.js", "tus.js", "facts.js", "cuts.js", "keep.js", "drop.js", "preview.js"}
# What never stands on a page with the player: by its script, the words in a template that bring it there.
APART = {
    "watch.js": 'from "account/watch.html"',
    "code.js": "{{ code_field(",
    "zone.js": '" data-zone"',
    "clock.js": 'data-clock="',
}


def weigh(*paths: Path) -> int:
    """Bytes over the wire: each file compressed by itself."""
    return sum(len(gzip.compress(path.read_bytes(), 9)) for path in paths)


def list_rules(body: bytes) -> list[bytes]:
    """The lines of a file that say something, without comments of sheets."""
    return [line.strip() for line in re.sub(rb"/\*.*?\*/", b"", body, flags=re.DOTALL).splitlines() if line.strip()]


def name_of(path: Path) -> str:
    return str(path.relative_to(TEMPLATES if path.is_relative_to(TEMPLATES) else FOLDER))


@pytest.mark.parametrize(
    "sheets", [PUBLIC_CSS, STUDIO_CSS, SEARCH_CSS, TEXT_CSS], ids=["public", "studio", "search", "text"]
)
def test_the_sheets_of_a_page_are_three_and_weigh_at_most_10_kb(app, client, sheets):
    with app.test_request_context():
        paths = [asset(f"css/{name}") for name in sheets]
    weight = sum(len(client.get(path, headers={"Accept-Encoding": "gzip"}).data) for path in paths)

    assert len(sheets) <= 3
    assert weight <= 10_000


@pytest.mark.parametrize(
    "others", [APART.keys(), {"player.js"}], ids=["where one listens", "where an app is waited for"]
)
def test_the_scripts_of_a_public_page_weigh_at_most_8_kb(others):
    loaded = [path for path in SCRIPTS if path.name not in STUDIO_ONLY_JS | others]

    assert {"site.js", "forms.js"} <= {path.name for path in loaded}
    assert weigh(*loaded) <= 8_000


@pytest.mark.parametrize("words", APART.values(), ids=APART)
def test_no_page_with_the_player_has_what_stands_apart_from_it(words):
    apart = {path for path in PAGES if words in path.read_text()}
    listening = {path for path in PAGES if "{{ player(" in path.read_text()}

    assert apart
    assert listening
    assert not apart & listening


@pytest.mark.parametrize("name", ["css/site.css", "js/player.js", "icons.svg"])
def test_a_static_file_travels_compressed_and_is_not_sent_twice(app, client, name):
    with app.test_request_context():
        path = asset(name)

    with client.get(path) as plain:
        body = plain.data
    packed = client.get(path, headers={"Accept-Encoding": "gzip"})
    again = client.get(path, headers={"Accept-Encoding": "gzip", "If-None-Match": packed.headers["ETag"]})

    travelled = gzip.decompress(packed.data)
    assert body == (FOLDER / name).read_bytes()
    assert list_rules(travelled) == list_rules(body)
    assert travelled == body or (name.endswith(".css") and b"/*" not in travelled)
    assert (packed.headers["Content-Encoding"], packed.mimetype) == ("gzip", plain.mimetype)
    assert len(packed.data) < len(body) / 2
    assert packed.headers["ETag"] != plain.headers["ETag"]
    assert packed.headers["Vary"] == plain.headers["Vary"] == "Accept-Encoding"
    assert packed.headers["Cache-Control"] == plain.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert (again.status_code, again.data) == (304, b"")


def test_every_sheet_belongs_to_a_page():
    assert {path.name for path in (FOLDER / "css").glob("*.css")} == {*PUBLIC_CSS, *STUDIO_CSS, *SEARCH_CSS, *TEXT_CSS}


@pytest.mark.parametrize("path", SCRIPTS, ids=name_of)
def test_scripts_need_no_trusted_types_and_no_eval(path):
    found = re.findall(
        r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function", path.read_text()
    )

    assert found == []


@pytest.mark.parametrize("path", [*SCRIPTS, *sorted((FOLDER / "css").glob("*.css"))], ids=name_of)
def test_static_files_ask_no_other_host(path):
    assert re.findall(r"(?:https?:)?//[\w-]+\.\w+|@import|data:", path.read_text()) == []


@pytest.mark.parametrize("path", PAGES, ids=name_of)
def test_templates_hold_no_inline_style_script_or_handler(path):
    text = path.read_text(encoding="utf-8")

    inline = re.findall(r"<style|\sstyle=|\son[a-z]+=|javascript:", text)
    scripts = [tag for tag in re.findall(r"<script[^>]*>", text) if " src=" not in tag and "ld+json" not in tag]

    assert inline == []
    assert scripts == []


def test_every_icon_that_is_used_is_in_the_sprite():
    root = ElementTree.parse(FOLDER / "icons.svg").getroot()
    drawn = {symbol.get("id") for symbol in root}
    text = "\n".join(path.read_text(encoding="utf-8") for path in PAGES)

    used = set(re.findall(r"""\bicon\("([\w-]+)\"""", text))
    used |= set(re.findall(r"""\b(?:icon_name|icon_end|action_icon)="([\w-]+)\"""", text))

    assert {"play", "check"} <= used
    assert used - drawn == set()


def test_icons_are_strokes_of_the_current_colour():
    sprite = (FOLDER / "icons.svg").read_text(encoding="utf-8")

    assert set(re.findall(r'(?:fill|stroke)="([^"]+)"', sprite)) <= {"currentColor", "none"}
