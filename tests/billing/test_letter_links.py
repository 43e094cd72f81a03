"""Every link of every letter leads to a page that exists, in each language."""

import re
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import time_machine
from sqlalchemy import select, update

from podcastsvc.billing import merging, moving_in, plans, portal
from podcastsvc.billing.changing import price_moves
from podcastsvc.billing.groups import links, seating
from podcastsvc.billing.kinds import gifts
from podcastsvc.billing.letters.week import write_summary
from podcastsvc.billing.moving_in import Mover
from podcastsvc.billing.returning import refunds, requests
from podcastsvc.billing.returning.refunds import RefundWish
from podcastsvc.billing.standin.faults import Faults
from podcastsvc.content import contact
from podcastsvc.kit import clock
from podcastsvc.kit.bundled import get_folder
from podcastsvc.kit.keys import make_key_file, read_keys
from podcastsvc.kit.money import Money
from podcastsvc.mail.addresses import read_address
from podcastsvc.members import accounts, codes, feed_tokens, grants, reminders
from podcastsvc.members import letters as member_letters
from podcastsvc.members.attempts import Asker
from podcastsvc.members.codes import Asking, Purpose
from podcastsvc.storage import schema
from podcastsvc.storage.db import Database
from podcastsvc.storage.tables.billing import Payment
from podcastsvc.storage.tables.consultation import Consultation
from podcastsvc.storage.tables.letter import Letter
from podcastsvc.web.language import LOCALIZED
from tests.billing.conftest import START
from tests.billing.till import CONFIRMS_EACH_TIME, FAILS_LATER, Till

KINDS = {path.stem for path in (get_folder("templates") / "mail").glob("*/*.txt")}
ADDRESS = re.compile(r"http://127\.0\.0\.1:8000[^\s<>\"']*")


@pytest.fixture(scope="module")
def letters_of(tmp_path_factory):
    """All letters of both languages, as a site in that language with a host of it writes them; each language once."""
    return {language: _write_letters(language, tmp_path_factory.mktemp(language)) for language in ("en", "es")}


def _write_letters(language: str, folder: Path) -> list[Letter]:
    make_key_file(folder / "key")
    db = Database(f"sqlite:///{folder / 'letters.db'}")
    schema.upgrade(db)
    with time_machine.travel(START, tick=False) as machine:
        till = Till.open(db, read_keys(folder / "key"), folder, machine)
        with db.transaction() as session:
            marta = read_address("marta@example.org")
            accounts.add_host(session, till.desk.keys, marta, language=language, now=clock.now())
        _pay(till, language)
        _ask(till, language)
        _remind(till, language)
        _give(till, language)
        _join_otherwise(till, language)
        _return(till, language)
        _move_in(till, language)
        _share(till, language)
        _talk(till, language)
        write_summary(till.desk, clock.now())
        with db.reading() as session:
            found = list(session.scalars(select(Letter).where(Letter.language == language)))
        till.close()
    db.dispose()
    return found


def _pay(till: Till, language: str) -> None:
    """Everything that money leads to."""
    till.subscribe("ben@example.org", language=language)
    second = till.join("ben@example.org", language=language)
    till.work()
    till.pay(second.url)
    till.settle()
    till.standin.set_faults(Faults(unpaid="fails"))
    till.pay(till.join("finn@example.org", language=language).url, email="finn@example.org")
    till.settle()
    till.live(4)
    till.standin.set_faults(Faults(after_last_retry="past_due"))
    till.subscribe("cleo@example.org", card=FAILS_LATER, language=language)
    dev = till.subscribe("dev@example.org", card=CONFIRMS_EACH_TIME, language=language)
    till.live(28, step=14)
    till.move(minutes=1)
    till.decide(till.post(portal.find_invoice_page(till.desk, dev.stripe_id), {"do": "saved"}))
    till.settle()
    till.live(24, step=2)
    portal.leave(till.desk, dev.member_id)
    till.work()


def _ask(till: Till, language: str) -> None:
    """Everything that people ask for about their accounts."""
    ben = till.get_member("ben@example.org")
    for purpose, email in (
        (Purpose.SIGN_IN, "ben@example.org"),
        (Purpose.PASSWORD, "ben@example.org"),
        (Purpose.EMAIL_CHANGE, "benedict@example.org"),
    ):
        member_id = ben.id if purpose is Purpose.EMAIL_CHANGE else None
        asking = Asking(purpose, read_address(email), purpose, Asker("192.0.2.1"), language, member_id=member_id)
        with till.db.transaction() as session:
            codes.ask(session, till.desk.keys, asking, clock.now())
            row = codes.find_asked(session, purpose)
            member_letters.write_code_letter(
                session, till.desk.keys, till.desk.sender, code_id=row.id, language=language, now=clock.now()
            )
    with till.db.transaction() as session:
        link = feed_tokens.list_links(session, ben.id)[0]
        member_letters.write_links_letter(session, till.desk.keys, till.desk.sender, ben, link, clock.now())
        member_letters.write_password_changed_letter(session, till.desk.sender, ben)
        member_letters.write_email_changed_letter(session, till.desk.sender, ben, old_email="b@example.org")
    question = contact.read_message({"email": "finn@example.org", "name": "Finn", "message": "Where are the maps?"})
    with till.db.transaction() as session:
        contact.send(session, till.desk.sender, question, once="question", network="192.0.2.1", now=clock.now())


