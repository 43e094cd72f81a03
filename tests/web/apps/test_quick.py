"""A quick feed is the view's own answer, header for header; what needs words is left to the view."""

import pytest
from werkzeug.test import Client

from tests.feeds.rows import NOW
from tests.web.apps.audio import BASE, Stage, listen_to_database

HEADERS = ({}, {"Accept-Encoding": "gzip"}, {"Accept-Encoding": "gzip;q=0"}, {"User-Agent": "Overcast/3.0"})


@pytest.fixture
def stage(services):
    stage = Stage(services)
    stage.add("First")
    return stage


@pytest.fixture
def paths(stage, ben):
    """The feeds, by whose they are."""
    return {"public": "/feed.xml", "ben": ben.feed_path}


@pytest.fixture
def ask(app):
    """Asks the application, and the views behind the quick answers alone; both answers."""
    whole, views = Client(app.wsgi_app), Client(app.wsgi_app.beneath)

    def ask(path, method="GET", **headers):
        given = {"base_url": BASE, "method": method, "headers": headers.pop("headers", {}) | headers}
        return whole.open(path, **given), views.open(path, **given)

    return ask


def find_etag(ask, path, headers=None):
    answer, _ = ask(path, headers=headers or {})
    assert answer.status_code == 200
    return answer.headers["ETag"]


def describe(answer):
    return answer.status_code, sorted(answer.headers.items()), answer.data


@pytest.mark.parametrize("whose", ["public", "ben"])
@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize("headers", HEADERS)
def test_f1_a_whole_feed_is_the_view_s_own_answer(ask, paths, whose, method, headers):
    quick, view = ask(paths[whose], method, headers=headers)

    assert quick.status_code == 200
    assert describe(quick) == describe(view)


@pytest.mark.parametrize("whose", ["public", "ben"])
@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize("headers", HEADERS)
def test_f4_it_is_the_view_s_own_answer(ask, paths, whose, method, headers):
    etag = find_etag(ask, paths[whose], headers)

    quick, view = ask(paths[whose], method, headers=headers | {"If-None-Match": etag})

    assert quick.status_code == 304
    assert describe(quick) == describe(view)


@pytest.mark.parametrize("whose", ["public", "ben"])
@pytest.mark.parametrize("form", ["W/{}", '"x", {}', "*", "{},"])
def test_every_form_of_the_header_is_understood_alike(ask, paths, whose, form):
    etag = find_etag(ask, paths[whose])

    quick, view = ask(paths[whose], headers={"If-None-Match": form.format(etag)})

    assert describe(quick) == describe(view)
    assert quick.status_code == 304


@pytest.mark.parametrize("whose", ["public", "ben"])
def test_a_changed_feed_is_sent(stage, ask, paths, whose):
    etag = find_etag(ask, paths[whose])
    stage.add("Second")

    quick, view = ask(paths[whose], headers={"If-None-Match": etag})

    assert quick.status_code == 200
    assert describe(quick) == describe(view)


@pytest.mark.parametrize(
    "path", ["/feeds/none.xml", f"/private/{'a' * 32}/feed.xml", "/private/short/feed.xml", "/feed.xml?page=2"]
)
def test_what_is_not_there_is_left_to_the_view(stage, ask, path):
    quick, view = ask(path, headers={"If-None-Match": "*"})

    assert quick.status_code == view.status_code == 404


def test_a_link_that_was_taken_away_is_left_to_the_view(stage, ask, ben):
    stage.change(ben.link, revoked_at=NOW)

    quick, view = ask(ben.feed_path, headers={"If-None-Match": "*"})

    assert quick.status_code == view.status_code == 410


def test_another_host_is_sent_to_ours(app, stage):
    answer = Client(app.wsgi_app).get("/feed.xml", base_url="http://other.example", headers={"If-None-Match": "*"})

    assert answer.status_code == 301


def test_h3_the_fetch_is_noted(stage, services, ask, ben):
    etag = find_etag(ask, ben.feed_path)
    services.fetches.flush()

    ask(ben.feed_path, headers={"If-None-Match": etag, "User-Agent": "Overcast/3.0 (+http://overcast.fm/)"})
    services.fetches.close()

    with services.db.reading() as session:
        link = session.get_one(type(ben.link), ben.link.id)
    assert link.fetched_by == "Overcast"


def test_f5_it_costs_one_read(app, stage, services, ask, ben):
    etag = find_etag(ask, ben.feed_path)
    seen = listen_to_database(services)

    answer = Client(app.wsgi_app).get(ben.feed_path, base_url=BASE, headers={"If-None-Match": etag})

    assert answer.status_code == 304
    assert len(seen) == 1
