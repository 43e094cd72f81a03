"""The application over a fresh SQLite database, asked without a server; and the people of the tests."""

import contextlib
import shutil

import pytest
import time_machine
from flask import Response
from flask.testing import FlaskClient
from jinja2 import FileSystemBytecodeCache

from podcastsvc.app import create_app
from podcastsvc.kit import clock
from podcastsvc.kit.keys import make_key_file
from podcastsvc.mail.addresses import read_address
from podcastsvc.members import accounts, sessions
from podcastsvc.services import Services
from podcastsvc.settings import Settings
from tests.web import shelf

SHOW = """\
title: {en: The Long Way, es: El camino largo}
author: Ada
owner: {name: Ada, email: ada@example.org}
timezone: Europe/Madrid
categories: [Technology]
"""


@pytest.fixture
def services(settings):
    """The services of an installation with a key and a database, and nothing in it."""
    made = Services(settings)
    make_key_file(made.key_path)
    yield made
    made.close()


@pytest.fixture(scope="session")
def compiled(tmp_path_factory):
    """Compiled templates for all tests: compiling them anew for each took half of the tests' time."""
    return _Compiled(str(tmp_path_factory.mktemp("compiled")))


class _Compiled(FileSystemBytecodeCache):
    """Keeps nothing while a test plays a full disk."""

    def dump_bytecode(self, bucket):
        with contextlib.suppress(OSError):
            super().dump_bytecode(bucket)


@pytest.fixture
def app(services, compiled):
    made = create_app(services.settings, services)
    made.jinja_env.bytecode_cache = compiled
    return made


@pytest.fixture(scope="session")
def filled(tmp_path_factory, sqlite_template):
    """The folder of an installation with the show of ``shelf``, to be copied."""
    folder = tmp_path_factory.mktemp("filled")
    shutil.copyfile(sqlite_template, folder / "podcastsvc.db")
    shelf.fill(folder / "episodes")
    url = f"sqlite:///{folder / 'podcastsvc.db'}"
    with time_machine.travel(shelf.NOW, tick=False):
        shelf.scan(Settings(data=folder / "var", episodes=str(folder / "episodes"), database_url=url), now=shelf.NOW)
    return folder


@pytest.fixture
def show(filled, settings):
    """Puts that show into the test's own installation. Comes before whatever opens its database."""
    shutil.copytree(filled, settings.data.parent, dirs_exist_ok=True)


@pytest.fixture
def client(app):
    """A browser without JavaScript that keeps cookies."""
    return make_client(app)


class Browser(FlaskClient):
    """A client that asks our own host unless told otherwise."""

    def open(self, *args, **more):
        if isinstance(args[0] if args else more.get("path"), str):
            more.setdefault("base_url", "http://127.0.0.1:8000")
        return super().open(*args, **more)


def make_client(app):
    client = Browser(app, Response, use_cookies=True)
    client.environ_base["HTTP_SEC_FETCH_SITE"] = "same-origin"
    return client


def make_member(services, email, *, role="member", name="", language="en"):
    """An account; a host's where ``role`` says so."""
    with services.db.transaction() as session:
        make = accounts.add_host if role == "host" else accounts.sign_up
        member = make(session, services.keys, read_address(email), language=language, now=clock.now())
        if name:
            accounts.rename(session, member, name)
    with services.db.reading() as session:
        return accounts.get(session, member.id)


def sign_in(client, services, member):
    """Signs a member in as by a letter: the address proved, the session's row, and its cookie."""
    client.set_cookie("sid", start_session(services, member), domain="127.0.0.1")
    return client


def start_session(services, member):
    """Proves a member's address, and begins a session: the secret that its cookie holds."""
    with services.db.transaction() as session:
        accounts.confirm(session, member, clock.now())
        return sessions.start_session(session, member, agent="test", now=clock.now())


@pytest.fixture
def ada(services):
    """Hosts the show."""
    return make_member(services, "ada@example.org", role="host", name="Ada")


@pytest.fixture
def finn(services):
    """Has an account and never joined."""
    return make_member(services, "finn@example.org", name="Finn")


@pytest.fixture
def studio(app, services, ada):
    """Ada's browser, signed in."""
    return sign_in(make_client(app), services, ada)


def read_token(page):
    """The form token in a page."""
    return page.text.split('name="csrf_token" value="')[1].split('"')[0]
