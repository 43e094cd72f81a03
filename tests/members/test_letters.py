"""Letters about accounts."""

import re

import pytest
from sqlalchemy import select

from podcastsvc.errors import TooMany
from podcastsvc.mail.addresses import read_address
from podcastsvc.members import accounts, feed_tokens, letters, setup_codes
from podcastsvc.storage.tables.letter import Letter
from tests.mail.letters import SENDER
from tests.members.conftest import NOW


def get_letter(db):
    with db.reading() as session:
        return session.scalars(select(Letter)).one()


def send_links(db, keys, member):
    with db.transaction() as session:
        link = feed_tokens.get_first_link(session, keys, member.id, now=NOW)
        letters.write_links_letter(session, keys, SENDER, member, link, NOW)


def test_links_letter_holds_the_feed_and_a_page_for_the_phone(db, keys, ben):
    send_links(db, keys, ben)

    letter = get_letter(db)
    with db.reading() as session:
        link = feed_tokens.list_links(session, ben.id)[0]
        code = re.search(r"https://show\.example/add/([a-z2-7]{32})", letter.text)[1]
        assert setup_codes.open_setup_code(session, keys, code, now=NOW).id == link.id
    feed_token = feed_tokens.show_link(keys, link).feed_token
    assert f"https://show.example/private/{feed_token}/feed.xml" in letter.text
    assert letter.to == "ben@example.org"


def test_spanish_member_gets_the_spanish_page(db, keys, make_member):
    send_links(db, keys, make_member("cleo", language="es"))

    assert "https://show.example/es/add/" in get_letter(db).text


def test_links_can_be_sent_three_times_an_hour(db, keys, ben):
    for _ in range(3):
        send_links(db, keys, ben)

    with pytest.raises(TooMany):
        send_links(db, keys, ben)


def test_old_address_learns_of_the_change_but_not_the_whole_new_one(db, ben):
    with db.transaction() as session:
        old = accounts.change_email(session, ben, read_address("bertha@example.com"), NOW)
        letters.write_email_changed_letter(session, SENDER, accounts.get(session, ben.id), old_email=old)

    letter = get_letter(db)
    assert letter.to == "ben@example.org"
    assert "b•••@example.com" in letter.text
    assert "bertha" not in letter.text + letter.html


def test_member_learns_that_the_password_changed(db, ben):
    with db.transaction() as session:
        letters.write_password_changed_letter(session, SENDER, ben)

    assert get_letter(db).to == "ben@example.org"
    assert "https://show.example/sign-in" in get_letter(db).text
