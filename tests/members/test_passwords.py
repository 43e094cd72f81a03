"""Passwords: which are taken, how they are kept, and signing in with them."""

import threading
from datetime import timedelta

import pytest
from argon2 import PasswordHasher

from podcastsvc.errors import Invalid, TooMany
from podcastsvc.mail.addresses import read_address
from podcastsvc.members import accounts, attempts, passwords, sessions
from podcastsvc.members.attempts import Asker
from podcastsvc.members.sign_in import enter_with_password
from tests.members.conftest import NOW

GOOD = "violet kettle under seven maps"
BEN = read_address("ben@example.org")
PERSONAL = ("The Long Meridian", "Marta Quintana", "marta@example.org")


@pytest.fixture
def ben_with_password(db, ben):
    hashed = passwords.hash_password(GOOD)
    with db.transaction() as session:
        passwords.save_password(session, ben, hashed)
    return ben


def sign_in(db, raw, *, address=BEN, network="192.0.2.1", known="", now=NOW):
    return enter_with_password(db, address, raw, asker=Asker(network, known), agent="", now=now)


@pytest.mark.parametrize(
    "raw",
    [
        GOOD,
        "la tetera violeta canta",
        "ünïcödé ist schön heute",
        "jP4!xw9QzLm2@rTa",
        "   spaces are kept   ",
        "🐙" * 3 + GOOD,
    ],
)
def test_long_and_unusual_passwords_are_taken(raw):
    passwords.check_password(raw, PERSONAL)


@pytest.mark.parametrize(
    "raw",
    [
        "passwordpassword",
        "Password123456!",
        "P@ssw0rdP@ssw0rd1",
        "qwertyuiop12345",
        "zaq12wsxcde34rfv",
        "123456789012345",
        "aaaaaaaaaaaaaaaaaa",
        "Xk9Xk9Xk9Xk9Xk9Xk9",
        "iloveyouforever",
        "correct horse battery staple",
        "contraseña123456",
        "welcometothepodcast",
        "thelongmeridian",
        "TheLongMeridian2026",
        "marta.quintana.1990",
        "marta@example.org",
    ],
)
def test_passwords_that_others_would_try_are_refused(raw):
    with pytest.raises(Invalid, match="first passwords") as refused:
        passwords.check_password(raw, PERSONAL)

    assert list(refused.value.fields) == ["password"]


def test_fifteen_characters_are_needed_and_eight_with_a_second_factor():
    with pytest.raises(Invalid, match="15"):
        passwords.check_password("kettle!violet?")
    with pytest.raises(Invalid, match="8"):
        passwords.check_password("kE7!tle", has_second_factor=True)

    passwords.check_password("kE7!tle?", has_second_factor=True)


def test_two_hundred_and_fifty_six_characters_are_the_most():
    long = "".join(chr(0x4E00 + at) for at in range(256))
    passwords.check_password(long)

    with pytest.raises(Invalid, match="256"):
        passwords.check_password(long + "x")


def test_hash_is_argon2id_with_the_agreed_costs():
    assert passwords.hash_password(GOOD).startswith("$argon2id$v=19$m=19456,t=2,p=1$")


def test_password_is_the_same_on_every_keyboard():
    hashed = passwords.hash_password("cafe\u0301 con leche y pan")

    assert passwords.is_password(hashed, "caf\u00e9 con leche y pan")


@pytest.mark.parametrize("raw", ["", "wrong", GOOD + " ", GOOD.upper(), "x" * 100_000, "\x00", "\ud800"])
def test_other_passwords_are_wrong(raw):
    assert not passwords.is_password(passwords.hash_password(GOOD), raw)


@pytest.mark.parametrize("stored", [None, "", "not a hash"])
def test_without_a_hash_nothing_is_right(stored):
    assert not passwords.is_password(stored, GOOD)


def test_missing_account_costs_as_much_as_a_wrong_password(monkeypatch):
    seen = []
    verify = PasswordHasher.verify
    monkeypatch.setattr(
        PasswordHasher, "verify", lambda self, stored, raw: seen.append(stored) or verify(self, stored, raw)
    )

    passwords.is_password(None, GOOD)

    assert [stored.startswith("$argon2id$v=19$m=19456,t=2,p=1$") for stored in seen] == [True]


