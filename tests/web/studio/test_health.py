"""Feed health: what breaks a rule and what to do, who reads the feeds, and links that look shared."""

from datetime import date

import pytest
from lxml import html
from sqlalchemy import event

from podcastsvc.members import feed_tokens
from podcastsvc.storage.tables.stats import LinkDay
from tests.catalogue.recordings import make_mp3
from tests.web.conftest import make_member
from tests.web.studio.conftest import RECORDING

PAGE = "/studio/settings/health"
OVERCAST = {"User-Agent": "Overcast/1.0 Podcast Sync (12 subscribers; feed-id=1)"}
ANTENNA = {"User-Agent": "AntennaPod/3.4.0"}


def find_link(services, member):
    with services.db.reading() as session:
        return feed_tokens.list_links(session, member.id)[0]


def find_feed(services, member):
    secrets = feed_tokens.show_link(services.keys, find_link(services, member))
    return feed_tokens.write_feed_path(secrets.feed_token)


def note_day(services, link, *, day=date(2026, 6, 1), networks=0, apps=0, subscribers=0):
    names = {"networks": [f"n{number}" for number in range(networks)], "apps": [f"a{number}" for number in range(apps)]}
    with services.db.transaction() as session:
        session.add(LinkDay(day=day, feed_link_id=link.id, subscribers=subscribers, **names))


def read_words(page):
    """The words of a page's main part, each run of white space as one."""
    (main,) = html.fromstring(page.data).xpath("//main")
    return " ".join(" ".join(main.itertext()).split())


@pytest.fixture
def ben(services):
    return make_member(services, "ben@example.org")


@pytest.fixture
def look(studio):
    return lambda: read_words(studio.get(PAGE))


def test_without_a_show_there_is_nothing_to_check(studio):
    assert "There is no show yet." in read_words(studio.get(PAGE))


def test_every_feed_is_there_with_its_figures(show, publish, look):
    publish(audio=RECORDING)
    publish(audio=make_mp3(5), title="Later maps", who="members")

    words = look()

    public, members = words.split("Public feed", 1)[1].split("Members' feed", 1)
    assert "1 episode · 1 page · " in public
    assert "2 episodes · 1 page · " in members
    assert "kB, sent as" in public
    assert "A feed's second page begins after 1,000 episodes or 4 MB" in words


def test_what_directories_miss_is_said_with_what_to_do(show, publish, look):
    publish(audio=make_mp3(5), notes="")

    words = look()

    assert "2 things to mend" in words
    assert "The show has no artwork; directories refuse it without. Put a square artwork.jpg" in words
    assert "The show has no description." in words
    assert "Write a sentence or two into notes.md. “Why maps lie”" in words


def test_what_was_said_of_an_earlier_feed_is_not_said_again(show, publish, look):
    publish(audio=RECORDING)

    public, members = look().split("Public feed", 1)[1].split("Members' feed", 1)

    assert "The show has no artwork" in public
    assert "1 thing to mend" in members
    assert "What is said above holds here too." in members
    assert "The show has no artwork" not in members


def test_it_says_when_paging_starts_5_4(show, publish, app, services, ada, at_ten):
    from dataclasses import replace

    from podcastsvc.app import create_app
    from podcastsvc.services import Services
    from tests.web.conftest import make_client, sign_in

    publish(audio=make_mp3(6), notes="")
    at_ten.shift(60)
    publish(audio=make_mp3(5), title="Later maps")
    others = Services(replace(services.settings, feed_max_items=1))
    studio = sign_in(make_client(create_app(others.settings, others)), services, ada)

    words = read_words(studio.get(PAGE))
    others.close()

    assert "The feed is cut into 2 pages; the first holds the newest episode." in words
    assert "2 episodes · 2 pages" in words
    assert "Write a sentence or two into notes.md. On page 2: “Why maps lie”" in words


def test_apps_are_listed_with_their_last_fetch_and_whether_they_know_the_last_change(
    show, publish, client, services, look, at_ten
):
    publish(audio=RECORDING)
    client.get("/feed.xml", headers=OVERCAST)
    services.fetches.flush()
    before = look()

    at_ten.shift(7200)
    publish(audio=make_mp3(5), title="Later maps")
    client.get("/feed.xml", headers=ANTENNA)
    services.fetches.flush()
    readers = look().split("Who reads the public feed")[1]

    assert "not since the last change" not in before
    assert "Overcast · 2 hours ago not since the last change" in readers
    assert readers.index("AntennaPod") < readers.index("Overcast")


