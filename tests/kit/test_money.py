"""Money as people write it, and the limits of texts."""

import pytest

from podcastsvc.kit.money import Money, is_currency, read_money


@pytest.mark.parametrize(
    ("money", "english", "spanish"),
    [
        (Money(6000, "eur"), "€60", "60 €"),
        (Money(650, "EUR"), "€6.50", "6,50 €"),
        (Money(1234500, "EUR"), "€12,345", "12.345 €"),
        (Money(120000, "USD"), "$1,200", "1.200 US$"),
        (Money(500, "JPY"), "¥500", "500 JPY"),
        (Money(1500, "KWD"), "KWD1.500", "1,500 KWD"),
        (Money(0, "EUR"), "€0", "0 €"),
    ],
)
def test_money_is_written_as_each_language_writes_it(money, english, spanish):
    assert money.format("en") == english
    assert money.format("es").replace("\xa0", " ") == spanish


def test_amounts_are_exact():
    assert str(Money(605, "EUR").decimal) == "6.05"
    assert str(Money(605, "JPY").decimal) == "605"
    assert str(Money(605, "KWD").decimal) == "0.605"


@pytest.mark.parametrize("code", ["EUR", "USD", "GBP", "JPY", "MXN", "BHD"])
def test_money_of_today_is_a_currency(code):
    assert is_currency(code)


@pytest.mark.parametrize("code", ["", "eur", "EURO", "XXX", "XTS", "XAU", "DEM", "€"])
def test_metals_tests_and_past_money_are_none(code):
    assert not is_currency(code)


@pytest.mark.parametrize(
    ("typed", "currency", "minor"),
    [("6", "EUR", 600), (" 6.5 ", "EUR", 650), ("6,50", "EUR", 650), ("500", "JPY", 500), ("1.234", "KWD", 1234)],
)
def test_amounts_are_read_as_people_type_them(typed, currency, minor):
    assert read_money(typed, currency) == Money(minor, currency)


@pytest.mark.parametrize("typed", ["", "0", "-1", "free", "1e3", "1.234", "6.50.1", "12345678", "٣", "6 €"])
def test_what_is_no_amount_is_none(typed):
    assert read_money(typed, "EUR") is None


def test_a_price_for_several_is_the_price_of_one_as_often_in_its_currency() -> None:
    assert Money(600, "EUR").times(3) == Money(1800, "EUR")
