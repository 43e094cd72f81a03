"""Giving and accepting: the form, the way to payment and back, and who can take what with which code."""

import re
from dataclasses import replace
from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import select

from podcastsvc.app import create_app
from podcastsvc.billing import plans
from podcastsvc.billing.kinds import gift_codes, gifts
from podcastsvc.billing.standin.faults import Faults
from podcastsvc.kit import clock
from podcastsvc.mail.addresses import read_address
from podcastsvc.members import attempts, grants
from podcastsvc.members.entitlements import Standing, get_entitlement
from podcastsvc.services import Services
from podcastsvc.storage.tables.billing import Grant, Order
from podcastsvc.storage.tables.member import Member
from podcastsvc.storage.tables.offer import Gift
from podcastsvc.web.offers import redeeming
from tests.web.conftest import make_client, make_member, read_token, sign_in
from tests.web.people import read_code, read_letters, read_link, send
from tests.web.test_join import pay

FORM = {
    "length": "members:12",
    "buyer_name": "Ben",
    "email": "ben@example.org",
    "recipient_name": "Dev",
    "recipient_email": "dev@example.org",
    "message": "For the road.",
}


@pytest.fixture(autouse=True)
def _plan(services):
    with services.db.transaction() as session:
        plans.make_first_plan(session, clock.now())


def give(client, path="/gift", **change):
    """Sends the form as a browser does."""
    page = client.get(path)
    order = re.search(r'name="order" value="(\w+)"', page.text)[1]
    return client.post(path, data={"csrf_token": read_token(page), "order": order, **FORM, **change})


def buy(client, services, **change):
    """Pays for a gift and comes back: the page that follows, and the code."""
    page = client.get(pay(client, give(client, **change).location))
    with services.db.reading() as session:
        gift = session.scalars(select(Gift).order_by(Gift.id.desc())).first()
    return page, gift_codes.show_code(services.keys, gift)


def rows(services, table):
    with services.db.reading() as session:
        return list(session.scalars(select(table)))


def standing(services, email):
    with services.db.reading() as session:
        member = session.scalars(select(Member).where(Member.email == email)).one_or_none()
        return get_entitlement(session, member.id, clock.now()).standing if member else None


def test_form_offers_three_lengths_the_year_chosen(client):
    page = client.get("/gift").text

    assert re.findall(r'name="length" value="(\S+)"( checked)?', page) == [
        ("members:12", " checked"),
        ("members:6", ""),
        ("members:3", ""),
    ]
    assert "<strong>€60</strong> once" in page
    assert "<strong>€18</strong> once" in page


@pytest.mark.parametrize("path", ["/join", "/es/join"])
def test_join_page_leads_to_gifts(client, path):
    prefix = path.removesuffix("/join")
    page = client.get(path).text

    assert f'href="{prefix}/gift"' in page
    assert f'href="{prefix}/gift/redeem"' in page


def test_buyer_pays_the_price_of_our_table_whatever_the_form_says_t_p3(client, services):
    reply = give(client, length="members:3", amount="1", money="1", months="12")

    assert (reply.status_code, reply.location.startswith("http://127.0.0.1:8000/stripe-stand-in/pay/")) == (303, True)
    order = rows(services, Order)[0]
    assert (order.kind, order.amount_minor, order.currency, order.details["months"]) == ("gift", 1800, "EUR", 3)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"length": "members:1"}, "length"),
        ({"buyer_name": ""}, "buyer_name"),
        ({"email": "ben"}, "email"),
        ({"recipient_email": "dev@"}, "recipient_email"),
        ({"deliver_on": "2001-01-01"}, "deliver_on"),
    ],
)
def test_what_is_wrong_is_said_at_its_field_and_the_rest_stays(client, services, change, field):
    reply = give(client, **change)

    assert reply.status_code == 422
    assert f'href="#{field}"' in reply.text
    assert "For the road." in reply.text
    assert rows(services, Order) == []


def test_problems_are_listed_in_the_order_of_the_form(client):
    reply = give(client, recipient_name="", email="", buyer_name="")

    assert re.findall(r'href="#(\w+)"', reply.text.split('id="problems"')[1])[:3] == [
        "buyer_name",
        "email",
        "recipient_name",
    ]


def test_giver_sees_the_code_once_and_a_stranger_never(app, client, services):
    back = pay(client, give(client).location)

    stranger = make_client(app).get(back)
    first, second = client.get(back), client.get(back)
    code = gift_codes.show_code(services.keys, rows(services, Gift)[0])

    assert f"http://127.0.0.1:8000/gift/redeem/{code}" in first.text
    assert gift_codes.write_code(code) in first.text
    assert "The e-mail to Dev is on its way." in first.text
    for page in (stranger, second):
        assert page.status_code == 200
        assert code not in page.text
        assert "Dev" not in page.text
    assert rows(services, Member) == []


