"""The search page, for visitors, members and the host."""

import pytest
import time_machine
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from lxml import html
from sqlalchemy import event

from podcastsvc.content.scan import scan_writings
from podcastsvc.content.search import following
from podcastsvc.storage.media import make_media_store
from podcastsvc.web.apps.pacing import SEARCHES_A_MINUTE
from podcastsvc.worker import make_worker
from tests.content.texts import write_text
from tests.web.conftest import make_client, make_member, sign_in
from tests.web.shelf import NOW, give, main_of, put, read, scan, words


@pytest.fixture(autouse=True)
def at_noon():
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


@pytest.fixture
def indexed(show, services):
    """The show of the shelf, which can be searched."""
    following.follow(services.db)


@pytest.fixture
def ben(services):
    member = make_member(services, "ben@example.org", name="Ben")
    give(services, member)
    return member


def search(client, typed, prefix="", **more):
    return client.get(f"{prefix}/search", query_string={"q": typed, **more})


def list_found(reply):
    """What a person reads in each result."""
    return [words(each) for each in read(reply).find_class("found")]


def test_the_page_alone_asks_what_to_look_for(client):
    page = read(client.get("/search"))

    (form,) = page.xpath("//main//form")
    assert form.get("action") == "/search"
    assert form.get("method", "get") == "get"
    assert words(form.find("label")) == "What are you looking for?"
    assert page.find_class("found") == []


def test_the_page_is_kept_by_nobody_and_tells_nobody(indexed, client):
    reply = search(client, "canal")

    assert reply.headers["Cache-Control"] == "private, no-store"
    assert reply.headers["X-Robots-Tag"] == "noindex"
    assert reply.headers["Referrer-Policy"] == "no-referrer"
    assert '<meta name="robots" content="noindex">' in reply.text
    assert 'rel="canonical"' not in reply.text
    assert "Set-Cookie" not in reply.headers


def test_a_result_shows_its_words_marked_and_leads_to_the_second(indexed, client):
    page = read(search(client, "mood clerk"))

    (found,) = [each for each in page.find_class("found") if "The canal that moved the world" in words(each)]
    (link,) = found.find_class("excerpt")

    assert [words(each) for each in link.iter("mark")] == ["mood", "clerk"]
    assert " ".join(link.text_content().split()) == "0:12 By the ton, by the day, by the mood of the clerk."
    assert link.get("href") == "/episodes/canal/?t=12"
    assert client.get(link.get("href")).status_code == 200


def test_titles_come_first_and_their_words_are_marked(indexed, client):
    first = read(search(client, "canals")).find_class("found")[0]

    assert [words(each) for each in first.find("div/h2").iter("mark")] == ["canal"]


def test_a_phrase_of_a_members_transcript_is_a_mark_for_a_visitor(indexed, client):
    reply = search(client, "secret ledger")

    (found,) = list_found(reply)
    assert "Recording of the call" in found
    assert "In an episode for members" in found
    assert "Members only" in found
    assert "So you open" not in reply.text
    assert "?t=" not in reply.text
    assert "Why start in" not in reply.text


def test_a_member_reads_it_with_its_second(indexed, client, services, ben):
    sign_in(client, services, ben)

    page = read(search(client, "secret ledger"))

    (link,) = [each for each in page.find_class("excerpt") if "ledger" in words(each)]
    assert link.text_content().startswith("0:00 So you open the secret ledger.")
    assert "/episodes/call/" in link.get("href")
    assert "In an episode for members" not in words(page)


def test_no_beginning_of_a_closed_word_is_answered(indexed, client, services, ben, app):
    assert list_found(search(client, "secre")) == []
    assert len(list_found(search(sign_in(make_client(app), services, ben), "secre"))) == 1


@pytest.mark.parametrize("typed", ["Later", "Not yet", "Gone", "Quiet"])
def test_what_is_in_no_list_is_not_found_by_anybody(indexed, app, services, ben, studio, typed):
    for client in (make_client(app), sign_in(make_client(app), services, ben), studio):
        assert list_found(search(client, typed)) == []


@pytest.mark.parametrize("typed", ["gráno pán", "GRANO"])
def test_accents_and_case_do_not_matter(indexed, client, typed):
    assert "Grano y pan" in list_found(search(client, typed))[0]


