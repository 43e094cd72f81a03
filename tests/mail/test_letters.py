"""Letters: what they say, and that each is owed once."""

import jinja2
import pytest
from sqlalchemy import func, select

from podcastsvc.mail import letters
from podcastsvc.mail.letters import render_letter, write_letter
from podcastsvc.storage.tables.job import Job
from podcastsvc.storage.tables.letter import Letter
from tests.mail.letters import SENDER, VALUES, read_text_words, read_words


def write(db, **changes):
    given = {
        "kind": "sign_in",
        "to": "ben@example.org",
        "language": "en",
        "values": VALUES["sign_in"],
        "object_id": "code-1",
    }
    with db.transaction() as session:
        return write_letter(session, SENDER, **(given | changes))


def count(db, table):
    with db.reading() as session:
        return session.scalar(select(func.count()).select_from(table))


def test_letter_and_its_job_are_written_together(db):
    assert write(db)

    with db.reading() as session:
        letter, job = session.scalars(select(Letter)).one(), session.scalars(select(Job)).one()
    assert letter.subject == "402118 is your code for The Long Meridian"
    assert "https://show.example/sign-in/link/abc" in letter.text
    assert (job.kind, job.payload) == (letters.SEND_JOB, {"letter": letter.id})


def test_same_letter_is_owed_once(db):
    write(db)

    assert not write(db)

    assert (count(db, Letter), count(db, Job)) == (1, 1)


def test_another_period_is_another_letter(db):
    write(db, period="2027-01")

    assert write(db, period="2027-02")


def test_rolled_back_work_sends_nothing(db):
    with pytest.raises(RuntimeError), db.transaction() as session:
        write_letter(
            session, SENDER, kind="sign_in", to="b@example.org", language="en", values=VALUES["sign_in"], object_id="1"
        )
        raise RuntimeError

    assert (count(db, Letter), count(db, Job)) == (0, 0)


def test_letter_with_a_missing_value_is_not_written(db):
    with pytest.raises(jinja2.UndefinedError, match="link"):
        write(db, values={"code": "402118"})

    assert count(db, Letter) == 0


@pytest.mark.parametrize("language", ["en", "es"])
@pytest.mark.parametrize("kind", VALUES)
def test_text_and_html_say_the_same_words(kind, language):
    written = render_letter(SENDER, kind=kind, language=language, values=VALUES[kind])

    assert read_words(written.html) == read_text_words(written.text)


@pytest.mark.parametrize("kind", VALUES)
def test_letters_load_nothing_and_follow_nobody(kind):
    html = render_letter(SENDER, kind=kind, language="en", values=VALUES[kind]).html

    assert "<img" not in html
    assert "url(" not in html
    assert "<script" not in html


def test_values_are_escaped_in_html_only():
    values = {"new_address": '"<b>"&x@example.org'}

    written = render_letter(SENDER, kind="email_changed", language="en", values=values)

    assert '"<b>"&x@example.org' in written.text
    assert "&lt;b&gt;" in written.html
    assert "<b>" not in written.html


def test_subject_stays_one_line_whatever_the_show_is_called():
    from dataclasses import replace

    sender = replace(SENDER, name="A\r\nBcc: eve@example.org\n\x00B" + "x" * 500)

    subject = render_letter(sender, kind="sign_in", language="en", values=VALUES["sign_in"]).subject

    assert subject.startswith("402118 is your code for A Bcc: eve@example.org B")
    assert len(subject) <= 150


def test_spanish_letter_links_to_spanish_pages():
    html = render_letter(SENDER, kind="email_changed", language="es", values=VALUES["email_changed"]).html

    assert 'href="https://show.example/es/"' in html
    assert '<html lang="es">' in html
