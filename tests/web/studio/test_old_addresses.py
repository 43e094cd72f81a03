"""Old addresses: the host's list in the studio, and where those end up who ask for them; on both databases."""

import csv
import io
from concurrent.futures import ThreadPoolExecutor

import pytest
from lxml import html
from sqlalchemy import event, select, text

from podcastsvc.catalogue.old_addresses import keeping
from podcastsvc.catalogue.old_addresses.settling import Entry, Page, Site
from podcastsvc.catalogue.scan import scan_tree
from podcastsvc.kit import clock
from podcastsvc.settings import Settings
from podcastsvc.storage.tables.old_address import OldAddress
from tests.site import wait_for
from tests.web.studio.conftest import RECORDING, read_field

pytestmark = pytest.mark.usefixtures("show")

# For what no database could do otherwise.
on_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
# For what takes two writers at once.
on_postgres = pytest.mark.parametrize(
    "database_url", [pytest.param("postgres", marks=pytest.mark.postgres)], indirect=True
)

NEW, PASTE, LIST = "/studio/old-addresses/new", "/studio/old-addresses/paste", "/studio/old-addresses"
EPISODE = "/episodes/why-maps-lie/"


@pytest.fixture
def settings(tmp_path, database_url) -> Settings:
    """An installation on each database."""
    (tmp_path / "episodes").mkdir()
    return Settings(data=tmp_path / "var", episodes=str(tmp_path / "episodes"), database_url=database_url)


@pytest.fixture
def add(press):
    """Adds an address by the form."""

    def send(old, new, kind="permanent"):
        return press(NEW, NEW, old=old, new=new, kind=kind)

    return send


@pytest.fixture
def paste(press):
    """Sends lines by the form."""
    return lambda *lines: press(PASTE, PASTE, lines="\n".join(lines))


def list_saved(services):
    with services.db.reading() as session:
        return {row.path: row.target for row in keeping.list_addresses(session)}


def find_row(services, path):
    with services.db.reading() as session:
        return session.scalars(select(OldAddress).where(OldAddress.path == path)).one()


def go(client, path, **more):
    reply = client.get(path, **more)
    return reply.status_code, reply.headers.get("Location")


# ---- who asks for one


@pytest.mark.parametrize("asked", ["/2019/05/why/", "/2019/05/why", "/2019/05/WHY", "/2019//05/why/", "/2019/05/wh%79"])
@on_sqlite
def test_whoever_asks_for_an_old_address_is_sent_on_however_it_is_written(add, client, asked):
    add("https://was.example/2019/05/Why/", "/join")

    status, there = go(client, asked, follow_redirects="//" in asked)

    assert (status, there) in {(301, "/join"), (200, None)}


@on_sqlite
def test_a_redirect_may_be_remembered_for_a_day_and_has_no_cookie(add, client):
    add("/old", "/join")

    reply = client.get("/old")

    assert reply.headers["Cache-Control"] == "public, max-age=86400"
    assert "Set-Cookie" not in reply.headers


@on_sqlite
def test_one_for_now_is_not_remembered(add, client):
    add("/old", "/join", kind="temporary")

    reply = client.get("/old")

    assert (reply.status_code, reply.location, reply.headers["Cache-Control"]) == (302, "/join", "no-cache")


@on_sqlite
def test_head_is_sent_on_and_other_methods_are_not(add, client):
    add("/old", "/join")

    assert client.head("/old").status_code == 301
    assert client.post("/old").status_code == 404
    assert client.put("/old").status_code == 404


@on_sqlite
def test_an_address_elsewhere_gets_nothing_of_the_request(add, client):
    add("/shop", "https://shop.example/a?b=c#d")

    assert go(client, "/shop?next=https://evil.example") == (301, "https://shop.example/a?b=c#d")


def test_a_page_of_this_site_gets_the_rest_of_the_query(add, publish, client):
    publish(audio=RECORDING)
    add("/?p=123", EPISODE)
    add("/old", f"{EPISODE}#notes")
    add("/own", "/join?plan=year")

    assert go(client, "/?p=123&t=754") == (301, f"{EPISODE}?t=754")
    assert go(client, "/old?t=754&u=%26%0d%0ax") == (301, f"{EPISODE}?t=754&u=%26%0d%0ax#notes")
    assert go(client, "/own?plan=month") == (301, "/join?plan=year")