def test_spanish_has_its_own_page(indexed, client):
    page = read(search(client, "canal", "/es"))

    assert page.get("lang") == "es"
    assert words(page.find(".//h1")) == "Buscar"
    assert all(each.get("href").startswith("/es/") for each in page.find_class("excerpt") if each.get("href"))
    assert {"/search?q=canal", "/es/search?q=canal"} <= {link.get("href") for link in page.iter("a")}


def test_an_episode_of_a_further_show_is_found_at_its_own_address(indexed, client):
    (found,) = read(search(client, "tides")).find_class("found")

    assert found.find("div/h2/a").get("href") == "/shows/waves/episodes/tides/"


@pytest.fixture
def written(show, services, settings):
    """The same show with texts of every kind."""
    root = settings.data.parent / "episodes"
    write_text(root, "articles/ink.md", title="Ink", date="2026-05-30", body="The vermilion trade.\n")
    write_text(
        root, "articles/tinta.md", title="Tinta", slug="tinta", date="2026-05-29", language="es", body="Bermellón.\n"
    )
    closed = f"An opening. {'It goes on. ' * 60}\n\n{'And on. ' * 60}\n\nVermilion was dear and rare.\n"
    write_text(root, "articles/dear.md", title="Dear", date="2026-05-28", access="members", body=closed)
    write_text(root, "pages/dyes.md", title="Dyes", body="Vermilion and others.\n")
    write_text(root, "people/pelin.md", title="Pelin Vermilion")
    write_text(root, "calls/june.md", title="Vermilion live", starts='"2026-06-09 19:00"', access="members")
    scan_writings(services.db, make_media_store(settings), settings, now=NOW, settle_seconds=0)
    following.follow(services.db)


def test_texts_of_every_kind_are_found_and_their_pages_answer(written, client):
    reply = search(client, "vermilion")

    hrefs = [each.find("div/h2/a").get("href") for each in read(reply).find_class("found")]
    assert set(hrefs) == {"/articles/ink/", "/articles/dear/", "/dyes/", "/people/pelin/", "/calls/june"}
    assert {href: client.get(href).status_code for href in hrefs} == dict.fromkeys(hrefs, 200)


def test_a_members_article_is_a_mark_for_a_visitor_and_open_to_a_member(written, client, app, services, ben):
    reply = search(client, "dear rare")
    members = search(sign_in(make_client(app), services, ben), "dear rare")

    assert "In an article for members" in list_found(reply)[0]
    assert "was dear" not in words(read(reply))
    assert "Vermilion was dear and rare." in " ".join(read(members).find_class("found")[0].text_content().split())


def test_plain_links_narrow_what_was_found_to_one_kind(written, client):
    everything = read(search(client, "vermilion"))
    articles = read(search(client, "vermilion", kind="article"))

    links = {words(link): link.get("href") for link in everything.find_class("filter")[0].iter("a")}
    assert links["Articles · 2"] == "/search?q=vermilion&kind=article"
    assert links["Everything"] == "/search?q=vermilion"
    assert len(articles.find_class("found")) == 2
    assert words(articles.xpath("//ul[contains(@class, 'filter')]//a[@aria-current]")[0]) == "Articles · 2"


def test_a_text_in_another_language_is_led_to_in_that_language(written, client):
    (found,) = read(search(client, "bermellon")).find_class("found")

    (link,) = found.xpath("div/h2/a")
    assert link.get("href") == "/es/articles/tinta/"
    assert found.find("div/h2").get("lang") == "es"


def test_an_unknown_kind_narrows_nothing(written, client):
    assert len(list_found(search(client, "vermilion", kind="'; DROP"))) == 5


def test_nothing_found_repeats_the_words_and_offers_tags_and_episodes(indexed, client):
    reply = search(client, "empir turquoise <b>")
    page = read(reply)

    assert "Nothing found for “empir turquoise <b>”" in main_of(reply)
    assert "<b>”" not in reply.text
    (tags,) = page.find_class("tags")
    assert [link.get("href") for link in tags.iter("a")] == ["/tags/empire/", "/tags/trade/"]
    assert "Latest episodes" in main_of(reply)
    assert page.get_element_by_id("q").get("value") == "empir turquoise <b>"


