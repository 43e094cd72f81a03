"""The link of a group: whoever has it may take a seat, until its payer makes another one.

Its code is worked out from a key, so that the payer can look at it on any day while the table keeps only its hash.
"""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from podcastsvc.errors import Misconfigured
from podcastsvc.kit.keys import Keys
from podcastsvc.kit.secrets import derive_token, hash_secret, read_token
from podcastsvc.storage.inserts import insert_if_absent
from podcastsvc.storage.tables.offer import Group

KEY_PURPOSE = "group-links"


def get_link(session: Session, keys: Keys, payer_id: int, now: datetime) -> Group:
    """The payer's link, made where there is none."""
    group = session.get(Group, payer_id)
    if group is None:
        values = {
            "payer_id": payer_id,
            "code_hash": hash_secret(_make_code(keys, payer_id, 1)),
            "code_number": 1,
            "code_key_id": keys.current_id,
            "created_at": now,
        }
        insert_if_absent(session, Group, values)
        group = session.get_one(Group, payer_id)
    return group


def show_code(keys: Keys, group: Group) -> str | None:
    """The code of a link; None where its key is lost: it works as before, and another can be made."""
    key = keys.derive(KEY_PURPOSE, key_id=group.code_key_id)
    code = _derive(key, group.payer_id, group.code_number) if key is not None else ""
    # Another key under the same id would give a code that opens nothing.
    return code if hash_secret(code) == group.code_hash else None


def renew_link(session: Session, keys: Keys, payer_id: int, now: datetime) -> None:
    """Makes another link; the one before it opens nothing from now on. Who has a seat keeps it."""
    get_link(session, keys, payer_id, now)
    group = session.get_one(Group, payer_id, with_for_update=True, populate_existing=True)
    group.code_number += 1
    group.code_key_id = keys.current_id
    group.code_hash = hash_secret(_make_code(keys, payer_id, group.code_number))


def find_by_code(session: Session, typed: str) -> Group | None:
    """The group that a link's code opens, written in any case."""
    code = read_token(typed)
    return session.scalar(select(Group).where(Group.code_hash == hash_secret(code))) if code is not None else None


def _make_code(keys: Keys, payer_id: int, number: int) -> str:
    key = keys.derive(KEY_PURPOSE)
    if key is None:
        raise Misconfigured("The key file holds no key.")
    return _derive(key, payer_id, number)


def _derive(key: bytes, payer_id: int, number: int) -> str:
    return derive_token(key, "group", f"{payer_id}:{number}".encode())
