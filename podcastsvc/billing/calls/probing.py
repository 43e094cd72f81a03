"""Calls that only try whether something works, and leave nothing at Stripe."""

from podcastsvc.billing.calls import reading
from podcastsvc.billing.gateway import Gateway, any_of


def make_passing_customer(gateway: Gateway) -> str:
    """Makes a customer that is nobody, marked as ours, to be deleted at once; its id."""
    params = any_of(
        {"description": "Webhook test, deleted at once", "metadata": {"site": gateway.site, "kind": "proof"}}
    )
    return gateway.fetch(reading.read_customer, lambda client: client.v1.customers.create(params)).id


def delete_customer(gateway: Gateway, customer_id: str) -> None:
    """Deletes it. Raises Missing where Stripe does not know it."""
    gateway.fetch(dict, lambda client: client.v1.customers.delete(customer_id))
