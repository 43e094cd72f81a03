"""The header's menu, the home page's order, and the footer: the host's choices, or what there is."""

import pytest
import time_machine
from lxml import html

from podcastsvc.content.scan import scan_writings
from podcastsvc.web.site.blocks import Layout, arrange
from tests.catalogue.folders import write
from tests.content.texts import write_text
from tests.web import shelf
from tests.web.shelf import NOW, read, scan, words


@pytest.fixture(autouse=True)
def at_noon():
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


@pytest.fixture
def look(show, services, settings):
    """Puts a look into the show's file and has it read."""

    def change(text):
        write(settings.data.parent / "episodes" / "show.yaml", f"{shelf.SHOW}look: {text}\n")
        scan(settings, services.db)

    return change


def read_menu(page):
    """The header's links as words and addresses; a sub-menu as a list behind its words."""
    found = []
    for item in page.find_class("nav")[0].xpath("./ul/li"):
        inner = item.find("details")
        if inner is None:
            found.append((words(item), item.find("a").get("href")))
        else:
            found.append((words(inner.find("summary")), [(words(each), each.get("href")) for each in inner.iter("a")]))
    return found


def test_without_a_choice_the_menu_has_what_the_site_has(show, client):
    menu = read_menu(read(client.get("/")))

    assert menu[0] == ("Episodes", "/episodes/")
    assert menu[-1] == ("Sign in", "/sign-in")
    assert ("Follow", "/follow") in menu
    assert len(menu) <= 6


def test_the_host_s_menu_takes_its_place_in_the_host_s_order(look, client):
    look(
        "{menu: [{title: {en: Talks, es: Charlas}, address: /episodes/}, {title: Shop, address: 'https://shop.example/'},"
        " {title: {en: More, es: Más}, address: /follow, below: [{title: {en: Join, es: Únete}, address: /join}]}]}"
    )

    menu = read_menu(read(client.get("/")))
    spanish = read_menu(read(client.get("/es/episodes/")))

    assert menu == [
        ("Talks", "/episodes/"),
        ("Shop", "https://shop.example/"),
        ("More", [("More", "/follow"), ("Join", "/join")]),
        ("Sign in", "/sign-in"),
    ]
    assert spanish[:3] == [
        ("Charlas", "/es/episodes/"),
        ("Shop", "https://shop.example/"),
        ("Más", [("Más", "/es/follow"), ("Únete", "/es/join")]),
    ]


def test_where_one_is_and_in_which_language_a_link_speaks_is_said(look, client):
    look("{menu: [{title: Talks, address: /episodes/}]}")

    link = read(client.get("/es/episodes/")).find_class("nav")[0].xpath(".//a")[0]

    assert (link.get("aria-current"), link.get("lang")) == ("page", "en")


@pytest.mark.parametrize("address", ["/feed.xml", "/nothing-here/", "/episodes/?season=3"])
def test_an_address_without_pages_in_other_languages_stays_as_it_is(look, client, address):
    look(f"{{menu: [{{title: Thing, address: '{address}'}}]}}")

    spanish = read_menu(read(client.get("/es/")))

    assert spanish[0][1] == (f"/es{address}" if "episodes" in address else address)


def test_a_title_cannot_leave_its_link(look, client):
    look("{menu: [{title: '<b onclick=x>', address: '/a\"b/'}]}")

    link = read(client.get("/")).find_class("nav")[0].xpath(".//a")[0]

    assert (words(link), link.get("href")) == ("<b onclick=x>", '/a"b/')


# ---- the footer


def test_the_footer_is_a_map_of_the_site_in_the_page_s_language(show, client):
    for prefix, first, join in (("", "Listen", "Become a member"), ("/es", "Escucha", "Hazte miembro")):
        foot = read(client.get(f"{prefix}/")).find_class("foot")[0]

        links = {words(link): link.get("href") for link in foot.iter("a")}
        assert words(foot.find(".//h2")) == first
        assert links[join] == f"{prefix}/join"
        assert links["English"] == "/"
        assert links["Español"] == "/es/"


def test_every_link_of_menu_and_footer_leads_to_a_page(show, client):
    page = read(client.get("/"))

    addresses = {
        link.get("href") for part in ("nav", "foot") for found in page.find_class(part) for link in found.iter("a")
    }

    assert len(addresses) > 8
    assert {path: client.get(path).status_code for path in addresses} == dict.fromkeys(addresses, 200)


