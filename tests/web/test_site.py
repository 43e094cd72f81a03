"""Home and the page with every way to follow, for visitors, members and the host; and what all public pages share."""

import gzip
import json
import re
from urllib.parse import quote
from xml.etree import ElementTree

import pytest
import time_machine
from lxml import html
from sqlalchemy import event

from podcastsvc.billing import plans
from podcastsvc.kit import clock
from podcastsvc.kit.money import Money
from podcastsvc.web.site import structured
from tests.catalogue.folders import make_cover, write
from tests.web import shelf
from tests.web.conftest import make_client, make_member, sign_in
from tests.web.shelf import NOW, give, main_of, put, read, scan, show_secrets, subscribe_past_due, words

PHONE = {"User-Agent": "Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X)"}
PAGES = (
    "/",
    "/episodes/",
    "/episodes/?season=3",
    "/episodes/canal/",
    "/episodes/canal/transcript",
    "/episodes/call/",
    "/episodes/sanctions/",
    "/episodes/bread/",
    "/follow",
    "/shows/waves/",
    "/shows/waves/follow",
    "/shows/waves/episodes/",
    "/shows/waves/episodes/tides/",
)


@pytest.fixture(autouse=True)
def at_noon():
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


@pytest.fixture
def ben(services):
    return make_member(services, "ben@example.org", name="Ben")


def card(document, heading):
    """The section whose heading this is."""
    return next(each for each in document.iter("section") if words(each.find(".//h2")) == heading)


# ---- home


def test_home_says_that_a_show_begins_before_there_is_any(client):
    reply = client.get("/")

    assert "A show begins here" in main_of(reply)
    assert '<meta name="robots" content="noindex">' in reply.text


@pytest.mark.parametrize("path", ["/episodes/", "/follow", "/es/", "/es/episodes/", "/es/follow"])
def test_the_other_pages_answer_before_there_is_a_show(client, path):
    assert client.get(path).status_code == 200


def test_home_of_a_show_without_episodes_says_that_the_first_is_on_its_way(client, services, settings):
    write(settings.data.parent / "episodes" / "show.yaml", shelf.SHOW)
    scan(settings, services.db)

    home = main_of(client.get("/"))

    assert "The first episode is on its way" in home
    assert "The show lives on its members" in home


def test_home_names_the_day_of_the_first_episode_where_one_is_scheduled(client, services, settings):
    root = settings.data.parent / "episodes"
    write(root / "show.yaml", shelf.SHOW)
    put(root, "2026-06-09-later", title="Later", date="2026-06-09 06:00", parts=[("audio", 5)])
    scan(settings, services.db)

    home = main_of(client.get("/"))

    assert "The first episode comes out on Tuesday 9 June at 06:00, Europe/Madrid." in home
    assert "Later" not in home


def test_home_shows_a_visitor_the_latest_five_with_what_they_may_play(show, client):
    home = read(client.get("/"))

    rows = [words(row) for row in home.find_class("row")]

    assert len(rows) == 5
    assert "1 June 2026 Episode 215 Members first · public 5 June A short history of sanctions" in rows[0]
    assert "Join for all 3 min" in rows[0]
    assert "Play The canal that moved the world, 1 min Transcript · 2 chapters" in rows[1]
    assert "Members only Recording of the call" in rows[2]
    assert "1 min preview" in rows[2]
    assert "Join for all 3 min" in rows[2]
    assert "Who owns the seabed?" in rows[3]
    assert "Play" not in rows[3]


def test_home_plays_the_newest_that_a_visitor_hears_whole(show, client):
    home = read(client.get("/"))

    (link,) = [link for link in home.find_class("primary") if "Play the latest" in words(link)]

    assert words(link) == "Play the latest · 1 min"
    assert link.get("href") == "/episodes/canal/?play=1"


def test_home_has_the_price_and_the_way_in_both_languages(show, client):
    membership = card(read(client.get("/")), "The show lives on its members")

    assert "Extended cuts" in words(membership)
    assert [link.get("href") for link in membership.iter("a")] == ["/join", "/es/join", "/gift"]
    assert "Join from €6 a month" in words(membership)


