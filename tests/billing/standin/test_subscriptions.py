"""Subscriptions over time: renewals, failures and retries, ending and keeping, changing the price."""

import pytest
import stripe

from podcastsvc.billing.standin.faults import Faults
from tests.billing.standin.playing import (
    ASKED_ABOUT,
    ASKS_ALWAYS,
    ASKS_ONCE,
    DECLINED,
    DISPUTED,
    EXPIRED,
    FAILS_LATER,
    PAYS,
    POOR,
)

CARD = {"number": PAYS, "expiry": "12/34", "cvc": "123"}
DAY = 86400


# Cards


@pytest.mark.parametrize(
    ("card", "sentence"),
    [(DECLINED, "was declined"), (POOR, "insufficient funds"), (EXPIRED, "has expired")],
)
def test_card_that_never_pays_says_why(player, card, sentence):
    assert sentence in player.pay(player.open().url, card).text


@pytest.mark.parametrize(
    ("card", "after"),
    [
        (PAYS, "active"),
        (FAILS_LATER, "past_due"),
        (ASKS_ONCE, "active"),
        (ASKS_ALWAYS, "past_due"),
        (DISPUTED, "active"),
    ],
)
def test_card_at_its_first_payment_and_at_renewal(player, card, after):
    subscription = player.join(card)

    player.standin.advance(29)

    assert subscription.status == "active"
    assert player.fetch(subscription.id).status == after


def test_bank_that_wants_to_be_asked_at_renewal_is_told_of(player):
    subscription = player.join(ASKS_ALWAYS)
    player.standin.advance(29)
    invoice = player.fetch(subscription.id).latest_invoice
    told = player.kinds()

    player.decide(player.post(invoice.hosted_invoice_url, {"do": "saved"}))

    assert "invoice.payment_action_required" in told
    assert player.fetch(subscription.id).status == "active"


# Renewals


