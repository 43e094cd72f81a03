"""The pages of tags and people: what they list, for whom, and what they keep to themselves."""

from pathlib import Path

import pytest
import time_machine

from tests.web.shelf import NOW, put, read, scan


@pytest.fixture(autouse=True)
def at_noon():
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def more(show, services):
    """Two episodes more: one that is out, one that is not yet."""
    root = Path(services.settings.episodes)
    guests = "[{name: José Núñez, role: guest, url: 'https://jose.example'}]"
    put(root, "2026-05-30-ports", title="Ports", date="2026-05-30 06:00", tags="[Trade routes, Ports]", people=guests)
    put(
        root,
        "2026-06-20-later",
        title="Later",
        date="2026-06-20 06:00",
        tags="[Secret plans]",
        people="[{name: Nobody Yet}]",
    )
    scan(services.settings, services.db)


def titles(page, level="h2"):
    found = read(page).findall(f".//main//{level}")
    return [each.text_content().strip() for each in found if each.text_content().strip()]


def test_an_episode_s_tags_and_guests_lead_to_their_pages(more, client):
    page = client.get("/episodes/ports/").text

    assert 'href="/tags/trade-routes/"' in page
    assert 'href="/people/jose-nunez/"' in page


def test_a_tag_lists_its_episodes_whatever_the_spelling(more, client):
    page = client.get("/tags/trade-routes/")

    assert "Ports" in titles(page)
    assert "Trade routes" in read(page).findtext(".//h1")
    assert client.get("/tags/ports/").status_code == 200


def test_a_person_s_page_has_their_link_and_episodes(more, client):
    page = client.get("/people/jose-nunez/")

    assert "https://jose.example" in page.text
    assert titles(page, "h3") == ["Ports"]
    assert "José Núñez" in client.get("/people/").text


def test_what_is_not_out_is_named_nowhere(more, client):
    assert client.get("/tags/secret-plans/").status_code == 404
    assert client.get("/people/nobody-yet/").status_code == 404
    assert "Nobody Yet" not in client.get("/people/").text


@pytest.mark.parametrize(
    "path", ["/tags/nothing/", "/people/nobody/", "/tags/trade-routes/?page=2", "/tags/ports/?page=0"]
)
def test_what_does_not_exist_is_not_found(more, client, path):
    assert client.get(path).status_code == 404


def test_pages_answer_before_there_is_any_show_and_in_spanish(client):
    assert "Nobody is named yet." in client.get("/people/").text
    assert 'lang="es"' in client.get("/es/people/").text


def test_members_only_episodes_are_listed_with_the_way_to_join(more, client, services):
    root, tags = Path(services.settings.episodes), "[Ports]"
    head = {"title": "For members", "date": "2026-05-29 06:00", "tags": tags, "access": "members"}
    put(root, "2026-05-29-hidden", parts=[("audio", 23)], **head)
    scan(services.settings, services.db)

    page = client.get("/tags/ports/").text

    assert "For members" in page
    assert "/private/" not in page
