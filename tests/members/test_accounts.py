"""Accounts: one for each address, with a link from the first moment."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import func, select

from podcastsvc.errors import Conflict, NotFound
from podcastsvc.mail.addresses import read_address
from podcastsvc.members import accounts, codes, feed_tokens, passwords, sessions
from podcastsvc.storage.tables.job import Job
from podcastsvc.storage.tables.letter import Letter
from podcastsvc.storage.tables.member import FeedLink, Member, SignInCode
from tests.members.conftest import NOW


def test_signing_up_makes_the_feed_link(db, ben):
    with db.reading() as session:
        assert len(feed_tokens.list_links(session, ben.id)) == 1


def test_same_address_in_other_letters_is_the_same_account(db, keys, ben):
    with db.transaction() as session:
        again = accounts.sign_up(session, keys, read_address("BEN@Example.org"), language="es", now=NOW)

    assert (again.id, again.language) == (ben.id, "en")
    with db.reading() as session:
        assert session.scalar(select(func.count()).select_from(FeedLink)) == 1


def test_signing_up_eight_times_at_once_makes_one_account(db, keys):
    def sign_up(_):
        with db.transaction() as session:
            return accounts.sign_up(session, keys, read_address("ben@example.org"), language="en", now=NOW).id

    with ThreadPoolExecutor(8) as pool:
        ids = set(pool.map(sign_up, range(8)))

    assert len(ids) == 1
    with db.reading() as session:
        assert session.scalar(select(func.count()).select_from(FeedLink)) == 1


def test_name_is_one_clean_line(db, ben):
    with db.transaction() as session:
        accounts.rename(session, ben, "  Ben\x00\r\n  Bo\u202d ")

    with db.reading() as session:
        assert accounts.get(session, ben.id).name == "Ben Bo\u202d"


def test_member_made_host_is_signed_out(db, keys, ben):
    with db.transaction() as session:
        secret = sessions.start_session(session, ben, agent="", now=NOW)

    with db.transaction() as session:
        accounts.add_host(session, keys, read_address("ben@example.org"), language="en", now=NOW)

    with db.reading() as session:
        assert accounts.get(session, ben.id).role == "host"
        assert sessions.find_session(session, secret, NOW) is None


def test_member_made_host_is_opened_by_nothing_from_before_t_a1(db, keys, ben):
    with db.transaction() as session:
        passwords.save_password(session, ben, "somebody's hash")
        token = codes.make_one_use_link(session, keys, ben, NOW)

    with db.transaction() as session:
        accounts.add_host(session, keys, read_address("ben@example.org"), language="en", now=NOW)

    with db.transaction() as session:
        assert accounts.get(session, ben.id).password_hash is None
        assert codes.use_link(session, token, NOW).outcome is codes.Outcome.SPENT


@pytest.mark.parametrize("is_proved", [True, False])
def test_member_made_host_keeps_the_feed_links_of_a_proved_address_only(db, keys, ben, is_proved):
    with db.transaction() as session:
        if is_proved:
            accounts.confirm(session, ben, NOW)
        before = [link.id for link in feed_tokens.list_links(session, ben.id)]

    with db.transaction() as session:
        accounts.add_host(session, keys, read_address("ben@example.org"), language="en", now=NOW)

    with db.reading() as session:
        after = [link.id for link in feed_tokens.list_links(session, ben.id)]
    assert len(after) == 1
    assert (after == before) is is_proved


def test_first_proof_of_an_address_ends_what_a_stranger_had_of_it_t_a1(db, ben):
    with db.transaction() as session:
        passwords.save_password(session, ben, "eve's hash")
        secret = sessions.start_session(session, ben, agent="eve", now=NOW)

    with db.transaction() as session:
        accounts.confirm(session, ben, NOW)

    with db.reading() as session:
        assert accounts.get(session, ben.id).password_hash is None
        assert sessions.find_session(session, secret, NOW) is None


def test_later_proofs_leave_password_and_browsers_alone(db, ben):
    with db.transaction() as session:
        accounts.confirm(session, ben, NOW)
    with db.transaction() as session:
        passwords.save_password(session, ben, "ben's hash")
        secret = sessions.start_session(session, ben, agent="ben", now=NOW)

    with db.transaction() as session:
        accounts.confirm(session, ben, NOW)

    with db.reading() as session:
        assert accounts.get(session, ben.id).password_hash == "ben's hash"
        assert sessions.find_session(session, secret, NOW) is not None


def test_adding_a_host_twice_changes_nothing(db, keys, ada):
    with db.transaction() as session:
        secret = sessions.start_session(session, ada, agent="", now=NOW)
        accounts.add_host(session, keys, read_address("ada@example.org"), language="en", now=NOW)

    with db.reading() as session:
        assert [host.id for host in accounts.list_hosts(session)] == [ada.id]
        assert sessions.find_session(session, secret, NOW) is not None


def test_language_of_a_member_can_change(db, ben):
    with db.transaction() as session:
        accounts.change_language(session, ben, "es")

    with db.reading() as session:
        assert accounts.get(session, ben.id).language == "es"


def test_changed_email_finds_the_account_and_the_old_one_does_not(db, ben):
    with db.transaction() as session:
        old = accounts.change_email(session, ben, read_address("b@example.com"), NOW)

    assert old == "ben@example.org"
    with db.reading() as session:
        assert accounts.find_by_email(session, "b@example.com").id == ben.id
        assert accounts.find_by_email(session, "ben@example.org") is None
        assert [job.kind for job in session.scalars(select(Job))] == [accounts.EMAIL_CHANGED_JOB]


def test_changed_email_signs_out_every_other_browser_t_a1(db, ben):
    with db.transaction() as session:
        here, there = (sessions.start_session(session, ben, agent="", now=NOW) for _ in range(2))
        kept = sessions.find_session(session, here, NOW).row.id_hash

    with db.transaction() as session:
        accounts.change_email(session, ben, read_address("benedict@example.org"), NOW, but=kept)

    with db.reading() as session:
        assert sessions.find_session(session, here, NOW) is not None
        assert sessions.find_session(session, there, NOW) is None


def test_email_of_somebody_else_cannot_be_taken(db, ben, make_member):
    make_member("cleo")

    with pytest.raises(Conflict), db.transaction() as session:
        accounts.change_email(session, ben, read_address("Cleo@example.org"), NOW)

    with db.reading() as session:
        assert accounts.get(session, ben.id).email == "ben@example.org"


def test_changed_email_voids_codes_on_their_way(db, keys, ben):
    with db.transaction() as session:
        token = codes.make_one_use_link(session, keys, ben, NOW)
        accounts.change_email(session, ben, read_address("b@example.com"), NOW)

    with db.transaction() as session:
        assert codes.use_link(session, token, NOW).outcome is codes.Outcome.SPENT


def test_removed_account_is_forgotten_and_its_links_are_gone(db, keys, ben):
    with db.transaction() as session:
        secret = sessions.start_session(session, ben, agent="", now=NOW)
        codes.make_one_use_link(session, keys, ben, NOW)
        session.add(
            Letter(
                id="1",
                kind="sign_in",
                object_id="1",
                period="",
                member_id=ben.id,
                to=ben.email,
                language="en",
                subject="",
                text="",
                html="",
                headers={},
                state="sent",
                created_at=NOW,
            )
        )

    with db.transaction() as session:
        accounts.remove(session, ben, NOW)

    with db.reading() as session:
        row, link = session.get(Member, ben.id), session.scalars(select(FeedLink)).one()
        assert (row.email, row.email_key, row.name, row.password_hash) == (None, None, "", None)
        assert feed_tokens.state_of(link, NOW) is feed_tokens.LinkState.GONE
        assert sessions.find_session(session, secret, NOW) is None
        assert session.scalars(select(SignInCode)).all() == []
        assert session.scalars(select(Letter.to)).one() == ""
        with pytest.raises(NotFound):
            accounts.get(session, ben.id)


def test_address_of_a_removed_account_can_sign_up_anew(db, ben, make_member):
    with db.transaction() as session:
        accounts.remove(session, ben, NOW)

    assert make_member("ben").id != ben.id