def test_periods_keep_the_day_after_a_short_month(player):
    subscription = player.join()

    player.standin.advance(60)

    ends = [invoice.lines.data[0].period.end for invoice in player.api.invoices.list({"limit": 3}).data]
    assert [(end - subscription.created) // DAY for end in ends] == [89, 59, 28]


def test_renewal_is_one_invoice_for_the_next_period(player):
    subscription = player.join()

    player.standin.advance(29)

    after = player.fetch(subscription.id)
    assert after.latest_invoice.billing_reason == "subscription_cycle"
    assert after.latest_invoice.amount_paid == 600
    assert after["items"].data[0].current_period_start == subscription["items"].data[0].current_period_end
    assert player.kinds()[-1] == "invoice.payment_succeeded"


def test_failed_renewal_is_tried_four_times_in_14_days_and_then_ended(player):
    subscription = player.join(FAILS_LATER)
    first = player.fetch(subscription.id)["items"].data[0].current_period_end

    player.standin.advance(28.5)
    tries = []
    for _ in range(15):
        found = player.fetch(subscription.id)
        tries.append((found.status, found.latest_invoice.attempt_count))
        player.standin.advance(1)

    ended = player.fetch(subscription.id)
    assert [tries[day] for day in (0, 3, 7, 10, 14)] == [
        ("past_due", 1),
        ("past_due", 2),
        ("past_due", 3),
        ("past_due", 4),
        ("canceled", 5),
    ]
    assert ended.cancellation_details.reason == "payment_failed"
    assert ended.ended_at == first + 14 * DAY
    assert ended.latest_invoice.status == "open"
    assert player.kinds()[-1] == "customer.subscription.deleted"


@pytest.mark.parametrize(("setting", "status"), [("unpaid", "unpaid"), ("past_due", "past_due")])
def test_account_may_leave_it_unpaid_or_past_due(player, setting, status):
    player.standin.set_faults(Faults(after_last_retry=setting))
    subscription = player.join(FAILS_LATER)

    player.standin.advance(120)

    after = player.fetch(subscription.id)
    assert after.status == status
    assert after["items"].data[0].current_period_end > subscription.created + 119 * DAY


def test_card_changed_in_the_portal_is_charged_at_the_next_try(player):
    subscription = player.join(FAILS_LATER)
    player.standin.advance(29)
    player.post(f"{player.portal(subscription.customer).url}/card", CARD)
    before = player.fetch(subscription.id).status

    player.standin.advance(3)

    after = player.fetch(subscription.id)
    assert (before, after.status, after.latest_invoice.status) == ("past_due", "active", "paid")


def test_open_invoice_is_paid_at_once_on_its_page(player):
    subscription = player.join(FAILS_LATER)
    player.standin.advance(29)
    portal = player.portal(subscription.customer)
    invoice = player.fetch(subscription.id).latest_invoice

    shown = player.get(portal.url).text
    refused = player.post(invoice.hosted_invoice_url, {"do": "saved"})
    player.post(invoice.hosted_invoice_url, {"do": "card", **CARD})

    after = player.fetch(subscription.id, "latest_invoice", "default_payment_method")
    assert "Pay now" in shown
    assert "was declined" in refused.text
    assert (after.status, after.latest_invoice.status, after.default_payment_method.card.last4) == (
        "active",
        "paid",
        "4242",
    )


def test_api_payment_of_an_open_invoice_keeps_a_declined_attempt(player):
    subscription = player.join(FAILS_LATER)
    player.standin.advance(29)
    invoice = player.fetch(subscription.id).latest_invoice

    with pytest.raises(stripe.CardError) as caught:
        player.api.invoices.pay(invoice.id)

    assert (caught.value.code, caught.value.http_status) == ("card_declined", 402)
    assert player.api.invoices.retrieve(invoice.id).attempt_count == 2


def test_payment_is_found_by_its_invoice_and_back(player):
    subscription = player.join()
    by_invoice = player.api.invoice_payments.list({"invoice": subscription.latest_invoice.id}).data[0]
    intent = by_invoice.payment.payment_intent

    back = player.api.invoice_payments.list({"payment": {"type": "payment_intent", "payment_intent": intent}}).data

    assert [one.invoice for one in back] == [subscription.latest_invoice.id]
    assert "invoice" not in player.api.payment_intents.retrieve(intent).to_dict()


def test_renewal_that_cannot_be_finalized_is_told_and_tried_again(player):
    subscription = player.join()
    player.standin.set_faults(Faults(finalizing_fails=True))
    player.standin.advance(28.5)
    stuck = player.fetch(subscription.id)
    told = player.kinds()

    player.standin.set_faults(Faults())
    player.standin.advance(1)

    assert "invoice.finalization_failed" in told
    assert (stuck.status, stuck.latest_invoice.status) == ("active", "draft")
    assert player.fetch(subscription.id).latest_invoice.status == "paid"


@pytest.mark.parametrize(
    ("behaviour", "status"), [("void", "void"), ("keep_as_draft", "draft"), ("mark_uncollectible", "uncollectible")]
)
def test_paused_collection_leaves_the_subscription_active(player, behaviour, status):
    subscription = player.join()
    player.api.subscriptions.update(subscription.id, {"pause_collection": {"behavior": behaviour}})

    player.standin.advance(29)

    after = player.fetch(subscription.id)
    assert (after.status, after.latest_invoice.status) == ("active", status)
    assert player.api.subscriptions.update(subscription.id, {"pause_collection": ""}).pause_collection is None


# Ending


def test_portal_ends_a_flexible_subscription_by_cancel_at_only(player):
    subscription = player.join()
    portal = player.portal(subscription.customer)

    player.post(f"{portal.url}/cancel/{subscription.id}", {"feedback": "unused", "comment": "bye"})

    after = player.fetch(subscription.id)
    assert after.billing_mode.type == "flexible"
    assert after.cancel_at == after["items"].data[0].current_period_end
    assert after.cancel_at_period_end is False
    assert (after.cancellation_details.feedback, after.cancellation_details.comment) == ("unused", "bye")


def test_portal_ends_a_classic_subscription_at_period_end(player):
    subscription = player.join(subscription_data={"billing_mode": {"type": "classic"}})
    portal = player.portal(subscription.customer)

    player.post(f"{portal.url}/cancel/{subscription.id}", {})

    assert player.fetch(subscription.id).cancel_at_period_end is True


@pytest.mark.parametrize("way", ["portal", "api"])
def test_planned_end_comes_and_no_charge_with_it(player, way):
    subscription = player.join()
    if way == "portal":
        player.post(f"{player.portal(subscription.customer).url}/cancel/{subscription.id}", {})
    else:
        player.api.subscriptions.update(subscription.id, {"cancel_at_period_end": True})

    player.standin.advance(29)

    after = player.fetch(subscription.id)
    assert (after.status, after.ended_at) == ("canceled", subscription["items"].data[0].current_period_end)
    assert after.cancellation_details.reason == "cancellation_requested"
    assert len(player.api.invoices.list().data) == 1


def test_planned_end_is_taken_back_by_what_set_it(player):
    subscription = player.join()
    player.post(f"{player.portal(subscription.customer).url}/cancel/{subscription.id}", {})

    unmoved = player.api.subscriptions.update(subscription.id, {"cancel_at_period_end": False})
    kept = player.api.subscriptions.update(subscription.id, {"cancel_at": ""})
    player.standin.advance(29)

    assert unmoved.cancel_at is not None
    assert (kept.cancel_at, kept.canceled_at, kept.cancellation_details.reason) == (None, None, None)
    assert player.fetch(subscription.id).status == "active"


def test_both_ways_of_ending_in_one_request_are_refused(player):
    subscription = player.join()

    with pytest.raises(stripe.InvalidRequestError, match="cancel_at, cancel_at_period_end"):
        player.api.subscriptions.update(subscription.id, {"cancel_at": "", "cancel_at_period_end": False})


def test_portal_takes_an_end_back_without_a_charge(player):
    subscription = player.join()
    portal = player.portal(subscription.customer)
    player.post(f"{portal.url}/cancel/{subscription.id}", {})

    player.post(f"{portal.url}/keep/{subscription.id}", {})

    assert player.fetch(subscription.id).cancel_at is None
    assert len(player.api.invoices.list().data) == 1


def test_subscription_ended_at_once_is_gone_for_changes(player):
    subscription = player.join()

    ended = player.api.subscriptions.cancel(subscription.id)

    assert (ended.status, player.kinds()[-1]) == ("canceled", "customer.subscription.deleted")
    with pytest.raises(stripe.InvalidRequestError) as caught:
        player.api.subscriptions.cancel(subscription.id)
    assert caught.value.code == "resource_missing"
    with pytest.raises(stripe.InvalidRequestError, match="canceled subscription can only update"):
        player.api.subscriptions.update(subscription.id, {"cancel_at_period_end": True})


def test_deleted_customer_ends_their_subscriptions(player):
    subscription = player.join()

    player.api.customers.delete(str(subscription.customer))

    assert player.fetch(subscription.id).status == "canceled"
    assert player.kinds()[-2:] == ["customer.subscription.deleted", "customer.deleted"]


def test_list_without_a_status_leaves_ended_ones_out(player):
    kept, ended = player.join(), player.join()
    player.api.subscriptions.cancel(ended.id)

    assert [one.id for one in player.api.subscriptions.list().data] == [kept.id]
    assert {one.id for one in player.api.subscriptions.list({"status": "all"}).data} == {kept.id, ended.id}


# Changing the price


def wanted(player, subscription, price, **more: object) -> dict[str, object]:
    item = subscription["items"].data[0].id
    return {"items": [{"id": item, "price": price.id}], "proration_behavior": "always_invoice", **more}


def test_preview_is_what_the_change_then_costs(player):
    subscription = player.join()
    player.standin.advance(14)
    at = int(player.watch.now.timestamp())
    details = wanted(player, subscription, player.year, proration_date=at)

    preview = player.api.invoices.create_preview({"subscription": subscription.id, "subscription_details": details})
    changed = player.api.subscriptions.update(
        subscription.id, {**details, "payment_behavior": "pending_if_incomplete", "expand": ["latest_invoice"]}
    )

    assert preview.amount_due == 6000 - 300
    assert changed.latest_invoice.amount_paid == preview.amount_due
    assert changed["items"].data[0].price.id == player.year.id
    assert changed["items"].data[0].current_period_start == changed.billing_cycle_anchor
    assert len(player.api.invoices.list().data) == 2


def test_declined_change_keeps_the_old_price_and_lapses_by_itself(player):
    subscription = player.join(FAILS_LATER)
    change = wanted(player, subscription, player.year, payment_behavior="pending_if_incomplete")

    changed = player.api.subscriptions.update(subscription.id, change)
    player.standin.advance(1)

    after = player.fetch(subscription.id)
    assert (changed.status, changed["items"].data[0].price.id) == ("active", player.month.id)
    assert changed.pending_update.subscription_items[0].price.id == player.year.id
    assert (after.status, after.pending_update, after.latest_invoice.status) == ("active", None, "void")


def test_pending_change_takes_effect_when_its_invoice_is_paid(player):
    subscription = player.join(ASKS_ALWAYS)
    change = wanted(player, subscription, player.year, payment_behavior="pending_if_incomplete")
    player.api.subscriptions.update(subscription.id, change)
    invoice = player.fetch(subscription.id).latest_invoice

    player.decide(player.post(invoice.hosted_invoice_url, {"do": "saved"}))

    after = player.fetch(subscription.id)
    assert (after["items"].data[0].price.id, after.pending_update) == (player.year.id, None)


def test_change_that_must_be_paid_leaves_no_trace_when_it_is_not(player):
    subscription = player.join(FAILS_LATER)
    change = wanted(player, subscription, player.year, payment_behavior="error_if_incomplete")

    with pytest.raises(stripe.CardError):
        player.api.subscriptions.update(subscription.id, change)

    assert player.fetch(subscription.id)["items"].data[0].price.id == player.month.id
    assert len(player.api.invoices.list().data) == 1


def test_moving_to_another_price_without_proration_counts_from_the_next_period(player):
    dearer = player.price(800, "month")
    subscription = player.join()
    change = wanted(player, subscription, dearer) | {"proration_behavior": "none"}

    player.api.subscriptions.update(subscription.id, change)
    at_once = len(player.api.invoices.list().data)
    player.standin.advance(29)

    assert at_once == 1
    assert player.fetch(subscription.id).latest_invoice.amount_paid == 800


def test_prorations_wait_for_the_next_invoice_unless_asked_for(player):
    dearer = player.price(1200, "month")
    subscription = player.join()
    player.standin.advance(14)
    change = wanted(player, subscription, dearer) | {"proration_behavior": "create_prorations"}

    player.api.subscriptions.update(subscription.id, change)
    player.standin.advance(15)

    lines = [line.amount for line in player.fetch(subscription.id).latest_invoice.lines.data]
    assert lines == [1200, -300, 600]


def test_cheaper_price_at_once_becomes_credit_that_the_next_invoice_uses(player):
    subscription = player.join(price=player.year)
    change = wanted(player, subscription, player.month)

    player.api.subscriptions.update(subscription.id, change)
    credit = player.api.customers.retrieve(str(subscription.customer)).balance
    player.standin.advance(29)

    after = player.fetch(subscription.id).latest_invoice
    assert credit == -5400
    assert (after.total, after.amount_due, after.status) == (600, 0, "paid")
    assert player.api.customers.retrieve(str(subscription.customer)).balance == -4800


def test_portal_switches_up_at_once_and_down_at_the_end_of_the_period(player):
    subscription = player.join()
    portal = player.portal(subscription.customer)

    player.post(f"{portal.url}/switch/{subscription.id}", {"price": player.year.id})
    up = player.fetch(subscription.id)
    player.post(f"{portal.url}/switch/{subscription.id}", {"price": player.month.id})
    planned = player.fetch(subscription.id, "schedule")
    player.standin.advance(366)

    after = player.fetch(subscription.id)
    assert (up["items"].data[0].price.id, up.latest_invoice.amount_paid) == (player.year.id, 5400)
    assert planned["items"].data[0].price.id == player.year.id
    assert planned.schedule.phases[1]["items"][0].price == player.month.id
    assert after["items"].data[0].price.id == player.month.id
    assert (after.schedule, after.latest_invoice.amount_paid) == (None, 600)


def test_portal_switch_with_a_declined_card_changes_nothing(player):
    subscription = player.join(FAILS_LATER)
    portal = player.portal(subscription.customer)

    answer = player.post(f"{portal.url}/switch/{subscription.id}", {"price": player.year.id})

    after = player.fetch(subscription.id)
    assert (answer.status_code, "was declined" in answer.text) == (422, True)
    assert (after.status, after["items"].data[0].price.id, after.pending_update) == ("active", player.month.id, None)


def test_planned_price_can_be_taken_back(player):
    subscription = player.join(price=player.year)
    portal = player.portal(subscription.customer)
    player.post(f"{portal.url}/switch/{subscription.id}", {"price": player.month.id})

    player.post(f"{portal.url}/stay/{subscription.id}", {})

    assert player.fetch(subscription.id).schedule is None


def test_next_charge_is_moved_by_a_trial_end(player):
    subscription = player.join()
    at = subscription["items"].data[0].current_period_end + 90 * DAY

    moved = player.api.subscriptions.update(subscription.id, {"trial_end": at, "proration_behavior": "none"})
    player.standin.advance(100)
    between = len(player.api.invoices.list().data)
    player.standin.advance(30)

    assert (moved.status, moved["items"].data[0].current_period_end) == ("trialing", at)
    assert between == 1
    assert player.fetch(subscription.id).status == "active"


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"proration_date": 1}, "inside the current period"),
        ({"billing_cycle_anchor": "now"}, "Invalid object"),
        ({"payment_behavior": "pending_if_incomplete", "cancel_at_period_end": True}, "cannot be passed"),
        ({"items": [{"id": "si_none", "price": "x"}]}, "No such subscription_item"),
        ({"default_payment_method": "pm_none"}, "No such PaymentMethod"),
        ({"trial_end": 5}, "must be in the future"),
        ({"cancel_at": 5}, "must be in the future"),
    ],
)
def test_change_that_makes_no_sense_is_refused(player, change, complaint):
    subscription = player.join()

    with pytest.raises(stripe.InvalidRequestError, match=complaint):
        player.api.subscriptions.update(subscription.id, wanted(player, subscription, player.year, **change))

    assert player.fetch(subscription.id)["items"].data[0].price.id == player.month.id


