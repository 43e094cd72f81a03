"""Codes of gifts: worked out from a key, so that letters can carry them while the table keeps only their hash."""

from podcastsvc.kit.keys import Keys
from podcastsvc.kit.secrets import derive_token, hash_secret
from podcastsvc.storage.tables.offer import Gift

KEY_PURPOSE = "gift-codes"
# 140 bits; a card has room for seven groups of four.
_CHARS = 28
_GROUP = 4
_ALPHABET = frozenset("abcdefghijklmnopqrstuvwxyz234567")


def make_code(keys: Keys, order_id: str, number: int, *, key_id: str | None = None) -> str | None:
    """The code of an order's gift, by the present key unless another is named; None where that key is gone."""
    key = keys.derive(KEY_PURPOSE, key_id=key_id)
    return None if key is None else derive_token(key, "gift", f"{order_id}:{number}".encode())[:_CHARS]


def show_code(keys: Keys, gift: Gift) -> str | None:
    """A gift's code; None where its key is lost: it opens the gift as before, and another can be issued."""
    code = make_code(keys, gift.order_id, gift.code_number, key_id=gift.code_key_id)
    # Another key under the same id would give a code that opens nothing.
    return code if code is not None and hash_secret(code) == gift.code_hash else None


def read_code(typed: str) -> str | None:
    """The code that somebody typed, with or without hyphens and spaces, in any case; None where it cannot be one."""
    code = "".join(typed.split()).replace("-", "").lower()
    return code if len(code) == _CHARS and set(code) <= _ALPHABET else None


def write_code(code: str) -> str:
    """A code as people read it: ``abcd-efgh-…``."""
    return "-".join(code[at : at + _GROUP] for at in range(0, _CHARS, _GROUP))
