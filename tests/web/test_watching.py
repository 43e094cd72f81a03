"""Pages that wait for an app, and what they say of how each link is used."""

import re
from datetime import timedelta

import pytest
import time_machine
from lxml import html
from sqlalchemy import event, update

from podcastsvc.kit import clock
from podcastsvc.members import feed_tokens, grants, link_use, reminders, setup_codes
from podcastsvc.members.link_use import Reading
from podcastsvc.stats.counting import name_day
from podcastsvc.storage import jobs
from podcastsvc.storage.tables.member import FeedLink, Member
from podcastsvc.storage.tables.stats import LinkDay
from podcastsvc.worker import SCHEDULES
from tests.web.conftest import make_client, make_member, sign_in
from tests.web.people import read_letters, read_link, send

OVERCAST = {"User-Agent": "Overcast/3.0 (+http://overcast.fm/; iOS podcast app)"}
CHROME = {"User-Agent": "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/140.0 Safari/537.36"}
WAITING = "No app has read your feed yet."
HAS = "<strong data-fact>Overcast has your feed.</strong>"
PAGES = ("/welcome", "/account", "/account/feeds")
DAY = timedelta(days=1)

pytestmark = pytest.mark.usefixtures("show")


@pytest.fixture
def finns(client, services, finn):
    """Finn's browser, signed in."""
    return sign_in(client, services, finn)


@pytest.fixture
def link(services, finn):
    with services.db.reading() as session:
        return feed_tokens.list_links(session, finn.id)[0]


@pytest.fixture
def fetch(app, services):
    """Fetches the feed of a link as an app does, and waits until that is written."""

    def run(link, **headers):
        token = feed_tokens.show_link(services.keys, link).feed_token
        reply = make_client(app).get(f"/private/{token}/feed.xml", headers=headers or OVERCAST)
        services.fetches.flush()
        return reply

    return run


def note(services, link, *names, ago=timedelta(), is_app=True):
    with services.db.transaction() as session:
        link_use.record_readings(session, [Reading(link.id, name, is_app, clock.now() - ago) for name in names])


def get_link(services, link):
    with services.db.reading() as session:
        return session.get(FeedLink, link.id)


def ask(client, path="/account/feeds/seen"):
    return client.get(path, headers={"Accept": "application/json"})


def is_hidden(page, mark):
    return " hidden" in re.search(rf"<\w+[^>]* data-{mark}[ >][^>]*", page.text)[0]


# ---- what pages say


@pytest.mark.parametrize("path", PAGES)
def test_a_page_waits_until_an_app_has_the_feed(finns, link, path):
    page = finns.get(path)

    assert "data-waits" in page.text
    assert is_hidden(page, "has")
    if path != "/account/feeds":
        assert WAITING in page.text


def test_the_welcome_page_says_which_app_has_it(finns, link, fetch):
    fetch(link)

    page = finns.get("/welcome")

    assert HAS in page.text
    assert "data-waits" not in page.text
    assert (is_hidden(page, "has"), is_hidden(page, "wait")) == (False, True)


def test_the_account_page_waits_only_once_an_app_is_tapped_where_one_has_the_feed(finns, link, fetch):
    fetch(link)

    page = finns.get("/account")

    assert "data-waits" not in page.text
    assert (is_hidden(page, "has"), is_hidden(page, "wait")) == (True, True)
    since = int(re.search(r'data-since="(\d+)"', page.text)[1])
    assert abs(since - clock.now().timestamp()) < 60


def test_a_browser_that_opened_the_address_is_not_told_to_be_an_app(finns, link, fetch):
    fetch(link, **CHROME)

    assert WAITING in finns.get("/welcome").text
    assert "Read by Chrome today at" in finns.get("/account/feeds").text


def test_an_app_that_no_list_names_is_your_app(finns, link, fetch):
    fetch(link, **{"User-Agent": "Brandnew/1"})

    assert "Your app has your feed." in finns.get("/welcome").text
    assert "Read by an unknown app today at" in finns.get("/account/feeds").text


def test_the_operators_names_of_apps_are_cut_to_what_people_know(finns, services, link):
    note(services, link, "Apple Podcasts - via app")

    assert "Apple Podcasts has your feed." in finns.get("/welcome").text


def test_spanish_pages_ask_at_the_spanish_address(finns, link):
    assert 'data-watch="/es/account/feeds/seen"' in finns.get("/es/account").text


# ---- without JavaScript


