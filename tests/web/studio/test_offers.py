"""The studio's gifts: the list, a new code, the e-mail once more, and who may do that."""

import pytest
from sqlalchemy import event

from podcastsvc.billing import plans
from podcastsvc.billing.kinds import gift_codes, gifts
from podcastsvc.kit import clock
from podcastsvc.storage.tables.offer import Gift
from tests.web.conftest import make_client, read_token, sign_in
from tests.web.people import read_letters, send
from tests.web.test_gifts import buy, rows


@pytest.fixture(autouse=True)
def _plan(services):
    with services.db.transaction() as session:
        plans.make_first_plan(session, clock.now())


def post(studio, path):
    return studio.post(path, data={"csrf_token": read_token(studio.get("/account/profile"))})


def test_empty_list_gives_the_page_to_share(studio):
    assert "http://127.0.0.1:8000/gift" in studio.get("/studio/offers").text


def test_list_says_who_gave_what_to_whom_and_how_it_stands(app, client, services, studio, finn):
    buy(client, services)
    _page, code = buy(client, services, recipient_email="", recipient_name="Finn", length="members:3")
    sent = studio.get("/studio/offers").text
    send(sign_in(make_client(app), services, finn), f"/gift/redeem/{code}")
    read_letters(services, "dev@example.org")

    page = studio.get("/studio/offers").text

    assert sent.count("Waits for its day") == 1
    for words in ("Member, 12 months", "Member, 3 months", "ben@example.org", "dev@example.org", "by hand"):
        assert words in page
    assert page.count("Not accepted yet") == page.count(">Accepted<") == 1
    assert f'href="/studio/members/{finn.id}"' in page


def test_new_code_goes_out_and_the_old_one_stops(client, services, studio):
    _page, old = buy(client, services)
    read_letters(services, "dev@example.org")

    reply = post(studio, "/studio/offers/gifts/1/code")
    new = gift_codes.show_code(services.keys, rows(services, Gift)[0])

    assert reply.location == "/studio/offers?done=renewed"
    assert "the new one is on its way" in studio.get(reply.location).text
    assert any(new in letter.text for letter in read_letters(services, "dev@example.org"))
    assert any(gift_codes.write_code(new) in letter.text for letter in read_letters(services, "ben@example.org"))
    assert (client.get(f"/gift/redeem/{old}").status_code, client.get(f"/gift/redeem/{new}").status_code) == (404, 200)


def test_sending_again_writes_to_the_recipient_else_to_the_giver(client, services, studio):
    buy(client, services)
    buy(client, services, recipient_email="")
    before = [len(read_letters(services, to)) for to in ("dev@example.org", "ben@example.org")]

    post(studio, "/studio/offers/gifts/1/send")
    post(studio, "/studio/offers/gifts/2/send")

    after = [len(read_letters(services, to)) for to in ("dev@example.org", "ben@example.org")]
    assert (before, after) == ([1, 2], [2, 3])


@pytest.mark.parametrize("what", ["code", "send"])
def test_what_is_over_is_left_alone(client, services, studio, what):
    buy(client, services)
    before = rows(services, Gift)[0]
    with services.db.transaction() as session:
        gifts.end_refunded(session, before.order_id, clock.now())

    reply = post(studio, f"/studio/offers/gifts/1/{what}")

    assert "nothing was changed" in studio.get(reply.location).text
    assert rows(services, Gift)[0].code_hash == before.code_hash
    assert post(studio, f"/studio/offers/gifts/77/{what}").status_code == 404


def test_members_have_no_such_pages(app, client, services, finn):
    buy(client, services)
    finns = sign_in(make_client(app), services, finn)

    assert finns.get("/studio/offers").status_code == 404
    assert [post(finns, f"/studio/offers/gifts/1/{what}").status_code for what in ("code", "send")] == [404, 404]


def test_list_takes_as_many_queries_for_many_gifts_as_for_one(app, client, services, studio):
    asked = []
    _page, first = buy(client, services, recipient_email="eve@example.org")
    send(make_client(app), f"/gift/redeem/{first}")
    studio.get("/studio/offers")
    event.listen(services.db.engine, "before_cursor_execute", lambda *given: asked.append(given[2]))

    def count():
        asked.clear()
        assert studio.get("/studio/offers").status_code == 200
        return len(asked)

    one = count()
    for number in range(4):
        _page, code = buy(client, services, recipient_email=f"eve{number}@example.org")
        send(make_client(app), f"/gift/redeem/{code}")

    assert count() == one