def test_two_are_hashed_at_a_time(monkeypatch):
    running, most, lock, full = 0, 0, threading.Lock(), threading.Event()

    def hash_slowly(_self, _raw):
        nonlocal running, most
        with lock:
            running += 1
            most = max(most, running)
            if running == 2:
                full.set()
        full.wait(5)
        with lock:
            running -= 1
        return "hash"

    monkeypatch.setattr(PasswordHasher, "hash", hash_slowly)
    threads = [threading.Thread(target=passwords.hash_password, args=(GOOD,)) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert most == 2


def test_right_password_signs_in(db, ben_with_password):
    entered = sign_in(db, GOOD)

    with db.reading() as session:
        assert sessions.find_session(session, entered.secret, NOW).member.id == ben_with_password.id


def test_wrong_password_and_unknown_address_are_told_alike(db, ben_with_password, make_member):
    make_member("cleo")

    assert sign_in(db, "wrong") is None
    assert sign_in(db, GOOD, address=read_address("nobody@example.org")) is None
    assert sign_in(db, GOOD, address=read_address("cleo@example.org")) is None


def test_eleventh_try_in_an_hour_at_one_account_is_refused_unchecked(db, ben_with_password):
    for _ in range(10):
        sign_in(db, "wrong")

    with pytest.raises(TooMany):
        sign_in(db, GOOD)


def test_stranger_does_not_use_up_the_tries_of_another_network(db, ben_with_password):
    for _ in range(10):
        sign_in(db, "wrong", network="198.51.100.1")

    assert sign_in(db, GOOD) is not None


def fail(db, times, email_key=BEN.email_key, **asker):
    """As if so many wrong passwords had been typed, without the time that checking them takes."""
    with db.transaction() as session:
        for number in range(times):
            who = Asker(**asker) if asker else Asker(f"198.51.100.{number}")
            attempts.note_failed_password(session, email_key, who, NOW)


def test_twenty_failures_of_a_day_shut_out_passwords_from_that_network_t_a7(db, ben_with_password):
    fail(db, 20, network="192.0.2.1")

    with pytest.raises(TooMany) as refused:
        sign_in(db, GOOD)

    assert refused.value.until == NOW.replace(hour=0) + timedelta(days=1)
    assert sign_in(db, GOOD, network="192.0.2.2") is not None


def test_hundred_failures_of_strangers_leave_the_password_to_known_browsers_t_a7(db, ben_with_password):
    fail(db, 100)

    with pytest.raises(TooMany):
        sign_in(db, GOOD)
    assert sign_in(db, GOOD, known="ben's laptop") is not None


def test_failures_are_counted_the_same_for_unknown_addresses_t_a6(db):
    nobody = read_address("nobody@example.org")
    for number in range(3):
        sign_in(db, "wrong", address=nobody, network=f"198.51.100.{number}")
    fail(db, 97, nobody.email_key)

    with pytest.raises(TooMany):
        sign_in(db, "wrong", address=nobody)


def test_setting_a_password_signs_out_the_other_browsers(db, ben):
    with db.transaction() as session:
        here = sessions.start_session(session, ben, agent="", now=NOW)
        there = sessions.start_session(session, ben, agent="", now=NOW)
        kept = sessions.find_session(session, here, NOW).row.id_hash

    hashed = passwords.hash_password(GOOD)
    with db.transaction() as session:
        passwords.save_password(session, ben, hashed, but=kept)

    with db.reading() as session:
        assert sessions.find_session(session, here, NOW) is not None
        assert sessions.find_session(session, there, NOW) is None


def test_removed_password_no_longer_signs_in(db, ben_with_password):
    with db.transaction() as session:
        passwords.save_password(session, ben_with_password, None)

    assert sign_in(db, GOOD) is None


def test_hash_of_other_costs_is_made_anew_at_sign_in(db, ben):
    old = PasswordHasher(time_cost=1, memory_cost=8192, parallelism=1).hash(GOOD)
    with db.transaction() as session:
        passwords.save_password(session, ben, old)

    sign_in(db, GOOD)

    with db.reading() as session:
        assert accounts.get(session, ben.id).password_hash.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert sign_in(db, GOOD) is not None
