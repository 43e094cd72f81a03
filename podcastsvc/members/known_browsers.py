"""Marks of browsers that signed in to a mailbox's account before. A mark opens nothing: limits keep it a share (rule T-A7).

A mark is a random name and its signature over name and mailbox, so nothing has to be stored, and asking whether a
browser is known takes no look at accounts (rule T-A6).
"""

import hmac
import secrets

from podcastsvc.kit.keys import Keys
from podcastsvc.kit.secrets import derive_token

KEY_PURPOSE = "known-browsers"
MOST_MARKS = 3
_NAME_BYTES = 9
_BETWEEN = "~"


def add_mark(keys: Keys, marks: str | None, mailbox_key: str) -> str:
    """The cookie's value with a mark for a mailbox; one that is there stays. The newest three are kept."""
    kept = [mark for mark in (marks or "").split(_BETWEEN) if mark]
    mine = [mark for mark in kept if _read_name(keys, mark, mailbox_key) is not None]
    mark = mine[0] if mine else _make_mark(keys, mailbox_key)
    return _BETWEEN.join([mark, *(each for each in kept if each not in mine)][:MOST_MARKS])


def find_mark(keys: Keys, marks: str | None, mailbox_key: str) -> str | None:
    """The name of the browser's mark for a mailbox; None where it has none that we made."""
    names = (_read_name(keys, mark, mailbox_key) for mark in (marks or "").split(_BETWEEN)[:MOST_MARKS])
    return next((name for name in names if name is not None), None)


def _make_mark(keys: Keys, mailbox_key: str) -> str:
    name = secrets.token_urlsafe(_NAME_BYTES)
    return f"{name}.{_sign(keys, name, mailbox_key)}"


def _read_name(keys: Keys, mark: str, mailbox_key: str) -> str | None:
    name, _, signature = mark.partition(".")
    if not name or not signature.isascii():
        return None
    return name if hmac.compare_digest(_sign(keys, name, mailbox_key), signature) else None


def _sign(keys: Keys, name: str, mailbox_key: str) -> str:
    return derive_token(keys.sign_with(KEY_PURPOSE)[-1], "mark", f"{name}\0{mailbox_key}".encode())
