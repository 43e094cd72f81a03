"""What follows when money goes back: the rule alone."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from podcastsvc.billing.returning.rules import NOTHING, Standing, list_effects

PAID = Standing(600, 0)
PART = Standing(600, 200)
WHOLE = Standing(600, 600)


def disputed(state, refunded=0, name="dp_1"):
    return Standing(600, refunded, name, state)


@pytest.mark.parametrize(
    ("before", "after", "effects"),
    [
        (NOTHING, PAID, []),
        (PAID, PART, []),
        (PART, WHOLE, ["returned"]),
        (NOTHING, WHOLE, ["returned"]),
        (WHOLE, WHOLE, []),
        (WHOLE, PAID, ["put_back"]),
        (PART, PAID, ["put_back"]),
        (PAID, disputed("needs_response"), ["disputed"]),
        (PAID, disputed("under_review"), ["disputed"]),
        (disputed("needs_response"), disputed("under_review"), []),
        (disputed("under_review"), disputed("won"), ["won"]),
        (disputed("needs_response"), disputed("lost"), ["lost"]),
        (PAID, disputed("lost"), ["disputed", "lost"]),
        (PAID, disputed("warning_needs_response"), ["asked"]),
        (disputed("warning_needs_response"), disputed("warning_under_review"), []),
        (disputed("warning_under_review"), disputed("warning_closed"), []),
        (disputed("warning_under_review"), disputed("needs_response"), ["disputed"]),
        (disputed("won"), disputed("needs_response", name="dp_2"), ["disputed"]),
        (PAID, disputed("a word of tomorrow"), []),
    ],
)
def test_effects_of_each_change(before, after, effects):
    assert list_effects(before, after) == effects


STATES = [None, "needs_response", "under_review", "won", "lost", "warning_needs_response", "warning_closed", "other"]
STANDINGS = st.builds(
    lambda refunded, state: Standing(600, refunded, None if state is None else "dp_1", state),
    st.integers(0, 600),
    st.sampled_from(STATES),
)


@given(STANDINGS)
def test_nothing_follows_where_nothing_changed(standing):
    assert list_effects(standing, standing) == []
