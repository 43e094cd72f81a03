"""Sites for tests of the scan, on each kind of database or on SQLite alone."""

import pytest

from tests.catalogue.folders import write_show
from tests.catalogue.sites import Site


@pytest.fixture
def site(db, tmp_path) -> Site:
    """A site on each kind of database."""
    found = Site(db, tmp_path)
    write_show(found.root)
    return found


@pytest.fixture
def lite(sqlite_db, tmp_path) -> Site:
    """A site on SQLite, for tests in which the database is not the point."""
    found = Site(sqlite_db, tmp_path)
    write_show(found.root)
    return found
