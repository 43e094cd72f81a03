"""What the public feed and members' feeds hold, each with its own addresses (section 7)."""

import io
import logging
import threading
from concurrent.futures import ThreadPoolExecutor

import feedparser
import podcastparser
import pytest

from podcastsvc.app import create_app
from podcastsvc.feeds import build
from podcastsvc.feeds.vocabulary import NAMESPACES
from podcastsvc.kit.keys import make_key_line
from podcastsvc.services import Services
from tests.feeds.rows import CHAPTERS, make_episodes, make_transcript
from tests.web.apps.audio import BASE, later, make_client
from tests.web.apps.reading import enclosures, read, titles


def test_the_public_feed_holds_what_is_public(client, stage):
    stage.add("for all")
    stage.add("for members", access_kind="members", audio=("members",))

    response = client.get("/feed.xml")

    assert titles(response) == ["for all"]
    assert enclosures(response)[0].startswith(f"{BASE}/media/")


def test_a_member_feed_holds_all_and_every_address_in_it_is_the_members(client, stage, ben):
    stage.add("for all")
    episode, _audio = stage.add("for members", access_kind="members", audio=("members",), chapters=CHAPTERS)
    with stage.services.db.transaction() as session:
        make_transcript(session, session.merge(episode))

    response = client.get(ben.feed_path)

    assert set(titles(response)) == {"for all", "for members"}
    assert all(url.startswith(f"{BASE}/private/{ben.listen_token}/media/") for url in enclosures(response))
    assert response.text.count(ben.feed_token) == 1
    assert read(response).find(".//atom:link", NAMESPACES).get("href") == BASE + ben.feed_path


def test_a2_a_token_is_taken_in_any_case_and_written_in_lower_case(client, stage, ben):
    stage.add("for all")

    response = client.get(f"/private/{ben.feed_token.upper()}/feed.xml")

    assert response.text.count(ben.feed_token) == 1
    assert ben.feed_token.upper() not in response.text


def test_several_shows_have_feeds_of_their_own(client, stage, ben):
    stage.add("of the first")
    stage.add("of maps", show=stage.add_show("maps"), access_kind="members", audio=("members", "preview"))

    assert titles(client.get("/feed.xml")) == titles(client.get("/feeds/sample.xml")) == ["of the first"]
    assert titles(client.get("/feeds/maps.xml")) == ["Preview: of maps"]
    assert titles(client.get(f"/private/{ben.feed_token}/maps.xml")) == ["of maps"]
    assert titles(client.get(f"/private/{ben.feed_token}/sample.xml")) == ["of the first"]
    assert client.get("/feeds/none.xml").status_code == 404
    assert client.get(f"/private/{ben.feed_token}/none.xml").status_code == 404


@pytest.mark.parametrize("page", ["2", "0", "-1", "x", "1.5", "9" * 50, "٢", ""])
def test_a_page_that_does_not_exist_is_not_found(client, stage, page):
    stage.add("only one")

    assert client.get("/feed.xml", query_string={"page": page}).status_code == 404


def test_5_4_further_pages_have_the_rest(app, services, stage):
    with services.db.transaction() as session:
        show = session.merge(stage.show)
        make_episodes(session, show, [{"title": f"E{n}", "published_at": later(minutes=-n)} for n in range(1100)])
    client = make_client(app)

    first, second = client.get("/feed.xml"), client.get("/feed.xml?page=2")

    assert (len(titles(first)), len(titles(second))) == (1000, 100)
    assert first.headers["ETag"] != second.headers["ETag"]


@pytest.mark.parametrize("count", [0, 1, 100, 101, 1_000, 1_001])
@pytest.mark.parametrize("whose", ["public", "ben"])
def test_t14_feeds_of_any_length_have_notes_links_and_a_bearable_size(client, services, stage, ben, count, whose):
    # 1,000 long notes would be more than 4 MB; here only the number of items counts.
    long, short = f"<p>{'word ' * 900}</p>", f"<p>{'word ' * 100}</p>"
    path = "/feed.xml" if whose == "public" else ben.feed_path
    with services.db.transaction() as session:
        show = session.merge(stage.show)
        show.version += 1
        shapes = [{"feed_html": long if number < 120 else short, "title": f"E{number}"} for number in range(count)]
        make_episodes(session, show, [each | {"published_at": later(minutes=-n)} for n, each in enumerate(shapes)])

    pages = [client.get(path)]
    while (following := find_link(pages[-1], "next")) is not None:
        pages.append(client.get(following))

    sizes = [len(titles(page)) for page in pages]
    assert sizes == [min(count, 1_000), *([1] if count > 1_000 else [])]
    assert [title for page in pages for title in titles(page)] == [f"E{number}" for number in range(count)]
    assert sum(len(read(page).findall(".//content:encoded", NAMESPACES)) for page in pages) == min(count, 100)
    assert len(read(pages[0]).findall(".//content:encoded", NAMESPACES)) == min(count, 100)
    assert max(len(page.data) for page in pages) < 5_000_000
    for number, page in enumerate(pages, 1):
        own = BASE + path + (f"?page={number}" if number > 1 else "")
        assert find_link(page, "self") == own
        assert find_link(page, "first") == (BASE + path if len(pages) > 1 else None)
        assert find_link(page, "last") == (f"{BASE}{path}?page=2" if len(pages) > 1 else None)
        assert find_link(page, "prev") == (BASE + path if number > 1 else None)
    assert client.get(f"{path}?page={len(pages) + 1}").status_code == 404


