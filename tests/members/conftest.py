"""The cast, as accounts."""

from datetime import UTC, datetime

import pytest

from podcastsvc.mail.addresses import read_address
from podcastsvc.members import accounts

NOW = datetime(2027, 3, 14, 12, 0, tzinfo=UTC)


@pytest.fixture
def make_member(db, keys):
    """Makes an account by its first name: ``make_member("ben")`` has the address ben@example.org."""

    def make(name, *, language="en", now=NOW):
        with db.transaction() as session:
            return accounts.sign_up(
                session, keys, read_address(f"{name}@example.org"), language=language, name=name.title(), now=now
            )

    return make


@pytest.fixture
def ben(make_member):
    return make_member("ben")


@pytest.fixture
def ada(db, keys):
    with db.transaction() as session:
        return accounts.add_host(session, keys, read_address("ada@example.org"), language="en", now=NOW)
