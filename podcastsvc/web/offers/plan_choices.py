"""Plans and prices as the cards of the join form. Pure but for the language of the words."""

from collections.abc import Sequence
from dataclasses import dataclass

from podcastsvc.billing.plans import PlanView, PriceView
from podcastsvc.kit.money import Money
from podcastsvc.web.context import language
from podcastsvc.web.pages import gettext, ngettext


@dataclass(frozen=True, slots=True)
class PlanChoice:
    """One card; the first names are those of the macro ``plan_radios``. ``value`` is the price's id."""

    value: str
    title: str
    summary: str
    price: str
    interval: str
    key: str
    every: str


def make_choices(plans: Sequence[PlanView]) -> list[PlanChoice]:
    """A card for each price, in the host's order, yearly before monthly."""
    return [_make(plan, price, is_only=len(plans) == 1) for plan in plans for price in plan.prices]


def choose(choices: Sequence[PlanChoice], wanted: str) -> str:
    """The value of the choice that a word names: a price's id, a plan's key, or an interval; else of the first one."""
    for choice in choices:
        if wanted in {choice.value, choice.key, choice.every}:
            return choice.value
    return choices[0].value


def _make(plan: PlanView, price: PriceView, *, is_only: bool) -> PlanChoice:
    return PlanChoice(
        value=str(price.id),
        title=_write_title(plan, price, is_only=is_only),
        summary=_write_summary(plan, price) if is_only else plan.summary,
        price=price.money.format(language()),
        interval={"year": gettext("a year"), "month": gettext("a month")}.get(price.interval, gettext("once")),
        key=plan.key,
        every=price.interval,
    )


def _write_title(plan: PlanView, price: PriceView, *, is_only: bool) -> str:
    if is_only:
        return {"year": gettext("Yearly"), "month": gettext("Monthly")}.get(price.interval, plan.title)
    if len(plan.prices) == 1:
        return plan.title
    texts = {"year": gettext("%(plan)s, yearly"), "month": gettext("%(plan)s, monthly")}
    return texts.get(price.interval, "%(plan)s") % {"plan": plan.title}


def _write_summary(plan: PlanView, price: PriceView) -> str:
    if price.interval == "month":
        return gettext("Stop whenever you like")
    monthly = next((each for each in plan.prices if each.interval == "month"), None)
    if price.interval != "year" or monthly is None or monthly.money.currency != price.money.currency:
        return plan.summary
    return _compare(price.money, monthly.money) or plan.summary


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
