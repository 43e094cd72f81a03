"""People on the site: heard in episodes, writing articles, with a page of the host's; one person is one."""

import io
import json
from pathlib import Path

import pytest
import time_machine
from PIL import Image

from podcastsvc.content import scan
from tests.catalogue.folders import write
from tests.content.texts import write_text
from tests.web.shelf import NOW, main_of, put, read, words
from tests.web.shelf import scan as scan_episodes

pytestmark = pytest.mark.usefixtures("show")


@pytest.fixture(autouse=True)
def at_noon():
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


@pytest.fixture
def root(services):
    return Path(services.settings.episodes)


@pytest.fixture
def tell(root, services, settings):
    """Writes a text and has all of them read."""

    def put_text(file, **head):
        write_text(root, file, **head)
        scan.scan_writings(services.db, services.media, settings, settle_seconds=0)

    return put_text


@pytest.fixture
def heard(root, services):
    """José is heard in an episode."""
    put(root, "2026-05-30-ports", title="Ports", date="2026-05-30 06:00", people="[{name: José Núñez, role: guest}]")
    scan_episodes(services.settings, services.db)


def test_a_person_has_the_host_s_words_photo_role_and_links(root, tell, client):
    out = io.BytesIO()
    Image.new("RGB", (300, 300), "teal").save(out, "PNG")
    write(root / "people/jose.png", out.getvalue())
    tell(
        "people/jose-nunez.md",
        title="José Núñez",
        role="Historian",
        picture="jose.png",
        picture_alt="José at a desk",
        links="[{name: Website, url: https://jose.example/}]",
        body="Has read *every* ledger.\n",
    )

    page = read(client.get("/people/jose-nunez/"))
    said = json.loads(page.xpath("//script[@type='application/ld+json']")[0].text)

    assert "José Núñez Historian" in words(page.find(".//main"))
    assert "Has read every ledger" in words(page.find(".//main"))
    (photo,) = page.find_class("portrait")
    assert (photo.get("alt"), client.get(photo.get("src")).status_code) == ("José at a desk", 200)
    assert "https://jose.example/" in [link.get("href") for link in page.iter("a")]
    assert (said["@type"], said["jobTitle"]) == ("Person", "Historian")


def test_one_who_is_heard_and_written_about_is_one_person(heard, tell, client):
    tell("people/jose.md", title="José Núñez", role="Historian")

    listed = [words(each) for each in read(client.get("/people/")).find_class("person-line")]
    page = main_of(client.get("/people/jose/"))

    assert [each for each in listed if "José" in each] == ["José Núñez Historian 1 episode"]
    assert "Ports" in page


def test_the_address_of_the_name_leads_to_that_of_the_page(heard, tell, client):
    tell("people/jose.md", title="José Núñez")

    reply = client.get("/people/jose-nunez/")

    assert (reply.status_code, reply.location) == (301, "/people/jose/")


def test_authors_of_articles_are_people_with_their_articles(tell, client):
    tell("articles/2026-05-30-maps.md", title="Why maps lie", date="2026-05-30", authors="[Ada Lind]")
    tell("articles/2026-05-30-maps.es.md", title="Por qué mienten", date="2026-05-30", authors="[Ada Lind]")
    tell("articles/2026-06-30-later.md", title="Later", date="2026-06-30", authors="[Nobody Yet]")

    page = main_of(client.get("/people/ada-lind/"))

    assert "1 article" in page
    assert "Why maps lie" in page
    assert "Por qué mienten" in main_of(client.get("/es/people/ada-lind/"))
    assert client.get("/people/nobody-yet/").status_code == 404


def test_a_person_in_two_languages_is_one_and_found_by_either_name(heard, tell, client):
    tell("people/jose.md", title="Joseph Nunez", body="Writes.\n")
    tell("people/jose.es.md", title="José Núñez", body="Escribe.\n")

    assert "Escribe." in main_of(client.get("/es/people/jose/"))
    assert "Ports" in main_of(client.get("/people/jose/"))
    assert client.get("/people/jose-nunez/").location == "/people/jose/"


def test_a_page_that_is_not_out_is_the_host_s_alone(heard, tell, client, studio):
    tell("people/ben-otero.md", title="Ben Otero", draft="true")

    assert client.get("/people/ben-otero/").status_code == 404
    assert "Only you see this page like this." in studio.get("/people/ben-otero/").text
    assert "Ben Otero" not in client.get("/people/").text


def test_a_page_that_was_taken_back_is_gone_unless_the_person_is_heard(heard, tell, client):
    tell("people/ben-otero.md", title="Ben Otero", expires="2026-06-01")
    tell("people/jose-nunez.md", title="José Núñez", expires="2026-06-01", body="Secret words.\n")

    assert client.get("/people/ben-otero/").status_code == 410
    assert "Secret words" not in main_of(client.get("/people/jose-nunez/"))


def test_an_unlisted_person_has_a_page_and_no_place_in_lists(tell, client):
    tell("people/ben-otero.md", title="Ben Otero", listed="false")

    assert client.get("/people/ben-otero/").status_code == 200
    assert "Ben Otero" not in client.get("/people/").text


def test_a_kept_page_takes_up_a_change(tell, client, at_noon):
    tell("people/ben-otero.md", title="Ben Otero", role="Editor")
    client.get("/people/ben-otero/")
    at_noon.shift(1)

    tell("people/ben-otero.md", title="Ben Otero", role="Writer")

    assert "Writer" in main_of(client.get("/people/ben-otero/"))


def test_the_map_names_people_who_are_heard_and_none_who_are_hidden(tell, heard, client):
    tell("people/quiet.md", title="Quiet", listed="false")
    tell("people/later.md", title="Later", date="2030-01-01 06:00")

    found = client.get("/sitemap.xml").text

    assert "<loc>http://127.0.0.1:8000/people/jose-nunez/</loc>" in found
    assert "<loc>http://127.0.0.1:8000/es/people/jose-nunez/</loc>" in found
    assert "/people/quiet/" not in found
    assert "/people/later/" not in found
