"""Articles on the site: whole for those whom they are for, their opening for all others, and nothing of the rest anywhere."""

import io
import json
from datetime import timedelta

import pytest
import time_machine
from lxml import etree
from PIL import Image

from tests.catalogue.folders import make_cover, write
from tests.web.conftest import make_client, make_member, sign_in
from tests.web.shelf import NOW, give, main_of, read, words
from tests.web.writing import desk, put_articles

__all__ = ["desk"]

SECRET = "sealed part"
ATOM = "{http://www.w3.org/2005/Atom}"
CONTENT = "{http://purl.org/rss/1.0/modules/content/}encoded"


@pytest.fixture(autouse=True)
def at_noon():
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


@pytest.fixture
def articles(desk):
    put_articles(desk)
    return desk


@pytest.fixture
def ben(services):
    return make_member(services, "ben@example.org", name="Ben")


def list_titles(reply):
    return [words(each) for each in read(reply).iter("h2") if each.get("class") == "h3"]


def test_the_list_has_what_is_out_newest_first(articles, client):
    assert list_titles(client.get("/articles/")) == [
        "Why maps lie",
        "Members first",
        "Members only",
        "For patrons",
        "Pan y grano",
    ]


def test_the_list_says_for_whom_each_is(articles, client):
    rows = [words(row) for row in read(client.get("/articles/")).find_class("entry")]

    assert "Inés Calder 30 May 2026" in rows[0]
    assert "Members first · public 5 June" in rows[1]
    assert "Members only" in rows[2]
    assert SECRET not in client.get("/articles/").text


def test_the_list_is_narrowed_by_a_tag(articles, client):
    assert list_titles(client.get("/articles/?tag=maps")) == ["Why maps lie"]
    assert client.get("/articles/?tag=nothing").status_code == 404


@pytest.mark.parametrize(
    ("query", "status"), [("?page=2", 404), ("?page=0", 404), ("?page=-1", 404), ("?page=x", 404), ("?page=1", 200)]
)
def test_page_numbers(articles, client, query, status):
    assert client.get(f"/articles/{query}").status_code == status


def test_twenty_articles_a_page(desk, client):
    for number in range(21):
        desk.write(
            f"articles/2026-04-{number + 1:02}-a{number}.md", title=f"A{number}", date=f"2026-04-{number + 1:02}"
        )
    desk.scan()

    assert len(list_titles(client.get("/articles/"))) == 20
    assert list_titles(client.get("/articles/?page=2")) == ["A0"]


def test_a_site_without_articles_says_so(show, client):
    assert "There is no article yet" in main_of(client.get("/articles/"))


def test_a_public_article_is_there_whole(articles, client):
    page = read(client.get("/articles/maps/"))
    said = words(page.find(".//main"))

    assert words(page.find(".//h1")) == "Why maps lie"
    assert SECRET in said
    assert "30 May 2026" in said
    assert "Updated 1 June 2026" in said
    assert "min read" in said
    assert [link.get("href") for link in page.iter("a") if link.get("rel") == "tag"] == ["/tags/maps/", "/tags/trade/"]
    assert [words(link) for link in page.iter("a") if link.get("rel") == "prev"] == ["Members first"]
    assert "/articles/first/" in [link.get("href") for link in page.find_class("side")[0].iter("a")]
    assert "mailto:?subject=Why%20maps%20lie&body=http%3A//127.0.0.1%3A8000/articles/maps/" in [
        link.get("href") for link in page.iter("a")
    ]


def test_the_author_s_box_comes_from_the_page_about_them(articles, client):
    write(articles.root / "people/ines.jpg", make_cover(1400))
    articles.write(
        "people/ines-calder.md",
        title="Inés Calder",
        role="Historian",
        picture="ines.jpg",
        links="[{name: Site, url: https://ines.example/}]",
        body="Reads *ledgers*.",
    )
    articles.scan()

    (box,) = read(client.get("/articles/maps/")).find_class("author")

    assert words(box) == "Inés Calder Historian Reads ledgers . Site"
    assert box.find(".//img").get("src").startswith("/pictures/ines-")
    assert [link.get("href") for link in box.iter("a")] == ["/people/ines-calder/", "https://ines.example/"]


@pytest.mark.parametrize("slug", ["first", "closed", "patrons"])
def test_a_visitor_reads_the_opening_of_a_members_article_and_nothing_else_is_in_the_page(articles, client, slug):
    reply = client.get(f"/articles/{slug}/")

    assert "The first line of it all." in main_of(reply)
    assert "Members read on" in main_of(reply)
    assert "Join from €6 a month" in main_of(reply)
    assert SECRET not in reply.text
    assert ("Everyone reads it from Friday 5 June at 06:00, Europe/Madrid on." in main_of(reply)) == (slug == "first")


