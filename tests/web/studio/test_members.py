"""The studio's members: added, given plans, their links looked at and changed, and removed."""

from datetime import timedelta
from urllib.parse import quote

import pytest
from lxml import etree, html
from sqlalchemy import select, update

from podcastsvc.kit import clock
from podcastsvc.members import feed_tokens, sessions
from podcastsvc.storage.tables.letter import Letter
from podcastsvc.storage.tables.member import FeedLink, Member, MemberSession
from tests.web.conftest import make_client, make_member, sign_in
from tests.web.people import read_code, read_letters, send
from tests.web.studio.conftest import RECORDING, read_field

pytestmark = pytest.mark.usefixtures("show")


@pytest.fixture
def add(press):
    """Adds a member by the form; says where it led."""

    def send(email, **values):
        usual = {"plan": "members", "until": "", "language": "en", "name": ""}
        return press("/studio/members/new", "/studio/members/new", email=email, **{**usual, **values})

    return send


@pytest.fixture
def ben(add):
    """The path of Ben's page."""
    return add("ben@example.org").location


@pytest.fixture
def members_episode(publish):
    publish(audio=RECORDING, who="members")


def find_link(services, path):
    """The live link of the member whose page lies at a path."""
    with services.db.reading() as session:
        return feed_tokens.list_links(session, int(path.rsplit("/", 1)[1]))[0]


def show_feed(studio, press, services, path):
    """The path of a member's feed, as the host is shown it."""
    page = press(path, f"{path}/links/{find_link(services, path).id}/show")
    (address,) = html.fromstring(page.data).xpath("//input[@readonly]/@value")
    return address.removeprefix("http://127.0.0.1:8000")


def read_items(client, path):
    return etree.fromstring(client.get(path).data).xpath("//item/title/text()")


def test_whoever_is_added_hears_the_members_episodes_by_the_link_that_is_shown(
    members_episode, studio, press, services, ben, client
):
    path = show_feed(studio, press, services, ben)

    assert read_items(client, path) == ["Why maps lie"]


def test_no_address_is_on_the_page_before_it_is_asked_for_t_s3(studio, press, services, ben):
    path = show_feed(studio, press, services, ben)

    assert path not in studio.get(ben).text
    assert path not in studio.get("/studio/members").text


def test_a_link_is_shown_after_a_fresh_proof_only_t_a2(studio, press, services, ada, ben):
    link = find_link(services, ben)
    with services.db.transaction() as session:
        session.execute(update(MemberSession).values(proved_at=clock.now() - timedelta(minutes=16)))

    asked = press(ben, f"{ben}/links/{link.id}/show")
    page = studio.get(asked.location).text
    onwards = send(studio, asked.location)
    code = read_code(read_letters(services, "ada@example.org")[0])

    assert asked.location == f"/account/prove?next=studio.member.{ben.rsplit('/', 1)[1]}"
    assert "it needs a fresh code" in page
    assert send(studio, onwards.location, code=code).location == ben
    assert "/private/" in press(ben, f"{ben}/links/{link.id}/show").text


@pytest.mark.parametrize("name", ["studio.member.", "studio.member.x", "studio.member.１", "studio.member.1/../../x"])
def test_names_of_pages_that_are_none_lead_to_the_usual_one_t_a8(studio, services, name):
    onwards = send(studio, f"/account/prove?next={quote(name)}")
    code = read_code(read_letters(services, "ada@example.org")[0])

    assert send(studio, onwards.location, code=code).location == "/studio/"


def test_a_plan_until_a_day_ends_with_that_day(add, members_episode, studio, press, services, at_ten, client):
    page = add("cleo@example.org", until="2026-06-04").location
    path = show_feed(studio, press, services, page)

    shown = studio.get(page).text
    at_ten.move_to("2026-06-04T21:59:00+00:00")
    before = read_items(client, path)
    at_ten.move_to("2026-06-04T22:01:00+00:00")

    assert "until 4 June 2026" in shown
    assert before == ["Why maps lie"]
    assert "Why maps lie" not in read_items(client, path)


def test_a_known_address_keeps_its_account_and_gets_the_plan(add, services, ben, press):
    again = add("BEN@example.org")

    assert again.location == ben
    with services.db.reading() as session:
        assert len(session.scalars(select(Member).where(Member.email_key == "ben@example.org")).all()) == 1


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"email": "ben"}, "e-mail"),
        ({"email": ""}, "e-mail"),
        ({"until": "2026-02-30"}, "Enter a day such as 2027-03-14."),
        ({"until": "soon"}, "Enter a day such as 2027-03-14."),
        ({"until": "2020-01-01"}, "This day is over already."),
        ({"language": "xx"}, "Choose one of these."),
        ({"plan": "none-of-ours"}, "There is no such plan."),
        ({"name": "x" * 300}, "characters; at most"),
    ],
)
def test_a_field_that_cannot_be_used_brings_the_form_back_as_typed(add, services, values, sentence):
    page = add(**{"email": "ben@example.org", "name": "Ben", **values})

    assert page.status_code == 422
    assert sentence in page.text
    assert read_field(page, "name") == values.get("name", "Ben")
    assert read_field(page, "until") == values.get("until", "")
    with services.db.reading() as session:
        assert session.scalar(select(Member).where(Member.email_key == "ben@example.org")) is None


