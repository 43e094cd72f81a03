"""Who may fetch audio, and until when: members, plans, ended links, replaced files (rules M8, A7, T-A11)."""

from datetime import timedelta

import pytest

from tests.feeds.rows import NOW
from tests.web.apps.audio import BASE, OLD_TOKEN, later, listen_to_database, path_to


def test_m8_a_members_episode_is_refused_to_everybody_else(client, ben, finn, locked):
    assert client.get(ben.path_to(locked)).status_code == 200
    for path in (path_to(locked), finn.path_to(locked)):
        response = client.get(path)
        assert response.status_code == 403
        assert BASE in response.text
        assert len(response.data) < 200


def test_m8_entitlement_is_asked_at_each_range(client, stage, locked, clock):
    dev = stage.add_member("dev")
    stage.give(dev, until=later(hours=1))
    before = client.get(dev.path_to(locked), headers={"Range": "bytes=0-99"})

    clock.move_to(later(hours=1))
    after = client.get(dev.path_to(locked), headers={"Range": "bytes=100-199"})

    assert (before.status_code, after.status_code) == (206, 403)


def test_m8_a_range_costs_one_read(client, services, ben, locked):
    client.get(ben.path_to(locked))
    statements = listen_to_database(services)

    client.get(ben.path_to(locked), headers={"Range": "bytes=0-99"})

    assert len([each for each in statements if each.startswith("SELECT")]) == 1


def test_a4_the_feed_token_opens_no_audio(client, ben, audio):
    assert client.get(f"/private/{ben.feed_token}/media/{audio.name}.mp3").status_code == 404


def test_a_former_member_hears_what_is_public_through_the_old_addresses(client, finn, audio):
    assert client.get(finn.path_to(audio)).status_code == 200


def test_plans_hear_what_names_them(client, stage, ben):
    _episode, audio = stage.add("for silver", access_kind="plans", plans=["silver"], audio=("members",))
    dev = stage.add_member("dev")
    stage.give(dev, "silver")

    assert client.get(dev.path_to(audio)).status_code == 200
    assert client.get(ben.path_to(audio)).status_code == 403


def test_members_first_audio_opens_for_all_at_its_time(client, stage, ben, clock):
    _episode, audio = stage.add("early", public_from=later(days=1))
    early = client.get(path_to(audio)).status_code, client.get(ben.path_to(audio)).status_code

    clock.move_to(later(days=1))

    assert early == (403, 200)
    assert client.get(path_to(audio)).status_code == 200


def test_the_preview_is_for_everyone_and_the_members_cut_is_not(client, stage, ben):
    _episode, public, members, preview = stage.add("all cuts", audio=("public", "members", "preview"))

    assert [client.get(path_to(each)).status_code for each in (public, members, preview)] == [200, 403, 200]
    assert client.get(ben.path_to(members)).status_code == 200


@pytest.mark.parametrize("values", [{"public_until": later(seconds=90)}, {"expires_at": later(seconds=90)}])
def test_ta11_no_cache_keeps_audio_past_the_end_of_its_episode(client, stage, ben, values):
    _episode, audio = stage.add("for a while", public_from=later(days=-5), **values)

    assert client.get(path_to(audio)).headers["Cache-Control"] == "public, max-age=90"
    assert client.get(ben.path_to(audio)).headers["Cache-Control"] == "private, max-age=90"


@pytest.mark.parametrize(
    ("values", "status"),
    [
        ({"published_at": None}, 404),
        ({"published_at": later(days=1)}, 404),
        ({"expires_at": later(days=-1)}, 410),
        ({"listed": False}, 200),
    ],
)
def test_ta11_what_is_not_out_does_not_exist(client, stage, ben, values, status):
    _episode, audio = stage.add("x", **values)

    assert client.get(path_to(audio)).status_code == status
    assert client.get(ben.path_to(audio)).status_code == status


def test_t6_states_of_a_link_on_audio(client, stage, ben, audio, clock):
    replaced, revoked = stage.add_member("rae"), stage.add_member("rex")
    for each in (replaced, revoked):
        stage.give(each)
    stage.replace_link(replaced)
    stage.revoke_link(revoked)

    assert client.get(replaced.path_to(audio)).status_code == 410
    assert client.get(revoked.path_to(audio)).status_code == 410
    assert client.get(f"/private/{OLD_TOKEN}/media/{audio.name}.mp3").status_code == 404


def test_m11_s3_s4_refusals_are_short_lines(client, stage, ben, finn, audio, locked):
    stage.revoke_link(finn)
    paths = [
        path_to(locked),
        finn.path_to(audio),
        "/media/none.mp3",
        f"/media/{audio.name}.m4a",
        f"/media/{audio.name}",
        f"/private/{OLD_TOKEN}/media/x.mp3",
        f"/private/{ben.listen_token}/media/none.mp3",
        f"/private/{ben.listen_token}/media/..%2Fx.mp3",
    ]
    for path in paths:
        response = client.get(path, headers={"Range": "bytes=0-9"})
        assert response.status_code in {403, 404, 410}, path
        assert response.headers["Content-Type"] == "text/plain; charset=utf-8"
        assert response.headers["Cache-Control"] == "no-store"
        assert len(response.data) < 200
        assert "WWW-Authenticate" not in response.headers
        assert "Location" not in response.headers


def test_f1_other_methods_on_audio(client, audio):
    assert client.options(path_to(audio)).status_code == 204
    assert client.post(path_to(audio)).status_code == 405


# ---- replaced audio (A7)


def test_a7_old_audio_stays_for_a_week_and_then_leads_to_the_new(client, stage, ben, clock):
    episode, old = stage.add("improved", content=b"old audio")
    new = stage.add_file(episode, content=b"new audio, longer")
    stage.change(old, replaced_at=NOW)

    clock.move_to(later(days=7) - timedelta(seconds=1))
    kept = client.get(path_to(old))
    clock.move_to(later(days=7))
    moved, member = client.get(path_to(old)), client.get(ben.path_to(old))
    head = client.head(path_to(old))

    assert kept.data == b"old audio"
    assert (moved.status_code, moved.headers["Location"]) == (302, BASE + path_to(new))
    assert (member.status_code, member.headers["Location"]) == (302, BASE + ben.path_to(new))
    assert moved.headers["Cache-Control"] == "no-store"
    assert (head.status_code, head.headers["Content-Length"]) == (200, str(len(b"new audio, longer")))
