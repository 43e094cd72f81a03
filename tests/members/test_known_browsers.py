"""Browsers that signed in before are known by a mark that only we can make, for one mailbox each."""

import pytest

from podcastsvc.members.known_browsers import MOST_MARKS, add_mark, find_mark

BEN, CLEO = "ben@example.org", "cleo@example.org"


def test_mark_is_known_for_its_mailbox_only(keys):
    marks = add_mark(keys, None, BEN)

    assert find_mark(keys, marks, BEN)
    assert find_mark(keys, marks, CLEO) is None


def test_two_browsers_are_told_apart(keys):
    assert find_mark(keys, add_mark(keys, None, BEN), BEN) != find_mark(keys, add_mark(keys, None, BEN), BEN)


def test_signing_in_again_keeps_the_mark(keys):
    marks = add_mark(keys, add_mark(keys, None, BEN), CLEO)

    again = add_mark(keys, marks, BEN)

    assert find_mark(keys, again, BEN) == find_mark(keys, marks, BEN)
    assert find_mark(keys, again, CLEO)


def test_newest_three_mailboxes_are_kept(keys):
    marks = None
    for number in range(MOST_MARKS + 1):
        marks = add_mark(keys, marks, f"x{number}@example.org")

    assert find_mark(keys, marks, "x0@example.org") is None
    assert all(find_mark(keys, marks, f"x{number}@example.org") for number in range(1, MOST_MARKS + 1))


@pytest.mark.parametrize("marks", [None, "", "~", ".", "a.b", "ñ.ñ", "a." + "a" * 32, "\x00.~\x00"])
def test_what_we_did_not_make_is_no_mark(keys, marks):
    assert find_mark(keys, marks, BEN) is None
    assert find_mark(keys, add_mark(keys, marks, BEN), BEN)


def test_long_cookies_cost_nothing(keys):
    assert find_mark(keys, "a.b~" * 100_000, BEN) is None