def test_a_plan_is_given_and_ended_on_the_members_page(add, studio, press, services):
    path = add("dev@example.org", plan="").location
    press(path, f"{path}/grants", plan="members", until="2026-12-31")
    given = studio.get(path).text

    grant = html.fromstring(given).xpath("//form[contains(@action, '/grants/')]/@action")[0]
    press(path, grant)

    assert "31 December 2026" in given
    assert "Given by you" in given
    assert (
        "over"
        in html.fromstring(studio.get(path).data).xpath("//section[@aria-labelledby='given']//table")[0].text_content()
    )


def test_a_day_that_is_over_is_said_beside_the_field(studio, press, ben):
    page = press(ben, f"{ben}/grants", plan="members", until="2026-06-01")

    assert page.status_code == 422
    assert "This day is over already." in page.text
    assert read_field(page, "until") == "2026-06-01"


def test_a_replaced_link_stops_and_the_new_one_works(members_episode, studio, press, services, ben, client):
    old = show_feed(studio, press, services, ben)
    press(ben, f"{ben}/links/{find_link(services, ben).id}/replace")

    new = show_feed(studio, press, services, ben)

    assert new != old
    assert read_items(client, new) == ["Why maps lie"]
    assert "Why maps lie" not in read_items(client, old)


def test_a_link_that_is_taken_away_is_gone_and_another_can_be_made(studio, press, services, ben, client):
    old = show_feed(studio, press, services, ben)

    press(ben, f"{ben}/links/{find_link(services, ben).id}/revoke")
    without = studio.get(ben).text
    press(ben, f"{ben}/links")

    assert client.get(old).status_code == 410
    assert "They have no link that works." in without
    assert client.get(show_feed(studio, press, services, ben)).status_code == 200


def test_a_link_is_sent_to_its_member(studio, press, services, ben):
    path = show_feed(studio, press, services, ben)

    reply = press(ben, f"{ben}/links/{find_link(services, ben).id}/send")

    assert "The link is on its way." in studio.get(reply.location).text
    with services.db.reading() as session:
        letter = session.scalars(select(Letter).where(Letter.kind == "feed_links")).one()
    assert letter.to == "ben@example.org"
    assert path in letter.text


@pytest.mark.parametrize("what", ["show", "replace", "revoke", "send"])
def test_a_link_is_reached_through_its_owner_only_t_a10(press, services, add, ben, what):
    other = find_link(services, add("cleo@example.org").location)

    reply = press(ben, f"{ben}/links/{other.id}/{what}")

    assert reply.status_code == 404
    with services.db.reading() as session:
        assert session.get(FeedLink, other.id).revoked_at is None


def test_removing_asks_first_and_then_forgets(members_episode, app, studio, press, services, ben, client):
    path = show_feed(studio, press, services, ben)
    asked = studio.get(f"{ben}/remove")

    press(f"{ben}/remove", f"{ben}/remove")

    assert "taken away for good" in asked.text
    assert studio.get(ben).status_code == 404
    assert "ben@example.org" not in studio.get("/studio/members").text
    assert client.get(path).status_code == 410


def test_whoever_is_removed_is_signed_out(app, services, press, studio, ben):
    with services.db.transaction() as session:
        member = session.scalars(select(Member).where(Member.email_key == "ben@example.org")).one()
        secret = sessions.start_session(session, member, agent="test", now=clock.now())
    browser = make_client(app)
    browser.set_cookie("sid", secret, domain="127.0.0.1")

    press(f"{ben}/remove", f"{ben}/remove")

    assert browser.get("/account").status_code == 303


def test_hosts_do_not_remove_themselves(studio, press, ada):
    reply = press(f"/studio/members/{ada.id}/remove", f"/studio/members/{ada.id}/remove")

    assert reply.status_code == 409
    assert studio.get("/studio/").status_code == 200


def test_the_hosts_note_is_kept_cleaned(studio, press, ben):
    press(ben, f"{ben}/note", note="Met in\x00 Lisbon.\r\nLikes maps.")

    assert read_field(studio.get(ben), "note") == "Met in Lisbon.\nLikes maps."


def test_a_note_that_is_too_long_comes_back_whole(press, ben):
    page = press(ben, f"{ben}/note", note="x" * 20_000)

    assert page.status_code == 422
    assert len(read_field(page, "note")) == 20_000


def test_the_list_is_searched_and_narrowed(studio, add):
    add("ben@example.org", name="Ben")
    add("cleo@example.org", plan="")

    assert "cleo@" not in studio.get("/studio/members?q=BEN").text
    assert "ben@" not in studio.get("/studio/members?standing=none").text
    assert "No member fits that." in studio.get("/studio/members?q=nobody-at-all").text


def test_an_empty_list_gives_the_address_to_share(services, app, show):
    studio = sign_in(make_client(app), services, make_member(services, "ines@example.org", role="host"))

    page = studio.get("/studio/members")

    assert "ines@example.org" in page.text


def test_a_member_that_never_was_is_not_found(studio):
    assert studio.get("/studio/members/99").status_code == 404


def test_text_of_a_member_is_never_html(add, studio):
    path = add("ben@example.org", name="<script>alert(1)</script>").location

    assert "<script>alert" not in studio.get(path).text
    assert "<script>alert" not in studio.get("/studio/members").text
