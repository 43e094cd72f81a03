"""Merging two accounts from a member's page: looking first, then doing it."""

import re

import pytest

from podcastsvc.kit import clock
from podcastsvc.members import grants
from podcastsvc.members.entitlements import Standing, get_entitlement
from tests.web.conftest import make_member

pytestmark = pytest.mark.usefixtures("show")


@pytest.fixture
def two(services):
    """Ben with two accounts; the second has a plan."""
    kept, folded = make_member(services, "ben@example.org"), make_member(services, "ben@work.example.org")
    with services.db.transaction() as session:
        grants.give(session, folded.id, "members", until=None, zone="UTC", now=clock.now())
    return kept.id, folded.id


def test_the_host_sees_what_would_happen_and_does_it(two, studio, services, press):
    kept, folded = two
    path = f"/studio/members/{kept}/merge"
    assert f'href="{path}"' in studio.get(f"/studio/members/{kept}").text

    shown = studio.get(f"{path}?email=ben@work.example.org")
    other = re.search(r'name="other" value="(\d+)"', shown.text)[1]
    reply = press(f"{path}?email=ben@work.example.org", path, other=other)

    assert int(other) == folded
    assert "This cannot be taken back." in shown.text
    assert reply.location == f"/studio/members/{kept}"
    assert studio.get(f"/studio/members/{folded}").status_code == 404
    with services.db.reading() as session:
        assert get_entitlement(session, kept, clock.now()).standing is Standing.COMP


@pytest.mark.parametrize(
    ("email", "words"),
    [
        ("nobody@example.org", "No account has this address."),
        ("no address", "error"),
        ("ben@example.org", "This is the same account."),
        ("ada@example.org", "An account of a host cannot be merged into another."),
    ],
)
def test_another_address_is_said_beside_the_field(two, studio, email, words):
    reply = studio.get(f"/studio/members/{two[0]}/merge", query_string={"email": email})

    assert reply.status_code == 422
    assert words in reply.text


def test_a_second_press_changes_nothing(two, studio, press):
    kept, folded = two
    path = f"/studio/members/{kept}/merge"
    press(f"{path}?email=ben@work.example.org", path, other=folded)

    again = press("/studio/plans", path, other=folded)

    assert again.status_code == 409