def test_giver_who_comes_back_without_paying_finds_the_form_filled(client):
    opened = give(client, deliver_on="", message="For the road, and back.")
    token = opened.location.rsplit("/", 1)[1]

    back = client.get(f"/welcome?s={token}")
    page = client.get(back.location).text

    assert back.location == "/gift?back=1"
    assert "Nothing was charged." in page
    assert "For the road, and back." in page
    assert 'value="dev@example.org"' in page


def test_order_of_a_gift_never_fills_in_the_join_form(client):
    give(client)

    page = client.get("/join?back=1").text

    assert "ben@example.org" not in page


def test_recipient_accepts_from_the_letter_and_hears_everything(app, client, services):
    buy(client, services)
    link = read_link(read_letters(services, "dev@example.org")[0], "gift/redeem")
    devs = make_client(app)

    page = devs.get(link)
    reply = send(devs, link)
    apps = devs.get("/welcome")

    assert "Ben gave you a membership" in page.text
    assert "d•••@example.org" in page.text
    assert "dev@example.org" not in page.text
    assert reply.location == "/welcome"
    assert "overcast://x-callback-url/add?url=" in apps.text
    assert standing(services, "dev@example.org") is Standing.GIFT
    assert read_letters(services, "dev@example.org")[0].subject.startswith("Your members' feed")


def test_opening_the_page_takes_nothing(client, services):
    _page, code = buy(client, services)

    client.get(f"/gift/redeem/{code}")
    client.head(f"/gift/redeem/{code}")
    refused = client.post(f"/gift/redeem/{code}", data={})

    assert refused.status_code == 403
    assert rows(services, Gift)[0].state == "paid"


def test_address_that_has_an_account_must_be_proved_first_t_a6(app, client, services):
    make_member(services, "dev@example.org")
    _page, code = buy(client, services)
    devs = make_client(app)

    asked = send(devs, f"/gift/redeem/{code}")
    before = standing(services, "dev@example.org")
    digits = read_code(next(each for each in read_letters(services, "dev@example.org") if read_code(each)))
    entered = send(devs, "/sign-in/code", code=digits, next="redeem.page")
    page = devs.get(devs.get(entered.location).location)
    reply = send(devs, f"/gift/redeem/{code}")

    assert asked.location == "/sign-in/code?next=redeem.page"
    assert before is Standing.NONE
    assert entered.location == "/gift/redeem"
    assert "It goes to your account" in page.text
    assert reply.location == "/welcome"
    assert standing(services, "dev@example.org") is Standing.GIFT


@pytest.mark.parametrize("is_known", [True, False])
def test_another_address_is_proved_first_and_told_the_same_whether_or_not_it_is_known_t_a6(
    app, client, services, is_known
):
    if is_known:
        make_member(services, "eve@example.org")
    _page, code = buy(client, services)
    eves = make_client(app)

    asked = send(eves, f"/gift/redeem/{code}", email="eve@example.org")

    assert (asked.status_code, asked.location) == (303, "/sign-in/code?next=redeem.page")
    assert rows(services, Gift)[0].state == "paid"
    assert "sid=" not in "".join(asked.headers.getlist("Set-Cookie"))


def test_link_of_the_sign_in_letter_leads_on_to_the_gift(app, client, services):
    _page, code = buy(client, services, recipient_email="")
    eves = make_client(app)
    send(eves, f"/gift/redeem/{code}", email="eve@example.org")
    link = read_link(read_letters(services, "eve@example.org")[0])

    entered = send(eves, link)

    assert entered.location == "/gift/redeem"
    assert eves.get("/gift/redeem").location == f"/gift/redeem/{code}"
    assert eves.get("/gift/redeem").status_code == 200


def test_whoever_proves_the_recipient_s_address_signs_out_who_took_the_gift_for_it(app, client, services):
    _page, code = buy(client, services)
    taker, devs = make_client(app), make_client(app)
    send(taker, f"/gift/redeem/{code}")

    send(devs, "/sign-in", email="dev@example.org")
    digits = read_code(next(each for each in read_letters(services, "dev@example.org") if read_code(each)))
    send(devs, "/sign-in/code", code=digits)

    assert devs.get("/account").status_code == 200
    assert taker.get("/account").status_code == 303


def test_27_second_taker_sees_when_the_gift_was_used(app, client, services, finn):
    _page, code = buy(client, services)
    send(make_client(app), f"/gift/redeem/{code}")
    finns = sign_in(make_client(app), services, finn)

    page = finns.get(f"/gift/redeem/{code}")
    token = read_token(finns.get("/account"))
    reply = finns.post(f"/gift/redeem/{code}", data={"csrf_token": token})

    assert "It was already used on" in page.text
    assert reply.status_code == 409
    assert len(rows(services, Grant)) == 1


