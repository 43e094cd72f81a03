"""The sample show can be believed: it says nothing of its makers' convenience."""

from datetime import UTC, timedelta

import pytest

from podcastsvc.catalogue.shownotes import read_shownotes
from podcastsvc.kit.bundled import get_folder

FOLDERS = sorted(path.parent for path in get_folder("episodes").glob("*/notes.md"))


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_an_episode_is_public_within_two_years_or_never(folder):
    # One said that everybody may hear it from 2035 on, so that it would stay a members' one for long.
    notes = read_shownotes((folder / "notes.md").read_bytes(), UTC, [])

    assert notes.published_at is not None
    assert notes.public_from is None or notes.public_from - notes.published_at < timedelta(days=2 * 365)
