"""What the join page offers to whoever looks at it: prices, the coupon of the link, and a trial to who had none."""

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from podcastsvc.billing import plans
from podcastsvc.billing.joining import coupons, terms, trials
from podcastsvc.billing.joining.coupons import CouponView
from podcastsvc.billing.joining.terms import Terms
from podcastsvc.billing.plans import PriceView
from podcastsvc.errors import Invalid
from podcastsvc.kit.language import N_
from podcastsvc.kit.money import Money, read_money
from podcastsvc.mail.addresses import Address
from podcastsvc.web.context import language, now, services, settings
from podcastsvc.web.offers.buying import find_buyer_id
from podcastsvc.web.offers.plan_choices import PlanChoice, Shown, make_choices
from podcastsvc.web.pages import gettext, zone_of_show

BAD_AMOUNT = N_("Enter an amount such as 6 or 6.50.")


@dataclass(frozen=True, slots=True)
class JoinOffer:
    """``coupon`` is the one in use. ``note`` says why a link's code does nothing, or that the trial was used. ``most_seats``
    is the largest group that any of the prices is sold to. ``gift_until``: a gift of the member's puts the first payment
    off until then."""

    choices: list[PlanChoice]
    prices: dict[str, PriceView]
    coupon: CouponView | None = None
    note: str = ""
    has_trials: bool = False
    most_seats: int = 1
    gift_until: datetime | None = None


def read_offer(code: str = "") -> JoinOffer:
    """What can be joined now, with the code of a link; nothing while payments are off."""
    if settings().mode_of_payments == "off":
        return JoinOffer([], {})
    member_id = find_buyer_id()
    with services().db.reading() as session:
        views = plans.list_plans(session, language())
        prices = [price for view in views for price in view.prices]
        coupon = coupons.find_coupon(session, coupons.read_code(code))
        problem = terms.find_problem(session, coupon, prices, member_id=member_id, now=now()) if code else ""
        ends = (
            [terms.find_gift_end(session, price, member_id, now()) for price in prices] if member_id is not None else []
        )
        had_trial = member_id is not None and trials.has_had(session, services().keys, member_id)
    used = coupon if not problem else None
    is_on_trial = any(price.trial_days for price in prices)
    note = gettext(problem) if problem else ""
    if not note and is_on_trial and had_trial and used is None:
        note = gettext("You have had your free trial, so the first payment is today.")
    shown = Shown(now().astimezone(ZoneInfo(zone_of_show())), used, offers_trials=not had_trial)
    return JoinOffer(
        choices=make_choices(views, shown),
        prices={str(price.id): price for price in prices},
        coupon=used,
        note=note,
        most_seats=max((price.most_seats for price in prices), default=1),
        gift_until=max((at for at in ends if at is not None), default=None) if used is None else None,
        has_trials=is_on_trial and not had_trial and used is None,
    )


def settle_terms(price: PriceView, coupon: CouponView | None, address: Address | None) -> Terms:
    """On which terms this buyer gets a price, by our own tables."""
    member_id = find_buyer_id()
    with services().db.reading() as session:
        return terms.settle(session, services().keys, price, coupon, member_id=member_id, address=address, now=now())


def read_chosen_amount(price: PriceView, typed: str) -> Money | None:
    """The amount that a buyer chose, within the price's bounds; None for a price that leaves no choice.

    Raises Invalid for ``amount``.
    """
    if price.bounds is None:
        return None
    found = read_money(typed, price.money.currency)
    if found is None:
        raise Invalid(BAD_AMOUNT, {"amount": BAD_AMOUNT})
    return plans.settle_amount(price, found)
