"""Tables as CSV for spreadsheets: every field quoted, and none that a spreadsheet would run (rules T-X2, T-X5)."""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from decimal import Decimal

# What makes a spreadsheet take a cell for a formula; also in the wide forms that some read as the same.
_FORMULA = tuple("=+-@\t\r\n\0＝＋－＠")
Cell = str | int | Decimal | date | datetime | None


def guard_cell(cell: Cell) -> str:
    """A cell as text that no spreadsheet runs. Numbers stay numbers; instants are written by ISO 8601."""
    if cell is None:
        return ""
    if isinstance(cell, int | Decimal):
        return str(cell)
    text = cell.isoformat() if isinstance(cell, date) else cell.replace("\0", "")
    return f"'{text}" if text.lstrip(" ").startswith(_FORMULA) or text.startswith(_FORMULA) else text


def write_rows(head: Sequence[str], rows: Iterable[Sequence[Cell]]) -> Iterator[bytes]:
    """A CSV file piece by piece (RFC 4180, UTF-8 with the mark by which spreadsheets know it)."""
    yield b"\xef\xbb\xbf" + _write(head)
    for row in rows:
        yield _write([guard_cell(cell) for cell in row])


def _write(cells: Sequence[str]) -> bytes:
    out = io.StringIO()
    csv.writer(out, quoting=csv.QUOTE_ALL, lineterminator="\r\n").writerow(cells)
    return out.getvalue().encode()
