"""The contract test itself can fail."""

import pytest

from tests.billing.contract import check_request


@pytest.mark.parametrize(
    ("body", "complaint"),
    [
        ("mode=subscription&payment_method_type=card", "payment_method_type does not exist"),
        ("mode=subscribe", "'subscribe' is none of"),
        ("mode=subscription&expires_at=soon", "'soon' is no int"),
        ("mode=subscription&line_items[0][qty]=1", "line_items[0].qty does not exist"),
        ("mode=subscription&line_items[1][quantity]=1", "is no list"),
        ("mode=subscription&line_items[0][price_data][unit_amount]=5", "currency is required"),
        ("mode=subscription&allow_promotion_codes=yes", "'yes' is no bool"),
        ("mode=subscription&metadata=x", "is no mapping"),
        ("mode=subscription&customer[id]=cus_1", "fields stand where one value belongs"),
        ("mode=subscription&ui_mode=embedded", "'embedded' is none of"),
        ("mode=subscription&success_url=", "success_url is empty"),
    ],
)
def test_wrong_request_is_named(body, complaint):
    problems = check_request("POST", "https://api.stripe.com/v1/checkout/sessions", body.encode())

    assert complaint in " ".join(problems)


def test_right_request_passes():
    body = b"mode=subscription&line_items[0][price]=price_1&line_items[0][quantity]=1&metadata[order]=01&locale=auto"

    assert check_request("POST", "https://api.stripe.com/v1/checkout/sessions", body) == []


def test_call_outside_the_table_is_refused():
    assert check_request("POST", "https://api.stripe.com/v1/payouts", b"amount=1") != []


def test_clearing_a_field_with_nothing_is_allowed_where_stripe_allows_it():
    assert check_request("POST", "https://api.stripe.com/v1/subscriptions/sub_1", b"cancel_at=") == []
