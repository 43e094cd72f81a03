"""Commands about search: making the index anew."""

from dataclasses import asdict

import click

from podcastsvc.commands.output import json_option, open_services, say, tells_failures


@click.group()
def search() -> None:
    """The search index, which follows episodes and texts by itself."""


@search.command("rebuild")
@json_option
@tells_failures
def rebuild(as_json: bool) -> None:
    """Index everything anew. What was indexed before is found meanwhile."""
    from podcastsvc.content.search import following

    with open_services() as services:
        done = following.rebuild(services.db)
    say(asdict(done), f"Indexed {done.indexed}, removed {done.removed}.", as_json=as_json)
