"""Plans and prices: what is sold, in which language, and what changes when the host changes it."""

import pytest

from podcastsvc.billing import plans
from podcastsvc.billing.facts import PriceFacts
from podcastsvc.billing.letters.texts import list_reasons, write_price
from podcastsvc.errors import Invalid, NotFound
from podcastsvc.kit import clock
from podcastsvc.kit.money import Money
from podcastsvc.storage.tables.billing import Price


@pytest.fixture
def session(db):
    with db.transaction() as session:
        plans.make_first_plan(session, clock.now())
        session.flush()
        yield session


def test_first_plan_costs_six_a_month_or_sixty_a_year_in_both_languages(session):
    (english,), (spanish,) = plans.list_plans(session, "en"), plans.list_plans(session, "es")

    assert (english.title, spanish.title) == ("Member", "Miembro")
    assert [(price.interval, price.money.format("en")) for price in english.prices] == [
        ("year", "€60"),
        ("month", "€6"),
    ]


def test_first_plan_is_made_once(session):
    plans.make_first_plan(session, clock.now())

    assert len(plans.list_plans(session, "en")) == 1


def test_new_amount_is_a_new_price_and_the_old_one_is_closed(session):
    before = plans.list_plans(session, "en")[0].prices[1]

    plans.set_price(session, "members", "month", Money(700, "EUR"), clock.now())

    after = plans.list_plans(session, "en")[0].prices[1]
    assert (after.money.amount_minor, after.id != before.id) == (700, True)
    assert plans.find_price(session, before.id, "en").money.amount_minor == 600
    assert not plans.find_price(session, before.id, "en").is_open


def test_same_amount_changes_nothing(session):
    before = plans.list_plans(session, "en")

    plans.set_price(session, "members", "month", Money(600, "EUR"), clock.now())

    assert plans.list_plans(session, "en") == before


def test_another_currency_is_sold_beside_the_first(session):
    plans.set_price(session, "members", "month", Money(700, "USD"), clock.now())

    assert sorted(price.money.currency for price in plans.list_plans(session, "en")[0].prices) == ["EUR", "EUR", "USD"]


def test_closed_plan_is_listed_for_the_studio_only(session):
    plans.save_plan(session, "members", {"en": {"title": "Member"}}, is_open=False, now=clock.now())

    assert plans.list_plans(session, "en") == []
    assert [plan.is_open for plan in plans.list_plans(session, "en", with_closed=True)] == [False]


@pytest.mark.parametrize("amount", [0, -1, 100_000_000])
def test_amount_that_cannot_be_charged_is_refused(session, amount):
    with pytest.raises(Invalid) as refused:
        plans.set_price(session, "members", "month", Money(amount, "EUR"), clock.now())

    assert list(refused.value.fields) == ["month"]


def test_currency_that_nobody_pays_with_is_refused(session):
    with pytest.raises(Invalid) as refused:
        plans.set_price(session, "members", "month", Money(600, "XXX"), clock.now())

    assert list(refused.value.fields) == ["currency"]


@pytest.mark.parametrize("key", ["", "Members", "all access", "x" * 41, "é"])
def test_key_of_other_characters_is_refused(session, key):
    with pytest.raises(Invalid):
        plans.save_plan(session, key, {"en": {"title": "A plan"}}, now=clock.now())


def test_plan_without_a_title_names_the_field(session):
    with pytest.raises(Invalid) as caught:
        plans.save_plan(session, "extra", {"en": {"title": "Extra"}, "es": {"title": " "}}, now=clock.now())

    assert list(caught.value.fields) == ["title_es"]


def test_price_of_an_unknown_plan_is_not_found(session):
    with pytest.raises(NotFound):
        plans.set_price(session, "nothing", "month", Money(600, "EUR"), clock.now())


def test_language_that_the_plan_lacks_falls_back_to_one_that_it_has(session):
    plans.save_plan(session, "extra", {"es": {"title": "Más"}}, now=clock.now())
    plans.set_price(session, "extra", "year", Money(900, "EUR"), clock.now())

    assert plans.list_plans(session, "en")[1].title == "Más"


def test_prices_of_stripe_are_ours_by_id_or_by_what_they_carry(session):
    price = session.get(Price, plans.list_plans(session, "en")[0].prices[0].id)
    price.stripe_id = "price_known"
    session.flush()
    carried = {"site": "here", "plan": "members", "price": str(price.id)}

    found = plans.read_plans_of(
        session,
        [
            make_price("price_known"),
            make_price("price_carried", carried),
            make_price("price_elsewhere", carried | {"site": "there"}),
            make_price("price_of_nothing", carried | {"plan": "nothing"}),
            make_price("price_chosen", product_id="podcastsvc_here_members"),
            make_price("price_other"),
        ],
        "here",
    )

    ours = ("members", price.id)
    assert found == {"price_known": ours, "price_carried": ours, "price_chosen": ("members", None)}


def make_price(stripe_id, metadata=None, *, product_id="prod_other"):
    return PriceFacts(stripe_id, product_id, None, "month", None, True, False, "inclusive", metadata or {})


def test_price_is_written_as_people_say_it():
    assert write_price(Money(6000, "EUR"), "year", "en") == "€60 a year"
    assert write_price(Money(650, "USD"), "month", "en") == "$6.50 a month"
    assert write_price(Money(500, "EUR"), "once", "en") == "€5 once"
    assert write_price(Money(500, "EUR"), None, "en") == "€5"


def test_every_reason_for_leaving_has_words():
    from podcastsvc.billing.portal import REASONS

    assert {word for word, _ in list_reasons("en")} == set(REASONS)


def test_plans_are_called_as_their_language_has_it_also_closed_ones(session):
    plans.save_plan(session, "members", {"en": {"title": "Member"}, "es": {"title": "Miembro"}}, now=clock.now())
    plans.save_plan(session, "old", {"en": {"title": "Old"}}, is_open=False, position=1, now=clock.now())

    assert plans.list_titles(session, "es") == {"members": "Miembro", "old": "Old"}
