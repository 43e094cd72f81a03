"""Commands about the installation: making it, bringing the database up to date, showing the settings."""

import click

from podcastsvc.commands.output import json_option, open_services, say, tells_failures
from podcastsvc.commands.people import ensure_host, make_studio_link
from podcastsvc.kit import clock
from podcastsvc.kit.keys import make_key_file
from podcastsvc.services import Services
from podcastsvc.settings import list_settings, read_settings
from podcastsvc.storage import schema


@click.command()
@click.option("--host-email", metavar="E", help="E-mail address of the first host.")
@click.option("--quiet", is_flag=True, help="Say nothing where everything is made already.")
@json_option
@tells_failures
def init(host_email: str | None, quiet: bool, as_json: bool) -> None:
    """Make the database, the key and the first host; print a one-use studio link."""
    with open_services(needs_schema=False) as services:
        prepare(services)
        ensure_host(services, host_email)
        if quiet and not as_json:
            return
        link = make_studio_link(services, host_email)
        say({"studio": link, "data": str(services.settings.data)}, _write_made(services, link), as_json=as_json)


@click.group()
def db() -> None:
    """The database's schema."""


@db.command()
@json_option
@tells_failures
def upgrade(as_json: bool) -> None:
    """Apply the migrations that are missing."""
    with open_services(needs_schema=False) as services:
        applied = schema.upgrade(services.db)
    text = f"Applied: {', '.join(applied)}" if applied else "The database is up to date."
    say({"applied": applied}, text, as_json=as_json)


@click.command()
@json_option
@tells_failures
def settings(as_json: bool) -> None:
    """Print every setting with its value; secrets are hidden."""
    rows = list_settings(read_settings(serves=False))
    text = "\n".join(f"{row['name']}={row['value']}\n    {row['sentence']}" for row in rows)
    say(rows, text, as_json=as_json)


def prepare(services: Services) -> None:
    """Data folder, key and database; what is there already stays as it is."""
    services.settings.data.mkdir(parents=True, exist_ok=True, mode=0o700)
    make_key_file(services.key_path)
    schema.upgrade(services.db)
    if services.settings.mode_of_payments == "sim":
        from podcastsvc.billing import plans

        with services.db.transaction() as session:
            plans.make_first_plan(session, clock.now())


def _write_made(services: Services, link: str) -> str:
    settings = services.settings
    return (
        f"Everything is ready in {settings.data}.\n\n"
        f"  Studio  {link}\n          (works once, for an hour)\n\n"
        f"Start the site with `podcastsvc serve`. Your episodes are in {settings.episodes!r}."
    )
