"""The one-use link of the command line leads into the studio (rules T-A5, T-A12)."""

import pytest

from podcastsvc.kit import clock
from podcastsvc.members import codes
from tests.web.conftest import make_client, read_token


@pytest.fixture
def link(services, ada):
    with services.db.transaction() as session:
        token = codes.make_one_use_link(session, services.keys, ada, clock.now())
    return f"/sign-in/link/{token}"


def enter(client, link):
    return client.post(link, data={"csrf_token": read_token(client.get(link))})


def test_looking_uses_nothing_up(client, link):
    for _ in range(3):
        client.get(link)

    assert enter(client, link).status_code == 303


def test_the_button_leads_into_the_studio(client, link):
    reply = enter(client, link)

    assert (reply.status_code, reply.location) == (303, "/studio/")
    assert client.get("/studio/").status_code == 200


def test_it_works_once(app, client, link):
    other = make_client(app)
    token = read_token(other.get(link))
    enter(client, link)

    again = other.post(link, data={"csrf_token": token})

    assert again.status_code == 404
    assert other.get("/studio/").status_code == 303


def test_it_works_for_an_hour(client, link, at_ten):
    at_ten.shift(3601)

    assert client.get(link).status_code == 404


def test_a_members_link_does_not_open_the_studio(services, finn, client):
    with services.db.transaction() as session:
        token = codes.make_one_use_link(session, services.keys, finn, clock.now())

    reply = enter(client, f"/sign-in/link/{token}")

    assert reply.location == "/account"
    assert client.get("/studio/").status_code == 404


def test_the_page_gives_its_address_to_nobody(client, link):
    headers = client.get(link).headers

    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["Cache-Control"] == "private, no-store"
