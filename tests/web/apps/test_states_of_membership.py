"""The table of rule 6.3, row by row, on the feed and on the audio of a members' episode (T6); and what it must never be."""

from datetime import timedelta

import pytest
from werkzeug.test import EnvironBuilder

from podcastsvc.members import accounts
from podcastsvc.web.apps.sending import AT_ONCE_BYTES
from tests.feeds.rows import NOW, days
from tests.web.apps.audio import BASE, OLD_TOKEN, later
from tests.web.apps.reading import titles

FULL = ["for members", "for all"]


def grant(stage, member):
    stage.give(member)


def end_grant(stage, member):
    stage.give(member, until=NOW - days(1))


def subscribe(**changes):
    return lambda stage, member: stage.subscribe(member, **changes)


def replace_link(at):
    def change(stage, member):
        stage.give(member)
        stage.replace_link(member, at)

    return change


def revoke(stage, member):
    stage.give(member)
    stage.revoke_link(member)


def remove(stage, member):
    stage.give(member)
    with stage.services.db.transaction() as session:
        accounts.remove(session, session.merge(member.member), NOW)


# What made the state, the feed's status and titles, the audio's status.
STATES = {
    "active": (subscribe(), 200, FULL, 200),
    "given": (grant, 200, FULL, 200),
    "trial": (subscribe(status="trialing", trial_end=NOW + days(3)), 200, FULL, 200),
    "to end, not yet": (subscribe(cancel_at=NOW + days(1)), 200, FULL, 200),
    "overdue, within grace": (
        subscribe(status="past_due", past_due_since=NOW - days(20), access_kept_until=NOW + days(1)),
        200,
        ["Your last payment did not go through", *FULL],
        200,
    ),
    "overdue, grace over": (
        subscribe(status="past_due", past_due_since=NOW - days(21), access_kept_until=NOW),
        200,
        ["Your membership has ended", "for all"],
        403,
    ),
    "ended": (end_grant, 200, ["Your membership has ended", "for all"], 403),
    "refunded": (
        subscribe(status="canceled", ended_at=NOW - days(1)),
        200,
        ["Your membership has ended", "for all"],
        403,
    ),
    "paused": (subscribe(status="paused"), 200, ["Your membership is paused", "for all"], 403),
    "never begun": (lambda stage, member: None, 200, ["Your membership has not begun yet", "for all"], 403),
    "link replaced": (replace_link(NOW - days(29)), 200, ["This feed has a new address"], 410),
    "link replaced long ago": (replace_link(NOW - days(30)), 410, None, 410),
    "link taken away": (revoke, 410, None, 410),
    "account deleted": (remove, 410, None, 410),
}


@pytest.fixture
def locked(stage):
    """Audio of a members' episode, and a public episode beside it."""
    stage.add("for all", published_at=NOW - days(12))
    return stage.add("for members", access_kind="members", audio=("members",), content=bytes(1000))[1]


@pytest.mark.parametrize("state", STATES)
def test_t6_each_state_on_feed_and_audio(client, stage, locked, state):
    make_so, feed_status, shown, audio_status = STATES[state]
    member = stage.add_member("gus")
    make_so(stage, member)

    feed, audio = client.get(member.feed_path), client.get(member.path_to(locked))
    part = client.get(member.path_to(locked), headers={"Range": "bytes=0-9"})
    feed_head, audio_head = client.head(member.feed_path), client.head(member.path_to(locked))

    assert (feed.status_code, audio.status_code) == (feed_status, audio_status)
    assert part.status_code == (206 if audio_status == 200 else audio_status)
    assert (feed_head.status_code, audio_head.status_code) == (feed_status, audio_status)
    assert feed_status != 200 or titles(feed) == shown
    for answer in (feed, audio, part, feed_head, audio_head):
        check_for_apps(answer)


def check_for_apps(answer):
    """Nothing that any answer of ours on these addresses may be (rules S3 to S5)."""
    assert "html" not in answer.headers["Content-Type"]
    assert "Location" not in answer.headers
    assert "WWW-Authenticate" not in answer.headers
    assert "Set-Cookie" not in answer.headers
    if answer.status_code >= 400:
        assert answer.headers["Content-Type"] == "text/plain; charset=utf-8"
        assert answer.headers["Cache-Control"] == "no-store"
        assert len(answer.data) < 200
        assert answer.status_code == 404 or not answer.data or BASE in answer.text


@pytest.mark.parametrize("token", [OLD_TOKEN, "short", "A" * 31 + "1", "ñ" * 32])
def test_t6_an_unknown_or_malformed_token_on_feed_and_audio(client, stage, locked, token):
    for path in (f"/private/{token}/feed.xml", f"/private/{token}/media/{locked.name}.mp3"):
        for method in ("GET", "HEAD"):
            answer = client.open(path, method=method)
            assert answer.status_code == 404
            check_for_apps(answer)


def test_t6_a_plan_without_this_episode_has_a_full_feed_without_it(client, stage, ben):
    stage.add("for all")
    _episode, audio = stage.add("for patrons", access_kind="plans", plans=["patrons"], audio=("members",))

    assert titles(client.get(ben.feed_path)) == ["for all"]
    assert client.get(ben.path_to(audio)).status_code == 403


def test_s7_a_download_that_runs_when_the_membership_ends_is_finished(app, stage, clock):
    dev = stage.add_member("dev")
    stage.give(dev, until=later(hours=1))
    content = bytes(number % 251 for number in range(AT_ONCE_BYTES * 3))
    _episode, audio = stage.add("long", access_kind="members", audio=("members",), content=content)
    environ = EnvironBuilder(dev.path_to(audio), base_url=BASE).get_environ()
    answer = app.wsgi_app(environ, lambda *_args: None)
    blocks = iter(answer)
    received = next(blocks)

    clock.move_to(NOW + timedelta(hours=2))
    received += b"".join(blocks)
    answer.close()

    assert received == content
    assert app.test_client().get(dev.path_to(audio), base_url=BASE).status_code == 403
