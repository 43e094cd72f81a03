"""The database: engine set-up, the two kinds of transaction, and the guards around them."""

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, create_engine, event, text
from sqlalchemy.engine import make_url
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.orm import Session

from podcastsvc.errors import Unavailable
from podcastsvc.kit import guard
from podcastsvc.kit.language import N_
from podcastsvc.storage.glance import Asked, Glance
from podcastsvc.storage.tables.base import Base

AWAY = N_("The database does not answer, or its disk is full. Please try again in a moment.")
_POOL_WAIT_SECONDS = 10
# Seconds, and milliseconds, after which a server that does not answer any more counts as away.
_PATIENCE = {"connect_timeout": 5, "tcp_user_timeout": 10_000}
_PRAGMAS = ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "busy_timeout=15000")


class Database:
    """One database, SQLite or PostgreSQL; made once per process, after any fork.

    A thread holds one connection at a time: a second one, asked for while the first is held, is where all threads end up
    waiting for each other once the pool is empty (rule T-D10). So a block inside a block raises, always: it costs less
    than a microsecond, and what is found by nobody's test is found by the first request. ``pool_size`` is how many
    connections PostgreSQL is asked for at most, ``pool_wait_seconds`` how long a thread waits for one of them.
    """

    def __init__(self, url: str, *, pool_size: int = 20, pool_wait_seconds: float = _POOL_WAIT_SECONDS) -> None:
        self._open = threading.local()
        self.engine = _make_engine(url, pool_size, pool_wait_seconds)
        self._reader = self.engine.execution_options(sqlite_begin="DEFERRED")
        if not self.is_sqlite:
            self._reader = self.engine.execution_options(postgresql_readonly=True, isolation_level="REPEATABLE READ")
        self.writes = 0
        """How many transactions this process has ended; what was read before the last one may have changed."""

    @property
    def is_sqlite(self) -> bool:
        return self.engine.dialect.name == "sqlite"

    @contextmanager
    def transaction(self) -> Iterator[Session]:
        """One request's or one job's writes, committed when the block ends and rolled back when it raises.

        On SQLite it holds the write lock from its first statement, so keep it short; calls to other machines
        inside raise ``guard.NetworkInTransaction``. A database that is away, full or locked raises Unavailable.
        """
        try:
            with (
                self._alone(),
                _translated(),
                guard.writing(),
                Session(self.engine, expire_on_commit=False) as session,
                session.begin(),
            ):
                yield session
        finally:
            self.writes += 1

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """Reads from one snapshot that never wait for a writer. Nothing written in it is kept."""
        with self._alone(), _translated(), Session(self._reader, expire_on_commit=False, autoflush=False) as session:
            yield session

    def glance(self, question: Glance, **values: str) -> list[Any]:
        """The rows of one question, as the newest commit has them. Not seen by the engine's events."""
        asked = question.write(self.engine.dialect)
        driver: Any = self.engine.dialect.loaded_dbapi
        with self._alone(), _translated():
            try:
                connection: Any = self.engine.raw_connection()
                try:
                    rows = self._fetch(connection, asked, values)
                except driver.OperationalError:
                    connection.invalidate()
                    raise
                finally:
                    connection.close()
            except driver.OperationalError as problem:
                # Neither the pool nor the driver's own connection turns its errors into SQLAlchemy's.
                raise Unavailable(AWAY) from problem
        return question.read(asked, rows)

    def _fetch(self, connection: Any, asked: Asked, values: Mapping[str, str]) -> list[Any]:
        if not self.is_sqlite:
            # No BEGIN and no ROLLBACK: each would be a way there and back.
            connection.driver_connection.autocommit = True
        cursor = connection.cursor()
        try:
            cursor.execute(asked.text, asked.fill(values))
            return list(cursor.fetchall())
        finally:
            cursor.close()
            if not self.is_sqlite and not connection.driver_connection.closed:
                connection.driver_connection.autocommit = False

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Marks the time in which this thread has a session. Raises RuntimeError where it has one already."""
        if getattr(self._open, "is_open", False):
            raise RuntimeError("a session is open in this thread already; hand it on, or read before it is opened")
        self._open.is_open = True
        try:
            yield
        finally:
            self._open.is_open = False

    def dispose(self) -> None:
        """Closes all connections."""
        self.engine.dispose()


def lock_writes(session: Session, table: type[Base]) -> None:
    """Lets nobody else write to a table until this transaction ends: for writes that hang on all of its rows.

    Called before those are read. Whoever reads does not wait. On SQLite writers are one at a time anyway.
    """
    if session.get_bind().dialect.name != "sqlite":
        session.execute(text(f"LOCK TABLE {table.__tablename__} IN SHARE ROW EXCLUSIVE MODE"))


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except PoolTimeout as problem:
        raise Unavailable(N_("The database is busy. Please try again in a moment.")) from problem
    except OperationalError as problem:
        raise Unavailable(AWAY) from problem
    except DBAPIError as problem:
        if problem.connection_invalidated:
            raise Unavailable(N_("The database went away. Please try again in a moment.")) from problem
        raise


def _make_engine(url: str, pool_size: int, pool_wait_seconds: float) -> Engine:
    # Parameters are names, addresses, and digests of secrets: they would stand in every traceback (rule T-M6).
    parsed = make_url(url)
    if parsed.get_backend_name() != "sqlite":
        return create_engine(
            url,
            pool_size=pool_size,
            max_overflow=0,
            pool_timeout=pool_wait_seconds,
            pool_pre_ping=True,
            hide_parameters=True,
            connect_args=_PATIENCE,
        )
    if parsed.database and parsed.database != ":memory:":
        Path(parsed.database).parent.mkdir(parents=True, exist_ok=True)
    engine = create_engine(url, pool_size=pool_size, max_overflow=-1, hide_parameters=True)
    event.listen(engine, "connect", _set_up_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _set_up_sqlite(dbapi: DBAPIConnection, _record: object) -> None:
    # The driver must not manage transactions: with its defaults four writers lost three of four updates, silently.
    connection: Any = dbapi
    connection.isolation_level = None
    for pragma in _PRAGMAS:
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: Any) -> None:
    connection.exec_driver_sql("BEGIN " + connection.get_execution_options().get("sqlite_begin", "IMMEDIATE"))
