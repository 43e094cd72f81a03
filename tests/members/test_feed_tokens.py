"""Feed links: two secrets, none of them in the database."""

import re
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select, text

from podcastsvc.kit.keys import Keys, make_key_line
from podcastsvc.members import feed_tokens
from podcastsvc.members.feed_tokens import LastFetch, LinkState
from podcastsvc.members.opening import open_audio, open_feed
from podcastsvc.storage.tables.member import FeedAnswer, FeedLink
from tests.members.conftest import NOW


@pytest.fixture
def link(db, ben):
    with db.reading() as session:
        return feed_tokens.list_links(session, ben.id)[0]


@pytest.fixture
def shown(keys, link):
    return feed_tokens.show_link(keys, link)


def make_keys():
    key_id, _, key = make_key_line().strip().partition(":")
    return {key_id: bytes.fromhex(key)}


def test_secrets_have_the_form_of_tokens(shown):
    assert re.fullmatch("[a-z2-7]{32}", shown.feed_token)
    assert re.fullmatch("[a-z2-7]{32}", shown.listen_token)
    assert shown.feed_token != shown.listen_token


def test_copy_of_the_database_holds_no_secret(db, shown):
    with db.reading() as session:
        kept = " ".join(map(str, session.execute(text("select * from feed_link")).all()))

    assert shown.feed_token not in kept
    assert shown.listen_token not in kept


def test_links_are_shown_with_the_key_they_were_made_with(keys, link, shown):
    rotated = Keys(make_keys() | keys.by_id)

    assert feed_tokens.show_link(rotated, link) == shown


def test_lost_key_keeps_the_feed_alive_and_hides_its_address(db, link, shown):
    assert feed_tokens.show_link(Keys(make_keys()), link) is None
    assert open_feed(db, shown.feed_token, NOW) is not None


def test_two_processes_that_renew_a_listen_token_at_once_give_out_the_same(db, link, shown):
    others, tokens = Keys(make_keys()), []
    for _ in range(2):
        with db.transaction() as session:
            tokens.append(feed_tokens.renew_listen_token(session, others, link))

    assert tokens[0] == tokens[1] != shown.listen_token
    assert open_audio(db, tokens[0], NOW).link.id == link.id


def test_a_listen_token_is_renewed_again_where_a_rival_had_another_key(db, link):
    keys_of_both, tokens = (Keys(make_keys()), Keys(make_keys())), []
    for each in keys_of_both:
        with db.transaction() as session:
            tokens.append(feed_tokens.renew_listen_token(session, each, link))

    assert open_audio(db, tokens[0], NOW) is None
    assert open_audio(db, tokens[1], NOW).link.id == link.id


def test_other_key_under_the_same_id_shows_nothing_wrong(link, keys):
    (other,) = make_keys().values()

    assert feed_tokens.show_link(Keys({keys.current_id: other}), link) is None


def test_replaced_link_says_so_for_thirty_days_and_is_gone_then(db, keys, link):
    with db.transaction() as session:
        new = feed_tokens.replace_link(session, keys, link, now=NOW)

    with db.reading() as session:
        old = session.get(FeedLink, link.id)
    assert feed_tokens.state_of(new, NOW) is LinkState.LIVE
    assert feed_tokens.state_of(old, NOW) is LinkState.REPLACED
    assert feed_tokens.state_of(old, NOW + timedelta(days=30)) is LinkState.GONE


def test_replacing_gives_two_new_secrets_and_keeps_the_label(db, keys, link, shown):
    with db.transaction() as session:
        feed_tokens.rename_link(session, link, "Kitchen radio")
        found = feed_tokens.find_link(session, link.member_id, link.id)
        new = feed_tokens.replace_link(session, keys, found, now=NOW)

    made = feed_tokens.show_link(keys, new)
    assert new.label == "Kitchen radio"
    assert {made.feed_token, made.listen_token}.isdisjoint({shown.feed_token, shown.listen_token})


def test_two_clicks_on_replace_make_one_new_link(db, keys, link):
    for _ in range(2):
        with db.transaction() as session:
            feed_tokens.replace_link(session, keys, link, now=NOW)

    with db.reading() as session:
        assert len(session.scalars(select(FeedLink)).all()) == 2


