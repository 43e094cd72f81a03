"""The site on home screens and in other sites' cards: its manifest, its icons, and what pages say when they are shared."""

import io
import json
import re

import pytest
import time_machine
from lxml import html
from PIL import Image

from podcastsvc.kit.language import name_direction, write_territory
from tests.catalogue.folders import make_cover, write
from tests.web import shelf
from tests.web.shelf import NOW, read, scan


@pytest.fixture(autouse=True)
def at_noon():
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


def find_link(page, rel):
    return read(page).find(f".//head/link[@rel='{rel}']").get("href")


def open_picture(reply):
    assert reply.status_code == 200, reply.text
    return Image.open(io.BytesIO(reply.data))


def test_the_manifest_speaks_the_language_of_its_address(show, client):
    found = {prefix: client.get(find_link(client.get(f"{prefix}/"), "manifest")) for prefix in ("", "/es")}
    english, spanish = (json.loads(found[prefix].text) for prefix in ("", "/es"))

    assert found[""].mimetype == "application/manifest+json"
    assert (english["name"], english["lang"], english["start_url"]) == ("The Long Meridian", "en", "/")
    assert (spanish["name"], spanish["lang"], spanish["start_url"]) == ("El meridiano largo", "es", "/es/")
    assert (english["theme_color"], english["background_color"], english["dir"]) == ("#0f5b57", "#fbfaf7", "ltr")


def test_each_icon_of_the_manifest_has_the_size_that_it_says(show, client):
    icons = client.get("/manifest.webmanifest").json["icons"]

    sizes = {each["sizes"]: open_picture(client.get(each["src"])).size for each in icons}

    assert sizes == {"192x192": (192, 192), "512x512": (512, 512)}


def test_the_manifest_answers_before_there_is_a_show(client):
    found = client.get("/manifest.webmanifest").json

    assert (found["name"], found.get("icons")) == ("Your show", None)


def test_the_manifest_has_the_host_s_colour(show, client, services, settings):
    write(settings.data.parent / "episodes" / "show.yaml", f'{shelf.SHOW}look: {{colour: "#8a1c5b", scheme: dark}}\n')
    scan(settings, services.db)

    found = client.get("/manifest.webmanifest").json

    assert found["background_color"] == "#141413"
    assert found["theme_color"] not in {"#0f5b57", "#7fcdc3"}


@pytest.mark.parametrize("path", ["/", "/join", "/episodes/canal/", "/nothing-here/"])
def test_pages_have_an_icon_for_tabs_and_one_for_home_screens(show, client, path):
    document = html.fromstring(client.get(path).text)

    links = {rel: document.find(f".//head/link[@rel='{rel}']").get("href") for rel in ("icon", "apple-touch-icon")}
    pictures = {rel: open_picture(client.get(href)) for rel, href in links.items()}

    assert {rel: (each.format, each.size) for rel, each in pictures.items()} == {
        "icon": ("PNG", (32, 32)),
        "apple-touch-icon": ("PNG", (180, 180)),
    }
    assert client.get(links["icon"]).headers["Cache-Control"] == "public, max-age=31536000, immutable"


def test_a_logo_takes_the_cover_s_place_in_header_and_icons(show, client, services, settings):
    before = find_link(client.get("/"), "icon")
    write(settings.data.parent / "episodes" / "logo.png", make_cover(600, "red", "PNG"))
    scan(settings, services.db)

    home = client.get("/")
    after = find_link(home, "icon")
    brand = read(home).find_class("brand")[0].find("img")

    assert after != before
    assert open_picture(client.get(after)).convert("RGB").getpixel((1, 1)) == (255, 0, 0)
    assert "-logo-" in brand.get("src")
    assert "-logo-" not in read(home).find_class("cover")[0].get("src")


@pytest.mark.parametrize("path", ["/icons/none-32.png", "/icons/none-33.png", "/icons/../show.yaml-32.png"])
def test_only_marks_in_their_sizes_are_drawn(show, client, path):
    assert client.get(path).status_code == 404


def test_no_other_size_of_a_mark_is_drawn(show, client):
    icon = find_link(client.get("/"), "icon")

    assert client.get(icon.replace("-32.png", "-3000.png")).status_code == 404


# ---- shared pages


def list_meta(page):
    return re.findall(r'<meta (?:property|name)="((?:og|twitter):[\w:]+)" content="([^"]*)">', page.text)


@pytest.mark.parametrize("path", ["/", "/episodes/canal/", "/episodes/", "/follow", "/people/", "/shows/waves/"])
def test_what_is_shared_has_title_picture_and_languages_on_our_own_host(show, client, path):
    english, spanish = list_meta(client.get(path)), list_meta(client.get(f"/es{path}"))

    found = dict(english)
    assert {"og:title", "og:url", "og:type", "og:site_name", "og:locale"} <= found.keys()
    assert ("og:locale", "en_US") in english
    assert ("og:locale:alternate", "es_ES") in english
    assert ("og:locale", "es_ES") in spanish
    if path != "/shows/waves/":
        assert found["og:image"].startswith("http://127.0.0.1:8000/art/")
        assert (found["og:image:width"], found["twitter:card"]) == ("1400", "summary")
        assert client.get(found["og:image"].removeprefix("http://127.0.0.1:8000")).status_code == 200


@pytest.mark.parametrize(
    ("language", "direction", "locale"),
    [
        ("en", "ltr", "en_US"),
        ("es", "ltr", "es_ES"),
        ("es-mx", "ltr", "es_MX"),
        ("ar", "rtl", "ar_EG"),
        ("he", "rtl", "he_IL"),
        ("fa", "rtl", "fa_IR"),
        ("xx", "ltr", "en_US"),
    ],
)
def test_a_language_has_a_direction_and_a_country(language, direction, locale):
    assert (name_direction(language), write_territory(language)) == (direction, locale)
