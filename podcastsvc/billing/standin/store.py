"""The stand-in's own SQLite file: objects as JSON, things that fall due, notices to send, answers by key.

Several server processes share one file. ``:memory:`` keeps everything in one connection behind a lock, for tests.
"""

import os
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path

MEMORY = ":memory:"

_TABLES = """
CREATE TABLE IF NOT EXISTS object (
  serial INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, kind TEXT NOT NULL, customer TEXT NOT NULL,
  created INTEGER NOT NULL, body TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS object_kind ON object (kind, serial);
CREATE INDEX IF NOT EXISTS object_customer ON object (customer, kind, serial);
CREATE TABLE IF NOT EXISTS due (
  serial INTEGER PRIMARY KEY AUTOINCREMENT, at INTEGER NOT NULL, what TEXT NOT NULL, object_id TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS due_at ON due (at, serial);
CREATE TABLE IF NOT EXISTS outbox (
  serial INTEGER PRIMARY KEY AUTOINCREMENT, event_id TEXT NOT NULL, endpoint_id TEXT NOT NULL, state TEXT NOT NULL,
  next_try_at INTEGER NOT NULL, attempts INTEGER NOT NULL DEFAULT 0, answer TEXT NOT NULL DEFAULT '');
CREATE INDEX IF NOT EXISTS outbox_state ON outbox (state, next_try_at, serial);
CREATE TABLE IF NOT EXISTS answer (
  key TEXT PRIMARY KEY, request TEXT NOT NULL, params TEXT NOT NULL, status INTEGER NOT NULL, body TEXT NOT NULL,
  created INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS setting (name TEXT PRIMARY KEY, value TEXT NOT NULL);
"""


class Store:
    """Keeps connections open between transactions; every use is one transaction.

    The last connection that closes a file in WAL mode writes it back and syncs, which made a write 22 ms long instead
    of 0.4 ms when each transaction opened its own.
    """

    def __init__(self, path: Path | str) -> None:
        self.path = str(path)
        self._in_memory = self.path == MEMORY
        if not self._in_memory:
            # It holds a signing secret.
            Path(path).touch(mode=0o600)
        self._lock = threading.RLock()
        self._idle: list[sqlite3.Connection] = []
        self._process = os.getpid()
        with self._connection() as connection:
            connection.executescript(_TABLES)

    def _connect(self) -> sqlite3.Connection:
        connection = sqlite3.connect(self.path, isolation_level=None, check_same_thread=False, timeout=15)
        connection.row_factory = sqlite3.Row
        # What a demonstration sold may be lost in a power cut, so NORMAL is enough here.
        for pragma in ("busy_timeout=15000", "journal_mode=WAL", "synchronous=NORMAL"):
            connection.execute(f"PRAGMA {pragma}")
        return connection

    @contextmanager
    def _connection(self) -> Iterator[sqlite3.Connection]:
        """A connection for one thread at a time. A store in memory has only one, behind its lock."""
        with self._lock if self._in_memory else nullcontext():
            connection = self._take() or self._connect()
            try:
                yield connection
            finally:
                self._idle.append(connection)

    def _take(self) -> sqlite3.Connection | None:
        if self._process != os.getpid():
            # Connections do not survive a fork; the parent still uses them, so they are not closed here.
            self._idle, self._process = [], os.getpid()
        try:
            return self._idle.pop()
        except IndexError:
            return None

    @contextmanager
    def transaction(self, *, writes: bool = True) -> Iterator[sqlite3.Connection]:
        """One transaction: committed at the end, undone where an exception leaves it."""
        with self._connection() as connection:
            connection.execute("BEGIN IMMEDIATE" if writes else "BEGIN DEFERRED")
            try:
                yield connection
            except BaseException:
                connection.execute("ROLLBACK")
                raise
            connection.execute("COMMIT")

    def close(self) -> None:
        """Gives up all connections that are not in use; what a store in memory held is gone with it."""
        while (connection := self._take()) is not None:
            connection.close()
