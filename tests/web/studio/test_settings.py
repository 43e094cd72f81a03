"""The studio's pages of the show and its looks: what they change in ``show.yaml``, and that all other bytes stay."""

import io

import pytest
from lxml import html
from PIL import Image

from podcastsvc.catalogue.showfile import writing
from podcastsvc.catalogue.shows import find_show, get_card
from tests.catalogue.folders import make_cover
from tests.web.conftest import make_client, sign_in
from tests.web.studio.conftest import read_field, send_form

YAML = """\
# By hand.
title: {en: The Long Way, es: El camino largo}   # in two languages
author: Ada
owner: {name: Ada, email: ada@example.org}
timezone: Europe/Madrid

categories: [Technology]
benefits:
  - {en: Everything early, es: Todo antes, fr: Tout}
  - No adverts
platforms:
  - {name: YouTube, url: "https://video.example/ada"}
strange: kept
"""


@pytest.fixture
def file(root, show, services, settings):
    from podcastsvc.catalogue.scan import scan_show

    (root / "show.yaml").write_text(YAML)
    scan_show(services.db, services.media, settings, "")
    return root / "show.yaml"


def read_form(page):
    """All fields of a page's main form as a browser would send them, without files."""
    assert page.status_code in {200, 409, 422}, page.text
    form = next(each for each in html.fromstring(page.text).forms if each.xpath(".//*[@name='seen']"))
    # A text area's first line end is no part of its value.
    return {name: value.removeprefix("\n") for name, value in form.form_values()}


@pytest.fixture
def save(studio):
    """Opens a page of settings, types, and sends the form."""

    def send(which, *, page=None, **typed):
        fields = {**read_form(page or studio.get(f"/studio/settings/{which}")), **typed}
        return studio.post(f"/studio/settings/{which}", data=fields)

    return send


def facts_of(services):
    with services.db.reading() as session:
        return get_card(session, find_show(session)).facts


# ---- the show


def test_a_form_that_changes_nothing_leaves_every_byte(file, save):
    reply = save("show")

    assert (reply.status_code, reply.location) == (303, "/studio/settings/show?done=saved")
    assert file.read_text() == YAML


def test_what_was_typed_changes_its_keys_and_nothing_else(file, save, client, services):
    save("show", title_es="El viaje", promise_en="People, on the way: slowly.", owner_email="host@example.org")

    lines = file.read_text().split("\n")

    assert [line for line in lines if line not in YAML.split("\n")] == [
        "title: {en: The Long Way, es: El viaje}",
        "owner: {name: Ada, email: host@example.org}",
        'promise: "People, on the way: slowly."',
    ]
    assert [line for line in YAML.split("\n") if line not in lines] == [
        line for line in YAML.split("\n") if line.startswith(("title", "owner"))
    ]
    assert facts_of(services).promise == {"en": "People, on the way: slowly."}
    assert "El viaje" in client.get("/es/").text


def test_benefits_keep_their_other_languages_while_their_number_stays(file, save, services):
    save("show", benefits_en="Everything early\nNo adverts at all")

    assert facts_of(services).benefits == (
        {"en": "Everything early", "es": "Todo antes", "fr": "Tout"},
        {"en": "No adverts at all"},
    )


def test_categories_platforms_and_quote_are_read_and_can_be_taken_out(file, save, services):
    save(
        "show",
        category_0="Education > How To",
        category_1="History",
        platforms="YouTube https://video.example/ada\nThe other place https://other.example/a b".removesuffix(" b"),
        quote_en="I listen twice.",
        quote_by="Finn",
    )
    first = facts_of(services)
    save("show", category_1="", platforms="", quote_en="", quote_by="")
    second = facts_of(services)

    assert first.categories == (("Education", "How To"), ("History", None))
    assert [link.name for link in first.platforms] == ["YouTube", "The other place"]
    assert (first.quote, first.quote_by) == ({"en": "I listen twice."}, "Finn")
    assert (second.categories, second.platforms, second.quote) == ((("Education", "How To"),), (), {})


@pytest.mark.parametrize(
    ("field", "typed", "message"),
    [
        ("title_en", "", "Write the name of the show."),
        ("owner_email", "nobody", "Write an e-mail address such as you@example.org."),
        ("timezone", "Mars/Olympus", "Write a time zone such as Europe/Madrid."),
        ("category_0", "Knitting", "Choose one of these."),
        ("platforms", "YouTube\nnowhere", "Line 1: write a name and an address"),
        ("platforms", "Bad javascript:alert(1)", "Line 1: write a name and an address"),
        ("promise_es", "x" * 501, "This has 501 characters; at most 500 fit."),
        ("description_en", "ñ" * 2001, "This takes 4002 bytes; apps get 4000."),
        ("benefits_en", "\n".join(["x"] * 13), "At most 12 lines fit."),
    ],
)
def test_a_mistake_comes_back_with_all_that_was_typed(file, save, field, typed, message):
    reply = save("show", **{field: typed, "author": "Ada Lind"})

    assert reply.status_code == 422
    assert message in html.fromstring(reply.text).get_element_by_id("problems").text_content()
    assert read_field(reply, "author") == "Ada Lind"
    assert file.read_text() == YAML


