"""The key file, and the keys derived from it by purpose (rule T-S1)."""

import hmac
import os
import secrets
import stat
from dataclasses import dataclass
from pathlib import Path

from podcastsvc.errors import Misconfigured

_BYTES = 32


@dataclass(frozen=True, slots=True, repr=False)
class Keys:
    """Key material by key id; the first is used for new things, the others only read old ones."""

    by_id: dict[str, bytes]

    @property
    def current_id(self) -> str:
        return next(iter(self.by_id))

    def derive(self, purpose: str, *, key_id: str | None = None) -> bytes | None:
        """32 bytes for one purpose, from the current key or from the one named; None where that one is gone."""
        key = self.by_id.get(key_id or self.current_id)
        return None if key is None else hmac.digest(key, b"podcastsvc:" + purpose.encode(), "sha256")

    def sign_with(self, purpose: str) -> list[bytes]:
        """The derived keys of all key ids, oldest first, as signing libraries take them (the last one signs)."""
        return [hmac.digest(key, b"podcastsvc:" + purpose.encode(), "sha256") for key in reversed(self.by_id.values())]


def make_key_file(path: Path) -> None:
    """Writes a new key file with mode 0600; an existing one is left alone."""
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return
    with os.fdopen(handle, "w") as file:
        file.write(make_key_line())
        file.flush()
        os.fsync(file.fileno())


def make_key_line() -> str:
    """One line of a key file: an id, a colon, 32 random bytes in hex."""
    return f"{secrets.token_hex(4)}:{secrets.token_hex(_BYTES)}\n"


def read_keys(path: Path) -> Keys:
    """The keys of a key file: one ``id:hex`` a line, the current one first.

    Raises Misconfigured for a file that is missing, readable by others, or holds a short or broken key.
    """
    try:
        mode = path.stat().st_mode
        lines = path.read_text(encoding="ascii").split()
    except FileNotFoundError:
        raise Misconfigured(
            f"{path}: the key file is missing. `podcastsvc init` makes it; a backup holds the old one."
        ) from None
    except (OSError, UnicodeDecodeError) as problem:
        raise Misconfigured(f"{path}: the key file cannot be read: {problem}") from problem
    if mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise Misconfigured(f"{path}: others can read the key file. Run `chmod 600 {path}`.")
    keys: dict[str, bytes] = {}
    for number, line in enumerate(lines, 1):
        key_id, _, written = line.partition(":")
        try:
            key = bytes.fromhex(written)
        except ValueError:
            key = b""
        if not key_id or len(key) < _BYTES or len(set(key)) < _BYTES // 4:
            raise Misconfigured(
                f"{path}:{number}: this is no key: an id, a colon and at least 64 hex digits are needed."
            )
        keys[key_id] = key
    if not keys:
        raise Misconfigured(
            f"{path}: the key file is empty. `podcastsvc init` in an empty data folder makes a new one."
        )
    return Keys(keys)
