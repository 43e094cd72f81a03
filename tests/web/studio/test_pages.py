"""Overview, numbers and e-mails of the studio."""

import re
from dataclasses import replace
from datetime import date, timedelta

import pytest
from lxml import html
from sqlalchemy import select

from podcastsvc.catalogue.audio import WRONG_FORMAT
from podcastsvc.catalogue.scan import scan_tree
from podcastsvc.kit.language import gettext
from podcastsvc.mail import outbox
from podcastsvc.mail.folder import FolderTransport
from podcastsvc.mail.transports import FOLDER
from podcastsvc.services import Services
from podcastsvc.storage.tables.episode import Episode
from podcastsvc.storage.tables.letter import Letter
from podcastsvc.storage.tables.stats import DownloadCount
from tests.web.conftest import make_client, make_member, sign_in
from tests.web.people import work
from tests.web.shelf import words
from tests.web.studio.conftest import RECORDING, buy_year


@pytest.fixture
def downloads(show, publish, services):
    """Three downloads a day for ten days, by two apps."""
    publish(audio=RECORDING)
    with services.db.transaction() as session:
        guid = session.scalars(select(Episode.guid)).one()
        for ago in range(10):
            for app, count in (("Overcast", 2), ("AntennaPod", 1)):
                day = date(2026, 6, 2) - timedelta(days=ago)
                row = {"day": day, "episode_guid": guid, "audience": "public", "app": app, "device": "phone"}
                session.add(DownloadCount(**row, is_preview=False, is_asked=False, is_anomaly=False, count=count))


def test_a_show_that_is_not_there_yet_is_no_failure(studio):
    for path in ("/studio/", "/studio/episodes", "/studio/numbers", "/studio/members", "/studio/letters"):
        assert studio.get(path).status_code == 200

    assert "There is no show yet" in studio.get("/studio/").text
    assert "Put a show.yaml" in studio.get("/studio/episodes/new").text


def test_the_five_steps_lead_on_and_can_be_hidden(show, studio, press):
    before = studio.get("/studio/").text

    press("/studio/", "/studio/steps/hide")

    assert "Five steps to begin" in before
    assert "Five steps to begin" not in studio.get("/studio/").text


def test_looking_at_the_site_is_a_step_that_is_kept(show, studio, press):
    reply = press("/studio/", "/studio/look")

    assert reply.location == "/"
    assert studio.get("/studio/").text.count(">done<") == 2


def read_figures(studio):
    (figures,) = html.fromstring(studio.get("/studio/").text).find_class("figures")
    return words(figures)


def test_figures_say_what_is_out_and_what_comes(show, studio, publish):
    publish(audio=RECORDING)
    publish(audio=RECORDING, title="Later", when="at", at="2026-06-09T06:00")
    publish("draft", title="Not yet")

    page = studio.get("/studio/").text

    assert "“Later”" in page
    assert "nobody pays yet" in page
    assert "Members 0 nobody yet" in read_figures(studio)


def test_the_overview_tells_monthly_income_and_who_came_and_left(app, show, services, studio):
    buy_year(app, services)
    work(services)

    figures = read_figures(studio)

    assert "Members 1 +1 new, 0 left, 30 days" in figures
    assert "Monthly income €5 from memberships, before Stripe’s fees" in figures


def test_the_overview_s_episodes_lead_to_their_forms_and_say_what_members_heard(show, services, studio, publish):
    publish(audio=RECORDING)

    table = html.fromstring(studio.get("/studio/").text).xpath("//table[caption='Episodes, first 7 days']")[0]

    (link,) = table.iter("a")
    assert re.fullmatch(r"/studio/episodes/\d+", link.get("href"))
    assert [words(cell) for cell in table.findall(".//td")] == ["0", "0", "–"]


def test_a_folder_with_a_mistake_is_the_one_note(show, studio, root, services, settings):
    (root / "broken").mkdir()
    (root / "broken" / "notes.md").write_text("---\ntitle: X\ndate: soon\n---\n")
    scan_tree(services.db, services.media, settings, settle_seconds=0)

    page = studio.get("/studio/").text

    assert "One folder has a mistake." in page
    assert "notes.md:3" in page


def test_numbers_count_days_episodes_and_apps(downloads, studio):
    page = studio.get("/studio/numbers").text

    assert ">30<" in page
    assert "Overcast" in page
    assert "67%" in page


@pytest.mark.parametrize("query", ["days=7", "days=x", "days=-1", "days=99999999999"])
def test_a_span_that_is_none_of_ours_is_the_usual_one(show, studio, query):
    assert 'aria-current="page">28 days' in studio.get(f"/studio/numbers?{query}").text


def test_numbers_of_a_show_that_is_none_of_ours_are_not_found(show, studio):
    assert studio.get("/studio/numbers?show=other").status_code == 404


@pytest.fixture
def letter(show, press, services):
    """The name of the letter that came of sending Ben his link."""
    path = press("/studio/members/new", "/studio/members/new", email="ben@example.org", language="en").location
    press(path, f"{path}/links/2/send")
    with services.db.reading() as session:
        found = session.scalars(select(Letter)).all()
    for each in found:
        outbox.send_letter(services.db, FolderTransport(services.settings.data / FOLDER), each.id)
    return sorted((services.settings.data / FOLDER).glob("*.eml"))[-1].name


def test_letters_without_a_mail_server_can_be_read(letter, studio):
    listed, shown = studio.get("/studio/letters").text, studio.get(f"/studio/letters/{letter}").text

    assert "ben@example.org" in listed
    assert f"/studio/letters/{letter}" in listed
    assert '<a href="http://127.0.0.1:8000/' in shown


@pytest.mark.parametrize("name", ["..%2Fkey", "key", "20260602T100000-none.eml", ".eml"])
def test_nothing_but_letters_is_shown_t_x6(show, studio, name):
    assert studio.get(f"/studio/letters/{name}").status_code == 404


def test_with_a_mail_server_the_list_shows_states_and_no_whole_address_t_m6(letter, services, app, ada):
    from podcastsvc.app import create_app

    settings = replace(services.settings, smtp_url="smtp://127.0.0.1:2525")
    others = Services(settings)
    studio = sign_in(make_client(create_app(settings, others)), services, ada)

    page = studio.get("/studio/letters").text
    others.close()

    assert "ben@example.org" not in page
    assert "b•••@example.org" in page


def test_what_the_scan_found_is_said_in_the_hosts_language(show, app, services, settings, root):
    folder = root / "2026-05-30-maps"
    folder.mkdir()
    (folder / "notes.md").write_text("---\ntitle: Maps\n---\n")
    (folder / "audio.mp3").write_bytes(b"no sound at all" * 100)
    scan_tree(services.db, services.media, settings, settle_seconds=0)
    client = sign_in(make_client(app), services, make_member(services, "ines@example.org", role="host", language="es"))

    page = client.get("/studio/")

    assert gettext("es").gettext(WRONG_FORMAT) != WRONG_FORMAT
    assert gettext("es").gettext(WRONG_FORMAT) in page.text
    assert WRONG_FORMAT not in page.text