def test_home_in_spanish_speaks_the_show_s_spanish(show, client):
    home = read(client.get("/es/"))

    assert home.get("lang") == "es"
    assert words(home.find(".//h1")) == "El meridiano largo"
    assert "Versiones largas" in words(home)
    assert "1 de junio de 2026" in words(home)


def test_a_member_finds_the_own_app_in_place_of_the_price(show, client, services, ben):
    give(services, ben)
    sign_in(client, services, ben)

    home = read(client.get("/", headers=PHONE))
    own = card(home, "Your app")
    feed = f"http://127.0.0.1:8000/private/{show_secrets(services, ben).feed_token}/feed.xml"

    assert "Join from" not in words(home)
    assert f"overcast://x-callback-url/add?url={quote(feed, safe='')}" in [link.get("href") for link in own.iter("a")]
    assert "3 min Transcript · 2 chapters" in words(home.find_class("row")[0])


def test_a_member_whose_payment_failed_is_told_above_the_header(show, client, services, ben):
    subscribe_past_due(services, ben)
    sign_in(client, services, ben)

    above = read(client.get("/")).find_class("above")[0]

    assert words(above).startswith("Your last payment did not go through. Everything keeps working until 21 June 2026.")
    assert [link.get("href") for link in above.iter("a")] == ["/account"]


def test_someone_with_an_account_only_sees_what_membership_costs(show, client, services, finn):
    sign_in(client, services, finn)

    home = main_of(client.get("/"))

    assert "Join from €6 a month" in home


def test_home_leads_to_the_further_shows(show, client):
    more = card(read(client.get("/")), "More shows")

    assert [(words(link), link.get("href")) for link in more.iter("a")] == [("Short Waves", "/shows/waves/")]


# ---- a further show


def test_a_further_show_has_a_home_of_its_own(show, client):
    home = read(client.get("/shows/waves/"))

    assert words(home.find(".//h1")) == "Short Waves"
    assert [words(row.find(".//h3")) for row in home.find_class("row")] == ["Tides"]
    assert "/shows/waves/episodes/tides/" in [link.get("href") for link in home.iter("a")]
    assert 'href="http://127.0.0.1:8000/feeds/waves.xml"' in client.get("/shows/waves/").text


def test_the_first_show_has_no_key_in_its_addresses(show, client, services):
    from podcastsvc.catalogue.shows import find_show

    with services.db.reading() as session:
        key = find_show(session).key

    reply = client.get(f"/es/shows/{key}/episodes/canal/?t=9")

    assert (reply.status_code, reply.location) == (308, "/es/episodes/canal/?t=9")


def test_an_unknown_show_is_not_found(show, client):
    assert client.get("/shows/none/").status_code == 404


# ---- follow


def test_follow_opens_each_app_with_the_public_feed(show, client):
    follow = read(client.get("/follow", headers=PHONE))

    links = [link.get("href") for link in follow.find_class("app")]

    assert links[:2] == [
        "podcast://127.0.0.1:8000/feed.xml",
        "overcast://x-callback-url/add?url=http%3A%2F%2F127.0.0.1%3A8000%2Ffeed.xml",
    ]
    assert follow.get_element_by_id("feed").get("value") == "http://127.0.0.1:8000/feed.xml"


def test_follow_of_a_further_show_has_its_feed(show, client):
    follow = read(client.get("/shows/waves/follow"))

    assert follow.get_element_by_id("feed").get("value") == "http://127.0.0.1:8000/feeds/waves.xml"


def test_follow_sends_a_member_to_the_own_links(show, client, services, ben):
    give(services, ben)
    sign_in(client, services, ben)

    follow = main_of(client.get("/follow"))

    assert follow.startswith("You are a member. Your own private feed has everything.")
    assert "Become a member" not in follow


# ---- robots, languages, secrets, keeping


def test_robots_may_read_everything_and_learn_nothing_that_is_closed(client):
    reply = client.get("/robots.txt")

    assert reply.mimetype == "text/plain"
    assert reply.text == "User-agent: *\nAllow: /\nSitemap: http://127.0.0.1:8000/sitemap.xml\n"


