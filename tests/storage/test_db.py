"""Transactions, the guard around them, and migrations, on both databases."""

import threading
from datetime import UTC, datetime, timedelta, timezone
from traceback import format_exception

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import select, text

from podcastsvc.errors import Misconfigured, Unavailable
from podcastsvc.kit import clock, guard
from podcastsvc.storage import facts, limits, schema
from podcastsvc.storage.db import Database
from podcastsvc.storage.tables.all import METADATA
from podcastsvc.storage.tables.job import Fact, RateCount
from podcastsvc.storage.tables.search import WORDS
from podcastsvc.storage.tables.show import Show


def test_a_network_call_inside_a_transaction_is_refused(db):
    with pytest.raises(guard.NetworkInTransaction, match="Stripe"), db.transaction():
        guard.leaving("Stripe")


def test_a_network_call_is_fine_while_reading_and_after_writing(db):
    with db.transaction() as session:
        facts.save_fact(session, "a", {"b": 1})

    with db.reading():
        guard.leaving("Stripe")
    guard.leaving("Stripe")


@pytest.mark.parametrize("outer", ["reading", "transaction"])
@pytest.mark.parametrize("inner", ["reading", "transaction"])
def test_a_session_inside_a_session_is_refused(db, outer, inner):
    with getattr(db, outer)(), pytest.raises(RuntimeError, match="open in this thread"), getattr(db, inner)():
        pass

    with db.reading(), pytest.raises(RuntimeError, match="open in this thread"), db.reading():
        pass


def test_a_session_that_failed_does_not_stand_in_the_way_of_the_next(db):
    with pytest.raises(ValueError, match="ours"), db.reading():
        raise ValueError("ours")

    with db.transaction() as session:
        session.execute(text("SELECT 1"))


@pytest.mark.postgres
def test_waiting_too_long_for_a_connection_is_unavailable(postgres_database):
    db = Database(postgres_database, pool_size=1, pool_wait_seconds=0.1)
    told = []

    def read():
        try:
            _read_fact(db, "n")
        except Unavailable as problem:
            told.append(problem.message)

    with db.reading() as session:
        session.execute(text("SELECT 1"))
        reader = threading.Thread(target=read)
        reader.start()
        reader.join(20)
    found = _read_fact(db, "n")
    db.dispose()

    assert told == ["The database is busy. Please try again in a moment."]
    assert found is None


def test_a_failing_statement_tells_no_parameters(db):
    # Rule T-M6: the words of a failure stand in the log.
    with pytest.raises(Exception, match=r"database|nowhere") as caught, db.transaction() as session:
        session.execute(text("SELECT :secret FROM nowhere"), {"secret": "k7m2qx"})

    words = "".join(format_exception(caught.value))
    assert "nowhere" in words
    assert "k7m2qx" not in words.replace('{"secret": "k7m2qx"}', "")


def test_eight_writers_at_once_lose_no_update(db):
    def count_to_25():
        for _ in range(25):
            with db.transaction() as session:
                row = session.get(Fact, "n", with_for_update=True)
                row.value = {"n": row.value["n"] + 1}

    with db.transaction() as session:
        facts.save_fact(session, "n", {"n": 0})
    threads = [threading.Thread(target=count_to_25) for _ in range(8)]

    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    with db.reading() as session:
        assert facts.find_fact(session, "n") == {"n": 200}


def test_readers_do_not_wait_for_a_writer(db):
    with db.transaction() as session:
        facts.save_fact(session, "n", {"n": 1})

    with db.transaction() as session:
        facts.save_fact(session, "n", {"n": 2})
        session.flush()
        found = []
        reader = threading.Thread(target=lambda: found.append(_read_fact(db, "n")))
        reader.start()
        reader.join(5)

    assert found == [{"n": 1}]


def _read_fact(db, name):
    with db.reading() as session:
        return facts.find_fact(session, name)


def test_instants_come_back_aware_and_in_utc(db):
    madrid = datetime(2026, 6, 2, 6, 0, tzinfo=timezone(timedelta(hours=2)))
    with db.transaction() as session:
        session.add(
            Show(key="main", folder=".", title="T", facts={}, instants=[], version=1, position=0, changed_at=madrid)
        )

    with db.reading() as session:
        changed_at = session.scalars(select(Show)).one().changed_at

    assert changed_at == datetime(2026, 6, 2, 4, 0, tzinfo=UTC)
    assert changed_at.tzinfo is UTC


def test_a_naive_instant_is_refused(db):
    with pytest.raises(Exception, match="time zone"), db.transaction() as session:
        session.add(RateCount(key="k", window_ends_at=datetime(2026, 1, 1), count=1))


def test_the_site_id_is_made_once(db):
    with db.transaction() as session:
        first = facts.get_site_id(session)
    with db.transaction() as session:
        second = facts.get_site_id(session)

    assert first == second
    assert len(first) == 26


def test_a_limit_counts_within_its_window_and_forgets_after_it(db):
    hour, now = timedelta(hours=1), clock.now()

    with db.transaction() as session:
        answers = [limits.is_within(session, "letters", "ben@example.org", 3, window=hour, now=now) for _ in range(4)]
        later = limits.is_within(session, "letters", "ben@example.org", 3, window=hour, now=now + hour)
        other = limits.is_within(session, "letters", "cleo@example.org", 3, window=hour, now=now)

    assert answers == [True, True, True, False]
    assert later
    assert other


def test_limits_keep_no_address(db):
    with db.transaction() as session:
        limits.count(session, "letters", "ben@example.org", window=timedelta(hours=1), now=clock.now())

    with db.reading() as session:
        assert "ben" not in session.scalars(select(RateCount.key)).one()


def test_swept_limits_are_gone(db):
    with db.transaction() as session:
        limits.count(session, "letters", "ben", window=timedelta(hours=1), now=clock.now())
        limits.sweep(session, clock.now() + timedelta(hours=2))

    with db.reading() as session:
        assert session.scalars(select(RateCount)).all() == []


def test_a_migrated_database_has_the_tables_of_the_classes(db):
    with db.engine.connect() as connection:
        # The index of words is a table of each database's own making.
        ours = {
            "compare_type": True,
            "include_name": lambda name, kind, _: kind != "table" or not name.startswith(WORDS),
        }
        context = MigrationContext.configure(connection, opts=ours)
        differences = compare_metadata(context, METADATA)

    assert differences == []


def test_migrations_go_up_and_down_and_up(db):
    schema.downgrade(db, "base")
    was_current = schema.is_current(db)

    applied = schema.upgrade(db)

    assert not was_current
    assert applied[-1] == schema.find_newest()
    assert schema.is_current(db)
    assert schema.upgrade(db) == []


def test_a_newer_schema_is_refused(db):
    with db.engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999_future'"))

    with pytest.raises(Misconfigured, match="newer version"):
        schema.upgrade(db)


def test_an_unreachable_database_is_unavailable(tmp_path):
    db = Database(f"sqlite:///{tmp_path}/none/there.db")
    (tmp_path / "none").rmdir()

    with pytest.raises(Unavailable, match="database"), db.transaction() as session:
        session.execute(text("SELECT 1"))

    db.dispose()