def test_a_long_search_is_cut_with_a_note(indexed, client):
    reply = search(client, "canal " + "x" * 10_000)

    assert "Only its beginning was looked for" in main_of(reply)


@pytest.mark.parametrize("typed", ["   ", "?!", "🎧", "\0", '"'])
def test_a_search_without_a_word_says_so(indexed, client, typed):
    reply = search(client, typed)

    assert reply.status_code == 200
    assert list_found(reply) == []


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(max_size=120))
@example('NEAR("canal" tolls) AND -x* OR (')
@example("\x00\ud800\u202e")
def test_any_search_is_answered(indexed, client, at_noon, typed):
    at_noon.shift(60)

    assert search(client, typed.encode(errors="replace").decode()).status_code == 200


@pytest.mark.parametrize("number", ["0", "-1", "x", "2", "999999", "9" * 30])
def test_a_page_that_there_is_not_is_not_found(indexed, client, number):
    assert search(client, "canal", page=number).status_code == 404


def test_more_than_ten_are_cut_into_pages(client, services, settings):
    root = settings.data.parent / "episodes"
    (root / "show.yaml").write_text("title: Room Tone\nowner: {name: Ada, email: ada@example.org}\n")
    for number in range(12):
        put(root, f"one-{number}", title=f"Canal {number}", date="2026-05-30 06:00")
    scan(settings, services.db)
    following.follow(services.db)

    first, second = search(client, "canal"), search(client, "canal", page="2")

    assert len(list_found(first)) == 10
    assert len(list_found(second)) == 2
    assert "12 results for “canal”" in main_of(first)
    assert 'href="/search?q=canal&amp;page=2"' in first.text
    assert 'href="/search?q=canal"' in second.text


def test_searching_has_a_limit_for_each_sender(indexed, client):
    for _ in range(SEARCHES_A_MINUTE):
        assert search(client, "canal").status_code == 200

    reply = search(client, "canal")

    assert reply.status_code == 429
    assert "Wait a moment, then search again." in reply.text


def test_an_empty_field_costs_nobody_a_search(client):
    for _ in range(SEARCHES_A_MINUTE + 5):
        assert client.get("/search").status_code == 200


def test_what_is_published_and_what_goes_is_followed_by_jobs(client, services, settings):
    root = settings.data.parent / "episodes"
    (root / "show.yaml").write_text("title: Room Tone\nowner: {name: Ada, email: ada@example.org}\n")
    folder = put(root, "canal", title="Canal", date="2026-05-30 06:00")
    put(root, "river", title="River", date="2026-05-30 06:00")
    worker = make_worker(services, with_schedules=False)

    scan(settings, services.db)
    worker.run_all()
    there = list_found(search(client, "canal"))
    (folder / "notes.md").unlink()
    folder.rmdir()
    scan(settings, services.db)
    worker.run_all()

    assert len(there) == 1
    assert list_found(search(client, "canal")) == []
    assert len(list_found(search(client, "river"))) == 1


def test_ten_results_take_as_many_queries_as_one(client, services, settings):
    root = settings.data.parent / "episodes"
    (root / "show.yaml").write_text("title: Room Tone\nowner: {name: Ada, email: ada@example.org}\n")
    for number in range(12):
        put(
            root,
            f"one-{number}",
            title=f"Canal {number}",
            date="2026-05-30 06:00",
            words="canal",
            parts=[("audio", 25)],
        )
    scan(settings, services.db)
    following.follow(services.db)
    search(client, "canal 7")  # What is read once a process, or every few searches, is read now.

    one, many = count_queries(services, client, "canal 3"), count_queries(services, client, "canal")

    assert one == many


def count_queries(services, client, typed):
    seen = []
    listener = (services.db.engine, "before_cursor_execute", lambda *_: seen.append(1))
    event.listen(*listener)
    try:
        assert search(client, typed).status_code == 200
    finally:
        event.remove(*listener)
    return len(seen)


def test_an_address_with_nothing_offers_the_search(show, client):
    reply = client.get("/nothing")

    (form,) = html.fromstring(reply.text).xpath("//main//form")
    assert reply.status_code == 404
    assert form.get("action") == "/search"


def test_the_menu_leads_to_search(show, client):
    assert "/search" in [link.get("href") for link in read(client.get("/")).find(".//header").iter("a")]
