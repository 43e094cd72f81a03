"""The pages: who may see them, what they show, in which language, and what is never kept."""

import re
from datetime import timedelta

import pytest
from werkzeug.test import Client
from werkzeug.wrappers import Request

from podcastsvc.billing.standin.faults import Faults
from podcastsvc.billing.standin.pages.pdf import write_pdf
from podcastsvc.billing.standin.pages.view import View
from tests.billing.standin.playing import ASKS_ONCE, BASE, DECLINED, DISPUTED, FAILS_LATER, PAYS, SITE

CARD = {"number": PAYS, "expiry": "12/34", "cvc": "123"}


# Who may


@pytest.mark.parametrize("address", ["203.0.113.9", "2001:db8::1", "", "unknown", "::ffff:203.0.113.9"])
@pytest.mark.parametrize("path", ["/", "/v1/account", "/style.css"])
def test_other_machines_are_refused(player, address, path):
    answer = Client(player.standin).get(path, environ_overrides={"REMOTE_ADDR": address})

    assert answer.status_code == 403


@pytest.mark.parametrize("address", ["127.0.0.1", "127.8.9.1", "::1", "::ffff:127.0.0.1"])
def test_this_machine_is_served(player, address):
    answer = Client(player.standin).get("/", environ_overrides={"REMOTE_ADDR": address})

    assert answer.status_code == 200


@pytest.mark.parametrize(
    "headers",
    [
        {"X-Forwarded-For": "203.0.113.9"},
        {"X-Forwarded-For": "127.0.0.1, 203.0.113.9"},
        {"X-Real-IP": "203.0.113.9"},
        {"Forwarded": "for=203.0.113.9"},
        {"Host": "evil.example"},
    ],
)
def test_other_machines_behind_a_proxy_or_a_borrowed_name_are_refused(player, headers):
    answer = Client(player.standin).get("/", headers=headers, environ_overrides={"REMOTE_ADDR": "127.0.0.1"})

    assert answer.status_code == 403


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Sec_Fetch_Site": "cross-site"}, 403),
        ({"Sec_Fetch_Site": "same-site"}, 403),
        ({"Sec_Fetch_Site": "same-origin"}, 303),
    ],
)
def test_forms_are_taken_from_own_pages_only(player, headers, status):
    assert player.post("/clock", {"days": "1"}, **headers).status_code == status


@pytest.mark.parametrize(("origin", "status"), [(SITE, 303), ("http://evil.example", 403), ("null", 403), (None, 403)])
def test_older_browsers_are_known_by_their_origin(player, origin, status):
    headers = {"Host": "127.0.0.1:8000", **({"Origin": origin} if origin else {})}

    answer = Client(player.standin).post(
        "/clock", data={"days": "1"}, headers=headers, environ_overrides={"REMOTE_ADDR": "127.0.0.1"}
    )

    assert answer.status_code == status


def test_get_changes_nothing(player):
    session = player.open()

    for path in ("/clock", "/faults", f"/checkouts/{session.id}/paid"):
        assert player.get(path).status_code == 404


# What they show


def list_addresses(player):
    subscription = player.join()
    late = player.join(FAILS_LATER)
    player.standin.advance(29)
    portal = player.portal(subscription.customer).url
    open_invoice = player.fetch(late.id).latest_invoice
    charge = player.api.charges.list({"customer": str(subscription.customer)}).data[0]
    session = player.open()
    asked = player.post(session.url, {"do": "pay", "email": "ben@example.org", **CARD, "number": ASKS_ONCE}).location
    return [
        "/",
        player.open(allow_promotion_codes=True).url,
        asked,
        portal,
        f"{portal}/card",
        f"{portal}/details",
        f"{portal}/cancel/{subscription.id}",
        f"{portal}/switch/{subscription.id}",
        f"{portal}/done",
        open_invoice.hosted_invoice_url,
        charge.receipt_url,
        "/nothing",
    ]


def test_every_page_says_that_no_money_moves_and_allows_nothing_inline(player):
    for address in list_addresses(player):
        answer = player.get(address)

        assert "Test: no money moves" in answer.text, address
        assert re.search(r"<script|\sstyle=|\son\w+=|<style", answer.text) is None, address
        policy = answer.headers["Content-Security-Policy"]
        assert policy.startswith("default-src 'none'; style-src 'self'; img-src 'self' data:; form-action 'self'"), (
            address
        )
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"


def test_forms_may_end_only_where_the_session_leads(player):
    session = player.open(success_url="https://show.example/welcome", cancel_url="https://show.example/join")

    policy = player.get(session.url).headers["Content-Security-Policy"]

    assert "form-action 'self' https://show.example;" in policy


