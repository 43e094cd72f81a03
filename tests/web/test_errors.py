"""What people are told when something does not work: each kind of failure, provoked; and old addresses that still lead on."""

import logging
import re

import pytest
import time_machine

from podcastsvc.web import errors
from podcastsvc.web.guards.old_addresses import read_list
from tests.web.conftest import make_client, make_member, read_token, sign_in
from tests.web.shelf import NOW, main_of, read, words

NEW = "/studio/old-addresses/new"


@pytest.fixture(autouse=True)
def at_noon():
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


def told(reply):
    """The words of an error page, and where it leads."""
    page = read_any(reply)
    return words(page.find(".//main")), [link.get("href") for link in page.findall(".//main//a")]


def read_any(reply):
    reply.status_code, status = 200, reply.status_code
    page = read(reply)
    reply.status_code = status
    return page


@pytest.mark.parametrize("prefix", ["", "/es"])
def test_404_has_a_search_box_and_the_latest_three(show, client, prefix):
    reply = client.get(f"{prefix}/nothing")
    said, links = told(reply)

    assert reply.status_code == 404
    assert read_any(reply).find(".//main//form").get("action") == f"{prefix}/search"
    assert f"{prefix}/episodes/" in links
    assert len([link for link in links if re.fullmatch(rf"{prefix}/episodes/[a-z-]+/", link)]) == 3
    assert "noindex" in reply.text
    assert reply.headers["Cache-Control"] == "no-store"
    assert said


def test_403_says_who_may_see_it_and_how(show, app, services, client, finn):
    finns = sign_in(make_client(app), services, finn)
    for browser, ways in ((client, ["/join", "/sign-in"]), (finns, ["/join"])):
        reply = browser.get("/episodes/call/transcript")
        said, links = told(reply)

        assert reply.status_code == 403
        assert "Members read the transcript of this episode. Join, or sign in if you are a member." in said
        assert links == ways


def test_410_says_that_it_is_gone_on_purpose_and_leads_to_the_latest_three(show, client):
    reply = client.get("/episodes/gone/")
    said, links = told(reply)

    assert reply.status_code == 410
    assert "taken it back on purpose" in said
    assert len([link for link in links if re.fullmatch(r"/episodes/[a-z-]+/", link)]) == 3


def test_429_says_until_when_to_wait_by_the_show_s_clock(show, client):
    token = read_token(client.get("/sign-in/password"))
    for _ in range(30):
        form = {"csrf_token": token, "email": "finn@example.org", "password": "wrong wrong wrong"}
        reply = client.post("/sign-in/password", data=form)
        if reply.status_code == 429:
            break

    said, _links = told(reply)
    assert reply.status_code == 429
    assert re.match(r"Too many tries Wait until 1[2-9]:\d\d \(Europe/Madrid\)\.", said)
    assert int(reply.headers["Retry-After"]) > 0


def test_500_has_a_number_that_stands_in_the_log_and_the_feed(show, client, monkeypatch, caplog):
    monkeypatch.setitem(client.application.view_functions, "site.follow", lambda **_: 1 / 0)

    with caplog.at_level(logging.ERROR):
        reply = client.get("/follow")

    said, links = told(reply)
    (record,) = [each for each in caplog.records if each.getMessage() == "request failed"]
    assert reply.status_code == 500
    assert said.startswith("Our fault, not yours")
    assert f"tell us this number: {record.reference}" in said
    assert any(link.endswith("/feed.xml") for link in links)


def test_500_is_a_plain_page_where_what_broke_is_on_every_page(show, client, monkeypatch, caplog):
    monkeypatch.setattr(errors, "render", lambda *_, **__: 1 / 0)
    monkeypatch.setitem(client.application.view_functions, "site.follow", lambda **_: 1 / 0)

    reply = client.get("/es/follow")

    (record,) = [each for each in caplog.records if each.getMessage() == "request failed"]
    assert reply.status_code == 500
    assert "Culpa nuestra" in reply.text
    assert record.reference in reply.text
    assert reply.headers["Cache-Control"] == "no-store"


def test_503_needs_neither_database_nor_templates():
    page = errors.write_plain_page("The site is busy. Please try again in a moment.", "es")

    assert page.startswith("<!doctype html>")
    assert '<html lang="es">' in page
    assert 'href=""' in page


def test_the_studio_sends_visitors_to_sign_in_and_tells_members_that_it_is_the_host_s(show, app, services, client):
    ben = sign_in(make_client(app), services, make_member(services, "ben@example.org"))

    assert client.get("/studio/").status_code in {302, 303}
    assert ben.get("/studio/").status_code in {403, 404}


# ---- old addresses


@pytest.mark.parametrize(
    ("path", "target"),
    [
        ("/feed", "/feed.xml"),
        ("/feed/", "/feed.xml"),
        ("/feed/podcast", "/feed.xml"),
        ("/feed/podcast/", "/feed.xml"),
        ("/rss", "/feed.xml"),
        ("/rss/", "/feed.xml"),
        ("/podcast.xml", "/feed.xml"),
        ("/es/rss", "/feed.xml"),
        ("/lost-password", "/sign-in"),
        ("/lost-password/", "/sign-in"),
        ("/forgot-password", "/sign-in"),
        ("/wp-login.php", "/sign-in"),
        ("/es/forgot-password/", "/es/sign-in"),
        ("/donate", "/support"),
        ("/donate/", "/support"),
        ("/es/donate", "/es/support"),
        ("/tag/trade", "/tags/trade/"),
        ("/tag/trade/", "/tags/trade/"),
        ("/tag/trade/page/3/", "/tags/trade/"),
        ("/category/history/Ancient%20Empires/", "/tags/ancient-empires/"),
        ("/category/Econom%C3%ADa", "/tags/economia/"),
        ("/es/category/comercio/", "/es/tags/comercio/"),
    ],
)
def test_the_addresses_of_the_old_site_lead_on_for_good(show, client, path, target):
    reply = client.get(path)

    assert (reply.status_code, reply.location) == (301, target)


@pytest.mark.parametrize(
    "path",
    [
        "/tag/",
        "/category",
        "/tag/trade/feed/",
        "/category/a/feed",
        "/tags/none/",
        "/tag/%20",
        "/tag/...",
        "/categoryx/y",
    ],
)
def test_what_is_no_old_address_is_not_found(show, client, path):
    assert client.get(path).status_code == 404


def test_a_form_sent_to_an_old_address_is_not_sent_on(show, client):
    assert client.post("/tag/trade/").status_code in {404, 405}


def test_the_host_s_own_list_of_old_addresses_knows_better(show, client, studio):
    form = {"csrf_token": read_token(studio.get(NEW)), "old": "/category/trade/", "new": "/follow", "kind": "permanent"}
    assert studio.post(NEW, data=form).status_code == 303

    reply = client.get("/category/trade/")

    assert (reply.status_code, reply.location) == (301, "/follow")


def test_the_last_part_of_nested_categories_counts():
    assert read_list("/category/world/asia/japan/") == "japan"
    assert read_list("/category/world/page/2") == "world"
    assert read_list("/category/page/2") == "2"
    assert read_list("/elsewhere/japan/") == ""


def test_pages_answer_in_main(show, client):
    assert "Trade" in main_of(client.get("/tag/trade", follow_redirects=True))
