"""What stands before every view: the host, the form token, sizes, headers, and the answers to failures."""

import gzip

import pytest

from podcastsvc.web.assets import asset

GZIP = {"Accept-Encoding": "gzip, br"}


def test_another_host_is_sent_to_the_canonical_one_a8(app):
    reply = app.test_client().get("/feed.xml?page=2", base_url="http://localhost:8000")

    assert reply.status_code == 301
    assert reply.location == "http://127.0.0.1:8000/feed.xml?page=2"


def test_another_host_may_not_send_forms_t_h1(app):
    reply = app.test_client().post("/join", base_url="http://evil.example")

    assert reply.status_code == 400


def test_a_language_prefix_survives_the_way_to_the_canonical_host(app):
    reply = app.test_client().get("/es/join", base_url="http://localhost:8000")

    assert reply.location == "http://127.0.0.1:8000/es/join"


def test_healthz_answers_by_any_name(client):
    assert client.get("/healthz", base_url="http://10.0.0.1").status_code == 200


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": "https://evil.example", "Sec-Fetch-Site": "same-origin"},
    ],
)
def test_a_form_from_another_site_is_refused_t_a9(client, headers):
    reply = client.post("/sign-out", headers=headers)

    assert reply.status_code == 403
    assert "another site" in reply.text


def test_a_form_without_a_token_is_refused_t_a9(client):
    reply = client.post("/sign-out")

    assert reply.status_code == 403
    assert "open for too long" in reply.text


def test_every_page_carries_the_security_headers(client):
    headers = client.get("/nothing-here").headers

    assert headers["X-Content-Type-Options"] == "nosniff"
    assert "default-src 'none'" in headers["Content-Security-Policy"]
    assert "'unsafe-inline'" not in headers["Content-Security-Policy"]
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert "camera=()" in headers["Permissions-Policy"]


def test_visitors_get_no_cookie_t_h6(client):
    assert "Set-Cookie" not in client.get("/").headers
    assert "Set-Cookie" not in client.get("/join").headers


def test_an_unknown_address_has_a_page_with_a_way_on(client):
    reply = client.get("/no/such/page")

    assert reply.status_code == 404
    assert 'href="/episodes/"' in reply.text


def test_an_unknown_address_for_machines_has_one_plain_line_s5(client):
    reply = client.get("/media/none.mp3")

    assert reply.status_code == 404
    assert reply.mimetype == "text/plain"
    assert len(reply.data) < 200


def test_a_database_that_is_away_gives_a_page_that_needs_none(app, client, services, tmp_path):
    services.db.dispose()
    (tmp_path / "podcastsvc.db").unlink()
    (tmp_path / "podcastsvc.db").mkdir()

    reply = client.get("/")

    assert reply.status_code == 503
    assert reply.headers["Retry-After"]
    assert "Back in a moment" in reply.text


def test_static_files_are_kept_for_ever_at_their_own_address(client):
    with client.get(asset("css/site.css")) as reply:
        assert reply.status_code == 200
        assert "immutable" in reply.headers["Cache-Control"]


@pytest.mark.parametrize(
    "path", ["/static/x/../app.py", "/static/x/%2e%2e/assets.py", "/static/x/.hidden", "/static/x/none.css"]
)
def test_nothing_else_is_served_as_a_static_file(client, path):
    assert client.get(path).status_code == 404


@pytest.mark.parametrize("path", ["/", "/join", "/sign-in", "/no/such/page"])
def test_pages_come_compressed_where_that_is_taken(client, path):
    plain, packed = client.get(path), client.get(path, headers=GZIP)

    assert packed.headers["Content-Encoding"] == "gzip"
    assert b"<main" in gzip.decompress(packed.data)
    assert int(packed.headers["Content-Length"]) == len(packed.data)
    assert "Content-Encoding" not in plain.headers
    assert "Accept-Encoding" in plain.headers["Vary"]
    assert "Accept-Encoding" in packed.headers["Vary"]


def test_the_length_of_a_compressed_page_tells_nothing_of_its_secrets(client):
    lengths = {len(client.get("/join", headers=GZIP).data) for _try in range(12)}

    assert len(lengths) > 4
