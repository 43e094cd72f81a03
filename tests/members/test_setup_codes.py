"""Setup codes: open the app list for a while, and nothing else."""

from datetime import timedelta

import pytest

from podcastsvc.kit.keys import Keys, make_key_line
from podcastsvc.members import feed_tokens, setup_codes
from tests.members.conftest import NOW


@pytest.fixture
def link(db, ben):
    with db.reading() as session:
        return feed_tokens.list_links(session, ben.id)[0]


def read(db, keys, code, now=NOW):
    with db.reading() as session:
        return setup_codes.open_setup_code(session, keys, code, now=now)


def test_code_opens_its_link_for_fifteen_minutes(db, keys, link):
    code = setup_codes.make_setup_code(keys, link, now=NOW)

    assert read(db, keys, code, NOW + timedelta(minutes=14, seconds=59)).id == link.id
    assert read(db, keys, code, NOW + timedelta(minutes=15)) is None


def test_code_can_be_typed_in_capitals(db, keys, link):
    assert read(db, keys, setup_codes.make_setup_code(keys, link, now=NOW).upper()) is not None


def test_no_changed_character_opens_anything(db, keys, link):
    code = setup_codes.make_setup_code(keys, link, now=NOW)

    for at, old in enumerate(code):
        changed = code[:at] + ("b" if old == "a" else "a") + code[at + 1 :]
        assert read(db, keys, changed) is None


@pytest.mark.parametrize("code", ["", "a" * 32, "é" * 32, "0" * 32, "a" * 33])
def test_nonsense_opens_nothing(db, keys, link, code):
    assert read(db, keys, code) is None


def test_feed_token_is_no_setup_code(db, keys, link):
    assert read(db, keys, feed_tokens.show_link(keys, link).feed_token) is None


def test_code_of_a_replaced_link_is_dead(db, keys, link):
    code = setup_codes.make_setup_code(keys, link, now=NOW)
    with db.transaction() as session:
        feed_tokens.replace_link(session, keys, link, now=NOW)

    assert read(db, keys, code) is None


def test_code_outlives_a_new_key_but_not_the_loss_of_its_own(db, keys, link):
    code = setup_codes.make_setup_code(keys, link, now=NOW)
    key_id, _, key = make_key_line().strip().partition(":")
    new = {key_id: bytes.fromhex(key)}

    assert read(db, Keys(new | keys.by_id), code) is not None
    assert read(db, Keys(new), code) is None
