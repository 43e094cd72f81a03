"""Publishing while one write fails: the episode is wholly there or wholly absent, and never said to be there when it is
not (rule T-D3)."""

import pytest

from podcastsvc.catalogue.scan import scan_tree
from tests.faults import each_failing
from tests.web.studio.conftest import RECORDING, read_titles

pytestmark = pytest.mark.usefixtures("show")


def test_an_episode_is_published_whole_or_not_at_all_t_d3(publish, services, client, root, settings):
    failed = 0
    for number, write in enumerate(each_failing(services.db.engine)):
        title = f"Episode {number}"
        with write:
            reply = publish(audio=RECORDING, title=title)

        failed += reply.status_code != 303
        is_there = title in read_titles(client)
        assert reply.status_code in {303, 422, 503}, f"write {number + 1}"
        # What the next scan reads, a quarter of a minute later: what was not taken is not there then either.
        scan_tree(services.db, services.media, settings, settle_seconds=0)
        assert (title in read_titles(client)) == (reply.status_code == 303) >= is_there, f"write {number + 1}"

        if reply.status_code != 303:
            assert publish(audio=RECORDING, title=title).status_code == 303
        assert read_titles(client).count(title) == 1

    assert failed > 5
