"""Inserts that leave an existing row alone or add to it, in the words of both databases."""

from collections.abc import Mapping, Sequence
from typing import Any, cast

from sqlalchemy import CursorResult, Executable, Table
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from podcastsvc.storage.tables.base import Base


def insert_if_absent(session: Session, table: type[Base], values: Mapping[str, Any]) -> bool:
    """Inserts one row unless a unique constraint is in the way; whether it was inserted. Waits for a rival's commit."""
    keys = _core(table).primary_key.columns
    # Values go as parameters, so that the statement is compiled once and not once for each row.
    statement = _insert(session, table).on_conflict_do_nothing().returning(*keys)
    return session.execute(statement, dict(values)).first() is not None


def insert_or_change(
    session: Session, table: type[Base], values: Mapping[str, Any], *, key: list[str], changes: Mapping[str, Any]
) -> None:
    """Inserts one row; where ``key`` (column names) exists, applies ``changes`` (expressions over the table) instead."""
    statement = _insert(session, table).values(**values)
    session.execute(statement.on_conflict_do_update(index_elements=key, set_=dict(changes)))


def insert_or_take(
    session: Session, table: type[Base], rows: Sequence[Mapping[str, Any]], *, key: list[str], taken: list[str]
) -> None:
    """Inserts many rows by one statement; where ``key`` exists, the columns ``taken`` get the new row's values."""
    if not rows:
        return
    statement = _insert(session, table)
    takes = {name: statement.excluded[name] for name in taken}
    session.execute(statement.on_conflict_do_update(index_elements=key, set_=takes), [dict(row) for row in rows])


def change_rows(session: Session, statement: Executable) -> int:
    """Runs an insert, update or delete and says how many rows it touched."""
    return cast("CursorResult[Any]", session.execute(statement)).rowcount


def _insert(session: Session, table: type[Base]) -> Any:
    dialect = session.get_bind().dialect.name
    return sqlite.insert(_core(table)) if dialect == "sqlite" else postgresql.insert(_core(table))


def _core(table: type[Base]) -> Table:
    return cast("Table", table.__table__)
