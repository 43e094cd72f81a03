"""Ada's studio over real folders: a show, recordings, and the way through a form."""

from base64 import b64encode
from datetime import UTC, datetime
from pathlib import Path

import pytest
import time_machine
from lxml import etree, html
from sqlalchemy import select

from podcastsvc.billing import plans
from podcastsvc.catalogue.scan import scan_tree
from podcastsvc.kit import clock
from podcastsvc.storage.tables.billing import Price
from tests.catalogue.recordings import make_chapter, make_comment, make_id3, make_mp3, make_text
from tests.web.conftest import SHOW, make_client, make_member, read_token, sign_in
from tests.web.people import work
from tests.web.test_join import join, pay

NOW = datetime(2026, 6, 2, 10, 0, 30, tzinfo=UTC)
TAGS = make_id3(
    make_text("TIT2", "Why maps lie"),
    make_text("TRCK", "215"),
    make_comment("About maps."),
    make_chapter("a", 0, "One"),
    make_chapter("b", 1000, "Two"),
)
RECORDING = make_mp3(5, tags=TAGS)


@pytest.fixture(autouse=True)
def at_ten():
    """Tuesday 2 June 2026, noon in Madrid."""
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


@pytest.fixture
def root(settings) -> Path:
    return Path(settings.episodes)


@pytest.fixture
def show(root, services, settings):
    """An empty show, scanned, with one plan."""
    (root / "show.yaml").write_text(SHOW)
    scan_tree(services.db, services.media, settings, settle_seconds=0)
    with services.db.transaction() as session:
        plans.make_first_plan(session, clock.now())


@pytest.fixture
def press(studio):
    """Sends a form of a page as a browser would: its own hidden fields, then what the test says."""

    def send(path, action, **values):
        page = studio.get(path)
        assert page.status_code == 200, page.text
        return studio.post(action, data={"csrf_token": read_token(page), **values})

    return send


@pytest.fixture
def publish(studio):
    """Fills in the form of a new episode; ``audio`` and other files are bytes."""

    def send(do="publish", **values):
        page = studio.get("/studio/episodes/new")
        hidden = {"csrf_token": read_token(page), "once": read_field(page, "once")}
        usual = {"title": "Why maps lie", "notes": "About maps.", "who": "everyone", "when": "now", "listed": "1"}
        files = {name: value for name, value in values.items() if isinstance(value, bytes)}
        typed = {name: value for name, value in values.items() if not isinstance(value, bytes)}
        return send_form(studio, "/studio/episodes/new", {**hidden, **usual, **typed, "do": do}, files)

    return send


def read_field(page, name):
    """The value of a field of a page."""
    found = html.fromstring(page.data).xpath(f"//*[@name='{name}']")[0]
    return found.text.removeprefix("\n") if found.tag == "textarea" else found.get("value", "")


def send_form(client, path, fields, files, **environ):
    """Sends a form with files whose bodies are too large for the client's own way, which leaves a file open."""
    return client.post(
        path,
        data=make_form(fields, files),
        content_type="multipart/form-data; boundary=x",
        environ_overrides=environ,
    )


def make_form(fields, files):
    """The body of a form, with the boundary "x"."""
    parts = [
        *((f'form-data; name="{name}"', value.encode()) for name, value in fields.items()),
        *((f'form-data; name="{name}"; filename="{name}.mp3"', body) for name, body in files.items()),
    ]
    lines = (f"--x\r\nContent-Disposition: {head}\r\n\r\n".encode() + body + b"\r\n" for head, body in parts)
    return b"".join(lines) + b"--x--\r\n"


class Sender:
    """The page's script that uploads, without its page: asks by the tus protocol with the form's token."""

    def __init__(self, studio):
        self.studio = studio
        self.token = read_token(studio.get("/studio/episodes/new"))

    def ask(self, method, path, headers=(), **more):
        usual = {"X-CSRF-Token": self.token, "Accept": "application/json", "Tus-Resumable": "1.0.0"}
        named = {name: value for name, value in {**usual, **dict(headers)}.items() if value is not None}
        return self.studio.open(path, method=method, headers=named, **more)

    def begin(self, length, name="talk.mp3", fingerprint="talk.mp3:1:2", **headers):
        pairs = {"filename": name, "fingerprint": fingerprint}
        metadata = ",".join(f"{key} {b64encode(value.encode()).decode()}" for key, value in pairs.items())
        return self.ask(
            "POST", "/studio/uploads", {"Upload-Length": str(length), "Upload-Metadata": metadata, **headers}
        )

    def send(self, path, content, offset=0, **headers):
        usual = {"Upload-Offset": str(offset), "Content-Type": "application/offset+octet-stream"}
        return self.ask("PATCH", path, {**usual, **headers}, data=content, content_length=len(content))

    def find_offset(self, path):
        return int(self.ask("HEAD", path).headers["Upload-Offset"])

    def finish(self, path):
        return self.ask("POST", path)


def read_titles(client, path="/feed.xml"):
    """The titles in a feed, newest first."""
    return etree.fromstring(client.get(path).data).xpath("//item/title/text()")


def read_notes(root, folder):
    return (root / folder / "notes.md").read_text()


def buy_year(app, services, email="ben@example.org", **card):
    """Somebody's browser, signed in, who has paid €60 for a year."""
    client = make_client(app)
    sign_in(client, services, make_member(services, email))
    with services.db.reading() as session:
        prices = {price.interval: str(price.id) for price in session.scalars(select(Price))}
    client.get(pay(client, join(client, prices).location, **card))
    work(services)
    return client


@pytest.fixture
def ben(app, services):
    """Has paid €60 for a year, and sees his account."""
    return buy_year(app, services)
