"""Signing up while one write fails: the account is there or not, and a code that was not used up works (rule T-D3)."""

from sqlalchemy import select

from podcastsvc.storage.tables.member import FeedLink, Member, MemberSession
from tests.faults import each_failing
from tests.web.conftest import make_client, read_token
from tests.web.people import read_code, read_letters, send


def read_account(services, email):
    """How many accounts, links and sessions there are for an address."""
    with services.db.reading() as session:
        ids = list(session.scalars(select(Member.id).where(Member.email == email)))
        rows = (
            session.scalars(select(table).where(table.member_id.in_(ids))).all() for table in (FeedLink, MemberSession)
        )
        return len(ids), *map(len, rows)


def test_a_sign_up_makes_a_whole_account_or_none_t_d3(app, services):
    failed = 0
    for number, write in enumerate(each_failing(services.db.engine)):
        email, client = f"finn{number}@example.org", make_client(app)
        client.environ_base["REMOTE_ADDR"] = f"198.51.100.{number + 1}"
        send(client, "/join/free", page="/join", email=email)
        code = read_code(read_letters(services, email)[0])
        token = read_token(client.get("/sign-in/code"))
        with write:
            reply = client.post("/sign-in/code", data={"csrf_token": token, "code": code})

        failed += reply.status_code != 303
        assert reply.status_code in {303, 503}
        assert read_account(services, email) == ((1, 1, 1) if reply.status_code == 303 else (0, 0, 0))
        if reply.status_code == 503:
            assert client.post("/sign-in/code", data={"csrf_token": token, "code": code}).status_code == 303
        assert client.get("/account").status_code == 200

    assert failed > 3
