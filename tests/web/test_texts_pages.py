"""The host's own pages, those that each site has, and where their addresses lead."""

import io
import re

import pytest
import time_machine
from PIL import Image

from podcastsvc.content.defaults.reading import read_default
from podcastsvc.content.kinds.page import FIXED
from tests.catalogue.folders import write
from tests.web.shelf import NOW, main_of, read, words
from tests.web.writing import desk

__all__ = ["desk"]


@pytest.fixture(autouse=True)
def at_noon():
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


@pytest.fixture
def pages(desk):
    desk.write("pages/about.md", title="About us", body="We make a *show*.", menu=1, aliases="[/quienes-somos/]")
    desk.write("pages/about.es.md", title="Quiénes somos", body="Hacemos un programa.", menu=1)
    desk.write("pages/faq.md", title="Questions", body="One.\n", menu=2)
    desk.write("pages/half.md", title="Half", draft="true", aliases="[/old-half/]")
    desk.write("pages/gone.md", title="Gone", expires="2026-05-01")
    desk.write(
        "pages/inner.md", title="For members", access="members", body="Open words. " * 5 + "\n\n" + "Hidden. " * 40
    )
    desk.scan()
    return desk


def test_a_page_is_at_its_address_with_a_slash(pages, client):
    page = read(client.get("/about/"))

    assert words(page.find(".//h1")) == "About us"
    assert page.find_class("prose")[0].find(".//em").text == "show"
    assert (client.get("/about").status_code, client.get("/about").headers["Location"]) == (308, "/about/")
    assert client.get("/es/about?x=1").headers["Location"] == "/es/about/?x=1"


def test_a_page_in_two_languages_leads_from_one_to_the_other(pages, client):
    page = read(client.get("/es/about/"))

    assert words(page.find(".//h1")) == "Quiénes somos"
    assert page.find(".//h1").get("lang") is None
    assert {link.get("hreflang"): link.get("href") for link in page.xpath("//link[@hreflang]")} == {
        "en": "http://127.0.0.1:8000/about/",
        "es": "http://127.0.0.1:8000/es/about/",
        "x-default": "http://127.0.0.1:8000/about/",
    }


def test_a_page_in_one_language_alone_is_shown_in_it(pages, client):
    page = read(client.get("/es/faq/"))

    assert page.get("lang") == "es"
    assert page.find(".//h1").get("lang") == "en"
    assert page.xpath("//link[@hreflang]") == []
    assert page.xpath("//link[@rel='canonical']/@href") == ["http://127.0.0.1:8000/faq/"]


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/half/", 404),
        ("/half", 404),
        ("/gone/", 410),
        ("/nothing/", 404),
        ("/nothing", 404),
        ("/fr/", 404),
        ("/old-half/", 404),
    ],
)
def test_what_is_not_out_is_not_there(pages, client, path, status):
    reply = client.get(path, follow_redirects=True)

    assert reply.status_code == status


def test_an_unknown_address_is_not_sent_on_first(pages, client):
    assert client.get("/nothing").status_code == 404
    assert client.post("/nothing").status_code in {404, 405}


def test_the_host_sees_a_draft(pages, studio):
    assert "The text is a draft." in words(read(studio.get("/half/")).find_class("above")[0])


def test_an_old_address_of_a_page_leads_on(pages, client):
    reply = client.get("/quienes-somos/")

    assert (reply.status_code, reply.headers["Location"]) == (301, "/about/")


def test_a_members_page_shows_its_opening(pages, client):
    said = main_of(client.get("/inner/"))

    assert "Open words." in said
    assert "Hidden." not in said
    assert "Members read on" in said


def test_pages_with_a_place_stand_in_the_menu_and_the_footer(pages, client):
    page = read(client.get("/"))

    assert [
        link.get("href") for link in page.find_class("nav")[0].iter("a") if link.get("href") in {"/about/", "/faq/"}
    ] == ["/about/", "/faq/"]