def test_two_tabs_the_second_sees_what_changed_and_loses_nothing(file, save, studio, services):
    late = studio.get("/studio/settings/show")
    save("show", author="Ada Lind")

    refused = save("show", page=late, copyright="Ada 2026")
    again = save("show", page=refused)

    assert refused.status_code == 409
    assert "author: Ada Lind" in html.fromstring(refused.text).xpath("//section[@aria-labelledby='other']//pre")[0].text
    assert read_field(refused, "copyright") == "Ada 2026"
    assert again.status_code == 303
    assert facts_of(services).copyright == "Ada 2026"


def test_a_file_with_a_mistake_is_mended_by_hand_first(file, studio):
    form = read_form(studio.get("/studio/settings/show"))
    file.write_text(YAML + "explicit: maybe\n")

    page = studio.get("/studio/settings/show")
    reply = studio.post("/studio/settings/show", data={**form, "author": "Ada Lind"})

    assert "The show cannot be changed here." in page.text
    assert "show.yaml:14" in page.text
    assert "Mend the file by hand first." in page.text
    assert reply.status_code == 409
    assert read_field(reply, "author") == "Ada Lind"


def test_a_cover_and_a_logo_come_with_the_form(file, root, studio, services):
    fields = read_form(studio.get("/studio/settings/show"))
    logo = make_picture(600, 600)

    reply = send_form(studio, "/studio/settings/show", fields, {"artwork": make_cover(), "logo": logo})

    with services.db.reading() as session:
        card = get_card(session, find_show(session))
    assert reply.status_code == 303, reply.text
    assert (root / "artwork.jpg").read_bytes() == make_cover()
    assert (root / "logo.png").read_bytes() == logo
    assert (card.artwork.pixels, card.logo.pixels, card.logo.widths) == (1400, 600, [160, 320])


def test_another_logo_takes_the_place_of_the_first_and_it_can_be_taken_out(file, root, studio, services):
    def send(files, **more):
        fields = read_form(studio.get("/studio/settings/show"))
        return send_form(studio, "/studio/settings/show", {**fields, **more}, files).status_code

    assert send({"logo": make_picture(600, 600)}) == 303
    assert send({"logo": make_picture(900, 600, "JPEG")}, logo_cut="1") == 303
    there = sorted(path.name for path in root.glob("logo.*"))
    assert send({}, remove="logo") == 303

    assert there == ["logo.jpg"]
    assert list(root.glob("logo.*")) == []


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("artwork", b"GIF89a", "The picture must be a JPEG or PNG."),
        ("artwork", make_cover(600), "apps ask for at least 1400 × 1400"),
        ("logo", make_cover(300), "The picture has 300 × 300 pixels; it needs 512 × 512."),
        ("logo", b"<svg onload='alert(1)'/>", "The picture must be a JPEG or PNG."),
    ],
)
def test_a_picture_that_is_none_is_refused_and_the_words_stay(file, root, studio, name, content, message):
    fields = {**read_form(studio.get("/studio/settings/show")), "author": "Ada Lind"}

    reply = send_form(studio, "/studio/settings/show", fields, {name: content})

    assert reply.status_code == 422
    assert message in html.fromstring(reply.text).get_element_by_id("problems").text_content()
    assert read_field(reply, "author") == "Ada Lind"
    assert list(root.glob(f"{name}.*")) == []


def make_picture(width, height, kind="PNG"):
    out = io.BytesIO()
    Image.new("RGB", (width, height), "teal").save(out, kind)
    return out.getvalue()


def test_a_new_installation_gets_its_show_from_the_form(root, studio, services, client):
    form = read_form(studio.get("/studio/settings/show"))

    reply = studio.post("/studio/settings/show", data={**form, "title_en": "Room Tone", "author": "Ada"})

    assert reply.status_code == 303
    assert (root / "show.yaml").read_text() == "title: Room Tone\nauthor: Ada\nlanguage: en\n"
    assert "Room Tone" in client.get("/").text


def test_each_of_several_shows_has_its_own_file(file, root, studio, services, settings):
    from podcastsvc.catalogue.scan import scan_tree

    (root / "waves").mkdir()
    (root / "waves" / "show.yaml").write_text("title: Short Waves\n")
    scan_tree(services.db, services.media, settings, settle_seconds=0)

    form = read_form(studio.get("/studio/settings/show?show=waves"))
    studio.post("/studio/settings/show", data={**form, "author": "Ben"})

    assert form["title_en"] == "Short Waves"
    assert "author: Ben" in (root / "waves" / "show.yaml").read_text()
    assert file.read_text() == YAML


# ---- the look


def test_the_look_is_written_in_one_line_and_the_page_that_answers_has_it(file, save, studio):
    reply = save("look", has_colour="1", colour="#8a1c5b", scheme="dark")

    page = studio.get(reply.location)

    assert file.read_text() == YAML + 'look: {colour: "#8a1c5b", scheme: dark}\n'
    assert "/theme.css?v=" in page.text
    assert "Saved." in page.text


