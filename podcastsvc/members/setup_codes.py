"""Codes behind QR pictures: ``/add/<code>`` opens the app list of one feed link on a phone, for a while.

A code is worked out from the link's id and the instant it ends at, with a signature, in the form of a token. So a page
can show one without writing anything, and it dies with its link.
"""

import base64
import hmac
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from podcastsvc.kit.clock import from_timestamp
from podcastsvc.kit.keys import Keys
from podcastsvc.kit.secrets import read_token, write_token
from podcastsvc.members.feed_tokens import LinkState, state_of
from podcastsvc.storage.tables.member import FeedLink

KEY_PURPOSE = "setup-codes"
LIFETIME = timedelta(minutes=15)
# In a letter there is the private link itself, so this one gives nothing more away; phones cannot open app schemes
# from every mailbox, but they can open a page.
LIFETIME_IN_LETTERS = timedelta(days=7)
_ID_BYTES = 4
_BODY_BYTES = 8
_MAC_BYTES = 12


def make_setup_code(keys: Keys, link: FeedLink, *, now: datetime, lifetime: timedelta = LIFETIME) -> str:
    """32 characters of ``a-z2-7``: id and end in 4 bytes each, then 96 bits of signature."""
    ends = int((now + lifetime).timestamp())
    body = link.id.to_bytes(_ID_BYTES, "big") + ends.to_bytes(_BODY_BYTES - _ID_BYTES, "big")
    key = keys.sign_with(KEY_PURPOSE)[-1]
    return write_token(body + _sign(key, body))


def open_setup_code(session: Session, keys: Keys, code: str, *, now: datetime) -> FeedLink | None:
    """The live link behind a code; None for a code that is not ours, is over, or whose link was replaced."""
    link_id = read_setup_code(keys, code, now=now)
    link = session.get(FeedLink, link_id) if link_id is not None else None
    return link if link is not None and state_of(link, now) is LinkState.LIVE else None


def read_setup_code(keys: Keys, code: str, *, now: datetime) -> int | None:
    """The id of the link that a code was made for; None for a code that is not ours, or is over. Reads no table."""
    token = read_token(code)
    if token is None:
        return None
    raw = base64.b32decode(token.upper())
    body, mac = raw[:_BODY_BYTES], raw[_BODY_BYTES:]
    if not any(hmac.compare_digest(_sign(key, body), mac) for key in keys.sign_with(KEY_PURPOSE)):
        return None
    if from_timestamp(int.from_bytes(body[_ID_BYTES:], "big")) <= now:
        return None
    return int.from_bytes(body[:_ID_BYTES], "big")


def _sign(key: bytes, body: bytes) -> bytes:
    return hmac.digest(key, body, "sha256")[:_MAC_BYTES]