def test_the_front_page_answers_but_for_the_queries_in_the_list(add, client):
    add("/?p=123", "/join")

    assert go(client, "/?p=123&utm_source=x")[0] == 301
    assert go(client, "/?p=124") == (200, None)
    assert go(client, "/") == (200, None)


@on_sqlite
def test_a_language_stays_the_reader_s_where_the_page_has_it(add, client):
    add("/unete", "/join")
    add("/shop", "https://shop.example/")
    add("/rss-viejo", "/feed.xml")

    assert go(client, "/es/unete/") == (301, "/es/join")
    assert go(client, "/es/shop") == (301, "https://shop.example/")
    assert go(client, "/es/rss-viejo") == (301, "/feed.xml")


@on_sqlite
def test_an_address_below_what_is_a_language_here_comes_first(add, client):
    add("/hola", "/join")
    add("/es/hola", "/follow")
    add("/hazte-miembro", "/es/join")

    assert go(client, "/es/hola") == (301, "/follow")
    assert go(client, "/hola") == (301, "/join")
    assert go(client, "/hazte-miembro") == (301, "/es/join")
    assert go(client, "/es/?p=1") == (200, None)


def test_letters_of_other_alphabets_travel_encoded(add, client):
    add("/карты", "/follow?q=ñ")

    assert go(client, "/%D0%9A%D0%B0%D1%80%D1%82%D1%8B/") == (301, "/follow?q=%C3%B1")


@pytest.mark.parametrize(
    "path", ["/nothing", "/nothing?p=1", "/%00old", "/old%ff", "/es/nothing", "/episodes/none/", "/shows/none/"]
)
def test_what_is_not_in_the_list_is_not_found(add, client, path):
    add("/old", "/join")

    assert client.get(path).status_code == 404


def test_addresses_that_look_like_pages_lead_on_where_no_page_answers(add, client):
    add("/episodes/of-the-old-site/", "/join")
    add("/shows/of-the-old-site/", "/follow")

    assert go(client, "/episodes/of-the-old-site/") == (301, "/join")
    assert go(client, "/shows/of-the-old-site/") == (301, "/follow")


def test_no_address_tells_of_an_episode_that_is_not_out_t_a11(add, publish, client, at_ten):
    publish(audio=RECORDING, when="at", at="2026-06-03T06:00")
    add("/old", EPISODE)

    before = client.get("/old").status_code
    at_ten.move_to("2026-06-03T04:01:00+00:00")

    assert before == 404
    assert go(client, "/old") == (301, EPISODE)


def test_a_page_that_comes_later_answers_and_the_list_says_so(add, services, publish, client, studio):
    with services.db.transaction() as session:
        site = Site("http://127.0.0.1:8000", lambda path: Page(path, is_fixed=True) if path == "/join" else None)
        keeping.save(session, [Entry("/episodes/why-maps-lie", "/join")], site, now=clock.now())
    before = go(client, EPISODE)

    publish(audio=RECORDING)

    assert before == (301, "/join")
    assert client.get(EPISODE).status_code == 200
    assert "/episodes/why-maps-lie answers by itself" in studio.get(LIST).text


def test_a_redirect_follows_the_page_of_an_episode_that_is_renamed(add, publish, client, root, services, settings):
    publish(audio=RECORDING)
    add("/old", f"{EPISODE}?t=754")
    add("/es-old", f"/es{EPISODE}")
    (notes,) = root.glob("*/notes.md")

    notes.write_text(notes.read_text().replace("title: Why maps lie", "title: Why maps lie\nslug: maps"))
    scan_tree(services.db, services.media, settings, settle_seconds=0)

    assert go(client, "/old") == (301, "/episodes/maps/?t=754")
    assert go(client, "/es-old") == (301, "/es/episodes/maps/")
    assert go(client, EPISODE) == (301, "/episodes/maps/")


def test_a_404_costs_one_read_of_the_list_and_a_page_none(add, client, services):
    add("/old", "/join")
    seen = []
    event.listen(services.db.engine, "before_cursor_execute", lambda *given: seen.append(given[2]))

    client.get("/join")
    client.get("/private/none/feed.xml")
    of_pages = [statement for statement in seen if "old_address" in statement]
    client.get("/nothing?a=1&b=2")
    of_404 = [statement for statement in seen if "old_address" in statement]

    assert of_pages == []
    assert len(of_404) == 1


