"""On which terms somebody joins: the coupon that a link carries, or else a trial, decided by our own tables."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from podcastsvc.billing.joining import coupons, trials
from podcastsvc.billing.joining.coupons import CouponView
from podcastsvc.billing.kinds import gifts
from podcastsvc.billing.plans import PriceView
from podcastsvc.kit.keys import Keys
from podcastsvc.kit.language import N_
from podcastsvc.mail.addresses import Address

# Stripe takes two days at the least, and a checkout page lives for some hours.
LEAST_AHEAD = timedelta(days=3)
CODE_OVER = N_("This code cannot be used any more, so these are the usual prices.")
CODE_UNFIT = N_("This code is for another plan, so these are the usual prices.")
CODE_FOR_NEW = N_("This code is for new members only, so these are the usual prices.")


@dataclass(frozen=True, slots=True)
class Terms:
    """What lowers a price or puts it off: never both, so that what is shown is what is charged.

    ``free_until`` is the end of a gift that the buyer has: the first payment is put off until then.
    """

    coupon_id: int | None = None
    trial_days: int = 0
    free_until: datetime | None = None


def settle(
    session: Session,
    keys: Keys,
    price: PriceView,
    coupon: CouponView | None,
    *,
    member_id: int | None,
    address: Address | None,
    now: datetime,
) -> Terms:
    """The terms for a buyer. A visitor whose address has paid or tried before gets the plain price, silently (rule T-A6):
    Stripe's page shows it before anything is charged.
    """
    is_new = coupon is None or not (
        coupon.is_first_time_only and coupons.has_paid(session, member_id=member_id, address=address)
    )
    if coupon is not None and is_new and coupon.may_lower(price.plan_key, price.money.currency):
        return Terms(coupon_id=coupon.id)
    free_until = find_gift_end(session, price, member_id, now) if member_id is not None else None
    if free_until is not None:
        return Terms(free_until=free_until)
    return Terms(trial_days=trials.find_days(session, keys, price, member_id=member_id, address=address))


def find_gift_end(session: Session, price: PriceView, member_id: int, now: datetime) -> datetime | None:
    """When the gift ends that a member has of the very plan they are about to pay for; None for no gift, and for one that
    ends so soon that Stripe puts no payment off for it."""
    if price.interval == "once":
        return None
    ends_at = gifts.find_given_end(session, member_id, price.plan_key, now)
    return ends_at if ends_at is not None and ends_at > now + LEAST_AHEAD else None


def find_problem(
    session: Session, coupon: CouponView | None, prices: list[PriceView], *, member_id: int | None, now: datetime
) -> str:
    """Why a link's code does nothing for whoever looks at the page; "" where it lowers a price. Of strangers nothing is told."""
    if coupon is None or coupon.is_over(now):
        return CODE_OVER
    if not any(coupon.may_lower(price.plan_key, price.money.currency) for price in prices):
        return CODE_UNFIT
    if coupon.is_first_time_only and coupons.has_paid(session, member_id=member_id, address=None):
        return CODE_FOR_NEW
    return ""
