"""Trials: who may have one, and the note that it was begun. One for each member and each address."""

import hmac
from datetime import datetime

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.orm import Session

from podcastsvc.billing.plans import PriceView
from podcastsvc.kit.keys import Keys
from podcastsvc.mail.addresses import Address
from podcastsvc.members import accounts
from podcastsvc.storage.inserts import insert_if_absent
from podcastsvc.storage.tables.billing import Order
from podcastsvc.storage.tables.member import Member
from podcastsvc.storage.tables.offer import Trial

KEY_PURPOSE = "trial-addresses"


def find_days(session: Session, keys: Keys, price: PriceView, *, member_id: int | None, address: Address | None) -> int:
    """How many days a buyer has free before the first payment; 0 for who had a trial, by member or by address.

    The page of a visitor must not say it: anybody can type somebody else's address.
    """
    if not price.trial_days:
        return 0
    member = accounts.find(session, member_id) if member_id is not None else None
    email_key = member.email_key if member is not None else address.email_key if address is not None else None
    if member is None and email_key is not None:
        member = accounts.find_by_email(session, email_key)
    return 0 if _find(session, keys, member, email_key) is not None else price.trial_days


def has_had(session: Session, keys: Keys, member_id: int) -> bool:
    """Whether a member has had a trial."""
    member = accounts.find(session, member_id)
    return _find(session, keys, member, member.email_key if member is not None else None) is not None


def note_begun(session: Session, keys: Keys, member: Member, order: Order, now: datetime) -> bool:
    """Notes a paid order's trial, once. False where the member has had another one: two pages were open.

    True also for an order without a trial.
    """
    if not order.trial_days:
        return True
    before = _find(session, keys, member, member.email_key)
    if before is not None:
        return before.order_id == order.id
    row = {
        "member_id": member.id,
        "email_hash": _hash_address(keys.sign_with(KEY_PURPOSE)[-1], member.email_key or f"member:{member.id}"),
        "order_id": order.id,
        "begun_at": now,
    }
    return insert_if_absent(session, Trial, row)


def _find(session: Session, keys: Keys, member: Member | None, email_key: str | None) -> Trial | None:
    same: list[ColumnElement[bool]] = []
    if member is not None:
        same.append(Trial.member_id == member.id)
    if email_key is not None:
        # Hashes of an earlier key count as long as the key file holds it.
        same.append(Trial.email_hash.in_([_hash_address(key, email_key) for key in keys.sign_with(KEY_PURPOSE)]))
    return session.scalars(select(Trial).where(or_(*same)).limit(1)).first() if same else None


def _hash_address(key: bytes, email_key: str) -> str:
    return hmac.digest(key, email_key.encode(), "sha256").hex()
