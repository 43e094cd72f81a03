"""The studio's coupons: made by a form, shared by a link, closed for good."""

import pytest
from lxml import html

from tests.web.studio.conftest import read_field

pytestmark = pytest.mark.usefixtures("show")

USUAL = {"code": "spring-27", "percent_off": "50", "currency": "EUR", "duration": "once"}


@pytest.fixture
def make(press):
    def send(**values):
        return press("/studio/coupons", "/studio/coupons", **{**USUAL, **values})

    return send


def test_coupon_is_made_and_its_link_lowers_the_price(make, studio, client):
    reply = make()

    page = studio.get(reply.location).text
    assert "The coupon is made. Share its link." in page
    assert "http://127.0.0.1:8000/join?coupon=SPRING-27" in page
    assert "€30 for the first payment, then €60 a year." in client.get("/join?coupon=SPRING-27").text


def test_list_says_what_it_takes_off_and_its_limits(make, studio):
    make(
        percent_off="",
        amount="2.50",
        duration="months",
        months="3",
        plan="members",
        last_day="2026-06-30",
        most="20",
        is_first_time_only="1",
    )

    page = studio.get("/studio/coupons").text
    for words in ("€2.50", "Payments of 3 months", "Member", "New members only", "At most 20 times", "Until 30 June"):
        assert words in page


def test_closed_coupon_is_offered_no_more(make, press, studio, client):
    make()

    press("/studio/coupons", "/studio/coupons/1/close")

    assert "coupon=SPRING-27" not in studio.get("/studio/coupons").text
    assert "This code cannot be used any more" in client.get("/join?coupon=SPRING-27").text


@pytest.mark.parametrize(
    ("values", "name", "sentence"),
    [
        ({"code": ""}, "code", "Use 3 to 30 letters"),
        ({"code": "a b"}, "code", "Use 3 to 30 letters"),
        ({"percent_off": ""}, "percent_off", "Enter either per cent or an amount."),
        ({"amount": "5"}, "percent_off", "Enter either per cent or an amount."),
        ({"percent_off": "101"}, "percent_off", "Enter a number above 0"),
        ({"percent_off": "some"}, "percent_off", "Enter a number above 0"),
        ({"percent_off": "", "amount": "some"}, "amount", "Enter an amount such as 6 or 6.50."),
        ({"percent_off": "", "amount": "5", "currency": "XXX"}, "currency", "Enter a currency"),
        ({"duration": "months"}, "months", "Enter for how many months."),
        ({"last_day": "2026-06-01"}, "last_day", "Choose a day from tomorrow on."),
        ({"last_day": "soon"}, "last_day", "Enter a day such as"),
        ({"most": "0"}, "most", "Enter a whole number"),
        ({"plan": "none"}, "plan", "Choose one of these."),
        ({"duration": "never"}, "duration", "Choose one of these."),
    ],
)
def test_coupon_that_cannot_be_comes_back_as_typed(make, values, name, sentence):
    page = make(**values)

    assert page.status_code == 422
    found = html.fromstring(page.text)
    assert sentence in found.get_element_by_id("problems").text_content()
    assert f"#{name}" in found.xpath("//*[@id='problems']//a/@href")
    assert found.get_element_by_id(name) is not None
    if name != "plan" and name != "duration":
        assert read_field(page, name) == {**USUAL, **values}.get(name, "")


def test_same_code_again_is_refused(make):
    make()

    assert "This code was used before." in make().text


def test_coupon_that_never_was_cannot_be_closed(press):
    assert press("/studio/coupons", "/studio/coupons/9/close").status_code == 404


def test_only_hosts_make_coupons(client):
    assert client.get("/studio/coupons").status_code == 303
