"""One member's whole story: every kind of event has words, the order is right, and nothing secret is told."""

import re

import pytest
from sqlalchemy import select

from podcastsvc.billing.accounting.story import KINDS
from podcastsvc.members import feed_tokens
from podcastsvc.storage.tables.member import Member
from podcastsvc.web.studio.members.story import SENTENCES
from tests.web.conftest import read_token
from tests.web.people import work

pytestmark = pytest.mark.usefixtures("show")


def read_path(services):
    with services.db.reading() as session:
        member = session.scalars(select(Member).where(Member.email == "ben@example.org")).one()
    return f"/studio/members/{member.id}"


def read_words(page):
    return re.findall(r'<th scope="row">(?:<a [^>]*>)?([^<]+)', page)


def test_every_kind_of_event_has_words():
    assert set(SENTENCES) == set(KINDS)


def test_the_story_is_told_newest_first(ben, services, studio, at_ten):
    at_ten.shift(3600)
    page = ben.get("/account/cancel")
    ben.post("/account/cancel", data={"csrf_token": read_token(page), "reason": "unused"})
    work(services)

    words = read_words(studio.get(f"{read_path(services)}/story").text)

    assert words[0] == "E-mail: Cancellation"
    assert "Decided to leave: I do not listen enough" in words
    assert words.index("E-mail: Welcome") < words.index("Began: Membership, €60 a year")
    assert "Paid €60: Membership" in words
    assert words[-1] == "Account made"


def test_the_member_s_page_leads_to_it_and_it_leads_to_payments(ben, services, studio):
    path = read_path(services)

    assert f'href="{path}/story"' in studio.get(path).text
    assert 'href="/studio/payments/pi_' in studio.get(f"{path}/story").text


def test_no_link_s_address_is_in_it(ben, services, studio):
    with services.db.reading() as session:
        member = session.scalars(select(Member).where(Member.email == "ben@example.org")).one()
        (link,) = feed_tokens.list_links(session, member.id)
    shown = feed_tokens.show_link(services.keys, link)

    page = studio.get(f"{read_path(services)}/story").text

    assert "Feed link made" in page
    assert shown.feed_token not in page


def test_a_stranger_has_no_story(studio):
    assert studio.get("/studio/members/4711/story").status_code == 404