def test_revoked_link_is_gone_at_once(db, link):
    with db.transaction() as session:
        feed_tokens.revoke_link(session, link, now=NOW)

    with db.reading() as session:
        assert feed_tokens.state_of(session.get(FeedLink, link.id), NOW) is LinkState.GONE
        assert feed_tokens.list_links(session, link.member_id) == []


def test_member_whose_links_were_revoked_can_get_another(db, keys, link):
    with db.transaction() as session:
        feed_tokens.revoke_links(session, link.member_id, now=NOW)
        new = feed_tokens.get_first_link(session, keys, link.member_id, now=NOW)

    assert new.id != link.id


def test_one_link_per_app_each_with_its_own_secrets(db, keys, ben, link):
    with db.transaction() as session:
        feed_tokens.make_link(session, keys, ben.id, label="Overcast", now=NOW)

    with db.reading() as session:
        links = feed_tokens.list_links(session, ben.id)
    assert [each.label for each in links] == ["", "Overcast"]
    assert len({feed_tokens.show_link(keys, each).feed_token for each in links}) == 2


def test_all_links_ever_are_listed_the_live_ones_first(db, keys, ben, link):
    with db.transaction() as session:
        second = feed_tokens.replace_link(session, keys, link, now=NOW)
        third = feed_tokens.make_link(session, keys, ben.id, now=NOW)
        feed_tokens.revoke_link(session, second, now=NOW)
        fourth = feed_tokens.make_link(session, keys, ben.id, now=NOW)

    with db.reading() as session:
        found = [each.id for each in feed_tokens.list_links_ever(session, ben.id)]
    assert found == [third.id, fourth.id, second.id, link.id]


def test_nobody_finds_the_link_of_another(db, link, make_member):
    eve = make_member("eve")

    with db.reading() as session:
        assert feed_tokens.find_link(session, eve.id, link.id) is None


def test_fetches_are_noted_by_app_and_not_more_than_needed(db, link):
    assert feed_tokens.is_worth_noting(link, "Overcast", FeedAnswer.UNCHANGED, NOW)
    with db.transaction() as session:
        feed_tokens.record_fetches(session, [LastFetch(link.id, "Overcast", FeedAnswer.FULL, NOW)])

    with db.reading() as session:
        noted = session.get(FeedLink, link.id)
    assert (noted.fetched_by, noted.fetched_at, noted.fetched_answer) == ("Overcast", NOW, "full")
    assert not feed_tokens.is_worth_noting(noted, "Overcast", FeedAnswer.FULL, NOW + timedelta(minutes=9))
    assert feed_tokens.is_worth_noting(noted, "AntennaPod", FeedAnswer.FULL, NOW)
    assert feed_tokens.is_worth_noting(noted, "Overcast", FeedAnswer.FULL, NOW + timedelta(minutes=10))


@pytest.mark.parametrize(
    ("before", "answer", "is_worth"),
    [
        (FeedAnswer.FULL, FeedAnswer.ENDED, True),
        (FeedAnswer.FULL, FeedAnswer.TOO_OFTEN, True),
        (FeedAnswer.UNCHANGED, FeedAnswer.FULL, True),
        (FeedAnswer.FULL, FeedAnswer.UNCHANGED, False),
        (FeedAnswer.TOO_OFTEN, FeedAnswer.UNCHANGED, False),
        (FeedAnswer.GONE, FeedAnswer.GONE, False),
    ],
)
def test_another_answer_is_noted_at_once_but_not_that_nothing_has_changed(db, link, before, answer, is_worth):
    with db.transaction() as session:
        feed_tokens.record_fetches(session, [LastFetch(link.id, "Overcast", before, NOW)])

    with db.reading() as session:
        noted = session.get(FeedLink, link.id)

    assert feed_tokens.is_worth_noting(noted, "Overcast", answer, NOW + timedelta(minutes=1)) is is_worth


def test_paths_begin_with_the_one_prefix():
    assert feed_tokens.write_feed_path("t" * 32) == f"/private/{'t' * 32}/feed.xml"
    assert feed_tokens.write_feed_path("t" * 32, "second") == f"/private/{'t' * 32}/second.xml"


@given(st.text(max_size=40))
def test_no_text_is_mistaken_for_a_token(token):
    from podcastsvc.kit.secrets import read_token

    assert read_token(token) is None or re.fullmatch("[a-z2-7]{32}", token.lower())
