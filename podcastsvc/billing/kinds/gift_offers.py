"""What can be given and for how much, and what a giver writes on the form. Pure, but for words."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from podcastsvc.billing.facts import Interval
from podcastsvc.billing.plans import MOST_MINOR, PlanView
from podcastsvc.errors import Invalid
from podcastsvc.kit.language import N_, gettext
from podcastsvc.kit.money import Money
from podcastsvc.kit.text import clean_line, clean_text
from podcastsvc.mail.addresses import read_address

LENGTHS = (12, 6, 3)
LONGEST_NAME_CHARS = 80
LONGEST_MESSAGE_CHARS = 500
FURTHEST = timedelta(days=366)
# When the recipient's e-mail goes out on its day, in the show's zone.
MORNING = time(8)
CHOOSE_LENGTH = N_("Choose how long the gift lasts.")
NO_NAME = N_("Enter your name, so that they know who it is from.")
NO_RECIPIENT = N_("Enter their name.")
NO_ADDRESS_TO_SEND = N_("Enter their e-mail address, or leave the day empty and give it by hand.")
DAY_OVER = N_("This day is over already. Choose a day from today on.")
DAY_TOO_FAR = N_("Choose a day within a year.")


@dataclass(frozen=True, slots=True)
class GiftOffer:
    """One length of one plan. ``plan`` is its key, ``title`` its name in the language that was asked for."""

    plan: str
    title: str
    months: int
    money: Money

    @property
    def value(self) -> str:
        """What the form sends: ``members:12``."""
        return f"{self.plan}:{self.months}"


@dataclass(frozen=True, slots=True)
class GiftWish:
    """What a giver wants, as the order keeps it. Without ``recipient_email`` they hand the code over themselves."""

    plan: str
    months: int
    buyer_name: str
    recipient_name: str
    recipient_email: str | None
    message: str
    deliver_on: date | None


def list_offers(plans: Sequence[PlanView]) -> list[GiftOffer]:
    """All lengths of all plans that can be joined, the longest first. A plan without prices cannot be given."""
    offers = (_price(plan, months) for plan in plans for months in LENGTHS)
    return [offer for offer in offers if offer is not None]


def _price(plan: PlanView, months: int) -> GiftOffer | None:
    """A year costs the yearly price where there is one; every other length so many times the monthly one."""
    yearly, monthly = _find(plan, "year"), _find(plan, "month")
    if months == 12 and yearly is not None:
        return GiftOffer(plan.key, plan.title, months, yearly)
    if monthly is None or monthly.amount_minor * months > MOST_MINOR:
        return None
    return GiftOffer(plan.key, plan.title, months, monthly.times(months))


def _find(plan: PlanView, interval: Interval) -> Money | None:
    """The price for an interval in the plan's first currency, so that all lengths are in one."""
    found = (price.money for price in plan.prices if price.interval == interval)
    return next((money for money in found if money.currency == plan.prices[0].money.currency), None)


def read_wish(offers: Sequence[GiftOffer], form: Mapping[str, str], today: date) -> tuple[GiftWish, GiftOffer]:
    """What a form asks for, and the offer that it chose. ``today`` is the day in the show's zone.

    Fields: ``length``, ``buyer_name``, ``recipient_name``, ``recipient_email``, ``message``, ``deliver_on``.
    Raises Invalid with a message for each field that cannot be used.
    """
    errors: dict[str, str] = {}
    offer = next((each for each in offers if each.value == form.get("length")), None)
    if offer is None:
        errors["length"] = CHOOSE_LENGTH
    names = {name: clean_line(form.get(name, ""), limit_chars=LONGEST_NAME_CHARS) for name in _NAMES}
    errors |= {name: _NAMES[name] for name, given in names.items() if not given}
    email = _read_email(form.get("recipient_email", ""), errors)
    day = _read_day(form.get("deliver_on", ""), today, errors)
    if day is not None and email is None and "recipient_email" not in errors:
        errors["recipient_email"] = NO_ADDRESS_TO_SEND
    if errors or offer is None:
        raise Invalid(next(iter(errors.values())), errors)
    message = clean_text(form.get("message", ""), limit_chars=LONGEST_MESSAGE_CHARS).strip()
    wish = GiftWish(
        plan=offer.plan, months=offer.months, recipient_email=email, message=message, deliver_on=day, **names
    )
    return wish, offer


_NAMES = {"buyer_name": NO_NAME, "recipient_name": NO_RECIPIENT}


def _read_email(raw: str, errors: dict[str, str]) -> str | None:
    if not raw.strip():
        return None
    try:
        return read_address(raw).email
    except Invalid as problem:
        errors["recipient_email"] = problem.message
        return None


def _read_day(raw: str, today: date, errors: dict[str, str]) -> date | None:
    """A day as browsers send it; today is the same as at once."""
    text = clean_line(raw, limit_chars=20)
    if not text:
        return None
    try:
        day = date.fromisoformat(text)
    except ValueError:
        errors["deliver_on"] = N_("Enter a day such as 2027-03-14.")
        return None
    if day < today:
        errors["deliver_on"] = DAY_OVER
    elif day > today + FURTHEST:
        errors["deliver_on"] = DAY_TOO_FAR
    return None if day == today else day


def write_details(wish: GiftWish) -> dict[str, Any]:
    """The wish as the order keeps it."""
    return {
        "plan": wish.plan,
        "months": wish.months,
        "buyer_name": wish.buyer_name,
        "recipient_name": wish.recipient_name,
        "recipient_email": wish.recipient_email,
        "message": wish.message,
        "deliver_on": wish.deliver_on.isoformat() if wish.deliver_on is not None else None,
    }


def read_details(details: Mapping[str, Any]) -> GiftWish:
    """The wish of an order."""
    day = details["deliver_on"]
    return GiftWish(**{**details, "deliver_on": date.fromisoformat(day) if day is not None else None})


def find_delivery(deliver_on: date | None, zone: str, now: datetime) -> datetime:
    """When the recipient is written to: on the morning of the day, or at once where that is over."""
    if deliver_on is None:
        return now
    return max(now, datetime.combine(deliver_on, MORNING, ZoneInfo(zone)).astimezone(now.tzinfo))


def write_length(months: int, language: str) -> str:
    """``3 months``, ``12 months`` in a language."""
    return gettext(language).ngettext("%(count)s month", "%(count)s months", months) % {"count": months}
