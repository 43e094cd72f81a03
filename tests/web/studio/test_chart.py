"""The lines behind the overview's bars: round steps, two to six of them, and the highest bar below the last."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from podcastsvc.web.studio.chart import choose_lines


@pytest.mark.parametrize(
    ("most", "lines"),
    [
        (0, (1, 2)),
        (1, (1, 2)),
        (6, (1, 6)),
        (7, (2, 4)),
        (12, (2, 6)),
        (13, (5, 3)),
        (30, (5, 6)),
        (31, (10, 4)),
        (61, (20, 4)),
        (4_200, (1_000, 5)),
    ],
)
def test_a_line_stands_for_a_round_number(most, lines):
    assert choose_lines(most) == lines


@given(st.integers(0, 10**12))
def test_the_highest_bar_ends_below_the_last_line_and_above_the_one_before(most):
    step, lines = choose_lines(most)

    assert 2 <= lines <= 6
    assert most <= step * lines
    assert lines == 2 or most > step * (lines - 1)