def test_picking_a_colour_is_enough_and_the_switch_takes_it_back(file, save, services):
    save("look", colour="#8a1c5b")
    first = facts_of(services).look.colour
    form_off = {"has_colour": ""}
    save("look", **form_off)

    assert first == "#8a1c5b"
    assert file.read_text() == YAML


def test_videos_are_let_play_and_no_more(file, save, services):
    save("look", plays_videos="1")
    plays, written = facts_of(services).look.plays_videos, file.read_text()
    save("look", plays_videos="")

    assert plays
    assert written == YAML + "look: {plays_videos: true}\n"
    assert file.read_text() == YAML


def test_blocks_and_menu_are_read_in_the_host_s_order(file, save, services):
    save(
        "look",
        block_membership="1",
        block_episodes="2",
        block_sponsors="",
        menu_0_en="About",
        menu_0_es="Acerca de",
        menu_0_address="/about/",
        menu_1_en="More",
        menu_1_below="Questions | Preguntas | /faq/\nShop | https://shop.example/",
    )

    look = facts_of(services).look

    assert look.home == ("membership", "episodes", "call", "newsletter", "shows", "articles")
    assert [(place.title, place.address) for place in look.menu] == [
        ({"en": "About", "es": "Acerca de"}, "/about/"),
        ({"en": "More"}, ""),
    ]
    assert [(place.title, place.address) for place in look.menu[1].below] == [
        ({"en": "Questions", "es": "Preguntas"}, "/faq/"),
        ({"en": "Shop"}, "https://shop.example/"),
    ]


def test_what_the_look_says_beside_our_keys_stays(file, save):
    file.write_text(YAML + "look: {colour: '#8a1c5b', sound: quiet}\n")

    save("look", scheme="light")

    assert file.read_text() == YAML + 'look: {colour: "#8a1c5b", sound: quiet, scheme: light}\n'


@pytest.mark.parametrize(
    ("typed", "message"),
    [
        ({"has_colour": "1", "colour": "#zzz"}, "This is no colour. Write one such as #0f5b57."),
        ({"scheme": "night"}, "Choose one of these."),
        ({"block_episodes": "99"}, "Enter a whole number from 1 to 7."),
        ({"menu_0_en": "Shop", "menu_0_address": "javascript:alert(1)"}, "Write a path of this site such as /about/"),
        ({"menu_0_address": "/about/"}, "Write what the link says."),
        ({"menu_0_en": "More", "menu_0_below": "Questions"}, "Line 1: write what the link says and where it leads"),
        ({"menu_0_en": "More", "menu_0_below": "A | B | C | /d/"}, "Line 1: write what the link says"),
        ({"menu_0_en": "x" * 41, "menu_0_address": "/x/"}, "This has 41 characters; at most 40 fit."),
    ],
)
def test_a_look_that_cannot_be_comes_back_as_it_was_typed(file, save, typed, message):
    reply = save("look", **typed)

    assert reply.status_code == 422
    assert message in html.fromstring(reply.text).get_element_by_id("problems").text_content()
    assert file.read_text() == YAML


def test_two_tabs_of_the_look_meet_as_those_of_the_show_do(file, save, studio, services):
    late = studio.get("/studio/settings/look")
    save("look", scheme="dark")

    refused = save("look", page=late, has_colour="1", colour="#8a1c5b")
    again = save("look", page=refused)

    assert refused.status_code == 409
    assert "scheme: dark" in refused.text
    assert again.status_code == 303
    assert (facts_of(services).look.colour, facts_of(services).look.scheme) == ("#8a1c5b", "auto")


def test_without_a_show_the_look_waits_for_its_name(root, studio):
    page = studio.get("/studio/settings/look")

    assert "Give the show a name first, under Show." in page.text


def test_a_tree_in_an_object_store_is_changed_by_hand(file, studio, services, monkeypatch):
    class Elsewhere:
        root = None

    monkeypatch.setattr("podcastsvc.web.studio.settings.place.open_tree", lambda _settings: Elsewhere())

    for which in ("show", "look"):
        assert "The files of the show lie in an object store." in studio.get(f"/studio/settings/{which}").text


@pytest.mark.parametrize("which", ["show", "look"])
def test_settings_are_for_hosts_alone(file, app, services, finn, which):
    visitor, member = make_client(app), sign_in(make_client(app), services, finn)

    assert visitor.get(f"/studio/settings/{which}").status_code in {302, 303}
    assert member.get(f"/studio/settings/{which}").status_code in {403, 404}
    assert member.post(f"/studio/settings/{which}", data={}).status_code in {400, 403, 404}


def test_a_full_disk_loses_nothing(file, save, monkeypatch):
    def fail(*_args, **_more):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(writing.files, "write_whole", fail)
    reply = save("show", author="Ada Lind")

    assert reply.status_code == 503
    assert "The disk is full." in reply.text
    assert read_field(reply, "author") == "Ada Lind"
    assert file.read_text() == YAML