def find_link(response, rel):
    found = read(response).find(f".//atom:link[@rel='{rel}']", NAMESPACES)
    return None if found is None else found.get("href")


@pytest.mark.parametrize("path", ["/feed.xml", "member"])
def test_t17_real_parsers_take_the_feeds(client, stage, ben, path):
    stage.add("one & <b>", chapters=CHAPTERS, feed_html="<p>a]]>b</p>")
    stage.add("two", audio=("public", "members"))
    path = ben.feed_path if path == "member" else path

    response = client.get(path)
    parsed = feedparser.parse(response.data)
    again = client.get(path, headers={"If-None-Match": response.headers["ETag"]})

    assert not parsed.bozo
    assert len(parsed.entries) == 2
    assert again.status_code == 304
    assert len(podcastparser.parse(BASE + path, io.BytesIO(response.data))["episodes"]) == 2


# ---- rendering once


def test_b6_forty_members_at_once_after_a_change_cost_one_rendering(app, services, stage, monkeypatch):
    members = [stage.add_member(f"m{number}") for number in range(40)]
    for member in members:
        stage.give(member)
    stage.add("for members", access_kind="members", audio=("members",))
    rendered, gate = [], threading.Barrier(40)
    original = build.build_feed
    monkeypatch.setattr(build, "build_feed", lambda document: rendered.append(1) or original(document))

    def ask(member):
        client = make_client(app)
        gate.wait()
        return client.get(member.feed_path)

    with ThreadPoolExecutor(40) as pool:
        responses = list(pool.map(ask, members))

    assert len(rendered) == 1
    assert {response.status_code for response in responses} == {200}
    assert all(member.feed_token in response.text for member, response in zip(members, responses, strict=True))
    assert len({response.headers["ETag"] for response in responses}) == 40


def test_members_with_the_same_plans_never_see_each_others_secrets(client, stage, ben):
    dev = stage.add_member("dev")
    stage.give(dev)
    stage.add("for members", access_kind="members", audio=("members",))

    of_ben, of_dev = client.get(ben.feed_path).text, client.get(dev.feed_path).text

    for secret in (ben.feed_token, ben.listen_token):
        assert secret in of_ben
        assert secret not in of_dev


def test_t8_no_token_in_the_public_feed_in_links_or_in_the_log(client, stage, ben, caplog):
    caplog.set_level(logging.DEBUG)
    stage.add("for all", feed_html='<p><a href="/episodes/x/">x</a></p>')
    stage.add("for members", access_kind="members", audio=("members", "preview"))

    public, member = client.get("/feed.xml"), client.get(ben.feed_path)
    client.get(f"/private/{ben.listen_token}/feed.xml")
    stage.services.fetches.flush()

    assert "/private/" not in public.text
    root = read(member)
    shown = [*root.itertext(), *(each.get("href") or "" for each in root.iter("{*}image"))]
    assert not any(token in text for text in shown for token in (ben.feed_token, ben.listen_token))
    assert ben.feed_token not in caplog.text
    assert ben.listen_token not in caplog.text


def test_a_lost_key_keeps_the_feed_alive_with_new_audio_addresses(services, stage, ben):
    _episode, audio = stage.add("for members", access_kind="members", audio=("members",))
    services.key_path.write_text(make_key_line())
    client = make_client(create_app(services.settings, Services(services.settings)))

    response = client.get(ben.feed_path)
    again = client.get(ben.feed_path)

    (url,) = enclosures(response)
    assert ben.listen_token not in response.text
    assert enclosures(again) == [url]
    assert client.get(url).status_code == 200
    assert client.get(ben.path_to(audio)).status_code == 404
