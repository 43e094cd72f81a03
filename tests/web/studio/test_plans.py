"""The studio's plans: words in each language, prices, and whether they can be joined."""

import pytest
from lxml import html

from tests.web.studio.conftest import read_field

pytestmark = pytest.mark.usefixtures("show")

USUAL = {"title_en": "Friends", "currency": "EUR", "month": "3", "year": "30", "is_open": "1"}


@pytest.fixture
def save(press):
    def send(path="/studio/plans/new", **values):
        filled = {name: value for name, value in {**USUAL, **values}.items() if value is not None}
        return press(path, path, **filled)

    return send


def test_a_new_plan_can_be_joined(save, client):
    reply = save(summary_en="The small one.", benefits_en="All episodes\n\nA card")

    page = client.get("/join").text
    assert reply.status_code == 303
    assert "Friends" in page
    assert "€30" in page


def test_a_plan_shows_what_was_saved(save, studio):
    save(title_es="Amigos", summary_en="The small one.", benefits_en="All episodes\nA card", month="3,50")

    page = studio.get("/studio/plans/friends")

    assert read_field(page, "title_es") == "Amigos"
    assert read_field(page, "benefits_en") == "All episodes\nA card"
    assert (read_field(page, "month"), read_field(page, "year")) == ("3.50", "30")


def test_a_closed_plan_is_not_offered(save, client, studio):
    save()

    save("/studio/plans/friends", is_open=None)

    assert "Closed" in studio.get("/studio/plans").text
    assert "Friends" not in client.get("/join").text


def test_another_amount_takes_the_place_of_the_old(save, client):
    save()

    save("/studio/plans/friends", year="36")

    page = client.get("/join").text
    assert "€36" in page
    assert "€30" not in page


def test_a_price_without_an_amount_is_not_on_sale(save, client):
    save()

    save("/studio/plans/friends", month="")

    page = client.get("/join").text
    assert "€30" in page
    assert "€3 " not in page


def test_two_plans_of_one_title_have_two_keys(save, studio):
    save()
    save()

    assert studio.get("/studio/plans/friends").status_code == 200
    assert studio.get("/studio/plans/friends-2").status_code == 200


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"title_en": ""}, "Enter a title."),
        ({"title_en": "x" * 81}, "at most 80 fit"),
        ({"title_es": "", "summary_es": "Resumen"}, "Enter a title."),
        ({"month": "free"}, "Enter an amount such as 6 or 6.50."),
        ({"month": "-1"}, "Enter an amount such as 6 or 6.50."),
        ({"month": "0"}, "Enter an amount such as 6 or 6.50."),
        ({"month": "1.234"}, "Enter an amount such as 6 or 6.50."),
        ({"year": "1e9"}, "Enter an amount such as 6 or 6.50."),
        ({"year": "9999999"}, "amount"),
        ({"currency": "EURO"}, "Enter a currency"),
        ({"currency": "XXX"}, "Enter a currency"),
        ({"currency": "DEM"}, "Enter a currency"),
        ({"currency": "JPY", "month": "6.50"}, "Enter an amount"),
        ({"summary_en": "x" * 301}, "at most 300 fit"),
    ],
)
def test_a_field_that_cannot_be_used_brings_the_form_back_as_typed(save, client, values, sentence):
    page = save(**values)

    assert page.status_code == 422
    assert sentence in page.text
    for name, value in {**USUAL, **values}.items():
        if name != "is_open":
            assert read_field(page, name) == value
    assert "Friends" not in client.get("/join").text


@pytest.mark.parametrize("name", ["month", "year"])
def test_summary_of_mistakes_leads_to_the_amount_that_is_too_high(save, name):
    page = html.fromstring(save(**{name: "9999999"}).text)

    (link,) = page.xpath("//*[@role='alert']//a/@href")
    assert page.get_element_by_id(link.removeprefix("#")).get("name") == name


@pytest.mark.parametrize("missing", ["month", "year", "currency", "is_open"])
def test_a_form_without_a_field_comes_back_with_its_mistakes(save, missing):
    page = save(**{"title_en": "", missing: None})

    assert page.status_code == 422
    assert "Enter a title." in page.text


def test_control_characters_are_taken_out(save, studio):
    save(title_en="Fri\x00ends", summary_en="A\x07 plan")

    assert read_field(studio.get("/studio/plans/friends"), "title_en") == "Friends"


def test_a_plan_that_never_was_is_not_found(studio):
    assert studio.get("/studio/plans/none").status_code == 404


def test_one_payment_for_some_months_can_be_sold(save, studio, client):
    save(month="", year="", once="90", once_months="12")

    page = studio.get("/studio/plans/friends")
    assert (read_field(page, "once"), read_field(page, "once_months")) == ("90", "12")
    assert "for 12 months" in client.get("/join").text


def test_members_may_choose_the_amount_within_bounds(save, studio):
    save(month="5", month_least="3", month_most="50")

    page = studio.get("/studio/plans/friends")
    assert [read_field(page, name) for name in ("month", "month_least", "month_most")] == ["5", "3", "50"]
    assert "<details open>" in page.text


def test_trial_is_kept_and_can_be_taken_away(save, studio):
    save(trial_days="14", trial_needs_card="1")

    page = studio.get("/studio/plans/friends")
    assert read_field(page, "trial_days") == "14"
    assert 'name="trial_needs_card" value="1" checked' in page.text
    save("/studio/plans/friends", trial_days="", trial_needs_card=None)
    page = studio.get("/studio/plans/friends")
    assert read_field(page, "trial_days") == ""
    assert 'name="trial_needs_card" value="1" checked' not in page.text


@pytest.mark.parametrize(
    ("values", "name", "sentence"),
    [
        ({"month": "3", "month_least": "5"}, "month_least", "The lowest amount must be the smallest"),
        ({"month": "60", "month_least": "5", "month_most": "50"}, "month_least", "and the highest the largest"),
        ({"month": "6", "month_most": "50"}, "month_least", "Enter the lowest amount."),
        ({"once": "", "once_least": "5"}, "once", "Enter the amount that you suggest."),
        ({"once": "9", "once_months": "0"}, "once_months", "Enter a whole number from 1 to 120."),
        ({"trial_days": "731"}, "trial_days", "Enter a whole number from 0 to 730."),
        ({"trial_days": "two"}, "trial_days", "Enter a whole number"),
    ],
)
def test_what_cannot_be_sold_brings_the_form_back_beside_its_field(save, values, name, sentence):
    page = save(**values)

    assert page.status_code == 422
    assert sentence in html.fromstring(page.text).get_element_by_id(f"{name}-error").text_content()


def test_host_lets_members_pause_and_takes_it_back(press, studio):
    before = studio.get("/studio/plans").text

    reply = press("/studio/plans", "/studio/pausing", may_pause="1")
    after = studio.get(reply.location).text
    press("/studio/plans", "/studio/pausing")

    on = 'name="may_pause" value="1" checked'
    assert (on in before, on in after, on in studio.get("/studio/plans").text) == (False, True, False)
    assert "Saved." in after