@pytest.mark.parametrize("path", ["/welcome", "/account"])
def test_without_scripts_a_link_looks_again_and_then_by_itself_twenty_times(finns, link, path):
    mark = f"#watch-{link.id}"

    first, second = finns.get(path).text, finns.get(f"{path}?waits=1").text

    assert "http-equiv" not in first
    assert f'<noscript><p><a class="touch" href="{path}?waits=1{mark}">Look again</a></p></noscript>' in first
    (head,) = re.findall(r"<noscript>\s*(<meta http-equiv[^>]+>)\s*</noscript>", second)
    assert head == f'<meta http-equiv="refresh" content="3; url={path}?waits=2{mark}">'
    assert "This page looks again by itself." in second
    assert f"{path}?waits=20{mark}" in finns.get(f"{path}?waits=19").text
    for over in ("20", "21", "-5", "x", "9" * 30):
        page = finns.get(f"{path}?waits={over}").text
        assert "http-equiv" not in page
        assert "Look again" in page


def test_without_scripts_the_help_comes_after_twenty_five_seconds(finns, link):
    assert is_hidden(finns.get("/welcome?waits=8"), "help")

    page = finns.get("/welcome?waits=9")

    assert not is_hidden(page, "help")
    assert "The plus sign, then “Add URL”." in page.text


def test_looking_again_ends_with_the_app(finns, link, fetch):
    fetch(link)

    page = finns.get("/welcome?waits=3")

    assert HAS in page.text
    assert "http-equiv" not in page.text


# ---- what the script asks


def test_the_script_learns_which_link_was_read_when_and_what_to_say(finns, link, fetch):
    before = ask(finns).json
    fetch(link)

    reply = ask(finns)

    assert before == {"links": {}}
    answer = reply.json["links"][str(link.id)]
    assert answer["fact"] == "Overcast has your feed."
    assert abs(answer["at"] - clock.now().timestamp()) < 60
    assert reply.headers["Cache-Control"] == "private, no-store"


def test_a_feed_that_has_not_changed_counts_as_well(finns, link, fetch):
    etag = fetch(link, **CHROME).headers["ETag"]

    fetch(link, **OVERCAST, **{"If-None-Match": etag})

    assert ask(finns).json["links"]


def test_asking_is_one_read_and_writes_nothing(finns, services, link, fetch):
    fetch(link)
    ask(finns)
    seen = []
    event.listen(services.db.engine, "checkout", lambda dbapi, *_args: dbapi.set_trace_callback(seen.append))

    # Any other page would note by now that the browser is still in use.
    with time_machine.travel(clock.now() + timedelta(minutes=11)):
        ask(finns)

    assert [each.split()[0] for each in seen if each not in {"BEGIN DEFERRED", "ROLLBACK"}] == ["SELECT"]


def test_nobody_who_is_not_signed_in_is_answered(client, services, link, fetch):
    fetch(link)

    assert ask(client).status_code == 403
    client.set_cookie("sid", "x" * 43, domain="127.0.0.1")
    assert ask(client).status_code == 403


def test_a_member_learns_nothing_of_others(finns, services, link, fetch):
    eve = make_member(services, "eve@example.org")
    with services.db.reading() as session:
        eves = feed_tokens.list_links(session, eve.id)[0]
    fetch(eves)

    assert ask(finns).json == {"links": {}}


# ---- the page behind a QR code


@pytest.fixture
def code(services, link):
    return setup_codes.make_setup_code(services.keys, link, now=clock.now())


def test_the_page_of_apps_waits_as_well_without_a_sign_in(client, link, fetch, code):
    page = client.get(f"/add/{code}")
    before = ask(client, f"/add/{code}/seen").json
    fetch(link)

    assert f'data-watch="/add/{code}/seen"' in page.text
    assert f"/add/{code}?waits=1#watch-{link.id}" in page.text
    assert before == {"links": {}}
    assert ask(client, f"/add/{code}/seen").json["links"][str(link.id)]["fact"] == "Overcast has your feed."
    assert HAS in client.get(f"/add/{code}").text


def test_asking_by_a_code_is_one_read(client, services, link, code):
    ask(client, f"/add/{code}/seen")
    seen = []
    event.listen(services.db.engine, "checkout", lambda dbapi, *_args: dbapi.set_trace_callback(seen.append))

    ask(client, f"/add/{code}/seen")

    assert [each.split()[0] for each in seen if each not in {"BEGIN DEFERRED", "ROLLBACK"}] == ["SELECT"]


def test_a_code_that_is_over_or_none_of_ours_is_refused(client, services, link, code):
    assert ask(client, f"/add/{'a' * 32}/seen").status_code == 403
    assert ask(client, "/add/x/seen").status_code == 403

    with services.db.transaction() as session:
        feed_tokens.revoke_link(session, session.merge(link), now=clock.now())
    assert ask(client, f"/add/{code}/seen").status_code == 403