def test_more_than_three_platforms_lead_to_the_page_that_has_them_all(show, services, settings, client):
    platforms = ", ".join(f'{{name: P{at}, url: "https://p{at}.example/"}}' for at in range(5))
    write(settings.data.parent / "episodes" / "show.yaml", f"{shelf.SHOW}platforms: [{platforms}]\n")
    scan(settings, services.db)

    links = {words(link): link.get("href") for link in read(client.get("/")).find_class("foot")[0].iter("a")}

    assert [name for name in links if name.startswith("P") and len(name) == 2] == ["P0", "P1", "P2"]
    assert links["All 5 places"] == "/follow"


# ---- the home page


def list_headings(page):
    return [words(each) for each in html.fromstring(page.text).xpath("//main//h2")]


def test_blocks_stand_in_the_host_s_order_and_others_stay_out(look, client):
    look("{home: [shows, membership, episodes]}")
    first = list_headings(client.get("/"))
    look("{home: [episodes]}")
    second = list_headings(client.get("/"))

    assert first == ["More shows", "The show lives on its members", "Latest episodes"]
    assert second == ["Latest episodes"]


def test_a_home_page_without_any_block_is_the_show_alone(look, client):
    look("{home: []}")

    assert list_headings(client.get("/")) == []


def test_a_further_show_has_the_usual_order(look, client):
    look("{home: [membership]}")

    assert "Latest episodes" in list_headings(client.get("/shows/waves/"))


@pytest.mark.parametrize(
    ("blocks", "layout"),
    [
        (
            ("episodes", "membership", "call", "articles", "sponsors"),
            Layout((), ("membership", "call"), ("articles", "sponsors"), has_episodes=True, cards_first=False),
        ),
        (
            ("articles", "membership", "episodes", "sponsors"),
            Layout(("articles",), ("membership",), ("sponsors",), has_episodes=True, cards_first=True),
        ),
        (
            ("articles", "call", "sponsors", "membership"),
            Layout(("articles",), ("call", "membership"), ("sponsors",), has_episodes=False, cards_first=False),
        ),
        (("articles",), Layout((), (), ("articles",), has_episodes=False, cards_first=False)),
        ((), Layout((), (), (), has_episodes=False, cards_first=False)),
    ],
)
def test_cards_stand_beside_the_episodes_and_the_rest_across(blocks, layout):
    assert arrange(blocks) == layout


# ---- what the host writes


@pytest.fixture
def texts(show, services, settings):
    """Two articles, a page about the show with a place, one about sponsors without."""
    root = settings.data.parent / "episodes"
    write_text(root, "articles/freight.md", title="Freight rates", date="2026-05-20 06:00", authors="[Pelin Arslan]")
    write_text(root, "articles/strait.md", title="The strait", date="2026-05-11 06:00", access="members")
    write_text(root, "pages/about.md", title="About", menu=1)
    write_text(root, "pages/about.es.md", title="Acerca de")
    sponsors = '[{name: Harbour Books, url: "https://harbour.example/"}, {name: Norte Coffee}]'
    write_text(root, "pages/sponsors.md", title="Sponsors", sponsors=sponsors)
    scan_writings(services.db, services.media, settings, settle_seconds=0)


def test_what_is_written_stands_in_menu_footer_and_home(texts, client):
    home = read(client.get("/"))
    section = home.xpath("//section[@aria-labelledby='articles']")[0]
    foot = {words(link): link.get("href") for link in home.find_class("foot")[0].iter("a")}

    assert read_menu(home)[:3] == [("Episodes", "/episodes/"), ("Articles", "/articles/"), ("About", "/about/")]
    assert [words(each) for each in section.iter("h3")] == ["Freight rates", "The strait"]
    assert "Pelin Arslan 20 May 1 min read" in words(section)
    assert "Members only" in words(section)
    assert (foot["Articles"], foot["About"]) == ("/articles/", "/about/")
    assert (
        " ".join(home.find_class("supported")[0].text_content().split()) == "Supported by Harbour Books, Norte Coffee."
    )


def test_what_is_written_has_the_words_of_each_language(texts, client):
    menu = read_menu(read(client.get("/es/")))

    assert ("Acerca de", "/es/about/") in menu


def test_every_link_to_what_is_written_leads_there(texts, client):
    page = read(client.get("/"))

    paths = {link.get("href") for link in page.iter("a") if link.get("href").startswith("/")}

    assert {path: client.get(path).status_code for path in paths} == dict.fromkeys(paths, 200)
