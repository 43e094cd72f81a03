"""Installations served for real, and episodes to put into them."""

from pathlib import Path

import pytest

from tests.catalogue.recordings import make_mp3
from tests.flows.visitor import Visitor
from tests.site import Site

SHOW = """\
title: {en: The Long Way, es: El camino largo}
description: How people get from here to there.
author: Ada
owner: {name: Ada, email: ada@example.org}
timezone: Europe/Madrid
categories: [Technology]
"""


@pytest.fixture
def site(tmp_path):
    """An installation that is made but not started; ended after the test."""
    made = Site(tmp_path)
    yield made
    made.kill()


@pytest.fixture
def live_server(site):
    """An installation with an empty show and a host, served."""
    (site.episodes / "show.yaml").write_text(SHOW)
    site.run("init", "--host-email", "ada@example.org")
    return site.start()


def put_episode(site: Site, folder: str, notes: str, **audio_seconds: float) -> Path:
    """Writes an episode's folder: its front matter and notes, and audio of so many seconds by variant."""
    path = site.episodes / folder
    path.mkdir()
    (path / "notes.md").write_text(notes)
    for name, seconds in audio_seconds.items():
        (path / f"{name}.mp3").write_bytes(make_mp3(seconds))
    return path


def join(site: Site, email: str, *, card: str = "4242 4242 4242 4242", path: str = "/join", people: int = 1) -> Visitor:
    """Joins by the yearly plan, for so many people, and pays with a test card of the stand-in."""
    visitor = Visitor(site.base_url)
    checkout = visitor.send(visitor.get(path), "Continue to payment", email=email, seats=str(people))
    paid = visitor.send(checkout, f"Pay €{60 * people}", number=card, expiry="12/34", cvc="123")
    assert paid.status == 200, paid.words[:800]
    return visitor


def enter_studio(site: Site) -> Visitor:
    """Signs Ada in by the link that the command prints."""
    visitor = Visitor(site.base_url)
    link = site.ask("hosts", "link", "ada@example.org")["studio"]
    visitor.send(visitor.get(link), "Sign in")
    return visitor