def test_opening_that_page_is_noted_and_looking_at_its_head_is_not(client, services, link, code):
    client.head(f"/add/{code}")
    before = get_link(services, link).opened_at

    client.get(f"/add/{code}")

    assert before is None
    assert get_link(services, link).opened_at is not None


# ---- a tap on an app


def test_a_tap_is_noted(finns, services, link):
    page = finns.get("/welcome")
    token = re.search(r'name="csrf_token" value="([^"]+)"', page.text)[1]

    reply = finns.post(f"/account/feeds/{link.id}/opened", headers={"X-CSRF-Token": token})

    assert f'data-opened="/account/feeds/{link.id}/opened"' in page.text
    assert re.search(r'<a class="app" href="overcast:[^"]+" data-app="overcast">', page.text)
    assert reply.status_code == 204
    assert get_link(services, link).opened_at is not None


def test_a_tap_needs_a_token_and_ones_own_link(finns, services, link):
    eve = make_member(services, "eve@example.org")
    with services.db.reading() as session:
        eves = feed_tokens.list_links(session, eve.id)[0]

    assert finns.post(f"/account/feeds/{link.id}/opened").status_code == 403
    assert send(finns, f"/account/feeds/{eves.id}/opened", page="/account").status_code == 404
    assert get_link(services, eves).opened_at is None


def test_after_a_tap_the_next_fetch_is_told_also_within_ten_minutes(finns, services, link, fetch):
    fetch(link)
    first = ask(finns).json["links"][str(link.id)]["at"]
    noted = send(finns, f"/account/feeds/{link.id}/opened", page="/account")

    with time_machine.travel(clock.now() + timedelta(minutes=2)):
        fetch(link)

        assert noted.status_code == 204
        assert ask(finns).json["links"][str(link.id)]["at"] > first + 60


# ---- how a link is used


def test_a_link_that_nobody_used_says_so(finns, link):
    assert "Not used yet." in finns.get("/account/feeds").text


def test_a_link_that_was_opened_and_not_read_says_so(finns, services, link):
    with services.db.transaction() as session:
        link_use.record_opening(session, link.id, clock.now())

    assert re.search(r"You opened it on \d+ \w+, and no app has read it yet\.", finns.get("/account/feeds").text)


@pytest.mark.parametrize(
    ("ago", "words"),
    [
        (timedelta(), "Read by Overcast today at 10:12."),
        (timedelta(hours=11), "Read by Overcast yesterday at 23:12."),
        (9 * DAY, "Read by Overcast on 5 March."),
        (400 * DAY, "Read by Overcast on 7 February 2026."),
    ],
)
def test_h3_the_page_says_by_which_app_and_when(app, services, finn, link, ago, words):
    with time_machine.travel("2027-03-14T09:12:00Z", tick=False):
        note(services, link, "Overcast", ago=ago)

        page = sign_in(make_client(app), services, finn).get("/account/feeds")

    assert words in page.text


def test_h3_the_latest_four_readers_are_named(finns, services, link):
    for number, name in enumerate(("Overcast", "Castro", "gPodder", "Kasts", "Castbox")):
        note(services, link, name, ago=number * DAY)

    page = finns.get("/account/feeds").text

    assert page.index("Read by Overcast") < page.index("Read by Castro") < page.index("Read by Kasts")
    assert "Castbox" not in page


def test_first_and_last_listening_are_told(finns, services, link):
    with services.db.transaction() as session:
        feed_tokens.record_listen(session, [link.id], clock.now())
    once = finns.get("/account/feeds").text
    with services.db.transaction() as session:
        session.execute(update(FeedLink).values(first_heard_at=clock.now() - 30 * DAY))

    assert re.search(r"Played first on \d+ \w+( \d+)?\.", once)
    assert re.search(r"Played first on \d+ \w+( \d+)?, last on \d+ \w+\.", finns.get("/account/feeds").text)


def test_the_account_page_lists_each_app(finns, services, link):
    note(services, link, "Overcast", "Castro")

    page = finns.get("/account").text

    assert '<th scope="row">Castro</th>' in page
    assert '<th scope="row">Overcast</th>' in page
    assert "You listened last" not in page


def test_the_account_page_counts_the_days_on_which_each_app_fetched_audio(finns, services, link):
    note(services, link, "Overcast", "Castro", "gPodder")
    with services.db.transaction() as session:
        for ago, apps in ((1, ["Overcast", "gPodder"]), (2, ["Overcast"])):
            day = name_day(clock.now()) - ago * DAY
            session.add(LinkDay(day=day, feed_link_id=link.id, subscribers=0, networks=[], apps=apps))

    rows = html.fromstring(finns.get("/account").text).xpath("//section[@aria-labelledby='used']//tbody/tr")

    said = {row.xpath("string(th)"): row.xpath("string(td[2])") for row in rows}
    assert said == {"Overcast": "on 2 days", "gPodder": "on 1 day", "Castro": "–"}


