"""What the tests of personal pages share: sending forms, doing the jobs, reading letters."""

import re

from podcastsvc.mail.folder import list_eml
from podcastsvc.worker import make_worker
from tests.web.conftest import read_token


def send(client, path, *, page=None, **form):
    """Opens a page (the form's own address, unless given), and sends a form with its token."""
    token = read_token(client.get(page or path))
    return client.post(path, data={"csrf_token": token, **form})


def work(services):
    """Does every job that waits."""
    make_worker(services, with_schedules=False).run_all()


def read_letters(services, to):
    """The letters to an address, newest first, after every job was done."""
    work(services)
    return [letter for letter in list_eml(services.settings.data / "mail") if letter.to == to]


def read_code(letter):
    """The six digits of a letter; None where it is about something else."""
    found = re.search(r"\b\d{6}\b", letter.subject)
    return found and found[0]


def read_link(letter, what="sign-in/link"):
    """The path of the link in a letter."""
    return re.search(rf"http://127\.0\.0\.1:8000((?:/es)?/{what}/\S+?)[.]?\s", letter.text)[1]


def ask(client, services, email, **form):
    """Asks for a code and reads it from the letter."""
    reply = send(client, "/sign-in", email=email, **form)
    assert reply.status_code == 303, reply.text
    return read_letters(services, email)[0]
