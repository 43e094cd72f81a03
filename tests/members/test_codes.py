"""Codes and links: one use, a short life, bound to a browser, and the same for everybody from outside."""

from datetime import timedelta

import pytest
from sqlalchemy import event, func, select, text

from podcastsvc.errors import NotFound, TooMany
from podcastsvc.mail.addresses import read_address
from podcastsvc.members import accounts, attempts, codes, letters, sessions
from podcastsvc.members.attempts import Asker
from podcastsvc.members.codes import Asking, Outcome, Purpose
from podcastsvc.members.sign_in import enter
from podcastsvc.storage import limits
from podcastsvc.storage.tables.job import Job
from podcastsvc.storage.tables.letter import Letter
from podcastsvc.storage.tables.member import Member, SignInCode
from tests.mail.letters import SENDER
from tests.members.conftest import NOW

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
BENS, EVES = "ben's browser", "eve's browser"


@pytest.fixture
def ask(db, keys):
    """Asks for a code and lets the job write its letter."""

    def run(
        email="ben@example.org",
        *,
        browser=BENS,
        network="192.0.2.1",
        known="",
        now=NOW,
        purpose=Purpose.SIGN_IN,
        **more,
    ):
        asking = Asking(purpose, read_address(email), browser, Asker(network, known), "en", **more)
        with db.transaction() as session:
            codes.ask(session, keys, asking, now)
        with db.reading() as session:
            row = codes.find_asked(session, browser)
        with db.transaction() as session:
            letters.write_code_letter(session, keys, SENDER, code_id=row.id, language="en", now=now)
        return codes.make_code(keys, row.id), codes.make_link_token(keys, row.id)

    return run


@pytest.fixture
def type_code(db):
    def run(code, *, browser=BENS, now=NOW):
        with db.transaction() as session:
            return codes.use_code(session, browser, code, now)

    return run


@pytest.fixture
def open_link(db):
    def run(token, *, now=NOW):
        with db.transaction() as session:
            return codes.use_link(session, token, now)

    return run


def list_letters(db):
    with db.reading() as session:
        return session.scalars(select(Letter).order_by(Letter.id)).all()


def other_than(code):
    return f"{(int(code) + 1) % 1_000_000:06d}"


def test_letter_holds_the_code_and_the_link(db, ben, ask):
    code, token = ask()

    (letter,) = list_letters(db)
    assert (letter.to, letter.kind, letter.member_id) == ("ben@example.org", "sign_in", ben.id)
    assert letter.subject.startswith(code)
    assert f"https://show.example/sign-in/link/{token}" in letter.text


def test_right_code_proves_the_address_once(ben, ask, type_code):
    code, _ = ask()

    answer = type_code(code)

    assert (answer.outcome, answer.proof.member_id) == (Outcome.RIGHT, ben.id)
    assert type_code(code).outcome is Outcome.SPENT


def test_spaces_in_a_typed_code_do_not_matter(ben, ask, type_code):
    code, _ = ask()

    assert type_code(f" {code[:3]} {code[3:]} ").outcome is Outcome.RIGHT


def test_using_the_code_uses_up_the_link(ben, ask, type_code, open_link):
    code, token = ask()
    type_code(code)

    assert open_link(token).outcome is Outcome.SPENT


def test_using_the_link_uses_up_the_code(ben, ask, type_code, open_link):
    code, token = ask()

    assert open_link(token).proof.member_id == ben.id
    assert type_code(code).outcome is Outcome.SPENT


def test_code_lives_ten_minutes_and_its_link_fifteen(ben, ask, type_code, open_link):
    code, token = ask()

    assert type_code(code, now=NOW + 10 * MINUTE).outcome is Outcome.SPENT
    assert open_link(token, now=NOW + 15 * MINUTE).outcome is Outcome.SPENT
    assert open_link(token, now=NOW + 15 * MINUTE - timedelta(seconds=1)).outcome is Outcome.RIGHT


def test_code_is_good_in_the_browser_that_asked_only(ben, ask, type_code):
    code, _ = ask()

    assert type_code(code, browser=EVES).outcome is Outcome.SPENT
    assert type_code(code).outcome is Outcome.RIGHT


