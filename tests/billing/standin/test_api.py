"""The manners of the API: keys, versions, errors, idempotency keys, lists, expand."""

import json
from urllib.parse import urlencode

import pytest
import stripe

from podcastsvc.billing.standin.transport import make_call
from tests.billing.standin.playing import InProcess


def ask(player, method, path, form=(), **headers):
    """A plain request in process; status, headers, body as JSON."""
    given = {"Authorization": "Bearer sk_test_x", **{name.replace("_", "-"): text for name, text in headers.items()}}
    status, answered, body = make_call(player.standin)(method, path, given, urlencode(form).encode())
    return status, answered, json.loads(body)


@pytest.mark.parametrize("key", ["", "Bearer", "Bearer pk_test_1", "Basic c2s6", "Bearer whsec_1"])
def test_request_without_a_secret_test_key_is_refused(player, key):
    status, _, body = ask(player, "GET", "/v1/account", Authorization=key)

    assert (status, body["error"]["type"]) == (401, "invalid_request_error")


@pytest.mark.parametrize("key", ["sk_live_51abc", "rk_live_51abc"])
def test_live_key_is_refused_and_not_repeated(player, key):
    client = stripe.StripeClient(key, http_client=InProcess(make_call(player.standin)))

    with pytest.raises(stripe.AuthenticationError, match="refuses live keys") as caught:
        client.v1.accounts.retrieve_current()

    assert "51abc" not in str(caught.value)


def test_restricted_test_key_is_taken(player):
    client = stripe.StripeClient("rk_test_1", http_client=InProcess(make_call(player.standin)))

    assert client.v1.accounts.retrieve_current().id.startswith("acct_")


def test_other_version_is_refused(player):
    status, _, body = ask(player, "GET", "/v1/account", Stripe_Version="2022-11-15")

    assert status == 400
    assert "2026-10-28.endive" in body["error"]["message"]


def test_answer_carries_request_id_version_and_the_outer_clock(player):
    player.standin.advance(30)

    _, headers, _ = ask(player, "GET", "/v1/account")

    assert headers["request-id"].startswith("req_")
    assert headers["stripe-version"] == "2026-10-28.endive"
    assert headers["date"] == "Sat, 31 Jan 2026 12:00:00 GMT"


def test_unknown_address_says_so(player):
    status, _, body = ask(player, "GET", "/v1/treasury")

    assert status == 404
    assert "GET: /v1/treasury" in body["error"]["message"]


def test_unknown_id_in_the_path_names_id(player):
    with pytest.raises(stripe.InvalidRequestError) as caught:
        player.api.customers.retrieve("cus_none")

    assert (caught.value.http_status, caught.value.code, caught.value.param) == (404, "resource_missing", "id")


def test_unknown_id_in_a_parameter_names_the_parameter(player):
    with pytest.raises(stripe.InvalidRequestError) as caught:
        player.open(customer="cus_none")

    assert (caught.value.http_status, caught.value.code, caught.value.param) == (400, "resource_missing", "customer")


def test_deleted_customer_is_answered_as_deleted_and_missing_in_a_parameter(player):
    ben = player.api.customers.create({"email": "ben@example.org"})

    player.api.customers.delete(ben.id)

    assert player.api.customers.retrieve(ben.id).to_dict() == {"id": ben.id, "object": "customer", "deleted": True}
    with pytest.raises(stripe.InvalidRequestError, match="No such customer") as caught:
        player.open(customer=ben.id)
    assert caught.value.param == "customer"


