"""Commands about old addresses: listing them, adding one or a file of them, removing them."""

import sys
from pathlib import Path
from typing import Any

import click

from podcastsvc.catalogue.old_addresses import keeping
from podcastsvc.catalogue.old_addresses.lines import Line, Lines, read_lines, write_csv
from podcastsvc.catalogue.old_addresses.reading import read_old, read_target
from podcastsvc.catalogue.old_addresses.settling import Entry
from podcastsvc.commands.output import json_option, open_services, say, tells_failures, write_table
from podcastsvc.errors import Invalid, NotFound
from podcastsvc.kit import clock
from podcastsvc.services import Services
from podcastsvc.storage.tables.old_address import OldAddress


@click.group()
def redirects() -> None:
    """Old addresses: where people are sent who ask for what the site does not have."""


@redirects.command("list")
@click.option("--csv", "as_csv", is_flag=True, help="Print CSV, which `add --file` reads again.")
@json_option
@tells_failures
def list_redirects(as_csv: bool, as_json: bool) -> None:
    """List all old addresses with where they lead and how often they were used."""
    with open_services() as services, services.db.reading() as session:
        rows = keeping.list_addresses(session)
    if as_csv and not as_json:
        click.echo(write_csv(rows), nl=False)
        return
    found = [_describe(row) for row in rows]
    text = write_table(found, ["old", "new", "kind", "origin", "uses", "used_on"]) if found else "There are none yet."
    say(found, text, as_json=as_json)


@redirects.command("add")
@click.argument("old", required=False)
@click.argument("new", required=False)
@click.option("--temporary", is_flag=True, help="Not for good: apps go on asking for the old address.")
@click.option(
    "--file", "path", type=click.Path(path_type=Path), help="Read lines `old new` or a CSV file; - for the input."
)
@json_option
@tells_failures
def add_redirects(old: str | None, new: str | None, temporary: bool, path: Path | None, as_json: bool) -> None:
    """Send those who ask for OLD to NEW, or add all lines of a file. What is there already is changed."""
    if (path is None) == (old is None or new is None):
        raise Invalid("Give the old and the new address, or --file with a file of them.")
    raw = _read_file(path) if path is not None else ""
    with open_services() as services:
        base_url = services.settings.base_url
        if old is not None and new is not None:
            entry = Entry(read_old(old), read_target(new, base_url), is_permanent=not temporary)
            lines = Lines([Line(1, f"{old} {new}", entry)])
        else:
            lines = read_lines(raw, base_url)
        report = _save(services, lines)
    lines.refuse(report.refused)
    name = f"{path}:" if path is not None else ""
    problems = [f"{name}{line.number}: {line.problem}" if name else str(line.problem) for line in lines.bad]
    text = f"Added {report.added}, changed {report.changed}, there already {report.unchanged}."
    if report.straightened:
        text += f" Sent straight to the end of their way: {', '.join(report.straightened)}."
    values = {
        "added": report.added,
        "changed": report.changed,
        "unchanged": report.unchanged,
        "straightened": report.straightened,
        "moved": report.moved,
        "problems": problems,
    }
    say(values, text, as_json=as_json)
    if problems:
        click.echo("\n".join(problems), err=True)
        sys.exit(1)


@redirects.command("remove")
@click.argument("old", nargs=-1, required=True)
@json_option
@tells_failures
def remove_redirects(old: tuple[str, ...], as_json: bool) -> None:
    """Take the addresses OLD out of the list. If one is not in it, nothing is removed."""
    paths = [read_old(each) for each in old]
    with open_services() as services, services.db.transaction() as session:
        rows = keeping.list_by_path(session, paths)
        missing = sorted(set(paths) - {row.path for row in rows})
        if missing:
            raise NotFound(f"Not in the list: {', '.join(missing)}. Nothing was removed.")
        count = keeping.remove(session, [row.id for row in rows])
    say({"removed": count}, f"Removed {count}.", as_json=as_json)


def _read_file(path: Path) -> str:
    try:
        raw = sys.stdin.buffer.read() if str(path) == "-" else path.read_bytes()
    except OSError as problem:
        raise Invalid(f"{path} cannot be read: {problem.strerror}.") from problem
    try:
        return raw.decode()
    except UnicodeDecodeError as problem:
        line = raw.count(b"\n", 0, problem.start) + 1
        raise Invalid(f"{path}:{line}: this is not UTF-8. Save the file as UTF-8.") from problem


def _save(services: Services, lines: Lines) -> keeping.Report:
    from podcastsvc.app import create_app
    from podcastsvc.web.site_map import read_site

    app = create_app(services.settings, services)
    entries = [line.entry for line in lines.good]
    with services.db.reading() as session:
        prepared = keeping.prepare(session, entries, read_site(session, app, services.settings), replaces=True)
    with services.db.transaction() as session:
        site = read_site(session, app, services.settings)
        return keeping.save(session, entries, site, replaces=True, prepared=prepared, now=clock.now())


def _describe(row: OldAddress) -> dict[str, Any]:
    return {
        "old": row.path,
        "new": row.target,
        "kind": "permanent" if row.is_permanent else "temporary",
        "origin": row.origin,
        "uses": row.uses,
        "used_on": row.used_on or "",
    }
