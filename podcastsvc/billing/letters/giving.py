"""Letters about gifts: to the giver with the code, to the recipient on the day, and to whoever accepted it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from podcastsvc.billing import plans
from podcastsvc.billing.kinds import gifts
from podcastsvc.billing.kinds.gift_codes import show_code, write_code
from podcastsvc.billing.kinds.gift_offers import write_length
from podcastsvc.kit import clock
from podcastsvc.kit.keys import Keys
from podcastsvc.kit.money import Money
from podcastsvc.mail.letters import write_letter
from podcastsvc.mail.sender import Sender
from podcastsvc.members import accounts, feed_tokens, setup_codes
from podcastsvc.storage.db import Database
from podcastsvc.storage.tables.billing import Order
from podcastsvc.storage.tables.offer import Gift


@dataclass(frozen=True, slots=True)
class GiftPost:
    """What these letters need; none of it is Stripe's, so a gift arrives on its day also where payments are off by then."""

    db: Database
    keys: Keys
    sender: Sender
    zone: str


@dataclass(frozen=True, slots=True)
class _Letter:
    to: str
    language: str
    values: dict[str, Any]
    member_id: int | None = None


def write(post: GiftPost, payload: Mapping[str, Any]) -> None:
    """Writes one letter of a gift, once. What is no longer true is not written. The handler of ``gift.letter``."""
    kind = str(payload["kind"])
    with post.db.transaction() as session:
        gift = gifts.get_gift(session, int(payload["gift"]))
        letter = _LETTERS[kind](session, post, gift)
        if letter is None:
            return
        write_letter(
            session,
            post.sender,
            kind=kind,
            to=letter.to,
            language=letter.language,
            values=letter.values,
            object_id=str(gift.id),
            period=str(payload.get("period") or ""),
            member_id=letter.member_id,
        )
        if kind == "gift_given" and gift.delivered_at is None:
            gift.delivered_at = clock.now()


def _write_bought(session: Session, post: GiftPost, gift: Gift) -> _Letter | None:
    code = show_code(post.keys, gift)
    order = session.get_one(Order, gift.order_id)
    if code is None or gift.state != "paid" or not gift.buyer_email:
        return None
    sender, language = post.sender, gift.language
    values = {
        "price": Money(order.amount_minor, order.currency).format(language),
        "plan": plans.list_titles(session, language).get(gift.plan, gift.plan),
        "length": write_length(gift.months, language),
        "recipient": gift.recipient_name,
        "recipient_email": gift.recipient_email or "",
        "deliver_on": gift.deliver_on,
        "code": write_code(code),
        "redeem_link": sender.link(f"/gift/redeem/{code}", language),
        "redeem_page": sender.link("/gift/redeem", language),
    }
    return _Letter(gift.buyer_email, language, values, order.member_id)


def _write_given(_session: Session, post: GiftPost, gift: Gift) -> _Letter | None:
    code = show_code(post.keys, gift)
    if code is None or gift.state != "paid" or gift.recipient_email is None:
        return None
    values = {
        "giver": gift.buyer_name,
        "length": write_length(gift.months, gift.language),
        "message": gift.message,
        "redeem_link": post.sender.link(f"/gift/redeem/{code}", gift.language),
    }
    return _Letter(gift.recipient_email, gift.language, values)


def _write_started(session: Session, post: GiftPost, gift: Gift) -> _Letter | None:
    now = clock.now()
    member = accounts.find(session, gift.redeemed_by) if gift.redeemed_by is not None else None
    grant = gifts.find_grant(session, gift)
    if member is None or member.email is None or grant is None or grant.ends_at is None or grant.ends_at <= now:
        return None
    link = feed_tokens.get_first_link(session, post.keys, member.id, now=now)
    shown = feed_tokens.show_link(post.keys, link)
    if shown is None:
        return None
    code = setup_codes.make_setup_code(post.keys, link, now=now, lifetime=setup_codes.LIFETIME_IN_LETTERS)
    values = {
        "giver": gift.buyer_name,
        "ends_on": grant.ends_at.astimezone(ZoneInfo(post.zone)),
        "setup_link": post.sender.link(f"/add/{code}", member.language),
        "feed_link": post.sender.base_url + feed_tokens.write_feed_path(shown.feed_token),
        "account_link": post.sender.link("/account", member.language),
    }
    return _Letter(member.email, member.language, values, member.id)


_LETTERS: dict[str, Callable[[Session, GiftPost, Gift], _Letter | None]] = {
    "gift_bought": _write_bought,
    "gift_given": _write_given,
    "gift_started": _write_started,
}
