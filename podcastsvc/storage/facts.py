"""Single values of the installation, such as the site id."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from podcastsvc.kit.secrets import make_ulid
from podcastsvc.storage.inserts import insert_if_absent, insert_or_change
from podcastsvc.storage.tables.job import Fact


def find_fact(session: Session, name: str) -> dict[str, Any] | None:
    """The value kept under a name; None where nothing was kept."""
    row = session.get(Fact, name)
    return None if row is None else row.value


def find_facts(session: Session, names: Sequence[str]) -> dict[str, dict[str, Any]]:
    """The values kept under some names, by one statement; a name without a value is left out."""
    rows = session.execute(select(Fact.name, Fact.value).where(Fact.name.in_(names)))
    return {row.name: row.value for row in rows}


def save_fact(session: Session, name: str, value: dict[str, Any]) -> None:
    """Keeps a value under a name, in place of an earlier one."""
    insert_or_change(session, Fact, {"name": name, "value": value}, key=["name"], changes={"value": value})


def get_site_id(session: Session) -> str:
    """The id that marks what is ours at Stripe; made at the first call (which needs a write transaction)."""
    found = find_fact(session, "site")
    if found is None:
        insert_if_absent(session, Fact, {"name": "site", "value": {"id": make_ulid().lower()}})
        found = find_fact(session, "site")
    assert found is not None  # noqa: S101 -- just inserted
    return str(found["id"])