def test_no_side_door_leads_to_the_words_of_a_locked_article(articles, client):
    pages = [
        "/",
        "/articles/",
        "/articles/feed.xml",
        "/sitemap.xml",
        "/tags/trade/",
        "/es/articles/closed/",
        "/people/",
    ]

    assert [path for path in pages if SECRET in client.get(path).text and path != "/articles/feed.xml"] == []
    assert "/articles/closed/" not in client.get("/articles/feed.xml").text
    assert client.get("/articles/closed.md/").status_code == 404
    assert client.get("/articles/2026-05-27-closed.md/").status_code == 404


def test_a_member_reads_the_whole(articles, client, services, ben):
    give(services, ben)
    sign_in(client, services, ben)

    reply = client.get("/articles/closed/")

    assert SECRET in main_of(reply)
    assert "Members read on" not in main_of(reply)
    assert reply.headers["Cache-Control"] == "private, no-store"


def test_a_member_of_another_plan_is_told_so(articles, client, services, ben):
    give(services, ben)
    sign_in(client, services, ben)

    said = main_of(client.get("/articles/patrons/"))

    assert "Your plan does not include this text" in said
    assert SECRET not in said


def test_members_first_is_everyone_s_from_its_day_on(articles, client, at_noon):
    assert SECRET not in client.get("/articles/first/").text
    assert "/articles/first/" not in client.get("/articles/feed.xml").text

    at_noon.move_to("2026-06-05T05:00:00Z")

    assert SECRET in client.get("/articles/first/").text
    assert "/articles/first/" in client.get("/articles/feed.xml").text


@pytest.mark.parametrize(("slug", "status"), [("later", 404), ("draft", 404), ("gone", 410), ("nothing", 404)])
def test_what_is_not_out_is_not_there(articles, client, slug, status):
    reply = client.get(f"/articles/{slug}/")

    assert reply.status_code == status
    assert SECRET not in reply.text


@pytest.mark.parametrize(
    ("slug", "said"),
    [
        ("later", "Only you see this page until Saturday 20 June at 06:00"),
        ("draft", "The text is a draft."),
        ("gone", "The text was taken back."),
    ],
)
def test_the_host_sees_a_preview(articles, studio, slug, said):
    reply = studio.get(f"/articles/{slug}/")

    assert said in words(read(reply).find_class("above")[0])
    assert SECRET in reply.text
    assert '<meta name="robots" content="noindex">' in reply.text


def test_an_unlisted_article_is_found_by_its_address_alone(articles, client):
    assert client.get("/articles/quiet/").status_code == 200
    assert "/articles/quiet/" not in client.get("/sitemap.xml").text
    assert "/articles/quiet/" not in client.get("/articles/feed.xml").text


def test_an_article_in_another_language_says_so_and_its_address_is_in_that_language(articles, client):
    page = read(client.get("/articles/pan/"))

    assert page.find(".//h1").get("lang") == "es"
    assert page.find_class("prose")[0].get("lang") == "es"
    assert page.xpath("//link[@rel='canonical']/@href") == ["http://127.0.0.1:8000/es/articles/pan/"]
    assert page.xpath("//link[@hreflang]") == []


def test_two_languages_lead_to_each_other(articles, client):
    articles.write("articles/2026-05-30-maps.es.md", title="Por qué mienten los mapas", date="2026-05-30 06:00")
    articles.scan()

    page = read(client.get("/es/articles/maps/"))

    assert words(page.find(".//h1")) == "Por qué mienten los mapas"
    assert {link.get("hreflang") for link in page.xpath("//link[@hreflang]")} == {"en", "es", "x-default"}
    assert list_titles(client.get("/es/articles/"))[0] == "Por qué mienten los mapas"


def test_a_draft_in_one_language_does_not_hide_the_other(articles, client):
    articles.write("articles/2026-05-30-maps.es.md", title="Todavía no")
    articles.scan()

    assert words(read(client.get("/es/articles/maps/")).find(".//h1")) == "Why maps lie"


def test_what_machines_are_told(articles, client):
    page = read(client.get("/articles/maps/"))
    found, crumbs = json.loads(page.xpath("//script[@type='application/ld+json']")[0].text)["@graph"]
    locked = json.loads(read(client.get("/articles/closed/")).xpath("//script[@type='application/ld+json']")[0].text)[
        "@graph"
    ][0]

    assert (found["@type"], found["headline"], found["isAccessibleForFree"]) == ("Article", "Why maps lie", True)
    assert found["author"][0]["name"] == "Inés Calder"
    assert [each["name"] for each in crumbs["itemListElement"]] == ["Articles", "Why maps lie"]
    assert page.xpath("//meta[@property='og:type']/@content") == ["article"]
    assert locked["isAccessibleForFree"] is False
    assert SECRET not in json.dumps(locked)


