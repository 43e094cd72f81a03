"""Requests that no page of ours sends: control characters, huge numbers, raw bytes, files for forms without any."""

import io
from dataclasses import replace

import pytest

from podcastsvc.kit.keys import make_key_file
from podcastsvc.services import Services
from tests.web.conftest import make_member, read_token, sign_in

pytestmark = pytest.mark.postgres


@pytest.fixture
def services(settings, postgres_database):
    """The services of an installation on PostgreSQL: it takes no NUL in a text, where SQLite does."""
    made = Services(replace(settings, database_url=postgres_database))
    make_key_file(made.key_path)
    yield made
    made.close()


PATHS = [
    "/nothing%00",
    "/nothing%01/",
    "/episodes/%00/",
    "/episodes/a%00b/transcript",
    "/es/episodes/%00/",
    "/shows/%00/episodes/",
    "/media/%00.mp3",
    "/art/%00.jpg",
    "/art/%00-300.webp",
    "/chapters/%00.json",
    "/transcripts/%00.vtt",
    "/feeds/%00.xml",
    "/private/%00/feed.xml",
    "/sign-in/link/%00",
    "/add/%00",
    "/studio/%00",
    "/studio/letters/%00",
    "/account/receipts/%00",
]


@pytest.mark.parametrize("path", PATHS)
def test_a_control_character_in_a_path_is_not_found(client, studio, path):
    assert client.get(path).status_code == 404
    assert studio.get(path).status_code == 404


@pytest.mark.parametrize(
    "path",
    ["/studio/members/{}", "/studio/episodes/{}", "/studio/plans/{}", "/account/feeds/{}/replace"],
)
@pytest.mark.parametrize("number", [2**31, 10**30])
def test_a_number_that_no_row_has_is_not_found(studio, path, number):
    assert studio.get(path.format(number)).status_code == 404


QUERIES = [
    "/?x=%00",
    "/episodes/?season=%00",
    "/sign-in?next=%00",
    "/join?plan=%00&back=%00",
    "/studio/members?q=%00",
    "/studio/members?standing=%00",
    "/studio/episodes?q=%00&state=%00",
    "/studio/members?page=" + "9" * 30,
    "/studio/episodes?page=" + "9" * 30,
    "/?x=\xff",
]


@pytest.mark.parametrize("path", QUERIES)
def test_a_strange_query_is_no_failure(studio, path):
    path, _, query = path.partition("?")

    reply = studio.get(path, environ_overrides={"QUERY_STRING": query})

    assert reply.status_code in {200, 303, 404}


def test_a_control_character_in_a_form_is_dropped(client, services):
    token = read_token(client.get("/sign-in"))

    reply = client.post("/sign-in", data={"csrf_token": token, "email": "finn\x00@example.org", "next": "\x00"})

    assert reply.status_code == 303


@pytest.mark.parametrize("path", ["/join", "/sign-in", "/studio/episodes/new"])
def test_a_stranger_s_file_parts_open_no_file_t_h3(client, settings, path):
    # 499 parts of one byte opened as many files, before the form's token was looked at.
    files = {f"f{number}": (io.BytesIO(b"x"), f"{number}.mp3") for number in range(499)}

    reply = client.post(path, data=files)

    assert reply.status_code == 400
    assert not (settings.data / "spool").exists()


def test_a_host_s_form_takes_ten_files_and_no_more_t_h3(studio, settings):
    token = read_token(studio.get("/studio/members/new"))
    files = {f"f{number}": (io.BytesIO(b"x"), f"{number}.mp3") for number in range(11)}

    reply = studio.post("/studio/episodes/new", data={"csrf_token": token, **files})

    assert reply.status_code == 413
    assert list((settings.data / "spool").iterdir()) == []


def test_a_member_may_not_send_files_where_a_host_may(client, services):
    finn = make_member(services, "finn@example.org")
    sign_in(client, services, finn)

    reply = client.post("/studio/episodes/new", data={"audio": (io.BytesIO(b"x"), "a.mp3")})

    assert reply.status_code == 400