def test_paused_subscription_bills_nothing_until_it_is_resumed(player):
    subscription = player.join()
    player.api.subscriptions.pause(subscription.id)

    player.standin.advance(29)
    before = (player.fetch(subscription.id).status, len(player.api.invoices.list().data))
    player.api.subscriptions.resume(subscription.id)

    assert before == ("paused", 1)
    assert (player.fetch(subscription.id).status, len(player.api.invoices.list().data)) == ("active", 2)
    assert [kind for kind in player.kinds() if kind.endswith(("paused", "resumed"))] == [
        "customer.subscription.paused",
        "customer.subscription.resumed",
    ]


def test_updated_notice_names_what_was_different(player):
    subscription = player.join()
    player.api.subscriptions.update(subscription.id, {"cancel_at_period_end": True})

    event = player.api.events.list({"type": "customer.subscription.updated"}).data[0]

    assert event.data.previous_attributes["cancel_at_period_end"] is False
    assert event.data.object.cancel_at_period_end is True


# Money back


def paid_intent(player, subscription):
    return player.api.invoice_payments.list({"invoice": subscription.latest_invoice.id}).data[0].payment.payment_intent


def test_refund_in_parts_until_nothing_is_left(player):
    intent = paid_intent(player, player.join())

    part = player.api.refunds.create({"payment_intent": intent, "amount": 200, "reason": "requested_by_customer"})
    rest = player.api.refunds.create({"payment_intent": intent})

    charge = player.api.charges.retrieve(str(part.charge))
    assert (part.amount, rest.amount) == (200, 400)
    assert (charge.amount_refunded, charge.refunded) == (600, True)
    assert player.kinds().count("charge.refunded") == 2
    with pytest.raises(stripe.InvalidRequestError) as caught:
        player.api.refunds.create({"payment_intent": intent})
    assert caught.value.code == "charge_already_refunded"


