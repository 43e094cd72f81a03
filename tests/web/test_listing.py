"""The list of episodes narrowed down, what is related, and the one rule for the pages of all lists."""

import pytest
import time_machine
from sqlalchemy import event

from tests.catalogue.folders import write
from tests.web import shelf
from tests.web.shelf import NOW, main_of, put, read, scan, words


@pytest.fixture(autouse=True)
def at_noon():
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


@pytest.fixture
def named(settings, services):
    """Five episodes in two seasons, with tags and guests."""
    root = settings.data.parent / "episodes"
    write(root / "show.yaml", shelf.SHOW)
    pelin, olaf = "[{name: Pelin Arslan}]", "[{name: Olaf Ek}, {name: Inés Calder, role: host}]"
    for day, title, season, tags, people in (
        (1, "Coal", 1, "[Trade, Fuel]", pelin),
        (2, "Salt", 1, "[Trade]", olaf),
        (3, "Ice", 2, "[Trade, Cold]", pelin),
        (4, "Snow", 2, "[Cold]", olaf),
        (5, "Sand", 2, "[Desert]", olaf),
    ):
        put(
            root,
            f"2026-05-0{day}-{title.lower()}",
            title=title,
            date=f"2026-05-0{day} 06:00",
            season=season,
            tags=tags,
            people=people,
            parts=[("audio", day)],
        )
    scan(settings, services.db)


def titles(client, path):
    return [words(row.find(".//h2")) for row in read(client.get(path)).find_class("row")]


def links(client, path):
    """The links that narrow the list down, by their words."""
    return {words(link): link.get("href") for link in read(client.get(path)).find_class("pill")}


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", ["Sand", "Snow", "Ice", "Salt", "Coal"]),
        ("?season=2", ["Sand", "Snow", "Ice"]),
        ("?tag=trade", ["Ice", "Salt", "Coal"]),
        ("?person=pelin-arslan", ["Ice", "Coal"]),
        ("?season=1&tag=trade", ["Salt", "Coal"]),
        ("?season=2&tag=trade&person=pelin-arslan", ["Ice"]),
        ("?person=ines-calder", ["Sand", "Snow", "Salt"]),
    ],
)
def test_season_tag_and_person_narrow_the_list_together(named, client, query, expected):
    assert titles(client, f"/episodes/{query}") == expected
    assert titles(client, f"/es/episodes/{query}") == expected


def test_plain_links_lead_from_one_choice_to_the_next_and_back(named, client):
    first = links(client, "/episodes/")
    second = links(client, first["Trade"])

    assert first["Season 2"] == "/episodes/?season=2"
    assert first["Olaf Ek"] == "/episodes/?person=olaf-ek"
    assert second["Season 1"] == "/episodes/?season=1&tag=trade"
    assert second["Pelin Arslan"] == "/episodes/?tag=trade&person=pelin-arslan"
    assert second["All tags"] == "/episodes/"
    chosen = [words(link) for link in read(client.get(first["Trade"])).find_class("pill") if link.get("aria-current")]
    assert chosen == ["All seasons", "Trade", "Everybody"]


def test_a_choice_that_leaves_nothing_says_so_and_leads_on(named, client):
    page = read(client.get("/episodes/?season=1&tag=desert"))
    main = words(page.find(".//main"))

    assert "Nothing goes with all of that: Season 1 · Desert." in main
    assert "Latest episodes Sand" in main
    near = [link.get("href") for link in page.findall(".//main//a") if link.get("href").startswith("/tags/")]
    assert len(near) == 3
    assert "/tags/desert/" not in near


@pytest.mark.parametrize("query", ["tag=none", "person=none", "season=9", "tag=", "person=%00", "tag=Trade"])
def test_what_nobody_knows_is_not_found(named, client, query):
    assert client.get(f"/episodes/?{query}").status_code == 404


@pytest.mark.parametrize("page", ["0", "-1", "2", "999999999999", "one", "1.5", "", "٣", "%00", "1 "])
@pytest.mark.parametrize(
    "path",
    [
        "/episodes/",
        "/tags/trade/",
        "/people/olaf-ek/",
        "/studio/episodes",
        "/studio/members",
        "/studio/payments",
        "/studio/orders",
        "/studio/offers",
        "/studio/donations",
        "/studio/consultations",
        "/studio/old-addresses",
    ],
)
def test_a_page_that_no_list_has_is_not_found_anywhere(named, client, studio, path, page):
    browser = studio if path.startswith("/studio") else client

    assert browser.get(f"{path}?page=1").status_code == 200
    assert browser.get(f"{path}?page={page}").status_code == 404


# ---- related


@pytest.fixture
def related(client):
    def of(slug):
        page = read(client.get(f"/episodes/{slug}/"))
        cards = [card for card in page.find_class("side")[0].iter("section") if words(card.find("h2")) == "Related"]
        return [words(link) for card in cards for link in card.findall(".//li/a")]

    return of


def test_what_shares_most_tags_and_guests_is_related_and_hosts_do_not_count(named, related):
    assert related("coal") == ["Ice", "Salt"]
    assert related("sand") == ["Snow", "Salt"]


def test_a_guest_leads_to_the_own_page_with_the_number_of_episodes(named, client):
    page = read(client.get("/episodes/coal/"))

    meta = page.find_class("meta")[0]
    assert [(words(link), link.get("href")) for link in meta.iter("a")] == [("Pelin Arslan", "/people/pelin-arslan/")]
    assert "Guest Pelin Arslan 2 episodes" in words(page.find_class("side")[0])


def test_an_episode_s_page_takes_as_many_queries_with_many_related_as_with_few(named, client, services, settings):
    def count(path):
        asked = []
        listener = lambda *given: asked.append(given[2])  # noqa: E731
        event.listen(services.db.engine, "before_cursor_execute", listener)
        services.db.writes += 1
        assert client.get(path).status_code == 200
        event.remove(services.db.engine, "before_cursor_execute", listener)
        return len([each for each in asked if each.startswith("SELECT")])

    # The first time templates are compiled, which can take longer than what is kept for a moment is kept.
    count("/episodes/salt/")
    few = count("/episodes/coal/")
    root = settings.data.parent / "episodes"
    for number in range(12):
        put(
            root,
            f"2026-04-{number + 1:02d}-more{number}",
            title=f"More {number}",
            date=f"2026-04-{number + 1:02d} 06:00",
            tags="[Trade, Fuel]",
            people="[{name: Pelin Arslan}]",
            parts=[("audio", number + 1)],
        )
    scan(settings, services.db)

    assert count("/episodes/coal/") == few
    assert "More 11" in main_of(client.get("/episodes/coal/"))