def test_28_paying_member_is_told_kindly_and_the_gift_stays_unused(app, client, services, ada):
    _page, code = buy(client, services)
    # A host has every plan for good.
    studio = sign_in(make_client(app), services, ada)
    with services.db.transaction() as session:
        grants.give_hosts_all_plans(session, clock.now())

    page = studio.get(f"/gift/redeem/{code}")
    reply = studio.post(f"/gift/redeem/{code}", data={"csrf_token": read_token(studio.get("/account"))})

    assert "You hear everything already, so the gift stays unused." in page.text
    assert reply.status_code == 409
    assert rows(services, Gift)[0].state == "paid"


def test_taker_who_looks_again_is_told_that_it_is_theirs(client, services, finn):
    sign_in(client, services, finn)
    _page, code = buy(client, services)
    send(client, f"/gift/redeem/{code}")

    assert "This gift is yours already" in client.get(f"/gift/redeem/{code}").text


def test_29_refunded_gift_says_that_it_does_not_work(client, services):
    _page, code = buy(client, services)
    order_id = rows(services, Gift)[0].order_id
    with services.db.transaction() as session:
        gifts.end_refunded(session, order_id, clock.now())

    assert "This gift does not work any more" in client.get(f"/gift/redeem/{code}").text


@pytest.mark.parametrize("write", [str.upper, lambda code: f" {gift_codes.write_code(code)} "])
def test_code_is_typed_as_it_stands_on_the_card(client, services, write):
    _page, code = buy(client, services)

    reply = send(client, "/gift/redeem", code=write(code))

    assert (reply.status_code, reply.location) == (303, f"/gift/redeem/{code}")


def test_unknown_codes_are_guesses_and_guessing_ends(client, services):
    _page, code = buy(client, services)

    first = send(client, "/gift/redeem", code="a" * 28)
    tries = [client.get(f"/gift/redeem/{'b' * 28}").status_code for _ in range(attempts.UNKNOWN_TOKENS.most)]

    assert (first.status_code, tries[0], tries[-1]) == (422, 404, 429)
    assert client.get(f"/gift/redeem/{code}").status_code == 429


def test_gift_form_counts_as_a_checkout(client):
    replies = [give(client).status_code for _ in range(attempts.CHECKOUT_FROM_NETWORK.most + 1)]

    assert set(replies[:-1]) == {303}
    assert replies[-1] == 429


def test_stripe_away_keeps_everything_filled_in(client, services):
    give(client)
    services.standin.set_faults(Faults(answer="500"))

    reply = give(client, message="For the way back.")

    assert reply.status_code == 503
    assert "Nothing was charged" in reply.text
    assert "For the way back." in reply.text


def test_without_prices_gifts_are_not_open(client, services):
    with services.db.transaction() as session:
        for view in plans.list_plans(session, "en"):
            for price in view.prices:
                plans.close_price(session, price.id)

    page = client.get("/gift")

    assert (page.status_code, "Gifts are not open yet" in page.text) == (200, True)
    assert send(client, "/gift", page="/sign-in", **FORM).status_code == 422


def test_gift_reaches_its_recipient_on_the_day_also_where_payments_are_off_by_then(client, services, settings):
    day = clock.now() + timedelta(days=30)
    _page, code = buy(client, services, deliver_on=f"{day:%Y-%m-%d}")
    early = read_letters(services, "dev@example.org")
    later = Services(replace(settings, payments_mode="off"))

    with time_machine.travel(day + timedelta(days=1)):
        found = read_letters(later, "dev@example.org")
        page = make_client(create_app(later.settings, later)).get(f"/gift/redeem/{code}")
    later.close()

    assert early == []
    assert [code in letter.text for letter in found] == [True]
    assert "Accept the gift" in page.text


def test_pages_speak_spanish_at_their_spanish_addresses(client, services):
    _page, code = buy(client, services)

    for path in ("/es/gift", "/es/gift/redeem", f"/es/gift/redeem/{code}"):
        assert '<html lang="es">' in client.get(path).text


def test_pages_of_codes_are_kept_by_nobody(client, services):
    _page, code = buy(client, services)

    reply = client.get(f"/gift/redeem/{code}")

    assert reply.headers["Cache-Control"] == "private, no-store"
    assert reply.headers["Referrer-Policy"] == "no-referrer"
    assert reply.headers["X-Robots-Tag"] == "noindex"


def test_27_gift_that_is_taken_between_look_and_click_makes_no_account(app, client, services, finn):
    _page, code = buy(client, services)
    with app.test_request_context(f"/gift/redeem/{code}", method="POST"):
        found = redeeming._look(code)
        with services.db.transaction() as session:
            gifts.redeem(session, code, finn.id, clock.now())

        entered = redeeming._enter_new(found, read_address("dev@example.org"))

    assert entered is None
    assert "dev@example.org" not in {member.email for member in rows(services, Member)}


def test_giver_whose_bank_takes_its_time_is_told_that_the_code_will_come(client, services):
    services.standin.set_faults(Faults(unpaid="waits"))

    page = client.get(pay(client, give(client).location))

    assert "we send you the code of your gift" in page.text
    assert rows(services, Gift) == []
