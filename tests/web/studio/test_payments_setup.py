"""Setting payments up in the studio: what is looked at, what is missing, and the notice that has to come back."""

import dataclasses

import pytest
from sqlalchemy import select

from podcastsvc.app import create_app
from podcastsvc.billing import simulation
from podcastsvc.billing.setting_up import proving
from podcastsvc.billing.setting_up.permissions import PERMISSIONS
from podcastsvc.billing.standin.faults import Faults
from podcastsvc.services import Services
from podcastsvc.storage.tables.billing import BillingCustomer
from podcastsvc.storage.tables.member import Member
from tests.web.conftest import make_client, make_member, sign_in
from tests.web.people import send, work

PAGE = "/studio/settings/payments"


def deliver(services):
    simulation.deliver(services.standin, simulation.post_here(services.db, services.webhook_secrets))


def test_page_leads_through_five_steps_and_asks_stripe_nothing_by_itself(studio, services):
    # The next request fails with all its repetitions, whoever makes it.
    services.standin.set_faults(Faults(answer="500", answer_times=3))
    page = studio.get(PAGE).text
    looked = studio.get(f"{PAGE}?look=1").text

    for words in ("1. The key", "2. The webhook", "3. The portal", "4. In Stripe", "5. A payment to try"):
        assert words in page
    assert "no money moves" in page
    assert all(each.name in page for each in PERMISSIONS)
    assert "permissions: the key may do all" not in page
    assert "Stripe does not answer" in looked


def test_looking_finds_all_in_order_on_the_stand_in(studio, services):
    work(services)
    page = studio.get(f"{PAGE}?look=1").text

    assert "permissions: the key may do all that is needed" in page
    assert "All that was looked at is in order." in page


def test_a_permission_that_is_missing_is_named_with_what_it_is_for(studio, services):
    services.standin.set_faults(Faults(forbidden="refunds"))

    page = studio.get(f"{PAGE}?look=1").text

    assert "the key may not write Charges and Refunds" in page
    assert "Needed for money back." in page


def test_stripe_away_is_a_finding_and_not_an_error(studio, services):
    services.standin.set_faults(Faults(answer="500"))

    reply = studio.get(f"{PAGE}?look=1")

    assert reply.status_code == 200
    assert "Stripe does not answer" in reply.text
    assert send(studio, f"{PAGE}/prove", page=PAGE).status_code == 409


def test_a_notice_is_let_come_back_and_leaves_nothing(studio, services):
    begun = send(studio, f"{PAGE}/prove", page=PAGE)
    waiting = studio.get(PAGE).text
    deliver(services)
    proven = studio.get(PAGE).text

    with services.db.reading() as session:
        left = list(session.scalars(select(BillingCustomer)))
        members = [each.email for each in session.scalars(select(Member)) if each.role == "member"]
    assert begun.location.startswith(PAGE)
    assert "Waiting for the notice" in waiting
    assert 'http-equiv="refresh"' in waiting
    assert "A notice came back." in proven
    assert 'http-equiv="refresh"' not in proven
    assert (left, members) == ([], [])


def test_a_wrong_secret_and_a_wrong_address_are_told_apart(studio, services, monkeypatch):
    send(studio, f"{PAGE}/prove", page=PAGE)
    monkeypatch.setattr(proving, "PATIENCE", proving.PATIENCE * 0)
    nothing = studio.get(PAGE).text

    refused = studio.post("/webhooks/stripe", data=b"{}", headers={"Stripe-Signature": "t=1,v1=00"})
    page = studio.get(PAGE).text

    assert "No notice came within a minute." in nothing
    assert refused.status_code == 400
    assert "its signature was refused" in page


def test_payments_off_lists_what_to_set(settings, services, ada):
    off = Services(dataclasses.replace(settings, payments_mode="off"))
    try:
        host = sign_in(make_client(create_app(off.settings, off)), off, ada)
        page = host.get(f"{PAGE}?look=1").text
        refused = send(host, f"{PAGE}/prove", page="/studio/donations")
    finally:
        off.close()

    assert "Payments are off" in page
    assert "PODCASTSVC_STRIPE_SECRET_KEY" in page
    assert "Let a notice come back" not in page
    assert refused.status_code == 409


def test_connecting_a_site_that_stripe_cannot_reach_is_refused_with_what_to_do(studio):
    reply = send(studio, f"{PAGE}/connect", page=PAGE)

    assert reply.status_code == 409
    assert "Set PODCASTSVC_BASE_URL" in reply.text


def test_only_hosts_see_it_and_forms_need_their_token(app, services, studio):
    ben = sign_in(make_client(app), services, make_member(services, "ben@example.org"))

    assert make_client(app).get(PAGE).status_code in {303, 404}
    assert ben.get(PAGE).status_code in {403, 404}
    assert studio.post(f"{PAGE}/prove", data={}).status_code == 403


@pytest.mark.parametrize("look", ["", "?look=1"])
def test_page_speaks_spanish(app, services, look):
    with services.db.transaction() as session:
        ada = session.scalars(select(Member).where(Member.role == "host")).first()
        if ada is not None:
            ada.language = "es"
    host = sign_in(
        make_client(app), services, ada or make_member(services, "ada@example.org", role="host", language="es")
    )

    page = host.get(f"{PAGE}{look}").text

    assert "Hacer volver un aviso" in page
    assert "Configurar los pagos" in page
    assert "Let a notice come back" not in page
    assert "the key may do all that is needed" not in page