def test_uses_are_counted_in_batches(add, client, services, studio):
    add("/old", "/join")
    add("/older", "/join")
    for _ in range(3):
        client.get("/old")
    before = find_row(services, "/old").uses

    services.old_address_uses.flush()

    row = find_row(services, "/old")
    assert before == 0
    assert (row.uses, row.used_on.isoformat()) == (3, "2026-06-02")
    assert find_row(services, "/older").used_on is None
    assert "2 June" in studio.get(LIST).text


# ---- the host's list


def test_an_address_is_saved_and_shown(add, studio, services):
    reply = add("/2019/Why/", "/join")

    page = studio.get(reply.location).text
    assert reply.status_code == 303
    assert "The address is saved." in page
    assert "/2019/why" in page
    assert list_saved(services) == {"/2019/why": "/join"}


@pytest.mark.parametrize(
    ("old", "new", "field", "sentence"),
    [
        ("", "/join", "old", "Enter the old address."),
        ("/old", "", "new", "Enter where it leads."),
        ("old", "/join", "old", "from its first slash on"),
        ("/old", "join", "new", "Write where it leads"),
        ("/old", "http://a.example/", "new", "must begin with https://"),
        ("/join", "/follow", "old", "/join answers by itself"),
        ("/feed", "/follow", "old", "/feed answers by itself"),
        ("/private/x", "/join", "old", "belongs to the program"),
        ("/old", "/nowhere", "new", "There is nothing at /nowhere on this site."),
        ("/old", "/episodes/nowhere/", "new", "There is nothing at /episodes/nowhere/ on this site."),
        ("/old", "/private/x/feed.xml", "new", "is not a page that others can be sent to"),
        ("/old", "/old/", "new", "This way leads back to itself."),
    ],
)
@on_sqlite
def test_what_cannot_be_saved_comes_back_as_typed_with_a_message_at_its_field(add, services, old, new, field, sentence):
    page = add(old, new)

    assert page.status_code == 422
    assert sentence in html.fromstring(page.data).get_element_by_id(f"{field}-error").text
    assert (read_field(page, "old"), read_field(page, "new")) == (old, new)
    assert list_saved(services) == {}


def test_an_address_that_is_in_the_list_is_not_added_again(add, services):
    add("/old", "/join")

    page = add("/OLD/", "/follow")

    assert "/old is in the list already and leads to /join." in page.text
    assert list_saved(services) == {"/old": "/join"}


def test_a_way_that_was_cut_short_is_said(add, services, studio):
    add("/b", "/join")

    reply = add("/a", "/b")

    assert "goes straight to the end: /join" in studio.get(reply.location).text
    assert list_saved(services) == {"/a": "/join", "/b": "/join"}


def test_what_led_to_a_page_that_leads_on_now_goes_straight_on_and_that_is_said(
    publish, add, services, studio, root, settings
):
    publish(audio=RECORDING)
    add("/a", EPISODE)
    (folder,) = (each for each in root.iterdir() if each.is_dir())
    folder.rename(root.parent / "gone")
    for _ in range(2):
        scan_tree(services.db, services.media, settings, settle_seconds=0)

    reply = add(EPISODE, "/join")

    assert "1 other address led there and now goes straight on, too." in studio.get(reply.location).text
    assert list_saved(services)["/a"] == "/join"


def test_an_address_is_changed_on_its_page(add, press, services, client):
    add("/old", "/join")
    path = f"{LIST}/{find_row(services, '/old').id}"

    press(path, path, old="/older", new="https://a.example/", kind="temporary")

    assert go(client, "/older") == (302, "https://a.example/")
    assert client.get("/old").status_code == 404


def test_an_address_does_not_take_another_one_s_place(add, press, services):
    add("/old", "/join")
    add("/older", "/join")
    path = f"{LIST}/{find_row(services, '/old').id}"

    page = press(path, path, old="/older", new="/join", kind="permanent")

    assert page.status_code == 422
    assert "/older is in the list already." in page.text
    assert list_saved(services) == {"/old": "/join", "/older": "/join"}


