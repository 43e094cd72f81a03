"""A member's feed when a membership ends, pauses, or its link is replaced or taken away (rule 6.3)."""

import pytest
from sqlalchemy import update

from podcastsvc.storage.tables.billing import Subscription
from tests.feeds.rows import NOW, days
from tests.web.apps.audio import BASE, OLD_TOKEN, later
from tests.web.apps.reading import enclosures, read, titles


def test_t6_an_ended_membership_has_a_notice_and_what_is_public(client, stage, cleo):
    stage.add("for all")
    stage.add("for members", access_kind="members", audio=("members",))

    response = client.get(cleo.feed_path)

    assert titles(response) == ["Your membership has ended", "for all"]
    assert enclosures(response)[0] == f"{BASE}/media/notice-en.mp3"
    assert enclosures(response)[1].startswith(f"{BASE}/media/")
    assert "19 Oct 2026" in response.text
    assert f"{BASE}/join" in response.text
    assert cleo.listen_token not in response.text


def test_x9_the_feed_says_when_it_changed_last_by_a_notice_or_by_an_episode(client, stage, cleo, clock):
    stage.add("for all", published_at=NOW - days(20))
    by_the_notice = read(client.get(cleo.feed_path)).findtext("channel/lastBuildDate")

    stage.add("tomorrow", published_at=later(days=1))
    clock.move_to(later(days=2))
    by_the_episode = read(client.get(cleo.feed_path)).findtext("channel/lastBuildDate")

    assert by_the_notice == "Mon, 19 Oct 2026 12:00:00 +0000"
    assert by_the_episode == "Fri, 23 Oct 2026 12:00:00 +0000"


def test_t7_joining_again_makes_the_same_address_full(client, stage, cleo):
    stage.add("for members", access_kind="members", audio=("members",))
    ended = client.get(cleo.feed_path)

    stage.give(cleo)
    full = client.get(cleo.feed_path)

    assert titles(ended) == ["Your membership has ended"]
    assert titles(full) == ["for members"]


def test_t7_the_notice_has_the_length_it_claims(client, stage, cleo):
    feed = read(client.get(cleo.feed_path))
    enclosure = feed.find(".//enclosure")

    audio = client.get(enclosure.get("url"))

    assert audio.status_code == 200
    assert len(audio.data) == int(enclosure.get("length")) >= 160_000
    assert audio.headers["Content-Type"] == enclosure.get("type")


def test_g4_a_membership_that_ends_a_second_time_has_another_notice(client, stage, cleo):
    first = read(client.get(cleo.feed_path)).findtext(".//item/guid")
    stage.give(cleo, since=NOW - days(2), until=NOW - days(1))

    second = read(client.get(cleo.feed_path)).findtext(".//item/guid")

    assert first != second
    assert first.startswith("notice-")


def test_s6_the_membership_ends_at_its_instant_without_a_write(client, stage, clock):
    eve = stage.add_member("dev")
    stage.give(eve, until=later(hours=1))
    stage.add("for members", access_kind="members", audio=("members",))
    before = client.get(eve.feed_path)

    clock.move_to(later(hours=1))
    after = client.get(eve.feed_path, headers={"If-None-Match": before.headers["ETag"]})

    assert titles(before) == ["for members"]
    assert titles(after) == ["Your membership has ended"]


def test_a_link_without_any_membership_says_that_it_has_not_begun(client, stage):
    finn = stage.add_member("finn")
    stage.add("for all")

    assert titles(client.get(finn.feed_path)) == ["Your membership has not begun yet", "for all"]


def test_an_overdue_payment_keeps_everything_within_its_grace(client, stage, clock):
    gus = stage.add_member("gus")
    stage.subscribe(gus, status="past_due", access_kept_until=later(days=18), past_due_since=later(days=-3))
    stage.add("for members", access_kind="members", audio=("members",))

    within = client.get(gus.feed_path)
    clock.move_to(later(days=18))
    over = client.get(gus.feed_path)

    assert titles(within) == ["Your last payment did not go through", "for members"]
    assert "until 09 Nov 2026" in within.text
    assert "Mon, 19 Oct 2026 12:00:00 +0000" in within.text
    assert titles(over) == ["Your membership has ended"]


def test_a_paused_membership_says_so(client, stage):
    pam = stage.add_member("pam")
    stage.subscribe(pam, status="paused")

    assert titles(client.get(pam.feed_path)) == ["Your membership is paused"]


def test_g4_each_pause_is_a_new_notice_with_its_own_date(client, stage, clock):
    pam = stage.add_member("pam")
    stage.subscribe(pam, status="paused", paused_since=later(days=-9))
    first = read(client.get(pam.feed_path)).find(".//item")

    change_subscription(stage, pam, paused_since=later(hours=-2))
    second = read(client.get(pam.feed_path)).find(".//item")

    assert first.findtext("guid") != second.findtext("guid")
    assert [each.findtext("pubDate") for each in (first, second)] == [
        "Tue, 13 Oct 2026 12:00:00 +0000",
        "Thu, 22 Oct 2026 10:00:00 +0000",
    ]


def change_subscription(stage, listening, **values):
    with stage.services.db.transaction() as session:
        of_member = Subscription.member_id == listening.member.id
        session.execute(update(Subscription).where(of_member).values(**values))


def test_a_replaced_link_tells_where_the_new_one_is_for_thirty_days(client, stage, ben, clock):
    stage.add("for all")
    stage.replace_link(ben)

    at_once = client.get(ben.feed_path)
    clock.move_to(later(days=30))
    gone = client.get(ben.feed_path)

    assert titles(at_once) == ["This feed has a new address"]
    assert gone.status_code == 410


def test_a_revoked_link_is_gone_at_once(client, stage, ben):
    before = client.get(ben.feed_path)
    stage.revoke_link(ben)

    after = client.get(ben.feed_path, headers={"If-None-Match": before.headers["ETag"]})

    assert after.status_code == 410
    assert BASE in after.text


@pytest.mark.parametrize("token", [OLD_TOKEN, "a" * 31, "1" * 32, "A B", "%00", "ä" * 32])
def test_an_unknown_or_malformed_token_is_not_found(client, stage, token):
    assert client.get(f"/private/{token}/feed.xml").status_code == 404


def test_a4_the_listen_token_opens_no_feed(client, stage, ben):
    assert client.get(f"/private/{ben.listen_token}/feed.xml").status_code == 404


def list_refusals(client, stage):
    """Every address that refuses, with its answer."""
    gone = stage.add_member("gone")
    stage.revoke_link(gone)
    paths = [gone.feed_path, f"/private/{OLD_TOKEN}/feed.xml", "/feed.xml?page=9", "/feeds/none.xml"]
    return [(method, path, client.open(path, method=method)) for path in paths for method in ("GET", "HEAD", "POST")]


def test_s3_s4_s5_no_refusal_is_html_or_asks_for_a_password_or_may_be_kept(client, stage):
    for method, path, response in list_refusals(client, stage):
        assert response.status_code in {404, 405, 410}, (method, path)
        assert response.headers["Content-Type"] == "text/plain; charset=utf-8"
        assert response.headers["Cache-Control"] == "no-store"
        assert "WWW-Authenticate" not in response.headers
        assert "Location" not in response.headers
        if method != "HEAD":
            assert 0 < len(response.data) < 200
            assert response.text.count("\n") == 1


def test_a9_credentials_are_treated_as_if_they_were_not_there(client, stage, ben):
    stage.add("for all")

    plain = client.get(ben.feed_path)
    given = client.get(ben.feed_path, headers={"Authorization": "Basic YTpi"})

    assert given.data == plain.data
