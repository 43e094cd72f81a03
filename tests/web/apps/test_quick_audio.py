"""Quick audio is the view's own answer, header for header; what needs words is left to the view."""

import pytest
from werkzeug.test import Client

from podcastsvc.web.apps.sending import AT_ONCE_BYTES
from tests.feeds.rows import NOW, days
from tests.web.apps.audio import AGENT, BASE, CONTENT, list_downloads, listen_to_database, path_to
from tests.web.apps.test_audio import ROWS


@pytest.fixture
def ask(app):
    """Asks the application, and the views behind the quick answers alone; both answers."""
    whole, views = Client(app.wsgi_app), Client(app.wsgi_app.beneath)

    def ask(path, method="GET", **headers):
        given = {"base_url": BASE, "method": method, "headers": headers.pop("headers", {}) | headers}
        return whole.open(path, **given), views.open(path, **given)

    return ask


def describe(answer):
    return answer.status, sorted(answer.headers.items()), answer.data


@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize("headers", [row[0] for row in ROWS])
def test_m5_every_row_is_the_view_s_own_answer(ask, ben, audio, locked, method, headers):
    for path, file in ((path_to(audio), audio), (ben.path_to(audio), audio), (ben.path_to(locked), locked)):
        given = {name: value.replace("ETAG", f'"{file.sha256[:32]}"') for name, value in headers.items()}

        quick, view = ask(path, method, headers=given)

        assert describe(quick) == describe(view)


def test_large_files_are_the_view_s_own_answer(ask, stage):
    _episode, audio = stage.add("long", content=bytes(AT_ONCE_BYTES * 3))

    quick, view = ask(path_to(audio))

    assert describe(quick) == describe(view)
    assert len(quick.data) == AT_ONCE_BYTES * 3


def test_the_audio_of_notices_is_the_view_s_own_answer(ask, stage):
    quick, view = ask("/media/notice-en.mp3")

    assert describe(quick) == describe(view)
    assert quick.status_code == 200


def test_a7_old_audio_is_the_view_s_own_answer(ask, stage):
    episode, audio = stage.add("first cut")
    stage.change(audio, replaced_at=NOW - days(8))
    stage.add_file(episode, content=b"new" * 400)

    for method, status in (("GET", 302), ("HEAD", 200)):
        quick, view = ask(path_to(audio), method)
        assert describe(quick) == describe(view)
        assert quick.status_code == status


@pytest.mark.parametrize("whose", ["stranger", "gone", "lapsed", "everyone", "nobody", "of a feed"])
def test_refusals_are_the_view_s_own_words(ask, stage, ben, cleo, finn, audio, locked, whose):
    stage.revoke_link(finn)
    path, status = {
        "stranger": (f"/private/{'a' * 32}/media/{audio.name}.mp3", 404),
        "gone": (finn.path_to(audio), 410),
        "lapsed": (cleo.path_to(locked), 403),
        "everyone": (path_to(locked), 403),
        "nobody": ("/media/none.mp3", 404),
        "of a feed": (f"/private/{ben.feed_token}/media/{audio.name}.mp3", 404),
    }[whose]

    for method in ("GET", "HEAD"):
        quick, view = ask(path, method)
        assert describe(quick) == describe(view)
        assert quick.status_code == status


@pytest.mark.parametrize(
    "path",
    [
        "/media/{}.MP3",
        "/media/{}.mp3/",
        "/media//{}.mp3",
        "/media/{}.mp3%00",
        "/media/..%2f{}.mp3",
        "/media/%C3%A9.mp3",
    ],
)
def test_strange_paths_are_left_to_the_view(ask, audio, path):
    quick, view = ask(path.format(audio.name))

    assert describe(quick) == describe(view)
    assert quick.status_code in {308, 404}


def test_options_and_other_methods_are_left_to_the_view(ask, audio):
    for method, status in (("OPTIONS", 204), ("POST", 405), ("DELETE", 405)):
        quick, view = ask(path_to(audio), method)
        assert (quick.status, quick.data) == (view.status, view.data)
        assert quick.status_code == status


def test_another_host_is_sent_to_ours(app, audio):
    answer = Client(app.wsgi_app).get(path_to(audio), base_url="http://other.example")

    assert answer.status_code == 301
    assert answer.headers["Location"] == BASE + path_to(audio)


def test_what_follows_a_question_mark_changes_nothing(ask, audio):
    quick, view = ask(f"{path_to(audio)}?from=feed")

    assert describe(quick) == describe(view)
    assert quick.status_code == 200


def test_d5_a_download_is_counted_once(app, services, audio):
    Client(app.wsgi_app).get(path_to(audio), base_url=BASE, headers=AGENT)

    (download,) = list_downloads(services)
    assert download.app == "AntennaPod"


def test_a_refusal_by_pace_is_spent_once(app, services, ben, audio):
    asked = Client(app.wsgi_app)
    for _start in range(300):
        assert asked.get(ben.path_to(audio), base_url=BASE).status_code == 200

    refused = asked.get(ben.path_to(audio), base_url=BASE)

    assert refused.status_code == 429
    assert refused.data.startswith(b"This link was used too often")


def test_what_is_refused_for_another_reason_spends_no_start(app, services, ben, audio, stage):
    asked = Client(app.wsgi_app)
    services.media.remove(audio.media_key)
    for _start in range(310):
        assert asked.get(ben.path_to(audio), base_url=BASE).status_code == 503
    services.media.save_bytes(audio.media_key, CONTENT, mime=audio.mime)

    assert asked.get(ben.path_to(audio), base_url=BASE).status_code == 200


def test_long_agents_fill_no_memory(app, services, audio):
    asked = Client(app.wsgi_app)
    for number in range(50):
        agent = f"{number:04d}{'x' * 50_000}"
        asked.get(path_to(audio), base_url=BASE, headers={"User-Agent": agent, "Referer": agent})
        asked.get("/feed.xml", base_url=BASE, headers={"User-Agent": agent})

    kept = [*services.hits._waiting, *services.fetches._waiting]
    assert len(kept) == 100
    assert max(len(each.agent) for each in kept) == 512


def test_a_fault_in_a_quick_answer_is_the_views_to_tell(app, services, ben, audio, monkeypatch, caplog):
    app.testing = False
    monkeypatch.setattr("podcastsvc.web.apps.playing.decide", lambda **_more: 1 / 0)

    answer = Client(app.wsgi_app).get(path_to(audio), base_url=BASE)

    assert answer.status_code == 500
    assert answer.mimetype == "text/plain"
    assert "a quick answer failed" in caplog.text


def test_t_h4_too_many_at_once_are_told_to_come_back(app, ben, audio):
    gate = app.wsgi_app.beneath
    turns = [kind[2] for kind in app.wsgi_app._kinds]
    gate.turns.waiting = 10_000
    taken = [each for each in turns for _ in range(64) if each.take()]

    answer = Client(app.wsgi_app).get(path_to(audio), base_url=BASE)
    for each in taken:
        each.give_back()
    gate.turns.waiting = 0

    assert answer.status_code == 503
    assert int(answer.headers["Retry-After"]) <= 30
    assert Client(app.wsgi_app).get(path_to(audio), base_url=BASE).status_code == 200


def test_m8_it_costs_one_read(app, services, ben, locked):
    asked = Client(app.wsgi_app)
    asked.get(ben.path_to(locked), base_url=BASE, headers={"Range": "bytes=10-19"})
    seen = listen_to_database(services)

    answer = asked.get(ben.path_to(locked), base_url=BASE, headers={"Range": "bytes=10-19"})

    assert answer.status_code == 206
    assert len(seen) == 1