def test_members_apps_are_listed_apart_with_their_number_of_links(show, publish, client, services, ben, look):
    publish(audio=RECORDING)
    cleo = make_member(services, "cleo@example.org")
    for member in (ben, cleo):
        client.get(find_feed(services, member), headers=ANTENNA)
    services.fetches.flush()

    public, members = look().split("Who reads the public feed")[1].split("Who reads members' feeds")

    assert "No app yet." in public
    assert "AntennaPod · 1 second ago · 2 links" in members


def test_a_feed_after_the_end_of_a_membership_is_checked_too(show, publish, client, services, ben, look):
    publish(audio=RECORDING)
    client.get(find_feed(services, ben), headers=ANTENNA)

    assert "Members' feed before the beginning" in look()


def test_no_members_address_is_on_the_page_t8(show, publish, client, services, ben, studio):
    publish(audio=RECORDING)
    path = find_feed(services, ben)
    client.get(path, headers=ANTENNA)
    services.fetches.flush()

    page = studio.get(PAGE).text

    assert path.split("/")[2] not in page
    assert "/private/" not in page


# ---- links that look shared


@pytest.mark.parametrize(
    ("counts", "sign"),
    [
        ({"networks": 9, "apps": 5}, "On 1 June it was used from 9 networks by 5 apps."),
        ({"subscribers": 2}, "On 1 June an app spoke of 2 people who follow this one link."),
    ],
)
def test_a_link_that_looks_shared_is_shown_to_the_host_h2(show, services, ben, studio, look, counts, sign):
    note_day(services, find_link(services, ben), **counts)

    overview = read_words(studio.get("/studio/"))
    words = look()
    person = read_words(studio.get(f"/studio/members/{ben.id}"))

    assert "One member's link looks shared. Nothing is cut off by it." in overview
    assert f"One link looks shared ben@example.org {sign}" in words
    assert f"Their link looks shared. {sign} Nothing is cut off by it." in person


def test_shared_links_lead_from_the_overview_to_the_member(show, services, ben, studio):
    note_day(services, find_link(services, ben), subscribers=3)

    (way,) = html.fromstring(studio.get("/studio/").data).xpath("//div[contains(@class, 'note')]/a/@href")
    links = html.fromstring(studio.get(way).data).xpath("//*[@id='shared']//a/@href")

    assert links == [f"/studio/members/{ben.id}"]


@pytest.mark.parametrize("counts", [{"networks": 9, "apps": 4}, {"networks": 8, "apps": 5}, {"subscribers": 1}])
def test_a_link_within_the_limits_is_not_shown(show, services, ben, studio, look, counts):
    note_day(services, find_link(services, ben), **counts)

    assert "looks shared" not in look()
    assert "looks shared" not in read_words(studio.get("/studio/"))
    assert "looks shared" not in read_words(studio.get(f"/studio/members/{ben.id}"))


def test_a_sign_is_forgotten_after_a_week_and_when_the_link_is_replaced(show, services, ben, look, press):
    link = find_link(services, ben)
    note_day(services, link, day=date(2026, 5, 25), subscribers=2)
    too_old = look()

    note_day(services, link, day=date(2026, 5, 26), subscribers=2)
    shown = look()
    press(f"/studio/members/{ben.id}", f"/studio/members/{ben.id}/links/{link.id}/replace")

    assert "looks shared" not in too_old
    assert "looks shared" in shown
    assert "looks shared" not in look()


def test_nothing_is_cut_off_by_a_sign_h2(show, publish, services, ben, client):
    note_day(services, find_link(services, ben), networks=100, apps=50, subscribers=40)

    assert client.get(find_feed(services, ben), headers=ANTENNA).status_code == 200


def test_the_page_costs_as_many_questions_for_many_links_as_for_few(show, publish, client, services, studio, ben):
    def count():
        studio.get(PAGE)
        seen = []
        listen = lambda *args: seen.append(args[2])  # noqa: E731 -- taken off again by its name
        event.listen(services.db.engine, "before_cursor_execute", listen)
        studio.get(PAGE)
        event.remove(services.db.engine, "before_cursor_execute", listen)
        return len(seen)

    publish(audio=RECORDING)
    note_day(services, find_link(services, ben), subscribers=2)
    few = count()
    for number in range(10):
        member = make_member(services, f"m{number}@example.org")
        note_day(services, find_link(services, member), subscribers=2)

    assert count() == few
