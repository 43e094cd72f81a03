"""A member's standing in words: the chip, the line beside it, and the one thing there is to do."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from zoneinfo import ZoneInfo

from podcastsvc.billing.letters.texts import write_price
from podcastsvc.kit import language as languages
from podcastsvc.kit.money import Money
from podcastsvc.members.entitlements import Entitlement, Standing
from podcastsvc.storage.tables.billing import Subscription
from podcastsvc.web.context import language
from podcastsvc.web.pages import gettext, zone_of_show

Step = Literal["", "join", "again", "keep", "after"]


@dataclass(frozen=True, slots=True)
class StandingLine:
    """``kind`` colours the chip. ``step`` is the page's main button: join, join again, or keep the membership; after a gift
    it is a link."""

    chip: str
    kind: str
    line: str
    step: Step = ""


@dataclass(frozen=True, slots=True)
class _Case:
    until: datetime | None
    row: Subscription | None
    joined_at: datetime


def describe(entitlement: Entitlement, row: Subscription | None, joined_at: datetime) -> StandingLine:
    """The standing of a member since ``joined_at``; ``row`` is the subscription that the entitlement shows, if any."""
    return _WORDS[entitlement.standing](_Case(entitlement.until, row, joined_at))


def _active(case: _Case) -> StandingLine:
    row = case.row
    values = {"month": _month(row.started_at if row is not None else case.joined_at)}
    if row is None or row.period_end is None:
        return StandingLine(gettext("Active"), "ok", gettext("Member since %(month)s") % values)
    texts = {
        "year": gettext("Yearly member since %(month)s · renews %(day)s"),
        "month": gettext("Monthly member since %(month)s · renews %(day)s"),
    }
    text = texts.get(row.interval or "", gettext("Member since %(month)s · renews %(day)s"))
    return StandingLine(gettext("Active"), "ok", text % {**values, "day": _day(row.period_end)})


def _trial(case: _Case) -> StandingLine:
    row = case.row
    if row is None or case.until is None:
        return StandingLine(gettext("Trial"), "ok", gettext("You hear everything."))
    price = write_price(Money(row.amount_minor, row.currency), row.interval, language())
    line = gettext("Free until %(day)s, then %(price)s.") % {"day": _day(case.until), "price": price}
    return StandingLine(gettext("Trial"), "ok", line)


def _held(_case: _Case) -> StandingLine:
    line = gettext("The host has paused payments. You keep everything, and nothing is charged.")
    return StandingLine(gettext("Active"), "ok", line)


def _past_due(case: _Case) -> StandingLine:
    if case.until is None:
        return StandingLine(gettext("Payment failed"), "warn", "")
    line = gettext("Your feed keeps working until %(day)s.") % {"day": _day(case.until)}
    return StandingLine(gettext("Payment failed"), "warn", line)


def _ending(case: _Case) -> StandingLine:
    line = gettext("We will not charge you again. You keep everything until then.")
    if case.until is None:
        return StandingLine(gettext("Ending"), "plain", line, "keep")
    return StandingLine(gettext("Ends on %(day)s") % {"day": _day(case.until)}, "plain", line, "keep")


def _gift(case: _Case) -> StandingLine:
    if case.until is None:
        return StandingLine(gettext("Gift"), "gold", gettext("A gift, without an end."))
    return StandingLine(gettext("Gift"), "gold", gettext("A gift, until %(day)s.") % {"day": _day(case.until)}, "after")


def _given(case: _Case) -> StandingLine:
    chip = gettext("Given by the show")
    if case.until is None:
        return StandingLine(chip, "gold", gettext("You hear everything, without an end."))
    return StandingLine(chip, "gold", gettext("You hear everything until %(day)s.") % {"day": _day(case.until)})


def _bought(case: _Case) -> StandingLine:
    if case.until is None:
        return StandingLine(gettext("Active"), "ok", gettext("Paid once, yours for good."))
    line = gettext("Paid until %(day)s. It ends by itself, and nothing more is charged.")
    return StandingLine(gettext("Active"), "ok", line % {"day": _day(case.until)})


def _seat(case: _Case) -> StandingLine:
    if case.until is None:
        return StandingLine(gettext("Active"), "ok", gettext("You have a seat in a group, so you hear everything."))
    line = gettext("You have a seat in a group, and hear everything until %(day)s.")
    return StandingLine(gettext("Active"), "ok", line % {"day": _day(case.until)})


def _confirming(_case: _Case) -> StandingLine:
    return StandingLine(gettext("Confirming your payment…"), "plain", gettext("This page looks again by itself."))


def _paused(_case: _Case) -> StandingLine:
    line = gettext("Your membership is paused. The public episodes stay yours. Go on whenever you like, below.")
    return StandingLine(gettext("Paused"), "plain", line)


def _ended(case: _Case) -> StandingLine:
    line = gettext("The public episodes stay in your feed. Join again, and the same link is full again.")
    if case.until is None:
        return StandingLine(gettext("Ended"), "plain", line, "again")
    return StandingLine(gettext("Ended on %(day)s") % {"day": _day(case.until)}, "plain", line, "again")


def _free(case: _Case) -> StandingLine:
    line = gettext("You have had an account since %(month)s, with the public episodes in a feed of your own.")
    return StandingLine(gettext("Free"), "plain", line % {"month": _month(case.joined_at)}, "join")


_WORDS: dict[Standing, Callable[[_Case], StandingLine]] = {
    Standing.NONE: _free,
    Standing.CONFIRMING: _confirming,
    Standing.ACTIVE: _active,
    Standing.HELD: _held,
    Standing.TRIAL: _trial,
    Standing.PAST_DUE: _past_due,
    Standing.ENDING: _ending,
    Standing.GIFT: _gift,
    Standing.COMP: _given,
    Standing.BOUGHT: _bought,
    Standing.SEAT: _seat,
    Standing.PAUSED: _paused,
    Standing.ENDED: _ended,
}


def _day(at: datetime) -> str:
    return languages.format_day(at.astimezone(ZoneInfo(zone_of_show())), language())


def _month(at: datetime) -> str:
    return languages.format_month(at.astimezone(ZoneInfo(zone_of_show())), language())
