"""One line of the benchmark's table."""

from dataclasses import asdict
from typing import Any

from tests.bench.load import Rate

Row = dict[str, Any]


def describe(what: str, rate: Rate, *, aim: float | None = None, theirs: Rate | None = None, part: float = 0) -> Row:
    """A rate; beside ``theirs``, nginx's in the same run, as a ratio of which at least ``part`` is the aim."""
    assert not rate.errors, f"{what}: {rate.errors} answers were refusals"
    found = asdict(rate)
    row: Row = {"what": what, "value": round(found.pop("per_second")), "unit": "req/s", **found}
    if theirs is not None:
        row |= {
            "nginx": round(theirs.per_second),
            "nginx_cpu_ms": theirs.cpu_ms,
            "ratio": round(rate.per_second / max(theirs.per_second, 1), 3),
            "aim": f"ratio {part}",
            "met": rate.per_second >= theirs.per_second * part,
        }
    if aim is not None:
        row |= {"aim": aim, "met": rate.per_second >= aim}
    return row


def write_row(row: Row) -> str:
    extras = {name: value for name, value in row.items() if name not in {"what", "value", "unit"}}
    shown = "  ".join(f"{name} {value}" for name, value in extras.items())
    return f"{row['what']:<52} {row['value']:>10} {row['unit']:<10} {shown}"
