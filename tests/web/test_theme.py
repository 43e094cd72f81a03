"""The site's own sheet: the host's colour, light or dark, kept by browsers for ever, and nothing where nothing is chosen."""

import re

import pytest

from podcastsvc.web.assets import FOLDER
from tests.catalogue.folders import write
from tests.web import shelf
from tests.web.shelf import scan

PAPER = (FOLDER / "css" / "paper.css").read_text(encoding="utf-8")


@pytest.fixture
def look(services, settings):
    """Puts a look into the show's file and has it read."""

    def change(text):
        write(settings.data.parent / "episodes" / "show.yaml", shelf.SHOW + (f"look: {text}\n" if text else ""))
        scan(settings, services.db)

    return change


def list_sheets(page):
    return re.findall(r'<link rel="stylesheet" href="([^"]+)">', page.text)


@pytest.mark.parametrize("text", ["", "{home: [episodes]}"])
def test_without_a_colour_pages_link_the_theme_and_no_sheet_of_their_own(client, look, text):
    look(text)

    sheets = list_sheets(client.get("/"))

    assert len(sheets) == 2
    assert sheets[0].endswith("/css/paper.css")
    assert client.get("/theme.css").status_code == 404


@pytest.mark.parametrize("path", ["/", "/join", "/nothing-here/", "/sign-in"])
def test_a_colour_takes_the_theme_s_place_on_every_page(client, look, path):
    look('{colour: "#8a1c5b"}')

    sheets = list_sheets(client.get(path))
    answer = client.get(sheets[0])

    assert len(sheets) == 2
    assert sheets[0].startswith("/theme.css?v=")
    assert answer.mimetype == "text/css"
    assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert "--accent: #8a1c5b;" in answer.text
    assert answer.text.count("\n") == PAPER.count("\n")


def test_another_colour_has_another_address_and_an_old_one_is_not_kept(client, look):
    look('{colour: "#8a1c5b"}')
    old = list_sheets(client.get("/"))[0]

    look('{colour: "#0c447d"}')
    new = list_sheets(client.get("/"))[0]
    late = client.get(old)

    assert new != old
    assert "--accent: #0c447d;" in late.text
    assert late.headers["Cache-Control"] == "no-cache"


def test_a_colour_that_is_none_leaves_the_site_as_it_is(client, look, services, settings):
    look('{colour: "#8a1c5b"}')
    before = list_sheets(client.get("/"))

    with pytest.raises(AssertionError, match="is not a colour"):
        look('{colour: "#zzz"}')

    assert list_sheets(client.get("/")) == before


def test_always_dark_is_dark_on_every_screen_and_light_on_paper(client, look):
    look("{scheme: dark}")

    page = client.get("/")
    css = client.get(list_sheets(page)[0]).text

    assert '<meta name="color-scheme" content="dark">' in page.text
    assert '<meta name="theme-color" content="#141413">' in page.text
    assert "color-scheme: dark;" in css
    assert "prefers-color-scheme" not in css
    assert css.index("@media screen {") < css.index("--bg: #141413") < css.index("@media print {")


def test_always_light_knows_no_dark(client, look):
    look('{scheme: light, colour: "#8a1c5b"}')

    page = client.get("/")
    css = client.get(list_sheets(page)[0]).text

    assert '<meta name="color-scheme" content="light">' in page.text
    assert "color-scheme: light;" in css
    assert "#141413" not in css


def test_the_theme_has_no_other_language_and_no_page(client, look):
    look('{colour: "#8a1c5b"}')

    assert client.get("/es/theme.css").status_code == 404
    assert client.get("/theme.css").headers["Content-Security-Policy"].startswith("default-src 'none'")
