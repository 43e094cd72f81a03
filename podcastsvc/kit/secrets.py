"""Random secrets, their written form and their hashes."""

import base64
import hashlib
import hmac
import re
import secrets
import time

_TOKEN = re.compile(r"[a-z2-7]{32}")
_CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


def make_token() -> str:
    """160 random bits as 32 characters of ``a-z2-7`` (rule A2)."""
    return write_token(secrets.token_bytes(20))


def write_token(raw: bytes) -> str:
    """The first 20 bytes as 32 characters of ``a-z2-7``."""
    return base64.b32encode(raw[:20]).decode().lower()


def read_token(text: str) -> str | None:
    """The canonical form of a token written in any case; None where it cannot be one (rule T-M1)."""
    token = text.lower()
    return token if _TOKEN.fullmatch(token) else None


def derive_token(key: bytes, purpose: str, salt: bytes) -> str:
    """A token that only the holder of ``key`` can work out again: HMAC-SHA256, cut to 160 bits (rules A10, T-M1)."""
    return write_token(hmac.digest(key, purpose.encode() + b"\0" + salt, "sha256"))


def hash_secret(secret: str) -> str:
    """SHA-256 in hex: how secrets of full entropy are kept and looked up (rule F13)."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


def make_code() -> str:
    """A six-digit sign-in code; its use must be bounded by tries and time."""
    return f"{secrets.randbelow(1_000_000):06d}"


def make_ulid() -> str:
    """A 26-character id that sorts by time: 48 bits of milliseconds, 80 random bits."""
    value = (int(time.time() * 1000) << 80) | secrets.randbits(80)
    return "".join(_CROCKFORD[(value >> shift) & 31] for shift in range(125, -1, -5))