def test_five_tries_spend_the_code_and_leave_the_link(ben, ask, type_code, open_link):
    code, token = ask()

    outcomes = [type_code(other_than(code)).outcome for _ in range(6)]

    assert outcomes == [Outcome.WRONG] * 5 + [Outcome.SPENT]
    assert type_code(code).outcome is Outcome.SPENT
    assert open_link(token).outcome is Outcome.RIGHT


@pytest.mark.parametrize("typed", ["", "abc", "١٢٣٤٥٦", "1" * 10_000, "\x00", "\ud800"])
def test_odd_things_typed_are_wrong_codes(ben, ask, type_code, typed):
    ask()

    assert type_code(typed).outcome is Outcome.WRONG


def test_newer_code_voids_the_older_one(ben, ask, type_code, open_link):
    old_code, old_token = ask()
    new_code, _ = ask(now=NOW + MINUTE)

    assert open_link(old_token, now=NOW + MINUTE).outcome is Outcome.SPENT
    assert new_code == old_code or type_code(old_code, now=NOW + MINUTE).outcome is Outcome.WRONG
    assert type_code(new_code, now=NOW + MINUTE).outcome is Outcome.RIGHT


def test_stranger_who_asks_for_ben_uses_up_the_own_share_only_t_a7(ben, ask, type_code):
    for number in range(3):
        ask(browser=EVES, network="198.51.100.1", now=NOW + number * MINUTE)
    with pytest.raises(TooMany):
        ask(browser=EVES, network="198.51.100.1", now=NOW + 4 * MINUTE)

    code, _ = ask(now=NOW + 5 * MINUTE)

    assert type_code(code, now=NOW + 5 * MINUTE).proof.member_id == ben.id


@pytest.mark.parametrize("purpose", [Purpose.SIGN_IN, Purpose.PASSWORD])
def test_strangers_of_many_networks_leave_a_link_that_works_in_the_mailbox_t_a7(ben, ask, open_link, purpose):
    tokens = []
    for quarter in range(8):
        start = NOW + quarter * 15 * MINUTE
        for number in range(4):
            _, token = ask(browser=EVES, network=f"198.51.100.{quarter}{number}", purpose=purpose, now=start)
            tokens.append(token)
        with pytest.raises(TooMany):
            ask(network="192.0.2.1", purpose=purpose, now=start + MINUTE)

    end_of_quarter = NOW + 8 * 15 * MINUTE - timedelta(seconds=1)
    assert open_link(tokens[-1], now=end_of_quarter).proof.member_id == ben.id


def test_browser_that_signed_in_before_keeps_its_share_t_a7(ben, ask):
    for number in range(4):
        ask(browser=EVES, network=f"198.51.100.{number}")
    for _ in range(3):
        ask(known="ben's laptop")

    with pytest.raises(TooMany):
        ask(known="ben's laptop")
    ask(known="ben's phone")


def test_network_of_many_leaves_known_browsers_alone_t_a7(ask):
    for number in range(20):
        ask(f"x{number}@example.org", browser=str(number))

    ask(known="ben's laptop")


def test_flood_of_letters_leaves_each_mailbox_one_in_a_quarter_of_an_hour_t_a7(db, ben, ask, open_link):
    with db.transaction() as session:
        for _ in range(300):
            attempts.note(session, attempts.LETTERS_OF_SITE, "", NOW)

    _, token = ask()

    with pytest.raises(TooMany):
        ask(network="192.0.2.2", now=NOW + MINUTE)
    assert open_link(token, now=NOW + MINUTE).proof.member_id == ben.id
    with pytest.raises(TooMany):
        ask("new@example.org", signs_up=True, network="192.0.2.3")


def test_asking_for_addresses_without_an_account_takes_nothing_from_the_sites_letters_t_a7(db, ask):
    for number in range(20):
        ask(f"x{number}@example.org", browser=str(number))

    with db.reading() as session:
        assert limits.read(session, attempts.LETTERS_OF_SITE.what, "", window=HOUR, now=NOW) == 0