NAMES = {"map": "http://www.sitemaps.org/schemas/sitemap/0.9", "xhtml": "http://www.w3.org/1999/xhtml"}


def read_map(client):
    """Each page's address with those of its other languages."""
    root = ElementTree.fromstring(client.get("/sitemap.xml").data)
    return {
        each.findtext("map:loc", namespaces=NAMES).removeprefix("http://127.0.0.1:8000"): {
            link.get("hreflang"): link.get("href") for link in each.findall("xhtml:link", NAMES)
        }
        for each in root.findall("map:url", NAMES)
    }


def test_the_map_names_each_public_page_in_each_language_and_every_one_answers(show, client):
    found = read_map(client)

    assert "/episodes/canal/" in found
    assert "/shows/waves/episodes/tides/" in found
    assert found["/episodes/canal/"] == found["/es/episodes/canal/"]
    assert "/episodes/quiet/" not in found
    assert set(found["/"]) == {"en", "es", "x-default"}
    assert not [path for path in found if "/account" in path or "/studio" in path or "/private" in path]
    assert {path: client.get(path).status_code for path in found} == dict.fromkeys(found, 200)


def test_the_map_answers_before_there_is_any_show(client):
    assert "/join" in read_map(client)


def read_structured(page):
    return json.loads(re.search(r'<script type="application/ld\+json">(.*?)</script>', page.text, re.DOTALL)[1])


def test_pages_tell_machines_what_they_are_and_nothing_of_a_member(show, app, client, services, ben):
    give(services, ben)
    bens = sign_in(make_client(app), services, ben)

    home, episode = read_structured(client.get("/")), read_structured(client.get("/episodes/canal/"))
    of_ben = read_structured(bens.get("/episodes/canal/"))

    assert (home["@type"], home["webFeed"]) == ("PodcastSeries", "http://127.0.0.1:8000/feed.xml")
    assert (episode["@type"], episode["url"]) == ("PodcastEpisode", "http://127.0.0.1:8000/episodes/canal/")
    assert episode["partOfSeries"]["name"] == home["name"]
    assert "/media/" in episode["associatedMedia"]["contentUrl"]
    assert "associatedMedia" not in of_ben


def test_a_title_cannot_end_what_pages_tell_machines():
    found = structured._write({"name": "</script><b>& one\u2028"})

    assert "<" not in found
    assert json.loads(found) == {"name": "</script><b>& one\u2028"}


@pytest.mark.parametrize("path", PAGES)
def test_each_page_names_itself_in_both_languages_both_ways(show, client, path):
    pages = {code: read(client.get(f"{prefix}{path}")) for code, prefix in (("en", ""), ("es", "/es"))}

    names = {
        code: {link.get("hreflang"): link.get("href") for link in page.findall(".//head/link[@hreflang]")}
        for code, page in pages.items()
    }
    own = {code: page.find(".//link[@rel='canonical']").get("href") for code, page in pages.items()}

    assert names["en"] == names["es"]
    assert names["en"] == {
        "en": f"http://127.0.0.1:8000{path}",
        "es": f"http://127.0.0.1:8000/es{path}",
        "x-default": f"http://127.0.0.1:8000{path}",
    }
    assert own == {"en": names["en"]["en"], "es": names["en"]["es"]}


@pytest.mark.parametrize("path", PAGES)
def test_the_footer_leads_to_the_same_page_in_the_other_language(show, client, path):
    links = {
        link.get("hreflang"): link.get("href") for link in read(client.get(path)).findall(".//footer//a[@hreflang]")
    }

    assert links == {"en": path, "es": f"/es{path}"}


