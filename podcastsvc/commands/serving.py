"""Commands that run things: the site with its jobs, and job workers elsewhere."""

import gc
import importlib
import os
import signal
import sys
from typing import Any

import click

from podcastsvc.commands.output import open_services, tells_failures
from podcastsvc.commands.people import make_studio_link
from podcastsvc.kit.logs import set_up_logs
from podcastsvc.services import Services
from podcastsvc.storage import jobs

# New files, leftovers of uploads, what Stripe said meanwhile, and an index that an earlier version has made.
AT_START = ("catalogue.scan", "uploads.sweep", "billing.catch_up", "search.follow")

# An operator waits for 30 s (rule T-D11).
_KILL_TIMEOUT_SECONDS = 25
# What is kept in memory for a reader who is slow, beside two blocks of the file: 400 of them cost 210 MB, where they cost
# 420 MB with the 400 KiB of the server's own settings.
_BUFFER_BYTES = 64 * 1024


@click.command()
@tells_failures
def serve() -> None:
    """Serve the site, with the jobs in the same processes."""
    with open_services(serves=True) as services:
        settings = services.settings
        set_up_logs(settings)
        enqueue_start(services)
        click.echo(write_banner(services))
    _make_server(settings).serve()


@click.command()
@tells_failures
def worker() -> None:
    """Run jobs without serving the site (with PostgreSQL, as many as you like)."""
    from podcastsvc.worker import make_worker

    with open_services(serves=True) as services:
        set_up_logs(services.settings)
        runner = make_worker(services)
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: runner.stop())
        click.echo("Working. Stop with Ctrl+C.", err=True)
        runner.run()


def enqueue_start(services: Services) -> None:
    """The work that each start begins with, whatever happened while nothing ran."""
    with services.db.transaction() as session:
        for kind in AT_START:
            jobs.enqueue(session, kind, unique_key=f"start:{kind}", priority=1)


def write_banner(services: Services) -> str:
    """What a person needs after starting: where the site is, how to get into the studio, where letters go, payments."""
    settings = services.settings
    letters = (settings.smtp_url and "are sent by your mail server") or f"are written to {settings.data / 'mail'}"
    payments = {
        "sim": "simulated: pay with the card 4242 4242 4242 4242, no money moves",
        "off": "off until you set PODCASTSVC_STRIPE_SECRET_KEY",
        "stripe": "by your Stripe account",
    }[settings.mode_of_payments]
    lines = [
        "",
        f"  Site      {settings.base_url}/",
        f"  Feed      {settings.base_url}/feed.xml",
        f"  Studio    {_write_studio_line(services)}",
        f"  Letters   {letters}",
        f"  Payments  {payments}",
        "",
    ]
    return "\n".join(lines)


def _write_studio_line(services: Services) -> str:
    if services.settings.is_loopback:
        return f"{make_studio_link(services)}  (works once, for an hour)"
    return f"{services.settings.base_url}/studio  (`podcastsvc hosts link E-MAIL` prints a one-use link)"


def _make_server(settings: Any) -> Any:
    from granian import Granian
    from granian.constants import HTTPModes, Interfaces
    from granian.http import HTTP1Settings
    from granian.log import LogLevels

    # Each server process makes the application anew, so nothing that must not be shared crosses a fork. Its code is
    # loaded once, here, and so shared by all of them.
    importlib.import_module("podcastsvc.app")
    gc.collect()
    gc.freeze()
    os.environ.setdefault("PYTHONUNBUFFERED", "1")
    sys.stdout.flush()
    return Granian(
        "podcastsvc.app:make_application",
        factory=True,
        address=settings.host,
        port=settings.port,
        interface=Interfaces.WSGI,
        workers=settings.workers,
        blocking_threads=settings.threads,
        websockets=False,
        # While it waits to see which version of HTTP is spoken, it waits for ever, and 512 connections are all it takes.
        http=HTTPModes.http1,
        http1_settings=HTTP1Settings(max_buffer_size=_BUFFER_BYTES),
        respawn_failed_workers=True,
        workers_kill_timeout=_KILL_TIMEOUT_SECONDS,
        # Its warnings advise another number of threads, which ours has reasons for.
        log_level=LogLevels.error,
        log_access=False,
    )