@pytest.mark.parametrize(
    ("encoded", "complaint"),
    [
        ("a[=1", "Invalid parameter name"),
        ("email=a&email[x]=b", "both as a value and as an object"),
        ("metadata=x&description=%FF", "could not be read as a form"),
        ("metadata[[a]]=1", "Invalid parameter name"),
        ("metadata" + "[a]" * 20 + "=1", "nested too deeply"),
        ("shoe_size=43", "Received unknown parameter: shoe_size"),
        ("metadata[" + "k" * 41 + "]=1", "limited to 40 characters"),
        ("metadata[k]=" + "v" * 501, "at most 500 characters"),
        ("email=nobody", "Invalid email address"),
        ("invoice_settings=x", "Invalid object"),
    ],
)
def test_bad_form_is_refused_with_its_name(player, encoded, complaint):
    given = {"Authorization": "Bearer sk_test_x"}

    status, _, body = make_call(player.standin)("POST", "/v1/customers", given, encoded.encode())

    assert status == 400
    assert complaint in json.loads(body)["error"]["message"]


def test_too_large_body_is_refused(player):
    status, _, body = ask(player, "POST", "/v1/customers", {"description": "x" * (1024 * 1024)})

    assert status == 413
    assert body["error"]["type"] == "invalid_request_error"


def test_metadata_is_merged_and_empty_values_remove(player):
    ben = player.api.customers.create({"metadata": {"site": "s", "member": "7"}})

    player.api.customers.update(ben.id, {"metadata": {"member": "", "9": "digit"}})

    assert player.api.customers.retrieve(ben.id).metadata.to_dict() == {"site": "s", "9": "digit"}


def test_empty_value_clears_a_field(player):
    ben = player.api.customers.create({"name": "Ben", "address": {"city": "Vigo"}})

    cleared = player.api.customers.update(ben.id, {"name": "", "address": ""})

    assert (cleared.name, cleared.address) == (None, None)


# Idempotency keys


def test_same_key_and_parameters_give_the_first_answer(player):
    first = player.api.customers.create({"name": "Ben"}, {"idempotency_key": "k"})

    second = player.api.customers.create({"name": "Ben"}, {"idempotency_key": "k"})

    assert second.id == first.id
    assert second.last_response.headers["idempotent-replayed"] == "true"
    assert len(player.api.customers.list().data) == 1


def test_same_key_with_other_parameters_is_refused(player):
    player.api.customers.create({"name": "Ben"}, {"idempotency_key": "k"})

    with pytest.raises(stripe.IdempotencyError, match="same parameters"):
        player.api.customers.create({"name": "Cleo"}, {"idempotency_key": "k"})


def test_same_key_for_another_operation_is_refused(player):
    player.api.customers.create({"name": "Ben"}, {"idempotency_key": "k"})

    with pytest.raises(stripe.IdempotencyError, match="same endpoint"):
        player.api.products.create({"name": "Ben"}, {"idempotency_key": "k"})


def test_an_error_is_the_answer_to_its_key_too(player):
    with pytest.raises(stripe.InvalidRequestError) as first:
        player.api.refunds.create({"payment_intent": "pi_none"}, {"idempotency_key": "k"})

    with pytest.raises(stripe.InvalidRequestError) as second:
        player.api.refunds.create({"payment_intent": "pi_none"}, {"idempotency_key": "k"})

    assert (second.value.headers or {}).get("idempotent-replayed") == "true"
    assert second.value.json_body == first.value.json_body


def test_a_refused_request_leaves_nothing_behind(player):
    data = {"currency": "eur", "unit_amount": 500, "product_data": {"name": "Gift"}, "recurring": {"interval": "month"}}

    with pytest.raises(stripe.InvalidRequestError):
        player.open(mode="payment", line_items=[{"price_data": data, "quantity": 1}])

    assert [product.name for product in player.api.products.list().data] == ["Membership"]


def test_a_key_is_free_again_after_a_day(player):
    first = player.api.customers.create({"name": "Ben"}, {"idempotency_key": "k"})
    player.standin.advance(1.1)

    second = player.api.customers.create({"name": "Ben"}, {"idempotency_key": "k"})

    assert second.id != first.id


# Lists


@pytest.fixture
def crowd(player):
    return [player.api.customers.create({"name": f"{number}"}).id for number in range(7)][::-1]


def test_list_is_newest_first_and_pages(player, crowd):
    page = player.api.customers.list({"limit": 3})

    assert [one.id for one in page.data] == crowd[:3]
    assert page.has_more
    assert [one.id for one in page.auto_paging_iter()] == crowd


