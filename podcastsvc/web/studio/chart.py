"""A bar chart as plain numbers for the template: one bar a day or month, lines at round values, labels below."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from podcastsvc.kit import language as languages
from podcastsvc.web.context import language
from podcastsvc.web.pages import gettext

WIDTH, HEIGHT = 720, 230
_LEFT, _TOP, _BOTTOM = 44, 10, 24
_LABELS = 5
_MOST_LINES = 6


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar; lengths are in the units of the chart's view box."""

    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class Mark:
    """A line with its value, or a label below a bar."""

    at: float
    text: str


@dataclass(frozen=True, slots=True)
class Chart:
    """A whole chart; ``name`` is the sentence that stands for it."""

    name: str
    bars: list[Bar]
    lines: list[Mark]
    labels: list[Mark]
    width: int = WIDTH
    height: int = HEIGHT
    left: int = _LEFT


def make_chart(days: Sequence[tuple[date, int]]) -> Chart:
    """Downloads by day, oldest first; at least one day. Pure but for the language of its words."""
    labels = [languages.format_day_short(day, language()) for day, _count in days]
    return draw(_write_name(days), [count for _day, count in days], labels)


def draw(name: str, counts: Sequence[int], words: Sequence[str], *, most_labels: int = _LABELS) -> Chart:
    """A bar for each count, at least one, with its words below; only every so many where there are more than fit.

    ``name`` is the sentence that stands for the chart.
    """
    line, many = choose_lines(max(counts))
    top = line * many
    base = HEIGHT - _BOTTOM
    step = (WIDTH - _LEFT) / len(counts)
    gap = min(step * 0.3, 7)
    scale = (base - _TOP) / top
    bars = [
        Bar(
            round(_LEFT + step * at + gap / 2, 1),
            round(base - count * scale, 1),
            round(step - gap, 1),
            round(count * scale, 1),
        )
        for at, count in enumerate(counts)
    ]
    lines = [
        Mark(round(base - line * at * scale, 1), languages.format_number(line * at, language()))
        for at in range(1, many + 1)
    ]
    every = max(-(-len(counts) // most_labels), 1)
    labels = [Mark(bars[at].x, text) for at, text in enumerate(words) if at % every == 0]
    return Chart(name, bars, lines, labels)


def choose_lines(most: int) -> tuple[int, int]:
    """What one line stands for, and how many lines the highest bar fits under: 1, 2, 5, 10, 20 … and two to six of them."""
    power = 1
    while True:
        for factor in (1, 2, 5):
            many = -(-most // (power * factor))
            if many <= _MOST_LINES:
                return power * factor, max(many, 2)
        power *= 10


def _write_name(days: Sequence[tuple[date, int]]) -> str:
    best_day, best = max(days, key=lambda each: each[1])
    total = sum(count for _day, count in days)
    if not total:
        return gettext("No downloads in these %(days)s days.") % {"days": len(days)}
    return gettext("%(total)s downloads in %(days)s days; most on %(day)s with %(best)s.") % {
        "total": languages.format_number(total, language()),
        "days": len(days),
        "day": languages.format_day(best_day, language()),
        "best": languages.format_number(best, language()),
    }