# ---- signs that a link is shared


@pytest.fixture
def mark(services, link):
    """Gives the link's yesterday, or an earlier day, signs."""

    def run(*, networks=0, apps=0, subscribers=0, days_ago=1):
        day = name_day(clock.now()) - days_ago * DAY
        names = {"networks": [f"n{n}" for n in range(networks)], "apps": [f"a{n}" for n in range(apps)]}
        with services.db.transaction() as session:
            session.add(LinkDay(day=day, feed_link_id=link.id, subscribers=subscribers, **names))

    return run


@pytest.mark.parametrize("path", ["/account", "/account/feeds"])
def test_h2_a_link_used_in_many_places_is_told_calmly_with_the_way_to_a_new_one(finns, link, mark, path):
    mark(networks=14, apps=6)

    page = finns.get(path).text

    assert re.search(r"This link was used in 14 places on \d+ \w+\.", page)
    assert "If you gave it to nobody, make a new one" in page
    assert f"/account/feeds/{link.id}/replace" in page


def test_h2_an_app_that_names_several_subscribers_is_told(finns, mark):
    mark(subscribers=3)

    assert "An app says that 3 people follow this link." in finns.get("/account/feeds").text


@pytest.mark.parametrize(
    "day", [{"networks": 3, "apps": 2, "subscribers": 1}, {"networks": 14, "apps": 6, "days_ago": 8}]
)
def test_h2_ordinary_use_and_old_signs_are_not(finns, mark, day):
    mark(**day)

    assert "If you gave it to nobody" not in finns.get("/account").text + finns.get("/account/feeds").text


# ---- reminders


def wants_reminders(services, member):
    with services.db.reading() as session:
        return session.get(Member, member.id).no_reminders_at is None


def test_the_worker_writes_the_reminder_and_its_links_work(client, services, studio, finn):
    with services.db.transaction() as session:
        grants.save_grant(
            session,
            finn.id,
            "members",
            reason="comp",
            source_id="1",
            starts_at=clock.now(),
            ends_at=None,
            now=clock.now(),
        )

    with time_machine.travel(clock.now() + DAY):
        with services.db.transaction() as session:
            jobs.enqueue(session, reminders.REMIND_JOB)
        (letter,) = read_letters(services, "finn@example.org")
        setup, stop = client.get(read_link(letter, "add")), client.get(read_link(letter, "reminders"))

    assert letter.subject == "No app has your feed of The Long Meridian yet"
    assert "Listen in your app" in setup.text
    assert "No more reminders?" in stop.text
    assert letter.subject in studio.get("/studio/letters").text
    assert timedelta(hours=1) in [each.every for each in SCHEDULES if each.kind == reminders.REMIND_JOB]


def test_reminders_are_turned_off_and_on_in_the_account(finns, services, finn):
    off = send(finns, "/account/emails", page="/account")
    after_off = wants_reminders(services, finn)
    page = finns.get(off.location)
    send(finns, "/account/emails", page="/account", reminders="1")

    assert off.location == "/account?done=emails"
    assert "Saved." in page.text
    assert not after_off
    assert wants_reminders(services, finn)


@pytest.fixture
def stop_path(services, finn):
    return f"/reminders/{reminders.make_stop_token(services.keys, finn.id)}"


def test_the_link_in_a_letter_asks_before_it_stops_reminders(client, services, finn, stop_path):
    asked = client.get(stop_path)
    before = wants_reminders(services, finn)

    done = send(client, stop_path)

    assert "No more reminders?" in asked.text
    assert before
    assert "Done. We will not remind you again." in done.text
    assert not wants_reminders(services, finn)
    assert asked.headers["Cache-Control"] == "private, no-store"


def test_a_mailbox_stops_them_with_one_post_and_nothing_else(app, services, finn, stop_path):
    reply = app.test_client().post(stop_path, data={"List-Unsubscribe": "One-Click"}, base_url="http://127.0.0.1:8000")

    assert reply.status_code == 200
    assert not wants_reminders(services, finn)


def test_a_link_that_was_cut_off_says_so(client, services, finn, stop_path):
    for method in (client.get, client.post):
        reply = method(stop_path[:-2])
        assert reply.status_code == 404
        assert "This link does not work" in reply.text
    assert wants_reminders(services, finn)


def test_the_link_in_a_letter_speaks_its_language(client, stop_path):
    assert '<html lang="es">' in client.get(f"/es{stop_path}").text