def test_links_follow_the_prefix_the_stand_in_is_mounted_at(player):
    session = player.open()

    page = Client(player.standin).get(
        f"/pay/{session.id}", base_url=BASE, environ_overrides={"REMOTE_ADDR": "127.0.0.1"}
    )

    assert f'action="/stripe-stand-in/pay/{session.id}"' in page.text
    assert 'href="/stripe-stand-in/style.css"' in page.text


def test_checkout_shows_amount_address_and_the_way_back(player):
    page = player.get(player.open(customer_email="ben@example.org").url).text

    assert "€6 a month" in page
    assert "Pay €6" in page
    assert "ben@example.org" in page
    assert f'href="{SITE}/join"' in page


def test_texts_from_outside_are_escaped(player):
    product = player.api.products.create({"name": "<script>alert(1)</script>"})
    price = player.price(500, "month", product=product.id)

    page = player.get(player.open(price, customer_email='"><b>@example.org').url).text

    assert "<script>" not in page
    assert "<b>" not in page


@pytest.mark.parametrize(
    ("locale", "accepts", "language"),
    [
        ("es", "en", "es"),
        ("auto", "es-MX, en;q=0.5", "es"),
        ("auto", "fr", "en"),
        ("en", "es", "en"),
        (None, "es", "es"),
    ],
)
def test_checkout_speaks_the_language_of_the_session(player, locale, accepts, language):
    session = player.open(**({"locale": locale} if locale else {}))

    page = player.get(session.url, Accept_Language=accepts).text

    assert f'<html lang="{language}">' in page


def test_portal_speaks_the_language_of_the_checkout(player):
    subscription = player.join(locale="es")

    assert '<html lang="es">' in player.get(player.portal(subscription.customer).url).text


@pytest.mark.parametrize(
    ("interval", "count", "text"),
    [("month", 1, "€6 a month"), ("month", 3, "€6 every 3 months"), ("year", 1, "€6 a year")],
)
def test_prices_are_written_out(player, interval, count, text):
    price = player.api.prices.create(
        {
            "product": player.product.id,
            "currency": "eur",
            "unit_amount": 600,
            "recurring": {"interval": interval, "interval_count": count},
        }
    )

    assert View(player.standin, Request({}), "en").every(price.to_dict()) == text


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"number": "4242 4242 4242 4241"}, "number"),
        ({"number": "12"}, "number"),
        ({"number": "٤٢٤٢٤٢٤٢٤٢٤٢٤٢٤٢"}, "number"),
        ({"expiry": "13/34"}, "expiry"),
        ({"expiry": "12/20"}, "expiry"),
        ({"expiry": "soon"}, "expiry"),
        ({"cvc": "12"}, "cvc"),
        ({"email": "nobody"}, "email"),
        ({"number": DECLINED}, "number"),
    ],
)
def test_mistake_is_said_at_its_field(player, change, field):
    session = player.open()

    answer = player.post(session.url, {"do": "pay", "email": "ben@example.org", **CARD, **change})

    assert answer.status_code == 422
    assert "<title>Error: " in answer.text
    assert f'<a href="#{field}">' in answer.text
    assert f'id="{field}-error"' in answer.text


def test_real_card_is_refused_and_kept_nowhere(player):
    session = player.open()
    number = "4539578763621486"

    answer = player.post(session.url, {"do": "pay", "email": "ben@example.org", **CARD, "number": number})

    assert "This is no test card" in answer.text
    assert number not in answer.text
    with player.standin.work() as work:
        assert all(number not in text for text in work.connection.iterdump())


def test_typed_address_stays_in_the_form_after_a_mistake(player):
    answer = player.post(player.open().url, {"do": "pay", "email": "ben@example.org", **CARD, "cvc": ""})

    assert 'value="ben@example.org"' in answer.text


def test_test_card_is_filled_in_from_the_list(player):
    session = player.open()

    page = player.get(f"{session.url}?card={DECLINED}").text

    assert 'value="4000 0000 0000 0002"' in page


def test_saved_card_pays_again_without_being_typed(player):
    ben = player.join().customer
    method = player.api.customers.payment_methods.list(str(ben)).data[0].id
    session = player.open(customer=str(ben))

    shown = player.get(session.url).text
    answer = player.post(session.url, {"do": "pay", "saved": method})

    assert "•• 4242" in shown
    assert answer.location == f"{SITE}/welcome?s={session.id}"


def test_card_of_somebody_else_does_not_pay(player):
    method = player.api.customers.payment_methods.list(str(player.join().customer)).data[0].id
    session = player.open()

    answer = player.post(session.url, {"do": "pay", "email": "eve@example.org", "saved": method})

    assert answer.status_code == 422


