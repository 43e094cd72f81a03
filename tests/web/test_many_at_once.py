"""Many requests at the same moment: people who are signed in, on a database with few connections."""

import threading
from collections import Counter
from dataclasses import replace

import pytest
import time_machine

from podcastsvc.app import create_app
from podcastsvc.kit.keys import make_key_file
from podcastsvc.services import Services
from podcastsvc.storage.db import Database
from tests.web import shelf
from tests.web.conftest import make_client, make_member, sign_in


@pytest.fixture
def services(settings, postgres_database):
    """An installation on PostgreSQL, with the show of ``shelf`` and one connection for everybody."""
    made = Services(replace(settings, database_url=postgres_database))
    made.db = Database(postgres_database, pool_size=1)
    make_key_file(made.key_path)
    shelf.fill(settings.data.parent / "episodes")
    with time_machine.travel(shelf.NOW, tick=False):
        shelf.scan(made.settings, made.db)
    yield made
    made.close()


@pytest.mark.postgres
def test_signed_in_pages_asked_for_by_many_threads_all_answer_t_h4_t_d10(services, compiled):
    # Pages opened a second connection while they held one, so that threads emptied the pool and waited for each other.
    app = create_app(services.settings, services)
    app.jinja_env.bytecode_cache = compiled
    ben = make_member(services, "ben@example.org", name="Ben")
    shelf.give(services, ben)
    paths = ["/account", "/episodes/canal/", "/episodes/canal/transcript", "/"]
    start, statuses = threading.Barrier(8), Counter()

    def ask(number):
        client = sign_in(make_client(app), services, ben)
        start.wait()
        for path in paths[number % 4 :] + paths[: number % 4]:
            statuses[path, client.get(path).status_code] += 1

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert statuses == {(path, 200): 8 for path in paths}
