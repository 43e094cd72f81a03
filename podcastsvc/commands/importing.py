"""Commands about moving in: a show from the feed that it has elsewhere."""

import sys
from dataclasses import asdict

import click

from podcastsvc.commands.output import json_option, open_services, say, tells_failures
from podcastsvc.errors import Misconfigured
from podcastsvc.kit import clock
from podcastsvc.services import Services


@click.group("import")
def importing() -> None:
    """Move a show in from elsewhere. For members, see `podcastsvc members import`."""


@importing.command()
@click.argument("source")
@click.option("--into", "folder", default="", metavar="FOLDER", help="A folder of episodes/ for a further show.")
@click.option("--most", type=click.IntRange(min=1), help="Stop after so many new episodes; run again for the rest.")
@click.option("--mine", "is_mine", is_flag=True, help="The show is yours, though its feed says podcast:locked.")
@click.option("--look", is_flag=True, help="Say what the feed holds, and change nothing.")
@click.option(
    "--inside",
    "excepted",
    multiple=True,
    metavar="HOST:PORT",
    help="A server of your own network that may be asked; others there never are.",
)
@json_option
@tells_failures
def feed(
    source: str,
    folder: str,
    most: int | None,
    is_mine: bool,
    look: bool,
    excepted: tuple[str, ...],
    as_json: bool,
) -> None:
    """Move the show in whose feed is at SOURCE, an address or a file. Guids and dates stay, so apps notice nothing.

    Run it again after a stop, or shortly before you redirect the old feed: only what is new is taken.
    """
    from podcastsvc.catalogue.scan import scan_tree
    from podcastsvc.catalogue.tree import open_tree
    from podcastsvc.importing import feed as moving
    from podcastsvc.importing.arriving import Places
    from podcastsvc.settings import MIB

    found = moving.read_feed(source, excepted=excepted)
    audio = sum(1 for entry in found.entries if entry.audio)
    if look:
        values = {"title": found.channel.title, "guid": found.channel.guid, "episodes": audio}
        say(values, f"{found.channel.title}: {audio} episodes. Nothing was changed.", as_json=as_json)
        return
    moving.check_owner(found.channel, is_mine=is_mine)
    with open_services() as services:
        root = open_tree(services.settings).root
        if root is None:
            raise Misconfigured(
                "The episodes lie in an object store. Move in on a machine with a folder, then copy it."
            )
        if "/" in folder or folder.startswith("."):
            raise Misconfigured(f"{folder!r} cannot be a folder of episodes/. Use one word.")
        places = Places(
            root / folder, services.settings.data / "arriving", services.settings.max_audio_mib * MIB, excepted
        )
        moved = moving.move_in(found, places, now=clock.now(), most=most, progress=_tell_progress)
        report = scan_tree(services.db, services.media, services.settings)
        address = _find_feed(services, folder)
    text = f"Moved in {len(moved.folders)}, there already {moved.known}."
    if moved.has_show:
        text += " Wrote show.yaml: look at its time zone and texts."
    if address:
        text += f"\nWhen all is well, have the earlier service send apps to {address} for good (301)."
    mistakes = [f"{each.place}/{remark}" for each in report.folders for remark in each.mistakes]
    problems = [*map(str, moved.problems), *mistakes]
    say({**asdict(moved), "problems": problems, "feed": address}, text, as_json=as_json)
    if problems:
        click.echo("\n".join(problems), err=True)
        sys.exit(1)


def _find_feed(services: Services, folder: str) -> str:
    """The address of the show's public feed, "" where its file has a mistake that keeps it out of the catalogue."""
    from podcastsvc.catalogue.shows import list_shows
    from podcastsvc.feeds.addresses import Addresses

    with services.db.reading() as session:
        shows = list_shows(session)
        show = next((show for show in shows if show.folder == folder), None)
        if show is None:
            return ""
        return Addresses(services.settings.base_url, show, is_first=show is shows[0]).public_feed


def _tell_progress(done: int, whole: int) -> None:
    if sys.stderr.isatty():
        click.echo(f"\r{done} of {whole}", nl=done == whole, err=True)
