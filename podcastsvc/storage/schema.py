"""The schema and its migrations: bring a database up to date, or say that it is not."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, inspect, text

from podcastsvc.errors import Misconfigured
from podcastsvc.storage.db import Database
from podcastsvc.storage.tables.base import Base

_MIGRATIONS = Path(__file__).parent / "migrations"
_LOCK_NUMBER = 7_306_418_121


def upgrade(db: Database) -> list[str]:
    """Applies the migrations that are missing, in one transaction, one process at a time; names those applied.

    Raises Misconfigured for a database that a newer version has written (rule T-D8).
    """
    with _alone(db) as connection:
        return _migrate(connection, "head")


def downgrade(db: Database, revision: str) -> None:
    """Goes back to a revision; "base" leaves an empty database. Only for tests of the migrations."""
    with _alone(db) as connection:
        _migrate(connection, revision, is_back=True)


def is_current(db: Database) -> bool:
    """Whether every migration has been applied. One read; starts no migration tool."""
    with db.engine.connect() as connection:
        if not inspect(connection).has_table("alembic_version"):
            return False
        found = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
    return found == find_newest()


def find_newest() -> str:
    """The newest revision: migrations are numbered files, ``0001_first.py`` and so on."""
    return max(path.stem for path in (_MIGRATIONS / "versions").glob("[0-9]*.py"))


@contextmanager
def _alone(db: Database) -> Iterator[Connection]:
    # SQLite: BEGIN IMMEDIATE is the lock. PostgreSQL: an advisory lock until the transaction ends.
    with db.engine.connect() as connection:
        if db.is_sqlite:
            # Tables are rebuilt to change them; with the checks on, that would delete what points at them.
            connection.connection.dbapi_connection.execute("PRAGMA foreign_keys=OFF")  # type: ignore[union-attr]
        try:
            with connection.begin():
                if not db.is_sqlite:
                    connection.execute(text("SELECT pg_advisory_xact_lock(:number)"), {"number": _LOCK_NUMBER})
                yield connection
        finally:
            if db.is_sqlite:
                connection.connection.dbapi_connection.execute("PRAGMA foreign_keys=ON")  # type: ignore[union-attr]


def _migrate(connection: Connection, target: str, *, is_back: bool = False) -> list[str]:
    from alembic.migration import MigrationContext
    from alembic.operations import Operations
    from alembic.script import ScriptDirectory

    script = ScriptDirectory(str(_MIGRATIONS))
    applied: list[str] = []

    def steps(revision: Any, _context: Any) -> Any:
        known = {found.revision for found in script.walk_revisions()}
        unknown = [each for each in _as_tuple(revision) if each not in known]
        if unknown:
            raise Misconfigured(
                f"The database was written by a newer version ({unknown[0]}). Install that version, or restore a backup."
            )
        found: list[Any] = (
            script._downgrade_revs(target, revision) if is_back else script._upgrade_revs(target, revision)
        )
        applied.extend(str(step.revision.revision) for step in found)
        return found

    context = MigrationContext.configure(
        connection,
        opts={"fn": steps, "target_metadata": Base.metadata, "render_as_batch": True, "transactional_ddl": False},
    )
    with Operations.context(context):
        context.run_migrations()
    return applied


def _as_tuple(revision: Any) -> tuple[str, ...]:
    if not revision:
        return ()
    return (revision,) if isinstance(revision, str) else tuple(revision)