@pytest.fixture
def add_meanwhile(services):
    """Saves an entry in a transaction that ends only when something else waits for it; what that came to."""

    def is_waiting():
        with services.db.engine.connect() as connection:
            query = (
                "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
            )
            return connection.scalar(text(query))

    def run(entry, other):
        site = Site("http://127.0.0.1:8000", lambda path: Page(path, is_fixed=path == "/join"))
        with ThreadPoolExecutor(1) as pool:
            with services.db.transaction() as session:
                keeping.save(session, [entry], site, now=clock.now())
                session.flush()
                running = pool.submit(other)
                wait_for(lambda: is_waiting() or running.done(), "the second writer")
            return running.result()

    return run


@on_postgres
@pytest.mark.parametrize("new", ["/join", "/follow"])
def test_of_two_hosts_who_add_the_same_address_at_once_one_is_told(add, add_meanwhile, services, new):
    reply = add_meanwhile(Entry("/old", "/join"), lambda: add("/old", new))

    assert reply.status_code == (303 if new == "/join" else 422)
    assert new == "/join" or "/old is in the list already and leads to /join." in reply.text
    assert list_saved(services) == {"/old": "/join"}


@on_postgres
def test_an_address_does_not_take_the_place_of_one_that_is_just_being_saved(add, add_meanwhile, press, services):
    add("/mine", "/join")
    path = f"{LIST}/{find_row(services, '/mine').id}"

    page = add_meanwhile(Entry("/old", "/join"), lambda: press(path, path, old="/old", new="/join", kind="permanent"))

    assert page.status_code == 422
    assert "/old is in the list already." in page.text
    assert list_saved(services) == {"/mine": "/join", "/old": "/join"}


@on_postgres
def test_lines_pasted_while_another_host_saves_see_what_is_saved(add_meanwhile, paste, services):
    reply = add_meanwhile(Entry("/b", "/join"), lambda: paste("/a /b", "/b /join temporary"))

    assert reply.status_code == 303
    assert list_saved(services) == {"/a": "/join", "/b": "/join"}
    assert not find_row(services, "/b").is_permanent


def test_what_was_settled_before_is_saved_without_asking_again_unless_the_list_has_changed(services):
    asked = []
    site = Site("http://127.0.0.1:8000", lambda path: asked.append(path) or Page(path, is_fixed=path == "/join"))
    wanted = [Entry("/a", "/b"), Entry("/b", "/join")]
    with services.db.reading() as session:
        first, second = (
            keeping.prepare(session, some, site) for some in (wanted, [Entry("/c", "/d"), Entry("/d", "/a")])
        )
    asked.clear()

    with services.db.transaction() as session:
        keeping.save(session, wanted, site, prepared=first, now=clock.now())
    asked_at_first = list(asked)
    with services.db.transaction() as session:
        keeping.save(session, [Entry("/c", "/d"), Entry("/d", "/a")], site, prepared=second, now=clock.now())

    assert asked_at_first == []
    assert list_saved(services) == dict.fromkeys(["/a", "/b", "/c", "/d"], "/join")


def test_an_address_that_is_not_there_has_no_page(studio):
    assert studio.get(f"{LIST}/999").status_code == 404
    assert studio.get(f"{LIST}/99999999999999999999").status_code == 404


def test_chosen_addresses_are_removed_when_that_was_confirmed(add, press, services, studio):
    for name in "abc":
        add(f"/{name}", "/join")
    chosen = [find_row(services, path).id for path in ("/a", "/b")]

    asked = press(LIST, f"{LIST}/remove", address=chosen)
    before = list_saved(services)
    done = press(LIST, f"{LIST}/remove", address=chosen, sure="1")

    assert "Remove 2 addresses?" in asked.text
    assert len(before) == 3
    assert "2 addresses are removed." in studio.get(done.location).text
    assert list_saved(services) == {"/c": "/join"}


@pytest.mark.parametrize("chosen", [[], ["x"], ["999"], ["99999999999999999999"], ["１"]])
def test_nothing_chosen_removes_nothing(add, press, services, studio, chosen):
    add("/a", "/join")

    reply = press(LIST, f"{LIST}/remove", address=chosen, sure="1")

    assert "Choose the addresses first" in studio.get(reply.location).text
    assert list_saved(services) == {"/a": "/join"}


def test_many_lines_are_saved_at_once(paste, services, studio):
    reply = paste("/a /join", "/b -> /a", "/c https://a.example/ temporary", "", "# none")

    assert "3 addresses are saved." in studio.get(reply.location).text
    assert list_saved(services) == {"/a": "/join", "/b": "/join", "/c": "https://a.example/"}
    assert not find_row(services, "/c").is_permanent