def _remind(till: Till, language: str) -> None:
    """Both letters to those whose app has not come."""
    for reminder in reminders.REMINDERS:
        address, began_at = read_address(f"new{reminder.number}@example.org"), clock.now() - reminder.after
        with till.db.transaction() as session:
            member = accounts.sign_up(session, till.desk.keys, address, language=language, now=began_at)
            grants.save_grant(
                session,
                member.id,
                "gold",
                reason="comp",
                source_id=str(reminder.number),
                starts_at=began_at,
                ends_at=None,
                now=began_at,
            )
    assert reminders.remind(till.db, till.desk.keys, till.desk.sender, clock.now()) >= len(reminders.REMINDERS)


def _give(till: Till, language: str) -> None:
    """A gift, from the giver's code to its acceptance."""
    code = till.buy_gift("gina@example.org", language=language, recipient_email="hugo@example.org")
    with till.db.transaction() as session:
        hugo = accounts.sign_up(
            session, till.desk.keys, read_address("hugo@example.org"), language=language, now=clock.now()
        )
        gifts.redeem(session, code, hugo.id, clock.now())
    till.work()


def _join_otherwise(till: Till, language: str) -> None:
    """A donation, a plan that is paid once, a trial, and a price that moves."""
    till.pay(till.donate(language=language).url, email="gina@example.org")
    with till.db.transaction() as session:
        price_id = plans.set_price(session, plans.FIRST_KEY, "once", Money(9000, "EUR"), clock.now(), months=12)
        plans.set_trial(session, plans.FIRST_KEY, 4, needs_card=True)
    till.work()
    till.pay(till.join("ines@example.org", price_id=price_id, language=language).url, email="ines@example.org")
    till.subscribe("jon@example.org", language=language)
    till.live(3)
    with till.db.transaction() as session:
        plans.set_price(session, plans.FIRST_KEY, "month", Money(800, "EUR"), clock.now())
    with till.db.reading() as session:
        (earlier,) = price_moves.list_earlier(session, plans.FIRST_KEY)
    with till.db.transaction() as session:
        at = clock.now() + timedelta(days=32)
        price_moves.plan_move(session, plans.FIRST_KEY, earlier.price_id, at, clock.now())
    till.work()


def _return(till: Till, language: str) -> None:
    """Money back, and a no to who asks for it."""
    row = max((each for each in till.rows(Payment) if each.kind == "membership"), key=lambda each: each.paid_at)
    host = till.get_member("marta@example.org").id
    money = Money(row.amount_minor, row.currency)
    with till.db.transaction() as session:
        requests.ask(session, row.member_id, row.stripe_id, "Why?", clock.now())
        request = requests.find_request(session, row.stripe_id)
        requests.decline(session, request.id, "No.", by=host, now=clock.now())
        wish = RefundWish(row.stripe_id, money, ends_access=False, number=0, by=host)
        refunds.decide(session, wish, (row.account, row.livemode), clock.now())
    till.settle()


def _move_in(till: Till, language: str) -> None:
    """Somebody comes along from another platform, and has two accounts."""
    mover = Mover(2, read_address("kim@example.org"), "Kim", language, plans.FIRST_KEY, None, "")
    moving_in.move_in(till.desk, [mover], invites=True, now=clock.now())
    till.work()
    kim, hugo = till.get_member("kim@example.org").id, till.get_member("hugo@example.org").id
    with till.db.transaction() as session:
        merging.merge(session, kim, hugo, clock.now())
    till.work()


def _share(till: Till, language: str) -> None:
    """A group: a seat that is taken, and taken back."""
    with till.db.transaction() as session:
        plans.set_seats(session, plans.FIRST_KEY, 5)
    payer = till.subscribe("lea@example.org", people=2, language=language).member_id
    with till.db.transaction() as session:
        address = read_address("max@example.org")
        holder = accounts.sign_up(session, till.desk.keys, address, language=language, now=clock.now()).id
        code = links.show_code(till.desk.keys, links.get_link(session, till.desk.keys, payer, clock.now()))
        seating.take(session, code, holder, clock.now())
    till.work()
    with till.db.transaction() as session:
        seating.take_back(session, payer, holder, clock.now())
    till.work()


def _talk(till: Till, language: str) -> None:
    """Two want the same time: one gets it, the other pays too late."""
    till.open_consultations()
    at = till.list_times()[0]
    late = till.book("nora@example.org", at=at, language=language)
    with till.db.transaction() as session:
        session.execute(update(Consultation).values(held_until=clock.now() - timedelta(seconds=1)))
    first = till.book("olga@example.org", at=at, language=language)
    for opened, email in ((first, "olga@example.org"), (late, "nora@example.org")):
        till.pay(opened.url, email=email)
        till.settle()


@pytest.mark.parametrize("language", ["en", "es"])
def test_every_kind_of_letter_is_looked_at(letters_of, language):
    assert {letter.kind for letter in letters_of[language]} == KINDS


@pytest.mark.parametrize("language", ["en", "es"])
@pytest.mark.parametrize("kind", sorted(KINDS))
def test_links_of_a_letter_lead_to_pages(letters_of, url_map, kind, language):
    texts = [letter.text + letter.html for letter in letters_of[language] if letter.kind == kind]

    lost = [address for text in texts for address in ADDRESS.findall(text) if not _leads_somewhere(url_map, address)]

    assert texts
    assert lost == []


def _leads_somewhere(url_map, address: str) -> bool:
    path = urlsplit(address.rstrip(".,")).path
    is_prefixed = path.startswith("/es/")
    adapter = url_map.bind("127.0.0.1:8000")
    if not adapter.test(path.removeprefix("/es") if is_prefixed else path, "GET"):
        return False
    endpoint, _ = adapter.match(path.removeprefix("/es") if is_prefixed else path, "GET")
    return not is_prefixed or endpoint.partition(".")[0] in LOCALIZED
