"""A stage of shows, and the people who listen there through podcast apps."""

import pytest
import time_machine

from tests.feeds.rows import NOW, days
from tests.web.apps.audio import CONTENT, Stage, make_client


@pytest.fixture(autouse=True)
def clock():
    with time_machine.travel(NOW, tick=False) as clock:
        yield clock


@pytest.fixture
def client(app):
    """A podcast app."""
    return make_client(app)


@pytest.fixture
def stage(services):
    return Stage(services)


@pytest.fixture
def ben(stage):
    """Pays monthly."""
    ben = stage.add_member("ben")
    stage.give(ben)
    return ben


@pytest.fixture
def cleo(stage):
    """Lapsed three days ago."""
    cleo = stage.add_member("cleo")
    stage.give(cleo, until=NOW - days(3))
    return cleo


@pytest.fixture
def finn(stage):
    """Never joined."""
    return stage.add_member("finn")


@pytest.fixture
def audio(stage):
    """Public audio of 1,000 bytes."""
    return stage.add("for all", content=CONTENT)[1]


@pytest.fixture
def locked(stage):
    """Audio of a members' episode."""
    return stage.add("for members", access_kind="members", audio=("members",), content=CONTENT)[1]