@pytest.mark.parametrize("path", PAGES)
def test_no_page_holds_a_secret_of_somebody_else_t8(show, app, services, ben, finn, path):
    give(services, ben)
    give(services, finn)
    secrets = show_secrets(services, ben)

    pages = [
        make_client(app).get(path),
        sign_in(make_client(app), services, finn).get(path),
        sign_in(make_client(app), services, make_member(services, "ada@example.org", role="host")).get(path),
    ]

    for page in pages:
        assert page.status_code == 200
        assert secrets.feed_token not in page.text
        assert secrets.listen_token not in page.text
    assert "/private/" not in pages[0].text


@pytest.mark.parametrize("path", PAGES)
def test_the_own_secrets_stand_in_no_title_and_no_address_of_a_page_t8(show, client, services, ben, path):
    give(services, ben)
    sign_in(client, services, ben)

    reply = client.get(path)
    head = html.tostring(read(reply).find(".//head"), encoding="unicode")

    assert "/private/" not in head
    assert "private" in reply.headers["Cache-Control"]
    assert "no-store" in reply.headers["Cache-Control"]
    assert reply.headers["Referrer-Policy"] == "no-referrer"


@pytest.mark.parametrize("path", PAGES)
def test_visitors_get_no_cookie_and_a_tag_that_saves_the_page(show, client, path):
    first = client.get(path)

    again = client.get(path, headers={"If-None-Match": first.headers["ETag"]})

    assert "Set-Cookie" not in first.headers
    assert again.status_code == 304
    assert again.data == b""
    assert again.headers["ETag"] == first.headers["ETag"]
    assert {"Accept-Encoding", "Cookie"} <= set(re.split(r",\s*", first.headers["Vary"]))


def test_a_compressed_page_has_a_tag_of_its_own_and_the_same_words(show, client):
    plain = client.get("/")
    packed = client.get("/", headers={"Accept-Encoding": "gzip"})

    assert packed.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(packed.data) == plain.data
    assert packed.headers["ETag"] != plain.headers["ETag"]


def test_what_is_kept_for_visitors_is_not_given_to_a_member(show, app, services, ben):
    give(services, ben)
    visitor, member = make_client(app), sign_in(make_client(app), services, ben)
    visitor.get("/episodes/call/")

    page = member.get("/episodes/call/").text
    after = visitor.get("/episodes/call/").text

    assert "secret ledger" in page
    assert "secret ledger" not in after


def test_a_kept_page_is_made_anew_when_an_instant_passes(show, client, at_noon):
    before = client.get("/")

    at_noon.shift(3 * 24 * 3600)
    after = client.get("/", headers={"If-None-Match": before.headers["ETag"]})

    assert "Members first" in before.text
    assert after.status_code == 200
    assert "Members first" not in after.text


def test_a_kept_page_is_made_anew_when_the_price_changes(show, client, services):
    before = client.get("/")

    with services.db.transaction() as session:
        plans.set_price(session, "members", "month", Money(800, "EUR"), clock.now())
    after = client.get("/", headers={"If-None-Match": before.headers["ETag"]})

    assert after.status_code == 200
    assert "Join from €8 a month" in after.text


def test_a_kept_page_is_made_anew_when_the_host_changes_the_show(show, client, services, settings):
    before = client.get("/")

    root = settings.data.parent / "episodes"
    write(root / "show.yaml", shelf.SHOW.replace("Extended cuts", "Longer cuts"))
    write(root / "artwork.jpg", make_cover(colour="maroon"))
    scan(settings, services.db)
    after = client.get("/", headers={"If-None-Match": before.headers["ETag"]})

    assert after.status_code == 200
    assert "Longer cuts" in after.text
    assert read(after).find_class("cover")[0].get("src") != read(before).find_class("cover")[0].get("src")


@pytest.mark.parametrize("path", ["/", "/episodes/canal/"])
def test_a_page_that_is_kept_costs_four_queries_in_half_a_second(show, client, services, path):
    client.get(path)
    asked = []
    event.listen(services.db.engine, "before_cursor_execute", lambda *given: asked.append(given[2]))
    with time_machine.travel(NOW, tick=False):
        services.db.writes += 1

        answers = [client.get(path).status_code for _ in range(3)]

    assert answers == [200] * 3
    assert len([statement for statement in asked if statement.startswith("SELECT")]) == 4
