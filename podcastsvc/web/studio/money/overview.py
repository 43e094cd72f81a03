"""The studio's money at a glance: what comes in, who pays for what, who came and left, and who may be lost."""

from collections import Counter
from dataclasses import dataclass
from datetime import date

from podcastsvc.billing.accounting.overview import IncomeRow, MonthRow, Overview, read_overview
from podcastsvc.billing.accounting.risk import RiskRow, list_at_risk
from podcastsvc.billing.letters.week import write_reason
from podcastsvc.billing.plans import list_titles
from podcastsvc.billing.returning import requests
from podcastsvc.kit import language as languages
from podcastsvc.kit.money import Money
from podcastsvc.web.context import language, now, services
from podcastsvc.web.pages import gettext, ngettext, render
from podcastsvc.web.sign_in.gates import host_only
from podcastsvc.web.studio.blueprint import blueprint
from podcastsvc.web.studio.chart import Chart, draw
from podcastsvc.web.studio.money.words import name_kind

_MOST_AT_RISK = 200


@dataclass(frozen=True, slots=True)
class RiskLine:
    """One member at risk, in words."""

    row: RiskRow
    why: str
    more: str


@dataclass(frozen=True, slots=True)
class IncomeLine:
    """One month's income of one thing."""

    month: date
    what: str
    money: Money


@blueprint.get("/money")
@host_only
def money() -> str:
    """All figures now, over the last twelve months."""
    with services().db.reading() as session:
        found = read_overview(session, now())
        at_risk = list_at_risk(session, now())
        titles = list_titles(session, language())
        asked = requests.count_open(session)
    return render(
        "studio/money/overview.html",
        found=found,
        titles=titles,
        joining=_draw_joining(found.months),
        income_charts=_draw_income(found),
        income=[IncomeLine(each.month, _name(each, titles), each.money) for each in found.income],
        at_risk=[_make_line(row) for row in at_risk[:_MOST_AT_RISK]],
        more_at_risk=max(0, len(at_risk) - _MOST_AT_RISK),
        asked=asked,
        has_any=bool(found.plans or found.income),
    )


def _name(row: IncomeRow, titles: dict[str, str]) -> str:
    return titles.get(row.plan, row.plan) if row.plan else name_kind(row.kind)


def _draw_joining(months: list[MonthRow]) -> Chart:
    joined = sum(each.joined for each in months)
    name = ngettext(
        "%(count)s member joined in the last twelve months.",
        "%(count)s members joined in the last twelve months.",
        joined,
    ) % {"count": languages.format_number(joined, language())}
    return draw(name, [each.joined for each in months], _write_months(months), most_labels=12)


def _draw_income(found: Overview) -> list[tuple[str, Chart]]:
    """One chart for each currency, in whole units of it; the one with the most payments first."""
    charts = []
    for currency, _count in Counter(each.money.currency for each in found.income).most_common():
        by_month = Counter[date]()
        for each in found.income:
            if each.money.currency == currency:
                by_month[each.month] += each.money.amount_minor
        whole = [max(0, int(Money(by_month[each.month], currency).decimal)) for each in found.months]
        total = Money(sum(by_month.values()), currency).format(language())
        name = gettext("%(total)s came in over the last twelve months.") % {"total": total}
        charts.append((currency, draw(name, whole, _write_months(found.months), most_labels=12)))
    return charts


def _write_months(months: list[MonthRow]) -> list[str]:
    return [languages.format_month_short(each.month, language()) for each in months]


def _make_line(row: RiskRow) -> RiskLine:
    if row.why == "unpaid":
        letters = ngettext("%(count)s e-mail so far", "%(count)s e-mails so far", row.letters) % {"count": row.letters}
        return RiskLine(row, gettext("Payment failed"), letters)
    if row.why == "trial":
        return RiskLine(row, gettext("Trial without a card"), "")
    return RiskLine(row, gettext("Leaves"), write_reason(row.reason, language()))
