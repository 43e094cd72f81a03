"""Plans and prices as the cards of the join form. Pure but for the language of the words."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from podcastsvc.billing.joining.coupons import CouponView, lower
from podcastsvc.billing.letters.texts import write_price
from podcastsvc.billing.plans import PlanView, PriceView
from podcastsvc.kit import language as languages
from podcastsvc.kit.money import Money
from podcastsvc.web.context import language
from podcastsvc.web.pages import gettext, ngettext


@dataclass(frozen=True, slots=True)
class AmountChoice:
    """The field for an amount that is the buyer's to choose. ``suggested`` is in whole units, as people type it."""

    suggested: str
    hint: str


@dataclass(frozen=True, slots=True)
class PlanChoice:
    """One card; the first names are those of the macro ``plan_radios``. ``value`` is the price's id."""

    value: str
    title: str
    summary: str
    price: str
    interval: str
    terms: str
    key: str
    every: str
    amount: AmountChoice | None = None


@dataclass(frozen=True, slots=True)
class Shown:
    """What the cards depend on beside the plans: a coupon in use, whether trials are offered, and today in the show's zone."""

    today: datetime
    coupon: CouponView | None = None
    offers_trials: bool = True


def make_choices(plans: Sequence[PlanView], shown: Shown) -> list[PlanChoice]:
    """A card for each price, in the host's order, yearly before monthly."""
    return [_make(plan, price, shown, is_only=len(plans) == 1) for plan in plans for price in plan.prices]


def choose(choices: Sequence[PlanChoice], wanted: str) -> str:
    """The value of the choice that a word names: a price's id, a plan's key, or an interval; else of the first one."""
    for choice in choices:
        if wanted in {choice.value, choice.key, choice.every}:
            return choice.value
    return choices[0].value


def _make(plan: PlanView, price: PriceView, shown: Shown, *, is_only: bool) -> PlanChoice:
    every = {"year": gettext("a year"), "month": gettext("a month")}.get(price.interval, gettext("once"))
    amount = price.money.format(language())
    if price.bounds is not None:
        amount = gettext("from %(price)s") % {"price": price.bounds.least.format(language())}
    return PlanChoice(
        value=str(price.id),
        title=_write_title(plan, price, is_only=is_only),
        summary=_write_summary(plan, price) if is_only or price.interval == "once" else plan.summary,
        price=amount,
        interval=every,
        terms=_write_terms(price, shown),
        key=plan.key,
        every=price.interval,
        amount=_make_amount(price),
    )


def _make_amount(price: PriceView) -> AmountChoice | None:
    bounds = price.bounds
    if bounds is None:
        return None
    values = {"least": bounds.least.format(language()), "price": price.money.format(language())}
    hint = gettext("%(least)s or more. We suggest %(price)s.") % values
    if bounds.most is not None:
        text = gettext("From %(least)s to %(most)s. We suggest %(price)s.")
        hint = text % {**values, "most": bounds.most.format(language())}
    return AmountChoice(f"{price.money.decimal:f}".removesuffix(".00"), hint)


def _write_title(plan: PlanView, price: PriceView, *, is_only: bool) -> str:
    if is_only:
        texts = {"year": gettext("Yearly"), "month": gettext("Monthly")}
        return texts.get(price.interval, gettext("One payment"))
    if len(plan.prices) == 1:
        return plan.title
    return write_title(price)


def write_title(price: PriceView) -> str:
    """A plan with the interval of one of its prices."""
    texts = {"year": gettext("%(plan)s, yearly"), "month": gettext("%(plan)s, monthly")}
    return texts.get(price.interval, gettext("%(plan)s, one payment")) % {"plan": price.title}


def _write_summary(plan: PlanView, price: PriceView) -> str:
    if price.interval == "month":
        return gettext("Stop whenever you like")
    if price.interval == "once":
        return write_months(price.months)
    monthly = next((each for each in plan.prices if each.interval == "month"), None)
    if price.bounds is not None or monthly is None or monthly.bounds is not None:
        return plan.summary
    if monthly.money.currency != price.money.currency:
        return plan.summary
    return _compare(price.money, monthly.money) or plan.summary


def write_months(months: int | None) -> str:
    """How long one payment lasts."""
    if months is None:
        return gettext("Yours for good; nothing renews")
    text = ngettext("Lasts for %(count)s month; nothing renews", "Lasts for %(count)s months; nothing renews", months)
    return text % {"count": months}


def _compare(year: Money, month: Money) -> str:
    """What a year saves beside twelve months, in whole months; "" where that is less than one."""
    free = 12 - -(-year.amount_minor // month.amount_minor)
    if free < 1:
        return ""
    text = ngettext(
        "Comes to %(price)s a month: one month free", "Comes to %(price)s a month: %(count)s months free", free
    )
    each = Money(-(-year.amount_minor // 12), year.currency)
    return text % {"price": each.format(language()), "count": free}


def _write_terms(price: PriceView, shown: Shown) -> str:
    """What is charged when, where that is not simply the price from today on."""
    coupon = shown.coupon
    if coupon is not None and coupon.may_lower(price.plan_key, price.money.currency):
        return _write_lowered(price, coupon)
    if not shown.offers_trials or not price.trial_days:
        return ""
    first = languages.format_day(shown.today + timedelta(days=price.trial_days), language())
    if price.bounds is not None:
        text = ngettext(
            "%(count)s day free. First payment on %(day)s.",
            "%(count)s days free. First payment on %(day)s.",
            price.trial_days,
        )
        return text % {"count": price.trial_days, "day": first}
    text = ngettext(
        "%(count)s day free, then %(price)s. First payment on %(day)s.",
        "%(count)s days free, then %(price)s. First payment on %(day)s.",
        price.trial_days,
    )
    return text % {"count": price.trial_days, "price": _write_full(price, price.money), "day": first}


def _write_lowered(price: PriceView, coupon: CouponView) -> str:
    if price.bounds is not None:
        return gettext("%(off)s off with the code %(code)s.") % {"off": write_off(coupon), "code": coupon.code}
    lowered = lower(coupon, price.money, price.interval)
    values = {
        "low": lowered.money.format(language()),
        "price": _write_full(price, price.money),
        "count": lowered.payments or 0,
    }
    if price.interval == "once":
        return gettext("%(low)s with your code.") % values
    if lowered.payments is None:
        return gettext("%(low)s instead of %(price)s, for as long as you stay.") % values
    text = ngettext(
        "%(low)s for the first payment, then %(price)s.",
        "%(low)s for each of the first %(count)s payments, then %(price)s.",
        lowered.payments,
    )
    return text % values


def _write_full(price: PriceView, money: Money) -> str:
    return write_price(money, price.interval, language())


def write_off(coupon: CouponView) -> str:
    """What a coupon takes off: ``20%``, ``€5``."""
    if coupon.amount_off is not None:
        return coupon.amount_off.format(language())
    return languages.format_percent(coupon.percent_off or 0, language())
