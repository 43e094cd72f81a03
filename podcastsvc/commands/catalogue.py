"""Commands about the catalogue: reading the episodes folder, and examining everything."""

import sys
from dataclasses import asdict

import click

from podcastsvc.commands.output import json_option, open_services, say, tells_failures


@click.command()
@json_option
@tells_failures
def scan(as_json: bool) -> None:
    """Read the episodes folder and bring the catalogue up to date."""
    from podcastsvc.content.scan import scan_everything

    with open_services() as services:
        report = scan_everything(services.db, services.media, services.settings)
    say(asdict(report), report.write(), as_json=as_json)
    if report.mistakes:
        sys.exit(1)


@click.command()
@json_option
@tells_failures
def check(as_json: bool) -> None:
    """Examine settings, files, feeds, payments and mail, and say what is wrong."""
    from podcastsvc.commands import health

    with open_services() as services:
        findings = health.examine(services)
    text = "\n".join(f"{'ok  ' if each.is_well else 'BAD '} {each.subject}: {each.message}" for each in findings)
    say([asdict(each) for each in findings], text, as_json=as_json)
    if not all(each.is_well for each in findings):
        sys.exit(1)