def test_sponsors_and_reviews_are_shown_with_their_lists(desk, client):
    out = io.BytesIO()
    Image.new("RGB", (300, 100), "teal").save(out, "PNG")
    write(desk.root / "pages/acme.png", out.getvalue())
    desk.write(
        "pages/sponsors.md",
        title="Sponsors",
        body="They help.",
        sponsors="[{name: Acme, url: https://acme.example/, logo: acme.png, text: Anvils}, {name: Bolt}]",
    )
    desk.write(
        "pages/reviews.md",
        title="Reviews",
        reviews="[{text: A calm show, by: Cleo, source: The Paper, url: https://paper.example/, stars: 5}]",
    )
    desk.scan()

    sponsors, reviews = read(client.get("/sponsors/")), read(client.get("/reviews/"))

    assert [words(each) for each in sponsors.find_class("supporters")[0].iter("li")] == ["Acme Anvils", "Bolt"]
    assert sponsors.find_class("logo")[0].get("src").startswith("/pictures/acme-")
    assert sponsors.find_class("supporters")[0].find(".//a").get("rel") == "sponsored noopener"
    assert words(reviews.find_class("review")[0]) == "5 of 5 stars A calm show Cleo · The Paper"


# ---- the pages that each site has


@pytest.mark.parametrize(
    ("path", "title", "said"),
    [
        ("/privacy", "Privacy", "This page says what The Long Meridian keeps about you"),
        ("/terms", "Terms", "a member of The Long Meridian, which Inés Calder makes"),
        ("/accessibility", "Accessibility", "The Long Meridian should be open to everyone."),
        ("/es/privacy", "Privacidad", "qué guarda El meridiano largo sobre ti"),
        ("/es/terms", "Condiciones", "ser miembro de El meridiano largo"),
        ("/es/accessibility", "Accesibilidad", "El meridiano largo debe estar abierto"),
    ],
)
def test_each_site_has_them_filled_with_its_own_name_and_address(show, client, path, title, said):
    page = read(client.get(path))

    assert words(page.find(".//h1")) == title
    assert said in words(page.find(".//main"))
    assert "mailto:ines@example.org" in [link.get("href") for link in page.iter("a")]
    assert not re.search(r"[{}]", words(page.find(".//main")))


def test_both_forms_of_their_addresses_answer(show, client):
    reply = client.get("/privacy/")

    assert (reply.status_code, reply.headers["Location"]) == (308, "/privacy")


def test_they_are_there_before_there_is_a_show(client):
    assert client.get("/privacy").status_code == 200


def test_a_host_s_own_comes_in_their_place(desk, client):
    desk.write("pages/privacy.md", title="What we know", body="Nothing.")
    desk.scan()

    assert words(read(client.get("/privacy")).find(".//h1")) == "What we know"
    assert "/privacy" in [link.get("href") for link in read(client.get("/")).find_class("foot")[0].iter("a")]
    assert "Accessibility" in main_of(client.get("/accessibility"))


def test_a_draft_of_the_host_s_leaves_ours(desk, client):
    desk.write("pages/privacy.md", title="Half", draft="true")
    desk.scan()

    assert words(read(client.get("/privacy")).find(".//h1")) == "Privacy"


def test_a_name_with_markdown_in_it_is_only_a_name(client):
    _title, body, _code = read_default("privacy", "en", {"show": "*A* [b](javascript:x) <i>", "host": "", "email": ""})

    assert r"\*A\* \[b\]\(javascript:x\) \<i\>" in body


@pytest.mark.parametrize("name", sorted(FIXED))
def test_they_exist_in_both_languages(name):
    titles = {code: read_default(name, code, {})[0] for code in ("en", "es")}

    assert titles["en"] != titles["es"]
    assert read_default(name, "de", {})[2] == "en"


# ---- the map for search engines


def test_articles_and_pages_are_in_the_map_in_the_languages_in_which_they_exist(pages, client):
    pages.write("articles/2026-05-30-maps.md", title="Maps", date="2026-05-30 06:00")
    pages.write("articles/2026-05-29-closed.md", title="Closed", date="2026-05-29 06:00", access="members")
    pages.scan()

    found = re.findall(r"<loc>http://127.0.0.1:8000([^<]*)</loc>", client.get("/sitemap.xml").text)

    assert {"/about/", "/es/about/", "/faq/", "/articles/", "/es/articles/", "/articles/maps/"} <= set(found)
    assert {"/articles/closed/", "/privacy"} <= set(found)
    assert not {"/es/faq/", "/half/", "/gone/", "/es/articles/maps/"} & set(found)