# The portal


def test_portal_needs_settings_that_exist(player):
    ben = player.join().customer

    with pytest.raises(Exception, match="default configuration has not been created"):
        player.api.billing_portal.sessions.create({"customer": str(ben)})


def test_portal_offers_only_what_its_settings_allow(player):
    subscription = player.join()
    configuration = player.api.billing_portal.configurations.create(
        {"features": {"invoice_history": {"enabled": True}}}
    )
    portal = player.portal(subscription.customer, configuration=configuration.id)

    page = player.get(portal.url).text
    answer = player.post(f"{portal.url}/cancel/{subscription.id}", {})

    assert "Cancel subscription" not in page
    assert answer.status_code == 409
    assert player.fetch(subscription.id).cancel_at is None


def test_portal_opens_nothing_of_another_customer(player):
    ben, eve = player.join(), player.join()
    portal = player.portal(eve.customer)
    method = player.api.customers.payment_methods.list(str(ben.customer)).data[0].id

    assert player.post(f"{portal.url}/cancel/{ben.id}", {}).status_code == 404
    assert player.post(f"{portal.url}/card/{method}/drop", {}).status_code == 404
    assert player.fetch(ben.id).cancel_at is None


def test_portal_link_is_good_for_an_hour(player):
    portal = player.portal(player.join().customer)

    player.watch.go(minutes=61)

    assert player.get(portal.url).status_code == 404


def test_portal_link_outlives_a_moved_clock(player):
    portal = player.portal(player.join().customer)

    player.standin.advance(31)

    assert player.get(portal.url).status_code == 200


@pytest.mark.parametrize(
    ("after", "ends"),
    [
        ({"type": "redirect", "redirect": {"return_url": f"{SITE}/account?paid"}}, f"{SITE}/account?paid"),
        ({"type": "hosted_confirmation"}, "/done"),
        ({"type": "portal_homepage"}, "?news=card&home=1"),
    ],
)
def test_link_for_the_card_alone_shows_the_form_and_leads_on(player, after, ends):
    subscription = player.join()
    flow = {"type": "payment_method_update", "after_completion": after}
    portal = player.portal(subscription.customer, flow_data=flow)

    opened = player.get(portal.url)
    saved = player.post(opened.location, CARD)

    assert opened.location.endswith("/card")
    assert saved.location.endswith(ends)
    assert len(player.api.customers.payment_methods.list(str(subscription.customer)).data) == 2


@pytest.mark.parametrize("kind", ["subscription_cancel", "subscription_update"])
def test_link_for_one_step_leads_there(player, kind):
    subscription = player.join()
    flow = {"type": kind, kind: {"subscription": subscription.id}}

    opened = player.get(player.portal(subscription.customer, flow_data=flow).url)

    step = {"subscription_cancel": "cancel", "subscription_update": "switch"}[kind]
    assert opened.location.endswith(f"/{step}/{subscription.id}")


def test_card_that_asks_the_bank_is_saved_after_it_agreed(player):
    subscription = player.join()
    form = f"{player.portal(subscription.customer).url}/card"

    player.decide(player.post(form, {**CARD, "number": ASKS_ONCE}), allow=False)
    before = player.fetch(subscription.id, "default_payment_method").default_payment_method.card.last4
    player.decide(player.post(form, {**CARD, "number": ASKS_ONCE}))
    player.standin.advance(29)

    after = player.fetch(subscription.id, "default_payment_method")
    assert before == "4242"
    assert (after.default_payment_method.card.last4, after.status) == ("3155", "active")


def test_declined_card_is_not_saved(player):
    subscription = player.join()
    form = f"{player.portal(subscription.customer).url}/card"

    answer = player.post(form, {**CARD, "number": DECLINED})

    assert answer.status_code == 422
    assert len(player.api.customers.payment_methods.list(str(subscription.customer)).data) == 1


def test_cards_are_chosen_and_removed(player):
    subscription = player.join()
    portal = player.portal(subscription.customer)
    first = player.api.customers.payment_methods.list(str(subscription.customer)).data[0].id
    player.post(f"{portal.url}/card", {**CARD, "number": FAILS_LATER})
    second = str(player.fetch(subscription.id).default_payment_method)

    player.post(f"{portal.url}/card/{first}/use", {})
    player.post(f"{portal.url}/card/{second}/drop", {})

    assert player.fetch(subscription.id).default_payment_method == first
    assert [one.id for one in player.api.customers.payment_methods.list(str(subscription.customer)).data] == [first]


