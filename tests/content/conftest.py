"""Trees with texts for tests of their scan, on each kind of database or on SQLite alone."""

import pytest

from tests.catalogue.folders import write_show
from tests.content.texts import Texts


@pytest.fixture
def texts(db, tmp_path) -> Texts:
    """A tree on each kind of database."""
    found = Texts(db, tmp_path)
    write_show(found.root)
    found.scan_all()
    return found


@pytest.fixture
def lite(sqlite_db, tmp_path) -> Texts:
    """A tree on SQLite, for tests in which the database is not the point."""
    found = Texts(sqlite_db, tmp_path)
    write_show(found.root)
    found.scan_all()
    return found
