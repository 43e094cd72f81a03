"""Nobody but hosts finds anything in the studio (rules T-A9, T-A10)."""

import re

import pytest

from podcastsvc.web.studio.routes import VIEWS, blueprint
from tests.web.conftest import make_client, read_token, sign_in
from tests.web.studio.conftest import send_form


def list_rules(app, method):
    assert VIEWS
    rules = [rule for rule in app.url_map.iter_rules() if rule.endpoint.split(".")[0] == blueprint.name]
    return [rule for rule in rules if method in rule.methods]


def make_path(rule):
    return (
        re.sub(r"<int:\w+>", "1", rule.rule)
        .replace("<payment_id>", "pi_1")
        .replace("<any(articles, pages, people, calls):place>", "articles")
        .replace("<what>", "members")
        .replace("<upload_id>", "01x")
        .replace("<position>", "centre")
        .replace("<unsaved_id>", "01x")
        .replace("<key>", "members")
        .replace("<name>", "20260602T100000-a.eml")
    )


def test_a_visitor_is_sent_to_sign_in(app, client):
    rules = list_rules(app, "GET")

    answers = {rule.rule: client.get(make_path(rule)) for rule in rules}

    assert len(answers) >= 15
    assert {reply.status_code for reply in answers.values()} == {303}
    assert all("/sign-in" in reply.location for reply in answers.values())


def test_a_visitor_can_change_nothing(app, client, show):
    token = read_token(client.get("/join"))
    rules = list_rules(app, "POST")

    answers = {rule.rule: client.post(make_path(rule), data={"csrf_token": token}) for rule in rules}

    assert {reply.status_code for reply in answers.values()} == {303}
    assert all("/sign-in" in reply.location for reply in answers.values())


def test_a_member_finds_nothing(app, services, finn, show):
    client = sign_in(make_client(app), services, finn)

    answers = {rule.rule: client.get(make_path(rule)).status_code for rule in list_rules(app, "GET")}

    assert set(answers.values()) == {404}


def test_a_member_can_change_nothing(app, services, finn, show):
    client = sign_in(make_client(app), services, finn)
    token = read_token(client.get("/account"))
    rules = list_rules(app, "POST")

    answers = {rule.rule: client.post(make_path(rule), data={"csrf_token": token}).status_code for rule in rules}

    assert len(answers) >= 15
    assert set(answers.values()) == {404}


def test_nothing_is_changed_without_a_token(app, studio, show):
    answers = {rule.rule: studio.post(make_path(rule)).status_code for rule in list_rules(app, "POST")}

    assert set(answers.values()) == {403}


@pytest.mark.parametrize("who", ["visitor", "member"])
def test_nobody_else_fills_the_disk_t_f9(app, services, client, finn, settings, show, who):
    if who == "member":
        sign_in(client, services, finn)
    page = client.get("/account" if who == "member" else "/join")

    reply = send_form(client, "/studio/episodes/new", {"csrf_token": read_token(page)}, {"audio": bytes(3_000_000)})

    assert reply.status_code == 413
    assert not (settings.data / "spool").exists()


@pytest.mark.parametrize("path", ["/studio/", "/studio/members", "/studio/letters"])
def test_the_studio_is_stored_and_indexed_nowhere(studio, show, path):
    headers = studio.get(path).headers

    assert headers["Cache-Control"] == "private, no-store"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["X-Robots-Tag"] == "noindex"


def test_pages_speak_the_hosts_language(services, app, show):
    from tests.web.conftest import make_member

    client = sign_in(make_client(app), services, make_member(services, "ines@example.org", role="host", language="es"))

    assert '<html lang="es">' in client.get("/studio/").text