def test_member_changes_details_but_not_the_address_we_own(player):
    subscription = player.join()
    portal = player.portal(subscription.customer)

    form = {"email": "eve@example.org", "name": "Ben B.", "city": "Vigo"}
    player.post(f"{portal.url}/details", form)

    ben = player.api.customers.retrieve(str(subscription.customer))
    assert (ben.email, ben.name, ben.address.city) == ("ben@example.org", "Ben B.", "Vigo")
    assert player.kinds()[-1] == "customer.updated"


def test_link_to_the_portal_of_a_deleted_customer_is_gone(player):
    subscription = player.join()
    portal = player.portal(subscription.customer)

    player.api.customers.delete(str(subscription.customer))

    assert player.get(portal.url).status_code == 404


# Papers


def test_invoice_is_printed_as_a_pdf(player):
    invoice = player.join().latest_invoice

    answer = player.get(invoice.invoice_pdf)

    assert answer.mimetype == "application/pdf"
    assert answer.data.startswith(b"%PDF-1.4")
    assert b"(Invoice " in answer.data


def test_pdf_says_where_its_objects_are():
    pdf = write_pdf(["one (1)", "dos \\ €"])

    start = int(re.findall(rb"startxref\n(\d+)", pdf)[0])
    places = [int(place) for place in re.findall(rb"(\d{10}) 00000 n", pdf)]
    assert pdf[start:].startswith(b"xref")
    assert [pdf[place:].split(b" ")[0] for place in places] == [b"1", b"2", b"3", b"4", b"5"]
    assert b"one \\(1\\)" in pdf


# The overview


def test_overview_moves_the_clock(player):
    subscription = player.join()

    player.post("/clock", {"days": "29"})

    assert "29 days ahead" in player.get("/").text
    assert player.fetch(subscription.id).latest_invoice.billing_reason == "subscription_cycle"


@pytest.mark.parametrize("days", ["", "-1", "x", "nan", "1e999", "99999"])
def test_overview_refuses_a_span_that_makes_no_sense(player, days):
    answer = player.post("/clock", {"days": days})

    assert answer.status_code == 422
    assert "Enter a number of days" in answer.text
    assert player.standin.offset_seconds() == 0


def test_overview_switches_faults_on_and_off(player):
    player.post("/faults", {"do": "set", "duplicate_notices": "on", "answer": "500", "answer_times": "3"})
    on = player.standin.read_faults()
    player.post("/faults", {"do": "clear", "duplicate_notices": "on"})

    assert on == Faults(duplicate_notices=True, answer="500", answer_times=3)
    assert player.standin.read_faults() == Faults()


@pytest.mark.parametrize(
    "form", [{"answer_times": "-1"}, {"answer": "418"}, {"wait_seconds": "1000"}, {"delay_seconds": "x"}]
)
def test_overview_refuses_faults_that_are_none(player, form):
    answer = player.post("/faults", {"do": "set", **form})

    assert answer.status_code == 422
    assert player.standin.read_faults() == Faults()


def test_overview_lists_notices_with_their_answers_and_sends_again(player):
    player.join()
    player.standin.deliver_due(lambda address, body, headers: 503)
    serial = re.findall(r"/notices/(\d+)/again", player.get("/").text)[0]

    page = player.get("/").text
    player.post(f"/notices/{serial}/again", {})
    sent = player.standin.deliver_due(lambda address, body, headers: 200)

    assert "checkout.session.completed" in page
    assert ">503" in page
    assert sent == 1


def test_overview_decides_what_waits_for_a_bank(player):
    player.standin.set_faults(Faults(unpaid="waits"))
    session = player.open()
    player.pay(session.url)

    player.post(f"/checkouts/{session.id}/paid", {})

    assert player.api.checkout.sessions.retrieve(session.id).payment_status == "paid"


def test_overview_lets_a_refund_fail(player):
    intent = (
        player.api.invoice_payments.list({"invoice": player.join().latest_invoice.id}).data[0].payment.payment_intent
    )
    refund = player.api.refunds.create({"payment_intent": intent})

    player.post(f"/refunds/{refund.id}/fail", {})

    assert player.api.refunds.retrieve(refund.id).status == "failed"


def test_closed_dispute_is_not_decided_twice(player):
    player.join(DISPUTED)
    dispute = player.api.disputes.list().data[0]
    player.post(f"/disputes/{dispute.id}/won", {})

    assert player.post(f"/disputes/{dispute.id}/lost", {}).status_code == 409
    assert player.api.disputes.retrieve(dispute.id).status == "won"


def test_page_far_in_the_future_still_opens(player):
    player.join()

    player.standin.advance(1000)
    player.watch.go(days=1)

    year = (player.watch.now + timedelta(days=1000)).year
    assert str(year) in player.get("/").text