def test_a_picture_of_a_locked_article_is_in_no_html_that_visitors_get(articles, client, services, ben):
    write(articles.root / "articles/plan.jpg", make_cover(1400))
    articles.write(
        "articles/2026-05-27-closed.md",
        title="Members only",
        date="2026-05-27 06:00",
        access="members",
        picture="plan.jpg",
        picture_alt="A plan",
        body="Words. " * 100 + "\n\n![Plan](plan.jpg)\n",
    )
    articles.scan()

    for path in ("/articles/closed/", "/articles/", "/", "/articles/feed.xml", "/articles/maps/"):
        assert "/pictures/" not in client.get(path).text, path
    give(services, ben)
    page = read(sign_in(make_client(client.application), services, ben).get("/articles/closed/"))
    pictures = [image for image in page.iter("img") if image.get("src").startswith("/pictures/")]
    assert [image.get("alt") for image in pictures] == ["A plan", "Plan"]


def test_pictures_are_served_for_ever(articles, client):
    write(articles.root / "articles/plan.jpg", make_cover(1400))
    articles.write("articles/2026-05-30-maps.md", title="Maps", date="2026-05-30 06:00", body="![Plan](plan.jpg)\n")
    articles.scan()
    source = read(client.get("/articles/maps/")).find(".//figure/img").get("src")

    reply = client.get(source)

    assert Image.open(io.BytesIO(reply.data)).size == (960, 960)
    assert reply.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert reply.headers["Content-Type"] == "image/webp"
    assert reply.headers["Content-Security-Policy"].startswith("default-src 'none'; sandbox")
    assert client.get(source, headers={"If-None-Match": reply.headers["ETag"]}).status_code == 304
    assert client.get(source.replace("-960", "-961")).status_code == 404
    assert client.get("/pictures/nothing.webp").status_code == 404


# ---- the feed


def read_feed(client, **headers):
    reply = client.get("/articles/feed.xml", headers=headers)
    return reply, etree.fromstring(reply.data).find("channel")


def test_the_feed_has_what_everyone_may_read(articles, client):
    reply, channel = read_feed(client)
    item = channel.find("item")

    assert reply.headers["Content-Type"] == "application/rss+xml; charset=utf-8"
    assert [each.findtext("title") for each in channel.iter("item")] == ["Why maps lie", "Pan y grano"]
    assert channel.find(f"{ATOM}link").attrib == {
        "href": "http://127.0.0.1:8000/articles/feed.xml",
        "rel": "self",
        "type": "application/rss+xml",
    }
    assert (channel.findtext("title"), channel.findtext("language")) == ("The Long Meridian: Articles", "en")
    assert item.findtext("link") == "http://127.0.0.1:8000/articles/maps/"
    assert item.find("guid").get("isPermaLink") == "false"
    assert item.findtext("description") == "Every line is drawn by somebody."
    assert SECRET in item.findtext(CONTENT)


def test_the_feed_answers_304_until_something_changes(articles, client):
    reply, _channel = read_feed(client)
    etag = reply.headers["ETag"]

    assert client.get("/articles/feed.xml", headers={"If-None-Match": etag}).status_code == 304
    articles.write("articles/2026-05-31-new.md", title="New", date="2026-05-31 06:00")
    articles.scan()

    changed, channel = read_feed(client, **{"If-None-Match": etag})
    assert changed.status_code == 200
    assert channel.find("item").findtext("title") == "New"


def test_the_guid_outlives_a_new_slug(articles, client):
    guid = read_feed(client)[1].find("item").findtext("guid")
    path = articles.root / "articles/2026-05-30-maps.md"
    write(path, path.read_text().replace("title:", "slug: charts\ntitle:"))
    articles.scan(now=NOW + timedelta(minutes=1))

    item = read_feed(client)[1].find("item")

    assert item.findtext("guid") == guid
    assert item.findtext("link").endswith("/articles/charts/")
    assert client.get("/articles/maps/").headers["Location"] == "/articles/charts/"


def test_pages_of_articles_name_their_feed(articles, client):
    links = read(client.get("/articles/maps/")).xpath("//link[@type='application/rss+xml']/@href")

    assert links == ["/feed.xml", "/articles/feed.xml"]


def test_an_empty_feed_is_a_feed(show, client):
    reply, channel = read_feed(client)

    assert reply.status_code == 200
    assert channel.find("item") is None


# ---- old addresses


def test_old_addresses_lead_on_for_ever_and_to_nothing_hidden(articles, client):
    reply = client.get("/2019/pan/")

    assert (reply.status_code, reply.headers["Location"]) == (301, "/articles/pan/")
    assert client.get("/2019/pan").status_code == 301
    assert client.get("/half/").status_code == 404
    assert client.get("/articles/maps").status_code == 308


# ---- tags and people


def test_a_tag_lists_episodes_and_articles_in_one_list(articles, client):
    page = read(client.get("/tags/trade/"))

    assert [
        words(row.find(".//h2")) for row in page.find(".//main").iter("li") if row.get("class") in {"row", "entry"}
    ] == [
        "Why maps lie",
        "The canal that moved the world",
        "Members first",
        "Members only",
        "Recording of the call",
    ]
    assert "2 episodes · 3 articles" in words(page.find(".//main"))
    assert client.get("/tags/maps/").status_code == 200
    assert SECRET not in client.get("/tags/trade/").text
