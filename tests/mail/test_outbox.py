"""The outbox: once, again after trouble, and not for ever."""

from datetime import UTC, timedelta

import pytest
from sqlalchemy import select, update

from podcastsvc.errors import Invalid, Unavailable
from podcastsvc.kit import clock
from podcastsvc.mail.folder import FolderTransport, list_eml
from podcastsvc.mail.letters import write_letter
from podcastsvc.mail.outbox import build_message, send_letter, sweep
from podcastsvc.storage.tables.letter import Letter
from tests.mail.letters import SENDER, VALUES


class BrokenTransport:
    """A way out that is closed for a given reason."""

    def __init__(self, problem):
        self.problem = problem
        self.tries = 0

    def send(self, _message):
        self.tries += 1
        raise self.problem

    def close(self):
        pass


@pytest.fixture
def letter_id(db):
    with db.transaction() as session:
        write_letter(
            session,
            SENDER,
            kind="sign_in",
            to="ben@example.org",
            language="en",
            values=VALUES["sign_in"],
            object_id="1",
        )
        return session.scalars(select(Letter.id)).one()


def get(db, letter_id):
    with db.reading() as session:
        return session.get(Letter, letter_id)


def test_sent_letter_keeps_the_proof_and_not_the_words(db, letter_id, tmp_path):
    send_letter(db, FolderTransport(tmp_path), letter_id)

    letter = get(db, letter_id)
    assert (letter.state, letter.text, letter.html, letter.subject) == ("sent", None, None, "")
    assert letter.sent_at is not None
    assert letter.kind == "sign_in"


def test_job_that_runs_twice_sends_once(db, letter_id, tmp_path):
    send_letter(db, FolderTransport(tmp_path), letter_id)
    send_letter(db, FolderTransport(tmp_path), letter_id)

    assert len(list_eml(tmp_path)) == 1


def test_letter_that_is_gone_is_no_failure(db, tmp_path):
    send_letter(db, FolderTransport(tmp_path), "nothing")

    assert list_eml(tmp_path) == []


def test_trouble_goes_back_to_the_queue_and_is_noted(db, letter_id):
    with pytest.raises(Unavailable):
        send_letter(db, BrokenTransport(Unavailable("The mail server does not answer.")), letter_id)

    letter = get(db, letter_id)
    assert (letter.state, letter.attempts, letter.error) == ("queued", 1, "The mail server does not answer.")
    assert letter.text is not None


def test_refused_letter_is_not_tried_again(db, letter_id):
    closed = BrokenTransport(Invalid("The mail server refuses the recipient (550)."))

    send_letter(db, closed, letter_id)
    send_letter(db, closed, letter_id)

    assert closed.tries == 1
    assert (get(db, letter_id).state, get(db, letter_id).text) == ("dead", None)


def test_letter_is_given_up_after_three_days(db, letter_id):
    with db.transaction() as session:
        session.execute(update(Letter).values(created_at=clock.now() - timedelta(days=3, minutes=1)))

    send_letter(db, BrokenTransport(Unavailable("The mail server does not answer.")), letter_id)

    assert get(db, letter_id).state == "dead"


def test_old_proofs_are_swept_and_waiting_letters_are_not(db, letter_id):
    with db.transaction() as session:
        sweep(session, clock.now() + timedelta(days=500))
    assert get(db, letter_id) is not None

    with db.transaction() as session:
        session.execute(update(Letter).values(state="sent"))
        sweep(session, clock.now() + timedelta(days=500))
    assert get(db, letter_id) is None


def test_date_of_a_letter_is_when_it_was_written(db, letter_id, tmp_path):
    send_letter(db, FolderTransport(tmp_path), letter_id)

    assert list_eml(tmp_path)[0].at.astimezone(UTC) == get(db, letter_id).created_at


def test_an_encoded_word_in_a_subject_stays_text_and_ends_no_line(db, letter_id):
    letter = get(db, letter_id)
    letter.subject = "=?utf-8?q?Hello=0d=0aBcc:_eve@example.org?="

    message = build_message(letter)

    assert message["Bcc"] is None
    assert b"\nBcc:" not in message.as_bytes()