def test_fourth_letter_in_an_hour_is_refused_with_the_time_it_is_possible_again(ben, ask):
    for minute in range(3):
        ask(now=NOW + minute * MINUTE)

    with pytest.raises(TooMany) as refused:
        ask(now=NOW + 4 * MINUTE)

    assert refused.value.until == NOW + HOUR


def test_seventh_letter_in_a_day_is_refused(ben, ask):
    start = NOW.replace(hour=0)
    for hour in range(6):
        ask(now=start + hour * HOUR)

    with pytest.raises(TooMany):
        ask(now=start + 7 * HOUR)


def test_tags_share_the_limit_of_their_mailbox(ask):
    for tag in "abcd":
        ask(f"ben+{tag}@example.org", browser=tag, network=f"192.0.2.{tag}")

    with pytest.raises(TooMany):
        ask("ben+e@example.org", browser="e", network="192.0.2.e")


def test_one_network_asks_for_twenty_mailboxes_an_hour(ask):
    for number in range(20):
        ask(f"x{number}@example.org", browser=str(number))

    with pytest.raises(TooMany):
        ask("x21@example.org", browser="21")
    ask("x21@example.org", browser="21", network="192.0.2.2")


def test_refused_asking_leaves_nothing_behind(db, ben, ask):
    for minute in range(3):
        ask(now=NOW + minute * MINUTE)
    before = len(list_letters(db))

    with pytest.raises(TooMany):
        ask(now=NOW + 4 * MINUTE)

    with db.reading() as session:
        assert session.scalar(select(func.count()).select_from(SignInCode)) == 3
    assert len(list_letters(db)) == before


def test_unknown_address_gets_no_letter_and_no_code_is_right(db, keys, ask, type_code):
    code, token = ask("nobody@example.org")

    assert list_letters(db) == []
    assert type_code(code).outcome is Outcome.WRONG
    with db.reading() as session:
        assert codes.look_at_link(session, keys, token, BENS, NOW) is None


def test_asking_does_the_same_statements_for_known_and_unknown_addresses(db, keys, ben):
    def record(email, browser):
        seen = []
        listener = lambda *args: seen.append(args[2])  # noqa: E731
        event.listen(db.engine, "before_cursor_execute", listener)
        with db.transaction() as session:
            codes.ask(
                session, keys, Asking(Purpose.SIGN_IN, read_address(email), browser, Asker("192.0.2.9"), "en"), NOW
            )
        event.remove(db.engine, "before_cursor_execute", listener)
        return seen

    known, unknown = record("ben@example.org", "1"), record("nobody@example.org", "2")

    assert known == unknown
    assert not any("member." in statement for statement in known)


def test_nothing_that_opens_an_account_is_stored(db, ben, ask):
    code, token = ask()

    with db.reading() as session:
        kept = str(session.execute(text("select * from sign_in_code")).all())
        queued = str(session.scalars(select(Job.payload)).all())
    assert token not in kept + queued
    assert f"'{code}'" not in kept + queued


def test_signing_up_makes_the_account_when_the_letter_is_answered(db, keys, ask, type_code):
    code, _ = ask("Finn@Example.org", signs_up=True)
    with db.reading() as session:
        assert session.scalars(select(Member)).all() == []

    proof = type_code(code).proof
    with db.transaction() as session:
        entered = enter(session, keys, proof, language="es", agent="", now=NOW)

    assert (entered.member.email, entered.member.language, entered.member.confirmed_at) == (
        "Finn@example.org",
        "es",
        NOW,
    )
    with db.reading() as session:
        assert sessions.find_session(session, entered.secret, NOW).member.id == entered.member.id


def test_signing_up_with_a_known_address_signs_in(db, keys, ben, ask, type_code):
    code, _ = ask("BEN@example.org", signs_up=True)

    proof = type_code(code).proof
    with db.transaction() as session:
        entered = enter(session, keys, proof, language="en", agent="", now=NOW)

    assert entered.member.id == ben.id
    assert list_letters(db)[0].to == "ben@example.org"


