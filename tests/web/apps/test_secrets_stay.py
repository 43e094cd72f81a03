"""Where a member's secrets, name and address never appear (rules P5, 6.2, A11, F13, T8)."""

import logging

import pytest
from sqlalchemy import text

from podcastsvc.app import create_app
from podcastsvc.kit.secrets import hash_secret
from podcastsvc.members import accounts
from podcastsvc.services import Services
from tests.feeds.rows import CHAPTERS, make_transcript
from tests.web.apps.audio import AGENT, BASE, listen_to_database, make_client
from tests.web.conftest import sign_in

PAGES = ["/", "/episodes/", "/join", "/add", "/sign-in", "/robots.txt", "/sitemap.xml", "/account/", "/account/feeds"]


@pytest.fixture
def episode(stage):
    """An episode with everything that has an address."""
    made, *_audio = stage.add("told", access_kind="members", audio=("members", "preview"), chapters=CHAPTERS)
    with stage.services.db.transaction() as session:
        make_transcript(session, session.merge(made))
    return made


def list_secrets(*members):
    return [secret for member in members for secret in (member.feed_token, member.listen_token)]


def test_t8_no_token_on_any_page_for_visitors_or_other_members(app, stage, episode, ben):
    dev = stage.add_member("dev")
    stage.give(dev)
    visitor = make_client(app)
    signed_in = app.test_client()
    sign_in(signed_in, stage.services, dev.member)

    seen = []
    for path in [*PAGES, f"/episodes/{episode.slug}/", f"/episodes/{episode.slug}/transcript"]:
        seen += [visitor.get(path), signed_in.get(path, base_url=BASE, follow_redirects=True)]
    seen += [visitor.get("/feed.xml"), visitor.get(dev.feed_path)]

    assert sum(answer.status_code == 200 for answer in seen) >= 12
    for answer in seen:
        assert not any(secret in answer.text for secret in list_secrets(ben))


def test_t8_a11_no_token_in_what_is_logged_of_any_answer_or_of_a_failure(app, services, stage, episode, ben, caplog):
    caplog.set_level(logging.DEBUG)
    client = make_client(app)
    audio = stage.add_file(episode, "members")
    paths = [
        ben.feed_path,
        ben.path_to(audio),
        f"/private/{ben.listen_token}/feed.xml",
        f"/private/{ben.feed_token}/media/{audio.name}.mp3",
        f"/private/{ben.listen_token}/chapters/{audio.name}.json",
        f"/private/{ben.feed_token}/feed.xml?page=7",
    ]

    well = [client.get(path, headers=AGENT).status_code for path in paths]
    services.fetches.flush()
    services.hits.flush()
    with services.db.transaction() as session:
        for table in ("feed_link", "show"):
            session.execute(text(f'ALTER TABLE "{table}" RENAME TO "{table}_gone"'))
    failed = [client.get(path, headers=AGENT).status_code for path in paths]

    assert set(well) == {200, 404}
    assert all(status >= 500 for status in failed)
    said = caplog.text + "".join(repr(record.__dict__) for record in caplog.records)
    assert "request failed" in said or "refused" in said
    assert not any(secret[:7] in said for secret in list_secrets(ben))


def test_f13_the_database_is_asked_for_the_hash_and_never_sees_a_token(client, services, stage, ben, locked):
    asked = listen_to_database(services)

    client.get(ben.feed_path)
    client.get(ben.path_to(locked))
    services.fetches.flush()
    services.hits.flush()

    assert all(any(hash_secret(secret) in words for words in asked) for secret in list_secrets(ben))
    assert not any(secret in words for words in asked for secret in list_secrets(ben))


def test_6_2_p5_no_feed_says_who_its_members_are(client, stage, episode, ben):
    with stage.services.db.transaction() as session:
        accounts.rename(session, session.merge(ben.member), "Benedicta Longname")
    stage.add("for all")

    for path in ("/feed.xml", ben.feed_path):
        body = client.get(path).text
        assert not any(word in body for word in ("ben@example.org", "Benedicta", "Longname", "gold"))
    assert "/private/" not in client.get("/feed.xml").text


def test_a10_a_copy_of_the_database_and_the_cache_holds_no_token(services, stage, episode, ben):
    client = make_client(create_app(services.settings, Services(services.settings)))
    client.get(ben.feed_path)

    files = [path for path in services.settings.data.parent.rglob("*") if path.is_file()]

    assert any(path.suffix == ".feed" for path in files)
    assert any(path.name.startswith("podcastsvc.db") for path in files)
    for path in files:
        content = path.read_bytes()
        assert not any(secret.encode() in content for secret in list_secrets(ben)), path
