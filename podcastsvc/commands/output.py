"""What commands share: services from the environment, words or JSON on the output, failures as messages."""

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import Any, TypeVar

import click

from podcastsvc.errors import Failure, Misconfigured
from podcastsvc.services import Services
from podcastsvc.settings import read_settings
from podcastsvc.storage import schema

Command = TypeVar("Command", bound=Callable[..., Any])

json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON, for programs.")


@contextmanager
def open_services(*, needs_schema: bool = True, serves: bool = False) -> Iterator[Services]:
    """The services of the installation that the environment describes; closed at the end. ``serves`` as in ``read_settings``.

    Raises Misconfigured where the database was never made or is behind this version.
    """
    services = Services(read_settings(serves=serves))
    try:
        if needs_schema and not schema.is_current(services.db):
            raise Misconfigured("The database is not made yet, or older than this version. Run `podcastsvc init`.")
        yield services
    finally:
        services.close()


def tells_failures(command: Command) -> Command:
    """Ends a command that a room refused with the room's message and exit code 1, without a traceback."""

    @wraps(command)
    def run(*args: Any, **kwargs: Any) -> Any:
        try:
            return command(*args, **kwargs)
        except Failure as failure:
            if kwargs.get("as_json"):
                click.echo(json.dumps({"error": type(failure).__name__, "message": failure.message}))
            click.echo(f"{failure.message}", err=True)
            sys.exit(1)

    return run  # type: ignore[return-value]


def say(values: Any, text: str, *, as_json: bool) -> None:
    """Prints a result: ``values`` as JSON, or ``text`` for people."""
    click.echo(json.dumps(values, indent=2, ensure_ascii=False, default=str) if as_json else text)


def write_table(rows: list[dict[str, Any]], columns: list[str]) -> str:
    """Rows as aligned columns with a head."""
    cells = [[str(row.get(column, "")) for column in columns] for row in rows]
    widths = [max(len(line[at]) for line in [columns, *cells]) for at in range(len(columns))]
    lines = [[column.upper() for column in columns], *cells]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() for line in lines
    )
