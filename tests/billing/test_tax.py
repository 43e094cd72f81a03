"""Taxes: what Stripe is asked to work out, for whom, and what never is (payments.md 5 and 6)."""

from dataclasses import replace

import pytest

from podcastsvc.billing import plans
from podcastsvc.billing.checkout import Opened
from podcastsvc.billing.tax import NO_TAX, TaxRules, write_tax
from podcastsvc.members.entitlements import Standing
from podcastsvc.storage.tables.billing import Order
from tests.billing.conftest import START
from tests.billing.till import Till

STRIPE_TAX = TaxRules("stripe_tax")
ADDED = TaxRules("stripe_tax", "exclusive")
MANAGED = TaxRules("managed", "exclusive")
AUTOMATIC = {"automatic_tax": {"enabled": True}}
KNOWN = AUTOMATIC | {"customer_update": {"address": "auto", "name": "auto"}}
SELLER = {"managed_payments": {"enabled": True}}


@pytest.mark.parametrize(
    ("rules", "kind", "renews", "has_customer", "params"),
    [
        (NO_TAX, "membership", True, False, {}),
        (STRIPE_TAX, "membership", True, False, AUTOMATIC),
        (STRIPE_TAX, "membership", True, True, KNOWN),
        (STRIPE_TAX, "gift", False, True, KNOWN),
        (STRIPE_TAX, "consultation", False, False, AUTOMATIC),
        (STRIPE_TAX, "donation", False, False, {}),
        (STRIPE_TAX, "donation", True, True, {}),
        (MANAGED, "membership", True, True, SELLER),
        (MANAGED, "membership", False, True, {}),
        (MANAGED, "gift", False, False, {}),
        (MANAGED, "donation", True, False, {}),
    ],
)
def test_parameters_of_each_kind(rules, kind, renews, has_customer, params):
    assert write_tax(rules, kind, renews=renews, has_customer=has_customer) == params


@pytest.mark.parametrize(
    ("rules", "is_added"), [(NO_TAX, False), (STRIPE_TAX, False), (ADDED, True), (TaxRules("off", "exclusive"), False)]
)
def test_more_than_the_price_is_charged_only_where_tax_comes_on_top(rules, is_added):
    assert rules.is_added is is_added


@pytest.fixture
def taxed(db, keys, tmp_path, time_machine):
    """A till whose host has worked with Stripe Tax from the first day, on top of the prices."""
    time_machine.move_to(START, tick=False)
    till = Till.open(db, keys, tmp_path, time_machine, works=False)
    till.desk = replace(till.desk, tax=ADDED)
    till.work()
    yield till
    till.close()


def fetch_sessions(till):
    """The checkout sessions as Stripe has them, newest first."""
    return till.client().checkout.sessions.list().data


def test_a_visitor_and_a_member_are_taxed_without_a_refusal(taxed):
    visitor = taxed.join("ben@example.org")
    member = taxed.join(member_id=taxed.sign_up("dev@example.org"))

    assert isinstance(visitor, Opened)
    assert isinstance(member, Opened)
    assert [each.automatic_tax.enabled for each in fetch_sessions(taxed)] == [True, True]


def test_prices_and_products_say_what_they_are_to_a_tax_office(taxed):
    taxed.join("ben@example.org")

    (price,) = [each for each in taxed.client().prices.list().data if each.recurring.interval == "month"]
    product = taxed.client().products.retrieve(price.product)
    assert (price.tax_behavior, product.tax_code) == ("exclusive", "txcd_10401200")


def test_without_taxes_prices_hold_theirs_and_products_say_nothing(till):
    till.join("ben@example.org")

    (price,) = [each for each in till.client().prices.list().data if each.recurring.interval == "month"]
    product = till.client().products.retrieve(price.product)
    assert (price.tax_behavior, product.tax_code) == ("inclusive", None)
    assert not fetch_sessions(till)[0].automatic_tax.enabled


def test_a_price_that_does_not_say_whether_it_holds_the_tax_is_not_sold(till):
    """One that was made in Stripe's dashboard under our key, say."""
    till.join("ben@example.org")
    till.desk = replace(till.desk, tax=STRIPE_TAX)
    (old,) = [each for each in till.client().prices.list().data if each.recurring.interval == "month"]
    silent = till.client().prices.create(
        {
            "product": old.product,
            "currency": "eur",
            "unit_amount": old.unit_amount,
            "recurring": {"interval": "month"},
            "lookup_key": old.lookup_key,
            "transfer_lookup_key": True,
        }
    )
    plans.forget_price(till.desk, till.find_price())

    till.join("dev@example.org")

    made = [each for each in till.client().prices.list().data if each.lookup_key == old.lookup_key]
    assert [each.tax_behavior for each in made] == ["inclusive"]
    assert made[0].id != silent.id


def test_a_plan_s_tax_code_reaches_a_product_that_was_made_before(till):
    till.join("ben@example.org")
    till.desk = replace(till.desk, tax=replace(STRIPE_TAX, code="txcd_10000000"))

    till.join("dev@example.org", interval="year")

    (product,) = till.client().products.list().data
    assert product.tax_code == "txcd_10000000"


def test_a_gift_is_taxed_and_its_amount_says_how(taxed):
    code = taxed.buy_gift()

    assert code
    (session,) = fetch_sessions(taxed)
    assert session.automatic_tax.enabled
    assert taxed.redeem(code)


def test_stripe_sells_memberships_in_the_host_s_place(till):
    till.desk = replace(till.desk, tax=MANAGED)

    till.subscribe()

    (session,) = fetch_sessions(till)
    assert session.managed_payments.enabled
    assert not session.automatic_tax.enabled
    assert till.entitlement("ben@example.org").standing is Standing.ACTIVE
    assert [order.state for order in till.rows(Order)] == ["paid"]