def test_last_page_has_no_more(player, crowd):
    page = player.api.customers.list({"limit": 3, "starting_after": crowd[3]})

    assert [one.id for one in page.data] == crowd[4:]
    assert not page.has_more


def test_list_pages_backwards(player, crowd):
    page = player.api.customers.list({"limit": 2, "ending_before": crowd[4]})

    assert [one.id for one in page.data] == crowd[2:4]
    assert page.has_more


def test_list_is_narrowed_by_time(player):
    early = player.api.customers.create({"name": "early"})
    player.standin.advance(2)
    late = player.api.customers.create({"name": "late"})

    found = player.api.customers.list({"created": {"gt": early.created}}).data

    assert [one.id for one in found] == [late.id]


@pytest.mark.parametrize("limit", [0, 101])
def test_limit_is_between_1_and_100(player, limit):
    with pytest.raises(stripe.InvalidRequestError, match="between 1 and 100"):
        player.api.customers.list({"limit": limit})


def test_events_are_listed_by_at_most_20_types_and_30_days_back(player):
    player.join()
    player.standin.advance(20)
    cleo = player.api.customers.create({"name": "Cleo"})
    player.standin.advance(11)

    found = player.api.events.list({"types": ["customer.created", "checkout.session.completed"], "limit": 100}).data

    assert [event.data.object.id for event in found] == [cleo.id]
    with pytest.raises(stripe.InvalidRequestError, match="at most 20"):
        player.api.events.list({"types": [f"a.b{number}" for number in range(21)]})


# Expand


def test_expand_puts_objects_where_ids_stood(player):
    subscription = player.join()

    found = player.api.checkout.sessions.list(
        {"expand": ["data.subscription.latest_invoice", "data.customer", "data.line_items"]}
    ).data[0]

    assert found.subscription.latest_invoice.id == subscription.latest_invoice.id
    assert found.customer.email == "ben@example.org"
    assert found.line_items.data[0].price.id == player.month.id


def test_without_expand_ids_stay_and_long_lists_are_absent(player):
    player.join()

    found = player.api.checkout.sessions.list().data[0].to_dict()

    assert found["subscription"].startswith("sub_")
    assert "line_items" not in found


def test_expand_passes_over_what_is_empty(player):
    subscription = player.join()

    found = player.fetch(subscription.id, "schedule", "pending_setup_intent.payment_method")

    assert (found.schedule, found.pending_setup_intent) == (None, None)


@pytest.mark.parametrize(
    ("path", "complaint"), [("status", "cannot be expanded"), ("shoe", "cannot be expanded"), ("a.b.c.d.e", "4 levels")]
)
def test_path_that_cannot_be_expanded_is_refused(player, path, complaint):
    subscription = player.join()

    with pytest.raises(stripe.InvalidRequestError, match=complaint):
        player.fetch(subscription.id, path)


# Catalogue


def test_lookup_key_moves_only_when_asked(player):
    with pytest.raises(stripe.InvalidRequestError, match="already uses that lookup key"):
        player.price(700, "month", lookup_key="month")

    new = player.price(700, "month", lookup_key="month", transfer_lookup_key=True)

    assert [one.id for one in player.api.prices.list({"lookup_keys": ["month"]}).data] == [new.id]
    assert player.api.prices.retrieve(player.month.id).lookup_key is None


def test_price_cannot_be_both_repeating_and_free_to_choose(player):
    with pytest.raises(stripe.InvalidRequestError, match="custom_unit_amount"):
        player.api.prices.create(
            {
                "product": player.product.id,
                "currency": "eur",
                "recurring": {"interval": "month"},
                "custom_unit_amount": {"enabled": True},
            }
        )


def test_archived_price_is_not_sold(player):
    player.api.prices.update(player.month.id, {"active": False})

    with pytest.raises(stripe.InvalidRequestError, match="inactive"):
        player.open()
