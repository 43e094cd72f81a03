"""A glance reads what a session reads, on both databases, and fails as everything else does."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import bindparam, literal, select, text

from podcastsvc.errors import Unavailable
from podcastsvc.storage.db import Database
from podcastsvc.storage.glance import Glance
from podcastsvc.storage.tables.billing import Subscription
from podcastsvc.storage.tables.member import FeedLink, Member

NOW = datetime(2026, 10, 12, 12, tzinfo=UTC)


@pytest.fixture
def member(db):
    with db.transaction() as session:
        found = Member(email="é@example.org", email_key="é@example.org", language="es", created_at=NOW)
        session.add(found)
        session.flush()
        session.add(
            FeedLink(
                member_id=found.id,
                salt=b"\x00salt",
                key_id="k",
                feed_hash="f",
                listen_hash="l",
                label="",
                created_at=NOW,
            )
        )
    return found


def ask(table, condition):
    return select(
        *(column.label(f"its_{column.name}") for column in table.__table__.c), literal(7).label("seven")
    ).where(condition)


def test_every_kind_of_value_comes_as_a_session_gives_it(db, member):
    for table, condition, value in (
        (Member, Member.email_key == bindparam("value"), member.email_key),
        (FeedLink, FeedLink.feed_hash == bindparam("value"), "f"),
    ):
        statement = ask(table, condition)

        (row,) = db.glance(Glance(statement), value=value)

        with db.reading() as session:
            expected = session.execute(statement, {"value": value}).one()
        assert tuple(row) == tuple(expected)
        assert row._fields == expected._fields


def test_nothing_found_is_no_row(db, member):
    assert db.glance(Glance(ask(Subscription, Subscription.stripe_id == bindparam("value"))), value="none") == []


def test_it_sees_what_was_committed_a_moment_ago(db, member):
    question = Glance(select(Member.language.label("language")).where(Member.email_key == bindparam("value")))
    for language in ("en", "es", "en"):
        with db.transaction() as session:
            session.get_one(Member, member.id).language = language

        assert [row.language for row in db.glance(question, value=member.email_key)] == [language]


def test_writing_goes_on_as_before_on_the_same_connection(db, member):
    question = Glance(select(Member.id.label("id")).where(Member.email_key == bindparam("value")))
    db.glance(question, value=member.email_key)

    with pytest.raises(RuntimeError, match="stop"), db.transaction() as session:
        session.get_one(Member, member.id).language = "de"
        session.flush()
        raise RuntimeError("stop")

    with db.reading() as session:
        assert session.get_one(Member, member.id).language == "es"


def test_t_d10_connections_that_were_cut_are_made_anew(postgres_database):
    db = Database(postgres_database)
    question = Glance(select(Member.id.label("id")).where(Member.email_key == bindparam("value")))
    db.glance(question, value="x")
    other = Database(postgres_database)
    with other.transaction() as session:
        others = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database()"
        session.execute(text(f"{others} AND pid <> pg_backend_pid()"))

    assert db.glance(question, value="x") == []
    db.dispose()
    other.dispose()


def test_t_d10_what_the_database_cannot_do_now_is_a_moments_trouble(sqlite_url):
    db = Database(sqlite_url)
    with db.transaction() as session:
        session.execute(text("ALTER TABLE member RENAME TO away"))

    with pytest.raises(Unavailable):
        db.glance(Glance(select(Member.id.label("id")).where(Member.email_key == bindparam("value"))), value="x")
    db.dispose()


@pytest.mark.parametrize("url", ["postgresql+psycopg://nobody@127.0.0.1:1/none", "sqlite:////proc/none/none.db"])
def test_t_d10_a_database_that_cannot_be_reached_is_a_moments_trouble(url, monkeypatch):
    monkeypatch.setattr(Path, "mkdir", lambda *_args, **_more: None)
    db = Database(url)

    with pytest.raises(Unavailable):
        db.glance(Glance(select(Member.id.label("id")).where(Member.email_key == bindparam("value"))), value="x")
    db.dispose()


def test_a_thread_that_reads_already_may_not_ask(db, member):
    question = Glance(select(Member.id.label("id")).where(Member.email_key == bindparam("value")))

    with db.reading(), pytest.raises(RuntimeError, match="open in this thread"):
        db.glance(question, value="x")
