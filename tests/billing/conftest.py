"""A till on the stand-in, with the contract held over every request to it."""

from datetime import UTC, datetime

import pytest

from tests.billing.till import Till

START = datetime(2026, 1, 31, 12, tzinfo=UTC)


@pytest.fixture
def till(db, keys, tmp_path, time_machine):
    """Everything from the join form to the members' feed, on a fresh database of each kind, at a noon in January."""
    time_machine.move_to(START, tick=False)
    found = Till.open(db, keys, tmp_path, time_machine)
    yield found
    found.close()