@on_sqlite
def test_lines_that_cannot_be_used_are_left_with_their_numbers_and_the_others_saved(paste, services):
    page = paste("/a /join", "/b", "/studio/x /join", "/c /follow")

    assert page.status_code == 422
    assert "2 lines are saved." in page.text
    assert read_field(page, "lines") == "/b\n/studio/x /join"
    assert [
        item.text_content().strip() for item in html.fromstring(page.data).xpath("//li[contains(@class, 'break')]")
    ] == [
        "Line 1: Write the old address, a space, and the new one.",
        "Line 2: /studio/x belongs to the program and cannot lead elsewhere.",
    ]
    assert list_saved(services) == {"/a": "/join", "/c": "/follow"}


@on_sqlite
def test_a_line_with_an_address_that_nobody_can_read_loses_no_other(paste, services):
    page = paste("/a /join", "/b https://[x")

    assert page.status_code == 422
    assert read_field(page, "lines") == "/b https://[x"
    assert list_saved(services) == {"/a": "/join"}


def test_pasted_lines_change_what_is_in_the_list(paste, services, studio):
    paste("/a /join", "/b /join")

    changed, same = paste("/a /follow", "/b /join"), paste("/a /follow")

    assert "1 address is saved." in studio.get(changed.location).text
    assert "Nothing was changed" in studio.get(same.location).text
    assert list_saved(services) == {"/a": "/follow", "/b": "/join"}


@on_sqlite
def test_no_line_at_all_is_an_error(paste):
    assert "Enter at least one line." in paste("", "# none").text


def test_thousands_of_lines_are_saved_searched_and_shown_by_the_page(paste, services, studio):
    paste(*(f"/2019/{number:04}/ /join?from={number}" for number in range(3000)))

    first, last = studio.get(LIST), studio.get(f"{LIST}?page=60")
    found = studio.get(f"{LIST}?q=https://was.example/2019/0042/")

    assert len(list_saved(services)) == 3000
    assert "3000 addresses" in first.text
    assert first.text.count('name="address"') == last.text.count('name="address"') == 50
    assert "/2019/0000" in last.text
    assert found.text.count('name="address"') == 1
    assert "/2019/0042" in found.text


@pytest.mark.parametrize(
    ("words", "count"), [("OLD", 2), ("join", 1), ("100%", 0), ("_", 0), ("/Old/", 2), ("follow", 2)]
)
def test_words_are_looked_for_in_both_addresses(add, studio, words, count):
    add("/old", "/join")
    add("/older", "/follow")
    add("/else", "/follow")

    page = studio.get(LIST, query_string={"q": words})

    assert page.text.count('name="address"') == count
    assert count or "No address fits that." in page.text


def test_what_came_by_an_import_can_be_told_from_what_the_host_wrote(add, services, studio):
    add("/mine", "/join")
    with services.db.transaction() as session:
        site = Site("http://127.0.0.1:8000", lambda path: Page(path, is_fixed=path == "/join"))
        keeping.save(session, [Entry("/theirs", "/join")], site, origin="import", now=clock.now())

    page = studio.get(f"{LIST}?from=import").text

    assert "/theirs" in page
    assert "/mine" not in page
    assert "From an import · 1" in page


def test_the_list_can_be_saved_and_pasted_again(paste, press, services, studio):
    paste("/a /join", "/карты https://a.example/?q=a,b temporary")
    before = list_saved(services)

    reply = studio.get("/studio/old-addresses.csv")
    press(LIST, f"{LIST}/remove", address=[find_row(services, path).id for path in before], sure="1")
    paste(*reply.text.splitlines())

    rows = list(csv.reader(io.StringIO(reply.text.removeprefix("\ufeff"))))
    assert rows[0] == ["old", "new", "kind", "made by", "uses", "last used"]
    assert reply.mimetype == "text/csv"
    assert reply.headers["Cache-Control"] == "private, no-store"
    assert list_saved(services) == before
    assert not find_row(services, "/карты").is_permanent


@on_sqlite
def test_addresses_are_text_on_pages_t_x2(add, studio):
    add("/old", "/join?a=<b>")

    page = studio.get(LIST).text

    assert "<b>" not in page
    assert "/join?a=&lt;b&gt;" in page
