"""Tables for spreadsheets: what is read back is what was written, and nothing is run."""

import csv
import io
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from podcastsvc.kit.spreadsheets import guard_cell, write_rows

LEADS = "=+-@\t\r\n＝＋－＠"


def read_back(rows):
    text = b"".join(write_rows(["a", "b"], rows)).decode("utf-8-sig")
    return list(csv.reader(io.StringIO(text, newline="")))


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        ("Ben", "Ben"),
        ("=1+1", "'=1+1"),
        (" =1+1", "' =1+1"),
        ("+34 600", "'+34 600"),
        ("-2", "'-2"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("＝1", "'＝1"),
        ("\tx", "'\tx"),
        ("\0=x", "'=x"),
        ("a=b", "a=b"),
        (None, ""),
        (-5, "-5"),
        (Decimal("6.50"), "6.50"),
        (date(2027, 3, 14), "2027-03-14"),
        (datetime(2027, 3, 14, 12, tzinfo=UTC), "2027-03-14T12:00:00+00:00"),
    ],
)
def test_cells_are_written_so_that_nothing_runs(cell, text):
    assert guard_cell(cell) == text


@given(st.lists(st.tuples(st.text(), st.text()), max_size=5))
def test_whatever_is_written_is_read_back_and_begins_no_formula(rows):
    found = read_back(rows)

    assert len(found) == len(rows) + 1
    for cells, written in zip(rows, found[1:], strict=True):
        for cell, text in zip(cells, written, strict=True):
            assert text.removeprefix("'").replace("\r", "\n") in {
                cell.replace("\0", "").replace("\r", "\n"),
                cell.replace("\0", "").removeprefix("'").replace("\r", "\n"),
            }
            assert not text.startswith(tuple(LEADS))


def test_every_field_is_quoted_and_spreadsheets_know_the_encoding():
    assert b"".join(write_rows(["a", "b"], [("x", 1)])) == b'\xef\xbb\xbf"a","b"\r\n"x","1"\r\n'