def test_eleventh_sign_up_from_a_network_is_refused(ask):
    for number in range(10):
        ask(f"x{number}@example.org", browser=str(number), signs_up=True)

    with pytest.raises(TooMany):
        ask("x11@example.org", browser="11", signs_up=True)


def test_looking_at_a_link_uses_nothing_up(db, keys, ben, ask, open_link):
    _, token = ask()

    for _ in range(3):
        with db.reading() as session:
            page = codes.look_at_link(session, keys, token, BENS, NOW)

    assert (page.email, page.is_same_browser, page.code) == ("ben@example.org", True, None)
    assert open_link(token).outcome is Outcome.RIGHT


def test_link_in_another_browser_shows_the_code_to_type_in_the_first(db, keys, ben, ask):
    code, token = ask()

    with db.reading() as session:
        page = codes.look_at_link(session, keys, token, None, NOW)
        late = codes.look_at_link(session, keys, token, EVES, NOW + 11 * MINUTE)

    assert (page.is_same_browser, page.code) == (False, code)
    assert (late.is_same_browser, late.code) == (False, None)


@pytest.mark.parametrize("token", ["", "a" * 32, "x", "\x00", "é" * 32])
def test_unknown_links_are_wrong(db, keys, open_link, token):
    assert open_link(token).outcome is Outcome.WRONG
    with db.reading() as session:
        assert codes.look_at_link(session, keys, token, BENS, NOW) is None


def test_one_use_link_of_the_command_line_opens_in_any_browser_for_an_hour(db, keys, ada, open_link):
    with db.transaction() as session:
        token = codes.make_one_use_link(session, keys, ada, NOW)
    with db.reading() as session:
        page = codes.look_at_link(session, keys, token, None, NOW)
        assert codes.look_at_link(session, keys, token, None, NOW + HOUR) is None

    assert (page.is_same_browser, page.code) == (True, None)
    assert open_link(token, now=NOW + 59 * MINUTE).proof.member_id == ada.id
    assert open_link(token).outcome is Outcome.SPENT


def test_email_change_is_confirmed_at_the_new_address(db, ben, ask, type_code):
    code, _ = ask("b@example.com", purpose=Purpose.EMAIL_CHANGE, member_id=ben.id)

    proof = type_code(code).proof

    assert list_letters(db)[0].to == "b@example.com"
    assert (proof.purpose, proof.member_id, proof.new_email) == (Purpose.EMAIL_CHANGE, ben.id, "b@example.com")


def test_asking_for_another_new_address_voids_the_first(ben, ask, open_link):
    _, first = ask("b@example.com", purpose=Purpose.EMAIL_CHANGE, member_id=ben.id)
    _, second = ask("b@example.net", purpose=Purpose.EMAIL_CHANGE, member_id=ben.id)

    assert open_link(first).outcome is Outcome.SPENT
    assert open_link(second).outcome is Outcome.RIGHT


def test_address_of_another_account_gets_no_letter_about_a_change(db, ben, make_member, ask):
    make_member("cleo")

    ask("cleo@example.org", purpose=Purpose.EMAIL_CHANGE, member_id=ben.id)

    assert list_letters(db) == []


def test_letter_is_written_once_though_its_job_runs_twice(db, keys, ben, ask):
    ask()
    with db.transaction() as session:
        row = codes.find_asked(session, BENS)
        assert not letters.write_code_letter(session, keys, SENDER, code_id=row.id, language="en", now=NOW)

    assert len(list_letters(db)) == 1


def test_code_of_a_removed_account_opens_nothing(db, keys, ben, ask, type_code):
    code, _ = ask()
    proof = type_code(code).proof
    with db.transaction() as session:
        accounts.remove(session, ben, NOW)

    with pytest.raises(NotFound), db.transaction() as session:
        enter(session, keys, proof, language="en", agent="", now=NOW)


def test_sweep_removes_codes_that_are_over(db, ben, ask):
    ask()

    with db.transaction() as session:
        codes.sweep(session, NOW + 2 * timedelta(days=1))

    with db.reading() as session:
        assert session.scalars(select(SignInCode)).all() == []
