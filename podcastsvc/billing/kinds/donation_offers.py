"""What can be given: the host's settings for donations, and what a form of theirs asks for. Pure but for reading and saving."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal

from sqlalchemy.orm import Session

from podcastsvc.billing.plans import BAD_CURRENCY, MOST_MINOR
from podcastsvc.errors import Invalid
from podcastsvc.kit.language import N_
from podcastsvc.kit.money import Money, is_currency, read_money
from podcastsvc.kit.text import clean_line, clean_text
from podcastsvc.storage.facts import find_fact, save_fact

FACT = "donations"
OTHER = "other"
LONGEST_NAME_CHARS = 100
LONGEST_MESSAGE_CHARS = 1000
MOST_AMOUNTS = 5
CHOOSE = N_("Choose an amount.")
NOT_MONTHLY = N_("Choose how often.")
OUT_OF_BOUNDS = N_("Enter an amount between the lowest and the highest.")
BAD_AMOUNTS = N_("Name one to five amounts, such as 5, 10, 25.")
BAD_BOUNDS = N_("The lowest amount must be the smallest, and the highest the largest.")
BAD_PLAN = N_("Enter from which monthly amount on the plan is given, up to the highest amount.")


@dataclass(frozen=True, slots=True)
class DonationOffer:
    """What the host has settled. Amounts in the smallest unit of ``currency``; ``amounts`` are those that are suggested.

    Members who give ``plan_minor`` or more each month have the plan ``plan``; "" gives none.
    """

    is_open: bool = False
    currency: str = "EUR"
    amounts: tuple[int, ...] = (500, 1000, 2500)
    least_minor: int = 100
    most_minor: int = 100_000
    has_monthly: bool = True
    plan: str = ""
    plan_minor: int = 0

    def __post_init__(self) -> None:
        object.__setattr__(self, "amounts", tuple(self.amounts))


@dataclass(frozen=True, slots=True)
class DonationWish:
    """What somebody wants to give; ``name`` and ``message`` are for the host, and may be empty."""

    money: Money
    interval: Literal["once", "month"]
    name: str
    message: str


def find_offer(session: Session) -> DonationOffer:
    """The host's settings; closed until they are saved."""
    found = find_fact(session, FACT)
    return DonationOffer(**found) if found is not None else DonationOffer()


def save_offer(session: Session, offer: DonationOffer) -> None:
    """Keeps the host's settings. Raises Invalid, by the form's field, for what cannot be offered."""
    check_offer(offer)
    save_fact(session, FACT, {**asdict(offer), "amounts": list(offer.amounts)})


def check_offer(offer: DonationOffer) -> None:
    """Raises Invalid for amounts that are none, that lie outside the bounds, or for an unknown currency."""
    problems = {}
    if not is_currency(offer.currency):
        problems["currency"] = BAD_CURRENCY
    if not 0 < len(offer.amounts) <= MOST_AMOUNTS:
        problems["amounts"] = BAD_AMOUNTS
    elif not 0 < offer.least_minor <= min(offer.amounts) <= max(offer.amounts) <= offer.most_minor <= MOST_MINOR:
        problems["least"] = BAD_BOUNDS
    if offer.plan and not 0 < offer.plan_minor <= offer.most_minor:
        problems["plan_from"] = BAD_PLAN
    if problems:
        raise Invalid(next(iter(problems.values())), problems)


def read_wish(offer: DonationOffer, form: Mapping[str, str]) -> DonationWish:
    """What a form asks for, within the offer (rule T-P3). Raises Invalid with a sentence for each field."""
    problems: dict[str, str] = {}
    money = _read_amount(offer, form, problems)
    interval = form.get("interval", "once")
    if interval not in {"once", "month"} or (interval == "month" and not offer.has_monthly):
        problems["interval"] = NOT_MONTHLY
    if problems or money is None:
        raise Invalid(next(iter(problems.values())), problems)
    return DonationWish(
        money,
        "month" if interval == "month" else "once",
        clean_line(form.get("name", ""), limit_chars=LONGEST_NAME_CHARS),
        clean_text(form.get("message", "")).strip()[:LONGEST_MESSAGE_CHARS],
    )


def _read_amount(offer: DonationOffer, form: Mapping[str, str], problems: dict[str, str]) -> Money | None:
    chosen = form.get("amount", "")
    if chosen in {str(amount) for amount in offer.amounts}:
        return Money(int(chosen), offer.currency)
    if chosen != OTHER:
        problems["amount"] = CHOOSE
        return None
    money = read_money(form.get("own", ""), offer.currency)
    if money is None or not offer.least_minor <= money.amount_minor <= offer.most_minor:
        problems["own"] = OUT_OF_BOUNDS
        return None
    return money


def write_details(wish: DonationWish, offer: DonationOffer, *, is_member: bool) -> dict[str, Any]:
    """What the order keeps beside amount and interval. A plan is promised with the order, as a price is: the host's later
    word changes nothing for who gives already. Only who is signed in has an account that could have it."""
    details: dict[str, Any] = {"name": wish.name, "message": wish.message}
    if offer.plan and is_member and wish.interval == "month" and wish.money.amount_minor >= offer.plan_minor:
        details |= {"plan": offer.plan, "plan_minor": offer.plan_minor}
    return details


def find_promised(details: Mapping[str, Any], amount_minor: int) -> str:
    """The plan that a monthly donation gives while it is as high as was agreed; "" for none."""
    plan = str(details.get("plan") or "")
    return plan if plan and amount_minor >= int(details.get("plan_minor") or 0) else ""