def test_refund_of_more_than_was_paid_is_refused(player):
    intent = paid_intent(player, player.join())

    with pytest.raises(stripe.InvalidRequestError, match="greater than unrefunded"):
        player.api.refunds.create({"payment_intent": intent, "amount": 601})


def test_refund_alone_leaves_the_subscription_as_it_is(player):
    subscription = player.join()

    player.api.refunds.create({"payment_intent": paid_intent(player, subscription)})

    assert player.fetch(subscription.id).status == "active"


def test_refund_that_fails_puts_the_amount_back(player):
    player.standin.set_faults(Faults(refunds_fail=True))
    refund = player.api.refunds.create({"payment_intent": paid_intent(player, player.join())})

    player.standin.advance(1.1)

    assert player.api.refunds.retrieve(refund.id).status == "failed"
    assert player.api.charges.retrieve(str(refund.charge)).amount_refunded == 0
    assert player.kinds()[-1] == "refund.failed"


def test_disputed_card_opens_a_dispute_after_everything_else(player):
    subscription = player.join(DISPUTED)
    dispute = player.api.disputes.list({"expand": ["data.charge"]}).data[0]

    assert player.kinds()[-2:] == ["checkout.session.completed", "charge.dispute.created"]
    assert (dispute.status, dispute.is_charge_refundable, dispute.charge.disputed) == ("needs_response", False, True)
    with pytest.raises(stripe.InvalidRequestError) as caught:
        player.api.refunds.create({"payment_intent": paid_intent(player, subscription)})
    assert caught.value.code == "charge_disputed"


def test_inquiry_takes_nothing_and_can_be_refunded(player):
    subscription = player.join(ASKED_ABOUT)
    dispute = player.api.disputes.list().data[0]

    player.api.refunds.create({"payment_intent": paid_intent(player, subscription)})

    assert (dispute.status, dispute.is_charge_refundable) == ("warning_needs_response", True)


@pytest.mark.parametrize("ending", ["won", "lost"])
def test_dispute_is_decided_on_the_overview(player, ending):
    player.join(DISPUTED)
    dispute = player.api.disputes.list().data[0]

    player.post(f"/disputes/{dispute.id}/{ending}", {})

    assert player.api.disputes.retrieve(dispute.id).status == ending
    assert player.kinds()[-1] == "charge.dispute.closed"
